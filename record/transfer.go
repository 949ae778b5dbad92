package record

import (
	"time"

	"torg"
)

// TransferKind says which way a transfer goes.
type TransferKind string

// The kinds of transfers.
const (
	Deposit    TransferKind = "deposit"    // from the bank to a balance
	Withdrawal TransferKind = "withdrawal" // from a balance to the bank
)

// Transfer is money between the bank and a participant's balance, and where it is. Its
// states are the ledger's: a deposit is pending, credited or returned; a withdrawal is
// requested, approved, paid, returned or cancelled.
type Transfer struct {
	Kind          TransferKind
	Participant   torg.ParticipantID
	Amount        torg.Money
	Reference     string // a deposit's is the bank's, a withdrawal's its owner's
	BankReference string // of a withdrawal that is paid
	State         string
	Began         time.Time // of the block that took it; zero: not known
	Changed       time.Time // of the block that changed it last; zero: not known
	Height        int64     // of the block that took it
	ChangedHeight int64     // of the block that changed it last
}

// Open says whether somebody has still to act on it.
func (t Transfer) Open() bool {
	return t.State == "pending" || t.State == "requested" || t.State == "approved"
}

// TransferFilter narrows the list of transfers. Empty fields do not.
type TransferFilter struct {
	Participant torg.ParticipantID
	Kind        TransferKind
	State       string
	Open        bool // only those on which somebody has still to act
}

// OwnerKey is one of a participant's public keys.
type OwnerKey struct {
	Fingerprint torg.Fingerprint
	Height      int64 // of the block since which it is live
	Ended       int64 // of the block that ended it; 0: it is live
}
