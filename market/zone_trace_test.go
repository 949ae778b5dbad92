package market_test

import (
	"fmt"
	"slices"

	"torg"
)

// origins: whose energy arrives where follows the flows. A zone's sellers serve its own
// buyers first; what is left is traced zone by zone from upstream down, everything
// that arrives in a zone mixed, and what leaves it taken from the mix in proportion
// (Bialek 1996). Contracts between zones are exactly that, and so are the
// supplier's.
func (a *audit) origins() error {
	traced, err := a.trace()
	if err != nil {
		return err
	}
	contracted := a.contracted()
	name := func(k int) string {
		if k == len(a.b.Complex.Zones) {
			return "the supplier"
		}
		return string(a.b.Complex.Zones[k])
	}
	for o := range traced {
		for d := range traced[o] {
			if traced[o][d] != contracted[o][d] {
				return fmt.Errorf("from %s to %s: contracts of %d Wh, the flows say %d", name(o), name(d), contracted[o][d], traced[o][d])
			}
		}
	}
	return nil
}

// contracted sums contracts by the seller's and the buyer's zone; the supplier stands
// after the zones.
func (a *audit) contracted() [][]torg.Energy {
	sum := square(len(a.b.Complex.Zones) + 1)
	place := func(id torg.OrderID, z torg.ZoneID) int {
		if id == "" {
			return len(a.b.Complex.Zones)
		}
		return slices.Index(a.b.Complex.Zones, z)
	}
	for _, t := range a.o.Trades {
		sum[place(t.SellOrder, t.SellerZone)][place(t.BuyOrder, t.BuyerZone)] += t.Energy
	}
	return sum
}

func square(n int) [][]torg.Energy {
	rows := make([][]torg.Energy, n)
	for i := range rows {
		rows[i] = make([]torg.Energy, n)
	}
	return rows
}

// trace returns energy by origin and destination, indexed as in contracted.
func (a *audit) trace() ([][]torg.Energy, error) {
	zones, supplier := a.b.Complex.Zones, len(a.b.Complex.Zones)
	to, mix := square(supplier+1), square(supplier+1) // mix: what is in a zone, by origin
	deficit := make([]torg.Energy, supplier)
	for k, z := range zones {
		_, bought, _ := a.sideOf(z, torg.Buy)
		_, sold, _ := a.sideOf(z, torg.Sell)
		to[k][k] = min(bought, sold)
		mix[k][k], deficit[k] = sold-to[k][k], bought-to[k][k]
		if q := a.b.Complex.Supplier; q != nil && q.Zone == z {
			mix[k][supplier] = a.imports
		}
	}
	done := make([]bool, supplier)
	for range zones {
		k := slices.IndexFunc(zones, func(z torg.ZoneID) bool {
			return !done[slices.Index(zones, z)] && !slices.ContainsFunc(a.outflows(), func(f outflow) bool { return f.to == slices.Index(zones, z) && !done[f.from] })
		})
		if k < 0 {
			return nil, fmt.Errorf("flow in a circle: %+v", a.o.Flows)
		}
		done[k] = true
		for _, f := range a.outflows() {
			if f.from == k {
				for o, e := range takeOut(mix[k], f.energy) {
					mix[f.to][o] += e
				}
			}
		}
		for o, e := range takeOut(mix[k], deficit[k]) {
			to[o][k] += e
		}
		if q := a.b.Complex.Supplier; q != nil && q.Zone == zones[k] {
			for o, e := range takeOut(mix[k], a.exports) {
				to[o][supplier] += e
			}
		}
	}
	return to, nil
}

type outflow struct {
	from, to int
	energy   torg.Energy
}

// outflows are the flows in the order of the lines, zones by place.
func (a *audit) outflows() (all []outflow) {
	for _, f := range a.o.Flows {
		all = append(all, outflow{slices.Index(a.b.Complex.Zones, f.From), slices.Index(a.b.Complex.Zones, f.To), f.Energy})
	}
	return all
}

// takeOut takes energy out of a mix in proportion to what is in it.
func takeOut(mix []torg.Energy, e torg.Energy) []torg.Energy {
	part := torg.ApportionEnergy(e, mix)
	for o := range mix {
		mix[o] -= part[o]
	}
	return part
}

// carried: whichever zones are taken together, contracts from inside them to outside
// are no more than what flows out of them, whatever the tracing.
func (a *audit) carried() error {
	zones := len(a.b.Complex.Zones)
	if zones > 10 {
		return nil
	}
	contracted := a.contracted()
	if q := a.b.Complex.Supplier; q != nil { // energy of the supplier starts and ends in its zone
		k := slices.Index(a.b.Complex.Zones, q.Zone)
		for z := range zones {
			contracted[k][z] += contracted[zones][z]
			contracted[z][k] += contracted[z][zones]
		}
	}
	for set := range 1 << zones {
		in := func(k int) bool { return set>>k&1 == 1 }
		var sold, flows torg.Energy
		for o := range zones {
			for d := range zones {
				if in(o) && !in(d) {
					sold += contracted[o][d]
				}
			}
		}
		for _, f := range a.outflows() {
			if in(f.from) && !in(f.to) {
				flows += f.energy
			}
		}
		if sold > flows {
			return fmt.Errorf("contracts of %d Wh out of zones %b, flows of %d", sold, set, flows)
		}
	}
	return nil
}

// greedy: each pair of round 1 is the largest that is left between two orders without
// a partner, as far as energy goes between their zones, and round 1 goes on while
// there is one. Preferences and avoids may have chosen otherwise.
func (a *audit) greedy() error {
	if a.wishes || a.b.Discovery == 2 {
		return nil
	}
	between, err := a.trace()
	if err != nil {
		return err
	}
	free := map[torg.OrderID]bool{}
	for id := range a.inside {
		free[id] = true
	}
	zone := func(id torg.OrderID) int { return slices.Index(a.b.Complex.Zones, a.orders[id].Zone) }
	best := func() (most torg.Energy, buy, sell torg.OrderID) {
		for b := range free {
			for s := range free {
				if a.orders[b].Side != torg.Buy || a.orders[s].Side != torg.Sell {
					continue
				}
				e := min(a.inside[b], a.inside[s], between[zone(s)][zone(b)])
				if e > most || e == most && e > 0 && (b < buy || b == buy && s < sell) {
					most, buy, sell = e, b, s
				}
			}
		}
		return most, buy, sell
	}
	for _, t := range a.o.Trades {
		most, buy, sell := best()
		if t.Round == 1 && (!free[t.BuyOrder] || !free[t.SellOrder] || t.Energy != most) {
			return fmt.Errorf("%+v in round 1, the largest pair is %s and %s with %d Wh", t, buy, sell, most)
		}
		if t.Round > 1 {
			break
		}
		delete(free, t.BuyOrder)
		delete(free, t.SellOrder)
		between[zone(t.SellOrder)][zone(t.BuyOrder)] -= t.Energy
	}
	if most, buy, sell := best(); most > 0 {
		return fmt.Errorf("%s and %s could be a pair of %d Wh in round 1", buy, sell, most)
	}
	return nil
}

// rests: no contract of round 2 is larger than what both its orders have in round 1,
// and two orders have one contract inside.
func (a *audit) rests() error {
	one, pairs := map[torg.OrderID]torg.Energy{}, map[[2]torg.OrderID]bool{}
	for _, t := range a.o.Trades {
		pair := [2]torg.OrderID{t.BuyOrder, t.SellOrder}
		switch {
		case t.Round < 3 && pairs[pair]:
			return fmt.Errorf("two contracts of %s and %s", t.BuyOrder, t.SellOrder)
		case t.Round == 1 && (one[t.BuyOrder] > 0 || one[t.SellOrder] > 0):
			return fmt.Errorf("twice in round 1: %+v", t)
		case t.Round == 1:
			one[t.BuyOrder], one[t.SellOrder] = t.Energy, t.Energy
		case t.Round == 2 && a.b.Discovery == 1 && t.Energy > max(one[t.BuyOrder], one[t.SellOrder]):
			return fmt.Errorf("%+v should have been a pair in round 1", t)
		}
		pairs[pair] = true
	}
	return nil
}
