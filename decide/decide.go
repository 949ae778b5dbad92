// Package decide is the decision logic of agents: what to order, given a forecast,
// a position and prices. It is a separate program behind a published protobuf
// contract (package decidepb): Torg ships one with several strategies, and anyone
// may run another in its place.
package decide

import (
	"context"
	"time"

	"torg"
)

// Levels are the probabilities of a situation's quantiles.
var Levels = [7]float64{0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95}

// Request asks for the orders of one session and discovery, for many sites at once.
type Request struct {
	Session    string
	Slot       torg.Slot
	SlotStart  time.Time
	Interval   time.Duration
	Discovery  int // 1: sealed orders; 2: revision of what was not accepted
	Deadline   time.Time
	Situations []Situation
}

// Situation is what one site's agent knows when it has to decide.
type Situation struct {
	Site        torg.SiteID
	Participant torg.ParticipantID
	Role        torg.Role
	Goal        string // cheapest, greener, reliable; empty: cheapest
	Strategy    string // one of Names or another program's; empty or default: the program's own choice

	// Quantiles of the site's net energy in the slot at Levels, consumption plus.
	Quantiles [7]torg.Energy
	// Carry is what the settlement interval's earlier slots left open: metered or
	// forecast net energy less contracted.
	Carry torg.Energy
	// Rest is the median net energy of the interval's slots after this one.
	Rest torg.Energy

	// Short and Long are the site's own two prices with the supplier: what a
	// missing kWh costs and what a surplus one earns. Short >= Long.
	Short, Long torg.Price
	// Expected is what the site's own contracts cost lately, on average and with
	// the supplier's included; meaningful if HasExpected.
	Expected    torg.Price
	HasExpected bool
	// Limits are the mandate's, with MaxEnergy no more than the site's connection
	// carries in a slot. No order may leave them.
	Limits torg.Limits

	// Refused is, in discovery 2, the order that was not wholly accepted.
	Refused *Refused
}

// Refused is an order of discovery 1, what is left of it and why.
type Refused struct {
	Side       torg.Side
	Left       torg.Energy
	Limit      torg.Price
	Reason     torg.Reason
	WouldTrade torg.Price
}

// Decision answers one situation. Without an order, Reason says why.
type Decision struct {
	Site     torg.SiteID
	Order    bool
	Side     torg.Side
	Energy   torg.Energy
	Limit    torg.Price
	Prefer   []string
	Quantile float64 // of the net energy that was ordered, 0 to 1
	Strategy string  // that decided
	Reason   string  // one of the Why constants
	Args     map[string]string
}

// Why a decision is as it is: keys of the journal in every language. Other decision
// programs may give reasons of their own.
const (
	WhyNewsvendor = "newsvendor"    // the quantile at which one more kWh costs as much as it saves
	WhyReliable   = "reliable"      // more than the optimal quantile, on the safe side
	WhyMedian     = "median"        // the median of the forecast
	WhyMargin     = "margin"        // a better price is tried first
	WhyConcede    = "concede"       // the revised order goes to the limit that would have traded
	WhyNoNeed     = "no_need"       // nothing is open in this interval
	WhyBalanced   = "balances_out"  // what is open is expected to balance out within the interval
	WhyStands     = "limit_stands"  // the limit was already the last word
	WhyMandate    = "mandate"       // the mandate does not allow it; why says which of its limits
	WhySafe       = "safe_default"  // the decision program was late or wrong
	WhyNetted     = "netted"        // what the owner's other sites need or have was taken off
	WhyOutside    = "outside_limit" // an answer that the mandate does not allow was dropped
	WhyNoForecast = "no_forecast"   // there is no forecast to decide by
	WhyUnsigned   = "unsigned"      // the order could not be signed, so it was not sent
)

// Whys lists all of them.
func Whys() []string {
	return []string{
		WhyNewsvendor, WhyReliable, WhyMedian, WhyMargin, WhyConcede, WhyNoNeed, WhyBalanced, WhyStands,
		WhyMandate, WhySafe, WhyOutside, WhyNoForecast, WhyNetted, WhyUnsigned,
	}
}

// Decider answers requests. A site without a decision in the answer, or with two,
// orders by the safe default; decisions for other sites count for nothing. Decide
// returns soon after ctx ends, with what it has.
type Decider interface {
	Decide(ctx context.Context, r Request) ([]Decision, error)
}
