package market

import (
	"slices"

	"torg"
)

// Result is everything that a discovery decides, in columns.
type Result struct {
	Prices                 []ZonePrice
	Shares                 []Share
	Flows                  []Flow
	Import, Export         torg.Energy
	ImportFull, ExportFull bool
	FullZones              []FullZone
	Rounds                 [3][]Deal // round 1 from the largest down, round 2, round 3 by order
	Welfare, Network       torg.Cost
	Used                   Usage

	sheet    *Sheet
	found    found
	accepted []torg.Energy // by order
	why      []why         // by order: why the rest is left
	zones    []zone
	mem      *scratch // only while it is worked on
}

// Deal is energy that one order gives to another.
type Deal struct {
	Buy, Sell int32 // places in the sheet; Supplier: the central supplier
	Energy    torg.Energy
}

// Supplier stands for the supplier in a Deal.
const Supplier int32 = -1

// Clear decides one discovery of a session. The time it takes is O(n log n) in the
// number of orders, as good as O(n): they are sorted once, by radix; what goes on
// between zones sees only their curves. Avoids cost more.
func (s *Sheet) Clear() *Result {
	if s.avoids { // their parts are taken out of a copy
		own := *s
		own.wishes = slices.Clone(s.wishes)
		s = &own
	}
	for pass := 0; ; pass++ {
		mem := takeScratch()
		r := s.complete(s.discover(mem), mem)
		p := r.pair(false)
		if p != nil && !r.avoidedParts(p) {
			if s.prefers {
				r.mem = takeScratch() // p stands in mem
				defer r.mem.giveBack()
				if preferred := r.pair(true); preferred != nil && preferred.whole() {
					p = preferred
				}
			}
			r.finish(p)
			r.mem = nil
			mem.giveBack()
			return r
		}
		mem.giveBack()
		if p == nil || pass == avoidPasses {
			s.leave()
		}
	}
}

// complete works out what follows from the margins, up to prices.
func (s *Sheet) complete(f found, mem *scratch) *Result {
	r := &Result{
		sheet: s, found: f, mem: mem, Import: f.imports, Export: f.exports,
		accepted: make([]torg.Energy, s.Len()), zones: make([]zone, len(s.grid.part)),
	}
	for z := range r.zones {
		r.zones[z].margin = f.margins[z]
		r.zones[z].share = [2]Share{
			{Zone: s.grid.complex.Zones[z], Side: torg.Buy}, {Zone: s.grid.complex.Zones[z], Side: torg.Sell},
		}
	}
	r.accept()
	r.equilibrium()
	return r
}

// finish turns what pairing found into rounds and says why the rest is left.
func (r *Result) finish(p *pairing) {
	if !p.whole() {
		panic("market: energy is accepted inside and contracted with nobody")
	}
	r.rounds(p)
	for z := range r.zones {
		if r.zones[z].traded {
			r.Shares = append(r.Shares, r.zones[z].share[0], r.zones[z].share[1])
		}
	}
	r.use()
	r.reasons()
	r.Network = r.network()
}

// Left returns what is left of the i-th order and why; 0 where it is wholly
// contracted.
func (r *Result) Left(i int32) (torg.Energy, torg.Reason) {
	rest := r.sheet.energy[i] - r.accepted[i]
	if rest == 0 {
		return 0, ""
	}
	return rest, r.why[i].reason()
}
