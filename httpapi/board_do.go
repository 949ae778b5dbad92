package httpapi

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"torg"
	"torg/account"
	"torg/board"
)

// BoardReceipt says what became of a request.
type BoardReceipt struct {
	ID           string `json:"id" doc:"of the offer or contract"`
	State        string `json:"state" doc:"that it has, or is to have"`
	LedgerHeight int64  `json:"ledger_height,omitempty" doc:"block that has it"`
	Pending      bool   `json:"pending" doc:"it waits for a block: send the same request again, it counts once"`
	Ask          string `json:"ask" doc:"where to look"`
}

type receiptOut struct {
	Status int
	Body   BoardReceipt
}

// receipt answers when a block has it, or that it waits for one.
func (a *api) receipt(r board.Receipt, err error, where string) (*receiptOut, error) {
	if err != nil {
		return nil, a.problem(err)
	}
	out := &receiptOut{Status: http.StatusOK, Body: BoardReceipt{ID: r.ID, State: r.State, LedgerHeight: r.Height, Pending: r.Pending, Ask: where}}
	if r.Pending {
		out.Status = http.StatusAccepted
	}
	return out, nil
}

const (
	askOffers    = "/api/v1/board/offers"
	askContracts = "/api/v1/board/contracts/"
)

// may refuses whoever may not act for any of some participants.
func (a *api) may(ctx context.Context, ids ...torg.ParticipantID) error {
	if !account.From(ctx).May(account.Trade) {
		return a.problem(account.ErrScope)
	}
	for _, id := range ids {
		if !acts(ctx)(id) {
			continue
		}
		if a.Board == nil {
			return notRunning
		}
		return nil
	}
	return a.problem(fmt.Errorf("you may not act for %q: %w", ids, torg.ErrNotYours))
}

// draft makes a draft for whoever asks.
func (a *api) draft(ctx context.Context, ask board.Ask) (board.Draft, error) {
	if !account.From(ctx).May(account.Trade) {
		return board.Draft{}, a.problem(account.ErrScope)
	}
	if a.Board == nil {
		return board.Draft{}, notRunning
	}
	d, err := a.Board.Draft(ctx, ask, a.Location, acts(ctx))
	if err != nil {
		return d, a.problem(err)
	}
	return d, a.may(ctx, d.Party)
}

func (a *api) boardDraftOf(ctx context.Context, in *struct{ Body board.Ask }) (*struct{ Body BoardDraft }, error) {
	d, err := a.draft(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	return &struct{ Body BoardDraft }{a.boardDraft(d)}, nil
}

func (a *api) boardPost(ctx context.Context, in *struct {
	Body struct {
		Ask       *board.Ask        `json:"ask,omitempty" doc:"where this server holds the key, in place of offer and signature"`
		Offer     *board.OfferTerms `json:"offer,omitempty" doc:"as the draft gave it"`
		Signature []byte            `json:"signature,omitempty" doc:"over the draft's message, base64"`
	}
}) (*receiptOut, error) {
	var o torg.Offer
	switch {
	case in.Body.Offer != nil:
		var err error
		if o, err = in.Body.Offer.Read(a.Calendar); err != nil {
			return nil, a.problem(err)
		}
		if err := a.may(ctx, o.Participant); err != nil {
			return nil, err
		}
	case in.Body.Ask != nil:
		in.Body.Ask.Kind = board.KindOffer
		d, err := a.draft(ctx, *in.Body.Ask)
		if err != nil {
			return nil, err
		}
		o = *d.Offer
	default:
		return nil, a.problem(fmt.Errorf("neither ask nor offer: %w", torg.ErrMalformed))
	}
	r, err := a.Board.Post(ctx, o, in.Body.Signature)
	return a.receipt(r, err, askOffers+"?site="+string(o.Site))
}

func (a *api) boardTake(ctx context.Context, in *struct {
	Body struct {
		Ask       *board.Ask           `json:"ask,omitempty" doc:"where this server holds the key, in place of contract and signature"`
		Contract  *board.ContractTerms `json:"contract,omitempty" doc:"as the draft gave it"`
		Signature []byte               `json:"signature,omitempty" doc:"the proposer's over the draft's message, base64"`
	}
}) (*receiptOut, error) {
	var c torg.Forward
	switch {
	case in.Body.Contract != nil:
		var err error
		if c, err = in.Body.Contract.Read(a.Calendar); err != nil {
			return nil, a.problem(err)
		}
	case in.Body.Ask != nil:
		in.Body.Ask.Kind = cmp.Or(in.Body.Ask.Kind, board.KindTake)
		d, err := a.draft(ctx, *in.Body.Ask)
		if err != nil {
			return nil, err
		}
		if d.Contract == nil {
			return nil, a.problem(fmt.Errorf("kind %q takes nothing: %w", d.Kind, torg.ErrMalformed))
		}
		c = *d.Contract
	default:
		return nil, a.problem(fmt.Errorf("neither ask nor contract: %w", torg.ErrMalformed))
	}
	return a.conclude(ctx, c, c.Proposer, in.Body.Signature)
}

// conclude brings one party's signature.
func (a *api) conclude(ctx context.Context, c torg.Forward, side torg.Side, signature []byte) (*receiptOut, error) {
	party, _ := c.Party(side)
	if err := a.may(ctx, party); err != nil {
		return nil, err
	}
	var buyer, seller []byte
	if side == torg.Buy {
		buyer = signature
	} else {
		seller = signature
	}
	r, err := a.Board.Conclude(ctx, c, side, buyer, seller)
	return a.receipt(r, err, askContracts+string(c.ID()))
}

func (a *api) boardSign(ctx context.Context, in *struct {
	Body struct {
		ID           string               `json:"id,omitempty" maxLength:"128" doc:"of a contract that is proposed"`
		Contract     *board.ContractTerms `json:"contract,omitempty" doc:"in place of id, with signatures made elsewhere"`
		Side         string               `json:"side,omitempty" enum:"buy,sell" doc:"whose signature; absent: of whoever has not signed"`
		Signature    []byte               `json:"signature,omitempty" doc:"that side's, base64"`
		BuyerSigned  []byte               `json:"buyer_signed,omitempty" doc:"with contract"`
		SellerSigned []byte               `json:"seller_signed,omitempty" doc:"with contract"`
	}
}) (*receiptOut, error) {
	b := in.Body
	if b.Contract == nil {
		d, err := a.draft(ctx, board.Ask{Kind: board.KindSign, Contract: b.ID, Side: b.Side})
		if err != nil {
			return nil, err
		}
		return a.conclude(ctx, *d.Contract, d.Side, b.Signature)
	}
	c, err := b.Contract.Read(a.Calendar)
	if err != nil {
		return nil, a.problem(err)
	}
	if err := a.may(ctx, c.Buyer, c.Seller); err != nil {
		return nil, err
	}
	if len(b.BuyerSigned) == 0 && len(b.SellerSigned) == 0 {
		return nil, a.problem(fmt.Errorf("contract %s without a signature: %w", c.ID(), torg.ErrNotSigned))
	}
	r, err := a.Board.Conclude(ctx, c, c.Proposer, b.BuyerSigned, b.SellerSigned)
	return a.receipt(r, err, askContracts+string(c.ID()))
}

func (a *api) boardWithdraw(ctx context.Context, in *struct {
	Body struct {
		Offer     string `json:"offer" maxLength:"128" doc:"id of the offer"`
		Signature []byte `json:"signature,omitempty" doc:"over the draft's message, base64"`
	}
}) (*receiptOut, error) {
	d, err := a.draft(ctx, board.Ask{Kind: board.KindUnpost, Offer: in.Body.Offer})
	if err != nil {
		return nil, err
	}
	r, err := a.Board.Unpost(ctx, d.Offer.ID(), in.Body.Signature)
	return a.receipt(r, err, askOffers+"?site="+string(d.Offer.Site))
}

func (a *api) boardDecline(ctx context.Context, in *struct {
	Body struct {
		Contract  string `json:"contract" maxLength:"128" doc:"id of the contract"`
		Side      string `json:"side,omitempty" enum:"buy,sell" doc:"who declines; absent: whoever asks"`
		Signature []byte `json:"signature,omitempty" doc:"over the draft's message, base64"`
	}
}) (*receiptOut, error) {
	d, err := a.draft(ctx, board.Ask{Kind: board.KindDecline, Contract: in.Body.Contract, Side: in.Body.Side})
	if err != nil {
		return nil, err
	}
	r, err := a.Board.Decline(ctx, d.Contract.ID(), d.Side, in.Body.Signature)
	return a.receipt(r, err, askContracts+d.ID)
}
