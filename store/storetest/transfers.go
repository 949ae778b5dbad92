package storetest

import (
	"context"
	"crypto/sha256"
	"slices"
	"testing"

	"torg"
	"torg/ledger"
)

// testTransfers follows keys, deposits, withdrawals and amendments through their
// states, and makes them anew.
func testTransfers(t *testing.T, fresh func(testing.TB) string) {
	ctx := context.Background()
	s := open(t, fresh(t))
	old, second := []byte("key of foundry"), []byte("second key")
	deposit := func(reference string, amount torg.Money, state ledger.MoneyState) ledger.Event {
		return ledger.Event{Deposit: &ledger.DepositTaken{State: state,
			Deposit: ledger.Deposit{Participant: "foundry", Amount: amount, Reference: reference}}}
	}
	withdrawal := func(reference string, state ledger.MoneyState, bank string) ledger.Event {
		return ledger.Event{Withdrawal: &ledger.WithdrawalTaken{Participant: "foundry", Amount: 5_00, Reference: reference, State: state, BankReference: bank}}
	}
	supplier := *Genesis().Complex.Supplier
	supplier.Sell = rub("9")
	amend := ledger.Amend{Sequence: 1, From: First + 4, Complex: Genesis().Complex, PriceCap: 7}
	amend.Complex.Supplier = &supplier
	again := amend
	again.Sequence, again.PriceCap = 2, 8
	picky := order("o", foundry, First, torg.Sell, 10, "5")
	picky.Only = []torg.ParticipantID{"factory", "chp"}
	partnered := ledger.Granted{Mandate: torg.Mandate{Participant: "foundry", Site: "foundry-1", Limits: torg.Limits{Sell: true, Partners: []torg.ParticipantID{"factory"}}}}
	blocks := []ledger.Committed{
		block(1, admit(foundry), admit(factory), ledger.Event{Granted: &partnered}),
		block(2, deposit("one", 100_00, ledger.MoneyCredited), deposit("two", 900_00, ledger.MoneyPending),
			withdrawal("w", ledger.MoneyRequested, ""), withdrawal("v", ledger.MoneyRequested, "")),
		block(3, ledger.Event{Keys: &ledger.KeysChanged{Participant: "foundry", Sequence: 1, Added: [][]byte{second}}}, ledger.Event{Amended: &amend}),
		block(4, deposit("two", 900_00, ledger.MoneyCredited), withdrawal("w", ledger.MoneyApproved, ""), ledger.Event{Amended: &again},
			ledger.Event{Order: &ledger.OrderTaken{Order: picky}}),
		block(5, withdrawal("w", ledger.MoneyPaid, "bank 7"), withdrawal("v", ledger.MoneyCancelled, ""),
			ledger.Event{Keys: &ledger.KeysChanged{Participant: "foundry", Sequence: 2, Removed: []torg.Fingerprint{sha256.Sum256(old)}}}),
	}
	check := func() {
		t.Helper()
		in, err := s.Deposits(ctx, "foundry")
		must(t, err)
		if len(in) != 2 || in[0].Reference != "one" || in[0].State != ledger.MoneyCredited || in[1].State != ledger.MoneyCredited ||
			in[1].Amount != 900_00 || in[1].Height != 2 || in[1].Changed != 4 {
			t.Errorf("deposits %+v", in)
		}
		out, err := s.Withdrawals(ctx, "")
		must(t, err)
		if len(out) != 2 || out[0].Reference != "v" || out[0].State != ledger.MoneyCancelled || out[1].State != ledger.MoneyPaid ||
			out[1].BankReference != "bank 7" || out[1].Amount != 5_00 || out[1].Height != 2 || out[1].Changed != 5 {
			t.Errorf("withdrawals %+v", out)
		}
		none, err := s.Withdrawals(ctx, "factory")
		must(t, err)
		equal(t, "factory's withdrawals", len(none), 0)
		keys, err := s.OwnerKeys(ctx, "foundry")
		must(t, err)
		if len(keys) != 2 || !slices.Equal(keys[0].Key, old) || keys[0].Ended != 5 || !slices.Equal(keys[1].Key, second) || keys[1].Ended != 0 {
			t.Errorf("keys %+v", keys)
		}
		before, err := s.Rules(ctx, First+3)
		must(t, err)
		equal(t, "quote before", before.Complex.Supplier.Sell, rub("7.2"))
		after, err := s.Rules(ctx, First+4)
		must(t, err)
		equal(t, "quote after", after.Complex.Supplier.Sell, rub("9"))
		equal(t, "price cap after", after.PriceCap, 8)
		mandates, err := s.Mandates(ctx, "foundry-1")
		must(t, err)
		if len(mandates) != 1 || !slices.Equal(mandates[0].Limits.Partners, []torg.ParticipantID{"factory"}) {
			t.Errorf("mandates %+v", mandates)
		}
	}
	apply(t, s, blocks...)
	check()
	must(t, s.Rebuild(ctx, func(apply func(ledger.Committed) error) error {
		for _, b := range blocks {
			if err := apply(b); err != nil {
				return err
			}
		}
		return nil
	}))
	check()
}
