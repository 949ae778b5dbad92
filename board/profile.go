package torg

// At returns the energy and price of a slot; no energy outside of the profile.
func (p Profile) At(slot Slot) (Energy, Price) {
	start := p.First
	for _, s := range p.Steps {
		next := start + Slot(s.Slots)
		if slot >= start && slot < next {
			return s.Energy, s.Price
		}
		start = next
	}
	return 0, 0
}

// Total returns the energy of all slots and what it costs at its prices.
func (p Profile) Total() (Energy, Cost) {
	energy, cost := Energy(0), Cost{}
	for _, s := range p.Steps {
		e := s.Energy * Energy(s.Slots)
		energy, cost = energy+e, cost.Add(e.At(s.Price))
	}
	return energy, cost
}

// NewProfile returns the one form of steps that follow each other from first: without
// energy at either end, and neighbours that are alike taken together. Steps of no slots
// count for nothing; the price of a step without energy is 0.
func NewProfile(first Slot, steps []Step) Profile {
	p := Profile{First: first}
	for _, s := range steps {
		if s.Energy == 0 {
			s.Price = 0
		}
		last := len(p.Steps) - 1
		switch {
		case s.Slots == 0:
		case last < 0 && s.Energy == 0:
			p.First += Slot(s.Slots)
		case last >= 0 && p.Steps[last].Energy == s.Energy && p.Steps[last].Price == s.Price:
			p.Steps[last].Slots += s.Slots
		default:
			p.Steps = append(p.Steps, s)
		}
	}
	if last := len(p.Steps) - 1; last >= 0 && p.Steps[last].Energy == 0 {
		p.Steps = p.Steps[:last]
	}
	return p
}

// Part returns the slots from from to to of a profile, both included, each with at most
// so much energy; most 0: all of it.
func (p Profile) Part(from, to Slot, most Energy) Profile {
	steps := make([]Step, 0, len(p.Steps))
	start, first := p.First, max(p.First, from)
	for _, s := range p.Steps {
		end := start + Slot(s.Slots) - 1
		if n := min(end, to) - max(start, from) + 1; n > 0 {
			s.Slots = uint32(n)
			if most > 0 {
				s.Energy = min(s.Energy, most)
			}
			steps = append(steps, s)
		}
		start = end + 1
	}
	return NewProfile(first, steps)
}
