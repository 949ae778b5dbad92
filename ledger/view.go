package ledger

import (
	"slices"
	"time"

	"torg"
)

// View looks at the committed state. It must not be kept beyond the next commit.
type View struct{ s *state }

// Height is that of the last block; 0: there is none yet.
func (v View) Height() int64 { return v.s.head.height }

// Time is the last block's.
func (v View) Time() time.Time { return v.s.now }

// Genesis is what the chain was born with.
func (v View) Genesis() Genesis { return v.s.Genesis }

// Participants returns all participants, sorted.
func (v View) Participants() []torg.ParticipantID { return v.s.participants.keys() }

// Sites returns all sites, sorted by id.
func (v View) Sites() []torg.Site {
	var list []torg.Site
	for _, id := range v.s.sites.keys() {
		t, _ := v.s.sites.get(id)
		list = append(list, t.Site)
	}
	return list
}

// Mandate returns a site's mandate in force. It may have expired.
func (v View) Mandate(site torg.SiteID) (torg.Mandate, bool) {
	m, ok := v.s.mandates.get(site)
	return m.Mandate, ok
}

// AgentKey returns the public key of a site's mandate as PKIX DER; nil where there is
// none.
func (v View) AgentKey(site torg.SiteID) []byte {
	m, _ := v.s.mandates.get(site)
	return slices.Clone(m.key)
}

// Balance returns what a participant may still spend, what of its balance is
// reserved for open orders and as guarantees, and what it has in escrow besides.
func (v View) Balance(p torg.ParticipantID) (available, reserved, escrowed torg.Cost) {
	a, _ := v.s.accounts.get(p.Account())
	return a.available(), a.reserved, a.escrowed
}

// AccountBalance is one account of the ledger's books.
type AccountBalance struct {
	Account  torg.Account
	Balance  torg.Cost // reserved included
	Reserved torg.Cost
	Escrowed torg.Cost // of its money, on @escrow's balance
}

// Accounts returns all accounts that ever held money, sorted. Their balances sum to
// zero.
func (v View) Accounts() []AccountBalance {
	var list []AccountBalance
	for _, id := range v.s.accounts.keys() {
		a, _ := v.s.accounts.get(id)
		list = append(list, AccountBalance{id, a.balance, a.reserved, a.escrowed})
	}
	return list
}

// Account returns one account of the ledger's books.
func (v View) Account(id torg.Account) AccountBalance {
	a, _ := v.s.accounts.get(id)
	return AccountBalance{id, a.balance, a.reserved, a.escrowed}
}

// Standing returns the orders of a session's discovery that stand, by site, with the
// energy that counts: without what their owners' balances do not cover. Before the
// block that passes the gate they are what the discovery clears. There are none where
// the session does not run yet, or no longer.
func (v View) Standing(slot torg.Slot, discovery int) []torg.Order {
	if v.s.head.session.slot != slot {
		return nil
	}
	places := v.s.book.places(discovery)
	orders := make([]torg.Order, len(places))
	for i, p := range places {
		o := v.s.book.get(p)
		orders[i] = o.order
		orders[i].Energy -= o.cut
	}
	return orders
}

func (v View) entry(site torg.SiteID, slot torg.Slot) (entry, bool) {
	if rec, ok := v.s.slots.get(slot); ok {
		if e := rec.entry(site); e != nil {
			return *e, true
		}
	}
	return entry{}, false
}

// Position returns a site's contracted net energy, consumption plus, in a slot that
// is not settled.
func (v View) Position(site torg.SiteID, slot torg.Slot) torg.Energy {
	e, _ := v.entry(site, slot)
	return e.contracted
}

// Reading returns a site's reading of a slot that is not settled.
func (v View) Reading(site torg.SiteID, slot torg.Slot) (torg.Energy, bool) {
	e, ok := v.entry(site, slot)
	return e.metered, ok && e.quality != 0
}

// IntervalPosition is a site's position in a settlement interval that is not
// settled.
type IntervalPosition struct {
	First, Last torg.Slot
	Contracted  torg.Energy // net, consumption plus, of all its slots
	Metered     torg.Energy // net, of the slots that have a reading
	LastMetered torg.Slot   // the newest of these; First-1: none
}

// IntervalPosition sums up a site's position in the interval of a slot.
func (v View) IntervalPosition(site torg.SiteID, slot torg.Slot) IntervalPosition {
	first, last := v.s.Calendar.Settlement(slot, v.s.Settlement)
	p := IntervalPosition{First: first, Last: last, LastMetered: first - 1}
	for k := first; k <= last; k++ {
		e, _ := v.entry(site, k)
		p.Contracted += e.contracted
		p.Metered += e.metered
		if e.quality != 0 {
			p.LastMetered = k
		}
	}
	return p
}

// LastMetered returns the newest slot for which the ledger took Readings, also such as
// only correct what is settled, or are empty; 0: none.
func (v View) LastMetered() torg.Slot { return v.s.head.metered }

// NextToSettle returns the first slot that is not settled; before any site is
// admitted, the one that would be the first.
func (v View) NextToSettle() torg.Slot { return v.s.head.next }

// SessionState returns where the session for a slot is.
func (v View) SessionState(slot torg.Slot) SessionState {
	h := v.s.head
	switch {
	case slot < h.first || slot > h.session.slot || h.height == 0:
		return SessionNone
	case slot < h.next:
		return SessionSettled
	case slot == h.session.slot:
		return h.session.state
	}
	rec, _ := v.s.slots.get(slot)
	if rec == nil {
		return SessionMissed
	}
	return rec.state
}

// StatementRoot returns the root that a site's statement of a session must have:
// RFC 6962 over its contracts' canonical bytes in the order of their ids. There is
// none before the session's trading is over, after its interval is settled, and
// where the site has no contracts.
func (v View) StatementRoot(site torg.SiteID, slot torg.Slot) (root [32]byte, ok bool) {
	e, _ := v.entry(site, slot)
	return e.root, e.statement != noContracts
}

// Contracts returns the contracts of a slot that is not delivered, those of its
// first discovery first.
func (v View) Contracts(slot torg.Slot) []torg.Contract {
	c, _ := v.s.contracts.get(slot)
	return slices.Clone(c)
}

// SessionLog returns size and root of the RFC 6962 log of session roots: one leaf
// for each session that made contracts.
func (v View) SessionLog() (size uint64, root [32]byte) {
	return v.s.head.log.Size(), v.s.head.log.Root()
}
