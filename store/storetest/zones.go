package storetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"torg"
	"torg/ledger"
	"torg/market"
	"torg/record"
	"torg/store"
)

// far is a site of the factory's in a second zone, over a line of 0.25 RUB/kWh.
var far = torg.Site{ID: "factory-2", Participant: "factory", Zone: "z2", Role: torg.Plant, Tariff: "base", CapacityW: 1_000_000}

// across is a contract over the line, the foundry selling.
func across(slot torg.Slot, discovery int, e torg.Energy) torg.Contract {
	c := inside(slot, discovery, 1, discovery, e, "4.6", "4.1")
	c.BuyerSite, c.BuyerZone = far.ID, far.Zone
	return c
}

// clearedFar is a discovery with prices in both zones and flow over the line.
func clearedFar(slot torg.Slot, discovery int, network string, e torg.Energy) ledger.Event {
	c := cleared(slot, discovery, "4.1", across(slot, discovery, e))
	o := &c.Cleared.Outcome
	o.Prices = append(o.Prices, market.ZonePrice{Zone: "z2", Price: rub("4.6"), Highest: rub("4.6"), HasHighest: true})
	o.Flows, o.Network = []market.Flow{{From: "z1", To: "z2", Energy: e}}, cost(network)
	return c
}

// testZones: prices by zone, flows and the network's part, of the ledger's sessions and
// of generated ones, and the supplier's prices delivered to a zone.
func testZones(t *testing.T, fresh func(testing.TB) string) {
	ctx := context.Background()
	s, err := store.Open(ctx, fresh(t))
	must(t, err)
	t.Cleanup(func() { s.Close() })
	g := Genesis()
	g.Complex.Zones = []torg.ZoneID{"z1", "z2"}
	g.Complex.Lines = []torg.Line{{From: "z2", To: "z1", Capacity: 20_000, Fee: rub("0.25")}}
	must(t, s.Bind(ctx, g))

	old := record.Session{Slot: First - 96, State: record.Settled,
		Prices: []record.Price{{Discovery: 1, Zone: "z1", Price: rub("4")}, {Discovery: 1, Zone: "z2", Price: rub("4.5")}},
		Flows:  []record.Flow{{Discovery: 1, From: "z1", To: "z2", Energy: 100}}}
	history := store.History{Sessions: []record.Session{old}, Contracts: []torg.Contract{across(First-96, 1, 100)}}
	must(t, s.PutHistory(ctx, history))
	must(t, s.PutHistory(ctx, history))
	apply(t, s, block(1, admit(foundry), admit(factory), admit(far)),
		block(2, clearedFar(First, 1, "5", 10_000)), block(3, clearedFar(First, 2, "0.5", 1_000)),
		block(4, reading(far.ID, First, 14_000, torg.Measured), reading("foundry-1", First, -11_000, torg.Measured)))

	for _, want := range []record.Session{
		{Slot: First, Network: cost("5.5"),
			Prices: []record.Price{{Discovery: 1, Zone: "z1", Price: rub("4.1")}, {Discovery: 1, Zone: "z2", Price: rub("4.6")},
				{Discovery: 2, Zone: "z1", Price: rub("4.1")}, {Discovery: 2, Zone: "z2", Price: rub("4.6")}},
			Flows: []record.Flow{{Discovery: 1, From: "z1", To: "z2", Energy: 10_000}, {Discovery: 2, From: "z1", To: "z2", Energy: 1_000}}},
		{Slot: old.Slot, Network: cost("0.05"), Prices: old.Prices, Flows: old.Flows},
	} {
		got, err := s.Session(ctx, g.Calendar.Session(want.Slot))
		must(t, err)
		if !slices.Equal(got.Prices, want.Prices) || !slices.Equal(got.Flows, want.Flows) || got.Network != want.Network {
			t.Errorf("session %d: prices %v, flows %v, network %s; want %v, %v, %s", want.Slot-First, got.Prices, got.Flows, got.Network, want.Prices, want.Flows, want.Network)
		}
	}

	// factory-2 bought 11 kWh at 4.60 and used 14: the other 3 cost its class's 7.50 and
	// 0.25 on the line, 73.85 in all; without the market 14 kWh at 7.75.
	hour := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	rows, err := s.Settlements(ctx, record.Filter{Site: far.ID}, hour, hour.Add(time.Hour))
	must(t, err)
	if len(rows) != 1 || rows[0].Zone != "z2" || rows[0].Paid != cost("73.85") || rows[0].Baseline != cost("108.5") || rows[0].InsideEnergy != 11_000 {
		t.Errorf("so far: %+v", rows)
	}

	// A correction knows the zone as well: 1 kWh less, at what the loss account returns.
	apply(t, s, block(5, ledger.Event{Settled: &ledger.Settled{First: First, Last: First + 3, Parties: []ledger.SettledParty{
		{Participant: "factory", Zone: "z2", Tariff: "base", Metered: 14_000, Contracted: 11_000, Paid: cost("73.85"), Baseline: cost("108.5"), Imbalance: cost("23.25")}}}}),
		block(6, post(First, torg.PostCorrection, torg.AccountLoss, "factory", "7.75", ""), ledger.Event{Reading: &ledger.ReadingTaken{Replaces: true,
			Reading: torg.Reading{Site: far.ID, Slot: First, Energy: 13_000, Quality: torg.Measured}}}))
	rows, err = s.Settlements(ctx, record.Filter{Site: far.ID}, hour, hour.Add(time.Hour))
	must(t, err)
	if len(rows) != 1 || rows[0].Paid != cost("66.1") || rows[0].Baseline != cost("100.75") || rows[0].Metered != 13_000 {
		t.Errorf("corrected: %+v", rows)
	}
}
