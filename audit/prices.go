package audit

import (
	"torg"
)

// zonePrices are a discovery's published prices by number of the zone; nil: none.
type zonePrices []*price

func (a *audit) published(b *book) zonePrices {
	list := make(zonePrices, len(a.grid.zones))
	for i, p := range b.prices {
		z := a.grid.zone(p.zone)
		if !a.known.that(z >= 0, p.at, "zone %q is not the scenario's", p.zone) {
			continue
		}
		a.price.that(list[z] == nil, p.at, "a second price of zone %s", p.zone)
		list[z] = &b.prices[i]
	}
	return list
}

// missed says whether a session was not cleared: every order says so.
func (b *book) missed() bool {
	for _, o := range b.orders {
		if o.reason != torg.ReasonMissed {
			return false
		}
	}
	return true
}

// pricesOf recomputes the prices of a discovery and holds the published ones against
// them.
func (a *audit) pricesOf(b *book, g *grid, list zonePrices) {
	if b.missed() {
		for _, p := range b.prices {
			a.price.that(false, p.at, "session %s: a price without orders", b.session)
		}
		return
	}
	bounds, open, settled := g.endsOf(b, 1, 0)
	at := b.orders[0].at
	if !a.price.that(settled, at, "session %s: no equilibrium, a circle of flows gains", b.session) {
		return
	}
	traded, guessed := make([]bool, len(g.zones)), make([]bool, len(g.zones)) // by part of the grid
	for _, o := range b.orders {
		if z := g.zone(o.zone); z >= 0 {
			traded[g.parts[z]] = traded[g.parts[z]] || !o.avoided || o.traded > 0
		}
	}
	for z, is := range open {
		guessed[g.parts[z]] = guessed[g.parts[z]] || is
	}
	for z, e := range bounds {
		part := g.parts[z]
		switch p := list[z]; {
		case !traded[part]:
			a.price.that(p == nil || guessed[part], at, "session %s, discovery %d: zone %s has a price and its part of the grid no order", b.session, b.discovery, g.zones[z])
		default:
			a.zonePrice(b, g.zones[z], e, p, guessed[part])
		}
	}
	a.parted(g, list, bounds)
}

// zonePrice holds one price against its ends. Where an avoid took something out of
// an order, that does not count, and no row says how much it was: then the price must
// only lie between them.
func (a *audit) zonePrice(b *book, z torg.ZoneID, e ends, p *price, guessed bool) {
	at := b.orders[0].at
	want, ok := e.price()
	if p == nil {
		a.price.that(!ok || guessed && !e.hasLow && !e.hasHigh, at, "session %s, discovery %d: zone %s has no price, the midpoint is %s", b.session, b.discovery, z, want)
		return
	}
	a.price.that(!e.crossed(), p.at, "session %s, zone %s: no equilibrium, somebody would trade from %s to %s", b.session, z, e.high, e.low)
	if guessed {
		a.price.that((!e.hasLow || p.price >= e.low) && (!e.hasHigh || p.price <= e.high), p.at, "price %s is not from %s to %s", p.price, e.low, e.high)
		return
	}
	a.price.that(ok && p.price == want, p.at, "price %s, the midpoint is %s", p.price, want)
}

// parted holds the prices of two zones against each other: a line that carries
// something parts them by its fee at least, and one with room by no more. Where only
// one of two zones has both ends, its price is their midpoint and the other's an end.
func (a *audit) parted(g *grid, list zonePrices, bounds []ends) {
	for _, w := range g.arcs() {
		e, f := bounds[w.from], bounds[w.to]
		if from, to := list[w.from], list[w.to]; from != nil && to != nil && e.hasLow == f.hasLow && e.hasHigh == f.hasHigh {
			a.price.that(to.price <= from.price+w.fee, to.at, "price %s of zone %s, energy comes from zone %s for %s more than its price %s",
				to.price, to.zone, from.zone, w.fee, from.price)
		}
	}
}

// splits recomputes the prices of contracts from the prices of zones.
func (a *audit) splits(b *book, byID map[torg.OrderID]*order, list zonePrices) {
	priceAt := func(o *order) (torg.Price, bool) {
		if o == nil || a.grid.zone(o.zone) < 0 {
			return 0, false
		}
		p := list[a.grid.zone(o.zone)]
		if !a.split.that(p != nil, o.at, "%s is contracted and zone %s has no price", o, o.zone) {
			return 0, false
		}
		return p.price, true
	}
	for _, c := range b.contracts {
		buy, sell := byID[c.buyOrder], byID[c.sellOrder]
		bought, buys := priceAt(buy)
		sold, sells := priceAt(sell)
		switch {
		case buys && sells:
			var shift torg.Price
			if a.sc.Complex.Pricing == torg.Split {
				shift = (a.counted(buy, bought) - bought) - (sold - a.counted(sell, sold))
				if shift%2 != 0 && shift < 0 {
					shift--
				}
				shift /= 2
			}
			a.split.that(c.buyerPrice == bought+shift && c.sellerPrice == sold+shift, c.at,
				"contract %s: prices %s and %s, the rule gives %s and %s", c.id, c.buyerPrice, c.sellerPrice, bought+shift, sold+shift)
		case buys && sell == nil:
			a.split.that(c.buyerPrice == bought, c.at, "contract %s: the buyer pays the supplier %s, the zone's price is %s", c.id, c.buyerPrice, bought)
		case sells && buy == nil:
			a.split.that(c.sellerPrice == sold, c.at, "contract %s: the seller gets %s from the supplier, the zone's price is %s", c.id, c.sellerPrice, sold)
		}
	}
}

// counted is a limit as far as it counts: no further than the supplier's offer,
// delivered to the order's zone.
func (a *audit) counted(o *order, p torg.Price) torg.Price {
	q := a.sc.Complex.Supplier
	if q == nil {
		return o.limit
	}
	fee := a.grid.feesFrom(a.grid.home)[a.grid.zone(o.zone)]
	switch {
	case fee == unreachable:
	case o.side == torg.Buy && q.Import != 0:
		return min(o.limit, max(p, q.Sell+fee))
	case o.side == torg.Sell && q.Export != 0:
		return max(o.limit, min(p, q.Buy-fee))
	}
	return o.limit
}

// supplierPrices checks that nobody is worse off than with the supplier while the
// connection, and lines between it and the zone, have room.
func (a *audit) supplierPrices(b *book, g *grid, byID map[torg.OrderID]*order) {
	q := g.supplier
	if q == nil {
		return
	}
	var in, out []arc
	for _, w := range g.arcs() {
		fee := max(w.fee, -w.fee)
		in, out = append(in, arc{w.from, w.to, fee, 1}), append(out, arc{w.to, w.from, fee, 1})
	}
	into, outOf := cheapest(len(g.zones), in, g.home), cheapest(len(g.zones), out, g.home)
	reach := func(o *order, fees []torg.Price) (torg.Price, bool) {
		if o == nil || g.zone(o.zone) < 0 {
			return 0, false
		}
		fee := fees[g.zone(o.zone)]
		return fee, fee != unreachable
	}
	for _, c := range b.contracts {
		if fee, ok := reach(byID[c.buyOrder], into); ok && g.importRoom() {
			a.supplier.that(c.buyerPrice <= q.Sell+fee, c.at, "contract %s: the buyer pays %s, the supplier asks %s", c.id, c.buyerPrice, q.Sell+fee)
		}
		if fee, ok := reach(byID[c.sellOrder], outOf); ok && g.exportRoom() {
			a.supplier.that(c.sellerPrice >= q.Buy-fee, c.at, "contract %s: the seller gets %s, the supplier pays %s", c.id, c.sellerPrice, q.Buy-fee)
		}
	}
}
