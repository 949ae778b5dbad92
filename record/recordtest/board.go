package recordtest

import (
	"context"

	"torg"
	"torg/record"
)

// Offers lists offers, newest first.
func (m *Market) Offers(_ context.Context, f record.BoardFilter, p record.Page) ([]record.Offer, string, error) {
	return page(m, m.OfferRows, p, func(o record.Offer) bool {
		return (f.Participant == "" || o.Participant == f.Participant) && (f.Site == "" || o.Site == f.Site) &&
			(f.Side == 0 || o.Side == f.Side) && (f.State == "" || string(o.State) == f.State) && (f.Offer == "" || o.ID() == f.Offer)
	})
}

// Offer finds an offer.
func (m *Market) Offer(_ context.Context, id torg.OfferID) (record.Offer, error) {
	return find(m, m.OfferRows, func(o record.Offer) bool { return o.ID() == id })
}

// Forwards lists forward contracts, newest first.
func (m *Market) Forwards(_ context.Context, f record.BoardFilter, p record.Page) ([]record.Forward, string, error) {
	return page(m, m.ForwardRows, p, func(c record.Forward) bool {
		return (f.Participant == "" || c.Buyer == f.Participant || c.Seller == f.Participant) &&
			(f.Site == "" || c.BuyerSite == f.Site || c.SellerSite == f.Site) &&
			(f.State == "" || c.State == f.State) && (f.Offer == "" || c.Offer == f.Offer)
	})
}

// Forward finds a forward contract.
func (m *Market) Forward(_ context.Context, id torg.ContractID) (record.Forward, error) {
	return find(m, m.ForwardRows, func(c record.Forward) bool { return c.ID() == id })
}
