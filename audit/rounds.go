package audit

import (
	"cmp"
	"slices"

	"torg"
)

// rounds checks who is paired with whom in which round.
func (a *audit) rounds(b *book) {
	first := map[torg.OrderID]torg.Energy{} // of the order's pair in round 1
	second := map[[2]torg.OrderID]torg.Energy{}
	var paired torg.Energy
	seen := map[[2]torg.OrderID]bool{}
	for _, c := range b.contracts {
		inside := c.buyOrder != "" && c.sellOrder != ""
		a.oneToOne.that(inside == (c.round < 3) && (c.round > 1 || b.discovery == 1), c.at,
			"contract %s of round %d in discovery %d with orders %q and %q", c.id, c.round, b.discovery, c.buyOrder, c.sellOrder)
		pair := [2]torg.OrderID{c.buyOrder, c.sellOrder}
		a.oneToOne.that(!seen[pair], c.at, "contract %s: %q and %q have one already", c.id, c.buyOrder, c.sellOrder)
		seen[pair] = true
		switch c.round {
		case 1:
			a.oneToOne.that(first[c.buyOrder] == 0 && first[c.sellOrder] == 0, c.at, "contract %s: an order has a pair in round 1 already", c.id)
			first[c.buyOrder], first[c.sellOrder] = c.energy, c.energy
			paired += c.energy
		case 2:
			second[pair] = c.energy
		}
	}
	if b.discovery == 2 || slices.ContainsFunc(b.orders, func(o *order) bool { return o.prefer }) {
		return // preferences may choose other pairs
	}
	for _, c := range b.contracts {
		if e := second[[2]torg.OrderID{c.buyOrder, c.sellOrder}]; c.round == 2 {
			a.oneToOne.that(e <= max(first[c.buyOrder], first[c.sellOrder]), c.at,
				"contract %s: %s and %s trade %d Wh and should be a pair of round 1", c.id, c.buyOrder, c.sellOrder, e)
		}
	}
	if len(a.grid.zones) == 1 && !slices.ContainsFunc(b.orders, func(o *order) bool { return len(o.avoid) > 0 }) && len(b.contracts) > 0 {
		want := mostPaired(b)
		a.oneToOne.that(paired == want, b.at(), "session %s: round 1 covers %d Wh, the largest pairs cover %d", b.session, paired, want)
	}
}

// mostPaired is the energy of pairs of the largest buyer with the largest seller, the
// next with the next, and so on: no other pairs cover more.
func mostPaired(b *book) (total torg.Energy) {
	var buyers, sellers []torg.Energy
	for _, o := range b.orders {
		if o.side == torg.Buy {
			buyers = append(buyers, o.inside)
		} else {
			sellers = append(sellers, o.inside)
		}
	}
	down := func(x, y torg.Energy) int { return cmp.Compare(y, x) }
	slices.SortFunc(buyers, down)
	slices.SortFunc(sellers, down)
	for i := range min(len(buyers), len(sellers)) {
		total += min(buyers[i], sellers[i])
	}
	return total
}
