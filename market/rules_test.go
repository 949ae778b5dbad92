package market_test

import (
	"fmt"
	"slices"

	"torg"
	"torg/market"
)

// broken says which rule of the market an outcome breaks, judging it by its rules
// rather than by computing it again: energy, limits, capacities, equilibrium,
// shares, pairs, prices and money. It returns nil where it breaks none.
func broken(b market.Book, o market.Outcome) error {
	l := newLedger(b, o)
	for _, rule := range []func() error{
		l.trades, l.capacities, l.full, l.price, l.leftovers, l.reasons, l.margins, l.insideShares, l.rounds, l.money,
	} {
		if err := rule(); err != nil {
			return err
		}
	}
	return nil
}

// ledger is an outcome summed up by order.
type ledger struct {
	b            market.Book
	o            market.Outcome
	orders       map[torg.OrderID]torg.Order
	used, inside map[torg.OrderID]torg.Energy
	avoided      map[torg.OrderID]bool
	imports      torg.Energy
	exports      torg.Energy
	p            torg.Price
}

func newLedger(b market.Book, o market.Outcome) *ledger {
	l := &ledger{b: b, o: o, orders: map[torg.OrderID]torg.Order{}, used: map[torg.OrderID]torg.Energy{},
		inside: map[torg.OrderID]torg.Energy{}, avoided: map[torg.OrderID]bool{}}
	for _, x := range b.Orders {
		l.orders[x.ID] = x
	}
	for _, u := range o.Unmatched {
		l.avoided[u.Order] = u.Reason == torg.ReasonAvoided
	}
	if len(o.Prices) > 0 {
		l.p = o.Prices[0].Price
	}
	return l
}

func (l *ledger) trades() error {
	for _, t := range l.o.Trades {
		bought, sold := l.orders[t.BuyOrder], l.orders[t.SellOrder]
		switch {
		case t.Energy <= 0:
			return fmt.Errorf("a trade of %d Wh", t.Energy)
		case (t.Round == 3) != (t.BuyOrder == "" || t.SellOrder == ""):
			return fmt.Errorf("round %d: %+v", t.Round, t)
		case t.BuyOrder != "" && (bought.Side != torg.Buy || bought.Participant != t.Buyer || t.BuyerPrice > bought.Limit):
			return fmt.Errorf("buyer of %+v", t)
		case t.SellOrder != "" && (sold.Side != torg.Sell || sold.Participant != t.Seller || t.SellerPrice < sold.Limit):
			return fmt.Errorf("seller of %+v", t)
		case t.Buyer == t.Seller:
			return fmt.Errorf("with itself: %+v", t)
		case shuns(bought.Avoid, t.Seller, sold.Source) || shuns(sold.Avoid, t.Buyer, bought.Source):
			return fmt.Errorf("an avoid is broken: %+v", t)
		}
		for _, id := range []torg.OrderID{t.BuyOrder, t.SellOrder} {
			l.used[id] += t.Energy
			if t.Round < 3 {
				l.inside[id] += t.Energy
			}
		}
		if t.BuyOrder == "" {
			l.exports += t.Energy
		}
		if t.SellOrder == "" {
			l.imports += t.Energy
		}
	}
	delete(l.used, "")
	return nil
}

func shuns(list []string, party torg.ParticipantID, source string) bool {
	return slices.Contains(list, string(party)) || source != "" && slices.Contains(list, source)
}

// room is what the book's connection has left, each way.
func room(b market.Book) (imports, exports torg.Energy) {
	s := b.Complex.Supplier
	if s == nil {
		return 0, 0
	}
	imports, exports = s.Import-b.Used.Import, s.Export-b.Used.Export
	if s.Import == torg.Unlimited {
		imports = 1 << 62
	}
	if s.Export == torg.Unlimited {
		exports = 1 << 62
	}
	if b.Used.Export > 0 {
		imports = 0
	}
	if b.Used.Import > 0 {
		exports = 0
	}
	return max(imports, 0), max(exports, 0)
}

func (l *ledger) capacities() error {
	imports, exports := room(l.b)
	switch {
	case l.imports > imports || l.exports > exports:
		return fmt.Errorf("import %d of %d, export %d of %d", l.imports, imports, l.exports, exports)
	case l.imports > 0 && l.exports > 0:
		return fmt.Errorf("import %d and export %d at once", l.imports, l.exports)
	case l.imports != l.o.Import || l.exports != l.o.Export:
		return fmt.Errorf("import %d, export %d, the outcome says %d and %d", l.imports, l.exports, l.o.Import, l.o.Export)
	case l.o.Used.Import != l.b.Used.Import+l.imports || l.o.Used.Export != l.b.Used.Export+l.exports:
		return fmt.Errorf("used afterwards: %+v", l.o.Used)
	}
	return nil
}

// full: what is used of the connection in all discoveries reaches its capacity, where
// it has any.
func (l *ledger) full() error {
	s, want := l.b.Complex.Supplier, market.FullZone{Zone: "z1"}
	if s != nil {
		want.In = s.Import > 0 && l.b.Used.Import+l.imports >= s.Import
		want.Out = s.Export > 0 && l.b.Used.Export+l.exports >= s.Export
	}
	if l.o.ImportFull != want.In || l.o.ExportFull != want.Out {
		return fmt.Errorf("full: %t and %t, want %+v", l.o.ImportFull, l.o.ExportFull, want)
	}
	if listed := slices.Contains(l.o.FullZones, want); listed != (want.In || want.Out) || len(l.o.FullZones) > 1 {
		return fmt.Errorf("full zones %+v, want %+v", l.o.FullZones, want)
	}
	return nil
}

// ends recomputes the two ends from who traded and who is left.
func (l *ledger) ends() (lo, hi *torg.Price) {
	atLeast := func(p torg.Price) {
		if lo == nil || p > *lo {
			lo = &p
		}
	}
	atMost := func(p torg.Price) {
		if hi == nil || p < *hi {
			hi = &p
		}
	}
	bound := func(side torg.Side, limit torg.Price, accepted, offered torg.Energy) {
		traded, left := atMost, atLeast
		if side == torg.Sell {
			traded, left = atLeast, atMost
		}
		if accepted > 0 {
			traded(limit)
		}
		if accepted < offered {
			left(limit)
		}
	}
	for id, x := range l.orders {
		offered := x.Energy
		if l.avoided[id] {
			offered = l.used[id]
		}
		bound(x.Side, x.Limit, l.used[id], offered)
	}
	if s := l.b.Complex.Supplier; s != nil {
		imports, exports := room(l.b)
		bound(torg.Sell, s.Sell, l.imports, imports)
		bound(torg.Buy, s.Buy, l.exports, exports)
	}
	return lo, hi
}

func (l *ledger) price() error {
	if len(l.orders) == 0 {
		if len(l.o.Prices) > 0 {
			return fmt.Errorf("a price without orders")
		}
		return nil
	}
	lo, hi := l.ends()
	for _, avoids := range l.avoided {
		if avoids { // how much of these was still offered cannot be seen from outside
			if lo != nil && l.p < *lo || hi != nil && l.p > *hi {
				return fmt.Errorf("price %s is no equilibrium", l.p)
			}
			return nil
		}
	}
	var want market.ZonePrice
	want.Zone = "z1"
	if lo != nil {
		want.Lowest, want.HasLowest, want.Price = *lo, true, *lo
	}
	if hi != nil {
		want.Highest, want.HasHighest, want.Price = *hi, true, *hi
	}
	switch {
	case lo == nil && hi == nil:
		if len(l.o.Prices) > 0 {
			return fmt.Errorf("a price where nothing bounds it")
		}
		return nil
	case lo != nil && hi != nil:
		if *lo > *hi {
			return fmt.Errorf("no equilibrium: %s to %s", *lo, *hi)
		}
		sum := int64(*lo) + int64(*hi)
		if want.Price = torg.Price(sum / 2); sum < 0 && sum%2 != 0 {
			want.Price--
		}
	}
	if len(l.o.Prices) != 1 {
		return fmt.Errorf("%d prices, want %+v", len(l.o.Prices), want)
	}
	if got := l.o.Prices[0]; got != want {
		return fmt.Errorf("price %+v, want %+v", got, want)
	}
	return nil
}

// leftovers: every order that is not wholly contracted is listed with a reason, and
// none of them, but for its own avoid, has a limit better than the price.
func (l *ledger) leftovers() error {
	listed := map[torg.OrderID]bool{}
	for _, u := range l.o.Unmatched {
		x := l.orders[u.Order]
		listed[u.Order] = true
		switch {
		case u.Energy <= 0 || u.Energy != x.Energy-l.used[u.Order]:
			return fmt.Errorf("%+v, but %d of %d Wh traded", u, l.used[u.Order], x.Energy)
		case u.Reason == "":
			return fmt.Errorf("%s left without a reason", u.Order)
		case u.Reason == torg.ReasonAvoided:
			if len(x.Avoid) == 0 {
				return fmt.Errorf("%s avoids nothing", u.Order)
			}
		case x.Side == torg.Buy && x.Limit > l.p || x.Side == torg.Sell && x.Limit < l.p:
			return fmt.Errorf("%s is left, its limit %s is better than the price %s", u.Order, x.Limit, l.p)
		}
	}
	for id, x := range l.orders {
		if (l.used[id] < x.Energy) != listed[id] || l.used[id] > x.Energy {
			return fmt.Errorf("%s: %d of %d Wh traded, listed as left: %t", id, l.used[id], x.Energy, listed[id])
		}
	}
	return nil
}

// margins: equal limits get equal shares to the watt-hour.
func (l *ledger) margins() error {
	type level struct {
		side  torg.Side
		limit torg.Price
	}
	levels := map[level][]torg.OrderID{}
	for id, x := range l.orders {
		k := level{x.Side, x.Limit}
		levels[k] = append(levels[k], id)
	}
	for k, ids := range levels {
		slices.Sort(ids)
		var accepted, offered torg.Energy
		avoided := false
		for _, id := range ids {
			accepted += l.used[id]
			offered += l.orders[id].Energy
			avoided = avoided || l.avoided[id]
		}
		if avoided {
			continue
		}
		for i, want := range proRata(accepted, offered, ids, func(id torg.OrderID) torg.Energy { return l.orders[id].Energy }) {
			if got := l.used[ids[i]]; got != want {
				return fmt.Errorf("%s at the margin %s: %d Wh, its share is %d", ids[i], k.limit, got, want)
			}
		}
	}
	return nil
}

func (l *ledger) insideShares() error {
	for _, side := range []torg.Side{torg.Buy, torg.Sell} {
		var ids []torg.OrderID
		var accepted, inside torg.Energy
		for id, x := range l.orders {
			if x.Side == side {
				ids = append(ids, id)
				accepted += l.used[id]
				inside += l.inside[id]
			}
		}
		slices.Sort(ids)
		for i, want := range proRata(inside, accepted, ids, func(id torg.OrderID) torg.Energy { return l.used[id] }) {
			if got := l.inside[ids[i]]; got != want {
				return fmt.Errorf("%s: %d Wh inside, its share is %d", ids[i], got, want)
			}
		}
	}
	return nil
}
