package market

import "torg"

// zone is what clearing knows of a zone.
type zone struct {
	lowest, highest       torg.Price // ends of the equilibrium
	hasLowest, hasHighest bool
	price                 torg.Price
	traded                bool // it has orders itself
	orders                bool // some zone of its part of the grid has orders
	buyers, sellers       bool // and somebody who buys, who sells, the supplier included
	share                 [2]Share
	margin                margin
}

// atLeast and atMost draw an end in to p, and say whether it moved.
func (z *zone) atLeast(p torg.Price) bool {
	if z.hasLowest && p <= z.lowest {
		return false
	}
	z.lowest, z.hasLowest = p, true
	return true
}

func (z *zone) atMost(p torg.Price) bool {
	if z.hasHighest && p >= z.highest {
		return false
	}
	z.highest, z.hasHighest = p, true
	return true
}

// priced says whether the zone has a price.
func (z *zone) priced() bool { return z.orders && (z.hasLowest || z.hasHighest) }

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
	moved := a.hasHighest && b.atMost(a.highest+cost)
	return b.hasLowest && a.atLeast(b.lowest-cost) || moved
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
