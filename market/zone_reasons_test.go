package market_test

import (
	"fmt"
	"slices"

	"torg"
	"torg/market"
)

// why: the first reason that holds, what was available, and which limit would have
// traded. It is written out for buyers; a seller is a buyer in a mirror.
func (a *audit) why() error {
	if len(a.lost) > 0 { // then what was open cannot be seen from outside
		return nil
	}
	for _, u := range a.o.Unmatched {
		x, p := a.orders[u.Order], a.prices[a.orders[u.Order].Zone]
		want := market.Unmatched{Order: u.Order, Energy: x.Energy - a.used[u.Order], Reason: a.reason(x)}
		end, beyond := p.Highest, min(p.Highest+1, torg.MaxPrice)
		want.HasBest = p.HasHighest
		if x.Side == torg.Sell {
			end, beyond = p.Lowest, max(p.Lowest-1, torg.MinPrice)
			want.HasBest = p.HasLowest
		}
		if want.HasBest {
			want.Best, want.WouldTrade = p.Price, end
			if want.Reason == torg.ReasonRationed {
				want.WouldTrade = beyond
			}
		}
		if u != want {
			return fmt.Errorf("%+v, want %+v", u, want)
		}
	}
	return nil
}

// mirror turns a seller's prices into a buyer's.
func mirror(side torg.Side, p torg.Price) torg.Price {
	if side == torg.Sell {
		return -p
	}
	return p
}

func (a *audit) reason(x torg.Order) torg.Reason {
	p := a.prices[x.Zone]
	short := mirror(x.Side, x.Limit) < mirror(x.Side, p.Price)
	switch {
	case p.HasLowest && p.HasHighest && p.Lowest == x.Limit && p.Highest == x.Limit:
		return torg.ReasonRationed
	case short && a.tradesElsewhere(x):
		return torg.ReasonLine
	case short && a.connectionFull(x):
		return torg.ReasonConnection
	case !a.hasOtherSide(x):
		return torg.ReasonNoOtherSide
	}
	return torg.ReasonPrice
}

// tradesElsewhere says whether x's limit and the cheapest fees reach the price of a zone
// that trades both ways.
func (a *audit) tradesElsewhere(x torg.Order) bool {
	for _, p := range a.o.Prices {
		fees, ok := a.fees[x.Zone][p.Zone]
		if ok && p.HasLowest && p.HasHighest && mirror(x.Side, x.Limit) >= mirror(x.Side, p.Price)+fees {
			return true
		}
	}
	return false
}

// connectionFull says whether x's limit and the cheapest fees reach the supplier's
// quote, who has no room left.
func (a *audit) connectionFull(x torg.Order) bool {
	q := a.b.Complex.Supplier
	if q == nil {
		return false
	}
	imports, exports := room(a.b)
	left, quote := imports-a.imports, q.Sell
	if x.Side == torg.Sell {
		left, quote = exports-a.exports, q.Buy
	}
	fees, ok := a.fees[q.Zone][x.Zone]
	return ok && left == 0 && mirror(x.Side, x.Limit) >= mirror(x.Side, quote)+fees
}

// hasOtherSide says whether x's part of the grid has an order of the other side, or the
// supplier with room.
func (a *audit) hasOtherSide(x torg.Order) bool {
	zones := part(a.b.Complex, x.Zone)
	imports, exports := room(a.b)
	if q := a.b.Complex.Supplier; q != nil && slices.Contains(zones, q.Zone) {
		if x.Side == torg.Buy && imports > 0 || x.Side == torg.Sell && exports > 0 {
			return true
		}
	}
	return slices.ContainsFunc(a.b.Orders, func(y torg.Order) bool { return y.Side != x.Side && slices.Contains(zones, y.Zone) })
}

// fullness: which way the connection is full after all discoveries, and which zones the
// supplier cannot reach with more, or cannot be reached from, because the connection
// or every way over the lines is full. What flows the other way makes room.
func (a *audit) fullness() error {
	q := a.b.Complex.Supplier
	if q == nil {
		if a.o.ImportFull || a.o.ExportFull || len(a.o.FullZones) > 0 {
			return fmt.Errorf("full without a supplier: %+v", a.o.FullZones)
		}
		return nil
	}
	in, out := q.Import > 0 && a.b.Used.Import+a.imports >= q.Import, q.Export > 0 && a.b.Used.Export+a.exports >= q.Export
	if a.o.ImportFull != in || a.o.ExportFull != out {
		return fmt.Errorf("full: %t and %t, want %t and %t", a.o.ImportFull, a.o.ExportFull, in, out)
	}
	var want []market.FullZone
	for _, z := range a.b.Complex.Zones {
		if _, joined := a.fees[q.Zone][z]; !joined {
			continue
		}
		f := market.FullZone{Zone: z, In: in || !a.reaches(q.Zone, z), Out: out || !a.reaches(z, q.Zone)}
		if f.In || f.Out {
			want = append(want, f)
		}
	}
	if !slices.Equal(a.o.FullZones, want) {
		return fmt.Errorf("full zones %+v, want %+v", a.o.FullZones, want)
	}
	return nil
}

// reaches says whether more can flow from one zone to another, all discoveries taken
// together.
func (a *audit) reaches(from, to torg.ZoneID) bool {
	reached := []torg.ZoneID{from}
	for i := 0; i < len(reached); i++ {
		for k, l := range a.b.Complex.Lines {
			held, next := a.flow[k], l.To
			if len(a.b.Used.Lines) > 0 {
				held += a.b.Used.Lines[k]
			}
			if l.To == reached[i] {
				held, next = -held, l.From
			} else if l.From != reached[i] {
				continue
			}
			if (l.Capacity == torg.Unlimited || held < l.Capacity) && l.Capacity != 0 && !slices.Contains(reached, next) {
				reached = append(reached, next)
			}
		}
	}
	return slices.Contains(reached, to)
}
