package storetest

import (
	"context"
	"testing"
	"time"

	"torg"
	"torg/ledger"
	"torg/record"
)

// testSavings: slot 0 to 3 are settled by the ledger, slot 4 has contracts and
// readings, slot 5 has contracts only. What slot 4 means, by hand:
//
//	foundry sold 10 kWh inside at 4.00 and made 12: gets 40.00, and 2 kWh at 1.10, in
//	all 42.20; without the market 12 kWh at 1.10 = 13.20; saved 29.00
//	factory bought 10 at 4.00 and 5 at 7.20 and used 14: pays 76.00, gets 1 kWh back
//	at its class's 1.00, in all 75.00; without the market 14 at 7.50 = 105.00; saved 30.00
func testSavings(t *testing.T, fresh func(testing.TB) string) {
	ctx := context.Background()
	s := open(t, fresh(t))
	slot := First + 4
	apply(t, s, story()[:6]...)
	apply(t, s, block(7,
		cleared(slot, 1, "4", inside(slot, 1, 1, 1, 10_000, "4", "4"), imported(slot, 1, 2, 5_000)),
		cleared(slot+1, 1, "4", inside(slot+1, 1, 1, 1, 10_000, "4", "4")),
		reading("foundry-1", slot, -12_000, torg.Measured), reading("factory-1", slot, 14_000, torg.Estimated)))
	must(t, s.PutForecasts(ctx, Genesis().Calendar.Session(slot), forecast("factory-1", slot, 13_000, 14_700, 16_000)))
	hour := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

	rows, err := s.Settlements(ctx, record.Filter{}, hour.Add(time.Hour), hour.Add(2*time.Hour))
	must(t, err)
	if len(rows) != 2 {
		t.Fatalf("provisional rows: %+v", rows)
	}
	start := hour.Add(time.Hour)
	end := start.Add(15 * time.Minute)
	equal(t, "the factory so far", rows[0], record.Settlement{First: slot, Last: slot, Start: start, End: end, Participant: "factory", Zone: "z1", Tariff: "base",
		Metered: 14_000, Contracted: 15_000, Paid: cost("75"), Baseline: cost("105"), Imbalance: cost("-1"), InsideEnergy: 10_000,
		Estimated: true, Provisional: true, Origin: record.OnLedger, ForecastError: 700, MeteredAbs: 14_000})
	equal(t, "the foundry so far", rows[1], record.Settlement{First: slot, Last: slot, Start: start, End: end, Participant: "foundry", Zone: "z1",
		Metered: -12_000, Contracted: -10_000, Paid: cost("-42.2"), Baseline: cost("-13.2"), Imbalance: cost("-2.2"), InsideEnergy: 10_000,
		Provisional: true, Origin: record.OnLedger})

	saved := func(from, to time.Time) (factory, foundry record.Saving) {
		t.Helper()
		all, err := s.Savings(ctx, from, to)
		must(t, err)
		if len(all) != 2 || all[0].Participant != "factory" {
			t.Fatalf("savings: %+v", all)
		}
		return all[0], all[1]
	}
	settledFactory, settledFoundry := saved(hour, hour.Add(time.Hour))
	equal(t, "settled: the factory saved", settledFactory.Saved(), cost("40.55"))
	equal(t, "settled: the foundry saved", settledFoundry.Saved(), cost("35"))
	equal(t, "settled is not provisional", settledFactory.Provisional, false)
	factoryNow, foundryNow := saved(hour, hour.Add(24*time.Hour))
	equal(t, "the factory saved", factoryNow.Saved(), cost("70.55"))
	equal(t, "the foundry saved", foundryNow.Saved(), cost("64"))
	equal(t, "the factory bought inside", factoryNow.Inside, 22_000)
	equal(t, "the foundry's net energy", foundryNow.Metered, -25_000)
	equal(t, "some of it is provisional", factoryNow.Provisional, true)
	none, _ := saved(hour.Add(-24*time.Hour), hour)
	equal(t, "nothing before", none.Baseline, cost("0"))
	// An interval belongs to the span that it begins in, settled or not.
	late, _ := saved(hour.Add(time.Minute), hour.Add(time.Hour))
	equal(t, "an interval that began before", late.Baseline, cost("0"))
	late, _ = saved(hour.Add(time.Hour+time.Minute), hour.Add(2*time.Hour))
	equal(t, "a running interval that began before", late.Baseline, cost("0"))

	// The settled interval takes the provisional one's place and adds nothing.
	apply(t, s, block(8, ledger.Event{Settled: &ledger.Settled{First: slot, Last: slot + 3, Parties: []ledger.SettledParty{
		{Participant: "factory", Zone: "z1", Tariff: "base", Metered: 14_000, Contracted: 15_000, Paid: cost("75"), Baseline: cost("105")},
		{Participant: "foundry", Zone: "z1", Metered: -12_000, Contracted: -10_000, Paid: cost("-42.2"), Baseline: cost("-13.2")}}}}))
	factoryThen, _ := saved(hour, hour.Add(24*time.Hour))
	equal(t, "the same once it is settled", factoryThen.Saved(), factoryNow.Saved())
	equal(t, "settled now", factoryThen.Provisional, false)

	for filter, want := range map[record.Filter]int{{}: 4, {Participant: "factory"}: 2, {Site: "foundry-1"}: 2,
		{Origin: record.Simulated}: 0, {Participant: "factory", Site: "foundry-1"}: 0} {
		got, err := s.Settlements(ctx, filter, hour, hour.Add(24*time.Hour))
		must(t, err)
		if len(got) != want {
			t.Errorf("settlements of %+v: %d, want %d", filter, len(got), want)
		}
	}
}

// testLargeAmounts: sums beyond 64 bits stay exact to the last digit.
func testLargeAmounts(t *testing.T, fresh func(testing.TB) string) {
	ctx := context.Background()
	s := open(t, fresh(t))
	huge := "123456789012345678901.23456789"
	apply(t, s, block(1, admit(factory), post(First, torg.PostDeposit, torg.AccountBank, "factory", huge, "")),
		block(2, post(First, torg.PostDeposit, torg.AccountBank, "factory", huge, ""), post(First, torg.PostImbalance, "factory", torg.AccountImbalance, "0.00000001", "")))
	got, err := s.Balance(ctx, "factory")
	must(t, err)
	equal(t, "balance", got, cost("246913578024691357802.46913577"))
	bank, err := s.Balance(ctx, torg.AccountBank)
	must(t, err)
	equal(t, "the bank's side", bank, cost("-246913578024691357802.46913578"))
}
