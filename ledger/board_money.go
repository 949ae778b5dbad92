package ledger

import (
	"fmt"

	"torg"
)

// What a contract holds, it holds for its slots from the first whose session is not open
// to the last that is covered: of slots before, escrow is paid out with their delivery,
// and what the seller keeps reserved is their entries'.

// owed returns what a side of a contract pays for slots from one to before another: into
// escrow, and for a seller what it keeps reserved besides.
func (f *forward) owed(side torg.Side, p torg.Profile, from, to torg.Slot) (escrow, guarantee torg.Cost) {
	if side == torg.Buy {
		return p.Cost(from, to, func(p torg.Price) torg.Price { return max(p+f.fee, 0) }), torg.Cost{}
	}
	return p.Cost(from, to, func(p torg.Price) torg.Price { return max(-p, 0) }), p.Cost(from, to, f.guarantee)
}

// guarantee is what a kWh not delivered would cost beyond its price.
func (f *forward) guarantee(p torg.Price) torg.Price { return max(f.short-max(p, 0), 0) }

// horizon is the end of the ledger days whose slots are covered: the present one and the
// next ones.
func (s *state) horizon() torg.Slot {
	_, days := s.forwardRules()
	day := s.now.Unix()/secondsPerDay + 1 + int64(days)
	return torg.Slot(day * secondsPerDay * 1000 / s.Calendar.Interval.Milliseconds())
}

// affordsForward refuses a contract that a side's balance does not cover.
func (s *state) affordsForward(f *forward, side torg.Side) error {
	escrow, guarantee := f.owed(side, f.open, s.nextSlot(), s.covered())
	p, _ := f.Party(side)
	a, _ := s.accounts.get(p.Account())
	if need := escrow.Add(guarantee); a.available().Sign() < 0 || need.Cmp(a.available()) > 0 {
		return fmt.Errorf("%s has %s RUB for %s: %w", p, a.available(), need, torg.ErrFunds)
	}
	return nil
}

// nextSlot is the first slot whose session is not open.
func (s *state) nextSlot() torg.Slot { return s.head.session.slot + 1 }

// reserveSide holds a side's money of a proposal for slots from one to before another,
// or with sign -1 lets go of it.
func (s *state) reserveSide(f *forward, side torg.Side, from, to torg.Slot, sign int) {
	escrow, guarantee := f.owed(side, f.open, from, to)
	amount := escrow.Add(guarantee)
	if sign < 0 {
		amount = amount.Neg()
	}
	p, _ := f.Party(side)
	s.reserve(p, amount)
}

// payInForward puts what a side owes for a contract into escrow; a negative amount comes
// back.
func (s *state) payInForward(f *forward, side torg.Side, amount torg.Cost) {
	p, _ := f.Party(side)
	if amount.Sign() == 0 {
		return
	}
	s.escrowed(p.Account(), amount)
	posting := torg.Posting{Slot: s.head.session.slot, Kind: torg.PostEscrow, From: p.Account(), To: torg.AccountEscrow, Amount: amount, Contract: f.ID()}
	if amount.Sign() < 0 {
		posting.From, posting.To, posting.Amount = posting.To, posting.From, amount.Neg()
	}
	s.post(posting)
}

// rollBoard covers the days that have come nearer, one after the other, contract by
// contract in the order of their ids. What a party's balance does not cover is closed
// out.
func (s *state) rollBoard() {
	if b, _ := s.boards.get(""); b.open == 0 {
		return
	}
	day := torg.Slot(secondsPerDay * 1000 / s.Calendar.Interval.Milliseconds())
	for from, end := s.covered(), s.horizon(); from < end; from = s.covered() {
		to := min(from+day, end)
		for _, id := range s.forwardIDs() {
			f, _ := s.forwards.get(id)
			s.roll(f, from, to)
		}
		s.onBoard(func(b *board) { b.covered = to })
	}
}

// roll covers a contract's slots from one to before another.
func (s *state) roll(f *forward, from, to torg.Slot) {
	moves := false
	for _, side := range bothSides {
		if !f.by(side).there {
			continue
		}
		p, _ := f.Party(side)
		a, _ := s.accounts.get(p.Account())
		escrow, guarantee := f.owed(side, f.open, from, to)
		need := escrow.Add(guarantee)
		moves = moves || need.Sign() > 0
		switch {
		case need.Sign() == 0 || need.Cmp(a.available()) <= 0:
		case f.state == ForwardProposed:
			f = f.change()
			f.closed = torg.ReasonFunds
			s.end(f, ForwardVoided)
			return
		default:
			s.shrink(f, f.open.Cut(f.open.First, from), torg.ReasonFunds, from)
			return
		}
	}
	if !moves {
		return
	}
	for _, side := range bothSides {
		switch escrow, guarantee := f.owed(side, f.open, from, to); {
		case !f.by(side).there:
		case f.state == ForwardProposed:
			s.reserveSide(f, side, from, to, 1)
		default:
			p, _ := f.Party(side)
			s.payInForward(f, side, escrow)
			s.reserve(p, guarantee)
		}
	}
	s.changed(f, to)
}

// shrink closes an active contract out, at its price, to what is left of it: nobody pays
// for the rest, and what was held for it before slot covered comes back. It takes
// nothing off slots whose session is open.
func (s *state) shrink(f *forward, left torg.Profile, why torg.Reason, covered torg.Slot) {
	gone := f.open.Sub(left)
	for _, side := range bothSides {
		escrow, guarantee := f.owed(side, gone, s.nextSlot(), covered)
		p, _ := f.Party(side)
		s.payInForward(f, side, escrow.Neg())
		s.reserve(p, guarantee.Neg())
		s.connect(f, side, gone, -1)
	}
	s.hold(f, gone, -1)
	f = f.change()
	f.opened(left)
	f.closed = why
	switch {
	case len(left.Steps) == 0:
		f.state = ForwardVoided
	case left.Last() < s.head.next:
		f.state = ForwardSettled
	case s.isDelivered(left.Last()):
		f.state = ForwardDelivered
	}
	if f.state == ForwardVoided || f.state == ForwardSettled {
		s.dropForward(f)
	} else {
		s.putForward(f)
	}
	s.changed(f, covered)
}

func (s *state) isDelivered(k torg.Slot) bool {
	rec, ok := s.slots.get(k)
	return ok && rec.delivered
}

// end ends a proposal and returns what it holds.
func (s *state) end(f *forward, end ForwardState) {
	next, covered := s.nextSlot(), s.covered()
	for _, side := range bothSides {
		if f.by(side).there {
			s.reserveSide(f, side, next, covered, -1)
			s.connect(f, side, f.open, -1)
		}
	}
	s.hold(f, f.open, -1)
	_, site := f.Party(f.Proposer)
	s.atDesk(site, func(d *desk) { d.proposals-- })
	s.dropForward(f)
	if f.day != 0 {
		s.spendForward(f, f.day, -1)
	}
	s.giveBack(f)
	f = f.change()
	f.state = end
	s.changed(f, covered)
}
