package audit

import (
	"torg"
)

// leftover holds unmatched.csv against what is left of the orders.
func (a *audit) leftover(b *book, byID map[torg.OrderID]*order, g *grid, list zonePrices) {
	for _, u := range b.left {
		if o := byID[u.order]; o != nil && u.reason == torg.ReasonAvoided {
			o.avoided = true
		}
	}
	r := a.causesOf(b, g, list)
	for _, u := range b.left {
		o := byID[u.order]
		if !a.leftovers.that(o != nil, u.at, "no order %q in this discovery", u.order) {
			continue
		}
		if u.reason == torg.ReasonFunds {
			a.leftovers.that(u.energy == o.cut, u.at, "order %s: %d Wh without funds, orders.csv says %d", o.id, u.energy, o.cut)
			o.cut = -o.cut // told
			continue
		}
		a.leftovers.that(o.reason == "", u.at, "order %s: a second row", o.id)
		a.leftovers.that(r.fits(o, u.reason), u.at, "order %s: %s cannot be the reason", o.id, u.reason)
		o.unmatched += u.energy
		o.reason = u.reason
	}
	for _, o := range b.orders {
		a.leftovers.that(o.unmatched == o.energy-o.traded, o.at, "order %s: %d of %d Wh contracted, %d Wh unmatched", o.id, o.traded, o.energy, o.unmatched)
		a.leftovers.that(o.cut <= 0, o.at, "order %s: %d Wh are cut and unmatched.csv does not say so", o.id, o.cut)
		o.cut = max(o.cut, -o.cut)
	}
}

// causes recompute why a discovery left orders.
type causes struct {
	*grid
	book    *book
	prices  zonePrices
	bounds  []ends
	sides   map[int][3]bool // by part of the grid: on which sides anybody is, the supplier too
	guessed map[int]bool    // by part: an avoid took out what no row tells
}

func (a *audit) causesOf(b *book, g *grid, list zonePrices) *causes {
	r := &causes{grid: g, book: b, prices: list, sides: map[int][3]bool{}, guessed: map[int]bool{}}
	r.bounds, _, _ = g.endsOf(b, 1, 0)
	add := func(z int, side torg.Side) {
		s := r.sides[r.parts[z]]
		s[side] = true
		r.sides[r.parts[z]] = s
	}
	for _, o := range b.orders {
		if z := g.zone(o.zone); z >= 0 {
			add(z, o.side)
			r.guessed[r.parts[z]] = r.guessed[r.parts[z]] || o.avoided
		}
	}
	if g.home >= 0 && g.importLeft != 0 {
		add(g.home, torg.Sell)
	}
	if g.home >= 0 && g.exportLeft != 0 {
		add(g.home, torg.Buy)
	}
	return r
}

// fits says whether a word is the first of the reasons that holds for an order.
func (r *causes) fits(o *order, why torg.Reason) bool {
	z := r.zone(o.zone)
	switch {
	case why == torg.ReasonMissed:
		return len(r.book.contracts) == 0 && len(r.book.prices) == 0
	case z < 0 || r.prices[z] == nil && !r.guessed[r.parts[z]]:
		return false
	case why == torg.ReasonAvoided:
		return true // by its own list: the energy still adds up
	case r.guessed[r.parts[z]]:
		return true // the equilibrium's ends are not known then
	}
	return why == r.of(o, z)
}

func (r *causes) of(o *order, z int) torg.Reason {
	e, other := r.bounds[z], torg.Sell
	if o.side == torg.Sell {
		other = torg.Buy
	}
	switch {
	case e.hasLow && e.hasHigh && e.low == o.limit && e.high == o.limit:
		return torg.ReasonRationed
	case r.lineFull(o, z):
		return torg.ReasonLine
	case r.connectionFull(o, z):
		return torg.ReasonConnection
	case !r.sides[r.parts[z]][other]:
		return torg.ReasonNoOtherSide
	}
	return torg.ReasonPrice
}

// worse says whether a limit does not reach its zone's price.
func (r *causes) worse(o *order, z int) bool {
	if o.side == torg.Buy {
		return o.limit < r.prices[z].price
	}
	return o.limit > r.prices[z].price
}

// lineFull says whether the order would trade at the price of some zone that trades
// both ways, and the cheapest fees from there.
func (r *causes) lineFull(o *order, z int) bool {
	if !r.worse(o, z) {
		return false
	}
	for from, fee := range r.feesFrom(z) {
		e, p := r.bounds[from], r.prices[from]
		switch {
		case fee == unreachable || p == nil || !e.hasLow || !e.hasHigh:
		case o.side == torg.Buy && o.limit >= p.price+fee, o.side == torg.Sell && o.limit <= p.price-fee:
			return true
		}
	}
	return false
}

// connectionFull says whether the order would trade with the supplier if the
// connection had room.
func (r *causes) connectionFull(o *order, z int) bool {
	q := r.supplier
	if q == nil || !r.worse(o, z) {
		return false
	}
	fee := r.feesFrom(r.home)[z]
	return fee != unreachable && (o.side == torg.Buy && !r.importRoom() && o.limit >= q.Sell+fee ||
		o.side == torg.Sell && !r.exportRoom() && o.limit <= q.Buy-fee)
}
