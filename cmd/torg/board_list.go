package main

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"torg"
	"torg/httpapi"
)

type boardListCmd struct {
	boardClient `embed:""`
	Site        string `help:"Only of this site."`
	Side        string `help:"Only buy or sell." enum:"buy,sell," default:""`
	State       string `help:"open, taken, withdrawn, expired or all." enum:"open,taken,withdrawn,expired,all" default:"open"`
	Limit       int    `help:"Most offers, the newest ones." default:"50"`
}

// Run lists offers.
func (l boardListCmd) Run(ctx context.Context) error {
	r, err := l.rules(ctx)
	if err != nil {
		return err
	}
	q := url.Values{"limit": {strconv.Itoa(l.Limit)}}
	set(q, "site", l.Site)
	set(q, "side", l.Side)
	if l.State != "all" {
		set(q, "state", l.State)
	}
	var got httpapi.List[httpapi.BoardOffer]
	if err := l.do(ctx, http.MethodGet, "/api/v1/board/offers", q, nil, &got); err != nil {
		return err
	}
	if l.JSON {
		return printJSON(got)
	}
	var rows [][]string
	for _, o := range got.Items {
		whole := "any part"
		if o.Offer.Whole {
			whole = "whole"
		}
		rows = append(rows, []string{o.ID, o.Offer.Side, o.Offer.Site, r.energy(o.Offer.First, o.Offer.Steps), torg.Energy(o.LeftWh).String(), whole, o.State, r.local(o.Offer.Expires)})
	}
	return table("OFFER\tSIDE\tSITE\tENERGY\tLEFT\tTAKE\tSTATE\tEXPIRES", rows)
}

func set(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}

type boardContractsCmd struct {
	boardClient `embed:""`
	ID          string `arg:"" optional:"" help:"One contract, with its history."`
	Site        string `help:"Only of this site."`
	Participant string `help:"Only where this participant is a party."`
	State       string `help:"Only in this state, such as proposed or active."`
	Limit       int    `help:"Most contracts, the newest ones." default:"50"`
}

// Run lists forward contracts, or shows one.
func (l boardContractsCmd) Run(ctx context.Context) error {
	r, err := l.rules(ctx)
	if err != nil {
		return err
	}
	if l.ID != "" {
		return l.one(ctx, r)
	}
	q := url.Values{"limit": {strconv.Itoa(l.Limit)}}
	set(q, "site", l.Site)
	set(q, "participant", l.Participant)
	set(q, "state", l.State)
	var got httpapi.List[httpapi.BoardContract]
	if err := l.do(ctx, http.MethodGet, "/api/v1/board/contracts", q, nil, &got); err != nil {
		return err
	}
	if l.JSON {
		return printJSON(got)
	}
	var rows [][]string
	for _, c := range got.Items {
		rows = append(rows, []string{c.ID, c.State, c.Contract.BuyerSite, c.Contract.SellerSite, r.energy(c.Contract.First, c.Contract.Steps), c.Fee, r.local(c.Contract.SignBy)})
	}
	return table("CONTRACT\tSTATE\tBUYER\tSELLER\tENERGY\tFEE\tSIGN BY", rows)
}

func (l boardContractsCmd) one(ctx context.Context, r rules) error {
	var c httpapi.BoardContract
	if err := l.do(ctx, http.MethodGet, "/api/v1/board/contracts/"+url.PathEscape(l.ID), nil, nil, &c); err != nil {
		return err
	}
	if l.JSON {
		return printJSON(c)
	}
	say("Contract %s is %s: %s buys from %s %s, fee %s RUB/kWh.", c.ID, c.State, c.Contract.BuyerSite, c.Contract.SellerSite,
		r.energy(c.Contract.First, c.Contract.Steps), c.Fee)
	var rows [][]string
	for _, h := range c.History {
		rows = append(rows, []string{h.State, h.ClosedOut, strconv.FormatInt(h.LedgerHeight, 10)})
	}
	return table("STATE\tCLOSED OUT\tBLOCK", rows)
}
