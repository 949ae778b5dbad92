package ledger

import (
	"time"

	"torg"
	"torg/market"
)

// Block is what consensus agreed on.
type Block struct {
	Height int64
	Time   time.Time
	Txs    [][]byte
}

// Result is what a block did.
type Result struct {
	Codes  []torg.Refusal // one per transaction; empty: accepted
	Events []Event
}

// Event is one thing a block did: exactly one field is set. Events are made from
// committed blocks only; the projection and the pages live on them.
type Event struct {
	Admitted  *Admit          `json:",omitempty"`
	Granted   *Granted        `json:",omitempty"`
	Revoked   *Revoke         `json:",omitempty"`
	Order     *OrderTaken     `json:",omitempty"`
	Cleared   *Cleared        `json:",omitempty"`
	Missed    *Missed         `json:",omitempty"`
	Statement *StatementTaken `json:",omitempty"`
	Reading   *ReadingTaken   `json:",omitempty"`
	Delivered *Delivered      `json:",omitempty"`
	Settled   *Settled        `json:",omitempty"`
	Month     *MonthClosed    `json:",omitempty"`
	Posting   *torg.Posting   `json:",omitempty"`

	Keys       *KeysChanged     `json:",omitempty"`
	Deposit    *DepositTaken    `json:",omitempty"`
	Withdrawal *WithdrawalTaken `json:",omitempty"`
	Amended    *Amend           `json:",omitempty"`
	Posted     *Posted          `json:",omitempty"`
	Unposted   *Unposted        `json:",omitempty"`
	Forward    *ForwardChanged  `json:",omitempty"`
}

// Granted says that a mandate holds from this block on.
type Granted struct {
	Mandate  torg.Mandate
	AgentKey []byte // PKIX DER
}

// OrderTaken says what became of a submitted order.
type OrderTaken struct {
	Order     torg.Order
	Refused   torg.Refusal // empty: it stands until the gate
	Reserved  torg.Cost    // its worst case
	Cut       torg.Energy  // what the balance does not cover, with the reason funds
	Signature []byte       `json:",omitempty"`
}

// Cleared is a session's discovery, run by the ledger when its gate closed.
type Cleared struct {
	Slot      torg.Slot
	Discovery int
	Outcome   market.Outcome
	Contracts []torg.Contract // active in this block; their escrow is held
}

// Missed says that a session was not active before its slot started: Discovery 1
// leaves everybody to the supplier, 2 leaves the revised orders.
type Missed struct {
	Slot      torg.Slot
	Discovery int
	Board     bool `json:",omitempty"` // the session's root has the board's new contracts all the same
}

// StatementTaken says that a party's statement came. A differing root opens a
// dispute and voids nothing.
type StatementTaken struct {
	Slot      torg.Slot
	Site      torg.SiteID
	Root      [32]byte
	Signature []byte `json:",omitempty"`
	Differs   bool
}

// ReadingTaken is a reading that counts. Replaces says that it takes an estimate's
// place.
type ReadingTaken struct {
	torg.Reading
	Replaces bool
}

// Delivered says that a slot's contracts were paid out, when the first of its readings came.
type Delivered struct{ Slot torg.Slot }

// Settled is the result of a settlement interval.
type Settled struct {
	First, Last torg.Slot
	Parties     []SettledParty
	Connection  torg.Energy // net import
	Invoice     torg.Cost   // the supplier's, for the interval
	Fees        torg.Cost   // owed to lines' owners, on the network account
	Residual    torg.Cost   // shared out (plus) or borne by the loss account (minus)
}

// SettledParty is one participant's sites of one zone and tariff class in a
// settled interval.
type SettledParty struct {
	Participant torg.ParticipantID
	Zone        torg.ZoneID
	Tariff      torg.TariffID
	Metered     torg.Energy // net, consumption plus
	Contracted  torg.Energy
	Paid        torg.Cost // contracts, imbalance and residual together; minus: received
	Baseline    torg.Cost // what the supplier alone would have cost
	Imbalance   torg.Cost // of which for deviations
	Residual    torg.Cost // of which given back
	Estimated   bool
}

// MonthClosed is a month's no_worse settlement.
type MonthClosed struct {
	Month    string // 2026-11
	Partial  bool   // closed before the month's end
	Balances []MonthBalance
}

// MonthBalance is one participant's month.
type MonthBalance struct {
	Participant    torg.ParticipantID
	Paid, Baseline torg.Cost
	Eligible       torg.Cost // losses on orders inside the published band
	TopUp          torg.Cost // received (plus) or paid for others (minus)
}
