package record

import (
	"context"
	"errors"
	"time"

	"torg"
)

// ErrNotFound is returned where an id names nothing.
var ErrNotFound = errors.New("not found")

// Page asks for at most Limit rows, newest first, after a cursor that an earlier
// answer gave.
type Page struct {
	Limit  int    // 1 to 1000
	Cursor string // empty: from the newest
}

// Filter narrows a list. Empty fields do not.
type Filter struct {
	Session     string
	Participant torg.ParticipantID
	Site        torg.SiteID
	Kind        MessageKind
	Origin      Origin
}

// Reader answers from the projection. Lists come newest first, with the cursor of
// the next page or "".
type Reader interface {
	Sessions(ctx context.Context, p Page) ([]Session, string, error)
	Session(ctx context.Context, id string) (Session, error)
	Contracts(ctx context.Context, f Filter, p Page) ([]Contract, string, error)
	Contract(ctx context.Context, id torg.ContractID) (Contract, error)
	Orders(ctx context.Context, f Filter, p Page) ([]Order, string, error)
	Order(ctx context.Context, id torg.OrderID) (Order, error)
	Statements(ctx context.Context, session string) ([]Statement, error)
	Participants(ctx context.Context) ([]Participant, error)
	Sites(ctx context.Context) ([]Site, error)
	Readings(ctx context.Context, site torg.SiteID, from, to torg.Slot) ([]Reading, error)
	Settlements(ctx context.Context, f Filter, from, to time.Time) ([]Settlement, error)
	Savings(ctx context.Context, from, to time.Time) ([]Saving, error) // one per participant, by id
	Messages(ctx context.Context, f Filter, p Page) ([]Message, string, error)
	Decisions(ctx context.Context, f Filter, p Page) ([]Decision, string, error)
	Balance(ctx context.Context, account torg.Account) (torg.Cost, error)
	Offers(ctx context.Context, f BoardFilter, p Page) ([]Offer, string, error)
	Offer(ctx context.Context, id torg.OfferID) (Offer, error)
	Forwards(ctx context.Context, f BoardFilter, p Page) ([]Forward, string, error)
	Forward(ctx context.Context, id torg.ContractID) (Forward, error)
	Transfers(ctx context.Context, f TransferFilter, p Page) ([]Transfer, string, error)
	OwnerKeys(ctx context.Context, p torg.ParticipantID) ([]OwnerKey, error) // the oldest first
}

// Now is the market at this moment, as every page shows it. It is replaced, never
// changed.
type Now struct {
	Time      time.Time // of the market, virtual when it runs faster than time
	Speed     float64   // 1: real time
	Session   string    // the session that is open, for the next slot
	Slot      torg.Slot
	SlotStart time.Time
	Opened    time.Time
	Gate1     time.Time
	Gate2     time.Time
	State     State
	Rounds    []Round
	Prices    []Price // of the last session that has any, newest discovery last
	PriceOf   string  // that session
	Flows     []Flow  // of that session, newest discovery last
	Zones     []torg.ZoneID
	Lines     []torg.Line // of the complex; capacities are per slot
	// InsidePrice is what a kWh cost on average in that session's contracts between
	// participants; meaningful if InsideEnergy is positive.
	InsidePrice  torg.Price
	InsideEnergy torg.Energy
	Supplier     *SupplierQuotes
	Import       torg.Energy // of the connection in the last active session
	Export       torg.Energy
	ImportMax    torg.Energy // torg.Unlimited or per slot
	ExportMax    torg.Energy
	Height       int64
	Missed       int      // sessions missed since start
	Problems     []string // keys of the message catalogue; empty: all is well
	Halted       bool     // somebody pressed stop for the whole complex
	Agents       []AgentNow
	LastReason   string
}

// SupplierQuotes are the supplier's two prices.
type SupplierQuotes struct {
	ID        torg.ParticipantID
	Zone      torg.ZoneID // where the connection is
	Sell, Buy torg.Price
}

// AgentNow is a site's agent at this moment.
type AgentNow struct {
	Site      torg.SiteID
	Running   bool
	Fallback  bool // its last decision came from the safe default
	Available torg.Cost
	Reserved  torg.Cost // for open orders and as sellers' guarantees
	Last      *Decision
}

// Live is the running market's present.
type Live interface {
	Now() Now
	// Changed returns a channel that is closed when Now has something newer than
	// what the caller saw before asking.
	Changed() <-chan struct{}
}

// Control is what owners and the operator may do to the running market.
type Control interface {
	StartAgent(ctx context.Context, site torg.SiteID) error
	StopAgent(ctx context.Context, site torg.SiteID) error
	Configure(ctx context.Context, site torg.SiteID, mode torg.Mode, goal, strategy string) error
	Halt(ctx context.Context, halted bool) error // all agents at once
}
