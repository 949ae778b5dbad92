package ledger

import (
	"fmt"

	"torg"
	"torg/sign"
)

// rootSession computes what statements of a session must say and appends the root of
// them all, with who stands behind each, and of the board's new contracts to the log of
// sessions. A session without any has neither.
func (s *state) rootSession(slot torg.Slot) {
	contracts, _ := s.contracts.get(slot)
	fresh := s.freshLeaves()
	if len(contracts) == 0 && len(fresh) == 0 {
		return
	}
	own := map[torg.SiteID][]torg.Contract{}
	for _, c := range contracts {
		if c.BuyOrder != "" {
			own[c.BuyerSite] = append(own[c.BuyerSite], c)
		}
		if c.SellOrder != "" {
			own[c.SellerSite] = append(own[c.SellerSite], c)
		}
	}
	rec := s.slot(slot)
	var parties [][]byte
	for i := range rec.entries {
		if e := &rec.entries[i]; len(own[e.site]) > 0 {
			e.root, e.statement = StatementRoot(own[e.site]), unsigned
			parties = append(parties, s.sessionLeaf(e))
		}
	}
	if len(fresh) > 0 {
		parties = append(parties, BoardLeaf(sign.Root(fresh)))
	}
	s.head.log = s.head.log.Append(SessionLeaf(slot, sign.Root(parties)))
}

// sessionLeaf is a party in a session's root.
func (s *state) sessionLeaf(e *entry) []byte {
	t, _ := s.sites.get(e.site)
	m, _ := s.mandates.get(e.site)
	return SessionParty{Participant: t.Participant, Site: e.site, Mandate: m.Mandate, Root: e.root}.Leaf()
}

// takeStatements takes parties' statements of a session. One that differs is taken
// too, as a dispute, and voids nothing.
func (s *state) takeStatements(b Statements) error {
	var first error
	taken := 0
	for _, st := range b.Statements {
		differs, err := s.takeStatement(b.Slot, st)
		if err != nil {
			first = keep(first, fmt.Errorf("statement of site %q for slot %d: %w", st.Site, b.Slot, err))
			continue
		}
		taken++
		s.event(Event{Statement: &StatementTaken{Slot: b.Slot, Site: st.Site, Root: st.Root, Signature: st.Signature, Differs: differs}})
	}
	if taken > 0 {
		return nil
	}
	return first
}

func (s *state) takeStatement(slot torg.Slot, st SignedStatement) (differs bool, err error) {
	if _, known := s.sites.get(st.Site); !known {
		return false, torg.ErrUnknown
	}
	if slot < s.head.next {
		return false, torg.ErrAlreadySettled
	}
	if slot > s.head.session.slot || slot == s.head.session.slot && s.head.session.state < SessionCleared2 {
		return false, torg.ErrNotOpen
	}
	rec, _ := s.slots.get(slot)
	if rec == nil {
		return false, torg.ErrUnknown
	}
	switch e := rec.entry(st.Site); {
	case e == nil || e.statement == noContracts:
		return false, fmt.Errorf("it has no contracts: %w", torg.ErrUnknown)
	case e.statement == stated:
		return false, torg.ErrDuplicate
	}
	if !s.Unsigned {
		m, ok := s.mandates.get(st.Site)
		if !ok {
			return false, torg.ErrNoMandate
		}
		msg := StatementMessage(s.ChainID, slot, st.Site, st.Root)
		if err := s.verifier.Verify(sign.Check{Key: m.key, Message: msg, Signature: st.Signature}); err != nil {
			return false, torg.ErrBadSignature
		}
	}
	e := s.slot(slot).entry(st.Site)
	e.statement = stated
	return e.root != st.Root, nil
}
