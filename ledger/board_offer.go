package ledger

import (
	"fmt"
	"unicode/utf8"

	"torg"
)

// takePost puts an offer on the board.
func (s *state) takePost(b Post, signature []byte) error {
	o := b.Offer
	if err := s.goodOffer(o); err != nil {
		return fmt.Errorf("offer %s: %w", o.ID(), err)
	}
	by, err := s.speaks(o.Site, o.Side, TxMessage(s.ChainID, b), signature)
	if err == nil && by.agent {
		err = s.within(o.Site, o.Side, o.Profile, o.MaxFee)
	}
	if err != nil {
		return fmt.Errorf("offer %s: %w", o.ID(), err)
	}
	rec := &offer{Offer: o, left: o.Profile, agent: by.agent}
	s.atDesk(o.Site, func(d *desk) { d.offer, d.offers = o.Number, d.offers+1 })
	s.offers.put(o.ID(), rec)
	s.dueAt(s.offerEnds(rec))
	s.posted(rec)
	return nil
}

// goodOffer refuses what cannot stand on the board, whoever signed it.
func (s *state) goodOffer(o torg.Offer) error {
	t, known := s.sites.get(o.Site)
	d, _ := s.desks.get(o.Site)
	switch {
	case o.Side != torg.Buy && o.Side != torg.Sell:
		return fmt.Errorf("no side: %w", torg.ErrMalformed)
	case o.Side == torg.Sell && o.MaxFee != 0:
		return fmt.Errorf("a seller pays no fees: %w", torg.ErrMalformed)
	case !known:
		return fmt.Errorf("site %q: %w", o.Site, torg.ErrUnknown)
	case t.Participant != o.Participant:
		return fmt.Errorf("site %s is not of %q: %w", o.Site, o.Participant, torg.ErrNotYours)
	}
	if err := s.goodTerms(o.Profile, o.MaxFee, o.Source); err != nil {
		return err
	}
	if err := nextNumber(o.Number, d.offer); err != nil {
		return err
	}
	switch {
	case !s.now.Before(o.Expires):
		return torg.ErrExpired
	case o.Profile.Most() > s.capacity(t.Site):
		return fmt.Errorf("%d Wh in a slot, the site's connection carries %d: %w", o.Profile.Most(), s.capacity(t.Site), torg.ErrConnection)
	case d.offers >= maxOffers:
		return fmt.Errorf("%d offers are open already: %w", maxOffers, torg.ErrTooLarge)
	}
	return nil
}

// goodTerms refuses terms that neither an offer nor a contract can have.
func (s *state) goodTerms(p torg.Profile, maxFee torg.Price, source string) error {
	if err := p.Valid(); err != nil {
		return err
	}
	switch {
	case maxFee < 0 || maxFee > torg.MaxPrice:
		return fmt.Errorf("fee of %s at most: %w", maxFee, torg.ErrMalformed)
	case len(source) > torg.MaxWord || !utf8.ValidString(source):
		return fmt.Errorf("source %q: %w", source, torg.ErrMalformed)
	case p.First < s.nextSlot():
		return fmt.Errorf("the session for slot %d is open or over: %w", p.First, torg.ErrGateClosed)
	case p.Last() > s.head.session.slot+torg.MaxForwardSlots:
		return fmt.Errorf("slot %d is more than %d ahead: %w", p.Last(), torg.MaxForwardSlots, torg.ErrTooLarge)
	}
	return nil
}

// takeUnpost takes an offer off the board.
func (s *state) takeUnpost(b Unpost, signature []byte) error {
	id := torg.NewOfferID(b.Site, b.Number)
	o, there := s.offers.get(id)
	if !there {
		return fmt.Errorf("offer %s: %w", id, torg.ErrUnknown)
	}
	if _, err := s.speaks(o.Site, o.Side, TxMessage(s.ChainID, b), signature); err != nil {
		return fmt.Errorf("offer %s: %w", id, err)
	}
	s.unposted(o, OfferWithdrawn)
	return nil
}

// posted tells what is left of an offer.
func (s *state) posted(o *offer) { s.event(Event{Posted: &Posted{Offer: o.Offer, Left: s.left(o)}}) }

// left is what may still be taken of an offer.
func (s *state) left(o *offer) torg.Profile {
	if len(o.left.Steps) == 0 {
		return torg.Profile{}
	}
	return o.left.Cut(s.nextSlot(), o.left.Last()+1)
}

// unposted takes an offer off the board.
func (s *state) unposted(o *offer, why OfferEnd) {
	s.offers.del(o.ID())
	s.atDesk(o.Site, func(d *desk) { d.offers-- })
	s.event(Event{Unposted: &Unposted{Offer: o.ID(), Why: why}})
}

// takes holds a contract against the offer that it takes; nil: it takes none.
func (s *state) takes(f torg.Forward) (*offer, error) {
	if f.Offer == "" {
		return nil, nil
	}
	o, there := s.offers.get(f.Offer)
	_, site := f.Party(other(f.Proposer))
	if !there {
		return nil, fmt.Errorf("offer %s: %w", f.Offer, torg.ErrUnknown)
	}
	left := s.left(o)
	switch {
	case o.Site != site || o.Side == f.Proposer:
		return nil, fmt.Errorf("offer %s is not the other side's: %w", f.Offer, torg.ErrMalformed)
	case !s.now.Before(o.Expires):
		return nil, fmt.Errorf("offer %s: %w", f.Offer, torg.ErrExpired)
	case o.Side == torg.Sell && o.Source != f.Source:
		return nil, fmt.Errorf("offer %s is of source %q: %w", f.Offer, o.Source, torg.ErrMalformed)
	case o.Side == torg.Buy && f.MaxFee > o.MaxFee:
		return nil, fmt.Errorf("offer %s pays fees of %s at most: %w", f.Offer, o.MaxFee, torg.ErrFeeTooHigh)
	case !f.Profile.Within(o.Profile) || o.Whole && !f.Profile.Equal(o.Profile):
		return nil, fmt.Errorf("what the contract takes is not in offer %s: %w", f.Offer, torg.ErrMalformed)
	case !f.Profile.Within(left):
		return nil, fmt.Errorf("offer %s: %w", f.Offer, torg.ErrOfferTaken)
	case len(left.Sub(f.Profile).Steps) > torg.MaxSteps:
		return nil, fmt.Errorf("offer %s would be left in more than %d steps: %w", f.Offer, torg.MaxSteps, torg.ErrTooLarge)
	}
	return o, nil
}

// take takes a contract's part off its offer, which stays until all of it is signed.
func (s *state) takeOff(o *offer, f *forward, pending bool) {
	c := *o
	c.left = s.left(o).Sub(f.Profile)
	if pending {
		c.pending++
	}
	s.keepOffer(&c)
}

// keepOffer puts an offer back, unless all of it is taken and signed.
func (s *state) keepOffer(o *offer) {
	if len(s.left(o).Steps) == 0 && o.pending == 0 {
		s.unposted(o, OfferTaken)
		return
	}
	s.offers.put(o.ID(), o)
	s.posted(o)
}

// giveBack returns what a proposal that ended took of its offer, if that still stands.
func (s *state) giveBack(f *forward) {
	if o, there := s.offers.get(f.Offer); there {
		c := *o
		c.left = s.left(o).Add(f.Profile)
		c.pending--
		s.keepOffer(&c)
	}
}

// signedOff tells the offer of a proposal that it is signed.
func (s *state) signedOff(f *forward) {
	if o, there := s.offers.get(f.Offer); there {
		c := *o
		c.pending--
		s.keepOffer(&c)
	}
}

// maxJump is by how much a number on the board may exceed the site's last one. It leaves
// room for numbers of anybody's own kind, and no single signature uses them all up.
const maxJump = 1 << 32

// nextNumber refuses a number that the site has used, or that would use up those of others.
func nextNumber(n, last uint64) error {
	switch {
	case n <= last:
		return fmt.Errorf("number %d, the site's last one is %d: %w", n, last, torg.ErrDuplicate)
	case n-last > maxJump:
		return fmt.Errorf("number %d, more than %d above the site's last one, %d: %w", n, uint64(maxJump), last, torg.ErrTooLarge)
	}
	return nil
}
