package audit

import (
	"fmt"

	"torg"
)

// trading checks every discovery of every session.
func (a *audit) trading() {
	a.eachBook(func(b *book) {
		byID := map[torg.OrderID]*order{}
		for _, o := range b.orders {
			a.ordered.that(byID[o.id] == nil, o.at, "order %s is there twice", o.id)
			byID[o.id] = o
		}
		g := a.gridFor(b)
		a.contracted(b, byID)
		a.orderRules(b)
		a.carried(b, g)
		a.balanced(b, g)
		list := a.published(b)
		a.leftover(b, byID, g, list)
		a.pricesOf(b, g, list)
		a.best(b, g)
		a.supplierPrices(b, g, byID)
		a.splits(b, byID, list)
		a.network(b, g, list)
		a.marginShares(b)
		a.regions(b, g, list)
		a.insideShares(b)
		a.follows(b, g, byID)
		a.rounds(b)
		a.numbers(b)
	})
}

// contracted books the contracts on their orders.
func (a *audit) contracted(b *book, byID map[torg.OrderID]*order) {
	q := a.sc.Complex.Supplier
	for _, c := range b.contracts {
		buy, sell := byID[c.buyOrder], byID[c.sellOrder]
		inside := c.buyOrder != "" && c.sellOrder != ""
		a.known.that((c.buyOrder == "" || buy != nil) && (c.sellOrder == "" || sell != nil) && (buy != nil || sell != nil), c.at,
			"contract %s: no orders %q and %q in this discovery", c.id, c.buyOrder, c.sellOrder)
		a.known.that(inside || q != nil, c.at, "contract %s with a supplier that is not there", c.id)
		a.side(c, buy, torg.Buy, c.buyer, c.buyerSite, c.buyerPrice, inside)
		a.side(c, sell, torg.Sell, c.seller, c.sellerSite, c.sellerPrice, inside)
		if buy == nil && q != nil {
			a.known.that(c.buyer == q.Participant && c.buyerSite == "" && c.buyerPrice == q.Buy, c.at, "contract %s: buyer %s at %s is not the supplier at its quote", c.id, c.buyer, c.buyerPrice)
		}
		if sell == nil && q != nil {
			a.known.that(c.seller == q.Participant && c.sellerSite == "" && c.sellerPrice == q.Sell, c.at, "contract %s: seller %s at %s is not the supplier at its quote", c.id, c.seller, c.sellerPrice)
		}
		a.avoids(c, buy, c.seller, sell)
		a.avoids(c, sell, c.buyer, buy)
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

// avoids checks that a party to a contract does not avoid the other: by name, or by
// the source that its order names.
func (a *audit) avoids(c contract, o *order, partner torg.ParticipantID, other *order) {
	if o == nil {
		return
	}
	for _, word := range o.avoid {
		a.limits.that(word != string(partner) && (other == nil || word != other.source), c.at, "contract %s: %s avoids %s", c.id, o, word)
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

// numbers checks that a discovery's contracts are numbered without a gap.
func (a *audit) numbers(b *book) {
	for i, c := range b.contracts {
		a.ids.that(c.id == torg.NewContractID(b.session, b.discovery, i+1), c.at, "contract %s where %s is due", c.id, torg.NewContractID(b.session, b.discovery, i+1))
	}
}

func (o *order) String() string { return fmt.Sprintf("order %s", o.id) }
