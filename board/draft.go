package board

import (
	"context"
	"fmt"
	"time"

	"torg"
	"torg/record"
)

// signWithin is how long the other party has, unless a draft says otherwise. The ledger
// allows a day.
const signWithin = 12 * time.Hour

// DraftOffer fills in what an offer leaves open: the site's owner, the next number, and
// that it ends when the session of its first slot opens.
func (d *Desk) DraftOffer(ctx context.Context, o torg.Offer) (torg.Offer, error) {
	at, err := d.Site(ctx, o.Site)
	if err != nil {
		return o, err
	}
	if o.Participant == "" {
		o.Participant = at.Participant
	}
	if o.Participant != at.Participant {
		return o, fmt.Errorf("site %s is not of %s: %w", o.Site, o.Participant, torg.ErrNotYours)
	}
	if err := d.ahead(o.Profile); err != nil {
		return o, err
	}
	if o.Number == 0 {
		o.Number, _ = d.next(o.Site)
	}
	if opens := d.Calendar().Opens(o.Profile.First); o.Expires.IsZero() {
		o.Expires = opens
	}
	if o.Side == torg.Sell {
		o.MaxFee = 0
	}
	return o, nil
}

// Take is what somebody wants of an offer.
type Take struct {
	Offer    torg.OfferID
	Site     torg.SiteID
	From, To torg.Slot   // both included; To 0: all slots
	Watts    int64       // most of each slot, in whole Wh rounded down; 0: all
	Number   uint64      // of the contract; 0: the next one
	MaxFee   *torg.Price // nil: what the path costs now
	SignBy   time.Time   // zero: 12 hours, or when the first slot's session opens
}

// DraftTake makes the contract that takes an offer, or part of it, for a site.
func (d *Desk) DraftTake(ctx context.Context, t Take) (torg.Forward, error) {
	o, err := d.offer(ctx, t.Offer)
	if err != nil {
		return torg.Forward{}, unknown("offer", string(t.Offer), err)
	}
	if o.State != record.OfferOpen {
		refusal := torg.ErrOfferTaken
		if o.State == record.OfferExpired {
			refusal = torg.ErrExpired
		}
		return torg.Forward{}, fmt.Errorf("offer %s is %s: %w", t.Offer, o.State, refusal)
	}
	p := o.Left
	if t.To == 0 {
		t.To = p.Last()
	}
	t.From = max(t.From, d.Calendar().At(d.cfg.Now())+2) // earlier sessions are open
	p = Part(p, t.From, t.To, torg.Energy(t.Watts*int64(d.Calendar().Interval/time.Second)/3600))
	if len(p.Steps) == 0 {
		return torg.Forward{}, fmt.Errorf("offer %s has nothing left there: %w", t.Offer, torg.ErrOfferTaken)
	}
	if o.Whole && !p.Equal(o.Profile) {
		return torg.Forward{}, fmt.Errorf("offer %s is taken as a whole or not at all: %w", t.Offer, torg.ErrOfferTaken)
	}
	c := torg.Forward{Number: t.Number, Offer: t.Offer, Profile: p, Source: o.Source, SignBy: t.SignBy}
	if o.Side == torg.Sell {
		c.Proposer, c.BuyerSite, c.SellerSite = torg.Buy, t.Site, o.Site
	} else {
		c.Proposer, c.BuyerSite, c.SellerSite, c.MaxFee = torg.Sell, o.Site, t.Site, o.MaxFee
	}
	return d.DraftContract(ctx, c, t.MaxFee)
}

// DraftContract fills in what a contract leaves open: the sites' owners, the proposer's
// next number, the time to sign by, and with maxFee nil, for a buyer who proposes, what
// the path costs now.
func (d *Desk) DraftContract(ctx context.Context, c torg.Forward, maxFee *torg.Price) (torg.Forward, error) {
	if err := d.owners(ctx, &c); err != nil {
		return c, err
	}
	if err := d.ahead(c.Profile); err != nil {
		return c, err
	}
	if c.Number == 0 {
		_, site := c.Party(c.Proposer)
		_, c.Number = d.next(site)
	}
	if c.SignBy.IsZero() {
		c.SignBy = d.cfg.Now().UTC().Add(signWithin).Truncate(time.Minute)
		if opens := d.Calendar().Opens(c.Profile.First); opens.Before(c.SignBy) {
			c.SignBy = opens
		}
	}
	switch {
	case maxFee != nil:
		c.MaxFee = *maxFee
	case c.Proposer == torg.Buy && c.MaxFee == 0:
		c.MaxFee = torg.MaxPrice
		q, err := d.Quote(ctx, c, c.Proposer)
		if err != nil {
			return c, err
		}
		c.MaxFee = q.Fee // 0 where no path was found: the ledger says why
	}
	return c, nil
}

// owners fills in whose a contract's sites are, and refuses it where it says another.
func (d *Desk) owners(ctx context.Context, c *torg.Forward) error {
	for _, x := range []struct {
		site  torg.SiteID
		party *torg.ParticipantID
	}{{c.BuyerSite, &c.Buyer}, {c.SellerSite, &c.Seller}} {
		at, err := d.Site(ctx, x.site)
		if err != nil {
			return err
		}
		if *x.party == "" {
			*x.party = at.Participant
		}
		if *x.party != at.Participant {
			return fmt.Errorf("site %s is not of %s: %w", x.site, *x.party, torg.ErrNotYours)
		}
	}
	return nil
}

// ahead refuses a profile whose first session has opened.
func (d *Desk) ahead(p torg.Profile) error {
	if err := p.Valid(); err != nil {
		return err
	}
	if opens := d.Calendar().Opens(p.First); !d.cfg.Now().Before(opens) {
		return fmt.Errorf("the session of the first slot opened at %s: %w", opens.Format(time.RFC3339), torg.ErrGateClosed)
	}
	return nil
}

// Site finds a site.
func (d *Desk) Site(ctx context.Context, id torg.SiteID) (record.Site, error) {
	sites, err := d.cfg.Book.Sites(ctx)
	if err != nil {
		return record.Site{}, err
	}
	for _, s := range sites {
		if s.ID == id {
			return s, nil
		}
	}
	return record.Site{}, fmt.Errorf("no site %q: %w", id, torg.ErrUnknown)
}
