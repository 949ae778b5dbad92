package ledger

import (
	"fmt"
	"slices"

	"torg"
	"torg/settle"
)

func (s *state) addMonth(p torg.ParticipantID, add month) {
	m, _ := s.months.get(p)
	m.paid, m.baseline, m.eligible = m.paid.Add(add.paid), m.baseline.Add(add.baseline), m.eligible.Add(add.eligible)
	s.months.put(p, m)
}

// maxClosings bounds the closings that wait for their slots to be settled.
const maxClosings = 64

// takeClose ends the running month after a slot that has been delivered: at once if
// it is settled already, else when it is, and then the interval is cut there.
func (s *state) takeClose(b Close) error {
	switch {
	case b.Slot < s.head.first:
		return fmt.Errorf("closing after slot %d, before the first session: %w", b.Slot, torg.ErrUnknown)
	case b.Slot < s.head.next:
		s.closeMonth(s.head.next-1, true)
		return nil
	case !s.over(b.Slot):
		return fmt.Errorf("closing after slot %d: %w", b.Slot, torg.ErrTooEarly)
	case slices.Contains(s.head.closings, b.Slot):
		return fmt.Errorf("closing after slot %d: %w", b.Slot, torg.ErrDuplicate)
	case len(s.head.closings) == maxClosings:
		return fmt.Errorf("closing after slot %d: %d wait already: %w", b.Slot, maxClosings, torg.ErrTooLarge)
	}
	s.head.closings = append(slices.Clone(s.head.closings), b.Slot)
	slices.Sort(s.head.closings)
	return nil
}

// turnMonth closes the month when the interval that was just settled is its last
// one, by the calendar or by the operator's word.
func (s *state) turnMonth(last torg.Slot) {
	closed := slices.Contains(s.head.closings, last)
	s.head.closings = slices.DeleteFunc(slices.Clone(s.head.closings), func(c torg.Slot) bool { return c <= last })
	switch over := s.monthOf(s.head.next) != s.head.month; {
	case over:
		s.closeMonth(last, false)
	case closed:
		s.closeMonth(last, true)
	}
}

// closeMonth settles no_worse for what was settled since the last closing, if
// anything was.
func (s *state) closeMonth(last torg.Slot, partial bool) {
	name := s.head.month
	s.head.month = s.monthOf(s.head.next)
	ids := s.months.keys()
	if len(ids) == 0 {
		return
	}
	s.head.monthNo++
	e := MonthClosed{Month: name, Partial: partial}
	var months []settle.Month
	for _, id := range ids {
		m, _ := s.months.get(id)
		months = append(months, settle.Month{Participant: id, Paid: m.paid, Baseline: m.baseline, Eligible: m.eligible})
		e.Balances = append(e.Balances, MonthBalance{Participant: id, Paid: m.paid, Baseline: m.baseline, Eligible: m.eligible})
	}
	if s.NoWorse {
		topUps := settle.NoWorse(months)
		for i, t := range topUps {
			e.Balances[i].TopUp = t
			if t.Sign() < 0 {
				s.post(torg.Posting{Slot: last, Kind: torg.PostNoWorse, From: ids[i].Account(), To: torg.AccountNoWorse, Amount: t.Neg()})
			}
		}
		for i, t := range topUps {
			if t.Sign() > 0 {
				s.post(torg.Posting{Slot: last, Kind: torg.PostNoWorse, From: torg.AccountNoWorse, To: ids[i].Account(), Amount: t})
			}
		}
	}
	s.months.drop()
	s.event(Event{Month: &e})
}
