package main

import (
	"context"
	"errors"

	"torg"
	"torg/ledger"
	"torg/record"
	"torg/sign"
	"torg/store"
	"torg/web"
)

// verifier checks the signatures behind a contract with the keys that mandates name.
type verifier struct {
	store   *store.Store
	genesis ledger.Genesis
}

// Verify checks both parties' order and statement anew.
func (v verifier) Verify(ctx context.Context, c record.Contract) (web.Proof, error) {
	statements, err := v.store.Statements(ctx, c.Session)
	if err != nil {
		return web.Proof{}, err
	}
	p := web.Proof{Height: c.Height}
	if p.Buyer, err = v.party(ctx, c.BuyOrder, c.BuyerSite, statements); err != nil {
		return web.Proof{}, err
	}
	p.Seller, err = v.party(ctx, c.SellOrder, c.SellerSite, statements)
	return p, err
}

func (v verifier) party(ctx context.Context, id torg.OrderID, site torg.SiteID, statements []record.Statement) (web.PartyProof, error) {
	if id == "" {
		return web.PartyProof{Order: web.NoOrder, Statement: web.NoOrder}, nil
	}
	o, err := v.store.Order(ctx, id)
	if errors.Is(err, record.ErrNotFound) {
		return web.PartyProof{Order: web.Unsigned, Statement: web.Unsigned}, nil
	}
	if err != nil {
		return web.PartyProof{}, err
	}
	key, err := v.key(ctx, site, o.Height)
	if err != nil {
		return web.PartyProof{}, err
	}
	p := web.PartyProof{
		Order:     check(key, ledger.OrderMessage(v.genesis.ChainID, o.Order), o.Signature),
		Statement: web.Unsigned,
	}
	if key != nil {
		f := sign.Fingerprint(key)
		p.Fingerprint = &f
	}
	for _, s := range statements {
		if s.Site == site && !s.Differs {
			p.Statement = check(key, ledger.StatementMessage(v.genesis.ChainID, o.Slot, site, s.Root), s.Signature)
		}
	}
	return p, nil
}

// key returns the agent's key whose mandate held at a height.
func (v verifier) key(ctx context.Context, site torg.SiteID, height int64) ([]byte, error) {
	mandates, err := v.store.Mandates(ctx, site)
	if err != nil {
		return nil, err
	}
	for _, m := range mandates {
		if m.Height <= height {
			return m.PublicKey, nil
		}
	}
	return nil, nil
}

func check(key, message, signature []byte) web.Check {
	if len(signature) == 0 {
		return web.Unsigned
	}
	public, err := sign.ParsePublic(key)
	if err != nil || sign.Verify(public, message, signature) != nil {
		return web.Invalid
	}
	return web.Valid
}
