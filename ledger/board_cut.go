package ledger

import (
	"slices"

	"torg"
)

// cutAmended cuts what forwards hold of lines to the rules that begin with the sessions
// up to the one for a slot, which opens now.
func (s *state) cutAmended(running torg.Slot) {
	begins := s.amended.keys()
	for n, from := range begins {
		if from < s.nextSlot() || from > running {
			continue
		}
		last := torg.FarthestSlot
		if n+1 < len(begins) {
			last = begins[n+1] - 1
		}
		a, _ := s.amended.get(from)
		for i, l := range a.Complex.Lines {
			s.cutForwards(i, l.Capacity, from, last)
		}
	}
}

// cutForwards closes out what forwards hold of a line beyond their share of a new
// capacity, in slots from one to another, both included, whose session is not open. Proposals that have
// energy in such a slot end first: nobody has agreed on them yet. Active contracts are cut
// pro rata, slot by slot, by the largest remainder and then the smaller id.
func (s *state) cutForwards(line int, capacity torg.Energy, from, last torg.Slot) {
	share := s.share(capacity)
	if share == torg.Unlimited {
		return
	}
	from = max(from, s.nextSlot())
	for _, back := range []bool{false, true} {
		h, over := hop{uint32(line), back}, false
		s.sum(lineLoad(h)).Over(share, from, last, func(_, _ torg.Slot) { over = true })
		if !over {
			continue
		}
		for _, f := range s.holders(h) {
			if f.state == ForwardProposed && s.isOver(f, h, share, from, last) {
				f = f.change()
				f.closed = torg.ReasonLine
				s.end(f, ForwardVoided)
			}
		}
		s.cutWay(h, share, from, last)
	}
}

// holders are the contracts that hold a line one way, in the order of their ids.
func (s *state) holders(h hop) []*forward {
	var list []*forward
	for _, id := range s.forwardIDs() {
		if f, _ := s.forwards.get(id); slices.Contains(f.path, h) {
			list = append(list, f)
		}
	}
	return list
}

// isOver says whether a contract has energy in a slot in which a line's load is beyond a
// share.
func (s *state) isOver(f *forward, h hop, share torg.Energy, from, last torg.Slot) bool {
	load := s.sum(lineLoad(h)).Sub(f.open.Cut(s.nextSlot(), f.open.Last()+1))
	return load.MostWith(f.open.Cut(from, min(last, f.open.Last())+1)) > share
}

// cutWay cuts contracts to a share of a line where they hold more, run by run of slots in
// which none of them changes. Slots in which they do not cost nothing.
func (s *state) cutWay(h hop, share torg.Energy, from, last torg.Slot) {
	list := s.holders(h)
	gone := make([][]torg.Step, len(list)) // from slot from on
	ends := make([]torg.Slot, len(list))   // of gone
	s.sum(lineLoad(h)).Over(share, from, last, func(a, b torg.Slot) {
		var here []int
		bounds := []torg.Slot{a, b}
		for j, f := range list {
			if f.open.First >= b || f.open.Last() < a {
				continue
			}
			here = append(here, j)
			n, _ := slices.BinarySearch(f.starts, a)
			for ; n < len(f.starts) && f.starts[n] < b; n++ {
				bounds = append(bounds, f.starts[n])
			}
			bounds = append(bounds, min(f.open.Last()+1, b))
		}
		slices.Sort(bounds)
		bounds = slices.Compact(bounds)
		energies := make([]torg.Energy, len(here))
		for i := 0; i+1 < len(bounds); i++ {
			at, slots := bounds[i], uint32(bounds[i+1]-bounds[i])
			for n, j := range here {
				energies[n], _ = list[j].at(at)
			}
			for n, kept := range torg.ApportionEnergy(share, energies) {
				j := here[n]
				if energies[n] == kept {
					continue
				}
				if len(gone[j]) == 0 {
					ends[j] = from
				}
				if ends[j] < at {
					gone[j] = append(gone[j], torg.Step{Slots: uint32(at - ends[j])})
				}
				_, price := list[j].at(at)
				gone[j] = append(gone[j], torg.Step{Slots: slots, Energy: energies[n] - kept, Price: price})
				ends[j] = bounds[i+1]
			}
		}
	})
	for j, f := range list {
		if len(gone[j]) > 0 {
			s.shrink(f, f.open.Sub(torg.NewProfile(from, gone[j]...)), torg.ReasonLine, s.covered())
		}
	}
}
