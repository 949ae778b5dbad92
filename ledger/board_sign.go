package ledger

import (
	"fmt"

	"torg"
	"torg/sign"
)

// signer says who made a signature for a site: a live key of its owner, or the agent
// that has its mandate. On an unsigned chain it is the owner, whatever the bytes are.
func (s *state) signer(t torg.Site, message, signature []byte) (signed, error) {
	by := signed{there: true, signature: signature}
	if s.Unsigned {
		return by, nil
	}
	p, _ := s.participants.get(t.Participant)
	if s.verifier.Verify(sign.Check{Key: p.key, Message: message, Signature: signature}) == nil {
		by.key = sign.Fingerprint(p.key)
		return by, nil
	}
	m, ok := s.mandates.get(t.ID)
	if !ok || s.verifier.Verify(sign.Check{Key: m.key, Message: message, Signature: signature}) != nil {
		return signed{}, torg.ErrBadSignature
	}
	if !s.now.Before(m.Expires) {
		return signed{}, torg.ErrMandateExpired
	}
	by.key, by.agent = m.AgentKey, true
	return by, nil
}

// speaks refuses whoever may not speak for a site's side on the board.
func (s *state) speaks(site torg.SiteID, side torg.Side, message, signature []byte) (signed, error) {
	t, known := s.sites.get(site)
	if !known {
		return signed{}, fmt.Errorf("site %q: %w", site, torg.ErrUnknown)
	}
	by, err := s.signer(t.Site, message, signature)
	if err != nil {
		return signed{}, fmt.Errorf("the %s's signature: %w", partyName(side), err)
	}
	if m, _ := s.mandates.get(site); by.agent && !mayTake(m.Limits, side) {
		return signed{}, torg.ErrMandateSide
	}
	return by, nil
}

func partyName(side torg.Side) string {
	if side == torg.Buy {
		return "buyer"
	}
	return "seller"
}

func mayTake(l torg.Limits, side torg.Side) bool {
	return side == torg.Buy && l.Buy || side == torg.Sell && l.Sell
}

// within holds energy ahead that an agent signs against its mandate: the energy of each
// slot with what it signed for it before, and the price, a buyer's with fees.
func (s *state) within(site torg.SiteID, side torg.Side, p torg.Profile, fee torg.Price) error {
	m, _ := s.mandates.get(site)
	if s.sum(agentLoad(site, side)).MostWith(p) > m.Limits.MaxEnergy {
		return torg.ErrMandateEnergy
	}
	return m.AllowsAhead(side, p, fee)
}

// worth is what a buyer pays for the whole contract, of which the days' spending of its
// agent takes note.
func (f *forward) worth() torg.Cost {
	return f.Profile.Cost(f.Profile.First, f.Profile.Last()+1, func(p torg.Price) torg.Price { return max(p+f.fee, 0) })
}

// today is the ledger day of the session that runs.
func (s *state) today() int64 { return s.Calendar.Start(s.head.session.slot).Unix() / secondsPerDay }

// maySpend says whether the buyer's agent has money left for a contract today.
func (s *state) maySpend(f *forward) error {
	m, _ := s.mandates.get(f.BuyerSite)
	spent := torg.Cost{}
	if sp, _ := s.spends.get(f.BuyerSite); sp.day == s.today() {
		spent = sp.amount
	}
	if spent.Add(f.worth()).Cmp(m.Limits.DailySpend.Cost()) > 0 {
		return torg.ErrMandateMoney
	}
	return nil
}

// spendForward counts a contract as spent on a day; with sign -1 no more, if the day
// still runs.
func (s *state) spendForward(f *forward, day int64, sign int) {
	sp, _ := s.spends.get(f.BuyerSite)
	amount := f.worth()
	switch {
	case sign < 0 && sp.day != day:
		return
	case sign < 0:
		amount = amount.Neg()
	case sp.day != day:
		sp = spend{day: day}
	}
	if sp.amount = sp.amount.Add(amount); sp.amount.Sign() < 0 {
		panic(fmt.Sprintf("ledger: site %s spends %s on a day", f.BuyerSite, sp.amount))
	}
	s.spends.put(f.BuyerSite, sp)
}

// boardSignatures are what a transaction of the board is signed with, by whichever key.
func (s *state) boardSignatures(to []sign.Check, tx Tx) []sign.Check {
	add := func(site torg.SiteID, message, signature []byte) {
		t, known := s.sites.get(site)
		if !known || len(signature) == 0 {
			return
		}
		p, _ := s.participants.get(t.Participant)
		to = append(to, sign.Check{Key: p.key, Message: message, Signature: signature})
		if m, ok := s.mandates.get(site); ok {
			to = append(to, sign.Check{Key: m.key, Message: message, Signature: signature})
		}
	}
	switch b := tx.Body.(type) {
	case Post:
		add(b.Offer.Site, TxMessage(s.ChainID, b), tx.Signature)
	case Unpost:
		add(b.Site, TxMessage(s.ChainID, b), tx.Signature)
	case Conclude:
		message := ForwardMessage(s.ChainID, b.Contract)
		add(b.Contract.BuyerSite, message, b.BuyerSigned)
		add(b.Contract.SellerSite, message, b.SellerSigned)
	case Decline:
		if f, ok := s.forwards.get(b.Contract); ok && (b.Side == torg.Buy || b.Side == torg.Sell) {
			_, site := f.Party(b.Side)
			add(site, TxMessage(s.ChainID, b), tx.Signature)
		}
	}
	return to
}
