package audit

import (
	"math/big"

	"torg"
)

// margin is what one side of a zone offers at the zone's price.
type margin struct {
	zone              int
	side              torg.Side
	offered, accepted torg.Energy
	at                place
}

// regions checks margins across zones: where a watt-hour of one zone's margin could be
// given to another's at no loss, because lines with room between them cost just what
// their prices differ by, the one who would give it must not be ahead of the other
// even then.
func (a *audit) regions(b *book, g *grid, list zonePrices) {
	margins := a.margins(b, g, list)
	if len(margins) < 2 {
		return
	}
	next := make([][]int, len(g.zones)) // zones that energy can go on to for the gap of prices
	for _, w := range g.arcs() {
		if from, to := list[w.from], list[w.to]; from != nil && to != nil && to.price == from.price+w.fee {
			next[w.from] = append(next[w.from], w.to)
		}
	}
	for _, m := range margins {
		reached := reach(next, m.zone)
		for _, n := range margins {
			if n.side != m.side || n.zone == m.zone || !reached[n.zone] {
				continue
			}
			more, less := m, n // a seller's energy goes along, a buyer's comes back
			if m.side == torg.Buy {
				more, less = n, m
			}
			if more.accepted < more.offered && less.accepted > 0 {
				a.shares.that(lessPart(less.accepted-1, less.offered, more.accepted+1, more.offered), more.at,
					"session %s: the margin of zone %s has %d of %d Wh, that of zone %s %d of %d: a watt-hour moved would be fairer", b.session,
					g.zones[more.zone], more.accepted, more.offered, g.zones[less.zone], less.accepted, less.offered)
			}
		}
	}
}

// margins sums up the orders whose limits are their zones' prices, without those from
// which an avoid took what no row tells.
func (a *audit) margins(b *book, g *grid, list zonePrices) (margins []margin) {
	for z, name := range g.zones {
		for _, side := range []torg.Side{torg.Buy, torg.Sell} {
			m := margin{zone: z, side: side}
			for _, o := range b.sides()[zoneSide{name, side}] {
				if list[z] != nil && o.limit == list[z].price {
					m.offered, m.accepted, m.at = m.offered+o.energy, m.accepted+o.traded, o.at
				}
				if o.avoided {
					return nil
				}
			}
			if m.offered > 0 {
				margins = append(margins, m)
			}
		}
	}
	return margins
}

func reach(next [][]int, from int) []bool {
	reached := make([]bool, len(next))
	reached[from] = true
	for open := []int{from}; len(open) > 0; open = open[1:] {
		for _, to := range next[open[0]] {
			if !reached[to] {
				reached[to] = true
				open = append(open, to)
			}
		}
	}
	return reached
}

// lessPart says whether a of b is less than c of d.
func lessPart(a, b, c, d torg.Energy) bool {
	x, y := big.NewInt(int64(a)), big.NewInt(int64(c))
	return x.Mul(x, big.NewInt(int64(d))).Cmp(y.Mul(y, big.NewInt(int64(b)))) < 0
}
