package board

import "torg"

// NewProfile returns the one form of steps that follow each other from first: without
// energy at either end, and neighbours that are alike taken together. Steps of no slots
// count for nothing; the price of a step without energy is 0.
func NewProfile(first torg.Slot, steps []torg.Step) torg.Profile {
	p := torg.Profile{First: first}
	for _, s := range steps {
		if s.Energy == 0 {
			s.Price = 0
		}
		last := len(p.Steps) - 1
		switch {
		case s.Slots == 0:
		case last < 0 && s.Energy == 0:
			p.First += torg.Slot(s.Slots)
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
func Part(p torg.Profile, from, to torg.Slot, most torg.Energy) torg.Profile {
	p = p.Cut(from, to+1)
	if most <= 0 {
		return p
	}
	steps := make([]torg.Step, len(p.Steps))
	for i, s := range p.Steps {
		s.Energy = min(s.Energy, most)
		steps[i] = s
	}
	return NewProfile(p.First, steps)
}

// Total returns the energy of all slots and what it costs at its prices.
func Total(p torg.Profile) (torg.Energy, torg.Cost) {
	energy, cost := torg.Energy(0), torg.Cost{}
	for _, s := range p.Steps {
		e := s.Energy * torg.Energy(s.Slots)
		energy, cost = energy+e, cost.Add(e.At(s.Price))
	}
	return energy, cost
}
