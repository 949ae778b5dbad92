package market_test

import (
	"testing"

	"torg"
	"torg/market"
)

// order makes a plain order of discovery 1 in zone z1.
func order(id, party string, side torg.Side, energy torg.Energy, limit torg.Price) torg.Order {
	return torg.Order{ID: torg.OrderID(id), Participant: torg.ParticipantID(party), Site: torg.SiteID(party), Zone: "z1",
		Discovery: 1, Side: side, Energy: energy, Limit: limit}
}

func oneZone(orders ...torg.Order) market.Book {
	return market.Book{Complex: torg.Complex{Zones: []torg.ZoneID{"z1"}, Pricing: torg.Split}, Orders: orders, Discovery: 1}
}

func traded(o market.Outcome) (sum torg.Energy) {
	for _, t := range o.Trades {
		sum += t.Energy
	}
	return sum
}

// What other markets get wrong.

func TestTwoEqualBidsOfOneBuyerBothClear(t *testing.T) {
	o := clear(t, oneZone(
		order("b1", "buyer", torg.Buy, 10, 500_000), order("b2", "buyer", torg.Buy, 20, 500_000),
		order("s", "seller", torg.Sell, 30, 300_000)))
	if traded(o) != 30 || len(o.Trades) != 2 || len(o.Unmatched) != 0 {
		t.Fatalf("%+v", o)
	}
}

func TestNoMoreIsSoldThanOffered(t *testing.T) {
	o := clear(t, oneZone(
		order("b1", "b1", torg.Buy, 10, 500_000), order("b2", "b2", torg.Buy, 20, 500_000),
		order("s1", "s1", torg.Sell, 15, 300_000), order("s2", "s2", torg.Sell, 15, 300_000)))
	sold := map[torg.OrderID]torg.Energy{}
	for _, x := range o.Trades {
		sold[x.SellOrder] += x.Energy
		sold[x.BuyOrder] += x.Energy
	}
	if traded(o) != 30 || sold["s1"] != 15 || sold["s2"] != 15 || sold["b1"] != 10 || sold["b2"] != 20 {
		t.Fatalf("%v of %+v", sold, o.Trades)
	}
}

func TestAWishThatCannotBeKeptIsNotBrokenSilently(t *testing.T) {
	bid := order("b", "buyer", torg.Buy, 10, 2_500_000)
	bid.Avoid = []string{"coal"}
	coal := order("s", "plant", torg.Sell, 10, 1_000_000)
	coal.Source = "coal"
	o := clear(t, oneZone(bid, coal))
	if len(o.Trades) != 0 || len(o.Unmatched) != 2 || o.Unmatched[0].Reason != torg.ReasonAvoided {
		t.Fatalf("%+v", o)
	}
}

func TestOneWattHourSetsNobodysPriceBeyondTheLimits(t *testing.T) {
	o := clear(t, oneZone(
		order("b", "buyer", torg.Buy, 1000, 500_000),
		order("s", "seller", torg.Sell, 1000, 300_000),
		order("tiny", "tiny", torg.Sell, 1, 90_000_000)))
	if p := o.Prices[0]; p.Price != 400_000 || p.Highest != 500_000 || traded(o) != 1000 {
		t.Fatalf("%+v", o)
	}
	// An order that is accepted with nothing does not count as accepted either: 1 Wh
	// shared by two sellers leaves one of them with 0 Wh, and with a reason.
	o = clear(t, oneZone(order("b", "buyer", torg.Buy, 1, 500_000),
		order("s1", "s1", torg.Sell, 1, 300_000), order("s2", "s2", torg.Sell, 1, 300_000)))
	if len(o.Trades) != 1 || o.Trades[0].SellOrder != "s1" || o.Unmatched[0].Reason != torg.ReasonRationed {
		t.Fatalf("%+v", o)
	}
}

func TestNothingTradesWithoutAReason(t *testing.T) {
	o := clear(t, oneZone(order("b", "buyer", torg.Buy, 10, 300_000), order("s", "seller", torg.Sell, 10, 500_000)))
	want := []market.Unmatched{
		{Order: "b", Energy: 10, Reason: torg.ReasonPrice, HasBest: true, Best: 400_000, WouldTrade: 500_000},
		{Order: "s", Energy: 10, Reason: torg.ReasonPrice, HasBest: true, Best: 400_000, WouldTrade: 300_000},
	}
	if len(o.Trades) != 0 || len(o.Unmatched) != 2 || o.Unmatched[0] != want[0] || o.Unmatched[1] != want[1] {
		t.Fatalf("%+v", o)
	}
}
