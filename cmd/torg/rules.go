package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"torg"
	"torg/ledger"
	"torg/scenario"
)

type rulesCmd struct {
	Amend rulesAmendCmd `cmd:"" help:"Announce capacities, fees, quotes and tariffs from a session on (operator)."`
}

type rulesAmendCmd struct {
	signing
	delivery
	Sequence uint32   `help:"1 for the chain's first amendment, then one more each time." required:""`
	From     string   `help:"Session from which the rules hold, such as 20261122T150000Z." required:""`
	Complex  string   `help:"Complex file with the whole grid as it is then." required:"" type:"path"`
	PriceCap string   `help:"Most that a deviation costs while the connection is full, RUB/kWh." required:""`
	Tariff   []string `help:"A tariff to add: ID,FROM,SELL,BUY, such as base,2026-12-01T00:00:00Z,7.4,1.1." sep:"none"`
}

// Run signs and delivers an amendment.
func (c rulesAmendCmd) Run(ctx context.Context) error {
	b, err := c.amendment()
	if err != nil {
		return usage(err)
	}
	say("From session %s on: %d lines, price cap %s, %d more tariffs.", c.From, len(b.Complex.Lines), b.PriceCap, len(b.Tariffs))
	return send(ctx, c.signing, c.delivery, b)
}

func (c rulesAmendCmd) amendment() (b ledger.Amend, err error) {
	grid, err := scenario.LoadComplex(c.Complex)
	if err != nil {
		return b, err
	}
	b = ledger.Amend{Sequence: c.Sequence, Complex: grid.Complex}
	if b.From, err = grid.Calendar.SlotOf(c.From); err != nil {
		return b, fmt.Errorf("--from: %w", err)
	}
	if b.PriceCap, err = torg.ParsePrice(c.PriceCap); err != nil {
		return b, fmt.Errorf("--price-cap: %w", err)
	}
	for _, text := range c.Tariff {
		t, err := tariff(text)
		if err != nil {
			return b, fmt.Errorf("--tariff %q: %w", text, err)
		}
		b.Tariffs = append(b.Tariffs, t)
	}
	return b, nil
}

// tariff reads ID,FROM,SELL,BUY.
func tariff(text string) (t torg.Tariff, err error) {
	part := strings.Split(text, ",")
	if len(part) != 4 {
		return t, fmt.Errorf("must be ID,FROM,SELL,BUY")
	}
	t.ID = torg.TariffID(part[0])
	if err := torg.ValidID(part[0]); err != nil {
		return t, err
	}
	if t.From, err = time.Parse(time.RFC3339, part[1]); err != nil {
		return t, err
	}
	t.From = t.From.UTC()
	if t.Sell, err = torg.ParsePrice(part[2]); err != nil {
		return t, err
	}
	if t.Buy, err = torg.ParsePrice(part[3]); err != nil {
		return t, err
	}
	return t, nil
}
