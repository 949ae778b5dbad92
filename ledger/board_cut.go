package ledger

import (
	"slices"

	"torg"
)

// cutForwards closes out what forwards hold of a line beyond their share of a new
// capacity, in slots from a given one on whose session is not open. Proposals that have
// energy in such a slot end first: nobody has agreed on them yet. Active contracts are cut
// pro rata, slot by slot, by the largest remainder and then the smaller id.
func (s *state) cutForwards(line int, capacity torg.Energy, from torg.Slot) {
	share := s.share(capacity)
	if share == torg.Unlimited {
		return
	}
	from = max(from, s.nextSlot())
	for _, back := range []bool{false, true} {
		h := hop{uint32(line), back}
		for _, f := range s.holders(h) {
			if f.state == ForwardProposed && s.isOver(f, h, share, from) {
				f = f.change()
				f.closed = torg.ReasonLine
				s.end(f, ForwardVoided)
			}
		}
		s.cutWay(s.holders(h), share, from)
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
func (s *state) isOver(f *forward, h hop, share torg.Energy, from torg.Slot) bool {
	load := s.sum(lineLoad(h)).Sub(f.open.Cut(s.nextSlot(), f.open.Last()+1))
	return load.MostWith(f.open.Cut(from, f.open.Last()+1)) > share
}

// cutWay cuts contracts to a share of a line, run by run of slots in which none of them
// changes.
func (s *state) cutWay(list []*forward, share torg.Energy, from torg.Slot) {
	left := make([]torg.Profile, len(list))
	var ends []torg.Slot
	for i, f := range list {
		left[i] = f.open.Cut(f.open.First, from)
		for _, at := range append(f.starts, f.open.Last()+1) {
			ends = append(ends, max(at, from))
		}
	}
	slices.Sort(ends)
	ends = slices.Compact(ends)
	energies := make([]torg.Energy, len(list))
	runs := make([][]torg.Step, len(list))
	for i := 0; i+1 < len(ends); i++ {
		sum := torg.Energy(0)
		for j, f := range list {
			energies[j], _ = f.at(ends[i])
			sum += energies[j]
		}
		kept := torg.ApportionEnergy(min(sum, share), energies)
		for j, f := range list {
			_, price := f.at(ends[i])
			runs[j] = append(runs[j], torg.Step{Slots: uint32(ends[i+1] - ends[i]), Energy: kept[j], Price: price})
		}
	}
	for j, f := range list {
		if len(ends) > 0 {
			left[j] = left[j].Add(torg.NewProfile(ends[0], runs[j]...))
		}
		if !left[j].Equal(f.open) {
			s.shrink(f, left[j], torg.ReasonLine, s.covered())
		}
	}
}
