package ledger

import (
	"torg"
	"torg/canon"
)

// The kinds of transactions about keys, money and rules.
const (
	kindKeys kind = 20 + iota
	kindWithdraw
	kindCancel
	kindPay
	kindReturn
	kindApprove
	kindAmend
)

type (
	// Keys adds and removes owner keys of a participant. One of its live keys signs it,
	// and every added key signs KeyMessage, so that nobody can add a key that nobody
	// has. Sequence is one more than that of the Keys before it, 1 for the first, so
	// that none counts twice.
	Keys struct {
		Participant torg.ParticipantID
		Sequence    uint32
		Add         []NewKey
		Remove      []torg.Fingerprint
	}

	// NewKey is a key and its own signature over KeyMessage.
	NewKey struct {
		Key   []byte // PKIX DER
		Proof []byte
	}

	// Withdraw asks for money to be paid out and reserves it. The participant's owner
	// signs it; a reference counts once for each participant.
	Withdraw struct {
		Participant torg.ParticipantID
		Amount      torg.Money // more than 0
		Reference   string     // the owner's choice
	}

	// Cancel ends a withdrawal that is not paid. The owner signs it.
	Cancel struct {
		Participant torg.ParticipantID
		Reference   string
	}

	// Pay posts a withdrawal to the bank. The operator signs it. The bank reference
	// counts once among deposits and payments.
	Pay struct {
		Participant   torg.ParticipantID
		Reference     string
		BankReference string
	}

	// Return ends a withdrawal that is not paid, or without a participant a deposit
	// that waits for approval, under its bank reference. The operator signs it.
	Return struct {
		Participant torg.ParticipantID
		Reference   string
	}

	// Approve lets a withdrawal be paid, or without a participant a deposit be credited,
	// beyond the operator's cap. The approver signs it.
	Approve struct {
		Participant torg.ParticipantID
		Reference   string
	}
)

func (Keys) kind() kind     { return kindKeys }
func (Withdraw) kind() kind { return kindWithdraw }
func (Cancel) kind() kind   { return kindCancel }
func (Pay) kind() kind      { return kindPay }
func (Return) kind() kind   { return kindReturn }
func (Approve) kind() kind  { return kindApprove }

func (b Keys) append(w *canon.Writer) {
	w.String(string(b.Participant))
	w.U32(b.Sequence)
	canon.AppendList(w, b.Add, func(w *canon.Writer, k NewKey) {
		w.Blob(k.Key)
		w.Blob(k.Proof)
	})
	canon.AppendList(w, b.Remove, func(w *canon.Writer, f torg.Fingerprint) { w.Fixed(f[:]) })
}

func readKeys(r *canon.Reader) Body {
	return Keys{
		Participant: canon.ID[torg.ParticipantID](r),
		Sequence:    r.U32(),
		Add: canon.ReadList(r, MaxLiveKeys, func(r *canon.Reader) NewKey {
			return NewKey{Key: r.Blob(maxKey), Proof: r.Blob(maxSignature)}
		}),
		Remove: canon.ReadList(r, MaxLiveKeys, func(r *canon.Reader) (f torg.Fingerprint) {
			r.Fixed(f[:])
			return f
		}),
	}
}

func (b Withdraw) append(w *canon.Writer) {
	w.String(string(b.Participant))
	w.Money(b.Amount)
	w.String(b.Reference)
}

func readWithdraw(r *canon.Reader) Body {
	return Withdraw{Participant: canon.ID[torg.ParticipantID](r), Amount: r.Money(), Reference: r.String(MaxReference)}
}

func (b Pay) append(w *canon.Writer) {
	w.String(string(b.Participant))
	w.String(b.Reference)
	w.String(b.BankReference)
}

func readPay(r *canon.Reader) Body {
	return Pay{Participant: canon.ID[torg.ParticipantID](r), Reference: r.String(MaxReference), BankReference: r.String(MaxReference)}
}

func (b Cancel) append(w *canon.Writer)  { appendReference(w, b.Participant, b.Reference) }
func (b Return) append(w *canon.Writer)  { appendReference(w, b.Participant, b.Reference) }
func (b Approve) append(w *canon.Writer) { appendReference(w, b.Participant, b.Reference) }

func appendReference(w *canon.Writer, p torg.ParticipantID, reference string) {
	w.String(string(p))
	w.String(reference)
}

func readCancel(r *canon.Reader) Body {
	return Cancel{Participant: canon.ID[torg.ParticipantID](r), Reference: r.String(MaxReference)}
}

func readReturn(r *canon.Reader) Body {
	return Return{Participant: canon.ID[torg.ParticipantID](r), Reference: r.String(MaxReference)}
}

func readApprove(r *canon.Reader) Body {
	return Approve{Participant: canon.ID[torg.ParticipantID](r), Reference: r.String(MaxReference)}
}

// ownSizes returns how many of something one of these bodies has, and the most.
func ownSizes(b Body) (n, most int, what string) {
	switch b := b.(type) {
	case Keys:
		return max(len(b.Add), len(b.Remove)), MaxLiveKeys, "keys"
	case Withdraw:
		return len(b.Reference), MaxReference, "bytes of reference"
	case Cancel:
		return len(b.Reference), MaxReference, "bytes of reference"
	case Pay:
		return max(len(b.Reference), len(b.BankReference)), MaxReference, "bytes of reference"
	case Return:
		return len(b.Reference), MaxReference, "bytes of reference"
	case Approve:
		return len(b.Reference), MaxReference, "bytes of reference"
	case Amend:
		return len(b.Tariffs), maxTariffs, "tariffs"
	}
	return 0, 0, ""
}

// takeOwn carries out one of these transactions.
func (s *state) takeOwn(b Body) error {
	switch b := b.(type) {
	case Keys:
		return s.changeKeys(b)
	case Withdraw:
		return s.withdraw(b)
	case Cancel:
		return s.cancel(b)
	case Pay:
		return s.pay(b)
	case Return:
		return s.returnMoney(b)
	case Approve:
		return s.approve(b)
	case Amend:
		return s.amend(b)
	}
	panic("ledger: a transaction of another kind")
}
