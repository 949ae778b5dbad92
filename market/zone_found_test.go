package market_test

import (
	"testing"

	"torg"
	"torg/market"
)

// Books that were found to break a rule once.

// inZone puts an order into a zone.
func inZone(z torg.ZoneID, o torg.Order) torg.Order {
	o.Zone = z
	return o
}

func keepsTheRules(t *testing.T, b market.Book) market.Outcome {
	t.Helper()
	o := clear(t, b)
	if err := faults(b, o); err != nil {
		t.Fatalf("%v\n%s", err, tellBook(b, o))
	}
	if err := verify(b, o); err != nil {
		t.Fatal(err)
	}
	return o
}

// One order at the end of the range of prices, and nobody else: prices had to walk
// there step by step, for minutes.
func TestALoneOrderFarFromZero(t *testing.T) {
	for _, limit := range []torg.Price{torg.MinPrice, torg.MaxPrice} {
		b := twoZones(torg.Unlimited, order("s", "s", torg.Sell, 4, limit))
		if o := keepsTheRules(t, b); len(o.Trades) != 0 || o.Prices[1].Price != limit {
			t.Fatalf("%+v", o)
		}
	}
}

// Preferences beside avoids found no partner for the last watt-hour, which was neither
// traded nor left.
func TestPreferencesBesideAvoidsPlaceEverything(t *testing.T) {
	b := oneZone(
		inZone("z2", order("o04", "buy0", torg.Buy, 1, -2)), order("o09", "sell1", torg.Sell, 1, -1),
		inZone("z3", order("o12", "buy2", torg.Buy, 3, -1)), inZone("z3", order("o14", "buy3", torg.Buy, 4, -1)),
		order("o15", "sell0", torg.Sell, 1, -1), inZone("z2", order("o16", "sell5", torg.Sell, 5, -2)),
		order("o17", "sell6", torg.Sell, 1, -1), inZone("z3", order("o21", "sell7", torg.Sell, 2, -2)), order("o23", "buy8", torg.Buy, 2, -1))
	b.Complex.Zones = []torg.ZoneID{"z1", "z2", "z3"}
	b.Complex.Lines = []torg.Line{{From: "z3", To: "z1", Capacity: torg.Unlimited}, {From: "z1", To: "z2", Capacity: 4}}
	b.Complex.Pricing = torg.Uniform
	b.Orders[0].Avoid, b.Orders[2].Avoid, b.Orders[8].Avoid = []string{"coal"}, []string{"sun"}, []string{"sell0"}
	b.Orders[2].Prefer = []string{"coal"}
	b.Orders[4].Source, b.Orders[5].Source, b.Orders[6].Source = "sun", "coal", "coal"
	keepsTheRules(t, b)
}

// Two equal sellers next to each other share one buyer, three to one, in whole
// watt-hours. A third at the same limit, who sells at home, is joined to them only by
// lines whose fees nobody would pay: with it, the second watt-hour went to the other
// of the two.
func TestALineThatNobodyUsesJoinsNoMargins(t *testing.T) {
	b := oneZone(order("far", "far", torg.Sell, 7, -2), order("near", "near", torg.Buy, 3, 0),
		inZone("z2", order("a", "a", torg.Sell, 3, -2)), inZone("z3", order("b", "b", torg.Sell, 1, -2)), inZone("z2", order("mill", "mill", torg.Buy, 2, 0)))
	b.Complex.Zones = []torg.ZoneID{"z1", "z2", "z3", "z4"}
	b.Complex.Lines = []torg.Line{{From: "z3", To: "z2", Capacity: 1}, {From: "z4", To: "z1", Capacity: 1, Fee: 4}, {From: "z4", To: "z2", Capacity: torg.Unlimited, Fee: 4}}
	o := keepsTheRules(t, b)
	for _, x := range o.Trades {
		if x.SellOrder == "b" {
			t.Fatalf("%+v", o.Trades)
		}
	}
}
