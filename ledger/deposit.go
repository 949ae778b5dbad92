package ledger

import (
	"fmt"

	"torg"
	"torg/canon"
)

// maxDeposit keeps sums far from the end of their range: ten trillion rubles.
const maxDeposit torg.Money = 1_000_000_000_000_000

// maxPending bounds the deposits that wait for the approver.
const maxPending = 1024

// MoneyState is where a deposit or a withdrawal is.
type MoneyState string

// The states of deposits (pending, credited, returned) and withdrawals (the others, and
// returned). Credited, paid, returned and cancelled are final.
const (
	MoneyPending   MoneyState = "pending"   // beyond the operator's cap: waits for the approver, on no balance
	MoneyCredited  MoneyState = "credited"  // on the balance
	MoneyRequested MoneyState = "requested" // reserved on the balance
	MoneyApproved  MoneyState = "approved"  // reserved, may be paid beyond the operator's cap
	MoneyPaid      MoneyState = "paid"
	MoneyReturned  MoneyState = "returned"  // ended by the operator
	MoneyCancelled MoneyState = "cancelled" // ended by the owner
)

// DepositTaken says where a deposit is from this block on.
type DepositTaken struct {
	Deposit
	State MoneyState
}

// pendingDeposit is a deposit that waits for the approver, by its bank reference.
type pendingDeposit struct {
	participant torg.ParticipantID
	amount      torg.Money
}

func appendPending(w *canon.Writer, d pendingDeposit) {
	w.String(string(d.participant))
	w.Money(d.amount)
}

func readPending(r *canon.Reader) pendingDeposit {
	return pendingDeposit{participant: canon.ID[torg.ParticipantID](r), amount: r.Money()}
}

// operated is what the operator did on its word alone: the day's sums, and how many
// amendments it made. It is kept only where there are caps or amendments.
type operated struct {
	day        int64 // since the epoch, UTC
	in, out    torg.Money
	amendments uint32
}

func appendOperated(w *canon.Writer, o operated) {
	w.I64(o.day)
	w.Money(o.in)
	w.Money(o.out)
	w.U32(o.amendments)
}

func readOperated(r *canon.Reader) operated {
	return operated{day: r.I64(), in: r.Money(), out: r.Money(), amendments: r.U32()}
}

// operatedToday returns what the operator did on the ledger day (UTC) of the block.
func (s *state) operatedToday() operated {
	o, _ := s.operated.get("")
	if day := s.now.Unix() / secondsPerDay; o.day != day {
		o.day, o.in, o.out = day, 0, 0
	}
	return o
}

// deposit puts money from the bank on a balance, once per reference. One that is more
// than the operator may credit today on its word alone waits for the approver; where
// there is none it is refused.
func (s *state) deposit(b Deposit) error {
	_, known := s.participants.get(b.Participant)
	_, seen := s.references.get(b.Reference)
	today := s.operatedToday()
	over := s.DepositCap > 0 && b.Amount > s.DepositCap-today.in
	switch {
	case !known:
		return fmt.Errorf("deposit for participant %q: %w", b.Participant, torg.ErrUnknown)
	case b.Amount <= 0 || b.Amount > maxDeposit:
		return fmt.Errorf("deposit %q of %s: %w", b.Reference, b.Amount, torg.ErrMalformed)
	case b.Reference == "":
		return fmt.Errorf("deposit without a reference: %w", torg.ErrMalformed)
	case seen:
		return fmt.Errorf("deposit %q: %w", b.Reference, torg.ErrDuplicate)
	case over && len(s.Approver) == 0:
		return fmt.Errorf("deposit %q of %s, %s of today's %s are used: %w", b.Reference, b.Amount, today.in, s.DepositCap, torg.ErrOverCap)
	case over && len(s.pending.keys()) >= maxPending:
		return fmt.Errorf("deposit %q: %d wait for approval already: %w", b.Reference, maxPending, torg.ErrTooLarge)
	}
	s.references.put(b.Reference, true)
	if over {
		s.pending.put(b.Reference, pendingDeposit{participant: b.Participant, amount: b.Amount})
		s.event(Event{Deposit: &DepositTaken{Deposit: b, State: MoneyPending}})
		return nil
	}
	if s.DepositCap > 0 {
		today.in += b.Amount
		s.operated.put("", today)
	}
	s.credit(b)
	return nil
}

func (s *state) credit(b Deposit) {
	s.post(torg.Posting{
		Slot: s.head.session.slot, Kind: torg.PostDeposit,
		From: torg.AccountBank, To: b.Participant.Account(), Amount: b.Amount.Cost(),
	})
	s.event(Event{Deposit: &DepositTaken{Deposit: b, State: MoneyCredited}})
}

// endPending ends a deposit's waiting: it is credited, or was the operator's mistake.
// Its reference stays used.
func (s *state) endPending(reference string, credit bool) error {
	d, waits := s.pending.get(reference)
	if !waits {
		return fmt.Errorf("deposit %q does not wait for approval: %w", reference, torg.ErrUnknown)
	}
	s.pending.del(reference)
	b := Deposit{Participant: d.participant, Amount: d.amount, Reference: reference}
	if credit {
		s.credit(b)
	} else {
		s.event(Event{Deposit: &DepositTaken{Deposit: b, State: MoneyReturned}})
	}
	return nil
}

// Pending returns the deposits that wait for the approver, sorted by reference. They are
// on no balance.
func (v View) Pending() []Deposit {
	var list []Deposit
	for _, reference := range v.s.pending.keys() {
		d, _ := v.s.pending.get(reference)
		list = append(list, Deposit{Participant: d.participant, Amount: d.amount, Reference: reference})
	}
	return list
}
