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
		mem := new(scratch)
		r := s.complete(s.discover(mem), mem)
		p := r.pair(false)
		if p != nil && !r.avoidedParts(p) {
			if s.prefers {
				if preferred := r.pair(true); preferred != nil && preferred.whole() {
					p = preferred
				}
			}
			r.finish(p)
			r.mem = nil
			return r
		}
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

// accept gives every order its energy, and sums up each zone's sides.
func (r *Result) accept() {
	s := r.sheet
	marginal := make([][]int32, len(r.zones))
	var welfare torg.Cost
	for i, k := range s.key {
		z := &r.zones[s.zone[i]]
		z.orders = true
		e := s.open[i]
		if e == 0 {
			continue
		}
		limit, h, all := torg.Price(k+1)>>2, &z.share[0], k > z.margin.key
		if k&3 == 3 {
			h, all = &z.share[1], k < z.margin.key
		}
		h.Offered += e
		switch {
		case k == z.margin.key && z.margin.passed != 0 && z.margin.passed != z.margin.offered:
			marginal[s.zone[i]] = append(marginal[s.zone[i]], int32(i))
			continue
		case k == z.margin.key:
			all = (k&3 == 3) == (z.margin.passed == z.margin.offered)
		}
		if (k&3 == 3) == all {
			z.atLeast(limit)
		} else {
			z.atMost(limit)
		}
		if !all {
			continue
		}
		r.accepted[i] = e
		h.add(limit, e, e)
		if k&3 == 3 {
			welfare = welfare.Sub(e.At(limit))
		} else {
			welfare = welfare.Add(e.At(limit))
		}
	}
	for z, orders := range marginal {
		if len(orders) > 0 {
			welfare = welfare.Add(r.acceptMargin(&r.zones[z], orders))
		}
	}
	if q := s.grid.complex.Supplier; q != nil {
		welfare = welfare.Add(r.Export.At(q.Buy)).Sub(r.Import.At(q.Sell))
	}
	for i := range s.grid.lines {
		welfare = welfare.Sub(max(r.found.flows[i], -r.found.flows[i]).At(s.grid.lines[i].fee))
	}
	r.Welfare = welfare
}

// acceptMargin shares what is accepted at a zone's margin among its orders there,
// and returns their welfare.
func (r *Result) acceptMargin(z *zone, orders []int32) torg.Cost {
	s := r.sheet
	weights := make([]torg.Energy, len(orders))
	for i, k := range orders {
		weights[i] = s.open[k]
	}
	limit, total := keyLimit(z.margin.key), z.margin.passed
	h, sells := &z.share[1], z.margin.key&3 == 3
	if !sells {
		h, total = &z.share[0], z.margin.offered-z.margin.passed
	}
	for i, e := range torg.ApportionEnergy(total, weights) {
		r.accepted[orders[i]] = e
	}
	h.add(limit, z.margin.offered, total)
	z.atLeast(limit)
	z.atMost(limit)
	if sells {
		return total.At(limit).Neg()
	}
	return total.At(limit)
}

// add takes in an amount that is accepted at a limit.
func (h *Share) add(limit torg.Price, offered, accepted torg.Energy) {
	switch {
	case h.Accepted > 0 && limit == h.Last:
	case h.Accepted == 0 || worse(h.Side, limit, h.Last):
		h.Last, h.LastOffered, h.LastAccepted = limit, 0, 0
	default:
		h.Accepted += accepted
		return
	}
	h.Accepted += accepted
	h.LastOffered += offered
	h.LastAccepted += accepted
}

// finish turns what pairing found into rounds and says why the rest is left.
func (r *Result) finish(p *pairing) {
	if !p.whole() {
		panic("market: energy is accepted inside and contracted with nobody")
	}
	s := r.sheet
	r.rounds(p)
	hasOrders := make([]bool, len(r.zones))
	for _, z := range s.zone {
		hasOrders[z] = true
	}
	for z, has := range hasOrders {
		if has {
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
