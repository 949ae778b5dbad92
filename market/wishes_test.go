package market_test

import (
	"testing"

	"torg"
	"torg/market"
)

// contracted is the energy of each order's contracts.
func contracted(o market.Outcome) map[torg.OrderID]torg.Energy {
	got := map[torg.OrderID]torg.Energy{}
	for _, t := range o.Trades {
		got[t.BuyOrder] += t.Energy
		got[t.SellOrder] += t.Energy
	}
	return got
}

// A preference may lead into a corner that, with an avoid in the way over a line, no
// exchange leads out of. Then preferences are not kept, and all that was accepted is
// contracted all the same.
func TestPreferencesNeverLeaveAcceptedEnergyUncontracted(t *testing.T) {
	b := twoZones(17,
		order("o1", "p1", torg.Buy, 2, 20), order("o11", "p11", torg.Sell, 3, 1), order("o13", "p13", torg.Buy, 1, 20),
		order("o9", "p9", torg.Buy, 6, 20), inZ2(order("o3", "p3", torg.Buy, 2, 20)), inZ2(order("o12", "p12", torg.Sell, 3, 1)),
		inZ2(order("o17", "p17", torg.Sell, 8, 1)), inZ2(order("o19", "p19", torg.Buy, 2, 20)))
	b.Complex.Supplier, b.Complex.Lines[0].Fee = nil, 2
	for i := range b.Orders {
		switch x := &b.Orders[i]; x.ID {
		case "o11", "o17":
			x.Source = "wind"
		case "o13":
			x.Prefer = []string{"wind"}
		case "o9":
			x.Avoid = []string{"wind"}
		}
	}
	o := clear(t, b)
	got := contracted(o)
	for _, u := range o.Unmatched {
		got[u.Order] += u.Energy
	}
	for _, x := range b.Orders {
		if got[x.ID] != x.Energy {
			t.Errorf("order %s: %d Wh are contracted or left, of %d", x.ID, got[x.ID], x.Energy)
		}
	}
	if traded(o) == 0 {
		t.Error("nothing is traded")
	}
}

// Pairs that exchange partners change size: the first round is told from the largest
// down all the same.
func TestRoundOneGoesFromTheLargestDownWhateverIsPreferred(t *testing.T) {
	b := oneZone(order("b1", "b1", torg.Buy, 9, 20), order("b2", "b2", torg.Buy, 8, 20), order("b3", "b3", torg.Buy, 4, 20),
		order("s1", "s1", torg.Sell, 7, 1), order("s2", "s2", torg.Sell, 5, 1), order("s3", "s3", torg.Sell, 4, 1), order("s4", "s4", torg.Sell, 5, 1))
	b.Orders[0].Prefer = []string{"s2"}
	o := clear(t, b)
	kept, last := false, torg.MaxOrderEnergy
	for _, x := range o.Trades {
		if x.Round > 1 {
			continue
		}
		kept = kept || x.Buyer == "b1" && x.Seller == "s2"
		if x.Energy > last {
			t.Errorf("%d Wh come after %d", x.Energy, last)
		}
		last = x.Energy
	}
	if !kept {
		t.Fatalf("no exchange took place: %+v", o.Trades)
	}
}
