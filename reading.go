package torg

// Quality says where a reading's energy comes from. Pages show all but Measured
// as what they are.
type Quality string

// The qualities.
const (
	Measured  Quality = "measured"  // from the meter's own interval
	Derived   Quality = "derived"   // shared out from a longer interval, or summed from shorter ones
	Estimated Quality = "estimated" // provisional, because nothing came before the deadline
	Simulated Quality = "simulated" // from a physical model, not from a meter
)

// Reading is a site's net metered energy in one slot: consumption is plus,
// generation fed out is minus.
type Reading struct {
	Site    SiteID
	Slot    Slot
	Energy  Energy
	Quality Quality
}

// Account names a side of a posting: a participant by its id, or one of the
// market's own accounts below, whose names no participant may take.
type Account string

// The market's own accounts.
const (
	AccountBank      Account = "@bank"      // money that came from or went to a bank
	AccountEscrow    Account = "@escrow"    // what buyers of active contracts have paid in
	AccountSupplier  Account = "@supplier"  // owed to the supplier
	AccountNetwork   Account = "@network"   // fees and congestion rent
	AccountImbalance Account = "@imbalance" // deviations
	AccountLoss      Account = "@loss"      // residuals that are negative, the operator's
	AccountNoWorse   Account = "@no_worse"  // passes top-ups through
)

// Account returns the account of a participant.
func (p ParticipantID) Account() Account { return Account(p) }

// Posting moves money from one account to another: double entry by construction.
// Amount is positive.
type Posting struct {
	Slot     Slot // the session, or the last slot of the interval or month it settles
	Kind     PostingKind
	From, To Account
	Amount   Cost
	Contract ContractID // where it pays for one contract
}

// PostingKind says what a posting is for.
type PostingKind string

// The kinds of postings.
const (
	PostDeposit    PostingKind = "deposit"
	PostWithdrawal PostingKind = "withdrawal" // participant to bank, when it is paid
	PostEscrow     PostingKind = "escrow"     // buyer into escrow, when a contract becomes active
	PostPayout     PostingKind = "payout"     // escrow to seller, when it is delivered
	PostNetwork    PostingKind = "network"    // the gap between buyer's and seller's price
	PostImbalance  PostingKind = "imbalance"  // deviation
	PostInvoice    PostingKind = "invoice"    // what the supplier's invoice is above or below round 3
	PostResidual   PostingKind = "residual"   // what is left over, back to participants or to the loss account
	PostNoWorse    PostingKind = "no_worse"   // top-up of a month and what pays for it
	PostCorrection PostingKind = "correction" // a late reading in place of an estimate
)
