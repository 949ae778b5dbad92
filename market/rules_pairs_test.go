package market_test

import (
	"fmt"
	"math/big"
	"slices"

	"torg"
)

// proRata shares part of all by weight: largest remainder, then order of the list.
func proRata(part, all torg.Energy, ids []torg.OrderID, weight func(torg.OrderID) torg.Energy) []torg.Energy {
	shares, rests := make([]torg.Energy, len(ids)), make([]*big.Int, len(ids))
	if all == 0 {
		return shares
	}
	left, order := part, make([]int, len(ids))
	for i, id := range ids {
		n := new(big.Int).Mul(big.NewInt(int64(part)), big.NewInt(int64(weight(id))))
		q, r := n.QuoRem(n, big.NewInt(int64(all)), new(big.Int))
		shares[i], rests[i], order[i] = torg.Energy(q.Int64()), r, i
		left -= shares[i]
	}
	slices.SortStableFunc(order, func(i, j int) int { return rests[j].Cmp(rests[i]) })
	for _, i := range order[:left] {
		shares[i]++
	}
	return shares
}

// reasons: the first that holds, written out once for buyers; sellers are buyers in a
// mirror.
func (l *ledger) reasons() error {
	lo, hi := l.ends()
	imports, exports := room(l.b)
	for _, avoids := range l.avoided {
		if avoids { // then the two ends cannot be seen from outside
			return nil
		}
	}
	for _, u := range l.o.Unmatched {
		x := l.orders[u.Order]
		limit, price, sign := x.Limit, l.p, torg.Price(1)
		left, full, others := imports-l.imports, imports == l.imports, imports > 0
		if x.Side == torg.Sell {
			limit, price, sign = -limit, -price, -1
			left, full, others = exports-l.exports, exports == l.exports, exports > 0
		}
		for _, y := range l.orders {
			others = others || y.Side != x.Side
		}
		var quote torg.Price
		if s := l.b.Complex.Supplier; s == nil {
			full = false
		} else if quote = s.Sell; x.Side == torg.Sell {
			quote = -s.Buy
		}
		want := torg.ReasonPrice
		switch {
		case lo != nil && hi != nil && *lo == x.Limit && *hi == x.Limit:
			want = torg.ReasonRationed
		case full && left == 0 && limit < price && limit >= quote:
			want = torg.ReasonConnection
		case !others:
			want = torg.ReasonNoOtherSide
		}
		if u.Reason != want || u.HasBest != others || others && u.Best*sign != price {
			return fmt.Errorf("%+v, the reason is %s", u, want)
		}
	}
	return nil
}

// rounds: round 1 pairs nobody twice and covers as much as largest-with-largest;
// no pair of round 2 is larger than what both its orders have in round 1.
func (l *ledger) rounds() error {
	one, two := map[torg.OrderID]torg.Energy{}, map[[2]torg.OrderID]torg.Energy{}
	var covered, all torg.Energy
	avoids := false
	for _, t := range l.o.Trades {
		switch t.Round {
		case 1:
			if one[t.BuyOrder] > 0 || one[t.SellOrder] > 0 {
				return fmt.Errorf("twice in round 1: %+v", t)
			}
			if l.b.Discovery != 1 {
				return fmt.Errorf("round 1 in discovery %d", l.b.Discovery)
			}
			one[t.BuyOrder], one[t.SellOrder] = t.Energy, t.Energy
			covered += t.Energy
			all += t.Energy
		case 2:
			if two[[2]torg.OrderID{t.BuyOrder, t.SellOrder}] > 0 {
				return fmt.Errorf("two contracts of one pair: %+v", t)
			}
			two[[2]torg.OrderID{t.BuyOrder, t.SellOrder}] = t.Energy
			all += t.Energy
		}
	}
	if l.b.Discovery == 2 {
		return nil
	}
	for pair, e := range two {
		if e > max(one[pair[0]], one[pair[1]]) {
			return fmt.Errorf("%v should have been a pair of %d Wh in round 1", pair, e)
		}
	}
	var sides [2][]torg.Energy
	for id, e := range l.inside {
		avoids = avoids || len(l.orders[id].Avoid) > 0
		if id != "" && e > 0 {
			k := int(l.orders[id].Side - torg.Buy)
			sides[k] = append(sides[k], e)
		}
	}
	var bound torg.Energy
	for _, s := range sides {
		slices.SortFunc(s, func(a, b torg.Energy) int { return int(b - a) })
	}
	for i := range min(len(sides[0]), len(sides[1])) {
		bound += min(sides[0][i], sides[1][i])
	}
	if covered < bound && !avoids {
		return fmt.Errorf("round 1 covers %d of %d Wh", covered, bound)
	}
	return nil
}

// money: prices follow from limits, and the network account closes.
func (l *ledger) money() error {
	paid, got, welfare := new(big.Int), new(big.Int), new(big.Int)
	add := func(sum *big.Int, e torg.Energy, p torg.Price) {
		sum.Add(sum, new(big.Int).Mul(big.NewInt(int64(e)), big.NewInt(int64(p))))
	}
	c := l.b.Complex
	for _, t := range l.o.Trades {
		buy, sell := l.p, l.p
		switch s := c.Supplier; {
		case t.BuyOrder == "":
			buy = s.Buy
			add(welfare, t.Energy, s.Buy)
			add(welfare, -t.Energy, l.orders[t.SellOrder].Limit)
		case t.SellOrder == "":
			sell = s.Sell
			add(welfare, t.Energy, l.orders[t.BuyOrder].Limit)
			add(welfare, -t.Energy, s.Sell)
		default:
			eb, es := l.orders[t.BuyOrder].Limit, l.orders[t.SellOrder].Limit
			add(welfare, t.Energy, eb)
			add(welfare, -t.Energy, es)
			if s != nil && s.Import != 0 {
				eb = min(eb, max(l.p, s.Sell))
			}
			if s != nil && s.Export != 0 {
				es = max(es, min(l.p, s.Buy))
			}
			if c.Pricing == torg.Split {
				buy = torg.Price(floorDiv2(int64(eb) + int64(es))) // p + floor((eb - p - (p - es)) / 2)
				sell = buy
			}
		}
		if t.BuyerPrice != buy || t.SellerPrice != sell {
			return fmt.Errorf("prices of %+v: want %s and %s", t, buy, sell)
		}
		if t.BuyerPrice < t.SellerPrice {
			return fmt.Errorf("the buyer pays less than the seller gets: %+v", t)
		}
		add(paid, t.Energy, t.BuyerPrice)
		add(got, t.Energy, t.SellerPrice)
	}
	if n := paid.Sub(paid, got); n.Cmp(l.o.Network.Big()) != 0 || n.Sign() < 0 {
		return fmt.Errorf("network %s, contracts leave %s", l.o.Network, n)
	}
	if welfare.Cmp(l.o.Welfare.Big()) != 0 {
		return fmt.Errorf("welfare %s, contracts say %s", l.o.Welfare, welfare)
	}
	return nil
}

func floorDiv2(n int64) int64 {
	if n < 0 && n%2 != 0 {
		return n/2 - 1
	}
	return n / 2
}
