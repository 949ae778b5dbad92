package recordtest

import (
	"context"
	"time"

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

// board puts two offers and two contracts on the board, for the day after Noon.
func (m *Market) board(cal torg.Calendar) {
	day := cal.At(Noon) + torg.Slot(Day/Interval)
	hours := func(n, e torg.Energy, p string) torg.Profile {
		return torg.Profile{First: day, Steps: []torg.Step{{Slots: uint32(n) * 120, Energy: e, Price: price(p)}}}
	}
	sell := torg.Offer{Site: "foundry-1", Number: 1, Participant: "foundry", Side: torg.Sell, Profile: hours(12, 3_333, "4.8"), Source: "chp", Expires: cal.Opens(day)}
	buy := torg.Offer{Site: "factory-1", Number: 1, Participant: "factory", Side: torg.Buy, Profile: hours(4, 1_000, "5.1"), Whole: true, Expires: cal.Opens(day)}
	m.OfferRows = []record.Offer{{Offer: sell, Left: sell.Profile, State: record.OfferOpen, Posted: 48_000, Height: 48_000}, {Offer: buy, State: record.OfferOpen, Posted: 48_001, Height: 48_003}}
	deal := func(n uint64, state string, p torg.Profile) record.Forward {
		f := torg.Forward{Proposer: torg.Buy, Number: n, Offer: sell.ID(), Buyer: "factory", Seller: "foundry", BuyerSite: "factory-1", SellerSite: "foundry-1",
			Profile: p, Source: "chp", SignBy: Noon.Add(11 * time.Hour).Truncate(time.Minute)}
		return record.Forward{Forward: f, State: state, Path: []torg.ZoneID{"z1"}, Open: p, Covered: day + 4_000, BuyerKey: torg.Fingerprint{1}, Proposed: 48_002, Height: 48_002,
			History: []record.ForwardStep{{State: "proposed", Height: 48_002}}}
	}
	waits, signed := deal(1, "proposed", hours(4, 833, "4.8")), deal(2, "active", hours(2, 900, "4.9"))
	signed.SellerKey = torg.Fingerprint{2}
	signed.History = append(signed.History, record.ForwardStep{State: "active", Height: 48_004})
	m.ForwardRows = []record.Forward{waits, signed}
}

// Day is how far ahead the fixture's board looks.
const Day = 24 * time.Hour
