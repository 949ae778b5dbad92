package torg

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func order() Order {
	return Order{ID: "o", Participant: "p", Site: "s", Zone: "z", Discovery: 1, Side: Buy, Energy: 1, Limit: 1}
}

func TestBadOrders(t *testing.T) {
	if err := order().Valid(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*Order){
		"1 to 128 characters": func(o *Order) { o.ID = "" },
		"no side":             func(o *Order) { o.Side = 3 },
		"energy 0":            func(o *Order) { o.Energy = 0 },
		"energy 10000000001":  func(o *Order) { o.Energy = MaxOrderEnergy + 1 },
		"limit":               func(o *Order) { o.Limit = MaxPrice + 1 },
		"discovery 3":         func(o *Order) { o.Discovery = 3 },
		"preferences":         func(o *Order) { o.Avoid = make([]string, MaxPreferences+1) },
		"not UTF-8":           func(o *Order) { o.Source = "\xff" },
		"no name":             func(o *Order) { o.Prefer = []string{strings.Repeat("x", MaxWord+1)} },
	} {
		o := order()
		spoil(&o)
		if err := o.Valid(); err == nil || !strings.Contains(err.Error(), want) || RefusalOf(err) != ErrMalformed {
			t.Errorf("got %v, want %q and malformed", err, want)
		}
	}
}

func TestMandateAllows(t *testing.T) {
	now := time.Unix(1e9, 0)
	m := Mandate{Participant: "p", Site: "s", Expires: now.Add(1), Limits: Limits{Buy: true, MaxEnergy: 10, MaxBuy: 100, MinSell: 50}}
	if err := m.Allows(order(), now); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[Refusal]func(*Order, *Mandate){
		ErrNotYours:       func(o *Order, _ *Mandate) { o.Site = "t" },
		ErrMandateExpired: func(_ *Order, m *Mandate) { m.Expires = now },
		ErrMandateSide:    func(o *Order, _ *Mandate) { o.Side = Sell },
		ErrMandateEnergy:  func(o *Order, _ *Mandate) { o.Energy = 11 },
		ErrMandatePrice:   func(o *Order, _ *Mandate) { o.Limit = 101 },
	} {
		o, n := order(), m
		spoil(&o, &n)
		if err := n.Allows(o, now); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	o, n := order(), m
	o.Side, o.Limit, n.Limits.Sell = Sell, 49, true
	if err := n.Allows(o, now); !errors.Is(err, ErrMandatePrice) {
		t.Errorf("a sale below the lowest limit: %v", err)
	}
}

func TestBadComplexes(t *testing.T) {
	good := func() Complex {
		return Complex{
			Zones: []ZoneID{"a", "b"}, Lines: []Line{{From: "a", To: "b", Capacity: Unlimited}}, Pricing: Split,
			Supplier: &Supplier{Participant: "s", Zone: "a", Sell: 2, Buy: 1, Import: Unlimited},
		}
	}
	if err := good().Valid(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*Complex){
		"zones: at least one":      func(c *Complex) { c.Zones = nil },
		`zones[1]: "a" is there`:   func(c *Complex) { c.Zones[1] = "a" },
		`zones[0]: id ""`:          func(c *Complex) { c.Zones[0] = "" },
		`lines[0]: unknown zone`:   func(c *Complex) { c.Lines[0].To = "c" },
		"lines[0]: joins zone":     func(c *Complex) { c.Lines[0].To = "a" },
		"lines[1]: a second line":  func(c *Complex) { c.Lines = append(c.Lines, Line{From: "b", To: "a"}) },
		"lines[0]: fee":            func(c *Complex) { c.Lines[0].Fee = -1 },
		"lines[0]: capacity":       func(c *Complex) { c.Lines[0].Capacity = -2 },
		`pricing: "x"`:             func(c *Complex) { c.Pricing = "x" },
		"supplier.zone":            func(c *Complex) { c.Supplier.Zone = "c" },
		"is below buy_price":       func(c *Complex) { c.Supplier.Sell = 0 },
		"supplier.import_capacity": func(c *Complex) { c.Supplier.Import = -2 },
		"supplier.export_capacity": func(c *Complex) { c.Supplier.Export = -2 },
		"supplier.participant":     func(c *Complex) { c.Supplier.Participant = "@bank" },
	} {
		c := good()
		spoil(&c)
		if err := c.Valid(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestIDs(t *testing.T) {
	for _, id := range []string{"a", "foundry-1", "A.b_9", strings.Repeat("x", 64)} {
		if err := ValidID(id); err != nil {
			t.Error(err)
		}
	}
	for _, id := range []string{"", "@bank", "a b", "завод", "a/b", "a\x00", strings.Repeat("x", 65)} {
		if ValidID(id) == nil {
			t.Errorf("%q is taken", id)
		}
	}
}

func TestRefusalTravelsThroughWrapping(t *testing.T) {
	err := fmt.Errorf("order o: %w", fmt.Errorf("slot 1: %w", ErrGateClosed))
	if got := RefusalOf(err); got != ErrGateClosed {
		t.Errorf("got %q", got)
	}
	if got := RefusalOf(errors.New("disk full")); got != "" {
		t.Errorf("a fault is shown as the refusal %q", got)
	}
}
