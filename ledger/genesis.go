package ledger

import (
	"fmt"
	"slices"
	"time"

	"torg"
	"torg/sign"
)

// Genesis is what a chain is born with. It travels as JSON in the chain's genesis
// document.
type Genesis struct {
	ChainID    string
	Complex    torg.Complex
	Calendar   torg.Calendar
	Settlement time.Duration // length of a settlement interval: a multiple of the slot that divides a day
	Deadline   time.Duration // after an interval's end, when missing readings are estimated
	Tariffs    []torg.Tariff // an interval is settled at those in force when it starts
	NoWorse    bool          // top up participants whose month is above supplier-only
	PriceCap   torg.Price    // most that a deviation costs while the connection is full
	Timezone   string        // IANA zone in which months end
	Operator   []byte        // the operator's public key, PKIX DER; empty on an unsigned chain
	Unsigned   bool          // simulation only: signatures are neither made nor asked for

	// ForwardShare is the percentage of a line's capacity that forward contracts may hold,
	// each way; nil: torg.DefaultForwardShare.
	ForwardShare *int `json:",omitempty"`
	// EscrowDays is for how many ledger days after the present one forward contracts'
	// money is held; 0: torg.DefaultEscrowDays.
	EscrowDays int `json:",omitempty"`
}

// forwardRules returns what the genesis means for forward contracts.
func (g Genesis) forwardRules() (share, days int) {
	share, days = torg.DefaultForwardShare, torg.DefaultEscrowDays
	if g.ForwardShare != nil {
		share = *g.ForwardShare
	}
	if g.EscrowDays != 0 {
		days = g.EscrowDays
	}
	return share, days
}

// The range of a genesis' limits.
const (
	maxDeadline = 35 * 24 * time.Hour
	maxTariffs  = 10_000
)

// Valid refuses a genesis that no market can run by, naming what is wrong.
func (g Genesis) Valid() error {
	switch {
	case g.ChainID == "" || len(g.ChainID) > 50:
		return fmt.Errorf("chain id %q: must have 1 to 50 characters", g.ChainID)
	case g.Deadline < 0 || g.Deadline > maxDeadline:
		return fmt.Errorf("deadline %s: must be 0 to %s", g.Deadline, maxDeadline)
	case g.PriceCap < torg.MinPrice || g.PriceCap > torg.MaxPrice*10:
		return fmt.Errorf("price cap %s: out of range", g.PriceCap)
	case len(g.Tariffs) > maxTariffs:
		return fmt.Errorf("tariffs: %d, more than %d", len(g.Tariffs), maxTariffs)
	}
	if share, days := g.forwardRules(); share < 0 || share > 100 || days < 1 || days > torg.MaxEscrowDays {
		return fmt.Errorf("forwards: a share of %d %% and escrow for %d days: must be 0 to 100 and 1 to %d", share, days, torg.MaxEscrowDays)
	}
	if err := g.Calendar.Valid(); err != nil {
		return err
	}
	if s := g.Settlement; s < g.Calendar.Interval || s%g.Calendar.Interval != 0 || 24*time.Hour%s != 0 {
		return fmt.Errorf("settlement %s: must be a multiple of the slot of %s that divides a day", s, g.Calendar.Interval)
	}
	if err := g.Complex.Valid(); err != nil {
		return err
	}
	for i, t := range g.Tariffs {
		if err := torg.ValidID(string(t.ID)); err != nil {
			return fmt.Errorf("tariffs[%d]: %w", i, err)
		}
		if t.Sell < t.Buy || t.Buy < torg.MinPrice || t.Sell > torg.MaxPrice {
			return fmt.Errorf("tariffs[%d]: prices %s and %s of %s", i, t.Sell, t.Buy, t.ID)
		}
	}
	if !g.Unsigned {
		if _, err := sign.ParsePublic(g.Operator); err != nil {
			return fmt.Errorf("operator: %w", err)
		}
	}
	return nil
}

// hasTariff says whether a class has any prices.
func (g Genesis) hasTariff(id torg.TariffID) bool {
	return slices.ContainsFunc(g.Tariffs, func(t torg.Tariff) bool { return t.ID == id })
}
