package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"torg"
	"torg/ledger"
	"torg/market"
	"torg/record"
	"torg/store"
)

func rebuild(s *store.Store, blocks []ledger.Committed) error {
	return s.Rebuild(context.Background(), func(apply func(ledger.Committed) error) error {
		for _, b := range blocks {
			if err := apply(b); err != nil {
				return err
			}
		}
		return nil
	})
}

func testRebuild(t *testing.T, fresh func(testing.TB) string) {
	ctx := context.Background()
	s := open(t, fresh(t))
	must(t, s.PutHistory(ctx, smallHistory()))
	must(t, s.MarkOpen(ctx, session(0)))
	must(t, s.PutForecasts(ctx, session(0), forecast("foundry-1", First, -3, -2, -1)))
	must(t, s.PutMessages(ctx, []record.Message{{Time: time.Unix(1, 0).UTC(), Kind: record.Financial, From: "exchange", To: "foundry"}}))
	must(t, s.PutDecisions(ctx, []record.Decision{{Time: time.Unix(1, 0).UTC(), Site: "foundry-1", Origin: record.OnLedger}}))
	must(t, s.PutSites(ctx, []record.Site{{Site: foundry, Name: "Литейный завод", Mode: torg.Auto, Running: true}}))
	must(t, s.SetActiveAfter(ctx, session(0), time.Second))
	empty := everything(t, s)
	apply(t, s, story()...)
	before := everything(t, s)

	err := s.Rebuild(ctx, func(apply func(ledger.Committed) error) error {
		for _, b := range story()[:4] {
			must(t, apply(b))
		}
		return errStop
	})
	if !errors.Is(err, errStop) {
		t.Errorf("a rebuild that stops: %v", err)
	}
	if everything(t, s) != before {
		t.Error("a rebuild that stopped changed something")
	}
	if err := rebuild(s, story()[1:]); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("a rebuild without the first block: %v", err)
	}
	must(t, rebuild(s, story()))
	if got := everything(t, s); got != before {
		t.Errorf("rebuilt, it tells something else:\n%s\nbefore:\n%s", got, before)
	}

	must(t, rebuild(s, nil))
	if got := everything(t, s); got != empty {
		t.Errorf("rebuilt from no blocks, something of the ledger stayed:\n%s\nbefore any block:\n%s", got, empty)
	}
	height, err := s.Height(ctx)
	must(t, err)
	equal(t, "height", height, 0)
	first, err := s.Session(ctx, session(0))
	must(t, err)
	equal(t, "what the clock saw stays", first.State, record.Open)
	equal(t, "what the clock saw stays", first.ActiveAfter, time.Second)
	_, err = s.Contract(ctx, torg.NewContractID(session(0), 1, 1))
	if !errors.Is(err, record.ErrNotFound) {
		t.Errorf("a contract of the ledger stayed: %v", err)
	}
	old, _, err := s.Contracts(ctx, record.Filter{Origin: record.Simulated}, record.Page{Limit: 10})
	must(t, err)
	equal(t, "generated contracts", len(old), 2)
	messages, _, err := s.Messages(ctx, record.Filter{}, record.Page{Limit: 10})
	must(t, err)
	equal(t, "messages", len(messages), 1)
}

// testRebuildLaw: whatever the blocks were, telling them again tells the same.
func testRebuildLaw(t *testing.T, fresh func(testing.TB) string) {
	s := open(t, fresh(t))
	rapid.Check(t, func(rt *rapid.T) {
		if err := rebuild(s, nil); err != nil {
			rt.Fatal(err)
		}
		blocks := randomBlocks(rt)
		for _, b := range blocks {
			for range rapid.IntRange(1, 2).Draw(rt, "times") {
				if err := s.Apply(context.Background(), b); err != nil {
					rt.Fatal(err)
				}
			}
		}
		before := everything(t, s)
		if err := rebuild(s, blocks); err != nil {
			rt.Fatal(err)
		}
		if after := everything(t, s); after != before {
			rt.Fatalf("rebuilt, it tells something else:\n%s\nbefore:\n%s", after, before)
		}
		checkBalances(rt, s)
	})
}

// checkBalances: every posting moves money, none makes it.
func checkBalances(t *rapid.T, s *store.Store) {
	postings, _, err := s.Postings(context.Background(), "", record.Page{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	sums := map[torg.Account]torg.Cost{}
	for _, p := range postings {
		sums[p.From] = sums[p.From].Sub(p.Amount)
		sums[p.To] = sums[p.To].Add(p.Amount)
	}
	for a, want := range sums {
		if got, err := s.Balance(context.Background(), a); err != nil || got != want {
			t.Fatalf("balance of %s: %s (%v), its postings sum to %s", a, got, err, want)
		}
	}
}

// randomBlocks makes blocks of every kind of event, in an order that a ledger could
// have: a discovery is cleared or missed once, and contracts belong to it.
func randomBlocks(t *rapid.T) []ledger.Committed {
	blocks := []ledger.Committed{block(1, admit(foundry), admit(factory))}
	closed := map[[2]int]bool{}
	for h := range rapid.IntRange(1, 8).Draw(t, "blocks") {
		var events []ledger.Event
		for range rapid.IntRange(0, 6).Draw(t, "events") {
			if e, ok := randomEvent(t, closed, fmt.Sprintf("o%d-%d", h, len(events))); ok {
				events = append(events, e)
			}
		}
		blocks = append(blocks, block(int64(h)+2, events...))
	}
	return blocks
}

func randomEvent(t *rapid.T, closed map[[2]int]bool, id string) (ledger.Event, bool) {
	n := rapid.IntRange(0, 7).Draw(t, "slot")
	slot := First + torg.Slot(n)
	site := rapid.SampledFrom([]torg.Site{foundry, factory}).Draw(t, "site")
	energy := torg.Energy(rapid.Int64Range(-1_000_000, 1_000_000).Draw(t, "energy"))
	discovery := rapid.IntRange(1, 2).Draw(t, "discovery")
	switch rapid.IntRange(0, 13).Draw(t, "kind") {
	case 0:
		o := order(torg.OrderID(id), site, slot, torg.Buy, max(energy, 1), "5")
		o.Discovery = discovery
		return ledger.Event{Order: &ledger.OrderTaken{Order: o, Refused: rapid.SampledFrom([]torg.Refusal{"", "", torg.ErrFunds}).Draw(t, "refused")}}, !closed[[2]int{n, discovery}]
	case 1, 2:
		if closed[[2]int{n, discovery}] {
			return ledger.Event{}, false
		}
		closed[[2]int{n, discovery}] = true
		if energy < -900_000 {
			return ledger.Event{Missed: &ledger.Missed{Slot: slot, Discovery: discovery}}, true
		}
		e := cleared(slot, discovery, "4")
		for i := range rapid.IntRange(0, 3).Draw(t, "contracts") {
			e.Cleared.Contracts = append(e.Cleared.Contracts, inside(slot, discovery, i+1, i%3+1, energy.Abs()+1, "4.2", "4.1"))
		}
		e.Cleared.Outcome.Unmatched = []market.Unmatched{{Order: torg.OrderID(id), Energy: 5, Reason: torg.ReasonPrice}}
		return e, true
	case 3:
		return ledger.Event{Statement: &ledger.StatementTaken{Slot: slot, Site: site.ID, Root: [32]byte{byte(n)}, Differs: energy > 0}}, true
	case 4, 5:
		return reading(site.ID, slot, energy, rapid.SampledFrom([]torg.Quality{torg.Measured, torg.Estimated}).Draw(t, "quality")), true
	case 6:
		return ledger.Event{Delivered: &ledger.Delivered{Slot: slot}}, true
	case 7:
		return ledger.Event{Settled: &ledger.Settled{First: First, Last: First + 3, Parties: []ledger.SettledParty{{
			Participant: site.Participant, Zone: "z1", Tariff: site.Tariff, Metered: energy, Paid: energy.At(7), Baseline: energy.At(9)}}}}, true
	case 8:
		return post(slot, torg.PostEscrow, torg.AccountEscrow, site.Participant.Account(), "0.00000001", ""), true
	case 9:
		return ledger.Event{Granted: &ledger.Granted{Mandate: torg.Mandate{Participant: site.Participant, Site: site.ID, Expires: time.Unix(int64(n), 0)}}}, true
	}
	if e, ok := randomBoard(t, slot, n); ok {
		return e, true
	}
	return ledger.Event{Revoked: &ledger.Revoke{Participant: site.Participant, Site: site.ID}}, true
}
