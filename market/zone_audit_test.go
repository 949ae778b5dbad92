package market_test

import (
	"fmt"
	"slices"

	"torg"
	"torg/market"
)

// audit is an outcome summed up, to be judged by the rules of the market.
type audit struct {
	b                market.Book
	o                market.Outcome
	orders           map[torg.OrderID]torg.Order
	used, inside     map[torg.OrderID]torg.Energy
	lost             map[torg.OrderID]bool // to its own avoid: what was still open cannot be seen from outside
	prices           map[torg.ZoneID]market.ZonePrice
	fees             map[torg.ZoneID]map[torg.ZoneID]torg.Price // the cheapest way's, where there is one
	flow             []torg.Energy                              // by line, plus is From to To
	imports, exports torg.Energy
	wishes           bool     // some order avoids or prefers
	best             *network // what optimal found
}

// faults says which rule of the market an outcome breaks, or nil. It computes
// what the rules say by ways of its own: the optimum by cancelling circles, margins by
// exchanges, flows of origins zone by zone, pairs by trying all.
func faults(b market.Book, o market.Outcome) error {
	a, err := newAudit(b, o)
	if err != nil {
		return err
	}
	for _, rule := range []func() error{
		a.parties, a.balance, a.rooms, a.optimal, a.priceRows, a.leftovers, a.marginOfZone, a.marginOfRegion, a.shortest,
		a.insideOfZone, a.shareRows, a.origins, a.carried, a.greedy, a.rests, a.money, a.why, a.fullness,
	} {
		if err := rule(); err != nil {
			return err
		}
	}
	return nil
}

func newAudit(b market.Book, o market.Outcome) (*audit, error) {
	a := &audit{b: b, o: o, orders: map[torg.OrderID]torg.Order{}, used: map[torg.OrderID]torg.Energy{}, inside: map[torg.OrderID]torg.Energy{},
		lost: map[torg.OrderID]bool{}, prices: map[torg.ZoneID]market.ZonePrice{}, fees: cheapestFees(b.Complex), flow: make([]torg.Energy, len(b.Complex.Lines))}
	for _, x := range b.Orders {
		a.orders[x.ID] = x
		a.wishes = a.wishes || len(x.Avoid)+len(x.Prefer) > 0
	}
	for _, u := range o.Unmatched {
		if u.Reason == torg.ReasonAvoided {
			a.lost[u.Order] = true
		}
	}
	for _, p := range o.Prices {
		a.prices[p.Zone] = p
	}
	for _, t := range o.Trades {
		for _, id := range []torg.OrderID{t.BuyOrder, t.SellOrder} {
			if id == "" {
				continue
			}
			a.used[id] += t.Energy
			if t.Round < 3 {
				a.inside[id] += t.Energy
			}
		}
		if t.BuyOrder == "" {
			a.exports += t.Energy
		}
		if t.SellOrder == "" {
			a.imports += t.Energy
		}
	}
	return a, a.readFlows()
}

// readFlows: one row for each line that carries anything, in the order of the lines.
func (a *audit) readFlows() error {
	last := -1
	for _, f := range a.o.Flows {
		i := lineOf(a.b, f)
		if i <= last || f.Energy <= 0 {
			return fmt.Errorf("flow %+v: no line, out of order or nothing", f)
		}
		last = i
		if a.flow[i] = f.Energy; a.b.Complex.Lines[i].From != f.From {
			a.flow[i] = -f.Energy
		}
	}
	return nil
}

// lineOf returns the place of the line that carries a flow, or -1.
func lineOf(b market.Book, f market.Flow) int {
	return slices.IndexFunc(b.Complex.Lines, func(l torg.Line) bool {
		return l.From == f.From && l.To == f.To || l.From == f.To && l.To == f.From
	})
}

// cheapestFees are the least fees between any two zones over lines that have a
// capacity, used by now or not.
func cheapestFees(c torg.Complex) map[torg.ZoneID]map[torg.ZoneID]torg.Price {
	fees := map[torg.ZoneID]map[torg.ZoneID]torg.Price{}
	for _, z := range c.Zones {
		fees[z] = map[torg.ZoneID]torg.Price{z: 0}
		for range c.Zones {
			for _, l := range c.Lines {
				if l.Capacity == 0 {
					continue
				}
				for _, way := range [][2]torg.ZoneID{{l.From, l.To}, {l.To, l.From}} {
					sum, ok := fees[z][way[0]]
					if old, known := fees[z][way[1]]; ok && (!known || sum+l.Fee < old) {
						fees[z][way[1]] = sum + l.Fee
					}
				}
			}
		}
	}
	return fees
}

// parties: every contract is between two orders of their sides and parties, or one and
// the supplier in round 3, inside limits and avoids.
func (a *audit) parties() error {
	round, third := 0, torg.OrderID("")
	for _, t := range a.o.Trades {
		bought, sold := a.orders[t.BuyOrder], a.orders[t.SellOrder]
		q := a.b.Complex.Supplier
		switch {
		case t.Energy <= 0 || t.Round < max(round, a.b.Discovery) || t.Round > 3:
			return fmt.Errorf("energy or round of %+v after round %d", t, round)
		case (t.Round == 3) != (t.BuyOrder == "" || t.SellOrder == "") || t.BuyOrder == t.SellOrder:
			return fmt.Errorf("round %d: %+v", t.Round, t)
		case t.BuyOrder != "" && (bought.Side != torg.Buy || bought.Participant != t.Buyer || bought.Site != t.BuyerSite || bought.Zone != t.BuyerZone || t.BuyerPrice > bought.Limit):
			return fmt.Errorf("buyer of %+v", t)
		case t.SellOrder != "" && (sold.Side != torg.Sell || sold.Participant != t.Seller || sold.Site != t.SellerSite || sold.Zone != t.SellerZone || t.SellerPrice < sold.Limit):
			return fmt.Errorf("seller of %+v", t)
		case t.BuyOrder == "" && (q == nil || t.Buyer != q.Participant || t.BuyerZone != q.Zone || t.BuyerSite != ""):
			return fmt.Errorf("the supplier buys: %+v", t)
		case t.SellOrder == "" && (q == nil || t.Seller != q.Participant || t.SellerZone != q.Zone || t.SellerSite != ""):
			return fmt.Errorf("the supplier sells: %+v", t)
		case t.Buyer == t.Seller:
			return fmt.Errorf("with itself: %+v", t)
		case shuns(bought.Avoid, t.Seller, sold.Source) || shuns(sold.Avoid, t.Buyer, bought.Source):
			return fmt.Errorf("an avoid is broken: %+v", t)
		case t.Round == 3 && max(t.BuyOrder, t.SellOrder) <= third:
			return fmt.Errorf("round 3 is not by id: %+v", t)
		}
		if round = t.Round; round == 3 {
			third = max(t.BuyOrder, t.SellOrder)
		}
	}
	return nil
}

// balance: what enters a zone leaves it.
func (a *audit) balance() error {
	net := map[torg.ZoneID]torg.Energy{}
	for id, e := range a.used {
		if x := a.orders[id]; x.Side == torg.Buy {
			net[x.Zone] -= e
		} else {
			net[x.Zone] += e
		}
	}
	if q := a.b.Complex.Supplier; q != nil {
		net[q.Zone] += a.imports - a.exports
	}
	for i, l := range a.b.Complex.Lines {
		net[l.From] -= a.flow[i]
		net[l.To] += a.flow[i]
	}
	for _, z := range a.b.Complex.Zones {
		if net[z] != 0 {
			return fmt.Errorf("zone %s has %d Wh over", z, net[z])
		}
	}
	return nil
}

// rooms: lines and connection carry what they have left and no more, nothing that is
// held is cancelled, and what is held afterwards is the sum.
func (a *audit) rooms() error {
	imports, exports := room(a.b)
	u := a.o.Used
	switch {
	case a.imports > imports || a.exports > exports || a.imports > 0 && a.exports > 0:
		return fmt.Errorf("import %d of %d, export %d of %d", a.imports, imports, a.exports, exports)
	case a.imports != a.o.Import || a.exports != a.o.Export:
		return fmt.Errorf("import %d, export %d, the outcome says %d and %d", a.imports, a.exports, a.o.Import, a.o.Export)
	case u.Import != a.b.Used.Import+a.imports || u.Export != a.b.Used.Export+a.exports:
		return fmt.Errorf("used afterwards: %+v", u)
	case len(u.Lines) != len(a.flow):
		return fmt.Errorf("used afterwards: %d lines of %d", len(u.Lines), len(a.flow))
	case a.o.Discovery != a.b.Discovery:
		return fmt.Errorf("discovery %d of a book of %d", a.o.Discovery, a.b.Discovery)
	}
	for i, f := range a.flow {
		there, back := lineRoom(a.b, i)
		if f > there || -f > back {
			return fmt.Errorf("line %d carries %d, it has %d there and %d back", i, f, there, back)
		}
		if len(a.b.Used.Lines) > 0 {
			f += a.b.Used.Lines[i]
		}
		if u.Lines[i] != f {
			return fmt.Errorf("line %d holds %d afterwards, the outcome says %d", i, f, u.Lines[i])
		}
	}
	return nil
}
