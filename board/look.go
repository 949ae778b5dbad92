package board

import (
	"context"

	"torg"
	"torg/ledger"
	"torg/record"
)

// offer finds an offer: the ledger knows those on the board before any table does.
func (d *Desk) offer(ctx context.Context, id torg.OfferID) (out record.Offer, err error) {
	there := false
	d.cfg.Chain.View(func(v ledger.View) {
		var p ledger.Posted
		if p, there = v.Offer(id); there {
			out = record.Offer{Offer: p.Offer, Left: p.Left, State: record.OfferOpen}
		}
	})
	row, err := d.cfg.Book.Offer(ctx, id)
	if !there {
		return row, err
	}
	out.Posted, out.Height = row.Posted, row.Height // 0 where the tables do not have it yet
	return out, nil
}

// forward finds a contract in the same way.
func (d *Desk) forward(ctx context.Context, id torg.ContractID) (out record.Forward, err error) {
	there := false
	d.cfg.Chain.View(func(v ledger.View) {
		var f ledger.ForwardChanged
		if f, there = v.Forward(id); there {
			out = record.Forward{Forward: f.Contract, State: string(f.State), Fee: f.Fee, Path: f.Path, Open: f.Open, ClosedOut: f.ClosedOut,
				Covered: f.Covered, BuyerSigned: f.BuyerSigned, SellerSigned: f.SellerSigned, BuyerKey: f.BuyerKey, SellerKey: f.SellerKey}
		}
	})
	row, err := d.cfg.Book.Forward(ctx, id)
	if !there {
		return row, err
	}
	out.Proposed, out.Height = row.Proposed, row.Height // 0 where the tables do not have it yet
	return out, nil
}
