package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"torg"
	"torg/account"
	"torg/board"
	"torg/record"
	"torg/record/export"
)

// acts says whether whoever asks may act for a participant on the board: its owner, with
// the scope to trade. Everybody in the complex sees all offers; contracts are their
// parties'.
func acts(ctx context.Context) func(torg.ParticipantID) bool {
	v := account.From(ctx)
	return func(p torg.ParticipantID) bool { return v.May(account.Trade) && v.ActsFor(p) }
}

// board registers the board: its lists, drafts, and what brings signatures to the
// ledger.
func (a *api) board(h huma.API) {
	huma.Get(h, "/api/v1/board", func(context.Context, *struct{}) (*struct{ Body BoardRules }, error) {
		if a.Board == nil {
			return nil, notRunning
		}
		return &struct{ Body BoardRules }{BoardRules{a.Board.ChainID(), int64(a.Calendar.Interval / time.Second), a.Location.String()}}, nil
	})
	huma.Get(h, "/api/v1/board/offers", func(ctx context.Context, in *struct {
		Paged
		Participant string `query:"participant" maxLength:"64" doc:"only of this participant"`
		Site        string `query:"site" maxLength:"64" doc:"only of this site"`
		Side        string `query:"side" enum:"buy,sell" doc:"only this side"`
		State       string `query:"state" enum:"open,taken,withdrawn,expired" doc:"only in this state"`
	}) (*listOut[BoardOffer], error) {
		f := record.BoardFilter{Participant: torg.ParticipantID(in.Participant), Site: torg.SiteID(in.Site), State: in.State}
		if in.Side != "" {
			var err error
			if f.Side, err = board.ParseSide(in.Side); err != nil {
				return nil, a.problem(err)
			}
		}
		rows, next, err := a.Reader.Offers(ctx, f, in.page())
		if err != nil {
			return nil, a.problem(err)
		}
		return list(rows, next, a.boardOffer, export.Offers(a.Calendar)), nil
	})
	huma.Get(h, "/api/v1/board/contracts", func(ctx context.Context, in *struct {
		Paged
		Participant string `query:"participant" maxLength:"64" doc:"only where this participant is a party"`
		Site        string `query:"site" maxLength:"64" doc:"only of this site"`
		State       string `query:"state" enum:"proposed,active,delivered,settled,refused,withdrawn,expired,voided"`
		Offer       string `query:"offer" maxLength:"128" doc:"only what takes this offer"`
	}) (*listOut[BoardContract], error) {
		f := record.BoardFilter{Participant: torg.ParticipantID(in.Participant), Site: torg.SiteID(in.Site), State: in.State, Offer: torg.OfferID(in.Offer)}
		rows, next, err := a.Reader.Forwards(ctx, f, in.page())
		if err != nil {
			return nil, a.problem(err)
		}
		return list(rows, next, a.boardContract, export.Forwards(a.Calendar)), nil
	})
	huma.Get(h, "/api/v1/board/contracts/{id}", func(ctx context.Context, in *struct {
		ID string `path:"id" maxLength:"128"`
	}) (*struct{ Body BoardContract }, error) {
		f, err := a.Reader.Forward(ctx, torg.ContractID(in.ID))
		if errors.Is(err, record.ErrNotFound) {
			return nil, Problem{Status: http.StatusNotFound, Code: string(torg.ErrUnknown), Detail: fmt.Sprintf("no contract %q", in.ID)}
		}
		if err != nil {
			return nil, a.problem(err)
		}
		return &struct{ Body BoardContract }{a.boardContract(f)}, nil
	})
	post := func(id, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: http.MethodPost, Path: path, Summary: summary, MaxBodyBytes: 2 << 20}
	}
	huma.Register(h, post("board-draft", "/api/v1/board/draft", "The exact bytes to sign, and what it would cost"), a.boardDraftOf)
	huma.Register(h, post("board-offer", "/api/v1/board/offers", "Put an offer on the board"), a.boardPost)
	huma.Register(h, post("board-take", "/api/v1/board/take", "Take an offer, or part of it: propose the contract"), a.boardTake)
	huma.Register(h, post("board-sign", "/api/v1/board/sign", "Bring a contract's second signature, or both at once"), a.boardSign)
	huma.Register(h, post("board-withdraw", "/api/v1/board/withdraw", "Take an offer off the board"), a.boardWithdraw)
	huma.Register(h, post("board-decline", "/api/v1/board/decline", "Refuse a proposed contract, or take the proposal back"), a.boardDecline)
}
