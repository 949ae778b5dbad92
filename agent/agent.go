// Package agent trades for owners. An agent is one site's: it observes what was
// contracted and metered, reads the forecast, asks the decision program, holds the
// answer against its mandate, signs the order, checks the outcome and signs the
// statement. The Host creates agents, starts, stops and reconfigures them while
// the market runs.
package agent

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"torg"
	"torg/ledger"
	"torg/record"
)

// Settings are what an owner chooses for a site's agent.
type Settings struct {
	Mode     torg.Mode
	Goal     string // one of Goals; empty: the first
	Strategy string // a name that the decision program knows; empty or default: its own choice
	Running  bool
	Source   string // of its generation: solar, wind, chp; empty: not said
}

// Goals are what an owner can ask of an agent, the default first.
var Goals = []string{"cheapest", "greener", "reliable"}

// Trades says whether the agent takes part in sessions.
func (s Settings) Trades() bool { return s.Mode == torg.Auto && s.Running }

// Valid refuses settings that no agent can follow.
func (s Settings) Valid() error {
	switch {
	case s.Mode != torg.Manual && s.Mode != torg.Semi && s.Mode != torg.Auto:
		return fmt.Errorf("mode %q: manual, semi or auto: %w", s.Mode, torg.ErrMalformed)
	case s.Goal != "" && !slices.Contains(Goals, s.Goal):
		return fmt.Errorf("goal %q: %s: %w", s.Goal, strings.Join(Goals, ", "), torg.ErrMalformed)
	case s.Strategy != "" && torg.ValidID(s.Strategy) != nil:
		return fmt.Errorf("strategy %q: not a name: %w", s.Strategy, torg.ErrMalformed)
	case len(s.Source) > torg.MaxWord:
		return fmt.Errorf("source %q: longer than %d bytes: %w", s.Source, torg.MaxWord, torg.ErrMalformed)
	}
	return nil
}

// agent is one site's.
type agent struct {
	site     torg.Site
	settings Settings
	mandate  torg.Mandate
	position position
	expected [3]torg.Price // by side: recent average price of its own contracts, if has
	has      [3]bool
	fallback bool
	last     *record.Decision

	// Of the running session, the first two by discovery:
	orders  [3]sent
	cleared [3]*ownOutcome
	mine    []torg.Contract
}

// sent is an order that the agent has signed; without an id there is none.
type sent struct {
	torg.Order
	in bool // the ledger has taken it
}

// open forgets the last session and what lies before a slot.
func (a *agent) open(before torg.Slot) {
	a.orders, a.cleared, a.mine = [3]sent{}, [3]*ownOutcome{}, nil
	a.position.forget(before)
}

// unable says why the agent's mandate lets it send no order at all; empty: it may.
func (a *agent) unable(now time.Time) torg.Refusal {
	switch {
	case a.mandate.Site != a.site.ID || a.mandate.Participant != a.site.Participant:
		return torg.ErrNoMandate
	case !now.Before(a.mandate.Expires):
		return torg.ErrMandateExpired
	}
	return ""
}

// limits are the mandate's for an order of a side in a slot, with no more energy than the
// site's connection carries besides its forward contracts: the ledger takes no larger
// order.
func (a *agent) limits(interval time.Duration, slot torg.Slot, side torg.Side) torg.Limits {
	l := a.mandate.Limits
	forwards := a.position.forwards[slot]
	if side == torg.Sell {
		forwards = -forwards
	}
	l.MaxEnergy = min(l.MaxEnergy, torg.Energy(a.site.CapacityW*interval.Milliseconds()/3_600_000)-max(forwards, 0))
	return l
}

// learnPrice moves the expected price an eighth of the way to what a discovery's
// contracts cost on average.
func (a *agent) learnPrice(side torg.Side, contracts []torg.Contract) {
	var energy torg.Energy
	var cost torg.Cost
	for _, c := range contracts {
		price := c.BuyerPrice
		if side == torg.Sell {
			price = c.SellerPrice
		}
		energy += c.Energy
		cost = cost.Add(c.Energy.At(price))
	}
	if energy == 0 {
		return
	}
	average := torg.Price(new(big.Int).Quo(cost.Big(), big.NewInt(int64(energy))).Int64())
	if !a.has[side] {
		a.expected[side], a.has[side] = average, true
		return
	}
	a.expected[side] += (average - a.expected[side]) / 8
}

// taken learns what the ledger made of an order: a cut one is smaller from now on, a
// refused one is gone. Refusals of an order that is in are of repetitions.
func (a *agent) taken(t *ledger.OrderTaken) {
	for d := range a.orders {
		o := &a.orders[d]
		switch {
		case o.ID == "" || o.ID != t.Order.ID || o.in:
		case t.Refused != "":
			*o = sent{}
		default:
			o.in = true
			o.Energy -= t.Cut
		}
	}
}

// withdrawn learns that the mandate is revoked: the ledger withdraws orders that are
// not cleared yet.
func (a *agent) withdrawn() {
	a.mandate = torg.Mandate{}
	for d := range a.orders {
		if a.cleared[d] == nil {
			a.orders[d] = sent{}
		}
	}
}
