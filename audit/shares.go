package audit

import (
	"cmp"
	"slices"

	"torg"
)

// zoneSide names one side of a zone.
type zoneSide struct {
	zone torg.ZoneID
	side torg.Side
}

// sides returns a discovery's orders by zone and side, and there by id.
func (b *book) sides() map[zoneSide][]*order {
	if b.sorted != nil {
		return b.sorted
	}
	sides := map[zoneSide][]*order{}
	for _, o := range b.orders {
		sides[zoneSide{o.zone, o.side}] = append(sides[zoneSide{o.zone, o.side}], o)
	}
	for _, list := range sides {
		slices.SortFunc(list, func(x, y *order) int { return cmp.Compare(x.id, y.id) })
	}
	b.sorted = sides
	return sides
}

// marginShares checks that orders of one zone, side and limit got the same part of
// their energy: largest remainder, then the smaller id.
func (a *audit) marginShares(b *book) {
	for _, side := range b.sides() {
		groups := map[torg.Price][]*order{}
		for _, o := range side {
			groups[o.limit] = append(groups[o.limit], o)
		}
		for _, g := range groups {
			a.marginShare(g)
		}
	}
}

func (a *audit) marginShare(g []*order) {
	if slices.ContainsFunc(g, func(o *order) bool { return o.avoided }) {
		return // parts that avoids took out are told in no row
	}
	var traded torg.Energy
	weights := make([]torg.Energy, len(g))
	for i, o := range g {
		traded += o.traded
		weights[i] = o.energy
	}
	if traded > sum(weights) {
		return // told as over-contracted
	}
	for i, want := range torg.ApportionEnergy(traded, weights) {
		a.shares.that(g[i].traded == want, g[i].at, "%s: %d Wh contracted, its share at this limit is %d", g[i], g[i].traded, want)
	}
}

// insideShares checks that accepted orders of one side of a zone got the same part of
// inside energy.
func (a *audit) insideShares(b *book) {
	for _, list := range b.sides() {
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
