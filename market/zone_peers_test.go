package market_test

import (
	"slices"
	"testing"

	"torg"
	"torg/market"
)

// What other markets get wrong inside one zone must not come back between two.

// twoZones is a book of two zones with a line of the given capacity and no fee.
func twoZones(capacity torg.Energy, orders ...torg.Order) market.Book {
	b := oneZone(orders...)
	b.Complex.Zones = append(b.Complex.Zones, "z2")
	b.Complex.Lines = []torg.Line{{From: "z1", To: "z2", Capacity: capacity}}
	return b
}

// inZ2 puts an order into the second zone.
func inZ2(o torg.Order) torg.Order { return inZone("z2", o) }

func TestTwoEqualBidsOfOneBuyerBothClearOverALine(t *testing.T) {
	b := twoZones(30, order("b1", "buyer", torg.Buy, 10, 500_000), inZ2(order("b2", "buyer", torg.Buy, 20, 500_000)),
		inZ2(order("s", "seller", torg.Sell, 30, 300_000)))
	o := clear(t, b)
	if traded(o) != 30 || len(o.Trades) != 2 || len(o.Unmatched) != 0 || !slices.Equal(o.Flows, []market.Flow{{From: "z2", To: "z1", Energy: 10}}) {
		t.Fatalf("%+v", o)
	}
}

func TestNoMoreIsSoldThanOfferedOverALine(t *testing.T) {
	b := twoZones(torg.Unlimited, order("b1", "b1", torg.Buy, 10, 500_000), inZ2(order("b2", "b2", torg.Buy, 20, 500_000)),
		order("s1", "s1", torg.Sell, 15, 300_000), inZ2(order("s2", "s2", torg.Sell, 15, 300_000)))
	o := clear(t, b)
	sold := map[torg.OrderID]torg.Energy{}
	for _, x := range o.Trades {
		sold[x.SellOrder] += x.Energy
		sold[x.BuyOrder] += x.Energy
	}
	if traded(o) != 30 || sold["s1"] != 15 || sold["s2"] != 15 || sold["b1"] != 10 || sold["b2"] != 20 {
		t.Fatalf("%v of %+v", sold, o.Trades)
	}
}

// A bid for sun only, at most 25, is not served with coal from next door at 30, nor at
// 10; and the sun that is there comes over the line, while coal goes to who takes it.
func TestAWishIsKeptOverALine(t *testing.T) {
	bid := order("b", "buyer", torg.Buy, 10, 2_500_000)
	bid.Avoid = []string{"coal"}
	coal := inZ2(order("s", "plant", torg.Sell, 10, 3_000_000))
	coal.Source = "coal"
	for _, coal.Limit = range []torg.Price{3_000_000, 1_000_000} {
		o := clear(t, twoZones(10, bid, coal))
		if len(o.Trades) != 0 || len(o.Flows) != 0 || len(o.Unmatched) != 2 || o.Unmatched[0].Reason == "" {
			t.Fatalf("%+v", o)
		}
	}
	sun := inZ2(order("t", "roof", torg.Sell, 10, 2_000_000))
	sun.Source = "solar"
	other := order("c", "other", torg.Buy, 10, 2_400_000)
	o := clear(t, twoZones(20, bid, coal, sun, other))
	if len(o.Trades) != 2 || len(o.Unmatched) != 0 {
		t.Fatalf("%+v", o)
	}
	for _, x := range o.Trades {
		if (x.BuyOrder == "b") != (x.SellOrder == "t") {
			t.Fatalf("%+v", x)
		}
	}
}

// One watt-hour at the highest limit, behind a full line, prices its own zone only.
func TestOneWattHourPricesNoOtherZone(t *testing.T) {
	o := clear(t, twoZones(1000, order("b", "buyer", torg.Buy, 1000, 500_000), order("s", "seller", torg.Sell, 2000, 300_000),
		inZ2(order("big", "big", torg.Buy, 1000, 600_000)), inZ2(order("tiny", "tiny", torg.Buy, 1, torg.MaxPrice))))
	if p := o.Prices; len(p) != 2 || p[0].Price != 300_000+(p[0].Highest-300_000)/2 || p[0].Highest > 500_000 || p[1].Price != 600_000 || traded(o) != 2000 {
		t.Fatalf("%+v", o)
	}
}

// Where nothing trades over a line, everybody reads why: nothing to gain, the line, the
// connection, or nobody there.
func TestNothingTradesOverALineWithoutAReason(t *testing.T) {
	buy, sell := order("b", "buyer", torg.Buy, 10, 300_000), inZ2(order("s", "seller", torg.Sell, 10, 200_000))
	reasons := func(b market.Book) map[torg.OrderID]torg.Reason {
		got := map[torg.OrderID]torg.Reason{}
		for _, u := range clear(t, b).Unmatched {
			got[u.Order] = u.Reason
		}
		return got
	}
	dear := twoZones(10, buy, sell)
	dear.Complex.Lines[0].Fee = 100_001
	if r := reasons(dear); r["b"] != torg.ReasonPrice || r["s"] != torg.ReasonPrice {
		t.Errorf("a fee beyond the gain: %v", r)
	}
	cut := twoZones(0, buy, sell)
	if r := reasons(cut); r["b"] != torg.ReasonNoOtherSide || r["s"] != torg.ReasonNoOtherSide {
		t.Errorf("no line: %v", r)
	}
	// The line is full of what a better bid gets.
	full := twoZones(10, inZ2(order("s", "seller", torg.Sell, 30, 200_000)), order("a", "a", torg.Buy, 10, 400_000), order("b", "b", torg.Buy, 10, 300_000))
	if r := reasons(full); r["b"] != torg.ReasonLine || r["s"] != torg.ReasonRationed || len(r) != 2 {
		t.Errorf("a full line: %v", r)
	}
	supplied := twoZones(20, inZ2(order("a", "a", torg.Buy, 10, 900_000)), inZ2(order("b", "b", torg.Buy, 10, 800_000)))
	supplied.Complex.Supplier = &torg.Supplier{Participant: "supplier", Zone: "z1", Sell: 720_000, Buy: 110_000, Import: 5}
	if r := reasons(supplied); r["a"] != torg.ReasonRationed || r["b"] != torg.ReasonConnection {
		t.Errorf("a full connection: %v", r)
	}
}
