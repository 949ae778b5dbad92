package ledger

import (
	"fmt"

	"torg"
)

// holdings is what an account has in escrow and reserved.
type holdings struct{ escrowed, reserved torg.Cost }

// held sums up, account by account, what contracts, orders and slots say is in escrow and
// reserved.
func (s *state) held() map[torg.Account]holdings {
	sums := map[torg.Account]holdings{}
	add := func(a torg.Account, escrowed, reserved torg.Cost) {
		h := sums[a]
		sums[a] = holdings{h.escrowed.Add(escrowed), h.reserved.Add(reserved)}
	}
	none := torg.Cost{}
	for _, k := range s.contracts.keys() {
		contracts, _ := s.contracts.get(k)
		for _, c := range contracts {
			buyer, seller := s.accountsOf(c)
			add(buyer, atLeastNothing(c.Energy.At(c.BuyerPrice)), none)
			add(seller, atLeastNothing(c.Energy.At(c.SellerPrice).Neg()), none)
		}
	}
	for _, p := range s.book.places(0) {
		o := s.book.get(p)
		add(o.order.Participant.Account(), none, o.reserved)
	}
	for _, k := range s.slots.keys() {
		rec, _ := s.slots.get(k)
		for i := range rec.entries {
			t, _ := s.sites.get(rec.entries[i].site)
			add(t.Participant.Account(), none, rec.entries[i].guarantee)
		}
	}
	for _, id := range s.forwardIDs() {
		f, _ := s.forwards.get(id)
		for _, side := range bothSides {
			p, _ := f.Party(side)
			if !f.by(side).there {
				continue
			}
			escrow, guarantee := f.owed(side, f.open, s.nextSlot(), s.covered())
			if f.state == ForwardProposed {
				add(p.Account(), none, escrow.Add(guarantee))
				continue
			}
			add(p.Account(), escrow.Add(s.undelivered(f, side)), guarantee)
		}
	}
	return sums
}

// undelivered is what a side has in escrow for slots whose session is open.
func (s *state) undelivered(f *forward, side torg.Side) torg.Cost {
	sum := torg.Cost{}
	for _, k := range s.slots.keys() {
		if rec, _ := s.slots.get(k); !rec.delivered && k < s.nextSlot() {
			escrow, _ := f.owed(side, f.open, k, k+1)
			sum = sum.Add(escrow)
		}
	}
	return sum
}

func atLeastNothing(c torg.Cost) torg.Cost {
	if c.Sign() < 0 {
		return torg.Cost{}
	}
	return c
}

// auditHoldings panics where an account's escrow or reservation is not what contracts,
// orders and slots say.
func (s *state) auditHoldings() {
	sums := s.held()
	for _, id := range s.accounts.keys() {
		a, _ := s.accounts.get(id)
		if h := sums[id]; a.escrowed != h.escrowed || a.reserved != h.reserved {
			panic(fmt.Sprintf("ledger: %s has %s in escrow and %s reserved, its contracts and orders say %s and %s",
				id, a.escrowed, a.reserved, h.escrowed, h.reserved))
		}
	}
}
