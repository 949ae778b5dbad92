// Package record is what has been recorded: the rows that the SQL projection keeps
// and that the API, the pages and the reports show, and the small interfaces
// through which they ask. Store implements them; httpapi, web and report use them.
package record

import (
	"time"

	"torg"
)

// State is where a session is.
type State string

// The states of a session, in their order. A missed session was not active before
// its slot started.
const (
	Open    State = "open"
	Round1  State = "round1"
	Round2  State = "round2"
	Round3  State = "round3"
	Active  State = "active"
	Settled State = "settled"
	Missed  State = "missed"
)

// Origin says how a row came to be.
type Origin string

// The origins.
const (
	OnLedger  Origin = "ledger"    // committed in a block
	Simulated Origin = "simulated" // generated history: on no balance and not on the ledger
)

// Session is one trading session.
type Session struct {
	ID           string // such as 20261122T143030Z
	Slot         torg.Slot
	SlotStart    time.Time
	State        State
	Origin       Origin
	Rounds       []Round
	Prices       []Price
	Flows        []Flow        // of lines that carry any, by discovery, in the order of the complex's lines
	Network      torg.Cost     // what buyers pay minus what sellers get, over both discoveries: fees and congestion rent
	LedgerHeight int64         // of the block that made its first contracts active; 0 before
	ActiveAfter  time.Duration // from the first gate to that commit, by this machine's clock
}

// Round sums a round of a session over both discoveries.
type Round struct {
	Round     int
	Contracts int
	Energy    torg.Energy
}

// Price is a zone's equilibrium price in one discovery.
type Price struct {
	Discovery int
	Zone      torg.ZoneID
	Price     torg.Price
}

// Flow is the net energy that a discovery sends over a line, positive, in the
// direction from From to To. What both discoveries send goes the same way.
type Flow struct {
	Discovery int
	From, To  torg.ZoneID
	Energy    torg.Energy
}

// Order is an order and what became of it.
type Order struct {
	torg.Order
	Session   string
	Origin    Origin
	Height    int64
	Refused   torg.Refusal // empty: it reached the gate
	Reserved  torg.Cost
	Cut       torg.Energy // not covered by funds
	Signature []byte

	Unmatched  torg.Energy // what did not trade
	Reason     torg.Reason // why; empty while nothing is left
	Best       torg.Price  // price that was available
	WouldTrade torg.Price  // limit that would have traded
}

// Contract is a contract and where it stands.
type Contract struct {
	torg.Contract
	Session string
	State   string // active, delivered, settled
	Origin  Origin
	Height  int64

	Corrected bool // a later reading replaced an estimate of a party's settled slot
	Disputed  bool // a party's statement of its session differs
}

// Statement is a party's signed root over its contracts of a session.
type Statement struct {
	Session   string
	Site      torg.SiteID
	Root      [32]byte
	Signature []byte
	Differs   bool
	Height    int64
}

// Participant is a participant as pages know it.
type Participant struct {
	ID             torg.ParticipantID
	Name           string            // as the operator wrote it
	NameEN         string            // in English, where given
	KeyFingerprint *torg.Fingerprint // nil on an unsigned chain
}

// Site is a site with its settings and its agent's state.
type Site struct {
	torg.Site
	Name, NameEN string
	Mode         torg.Mode
	Goal         string // cheapest, greener, reliable
	Strategy     string
	Running      bool // its agent trades
}

// Reading is a reading beside the forecast that was made for it before its gate
// and the energy contracted for it. Nil: there is none.
type Reading struct {
	Site          torg.SiteID
	Slot          torg.Slot
	Start         time.Time
	Energy        *torg.Energy
	Quality       torg.Quality
	Q10, Q50, Q90 *torg.Energy
	Contracted    torg.Energy
	Origin        Origin
}

// Settlement is one participant's settled interval (one row per zone and class).
type Settlement struct {
	First, Last   torg.Slot
	Start, End    time.Time
	Participant   torg.ParticipantID
	Zone          torg.ZoneID
	Tariff        torg.TariffID
	Metered       torg.Energy
	Contracted    torg.Energy
	Paid          torg.Cost
	Baseline      torg.Cost
	Imbalance     torg.Cost
	Residual      torg.Cost
	InsideEnergy  torg.Energy // bought or sold inside the complex
	Estimated     bool
	Provisional   bool // computed from committed contracts and readings before the interval is settled
	Origin        Origin
	ForecastError torg.Energy // sum of |reading - median forecast|
	MeteredAbs    torg.Energy // sum of |reading|
}

// Saving sums a participant over a span.
type Saving struct {
	Participant torg.ParticipantID
	From, To    time.Time
	Paid        torg.Cost // minus: received
	Baseline    torg.Cost // with the supplier alone
	Provisional bool      // some of it is not settled yet
	Simulated   bool      // some of it is generated history
	Metered     torg.Energy
	Inside      torg.Energy // bought or sold inside
}

// Saved is what Torg saved: the supplier-only cost less what was paid.
func (s Saving) Saved() torg.Cost { return s.Baseline.Sub(s.Paid) }

// MessageKind is one of the three kinds of messages between the parts.
type MessageKind string

// The three kinds.
const (
	Information MessageKind = "information" // prices, forecasts, a partner's record
	EnergyMsg   MessageKind = "energy"      // orders, offers, acceptances
	Financial   MessageKind = "financial"   // deposits, escrow, payout, imbalance
)

// Message is one message as logged. Performative is FIPA Contract Net's: cfp,
// propose, refuse, accept-proposal, reject-proposal, inform, failure.
type Message struct {
	ID           int64
	Time         time.Time
	Session      string
	Kind         MessageKind
	Performative string
	From, To     string // participant ids, site ids or parts: exchange, ledger, decide, forecast, supplier
	Text         string // one key of the message catalogue
	Args         map[string]string
	Ref          string // an order's or contract's id
	Height       int64
}

// Decision is one entry of an agent's journal. Reason is a key of the message
// catalogue (journal.*), Args what it says in figures.
type Decision struct {
	ID        int64
	Time      time.Time
	Session   string
	Site      torg.SiteID
	Discovery int
	Strategy  string
	Fallback  bool // the decision program was late or wrong
	Ordered   bool
	Side      torg.Side
	Energy    torg.Energy
	Limit     torg.Price
	Quantile  float64 // of the forecast that was ordered
	Reason    string
	Args      map[string]string
	Origin    Origin
}
