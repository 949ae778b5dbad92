package market_test

import (
	"fmt"
	"math/big"
	"slices"

	"torg"
	"torg/market"
)

// network is the book with what the outcome gave everyone and with its flows.
func (a *audit) network() *network {
	n := newNetwork(a.b)
	for i, x := range a.b.Orders {
		n.arcs[i].flow = a.used[x.ID]
	}
	n.arcs[n.lines-2].flow, n.arcs[n.lines-1].flow = a.imports, a.exports
	for i, f := range a.flow {
		n.arcs[n.lines+2*i].flow, n.arcs[n.lines+2*i+1].flow = max(f, 0), max(-f, 0)
	}
	return n
}

// optimal: the largest welfare, then the most energy of participants, and of the
// supplier's what follows from it.
func (a *audit) optimal() error {
	if len(a.lost) > 0 {
		return nil
	}
	best := optimum(a.b)
	a.best = best
	got, want := a.network().total(), best.total()
	imports, exports := best.arcs[best.lines-2].flow, best.arcs[best.lines-1].flow
	if got[0] != want[0] || got[1] != want[1] || a.imports != imports || a.exports != exports {
		return fmt.Errorf("welfare %d with %d Wh of participants, import %d, export %d; the best is %d with %d, %d, %d",
			-got[0], -got[1], a.imports, a.exports, -want[0], -want[1], imports, exports)
	}
	return nil
}

// priceRows: the zones' prices and their ends, as the optimum's dual says.
func (a *audit) priceRows() error {
	if len(a.lost) > 0 {
		return nil
	}
	if want := a.best.prices(a.b); !slices.Equal(a.o.Prices, want) {
		return fmt.Errorf("prices %+v, want %+v", a.o.Prices, want)
	}
	return nil
}

// leftovers: what is left is listed by id, and nobody is left whose limit is better
// than its zone's price, but for its own avoid.
func (a *audit) leftovers() error {
	listed, last := map[torg.OrderID]bool{}, torg.OrderID("")
	for _, u := range a.o.Unmatched {
		x, p := a.orders[u.Order], a.prices[a.orders[u.Order].Zone]
		listed[u.Order] = true
		switch {
		case u.Order <= last || u.Energy <= 0 || u.Energy != x.Energy-a.used[u.Order]:
			return fmt.Errorf("%+v after %s, but %d of %d Wh traded", u, last, a.used[u.Order], x.Energy)
		case u.Reason == torg.ReasonAvoided && len(x.Avoid) == 0:
			return fmt.Errorf("%s avoids nothing", u.Order)
		case u.Reason != torg.ReasonAvoided && p.Zone == "":
			return fmt.Errorf("%s is left in zone %s, which has no price", u.Order, x.Zone)
		case u.Reason != torg.ReasonAvoided && (x.Side == torg.Buy && x.Limit > p.Price || x.Side == torg.Sell && x.Limit < p.Price):
			return fmt.Errorf("%s is left, its limit %s is better than the price %s", u.Order, x.Limit, p.Price)
		}
		last = u.Order
	}
	for id, x := range a.orders {
		if (a.used[id] < x.Energy) != listed[id] || a.used[id] > x.Energy {
			return fmt.Errorf("%s: %d of %d Wh traded, listed as left: %t", id, a.used[id], x.Energy, listed[id])
		}
	}
	return nil
}

// level is all orders of one side, zone and limit.
type level struct {
	zone              torg.ZoneID
	side              torg.Side
	limit             torg.Price
	ids               []torg.OrderID
	offered, accepted torg.Energy
}

// levels in the order of the complex's zones; without those that avoids took from.
func (a *audit) levels() (all []level) {
	for _, z := range a.b.Complex.Zones {
		from := len(all)
		for _, x := range a.b.Orders {
			if x.Zone != z {
				continue
			}
			i := slices.IndexFunc(all[from:], func(l level) bool { return l.side == x.Side && l.limit == x.Limit })
			if i < 0 {
				i = len(all) - from
				all = append(all, level{zone: z, side: x.Side, limit: x.Limit})
			}
			l := &all[from+i]
			l.ids = append(l.ids, x.ID)
			l.offered += x.Energy
			l.accepted += a.used[x.ID]
		}
	}
	return slices.DeleteFunc(all, func(l level) bool {
		return slices.ContainsFunc(l.ids, func(id torg.OrderID) bool { return a.lost[id] })
	})
}

// marginOfZone: equal limits of one zone get equal shares to the watt-hour.
func (a *audit) marginOfZone() error {
	for _, l := range a.levels() {
		slices.Sort(l.ids)
		for i, want := range proRata(l.accepted, l.offered, l.ids, func(id torg.OrderID) torg.Energy { return a.orders[id].Energy }) {
			if got := a.used[l.ids[i]]; got != want {
				return fmt.Errorf("%s at the margin %s of zone %s: %d Wh, its share is %d", l.ids[i], l.limit, l.zone, got, want)
			}
		}
	}
	return nil
}

// insideOfZone: the accepted orders of one side of a zone have the same share of
// inside energy.
func (a *audit) insideOfZone() error {
	for _, z := range a.b.Complex.Zones {
		for _, side := range []torg.Side{torg.Buy, torg.Sell} {
			ids, accepted, inside := a.sideOf(z, side)
			for i, want := range proRata(inside, accepted, ids, func(id torg.OrderID) torg.Energy { return a.used[id] }) {
				if got := a.inside[ids[i]]; got != want {
					return fmt.Errorf("%s: %d Wh inside, its share is %d", ids[i], got, want)
				}
			}
		}
	}
	return nil
}

// sideOf returns the orders of one side of a zone by id, and what they got.
func (a *audit) sideOf(z torg.ZoneID, side torg.Side) (ids []torg.OrderID, accepted, inside torg.Energy) {
	for id, x := range a.orders {
		if x.Zone == z && x.Side == side {
			ids = append(ids, id)
			accepted += a.used[id]
			inside += a.inside[id]
		}
	}
	slices.Sort(ids)
	return ids, accepted, inside
}

// shareRows: the published ends of the curves say what the orders say.
func (a *audit) shareRows() error {
	var want []market.Share
	for _, z := range a.b.Complex.Zones {
		if !slices.ContainsFunc(a.b.Orders, func(x torg.Order) bool { return x.Zone == z }) {
			continue
		}
		for _, side := range []torg.Side{torg.Buy, torg.Sell} {
			h := market.Share{Zone: z, Side: side}
			_, h.Accepted, h.Inside = a.sideOf(z, side)
			for _, l := range a.levels() {
				if l.zone != z || l.side != side {
					continue
				}
				worse := side == torg.Buy && l.limit < h.Last || side == torg.Sell && l.limit > h.Last
				if h.Offered += l.offered; l.accepted > 0 && (h.LastAccepted == 0 || worse) {
					h.Last, h.LastOffered, h.LastAccepted = l.limit, l.offered, l.accepted
				}
			}
			want = append(want, h)
		}
	}
	if len(a.lost) > 0 {
		return nil
	}
	if !slices.Equal(a.o.Shares, want) {
		return fmt.Errorf("shares %+v, want %+v", a.o.Shares, want)
	}
	return nil
}

// less compares a/b and c/d, all positive or with a or c not.
func lessRatio(a, b, c, d torg.Energy) bool {
	x := new(big.Int).Mul(big.NewInt(int64(a)), big.NewInt(int64(d)))
	return x.Cmp(new(big.Int).Mul(big.NewInt(int64(c)), big.NewInt(int64(b)))) < 0
}
