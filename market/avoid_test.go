package market_test

import (
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"torg"
	"torg/market"
)

// placeable is the most inside energy that any pairing which keeps all avoids can
// place: a maximum flow, one watt-hour at a time.
func placeable(l *ledger) (most, all torg.Energy) {
	var buys, sells []torg.Order
	left := map[torg.OrderID]torg.Energy{}
	for id, x := range l.orders {
		left[id] = l.inside[id]
		if x.Side == torg.Buy {
			buys = append(buys, x)
			all += l.inside[id]
		} else {
			sells = append(sells, x)
		}
	}
	placed := map[[2]torg.OrderID]torg.Energy{}
	var find func(b torg.Order, seen map[torg.OrderID]bool) bool
	find = func(b torg.Order, seen map[torg.OrderID]bool) bool {
		for _, s := range sells {
			if seen[s.ID] || shuns(b.Avoid, s.Participant, s.Source) || shuns(s.Avoid, b.Participant, b.Source) {
				continue
			}
			seen[s.ID] = true
			if left[s.ID] > 0 {
				left[s.ID]--
				placed[[2]torg.OrderID{b.ID, s.ID}]++
				return true
			}
			for _, other := range buys {
				if k := [2]torg.OrderID{other.ID, s.ID}; placed[k] > 0 && find(other, seen) {
					placed[k]--
					placed[[2]torg.OrderID{b.ID, s.ID}]++
					return true
				}
			}
		}
		return false
	}
	for _, b := range buys {
		for left[b.ID] > 0 && find(b, map[torg.OrderID]bool{}) {
			left[b.ID]--
			most++
		}
	}
	return most, all
}

// An avoid takes energy out of the book only where no pairing could have kept it.
func TestAvoidsTakeOutOnlyWhatTheyMust(t *testing.T) {
	kept := 0
	rapid.Check(t, func(t *rapid.T) {
		b := drawBook(t, true)
		with := clear(t, b)
		plain := b
		plain.Orders = nil
		for _, x := range b.Orders {
			x.Avoid = nil
			plain.Orders = append(plain.Orders, x)
		}
		l := newLedger(b, clear(t, plain))
		if err := newLedger(plain, l.o).trades(); err != nil {
			t.Fatal(err)
		}
		supplied := false // an order would have to trade with a supplier that it avoids
		for _, x := range l.o.Trades {
			l.inside[x.BuyOrder] += inRound12(x)
			l.inside[x.SellOrder] += inRound12(x)
			for _, id := range []torg.OrderID{x.BuyOrder, x.SellOrder} {
				supplied = supplied || x.Round == 3 && shuns(l.orders[id].Avoid, "supplier", "")
			}
		}
		most, all := placeable(l)
		possible := most == all && !supplied
		if same := reflect.DeepEqual(with.Shares, l.o.Shares) && reflect.DeepEqual(with.Unmatched, l.o.Unmatched); same != possible {
			t.Fatalf("%d of %d Wh can be placed, against the supplier: %t; same outcome: %t", most, all, supplied, same)
		}
		if possible {
			kept++
		}
	})
	if kept == 0 {
		t.Fatal("no book in which the avoids could be kept")
	}
}

func inRound12(t torg.Trade) torg.Energy {
	if t.Round == 3 {
		return 0
	}
	return t.Energy
}

// Many names, in a book too tangled to work through: every avoid is still kept, and
// those without one trade all the same.
func TestTooManyAvoidsLeave(t *testing.T) {
	b := market.Book{Complex: torg.Complex{Zones: []torg.ZoneID{"z1"}, Pricing: torg.Split}, Discovery: 1}
	for i := range 10_000 {
		side, other := torg.Buy, "s"
		if i%2 == 1 {
			side, other = torg.Sell, "b"
		}
		b.Orders = append(b.Orders, torg.Order{
			ID: torg.OrderID(fmt.Sprintf("o%05d", i)), Participant: torg.ParticipantID(fmt.Sprintf("%c%d", "bs"[i%2], i)),
			Zone: "z1", Discovery: 1, Side: side, Energy: torg.Energy(10 + i%7), Limit: 5,
			Avoid: []string{fmt.Sprintf("%s%d", other, i^1)},
		})
	}
	b.Orders[0].Avoid, b.Orders[1].Avoid = nil, nil
	o := clear(t, b)
	if len(o.Trades) != 1 || o.Trades[0].BuyOrder != "o00000" || len(o.Unmatched) != 9_999 {
		t.Fatalf("%d trades, %d left", len(o.Trades), len(o.Unmatched))
	}
	for _, u := range o.Unmatched[1:] {
		if u.Reason != torg.ReasonAvoided {
			t.Fatalf("%+v", u)
		}
	}
}

// A preference that was kept once made a pair too small beside an avoid: o5, which
// takes no coal, then traded more in round 2 than anyone's pair had.
func TestPreferencesBesideAvoidsKeepRoundOneLargest(t *testing.T) {
	b := oneZone(order("o0", "b0", torg.Buy, 1, 0), order("o4", "b4", torg.Buy, 2, 0), order("o5", "b5", torg.Buy, 2, 0),
		order("o2", "s2", torg.Sell, 3, 0), order("o3", "s3", torg.Sell, 2, 0))
	b.Orders[4].Source = "coal"
	b.Orders[1].Prefer = []string{"coal"}
	b.Orders[2].Avoid = []string{"coal"}
	if o := clear(t, b); broken(b, o) != nil || traded(o) != 5 {
		t.Fatalf("%v\n%+v", broken(b, o), o)
	}
}
