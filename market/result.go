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

// zone is what clearing knows of a zone.
type zone struct {
	lowest, highest       torg.Price // ends of the equilibrium
	hasLowest, hasHighest bool
	price                 torg.Price
	orders                bool // some zone of its part of the grid has orders
	buyers, sellers       bool // and somebody who buys, who sells, the supplier included
	share                 [2]Share
	margin                margin
}

func (z *zone) atLeast(p torg.Price) {
	if !z.hasLowest || p > z.lowest {
		z.lowest, z.hasLowest = p, true
	}
}

func (z *zone) atMost(p torg.Price) {
	if !z.hasHighest || p < z.highest {
		z.highest, z.hasHighest = p, true
	}
}

// priced says whether the zone has a price.
func (z *zone) priced() bool { return z.orders && (z.hasLowest || z.hasHighest) }

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
				if preferred := r.pair(true); preferred != nil {
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
	for i, e := range apportion(total, weights) {
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

// equilibrium finds each zone's price between the lowest and the highest at which
// nobody accepted would rather not trade, nobody left would rather trade, and no
// line with room would rather carry more. Ends move along the lines until they agree
// (difference constraints, solved after Bellman 1958 and Ford 1956).
func (r *Result) equilibrium() {
	s := r.sheet
	g := s.grid
	if z := g.supplier; z >= 0 {
		q, at := g.complex.Supplier, &r.zones[z]
		for _, c := range []struct {
			holds, least bool
			price        torg.Price
		}{
			{r.Import > 0, true, q.Sell}, {r.Import < g.imports, false, q.Sell},
			{r.Export > 0, false, q.Buy}, {r.Export < g.exports, true, q.Buy},
		} {
			if c.holds && c.least {
				at.atLeast(c.price)
			} else if c.holds {
				at.atMost(c.price)
			}
		}
	}
	for changed := true; changed; {
		changed = false
		for i := range g.lines {
			l, f := &g.lines[i], r.found.flows[i]
			from, to := &r.zones[l.from], &r.zones[l.to]
			switch { // the price at to is at most cost more than at from
			case f < 0:
				changed = bind(from, to, -l.fee) || changed
			case f < l.out:
				changed = bind(from, to, l.fee) || changed
			}
			switch {
			case f > 0:
				changed = bind(to, from, -l.fee) || changed
			case -f < l.back:
				changed = bind(to, from, l.fee) || changed
			}
		}
	}
	r.sides()
	for i := range r.zones {
		z := &r.zones[i]
		switch {
		case z.hasLowest && z.hasHighest:
			z.price = torg.Midpoint(z.lowest, z.highest)
		case z.hasLowest:
			z.price = z.lowest
		default:
			z.price = z.highest
		}
		if z.priced() {
			r.Prices = append(r.Prices, ZonePrice{
				Zone: g.complex.Zones[i], Price: z.price, Lowest: z.lowest, Highest: z.highest,
				HasLowest: z.hasLowest, HasHighest: z.hasHighest,
			})
		}
	}
}

// bind makes the price at b at most cost above that at a, and says whether an end
// moved.
func bind(a, b *zone, cost torg.Price) bool {
	was := [2]zone{*a, *b}
	if a.hasHighest {
		b.atMost(a.highest + cost)
	}
	if b.hasLowest {
		a.atLeast(b.lowest - cost)
	}
	return a.lowest != was[0].lowest || a.hasLowest != was[0].hasLowest || b.highest != was[1].highest || b.hasHighest != was[1].hasHighest
}

// sides says of each part of the grid whether it has orders, buyers and sellers.
func (r *Result) sides() {
	g := r.sheet.grid
	for i := range r.zones {
		z := &r.zones[i]
		z.buyers, z.sellers = z.share[0].Offered > 0, z.share[1].Offered > 0
		if i == g.supplier {
			z.buyers, z.sellers = z.buyers || g.exports > 0, z.sellers || g.imports > 0
		}
	}
	for range 2 { // into each part's first zone, then out of it
		for i := range r.zones {
			z, first := &r.zones[i], &r.zones[g.part[i]]
			for _, p := range [][2]*bool{{&z.orders, &first.orders}, {&z.buyers, &first.buyers}, {&z.sellers, &first.sellers}} {
				*p[0] = *p[0] || *p[1]
				*p[1] = *p[0]
			}
		}
	}
}

// finish turns what pairing found into rounds and says why the rest is left.
func (r *Result) finish(p *pairing) {
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

// network is what buyers pay less what sellers get. A contract's two prices are apart
// by as much as its two zones', whatever gain it shares.
func (r *Result) network() torg.Cost {
	var n torg.Cost
	for i := range r.zones {
		z := &r.zones[i]
		n = n.Add(z.share[0].Accepted.At(z.price)).Sub(z.share[1].Accepted.At(z.price))
	}
	if q := r.sheet.grid.complex.Supplier; q != nil {
		n = n.Add(r.Export.At(q.Buy)).Sub(r.Import.At(q.Sell))
	}
	return n
}

// use adds up what all discoveries so far hold on the grid.
func (r *Result) use() {
	s := r.sheet
	c := &s.grid.complex
	r.Used = Usage{Import: s.used.Import + r.Import, Export: s.used.Export + r.Export}
	if len(c.Lines) > 0 {
		r.Used.Lines = make([]torg.Energy, len(c.Lines))
		copy(r.Used.Lines, s.used.Lines)
	}
	for i := range s.grid.lines {
		l, f := &s.grid.lines[i], r.found.flows[i]
		r.Used.Lines[l.at] += f
		switch n := &c.Lines[l.at]; {
		case f > 0:
			r.Flows = append(r.Flows, Flow{n.From, n.To, f})
		case f < 0:
			r.Flows = append(r.Flows, Flow{n.To, n.From, -f})
		}
	}
	if q := c.Supplier; q != nil {
		r.ImportFull = q.Import > 0 && r.Used.Import >= q.Import
		r.ExportFull = q.Export > 0 && r.Used.Export >= q.Export
		r.full()
	}
}

// full finds the zones that the supplier cannot reach with more, or that cannot send
// more to it, though a line or the connection would let them if it were not full.
func (r *Result) full() {
	g := r.sheet.grid
	c := &g.complex
	in, out := make([]bool, len(r.zones)), make([]bool, len(r.zones)) // there is a way
	reach := func(way []bool, open bool, inwards torg.Energy) {
		if !open {
			return
		}
		queue := []int32{int32(g.supplier)}
		way[g.supplier] = true
		for len(queue) > 0 {
			v := queue[0]
			queue = queue[1:]
			for _, a := range g.around[v] {
				limit, used := c.Lines[g.lines[a.line].at].Capacity, r.Used.Lines[g.lines[a.line].at]*a.way*inwards
				if !way[a.to] && (limit == torg.Unlimited || used < limit) {
					way[a.to] = true
					queue = append(queue, a.to)
				}
			}
		}
	}
	reach(in, !r.ImportFull, 1)
	reach(out, !r.ExportFull, -1)
	for z := range r.zones {
		if g.part[z] == g.part[g.supplier] && !(in[z] && out[z]) {
			r.FullZones = append(r.FullZones, FullZone{c.Zones[z], !in[z], !out[z]})
		}
	}
}

// countedLimit is a limit as far as it counts for sharing a gain: no further than
// what the supplier offers delivered, or than the zone's price where that is further
// still. The supplier's offer counts where its connection has a capacity that way at
// all, used by now or not.
func countedLimit(q *torg.Supplier, delivered torg.Price, side torg.Side, limit, price torg.Price) torg.Price {
	switch {
	case q == nil || delivered == far:
	case side == torg.Buy && q.Import != 0:
		return min(limit, max(price, q.Sell+delivered))
	case side == torg.Sell && q.Export != 0:
		return max(limit, min(price, q.Buy-delivered))
	}
	return limit
}

func (g *grid) deliveredTo(zone uint16) torg.Price {
	if g.delivered == nil {
		return far
	}
	return g.delivered[zone]
}

// DealPrices returns what a deal's buyer pays and its seller gets. With the
// supplier, the participant's price is its zone's and the supplier's its quote.
// Between participants, split shares the gain evenly: both prices are their zones',
// shifted by half of what the buyer would gain more than the seller at those.
func (r *Result) DealPrices(round int, d Deal) (buyer, seller torg.Price) {
	s := r.sheet
	q := s.grid.complex.Supplier
	switch {
	case d.Buy == Supplier:
		return q.Buy, r.zones[s.zone[d.Sell]].price
	case d.Sell == Supplier:
		return r.zones[s.zone[d.Buy]].price, q.Sell
	}
	b, l := s.zone[d.Buy], s.zone[d.Sell]
	buyer, seller = r.zones[b].price, r.zones[l].price
	if s.grid.complex.Pricing == torg.Split {
		x := countedLimit(q, s.grid.deliveredTo(b), torg.Buy, s.Limit(d.Buy), buyer) - buyer
		y := seller - countedLimit(q, s.grid.deliveredTo(l), torg.Sell, s.Limit(d.Sell), seller)
		shift := torg.FloorHalf(x - y)
		return buyer + shift, seller + shift
	}
	return buyer, seller
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
