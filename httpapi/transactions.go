package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"torg/account"
)

// MaxTransaction is the largest transaction in bytes that any ledger reads.
const MaxTransaction = 2 << 20

// Transactions hand a transaction to the chain. A nil error means that it waits for a
// block; one that wraps a torg.Refusal, that it never will be in one.
type Transactions interface {
	Submit(ctx context.Context, tx []byte) error
}

// transactions registers the relay. Whoever has a transaction may send it: what it may
// do, its signature decides, and the ledger checks that, not this server.
func (a *api) transactions(h huma.API) {
	op := huma.Operation{
		OperationID: "submit-transaction", Method: http.MethodPost, Path: "/api/v1/transactions",
		Summary:       "Hand a signed transaction to the ledger",
		Description:   "The body is the transaction's canonical bytes, as torg writes them. 202 says that it waits for a block; it is committed when a block has it.",
		DefaultStatus: http.StatusAccepted, MaxBodyBytes: MaxTransaction + 1,
	}
	huma.Register(h, op, func(ctx context.Context, in *struct {
		RawBody []byte `contentType:"application/octet-stream" required:"true"`
	}) (*struct{}, error) {
		if v := account.From(ctx); !v.May(account.Trade) && !v.May(account.Operate) && !v.May(account.Approve) {
			return nil, a.problem(account.ErrScope)
		}
		if a.Transactions == nil {
			return nil, notRunning
		}
		if err := a.Transactions.Submit(ctx, in.RawBody); err != nil {
			return nil, a.problem(err)
		}
		return nil, nil
	})
}
