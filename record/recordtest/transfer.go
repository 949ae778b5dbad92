package recordtest

import (
	"context"
	"time"

	"torg"
	"torg/record"
)

// Transfers lists deposits and withdrawals, newest first.
func (m *Market) Transfers(_ context.Context, f record.TransferFilter, p record.Page) ([]record.Transfer, string, error) {
	return page(m, m.Moved, p, func(t record.Transfer) bool {
		return (f.Participant == "" || t.Participant == f.Participant) && (f.Kind == "" || t.Kind == f.Kind) &&
			(f.State == "" || t.State == f.State) && (!f.Open || t.Open())
	})
}

// OwnerKeys lists a participant's keys, the oldest first.
func (m *Market) OwnerKeys(_ context.Context, p torg.ParticipantID) ([]record.OwnerKey, error) {
	return m.KeyRows[p], m.Fail
}

// transfers moves money of the foundry and of the factory, some of it still on its way,
// and changes one of the foundry's keys.
func (m *Market) transfers() {
	at := func(days int) time.Time { return Noon.AddDate(0, 0, -days) }
	m.Moved = []record.Transfer{
		{Kind: record.Deposit, Participant: "foundry", Amount: 3_000_000_00, Reference: "opening-foundry", State: "credited", Began: at(14), Changed: at(14), Height: 3, ChangedHeight: 3},
		{Kind: record.Deposit, Participant: "factory", Amount: 6_000_000_00, Reference: "opening-factory", State: "credited", Began: at(14), Changed: at(14), Height: 4, ChangedHeight: 4},
		{Kind: record.Withdrawal, Participant: "foundry", Amount: 250_000_00, Reference: "october", BankReference: "order 4711", State: "paid", Began: at(9), Changed: at(8), Height: 9_000, ChangedHeight: 11_200},
		{Kind: record.Withdrawal, Participant: "foundry", Amount: 1_500_50, Reference: "january's rent", State: "requested", Began: at(1), Changed: at(1), Height: 41_000, ChangedHeight: 41_000},
		{Kind: record.Deposit, Participant: "factory", Amount: 9_000_000_00, Reference: "payment 17", State: "pending", Began: at(0), Changed: at(0), Height: 48_000, ChangedHeight: 48_000},
	}
	m.KeyRows = map[torg.ParticipantID][]record.OwnerKey{
		"foundry": {{Fingerprint: torg.Fingerprint{0xab, 1}, Height: 1, Ended: 700}, {Fingerprint: torg.Fingerprint{0xcd, 2}, Height: 690}},
		"factory": {{Fingerprint: torg.Fingerprint{0xef, 3}, Height: 1}},
	}
}
