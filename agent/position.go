package agent

import "torg"

// position is what a site has contracted and metered, slot by slot, as far back as
// its open settlement intervals need.
type position struct {
	contracted map[torg.Slot]torg.Energy // in sessions, net, consumption plus
	forwards   map[torg.Slot]torg.Energy // of the board, net
	metered    map[torg.Slot]torg.Energy
}

func newPosition() position {
	return position{contracted: map[torg.Slot]torg.Energy{}, forwards: map[torg.Slot]torg.Energy{}, metered: map[torg.Slot]torg.Energy{}}
}

func (p *position) contract(s torg.Slot, net torg.Energy) { p.contracted[s] += net }

func (p *position) meter(s torg.Slot, net torg.Energy) { p.metered[s] = net }

// forget drops what lies before a slot.
func (p *position) forget(before torg.Slot) {
	for _, m := range []map[torg.Slot]torg.Energy{p.contracted, p.forwards, p.metered} {
		for s := range m {
			if s < before {
				delete(m, s)
			}
		}
	}
}

// unmetered returns the first of the slots from first on whose reading has not come,
// at most slot.
func (p *position) unmetered(first, slot torg.Slot) torg.Slot {
	for s := first; s < slot; s++ {
		if _, known := p.metered[s]; !known {
			return s
		}
	}
	return slot
}

// open returns what slots first to slot-1 leave open, with expected(s) standing in
// for readings that have not come, less what is already contracted for slot.
func (p *position) open(first, slot torg.Slot, expected func(torg.Slot) torg.Energy) torg.Energy {
	sum := -p.contracted[slot] - p.forwards[slot]
	for s := first; s < slot; s++ {
		net, known := p.metered[s]
		if !known {
			net = expected(s)
		}
		sum += net - p.contracted[s] - p.forwards[s]
	}
	return sum
}
