package audit

import (
	"slices"

	"torg"
)

// ends are the lowest and the highest price at which nobody accepted would rather
// not trade, and nobody left would rather trade.
type ends struct {
	low, high       torg.Price
	hasLow, hasHigh bool
}

func (e *ends) atLeast(p torg.Price) {
	if !e.hasLow || p > e.low {
		e.low, e.hasLow = p, true
	}
}

func (e *ends) atMost(p torg.Price) {
	if !e.hasHigh || p < e.high {
		e.high, e.hasHigh = p, true
	}
}

// price is the midpoint rounded down, or the one end there is.
func (e ends) price() (torg.Price, bool) {
	switch {
	case e.hasLow && e.hasHigh:
		sum := e.low + e.high
		if sum%2 != 0 && sum < 0 {
			sum--
		}
		return sum / 2, true
	case e.hasLow:
		return e.low, true
	}
	return e.high, e.hasHigh
}

// priceOf recomputes the price of a discovery and returns the published one.
func (a *audit) priceOf(b *book, g grid) (torg.Price, bool) {
	missed := len(b.orders) > 0
	for _, o := range b.orders {
		missed = missed && o.reason == torg.ReasonMissed
	}
	if len(b.orders) == 0 || missed {
		for _, p := range b.prices {
			a.price.that(false, p.at, "session %s: a price without orders", b.session)
		}
		return 0, false
	}
	e, exact := a.endsOf(b, g)
	want, ok := e.price()
	if len(b.prices) != 1 {
		a.price.that(!ok && len(b.prices) == 0, b.orders[0].at, "session %s, discovery %d: %d prices published", b.session, b.discovery, len(b.prices))
		return 0, false
	}
	p := b.prices[0]
	a.price.that(!e.hasLow || !e.hasHigh || e.low <= e.high, p.at, "session %s: no equilibrium, somebody would trade from %s to %s", b.session, e.high, e.low)
	if exact {
		a.price.that(ok && p.price == want, p.at, "price %s, the midpoint is %s", p.price, want)
	} else { // what an avoid took out of an order does not count, and no row says how much that was
		a.price.that((!e.hasLow || p.price >= e.low) && (!e.hasHigh || p.price <= e.high), p.at, "price %s is not from %s to %s", p.price, e.low, e.high)
	}
	return p.price, true
}

func (a *audit) endsOf(b *book, g grid) (e ends, exact bool) {
	exact = true
	for _, o := range b.orders {
		accepted, left := e.atMost, e.atLeast
		if o.side == torg.Sell {
			accepted, left = left, accepted
		}
		if o.traded > 0 {
			accepted(o.limit)
		}
		switch {
		case o.avoided:
			exact = false
		case o.traded < o.energy:
			left(o.limit)
		}
	}
	if q := a.sc.Complex.Supplier; q != nil {
		if g.imports > 0 {
			e.atLeast(q.Sell)
		}
		if g.importRoom() {
			e.atMost(q.Sell)
		}
		if g.exports > 0 {
			e.atMost(q.Buy)
		}
		if g.exportRoom() {
			e.atLeast(q.Buy)
		}
	}
	return e, exact
}

// splits recomputes the prices of contracts from the price of the zone.
func (a *audit) splits(b *book, byID map[torg.OrderID]*order, p torg.Price) {
	for _, c := range b.contracts {
		buy, sell := byID[c.buyOrder], byID[c.sellOrder]
		switch {
		case buy != nil && sell != nil:
			want := p
			if a.sc.Complex.Pricing == torg.Split {
				gain := (a.counted(buy, p) - p) - (p - a.counted(sell, p))
				if gain%2 != 0 && gain < 0 {
					gain--
				}
				want = p + gain/2
			}
			a.split.that(c.buyerPrice == want && c.sellerPrice == want, c.at, "contract %s: prices %s and %s, the rule gives %s", c.id, c.buyerPrice, c.sellerPrice, want)
		case buy != nil:
			a.split.that(c.buyerPrice == p, c.at, "contract %s: the buyer pays the supplier %s, the zone's price is %s", c.id, c.buyerPrice, p)
		case sell != nil:
			a.split.that(c.sellerPrice == p, c.at, "contract %s: the seller gets %s from the supplier, the zone's price is %s", c.id, c.sellerPrice, p)
		}
	}
}

// counted is a limit as far as it counts: no further than the supplier's offer.
func (a *audit) counted(o *order, p torg.Price) torg.Price {
	q := a.sc.Complex.Supplier
	switch {
	case q != nil && o.side == torg.Buy && q.Import != 0:
		return min(o.limit, max(p, q.Sell))
	case q != nil && o.side == torg.Sell && q.Export != 0:
		return max(o.limit, min(p, q.Buy))
	}
	return o.limit
}

// marginShares checks that orders of one side and limit got the same part of their
// energy: largest remainder, then the smaller id.
func (a *audit) marginShares(b *book) {
	for _, side := range []torg.Side{torg.Buy, torg.Sell} {
		groups := map[torg.Price][]*order{}
		for _, o := range sideOf(b, side) {
			groups[o.limit] = append(groups[o.limit], o)
		}
		for _, g := range groups {
			if slices.ContainsFunc(g, func(o *order) bool { return o.avoided }) {
				continue // parts that avoids took out are told in no row
			}
			var traded torg.Energy
			weights := make([]torg.Energy, len(g))
			for i, o := range g {
				traded += o.traded
				weights[i] = o.energy
			}
			if traded > sum(weights) {
				continue // told as over-contracted
			}
			for i, want := range torg.ApportionEnergy(traded, weights) {
				a.shares.that(g[i].traded == want, g[i].at, "%s: %d Wh contracted, its share at this limit is %d", g[i], g[i].traded, want)
			}
		}
	}
}

// insideShares checks that accepted orders of one side got the same part of inside
// energy.
func (a *audit) insideShares(b *book) {
	for _, side := range []torg.Side{torg.Buy, torg.Sell} {
		list := sideOf(b, side)
		var inside torg.Energy
		weights := make([]torg.Energy, len(list))
		for i, o := range list {
			inside += o.inside
			weights[i] = o.traded
		}
		for i, want := range torg.ApportionEnergy(inside, weights) {
			a.shares.that(list[i].inside == want, list[i].at, "%s: %d Wh inside, its share is %d", list[i], list[i].inside, want)
		}
	}
}

func sum(list []torg.Energy) (s torg.Energy) {
	for _, e := range list {
		s += e
	}
	return s
}
