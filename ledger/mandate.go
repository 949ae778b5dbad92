package ledger

import (
	"crypto/sha256"
	"fmt"

	"torg"
	"torg/canon"
	"torg/sign"
)

// maxDead bounds the revoked keys of one site that the ledger remembers for ever. A
// site that has used them up takes no more mandates; revoking always works.
const maxDead = 256

// grant puts a mandate in force. A mandate counts once, and a revoked key never
// again, so that nobody can bring back by repetition what the owner has ended.
func (s *state) grant(b Grant) error {
	m := b.Mandate
	t, known := s.sites.get(m.Site)
	id := mandateID(m)
	_, seen := s.granted.get(id)
	_, dead := s.revoked.get(keyID(m.Site, m.AgentKey))
	switch {
	case !known:
		return fmt.Errorf("mandate for site %q: %w", m.Site, torg.ErrUnknown)
	case t.Participant != m.Participant:
		return fmt.Errorf("mandate of %q for site %s of %s: %w", m.Participant, m.Site, t.Participant, torg.ErrNotYours)
	case !s.now.Before(m.Expires):
		return fmt.Errorf("mandate for site %s: %w", m.Site, torg.ErrMandateExpired)
	case seen:
		return fmt.Errorf("mandate for site %s: %w", m.Site, torg.ErrDuplicate)
	case dead:
		return fmt.Errorf("mandate for site %s: its key is revoked: %w", m.Site, torg.ErrBadKey)
	case t.dead >= maxDead:
		return fmt.Errorf("mandate for site %s: %d of its keys are revoked already: %w", m.Site, t.dead, torg.ErrTooLarge)
	case m.Limits.MaxEnergy < 0 || m.Limits.DailySpend < 0 || m.Limits.DailySpend > maxDeposit:
		return fmt.Errorf("mandate for site %s: negative limits: %w", m.Site, torg.ErrMalformed)
	}
	if !s.Unsigned {
		if _, err := sign.ParsePublic(b.AgentKey); err != nil || sign.Fingerprint(b.AgentKey) != m.AgentKey {
			return fmt.Errorf("mandate for site %s: agent's key: %w", m.Site, torg.ErrBadKey)
		}
	}
	s.granted.put(id, m.Expires)
	s.mandates.put(m.Site, mandate{Mandate: m, key: b.AgentKey})
	s.event(Event{Granted: &Granted{Mandate: m, AgentKey: b.AgentKey}})
	return nil
}

func mandateID(m torg.Mandate) string {
	sum := sha256.Sum256(canon.Encode(canon.AppendMandate, m))
	return string(m.Site) + "/" + string(sum[:])
}

func keyID(site torg.SiteID, key torg.Fingerprint) string { return string(site) + "/" + string(key[:]) }

// revoke ends a mandate and withdraws what it ordered and was not cleared yet. On a
// signed chain its key is dead for the site. Only the key of the mandate in force can
// be revoked: a mandate that it replaced cannot be granted again, and whoever signs
// for the owner must not fill the state with keys that never were.
func (s *state) revoke(b Revoke) error {
	t, known := s.sites.get(b.Site)
	m, granted := s.mandates.get(b.Site)
	granted = granted && m.AgentKey == b.AgentKey
	_, dead := s.revoked.get(keyID(b.Site, b.AgentKey))
	switch {
	case !known:
		return fmt.Errorf("revocation for site %q: %w", b.Site, torg.ErrUnknown)
	case t.Participant != b.Participant:
		return fmt.Errorf("revocation by %q for site %s of %s: %w", b.Participant, b.Site, t.Participant, torg.ErrNotYours)
	case dead:
		return fmt.Errorf("revocation for site %s: %w", b.Site, torg.ErrDuplicate)
	case !granted:
		return fmt.Errorf("revocation for site %s: not the key of its mandate: %w", b.Site, torg.ErrUnknown)
	}
	if !s.Unsigned {
		s.revoked.put(keyID(b.Site, b.AgentKey), true)
		t.dead++
		s.sites.put(b.Site, t)
	}
	s.mandates.del(b.Site)
	s.forsake(b.Site)
	for _, p := range []place{{1, b.Site}, {2, b.Site}} {
		if o := s.book.get(p); o != nil && !o.cleared {
			s.release(o)
			s.book.put(p, nil)
		}
	}
	s.event(Event{Revoked: &b})
	return nil
}

// release returns what an order that did not trade had reserved and spent.
func (s *state) release(o *standing) {
	s.reserve(o.order.Participant, o.reserved.Neg())
	s.spend(o.order, o.order.Energy-o.cut, -1)
}

// allows checks an order against its site's mandate. On an unsigned chain a site
// without one trades within its capacity alone.
func (s *state) allows(o torg.Order) error {
	m, ok := s.mandates.get(o.Site)
	if !ok {
		if s.Unsigned {
			return nil
		}
		return torg.ErrNoMandate
	}
	return m.Allows(o, s.now)
}

const secondsPerDay = 24 * 60 * 60

// spend adds energy of a buy order, at its limit, to what its site spends on the day
// of the slot; with sign -1 it takes it off again.
func (s *state) spend(o torg.Order, e torg.Energy, sign int) {
	if o.Side != torg.Buy || e == 0 || o.Limit <= 0 {
		return
	}
	day := s.Calendar.Start(o.Slot).Unix() / secondsPerDay
	sp, _ := s.spends.get(o.Site)
	if sp.day != day {
		sp = spend{day: day}
	}
	amount := e.At(o.Limit)
	if sign < 0 {
		amount = amount.Neg()
	}
	if sp.amount = sp.amount.Add(amount); sp.amount.Sign() < 0 {
		panic(fmt.Sprintf("ledger: site %s spends %s on a day", o.Site, sp.amount))
	}
	s.spends.put(o.Site, sp)
}

// affords says whether an order fits the day's spending besides the one it replaces.
func (s *state) affords(o torg.Order, old *standing) bool {
	m, ok := s.mandates.get(o.Site)
	if !ok || o.Side != torg.Buy || o.Limit <= 0 {
		return true
	}
	var spent torg.Cost
	if sp, _ := s.spends.get(o.Site); sp.day == s.Calendar.Start(o.Slot).Unix()/secondsPerDay {
		spent = sp.amount
	}
	if old != nil && old.order.Side == torg.Buy && old.order.Limit > 0 {
		spent = spent.Sub((old.order.Energy - old.cut).At(old.order.Limit))
	}
	return spent.Add(o.Energy.At(o.Limit)).Cmp(m.Limits.DailySpend.Cost()) <= 0
}

// forgetMandates drops the digests of mandates that have expired: they cannot be
// granted again anyway.
func (s *state) forgetMandates() {
	for _, id := range s.granted.keys() {
		if expires, _ := s.granted.get(id); !s.now.Before(expires) {
			s.granted.del(id)
		}
	}
}
