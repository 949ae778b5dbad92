package ledger

import (
	"slices"

	"torg"
)

// RuleBook tells by which rules a slot is traded and settled to whoever follows a
// chain's events: what it was born with and what Amended events have changed since.
type RuleBook struct {
	calendar torg.Calendar
	born     *Rules
	made     []Amend  // by first slot
	known    []*Rules // the born and after each amendment
}

// NewRuleBook returns the rules that a chain is born with.
func NewRuleBook(g Genesis) *RuleBook {
	b := &RuleBook{calendar: g.Calendar, born: g.rules()}
	b.known = afterAll(b.born, b.calendar, nil)
	return b
}

// Amend takes in an amendment; one for the same slot takes an earlier one's place.
func (b *RuleBook) Amend(a Amend) {
	at, same := slices.BinarySearchFunc(b.made, a.From, func(m Amend, k torg.Slot) int { return int(m.From - k) })
	if same {
		b.made[at] = a
	} else {
		b.made = slices.Insert(b.made, at, a)
	}
	b.known = afterAll(b.born, b.calendar, b.made)
}

// At returns the rules of a slot. They must not be changed.
func (b *RuleBook) At(k torg.Slot) Rules { return *rulesOf(b.known, k) }

// RuleBook returns the rules as far as the ledger keeps them: of all slots that are to
// come, to be settled or can still be corrected.
func (v View) RuleBook() *RuleBook {
	b := NewRuleBook(v.s.Genesis)
	for _, from := range v.s.amended.keys() {
		a, _ := v.s.amended.get(from)
		b.Amend(a)
	}
	return b
}

// afterAll returns the rules since birth and after each amendment, in order.
func afterAll(born *Rules, cal torg.Calendar, made []Amend) []*Rules {
	list := []*Rules{born}
	for _, a := range made {
		tariffs := slices.Concat(list[len(list)-1].Tariffs, a.Tariffs)
		list = append(list, &Rules{
			From: a.From, Complex: a.Complex, PriceCap: a.PriceCap, Tariffs: tariffs,
			Prices: PriceList{a.Complex, cal, tariffs, a.Complex.Routes()},
		})
	}
	return list
}

// rulesOf returns those of a list that hold in a slot.
func rulesOf(list []*Rules, k torg.Slot) *Rules {
	at := len(list) - 1
	for at > 0 && list[at].From > k {
		at--
	}
	return list[at]
}
