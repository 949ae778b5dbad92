package httpapi

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"torg"
	"torg/record"
	"torg/record/export"
)

// Transfer is a deposit or a withdrawal and where it is.
type Transfer struct {
	Kind          string     `json:"kind" enum:"deposit,withdrawal"`
	Participant   string     `json:"participant"`
	AmountRUB     string     `json:"amount_rub" doc:"RUB" example:"1500.50"`
	Reference     string     `json:"reference" doc:"of a deposit the bank's, of a withdrawal its owner's"`
	BankReference string     `json:"bank_reference,omitempty" doc:"of a withdrawal that is paid"`
	State         string     `json:"state" enum:"pending,credited,requested,approved,paid,returned,cancelled"`
	Began         *time.Time `json:"began,omitempty" doc:"time of the block that took it, where it is known"`
	Changed       *time.Time `json:"changed,omitempty" doc:"time of the block that changed it last, where it is known"`
	LedgerHeight  int64      `json:"ledger_height" doc:"block that took it"`
	ChangedHeight int64      `json:"changed_height" doc:"block that changed it last"`
}

func transfer(t record.Transfer) Transfer {
	return Transfer{Kind: string(t.Kind), Participant: string(t.Participant), AmountRUB: t.Amount.String(), Reference: t.Reference, BankReference: t.BankReference,
		State: t.State, Began: perhaps(t.Began), Changed: perhaps(t.Changed), LedgerHeight: t.Height, ChangedHeight: t.ChangedHeight}
}

// perhaps is a time that may not be known.
func perhaps(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// OwnerKey is a participant's public key.
type OwnerKey struct {
	Fingerprint  string `json:"fingerprint" doc:"hex of SHA-256 of its DER"`
	LedgerHeight int64  `json:"ledger_height" doc:"block since which it is live"`
	EndedHeight  int64  `json:"ended_height" doc:"block that ended it; 0: it is live"`
}

func ownerKey(k record.OwnerKey) OwnerKey {
	return OwnerKey{hex.EncodeToString(k.Fingerprint[:]), k.Height, k.Ended}
}

// money registers money between the bank and balances, and owners' keys.
func (a *api) money(h huma.API) {
	huma.Get(h, "/api/v1/transfers", func(ctx context.Context, in *struct {
		Paged
		Participant string `query:"participant" maxLength:"64" doc:"only this participant's"`
		Kind        string `query:"kind" enum:"deposit,withdrawal" doc:"only this kind"`
		State       string `query:"state" enum:"pending,credited,requested,approved,paid,returned,cancelled" doc:"only in this state"`
		Open        bool   `query:"open" doc:"only those on which somebody has still to act"`
	}) (*listOut[Transfer], error) {
		f := record.TransferFilter{Participant: torg.ParticipantID(in.Participant), Kind: record.TransferKind(in.Kind), State: in.State, Open: in.Open}
		rows, next, err := a.Reader.Transfers(ctx, f, in.page())
		if err != nil {
			return nil, a.problem(err)
		}
		return list(rows, next, transfer, export.Transfers), nil
	})
	huma.Get(h, "/api/v1/participants/{id}/keys", func(ctx context.Context, in *struct {
		Paged
		ID string `path:"id" maxLength:"64"`
	}) (*listOut[OwnerKey], error) {
		rows, err := a.Reader.OwnerKeys(ctx, torg.ParticipantID(in.ID))
		if err != nil {
			return nil, a.problem(err)
		}
		return list(rows, "", ownerKey, export.OwnerKeys), nil
	})
}
