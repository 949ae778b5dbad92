package ledger

import (
	"slices"

	"torg"
)

// Rules are what a slot is traded and settled by, as far as the operator may change it.
type Rules struct {
	From     torg.Slot // the first slot that they hold for; 0: since the chain's birth
	Complex  torg.Complex
	PriceCap torg.Price // most that a deviation costs while the connection is full
	Tariffs  []torg.Tariff
	Prices   PriceList
}

// rulesAt returns the rules in force in a slot: for one to come, as far as they are
// announced; for one that is settled and can be corrected no longer, the oldest that
// are kept. They must not be changed.
func (s *state) rulesAt(k torg.Slot) *Rules {
	if len(s.amended.base) == 0 && len(s.amended.over) == 0 {
		return s.born
	}
	if s.known == nil {
		s.known = s.allRules()
	}
	return rulesOf(s.known, k)
}

// rulesUntil returns the rules in force in a slot, and the last slot up to a given one
// that they hold for.
func (s *state) rulesUntil(k, last torg.Slot) (*Rules, torg.Slot) {
	rules := s.rulesAt(k)
	for _, next := range s.known {
		if next.From > k {
			return rules, min(last, next.From-1)
		}
	}
	return rules, last
}

// rulesNow returns the rules of the running session.
func (s *state) rulesNow() *Rules { return s.rulesAt(s.head.session.slot) }

// allRules returns the rules since birth and after each amendment, in order.
func (s *state) allRules() []*Rules {
	var made []Amend
	for _, from := range s.amended.keys() {
		a, _ := s.amended.get(from)
		made = append(made, a)
	}
	return afterAll(s.born, s.Calendar, made)
}

func (g Genesis) rules() *Rules {
	return &Rules{Complex: g.Complex, PriceCap: g.PriceCap, Tariffs: g.Tariffs, Prices: g.PriceList()}
}

// forgetAmendments drops the amendments that no slot needs any more: those before the
// one in force in the oldest slot that is to be settled or can still be corrected. Their
// tariffs go on.
func (s *state) forgetAmendments() {
	oldest := s.head.next
	if late := s.late.keys(); len(late) > 0 {
		oldest = min(oldest, late[0])
	}
	keys := s.amended.keys()
	for i, from := range keys {
		if i+1 == len(keys) || keys[i+1] > oldest {
			return
		}
		gone, _ := s.amended.get(from)
		next, _ := s.amended.get(keys[i+1])
		next.Tariffs = slices.Concat(gone.Tariffs, next.Tariffs)
		s.amended.put(keys[i+1], next)
		s.setAmendment(from, Amend{}, false)
	}
}

// Rules returns the rules in force in a slot, or for one to come, as far as they are
// announced.
func (v View) Rules(k torg.Slot) Rules { return *v.s.rulesAt(k) }

// Complex returns the grid that the running session trades on.
func (v View) Complex() torg.Complex { return v.s.rulesNow().Complex }

// Announced returns the amendments that are still to come, by their first slot.
func (v View) Announced() []Amend {
	var list []Amend
	for _, from := range v.s.amended.keys() {
		if a, _ := v.s.amended.get(from); from > v.s.head.session.slot {
			list = append(list, a)
		}
	}
	return list
}

// Amendments returns how many amendments the operator made; the next one's sequence is
// one more.
func (v View) Amendments() uint32 {
	o, _ := v.s.operated.get("")
	return o.amendments
}
