package storetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"
	"time"

	"torg"
	"torg/ledger"
	"torg/market"
	"torg/record"
)

// story is one session and the first half of an hour, in seven blocks:
//
//	slot 0: the foundry sells the factory 10 kWh at 4.00 (round 1) and 2 kWh at 4.10
//	(round 2 of discovery 2), the factory buys 5 kWh from the supplier at 7.20.
func story() []ledger.Committed {
	key := torg.Fingerprint(sha256.Sum256([]byte("agent")))
	c1, c2, c3 := inside(First, 1, 1, 1, 10_000, "4", "4"), imported(First, 1, 2, 5_000), inside(First, 2, 1, 2, 2_000, "4.10", "4.10")
	first := cleared(First, 1, "4.5", c1, c2)
	o := &first.Cleared.Outcome
	o.Import, o.ImportFull, o.Welfare, o.Network = 5_000, true, cost("12.5"), cost("0.25")
	o.Flows = []market.Flow{{From: "z1", To: "z2", Energy: 77}}
	o.Unmatched = []market.Unmatched{{Order: "s", Energy: 2_500, Reason: torg.ReasonPrice, HasBest: true, Best: rub("4.5"), WouldTrade: rub("4.49999")}}
	bought := order("b", factory, First, torg.Buy, 15_000, "7.2")
	bought.Prefer, bought.Avoid = []string{"solar"}, []string{"chp", "someone"}
	sold := order("s", foundry, First, torg.Sell, 12_500, "3.1")
	sold.Source = "chp"
	return []ledger.Committed{
		block(1, admit(foundry), admit(factory),
			post(First, torg.PostDeposit, torg.AccountBank, "factory", "250000", ""),
			ledger.Event{Granted: &ledger.Granted{AgentKey: []byte("agent"), Mandate: torg.Mandate{Participant: "foundry", Site: "foundry-1", AgentKey: key,
				Limits:  torg.Limits{Buy: true, Sell: true, MaxEnergy: 20_000, MaxBuy: rub("8"), MinSell: rub("-1"), DailySpend: 1_000_00},
				Expires: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}}}),
		block(2,
			ledger.Event{Order: &ledger.OrderTaken{Order: bought, Reserved: cost("108"), Signature: []byte{1, 2}}},
			ledger.Event{Order: &ledger.OrderTaken{Order: sold, Reserved: cost("51.25")}}),
		block(3, first, post(First, torg.PostEscrow, "factory", torg.AccountEscrow, "40", c1.ID), post(First, torg.PostEscrow, "factory", torg.AccountEscrow, "36", c2.ID)),
		block(4, cleared(First, 2, "4.1", c3), post(First, torg.PostEscrow, "factory", torg.AccountEscrow, "8.2", c3.ID),
			ledger.Event{Statement: &ledger.StatementTaken{Slot: First, Site: "foundry-1", Root: [32]byte{9}, Signature: []byte{7}}},
			ledger.Event{Statement: &ledger.StatementTaken{Slot: First, Site: "factory-1", Root: [32]byte{8}, Differs: true}}),
		block(5, reading("foundry-1", First, -13_000, torg.Measured), reading("factory-1", First, 16_500, torg.Derived),
			ledger.Event{Delivered: &ledger.Delivered{Slot: First}},
			post(First, torg.PostPayout, torg.AccountEscrow, "foundry", "48.2", "")),
		block(6, ledger.Event{Settled: &ledger.Settled{First: First, Last: First + 3, Connection: 5_000, Invoice: cost("36"), Residual: cost("1.5"),
			Parties: []ledger.SettledParty{
				{Participant: "factory", Zone: "z1", Tariff: "base", Metered: 16_500, Contracted: 17_000, Paid: cost("83.2"), Baseline: cost("123.75"), Imbalance: cost("-0.5"), Residual: cost("0.5")},
				{Participant: "foundry", Zone: "z1", Metered: -13_000, Contracted: -12_000, Paid: cost("-49.3"), Baseline: cost("-14.3"), Imbalance: cost("-1.1"), Estimated: true},
			}}}),
		block(7, ledger.Event{Month: &ledger.MonthClosed{Month: "2026-11", Partial: true, Balances: []ledger.MonthBalance{
			{Participant: "foundry", Paid: cost("-49.3"), Baseline: cost("-14.3"), Eligible: cost("3"), TopUp: cost("-0.00000001")},
			{Participant: "factory", Paid: cost("83.2"), Baseline: cost("123.75")}}}},
			ledger.Event{Revoked: &ledger.Revoke{Participant: "foundry", Site: "foundry-1", AgentKey: key}}),
	}
}

func testStory(t *testing.T, fresh func(testing.TB) string) {
	ctx := context.Background()
	s := open(t, fresh(t))
	blocks := story()
	state := func(want record.State, contract string) {
		t.Helper()
		got, err := s.Session(ctx, session(0))
		must(t, err)
		equal(t, "state of the session", got.State, want)
		if contract == "" {
			return
		}
		c, err := s.Contract(ctx, torg.NewContractID(session(0), 1, 1))
		must(t, err)
		equal(t, "state of the contract", c.State, contract)
	}
	must(t, s.MarkOpen(ctx, session(0)))
	state(record.Open, "")
	must(t, s.PutForecasts(ctx, session(0), forecast("foundry-1", First, -14_000, -12_400, -11_000)))
	apply(t, s, blocks[:3]...)
	state(record.Round2, "active")
	apply(t, s, blocks[3])
	state(record.Active, "active")
	must(t, s.SetActiveAfter(ctx, session(0), 1250*time.Millisecond))
	apply(t, s, blocks[4])
	state(record.Active, "delivered")
	apply(t, s, blocks[5:]...)
	state(record.Settled, "settled")

	got, err := s.Session(ctx, session(0))
	must(t, err)
	equal(t, "rounds", len(got.Rounds), 3)
	equal(t, "round 2", got.Rounds[1], record.Round{Round: 2, Contracts: 1, Energy: 2_000})
	equal(t, "prices", len(got.Prices), 2)
	equal(t, "price of discovery 2", got.Prices[1], record.Price{Discovery: 2, Zone: "z1", Price: rub("4.1")})
	equal(t, "height", got.LedgerHeight, 3)
	equal(t, "active after", got.ActiveAfter, 1250*time.Millisecond)
	equal(t, "slot start", got.SlotStart, time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC))

	c, err := s.Contract(ctx, torg.NewContractID(session(0), 1, 2))
	must(t, err)
	want := record.Contract{Contract: imported(First, 1, 2, 5_000), Session: session(0), State: "settled", Origin: record.OnLedger, Height: 3, Disputed: true}
	equal(t, "contract", c, want)

	checkStoryOrders(t, s)
	checkStoryMoney(t, s)

	statements, err := s.Statements(ctx, session(0))
	must(t, err)
	if len(statements) != 2 || statements[0].Site != "factory-1" || !statements[0].Differs || statements[0].Root != [32]byte{8} ||
		statements[1].Differs || !bytes.Equal(statements[1].Signature, []byte{7}) || statements[1].Height != 4 {
		t.Errorf("statements: %+v", statements)
	}
	people, err := s.Participants(ctx)
	must(t, err)
	equal(t, "participants", len(people), 2)
	equal(t, "key", *people[1].KeyFingerprint, sha256.Sum256([]byte("key of foundry")))
	key, err := s.OwnerKey(ctx, "foundry")
	must(t, err)
	equal(t, "owner's key", string(key), "key of foundry")
	if _, err := s.OwnerKey(ctx, "stranger"); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("a stranger's key: %v", err)
	}
	mandates, err := s.Mandates(ctx, "foundry-1")
	must(t, err)
	if len(mandates) != 1 || mandates[0].Ended != 7 || mandates[0].Height != 1 || mandates[0].Limits.MinSell != rub("-1") ||
		mandates[0].Limits.DailySpend != 1_000_00 || mandates[0].AgentKey != sha256.Sum256([]byte("agent")) {
		t.Errorf("mandates: %+v", mandates)
	}
	clearings, err := s.Clearings(ctx, session(0))
	must(t, err)
	if len(clearings) != 2 || clearings[0].Import != 5_000 || !clearings[0].ImportFull || clearings[0].ExportFull ||
		clearings[0].Welfare != cost("12.5") || clearings[0].Network != cost("0.25") || len(clearings[0].Flows) != 1 || clearings[0].Flows[0].Energy != 77 {
		t.Errorf("clearings: %+v", clearings)
	}
}

func checkStoryOrders(t *testing.T, s reader) {
	t.Helper()
	ctx := context.Background()
	orders, _, err := s.Orders(ctx, record.Filter{Session: session(0)}, record.Page{Limit: 10})
	must(t, err)
	if len(orders) != 2 || orders[0].ID != "s" || orders[1].ID != "b" {
		t.Fatalf("orders, the last first: %+v", orders)
	}
	if o := orders[0]; o.Unmatched != 2_500 || o.Reason != torg.ReasonPrice || o.Best != rub("4.5") || o.WouldTrade != rub("4.49999") ||
		o.Source != "chp" || o.Reserved != cost("51.25") || o.Session != session(0) || o.Height != 2 {
		t.Errorf("the order that was left: %+v", o)
	}
	if o := orders[1]; o.Unmatched != 0 || o.Reason != "" || !slices.Equal(o.Prefer, []string{"solar"}) ||
		!slices.Equal(o.Avoid, []string{"chp", "someone"}) || !bytes.Equal(o.Signature, []byte{1, 2}) {
		t.Errorf("the order that traded: %+v", o)
	}
	if _, err := s.Order(ctx, "nobody's"); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("an unknown order: %v", err)
	}
	if _, err := s.Contract(ctx, "nobody's"); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("an unknown contract: %v", err)
	}
	for _, id := range []string{session(1), "yesterday", "20261122T100001Z"} {
		if _, err := s.Session(ctx, id); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("session %s: %v", id, err)
		}
	}
	for filter, want := range map[record.Filter]int{
		{Participant: "foundry"}: 2, {Participant: "factory"}: 3, {Site: "foundry-1"}: 2, {Participant: "supplier"}: 1,
		{Site: "nowhere"}: 0, {Session: session(1)}: 0, {Session: "yesterday"}: 0, {Session: session(0), Participant: "factory"}: 3,
		{Origin: record.Simulated}: 0, {Origin: record.OnLedger, Site: "factory-1"}: 3,
	} {
		got, _, err := s.Contracts(ctx, filter, record.Page{Limit: 10})
		must(t, err)
		if len(got) != want {
			t.Errorf("contracts of %+v: %d, want %d", filter, len(got), want)
		}
	}
}

func checkStoryMoney(t *testing.T, s reader) {
	t.Helper()
	ctx := context.Background()
	for account, want := range map[torg.Account]string{"factory": "249915.8", "foundry": "48.2", torg.AccountEscrow: "36", torg.AccountBank: "-250000", torg.AccountLoss: "0"} {
		got, err := s.Balance(ctx, account)
		must(t, err)
		equal(t, "balance of "+string(account), got, cost(want))
	}
	if _, err := s.Balance(ctx, "stranger"); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("balance of a stranger: %v", err)
	}
	hour := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	all, err := s.Settlements(ctx, record.Filter{}, hour, hour.Add(time.Hour))
	must(t, err)
	if len(all) != 2 {
		t.Fatalf("settlements: %+v", all)
	}
	want := record.Settlement{First: First, Last: First + 3, Start: hour, End: hour.Add(time.Hour), Participant: "foundry", Zone: "z1",
		Metered: -13_000, Contracted: -12_000, Paid: cost("-49.3"), Baseline: cost("-14.3"), Imbalance: cost("-1.1"), Estimated: true,
		InsideEnergy: 12_000, Origin: record.OnLedger, ForecastError: 600, MeteredAbs: 13_000}
	equal(t, "the foundry's settlement", all[1], want)
	equal(t, "no forecast, no error", all[0].MeteredAbs, 0)
	equal(t, "the factory bought inside", all[0].InsideEnergy, 12_000)
	months, err := s.Months(ctx)
	must(t, err)
	if len(months) != 1 || !months[0].Partial || months[0].Month != "2026-11" || months[0].Balances[1].TopUp != cost("-0.00000001") {
		t.Errorf("months: %+v", months)
	}
	intervals, err := s.Intervals(ctx, First, First+1)
	must(t, err)
	if len(intervals) != 1 || intervals[0].Invoice != cost("36") || intervals[0].Residual != cost("1.5") || intervals[0].Connection != 5_000 {
		t.Errorf("intervals: %+v", intervals)
	}
	postings, _, err := s.Postings(ctx, "foundry", record.Page{Limit: 10})
	must(t, err)
	if len(postings) != 1 || postings[0].Kind != torg.PostPayout || postings[0].Height != 5 || postings[0].Amount != cost("48.2") {
		t.Errorf("postings: %+v", postings)
	}
}
