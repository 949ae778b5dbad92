package ledger

import (
	"bytes"
	"fmt"

	"torg"
	"torg/canon"
)

// takeConclude proposes a contract, signs one that is proposed, or both at once.
func (s *state) takeConclude(b Conclude) error {
	id := b.Contract.ID()
	f, there := s.forwards.get(id)
	var err error
	if there {
		err = s.countersign(f, b)
	} else {
		err = s.propose(b)
	}
	if err != nil {
		return fmt.Errorf("forward contract %s: %w", id, err)
	}
	return nil
}

// draft makes a contract's record as far as it does not depend on who signs, or says
// why it cannot be concluded now.
func (s *state) draft(c torg.Forward) (*forward, *offer, error) {
	if err := s.goodParties(c); err != nil {
		return nil, nil, err
	}
	if err := s.goodTerms(c.Profile, c.MaxFee, c.Source); err != nil {
		return nil, nil, err
	}
	_, proposer := c.Party(c.Proposer)
	ahead := maxSignBy
	if s.check {
		ahead += checkLeniency
	}
	if !s.now.Before(c.SignBy) {
		return nil, nil, fmt.Errorf("to be signed by %s: %w", c.SignBy, torg.ErrExpired)
	}
	d, _ := s.desks.get(proposer)
	if err := nextNumber(c.Number, d.forward); err != nil {
		return nil, nil, err
	}
	if c.SignBy.After(s.now.Add(ahead)) {
		return nil, nil, fmt.Errorf("to be signed by %s, more than %s ahead: %w", c.SignBy, maxSignBy, torg.ErrTooLarge)
	}
	o, err := s.takes(c)
	if err != nil {
		return nil, nil, err
	}
	seller, _ := s.sites.get(c.SellerSite)
	buyer, _ := s.sites.get(c.BuyerSite)
	r, err := s.path(seller.Zone, buyer.Zone, c.Profile)
	if err != nil {
		return nil, nil, err
	}
	if r.fee > c.MaxFee {
		return nil, nil, fmt.Errorf("fees of %s: %w", r.fee, torg.ErrFeeTooHigh)
	}
	f := &forward{Forward: c, state: ForwardProposed, fee: r.fee, path: r.hops, short: s.shortage(c.SellerSite, s.head.session.slot)}
	f.opened(c.Profile)
	return f, o, nil
}

// goodParties refuses a contract whose parties are not who they are said to be.
func (s *state) goodParties(c torg.Forward) error {
	if c.Proposer != torg.Buy && c.Proposer != torg.Sell {
		return fmt.Errorf("no proposer: %w", torg.ErrMalformed)
	}
	for _, side := range bothSides {
		p, site := c.Party(side)
		switch t, known := s.sites.get(site); {
		case !known:
			return fmt.Errorf("site %q: %w", site, torg.ErrUnknown)
		case t.Participant != p:
			return fmt.Errorf("site %s is not of %q: %w", site, p, torg.ErrNotYours)
		}
	}
	if c.Buyer == c.Seller {
		return torg.ErrBothSides
	}
	return nil
}

// propose takes a contract that the ledger has not seen.
func (s *state) propose(b Conclude) error {
	f, o, err := s.draft(b.Contract)
	if err != nil {
		return err
	}
	if len(b.signature(f.Proposer)) == 0 {
		return torg.ErrNotSigned
	}
	_, proposer := f.Party(f.Proposer)
	both := len(b.signature(other(f.Proposer))) > 0
	if d, _ := s.desks.get(proposer); !both && d.proposals >= maxProposals {
		return fmt.Errorf("%d proposals are open already: %w", maxProposals, torg.ErrTooLarge)
	}
	for _, side := range bothSides {
		if len(b.signature(side)) == 0 {
			continue
		}
		if *f.by(side), err = s.binds(f, side, b.signature(side)); err != nil {
			return err
		}
	}
	covered := s.covered()
	s.onBoard(func(b *board) { b.covered = covered })
	s.atDesk(proposer, func(d *desk) { d.forward, d.proposals = f.Number, d.proposals+1 })
	s.hold(f, f.open, 1)
	if o != nil {
		s.takeOff(o, f, !both)
	}
	for _, side := range bothSides {
		if f.by(side).there {
			s.bind(f, side)
		}
	}
	if both {
		s.activateForward(f)
	} else {
		s.putForward(f)
		s.dueAt(s.ends(f))
		s.changed(f, covered)
	}
	return nil
}

// signature is what a transaction brings of a side.
func (b Conclude) signature(side torg.Side) []byte {
	if side == torg.Buy {
		return b.BuyerSigned
	}
	return b.SellerSigned
}

// countersign takes the second signature of a proposal.
func (s *state) countersign(old *forward, b Conclude) error {
	if !bytes.Equal(canon.Encode(canon.AppendForward, old.Forward), canon.Encode(canon.AppendForward, b.Contract)) {
		return fmt.Errorf("with other terms: %w", torg.ErrExists)
	}
	side := other(old.Proposer)
	switch {
	case old.by(side).there || len(b.signature(side)) == 0:
		return torg.ErrDuplicate
	case !s.now.Before(old.SignBy):
		return torg.ErrExpired
	case old.Profile.First < s.nextSlot():
		return torg.ErrGateClosed
	}
	f := old.change()
	var err error
	if *f.by(side), err = s.binds(f, side, b.signature(side)); err != nil {
		return err
	}
	s.bind(f, side)
	s.activateForward(f)
	s.signedOff(f)
	return nil
}

// binds says who signs for a side, if that binds it: by the owner's word or within the
// mandate, and with what it needs of connection and money.
func (s *state) binds(f *forward, side torg.Side, signature []byte) (signed, error) {
	_, site := f.Party(side)
	by, err := s.speaks(site, side, ForwardMessage(s.ChainID, f.Forward), signature)
	if err != nil {
		return by, err
	}
	if by.agent {
		fee := torg.Price(0)
		if side == torg.Buy {
			fee = f.fee
		}
		if err := s.within(site, side, f.Profile, fee); err != nil {
			return by, err
		}
		if err := s.mayMeet(f, side); err != nil {
			return by, err
		}
		if side == torg.Buy {
			if err := s.maySpend(f); err != nil {
				return by, err
			}
		}
	}
	return by, s.ableTo(f, side)
}

// ableTo refuses what a side has no room or money for.
func (s *state) ableTo(f *forward, side torg.Side) error {
	_, site := f.Party(side)
	if d, _ := s.desks.get(site); d.signedContracts >= maxForwards {
		return fmt.Errorf("site %s has %d contracts already: %w", site, maxForwards, torg.ErrTooLarge)
	}
	if err := s.connectedRoom(site, side, f.open); err != nil {
		return err
	}
	return s.affordsForward(f, side)
}

// bind holds what a side that signed needs: its connection, and its money as a
// reservation.
func (s *state) bind(f *forward, side torg.Side) {
	_, site := f.Party(side)
	s.atDesk(site, func(d *desk) { d.signedContracts++ })
	s.connect(f, side, f.open, 1)
	s.reserveSide(f, side, s.nextSlot(), s.covered(), 1)
	if side == torg.Buy && f.by(side).agent {
		s.spendForward(f, s.today(), 1)
		f.day = s.today()
	}
}

// activateForward makes a contract that both have signed binding: what was reserved to
// be paid becomes escrow, and the contract a leaf of the next session's root.
func (s *state) activateForward(f *forward) {
	f.state = ForwardActive
	covered := s.covered()
	for _, side := range bothSides {
		p, _ := f.Party(side)
		escrow, _ := f.owed(side, f.open, s.nextSlot(), covered)
		s.reserve(p, escrow.Neg())
		s.payInForward(f, side, escrow)
	}
	_, proposer := f.Party(f.Proposer)
	s.atDesk(proposer, func(d *desk) { d.proposals-- })
	s.onBoard(func(b *board) { b.fresh = append(b.fresh[:len(b.fresh):len(b.fresh)], s.leafOf(f).Leaf()) })
	s.putForward(f)
	s.changed(f, covered)
}

// takeDecline ends a proposal by the word of one of its parties.
func (s *state) takeDecline(b Decline, signature []byte) error {
	f, there := s.forwards.get(b.Contract)
	switch {
	case !there:
		return fmt.Errorf("forward contract %q: %w", b.Contract, torg.ErrUnknown)
	case b.Side != torg.Buy && b.Side != torg.Sell:
		return fmt.Errorf("forward contract %s: no side: %w", b.Contract, torg.ErrMalformed)
	case f.state != ForwardProposed:
		return fmt.Errorf("forward contract %s: %w", b.Contract, torg.ErrAlreadySigned)
	}
	_, site := f.Party(b.Side)
	if _, err := s.speaks(site, b.Side, TxMessage(s.ChainID, b), signature); err != nil {
		return fmt.Errorf("forward contract %s: %w", b.Contract, err)
	}
	if b.Side == f.Proposer {
		s.end(f, ForwardWithdrawn)
	} else {
		s.end(f, ForwardRefused)
	}
	return nil
}

// forsake withdraws what a site's agent has on the board when its mandate ends: offers
// and proposals that are not signed by both.
func (s *state) forsake(site torg.SiteID) {
	for _, id := range s.forwardIDs() {
		f, _ := s.forwards.get(id)
		if _, proposer := f.Party(f.Proposer); f.state == ForwardProposed && proposer == site && f.by(f.Proposer).agent {
			s.end(f, ForwardWithdrawn)
		}
	}
	for _, id := range s.offers.keys() {
		if o, _ := s.offers.get(id); o.Site == site && o.agent {
			s.unposted(o, OfferWithdrawn)
		}
	}
}
