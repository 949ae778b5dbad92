package ledger

import (
	"fmt"
	"slices"

	"torg"
	"torg/canon"
)

// MaxWithdrawals is how many withdrawals of one participant may be open at a time.
const MaxWithdrawals = 16

// withdrawal is one that is reserved and neither paid nor given back.
type withdrawal struct {
	reference string
	amount    torg.Money
	approved  bool
}

func appendWithdrawals(w *canon.Writer, list []withdrawal) {
	canon.AppendList(w, list, func(w *canon.Writer, v withdrawal) {
		w.String(v.reference)
		w.Money(v.amount)
		w.Bool(v.approved)
	})
}

func readWithdrawals(r *canon.Reader) []withdrawal {
	return canon.ReadList(r, MaxWithdrawals, func(r *canon.Reader) withdrawal {
		return withdrawal{reference: r.String(MaxReference), amount: r.Money(), approved: r.Bool()}
	})
}

// WithdrawalTaken says where a withdrawal is from this block on.
type WithdrawalTaken struct {
	Participant   torg.ParticipantID
	Amount        torg.Money
	Reference     string
	State         MoneyState
	BankReference string `json:",omitempty"` // once it is paid
}

// withdrawn names a withdrawal for ever: ids have no slash.
func withdrawn(p torg.ParticipantID, reference string) string { return string(p) + "/" + reference }

// withdraw reserves what a participant wants paid out, never more than is available.
func (s *state) withdraw(b Withdraw) error {
	_, known := s.participants.get(b.Participant)
	_, seen := s.withdrawn.get(withdrawn(b.Participant, b.Reference))
	open, _ := s.withdrawals.get(b.Participant)
	a, _ := s.accounts.get(b.Participant.Account())
	switch {
	case !known:
		return fmt.Errorf("withdrawal of participant %q: %w", b.Participant, torg.ErrUnknown)
	case b.Amount <= 0 || b.Amount > maxDeposit || b.Reference == "":
		return fmt.Errorf("withdrawal %q of %s by %s: %w", b.Reference, b.Amount, b.Participant, torg.ErrMalformed)
	case seen:
		return fmt.Errorf("withdrawal %q of %s: %w", b.Reference, b.Participant, torg.ErrDuplicate)
	case len(open) >= MaxWithdrawals:
		return fmt.Errorf("withdrawal %q of %s: %d are open: %w", b.Reference, b.Participant, len(open), torg.ErrTooLarge)
	case a.available().Cmp(b.Amount.Cost()) < 0:
		return fmt.Errorf("withdrawal %q of %s by %s, who has %s: %w", b.Reference, b.Amount, b.Participant, a.available(), torg.ErrFunds)
	}
	s.withdrawn.put(withdrawn(b.Participant, b.Reference), true)
	s.reserve(b.Participant, b.Amount.Cost())
	w := withdrawal{reference: b.Reference, amount: b.Amount}
	s.withdrawals.put(b.Participant, append(slices.Clone(open), w))
	s.tell(b.Participant, w, MoneyRequested, "")
	return nil
}

func (s *state) tell(p torg.ParticipantID, w withdrawal, now MoneyState, bank string) {
	s.event(Event{Withdrawal: &WithdrawalTaken{Participant: p, Amount: w.amount, Reference: w.reference, State: now, BankReference: bank}})
}

// openWithdrawal finds a participant's withdrawal that is open.
func (s *state) openWithdrawal(p torg.ParticipantID, reference string) (list []withdrawal, at int, err error) {
	list, _ = s.withdrawals.get(p)
	at = slices.IndexFunc(list, func(w withdrawal) bool { return w.reference == reference })
	if at < 0 {
		return nil, 0, fmt.Errorf("withdrawal %q of %q is not open: %w", reference, p, torg.ErrUnknown)
	}
	return list, at, nil
}

// endWithdrawal takes a withdrawal off the open ones and releases what it reserved.
func (s *state) endWithdrawal(p torg.ParticipantID, list []withdrawal, at int) withdrawal {
	w := list[at]
	if list = slices.Delete(slices.Clone(list), at, at+1); len(list) > 0 {
		s.withdrawals.put(p, list)
	} else {
		s.withdrawals.del(p)
	}
	s.reserve(p, w.amount.Cost().Neg())
	return w
}

// pay posts a withdrawal to the bank. Nothing is paid while the participant owes more
// than it has, which only settlement can bring about; and beyond the cap only what the
// approver approved.
func (s *state) pay(b Pay) error {
	list, at, err := s.openWithdrawal(b.Participant, b.Reference)
	if err != nil {
		return fmt.Errorf("payment: %w", err)
	}
	_, seen := s.references.get(b.BankReference)
	a, _ := s.accounts.get(b.Participant.Account())
	today := s.operatedToday()
	capped := s.WithdrawalCap > 0 && !list[at].approved
	switch {
	case b.BankReference == "":
		return fmt.Errorf("payment of %q without a bank reference: %w", b.Reference, torg.ErrMalformed)
	case seen:
		return fmt.Errorf("payment %q: %w", b.BankReference, torg.ErrDuplicate)
	case a.available().Sign() < 0:
		return fmt.Errorf("payment %q: %s owes %s: %w", b.BankReference, b.Participant, a.available().Neg(), torg.ErrFunds)
	case capped && list[at].amount > s.WithdrawalCap-today.out:
		return fmt.Errorf("payment %q of %s, %s of today's %s are used: %w", b.BankReference, list[at].amount, today.out, s.WithdrawalCap, torg.ErrOverCap)
	}
	if capped {
		today.out += list[at].amount
		s.operated.put("", today)
	}
	s.references.put(b.BankReference, true)
	w := s.endWithdrawal(b.Participant, list, at)
	s.post(torg.Posting{
		Slot: s.head.session.slot, Kind: torg.PostWithdrawal,
		From: b.Participant.Account(), To: torg.AccountBank, Amount: w.amount.Cost(),
	})
	s.tell(b.Participant, w, MoneyPaid, b.BankReference)
	return nil
}

// cancel ends a withdrawal for its owner.
func (s *state) cancel(b Cancel) error {
	list, at, err := s.openWithdrawal(b.Participant, b.Reference)
	if err != nil {
		return fmt.Errorf("cancelling: %w", err)
	}
	s.tell(b.Participant, s.endWithdrawal(b.Participant, list, at), MoneyCancelled, "")
	return nil
}

// returnMoney ends a withdrawal, or a deposit that waits, for the operator.
func (s *state) returnMoney(b Return) error {
	if b.Participant == "" {
		return s.endPending(b.Reference, false)
	}
	list, at, err := s.openWithdrawal(b.Participant, b.Reference)
	if err != nil {
		return fmt.Errorf("returning: %w", err)
	}
	s.tell(b.Participant, s.endWithdrawal(b.Participant, list, at), MoneyReturned, "")
	return nil
}

// approve credits a deposit that waits, or lets a withdrawal be paid beyond the cap.
func (s *state) approve(b Approve) error {
	if len(s.Approver) == 0 {
		return fmt.Errorf("approval of %q: this chain has no approver: %w", b.Reference, torg.ErrNotApprover)
	}
	if b.Participant == "" {
		return s.endPending(b.Reference, true)
	}
	list, at, err := s.openWithdrawal(b.Participant, b.Reference)
	switch {
	case err != nil:
		return fmt.Errorf("approving: %w", err)
	case list[at].approved:
		return fmt.Errorf("withdrawal %q of %s is approved: %w", b.Reference, b.Participant, torg.ErrDuplicate)
	}
	list = slices.Clone(list)
	list[at].approved = true
	s.withdrawals.put(b.Participant, list)
	s.tell(b.Participant, list[at], MoneyApproved, "")
	return nil
}

// Withdrawals returns a participant's open withdrawals, oldest first, in the states
// requested and approved. Their money is reserved.
func (v View) Withdrawals(p torg.ParticipantID) []WithdrawalTaken {
	open, _ := v.s.withdrawals.get(p)
	var list []WithdrawalTaken
	for _, w := range open {
		state := MoneyRequested
		if w.approved {
			state = MoneyApproved
		}
		list = append(list, WithdrawalTaken{Participant: p, Amount: w.amount, Reference: w.reference, State: state})
	}
	return list
}
