package torg

import (
	"fmt"
	"slices"
	"time"
)

// Unlimited stands for a capacity without a limit.
const Unlimited Energy = -1

// Line joins two zones, both ways.
type Line struct {
	From, To ZoneID
	Capacity Energy // per slot; Unlimited, or 0 for no line
	Fee      Price  // network fee per kWh carried, not negative
}

// Supplier is the central supplier behind the complex's one connection.
type Supplier struct {
	Participant ParticipantID
	Zone        ZoneID
	Sell        Price  // its price for what the complex imports
	Buy         Price  // its price for what the complex exports, at most Sell
	Import      Energy // most that the connection imports per slot, or Unlimited
	Export      Energy // most that it exports per slot, or Unlimited; 0: no export
}

// Pricing is how a contract's price follows from the zones' prices.
type Pricing string

// The two pricings: even split of each pair's gain, or the zones' prices as they are.
const (
	Split   Pricing = "split"
	Uniform Pricing = "uniform"
)

// Complex is the grid that a session is cleared on.
type Complex struct {
	Zones    []ZoneID
	Lines    []Line
	Supplier *Supplier // nil: an islanded complex
	Pricing  Pricing
}

// Valid refuses a grid that cannot be cleared, naming the part that is wrong.
func (c Complex) Valid() error {
	if len(c.Zones) == 0 {
		return fmt.Errorf("zones: at least one is needed")
	}
	for i, z := range c.Zones {
		if err := ValidID(string(z)); err != nil {
			return fmt.Errorf("zones[%d]: %w", i, err)
		}
		if slices.Contains(c.Zones[:i], z) {
			return fmt.Errorf("zones[%d]: %q is there twice", i, z)
		}
	}
	seen := map[[2]ZoneID]bool{}
	for i, l := range c.Lines {
		for _, z := range []ZoneID{l.From, l.To} {
			if !slices.Contains(c.Zones, z) {
				return fmt.Errorf("lines[%d]: unknown zone %q", i, z)
			}
		}
		switch {
		case l.From == l.To:
			return fmt.Errorf("lines[%d]: joins zone %q to itself", i, l.From)
		case seen[[2]ZoneID{l.From, l.To}] || seen[[2]ZoneID{l.To, l.From}]:
			return fmt.Errorf("lines[%d]: a second line between %q and %q", i, l.From, l.To)
		case l.Fee < 0:
			return fmt.Errorf("lines[%d]: fee %s is negative", i, l.Fee)
		case l.Capacity < Unlimited:
			return fmt.Errorf("lines[%d]: capacity %d Wh is negative", i, l.Capacity)
		}
		seen[[2]ZoneID{l.From, l.To}] = true
	}
	if c.Pricing != Split && c.Pricing != Uniform {
		return fmt.Errorf("pricing: %q is neither split nor uniform", c.Pricing)
	}
	if s := c.Supplier; s != nil {
		switch {
		case !slices.Contains(c.Zones, s.Zone):
			return fmt.Errorf("supplier.zone: unknown zone %q", s.Zone)
		case s.Sell < s.Buy:
			return fmt.Errorf("supplier: sell_price %s is below buy_price %s", s.Sell, s.Buy)
		case s.Import < Unlimited:
			return fmt.Errorf("supplier.import_capacity_wh: %d is negative", s.Import)
		case s.Export < Unlimited:
			return fmt.Errorf("supplier.export_capacity_wh: %d is negative", s.Export)
		}
		if err := ValidID(string(s.Participant)); err != nil {
			return fmt.Errorf("supplier.participant: %w", err)
		}
	}
	return nil
}

// Tariff is a supplier's two prices for a class of sites, from a moment on.
type Tariff struct {
	ID   TariffID
	From time.Time // UTC; valid until the next one of the same class
	Sell Price     // for consumption
	Buy  Price     // for what flows back, at most Sell
}
