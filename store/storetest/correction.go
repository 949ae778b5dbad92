package storetest

import (
	"context"
	"testing"
	"time"

	"torg"
	"torg/ledger"
	"torg/record"
)

// testCorrection: the factory's slot was settled on an estimate of 15 kWh, what it
// had contracted (76.00). In truth it used 14: the kilowatt-hour that was too much
// comes back at 1.00, and the supplier alone would have cost 105.00, not 112.50.
func testCorrection(t *testing.T, fresh func(testing.TB) string) {
	ctx := context.Background()
	s := open(t, fresh(t))
	estimate := reading("factory-1", First, 15_000, torg.Estimated)
	truth := ledger.Event{Reading: &ledger.ReadingTaken{Replaces: true, Reading: torg.Reading{Site: "factory-1", Slot: First, Energy: 14_000, Quality: torg.Measured}}}
	must(t, s.PutForecasts(ctx, session(0), forecast("factory-1", First, 13_000, 14_100, 16_000)))
	blocks := []ledger.Committed{
		block(1, admit(foundry), admit(factory)),
		block(2, cleared(First, 1, "4", inside(First, 1, 1, 1, 10_000, "4", "4"), imported(First, 1, 2, 5_000))),
		block(3, estimate, ledger.Event{Settled: &ledger.Settled{First: First, Last: First + 3, Parties: []ledger.SettledParty{
			{Participant: "factory", Zone: "z1", Tariff: "base", Metered: 15_000, Contracted: 15_000, Paid: cost("76"), Baseline: cost("112.5"), Estimated: true},
			{Participant: "foundry", Zone: "z1", Contracted: -10_000, Paid: cost("-40"), Baseline: cost("0")}}}}),
		block(4, post(First, torg.PostCorrection, torg.AccountLoss, "factory", "1", ""), post(First, torg.PostCorrection, torg.AccountSupplier, torg.AccountLoss, "1.1", ""),
			truth, reading("foundry-1", First+4, -10, torg.Measured)),
	}
	apply(t, s, blocks...)
	hour := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	rows, err := s.Settlements(ctx, record.Filter{Participant: "factory"}, hour, hour.Add(time.Hour))
	must(t, err)
	if len(rows) != 1 {
		t.Fatalf("settlements: %+v", rows)
	}
	equal(t, "corrected", rows[0], record.Settlement{First: First, Last: First + 3, Start: hour, End: hour.Add(time.Hour), Participant: "factory",
		Zone: "z1", Tariff: "base", Metered: 14_000, Contracted: 15_000, Paid: cost("75"), Baseline: cost("105"), Imbalance: cost("-1"),
		InsideEnergy: 10_000, Origin: record.OnLedger, ForecastError: 100, MeteredAbs: 14_000})
	// Two truths of one participant in one block: each has its own correction.
	two := block(5, post(First+1, torg.PostCorrection, "factory", torg.AccountLoss, "15", ""),
		ledger.Event{Reading: &ledger.ReadingTaken{Replaces: true, Reading: torg.Reading{Site: "factory-1", Slot: First + 1, Energy: 2_000, Quality: torg.Measured}}},
		post(First+2, torg.PostCorrection, "factory", torg.AccountLoss, "7.5", ""),
		ledger.Event{Reading: &ledger.ReadingTaken{Replaces: true, Reading: torg.Reading{Site: "factory-1", Slot: First + 2, Energy: 1_000, Quality: torg.Measured}}})
	blocks = append(blocks, two)
	apply(t, s, two)
	rows, err = s.Settlements(ctx, record.Filter{Participant: "factory"}, hour, hour.Add(time.Hour))
	must(t, err)
	equal(t, "energy after two more", rows[0].Metered, 17_000)
	equal(t, "paid after two more", rows[0].Paid, cost("97.5"))
	equal(t, "baseline after two more", rows[0].Baseline, cost("127.5"))
	before := everything(t, s)
	must(t, rebuild(s, blocks))
	equal(t, "rebuilt", everything(t, s), before)

	// A truth about an interval that is not settled yet changes the reading only.
	apply(t, s, block(6, reading("factory-1", First+4, 7, torg.Estimated)),
		block(7, ledger.Event{Reading: &ledger.ReadingTaken{Replaces: true, Reading: torg.Reading{Site: "factory-1", Slot: First + 4, Energy: 8}}}))
	rows, err = s.Settlements(ctx, record.Filter{Participant: "factory"}, hour.Add(time.Hour), hour.Add(2*time.Hour))
	must(t, err)
	if len(rows) != 1 || rows[0].Metered != 8 || !rows[0].Provisional {
		t.Errorf("the running interval: %+v", rows)
	}
}
