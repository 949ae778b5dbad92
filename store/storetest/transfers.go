package storetest

import (
	"context"
	"crypto/sha256"
	"slices"
	"testing"

	"torg"
	"torg/ledger"
	"torg/record"
)

// testTransfers follows keys, deposits, withdrawals and amendments through their
// states, and makes them anew.
func testTransfers(t *testing.T, fresh func(testing.TB) string) {
	ctx := context.Background()
	s := open(t, fresh(t))
	old, second := []byte("key of foundry"), []byte("second key")
	deposit := func(p torg.ParticipantID, reference string, amount torg.Money, state ledger.MoneyState) ledger.Event {
		return ledger.Event{Deposit: &ledger.DepositTaken{State: state,
			Deposit: ledger.Deposit{Participant: p, Amount: amount, Reference: reference}}}
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
		block(2, deposit("factory", "one", 100_00, ledger.MoneyPending), deposit("foundry", "two", 900_00, ledger.MoneyPending),
			withdrawal("w", ledger.MoneyRequested, ""), withdrawal("v", ledger.MoneyRequested, "")),
		block(3, ledger.Event{Keys: &ledger.KeysChanged{Participant: "foundry", Sequence: 1, Added: [][]byte{second}}}, ledger.Event{Amended: &amend}),
		block(4, deposit("foundry", "two", 900_00, ledger.MoneyCredited), withdrawal("w", ledger.MoneyApproved, ""), ledger.Event{Amended: &again},
			ledger.Event{Order: &ledger.OrderTaken{Order: picky}}),
		block(5, withdrawal("w", ledger.MoneyPaid, "bank 7"), withdrawal("v", ledger.MoneyCancelled, ""),
			ledger.Event{Keys: &ledger.KeysChanged{Participant: "foundry", Sequence: 2, Removed: []torg.Fingerprint{sha256.Sum256(old)}}}),
	}
	check := func() {
		t.Helper()
		all, next, err := s.Transfers(ctx, record.TransferFilter{}, record.Page{Limit: 10})
		must(t, err)
		equal(t, "cursor of all", next, "")
		want := []record.Transfer{
			{Kind: record.Withdrawal, Participant: "foundry", Amount: 5_00, Reference: "v", State: "cancelled", Height: 2, ChangedHeight: 5},
			{Kind: record.Withdrawal, Participant: "foundry", Amount: 5_00, Reference: "w", BankReference: "bank 7", State: "paid", Height: 2, ChangedHeight: 5},
			{Kind: record.Deposit, Participant: "foundry", Amount: 900_00, Reference: "two", State: "credited", Height: 2, ChangedHeight: 4},
			{Kind: record.Deposit, Participant: "factory", Amount: 100_00, Reference: "one", State: "pending", Height: 2, ChangedHeight: 2},
		}
		for i := range want {
			want[i].Began, want[i].Changed = blocks[1].Time, blocks[want[i].ChangedHeight-1].Time
		}
		if !slices.Equal(all, want) {
			t.Errorf("transfers\n%+v\nwant\n%+v", all, want)
		}
		for _, x := range []struct {
			f    record.TransferFilter
			want []record.Transfer
		}{
			{record.TransferFilter{Participant: "foundry"}, want[:3]},
			{record.TransferFilter{Kind: record.Withdrawal}, want[:2]},
			{record.TransferFilter{Kind: record.Deposit, State: "credited"}, want[2:3]},
			{record.TransferFilter{Open: true}, want[3:]},
			{record.TransferFilter{Participant: "chp"}, nil},
		} {
			var got []record.Transfer
			for page := (record.Page{Limit: 1}); ; {
				rows, next, err := s.Transfers(ctx, x.f, page)
				must(t, err)
				got = append(got, rows...)
				if page.Cursor = next; next == "" {
					break
				}
			}
			if !slices.Equal(got, x.want) {
				t.Errorf("%+v:\n%+v\nwant\n%+v", x.f, got, x.want)
			}
		}
		keys, err := s.OwnerKeys(ctx, "foundry")
		must(t, err)
		wantKeys := []record.OwnerKey{{Fingerprint: sha256.Sum256(old), Height: 1, Ended: 5}, {Fingerprint: sha256.Sum256(second), Height: 3}}
		if !slices.Equal(keys, wantKeys) {
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
