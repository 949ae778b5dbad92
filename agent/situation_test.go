package agent

import (
	"testing"

	"torg"
	"torg/decide"
	"torg/ledger"
)

// The third slot of an hour: the first is metered, the second is not and counts as
// its forecast, of both a part is contracted, and the fourth is still to come.
func TestSituation(t *testing.T) {
	var r decide.Request
	m := truth{"foundry-1": {first: 9_000, first + 1: 8_000, first + 2: 7_000, first + 3: 6_000}}
	h := newHost(t, Config{Decider: capture(&r), Forecast: perfect(t, m)}, first+2, foundry)
	h.Observe(block(
		reading("foundry-1", first, 9_500),
		ledger.Event{Cleared: &ledger.Cleared{Slot: first, Discovery: 1, Contracts: []torg.Contract{bought(1_000, "5")}}},
		ledger.Event{Cleared: &ledger.Cleared{Slot: first + 1, Discovery: 1, Contracts: []torg.Contract{bought(2_000, "5")}}},
		ledger.Event{Cleared: &ledger.Cleared{Slot: first + 1, Discovery: 2, Contracts: []torg.Contract{bought(500, "5")}}},
	))
	orders, _ := sealed(t, h, first+2)
	s := r.Situations[0]
	if s.Carry != (9_500-1_000)+(8_000-2_500) || s.Rest != 6_000 || s.Quantiles[3] != 7_000 {
		t.Errorf("carry %d, now %d, rest %d", s.Carry, s.Quantiles[3], s.Rest)
	}
	if s.Short != rub("7.2") || s.Long != rub("1.1") || !s.HasExpected || s.Expected != rub("5") || s.Limits.MaxEnergy != 100_000 {
		t.Errorf("prices %s and %s, expected %s, limits %+v", s.Short, s.Long, s.Expected, s.Limits)
	}
	if r.Session != cal.Session(first+2) || r.Discovery != 1 || !r.Deadline.Equal(cal.GateClosure(first+2, 1)) || r.Interval != cal.Interval {
		t.Errorf("request %+v", r)
	}
	if len(orders) != 1 || orders[0].Energy != 21_000 || orders[0].Side != torg.Buy {
		t.Errorf("orders %+v", orders)
	}
}

func bought(e torg.Energy, price string) torg.Contract {
	return torg.Contract{Trade: torg.Trade{
		Round: 3, BuyOrder: "o", Buyer: "foundry", BuyerSite: "foundry-1", BuyerZone: "z1", Seller: "supplier",
		Energy: e, BuyerPrice: rub(price), SellerPrice: rub(price),
	}}
}

// Behind lines, the supplier's prices are delivered: the fees come on top of what a
// missing kWh costs and off what a surplus one earns.
func TestPricesAreDelivered(t *testing.T) {
	var r decide.Request
	g := genesis()
	g.Complex.Zones = append(g.Complex.Zones, "z2", "z3")
	g.Complex.Lines = []torg.Line{
		{From: "z2", To: "z1", Capacity: torg.Unlimited, Fee: rub("0.25")},
		{From: "z3", To: "z2", Capacity: 1, Fee: rub("0.1")},
	}
	far, night := foundry, solar
	far.Zone, night.Zone, night.Tariff = "z3", "z2", "night"
	h := newHost(t, Config{Decider: capture(&r), Genesis: g}, first, far, night)
	sealed(t, h, first)
	if len(r.Situations) != 2 {
		t.Fatalf("situations %+v", r.Situations)
	}
	if s := r.Situations[0]; s.Short != rub("7.55") || s.Long != rub("0.75") {
		t.Errorf("two lines away: prices %s and %s, want 7.55 and 0.75", s.Short, s.Long)
	}
	if s := r.Situations[1]; s.Short != rub("4.25") || s.Long != rub("0.75") {
		t.Errorf("of the night's class: prices %s and %s, want 4.25 and 0.75", s.Short, s.Long)
	}
	g.Complex.Lines[0].Fee = torg.MaxPrice
	h = newHost(t, Config{Decider: capture(&r), Genesis: g}, first, far)
	sealed(t, h, first)
	if s := r.Situations[0]; s.Short != torg.MaxPrice || s.Long < torg.MinPrice {
		t.Errorf("at fees without bounds: prices %s and %s", s.Short, s.Long)
	}
}

// A reading that never came is filled by its forecast although a later one did.
func TestHolesInReadingsAreForecast(t *testing.T) {
	var r decide.Request
	m := truth{"foundry-1": {first: 9_000, first + 1: 8_000, first + 2: 7_000}}
	h := newHost(t, Config{Decider: capture(&r), Forecast: perfect(t, m)}, first+3, foundry)
	h.Observe(block(reading("foundry-1", first, 9_100), reading("foundry-1", first+2, 7_200)))
	sealed(t, h, first+3)
	if got := r.Situations[0].Carry; got != 9_100+8_000+7_200 {
		t.Errorf("carry %d", got)
	}
}

// Settlement intervals are apart: what one left open is not traded in the next. And
// what lies before the market is nobody's to trade.
func TestCarryEndsWithItsInterval(t *testing.T) {
	var r decide.Request
	h := newHost(t, Config{Decider: capture(&r)}, first+4, foundry)
	h.Observe(block(reading("foundry-1", first+3, 50_000)))
	sealed(t, h, first+4)
	if s := r.Situations[0]; s.Carry != 0 || s.Rest != 30_000 {
		t.Errorf("carry %d, rest %d", s.Carry, s.Rest)
	}
	h.Since(first + 6)
	sealed(t, h, first+7)
	if s := r.Situations[0]; s.Carry != 10_000 || s.Rest != 0 {
		t.Errorf("since the second half of the hour: carry %d, rest %d", s.Carry, s.Rest)
	}
}

func TestPositionsAreForgotten(t *testing.T) {
	h := newHost(t, Config{}, first, foundry)
	for k := first; k < first+20; k++ {
		h.Open(k)
		h.Observe(block(reading("foundry-1", k-2, 1), ledger.Event{Cleared: &ledger.Cleared{Slot: k, Discovery: 1, Contracts: []torg.Contract{bought(1, "5")}}}))
	}
	if p := h.agents["foundry-1"].position; len(p.contracted) > 8 || len(p.metered) > 8 {
		t.Errorf("%d contracted and %d metered slots are kept", len(p.contracted), len(p.metered))
	}
}

func TestRestore(t *testing.T) {
	var r decide.Request
	h := newHost(t, Config{Decider: capture(&r)}, first+2, foundry)
	metered := torg.Energy(12_000)
	h.Restore("foundry-1", first, 3_000, &metered)
	h.Restore("foundry-1", first, 3_000, &metered) // twice is once
	h.Restore("foundry-1", first+1, 4_000, nil)
	h.Restore("foundry-1", first+2, 500, nil)
	h.Restore("nobody", first, 1, nil)
	sealed(t, h, first+2)
	if got := r.Situations[0].Carry; got != (12_000-3_000)+(10_000-4_000)-500 {
		t.Errorf("carry %d", got)
	}
}

func TestPublishedBands(t *testing.T) {
	h := newHost(t, Config{Forecast: perfect(t, truth{"solar-1": {first + 1: -5_000}})}, first+1, foundry, solar)
	h.must(t, h.Configure("solar-1", torg.Manual, "", ""))
	h.Observe(block(reading("foundry-1", first, 9_000)))
	p := h.Publish(first + 1)
	if len(p) != 2 || p[0].Band != (ledger.Band{Site: "foundry-1", Low: 19_000, High: 19_000}) ||
		p[1].Band != (ledger.Band{Site: "solar-1", Low: -9_000, High: -9_000}) || p[1].Forecast.Median() != -5_000 {
		t.Errorf("published %+v", p)
	}
}

// Expected prices go an eighth of the way, for each side by itself.
func TestExpectedPriceIsLearnt(t *testing.T) {
	a := &agent{}
	a.learnPrice(torg.Buy, nil)
	if a.has[torg.Buy] {
		t.Error("something is learnt from nothing")
	}
	a.learnPrice(torg.Buy, []torg.Contract{bought(1_000, "5"), bought(3_000, "6")})
	if !a.has[torg.Buy] || a.expected[torg.Buy] != rub("5.75") {
		t.Errorf("first %s", a.expected[torg.Buy])
	}
	a.learnPrice(torg.Buy, []torg.Contract{bought(10, "3.75")})
	if a.expected[torg.Buy] != rub("5.5") || a.has[torg.Sell] {
		t.Errorf("then %s", a.expected[torg.Buy])
	}
	sale := bought(10, "4")
	sale.SellerPrice = rub("3.5")
	a.learnPrice(torg.Sell, []torg.Contract{sale})
	if a.expected[torg.Sell] != rub("3.5") || a.expected[torg.Buy] != rub("5.5") {
		t.Errorf("sold at %s", a.expected[torg.Sell])
	}
}

// What the board has agreed for a slot is no longer to be traded in its session, nor is
// what it has agreed for later slots of the hour, and an order has the room on the
// connection that it leaves. Told again, it is not counted twice.
func TestForwardsAreNotTradedAgain(t *testing.T) {
	var r decide.Request
	m := truth{"foundry-1": {first: 9_000, first + 1: 8_000, first + 2: 7_000, first + 3: 6_000}}
	h := newHost(t, Config{Decider: capture(&r), Forecast: perfect(t, m)}, first+1, foundry)
	h.Observe(block(reading("foundry-1", first, 9_000)))
	for range 2 {
		h.Forwards(first, map[torg.SiteID]torg.Energy{"foundry-1": 4_000})
		h.Forwards(first+1, map[torg.SiteID]torg.Energy{"foundry-1": 5_000, "stranger": 1})
		h.Forwards(first+3, map[torg.SiteID]torg.Energy{"foundry-1": -1_000})
	}
	orders, _ := sealed(t, h, first+1)
	s := r.Situations[0]
	if s.Carry != 9_000-4_000-5_000 || s.Rest != 7_000+6_000+1_000 || s.Limits.MaxEnergy != 95_000 {
		t.Errorf("carry %d, rest %d, at most %d", s.Carry, s.Rest, s.Limits.MaxEnergy)
	}
	if len(orders) != 1 || orders[0].Energy > 95_000 || orders[0].Side != torg.Buy {
		t.Errorf("orders %+v", orders)
	}
	h.Forwards(first+1, nil) // closed out
	sealed(t, h, first+1)
	if s := r.Situations[0]; s.Carry != 9_000-4_000 || s.Limits.MaxEnergy != 100_000 {
		t.Errorf("without the contract: carry %d, at most %d", s.Carry, s.Limits.MaxEnergy)
	}
}
