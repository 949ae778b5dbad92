package main

import (
	"context"
	"net/http"

	"torg/board"
	"torg/httpapi"
)

type boardPostCmd struct {
	boardClient `embed:""`
	boardEnergy `embed:""`
	Site        string `help:"Your site." required:""`
	Side        string `help:"What it does: buy or sell." required:"" enum:"buy,sell"`
	Whole       bool   `help:"Only all of it can be taken."`
	MaxFee      string `help:"Most that you pay for lines as a buyer, RUB/kWh."`
	Source      string `help:"Of the energy, such as solar."`
	Until       string `help:"When the offer expires; default: when its first session opens."`
	Number      uint64 `help:"Makes the id; with it the same command counts once. Default: the next one."`
}

// Run puts an offer on the board.
func (p boardPostCmd) Run(ctx context.Context) error {
	r, err := p.rules(ctx)
	if err != nil {
		return err
	}
	energy, err := p.profile(r)
	if err != nil {
		return err
	}
	ask := board.Ask{Kind: board.KindOffer, Site: p.Site, Side: p.Side, First: r.calendar.Start(energy.First), Steps: board.Steps(energy),
		Whole: p.Whole, MaxFee: p.MaxFee, Source: p.Source, Until: p.Until, Number: p.Number}
	d, signature, err := p.sign(ctx, r, ask)
	if err != nil || d == nil {
		return err
	}
	return p.send(ctx, "offers", map[string]any{"offer": d.Offer, "signature": signature})
}

// send brings what is signed to the market, and says what became of it.
func (c boardClient) send(ctx context.Context, what string, body map[string]any) error {
	for name, v := range body {
		if b, is := v.([]byte); is && len(b) == 0 {
			delete(body, name)
		}
	}
	var got httpapi.BoardReceipt
	if err := c.do(ctx, http.MethodPost, "/api/v1/board/"+what, nil, body, &got); err != nil {
		return err
	}
	return c.receipt(got)
}

type boardTakeCmd struct {
	boardClient `embed:""`
	Offer       string `arg:"" help:"The offer, such as foundry-1.o7."`
	Site        string `help:"Your site." required:""`
	From        string `help:"Start of the first slot that you take; default: all."`
	To          string `help:"End of the last slot."`
	Power       string `help:"Most of each slot, such as 200kW; default: all."`
	MaxFee      string `help:"Most that you pay for lines as a buyer, RUB/kWh; default: what the path costs now."`
	Until       string `help:"When the other party has to have signed; default: 12 hours, or when the first session opens."`
	Number      uint64 `help:"Makes the id; with it the same command counts once. Default: the next one."`
}

// Run proposes the contract that takes an offer.
func (t boardTakeCmd) Run(ctx context.Context) error {
	r, err := t.rules(ctx)
	if err != nil {
		return err
	}
	d, signature, err := t.sign(ctx, r, board.Ask{Kind: board.KindTake, Offer: t.Offer, Site: t.Site, From: t.From, To: t.To, Power: t.Power,
		MaxFee: t.MaxFee, Until: t.Until, Number: t.Number})
	if err != nil || d == nil {
		return err
	}
	return t.send(ctx, "take", map[string]any{"contract": d.Contract, "signature": signature})
}

type boardSignCmd struct {
	boardClient `embed:""`
	Contract    string `arg:"" help:"The contract, such as factory-1.f3."`
	Side        string `help:"Your side, buy or sell; default: who has not signed." enum:"buy,sell," default:""`
}

// Run signs a proposed contract.
func (s boardSignCmd) Run(ctx context.Context) error {
	r, err := s.rules(ctx)
	if err != nil {
		return err
	}
	d, signature, err := s.sign(ctx, r, board.Ask{Kind: board.KindSign, Contract: s.Contract, Side: s.Side})
	if err != nil || d == nil {
		return err
	}
	return s.send(ctx, "sign", map[string]any{"id": s.Contract, "side": d.Side, "signature": signature})
}

type boardWithdrawCmd struct {
	boardClient `embed:""`
	Offer       string `arg:"" help:"Your offer."`
}

// Run takes an offer off the board.
func (w boardWithdrawCmd) Run(ctx context.Context) error {
	r, err := w.rules(ctx)
	if err != nil {
		return err
	}
	d, signature, err := w.sign(ctx, r, board.Ask{Kind: board.KindUnpost, Offer: w.Offer})
	if err != nil || d == nil {
		return err
	}
	return w.send(ctx, "withdraw", map[string]any{"offer": w.Offer, "signature": signature})
}

type boardDeclineCmd struct {
	boardClient `embed:""`
	Contract    string `arg:"" help:"The contract."`
	Side        string `help:"Your side: buy or sell." required:"" enum:"buy,sell"`
}

// Run ends a proposed contract.
func (x boardDeclineCmd) Run(ctx context.Context) error {
	r, err := x.rules(ctx)
	if err != nil {
		return err
	}
	d, signature, err := x.sign(ctx, r, board.Ask{Kind: board.KindDecline, Contract: x.Contract, Side: x.Side})
	if err != nil || d == nil {
		return err
	}
	return x.send(ctx, "decline", map[string]any{"contract": x.Contract, "side": d.Side, "signature": signature})
}
