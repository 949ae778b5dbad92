package audit

import (
	"cmp"
	"fmt"
	"slices"

	"torg"
)

// grid is what the connection has for a discovery.
type grid struct {
	importLeft, exportLeft torg.Energy // torg.Unlimited: no limit
	imports, exports       torg.Energy // of this discovery
}

func (g grid) importRoom() bool { return g.importLeft == torg.Unlimited || g.imports < g.importLeft }
func (g grid) exportRoom() bool { return g.exportLeft == torg.Unlimited || g.exports < g.exportLeft }

// trading checks every discovery of every session.
func (a *audit) trading() {
	a.eachBook(func(b *book) {
		byID := map[torg.OrderID]*order{}
		for _, o := range b.orders {
			a.ordered.that(byID[o.id] == nil, o.at, "order %s is there twice", o.id)
			byID[o.id] = o
		}
		g := a.gridFor(b)
		a.contracted(b, byID, &g)
		a.orderRules(b)
		a.leftover(b, byID, g)
		a.connectionOf(b, g)
		p, priced := a.priceOf(b, g)
		a.supplierPrices(b, byID, g)
		if priced {
			a.splits(b, byID, p)
		}
		a.marginShares(b)
		a.insideShares(b)
		a.numbers(b)
	})
}

// gridFor returns what an earlier discovery of the session left of the connection.
// What is used one way has no capacity the other way.
func (a *audit) gridFor(b *book) grid {
	q := a.sc.Complex.Supplier
	if q == nil {
		return grid{}
	}
	g := grid{importLeft: q.Import, exportLeft: q.Export}
	if b.discovery == 1 {
		return g
	}
	used := func(d *book) (imports, exports torg.Energy) {
		if d != nil {
			for _, c := range d.contracts {
				switch {
				case c.sellOrder == "":
					imports += c.energy
				case c.buyOrder == "":
					exports += c.energy
				}
			}
		}
		return imports, exports
	}
	imports, exports := used(a.books[b.slot][1])
	left := func(limit, used, other torg.Energy) torg.Energy {
		switch {
		case other > 0:
			return 0
		case limit == torg.Unlimited:
			return limit
		}
		return max(limit-used, 0)
	}
	g.importLeft, g.exportLeft = left(q.Import, imports, exports), left(q.Export, exports, imports)
	return g
}

// contracted books the contracts on their orders.
func (a *audit) contracted(b *book, byID map[torg.OrderID]*order, g *grid) {
	q := a.sc.Complex.Supplier
	paired := map[torg.OrderID]bool{}
	var bought, sold torg.Energy
	for _, c := range b.contracts {
		buy, sell := byID[c.buyOrder], byID[c.sellOrder]
		inside := c.buyOrder != "" && c.sellOrder != ""
		a.known.that((c.buyOrder == "" || buy != nil) && (c.sellOrder == "" || sell != nil) && (buy != nil || sell != nil), c.at,
			"contract %s: no orders %q and %q in this discovery", c.id, c.buyOrder, c.sellOrder)
		a.oneToOne.that(inside == (c.round < 3) && (c.round > 1 || b.discovery == 1), c.at,
			"contract %s of round %d in discovery %d with orders %q and %q", c.id, c.round, b.discovery, c.buyOrder, c.sellOrder)
		if c.round == 1 {
			a.oneToOne.that(!paired[c.buyOrder] && !paired[c.sellOrder], c.at, "contract %s: an order has a pair in round 1 already", c.id)
			paired[c.buyOrder], paired[c.sellOrder] = true, true
		}
		a.side(c, buy, torg.Buy, c.buyer, c.buyerSite, c.buyerPrice, inside)
		a.side(c, sell, torg.Sell, c.seller, c.sellerSite, c.sellerPrice, inside)
		if buy != nil {
			bought += c.energy
		} else if q != nil {
			g.exports += c.energy
			a.known.that(c.buyer == q.Participant && c.buyerSite == "" && c.buyerPrice == q.Buy, c.at, "contract %s: buyer %s at %s is not the supplier at its quote", c.id, c.buyer, c.buyerPrice)
		}
		if sell != nil {
			sold += c.energy
		} else if q != nil {
			g.imports += c.energy
			a.known.that(c.seller == q.Participant && c.sellerSite == "" && c.sellerPrice == q.Sell, c.at, "contract %s: seller %s at %s is not the supplier at its quote", c.id, c.seller, c.sellerPrice)
		}
	}
	if len(b.contracts) > 0 {
		a.energy.that(bought+g.exports == sold+g.imports, b.contracts[0].at,
			"session %s: %d Wh bought and %d exported, %d sold and %d imported", b.session, bought, g.exports, sold, g.imports)
	}
}

// side books one side of a contract on its order.
func (a *audit) side(c contract, o *order, side torg.Side, party torg.ParticipantID, site torg.SiteID, p torg.Price, inside bool) {
	if o == nil {
		return
	}
	a.known.that(o.side == side && o.party == party && o.site == site, c.at, "contract %s: %s is %s's %s order of site %s", c.id, o.id, o.party, o.side, o.site)
	a.limits.that(side == torg.Buy && p <= o.limit || side == torg.Sell && p >= o.limit, c.at,
		"contract %s: %s at %s, order %s has the limit %s", c.id, side, p, o.id, o.limit)
	a.over.that(c.energy <= o.energy-o.traded, c.at, "contract %s: order %s of %d Wh has %d of %d Wh contracted before", c.id, o.id, o.energy, o.traded, o.energy)
	o.traded += c.energy
	if inside {
		o.inside += c.energy
	}
}

// orderRules checks the orders among themselves and against the first discovery's.
func (a *audit) orderRules(b *book) {
	sides, sites := map[torg.ParticipantID]torg.Side{}, map[torg.SiteID]bool{}
	for _, o := range b.orders {
		side, known := sides[o.party]
		a.ordered.that(!known || side == o.side, o.at, "order %s: participant %s is on both sides", o.id, o.party)
		a.ordered.that(!sites[o.site], o.at, "order %s: a second one of site %s", o.id, o.site)
		a.ordered.that(o.cut >= 0 && o.energy+o.cut <= a.capacity(a.sites[o.site]), o.at, "order %s: %d Wh is more than the site's connection carries", o.id, o.energy+o.cut)
		sides[o.party], sites[o.site] = o.side, true
		if b.discovery == 2 {
			a.ordered.that(a.revises(b, o), o.at, "order %s is no step towards trade of what site %s had left", o.id, o.site)
		}
	}
}

func (a *audit) revises(b *book, o *order) bool {
	first := a.books[b.slot][1]
	if first == nil {
		return false
	}
	for _, f := range first.orders {
		if f.site == o.site {
			better := o.side == torg.Buy && o.limit >= f.limit || o.side == torg.Sell && o.limit <= f.limit
			return f.side == o.side && better && o.energy+o.cut <= f.energy+f.cut-f.traded
		}
	}
	return false
}

// leftover holds unmatched.csv against what is left of the orders.
func (a *audit) leftover(b *book, byID map[torg.OrderID]*order, g grid) {
	for _, u := range b.left {
		if o := byID[u.order]; o != nil && u.reason == torg.ReasonAvoided {
			o.avoided = true
		}
	}
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
		a.leftovers.that(a.reasonFits(b, o, g, u.reason), u.at, "order %s: %s cannot be the reason", o.id, u.reason)
		o.unmatched += u.energy
		o.reason = u.reason
	}
	for _, o := range b.orders {
		a.leftovers.that(o.unmatched == o.energy-o.traded, o.at, "order %s: %d of %d Wh contracted, %d Wh unmatched", o.id, o.traded, o.energy, o.unmatched)
		a.leftovers.that(o.cut <= 0, o.at, "order %s: %d Wh are cut and unmatched.csv does not say so", o.id, o.cut)
		o.cut = max(o.cut, -o.cut)
	}
}

// reasonFits recomputes why an order was left: the first reason that holds.
func (a *audit) reasonFits(b *book, o *order, g grid, why torg.Reason) bool {
	switch {
	case why == torg.ReasonMissed:
		return len(b.contracts) == 0 && len(b.prices) == 0
	case len(b.prices) != 1:
		return false
	case why == torg.ReasonAvoided:
		return true // by its own list: the energy still adds up
	case slices.ContainsFunc(b.left, func(u unmatched) bool { return u.reason == torg.ReasonAvoided }):
		return why != torg.ReasonLine // the equilibrium's ends are not known then
	}
	e, _ := a.endsOf(b, g)
	p, q := b.prices[0].price, a.sc.Complex.Supplier
	alone := func(side torg.Side, room bool) bool { return len(sideOf(b, side)) == 0 && !room }
	want := torg.ReasonPrice
	switch {
	case e.hasLow && e.hasHigh && e.low == o.limit && e.high == o.limit:
		want = torg.ReasonRationed
	case q != nil && o.side == torg.Buy && !g.importRoom() && o.limit < p && o.limit >= q.Sell,
		q != nil && o.side == torg.Sell && !g.exportRoom() && o.limit > p && o.limit <= q.Buy:
		want = torg.ReasonConnection
	case o.side == torg.Buy && alone(torg.Sell, q != nil && g.importLeft != 0),
		o.side == torg.Sell && alone(torg.Buy, q != nil && g.exportLeft != 0):
		want = torg.ReasonNoOtherSide
	}
	return why == want
}

// connectionOf checks the connection's limits.
func (a *audit) connectionOf(b *book, g grid) {
	if len(b.contracts) == 0 {
		return
	}
	at := b.contracts[0].at
	a.connection.that(g.imports == 0 || g.exports == 0, at, "session %s: %d Wh imported and %d exported", b.session, g.imports, g.exports)
	a.connection.that(g.importLeft == torg.Unlimited || g.imports <= g.importLeft, at, "session %s: %d Wh imported, room for %d", b.session, g.imports, g.importLeft)
	a.connection.that(g.exportLeft == torg.Unlimited || g.exports <= g.exportLeft, at, "session %s: %d Wh exported, room for %d", b.session, g.exports, g.exportLeft)
}

// supplierPrices checks that nobody is worse off than with the supplier while the
// connection has room.
func (a *audit) supplierPrices(b *book, byID map[torg.OrderID]*order, g grid) {
	q := a.sc.Complex.Supplier
	if q == nil {
		return
	}
	for _, c := range b.contracts {
		if byID[c.buyOrder] != nil && g.importRoom() {
			a.supplier.that(c.buyerPrice <= q.Sell, c.at, "contract %s: the buyer pays %s, the supplier asks %s", c.id, c.buyerPrice, q.Sell)
		}
		if byID[c.sellOrder] != nil && g.exportRoom() {
			a.supplier.that(c.sellerPrice >= q.Buy, c.at, "contract %s: the seller gets %s, the supplier pays %s", c.id, c.sellerPrice, q.Buy)
		}
	}
}

// numbers checks that a discovery's contracts are numbered without a gap.
func (a *audit) numbers(b *book) {
	for i, c := range b.contracts {
		a.ids.that(c.id == torg.NewContractID(b.session, b.discovery, i+1), c.at, "contract %s where %s is due", c.id, torg.NewContractID(b.session, b.discovery, i+1))
	}
}

// sideOf returns the orders of one side by id.
func sideOf(b *book, side torg.Side) []*order {
	var list []*order
	for _, o := range b.orders {
		if o.side == side {
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(x, y *order) int { return cmp.Compare(x.id, y.id) })
	return list
}

func (o *order) String() string { return fmt.Sprintf("order %s", o.id) }
