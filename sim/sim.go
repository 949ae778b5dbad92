// Package sim runs a whole market on virtual time: the same meters, forecasts,
// agents, exchange and ledger rules as the running market, under one clock and one
// seed, with a sequencer of ours in the place of consensus.
package sim

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"torg"
	"torg/decide"
	"torg/exchange"
	"torg/ledger"
	"torg/ledger/seq"
	"torg/scenario"
	"torg/sign"
	"torg/world"
)

// Config is a simulation.
type Config struct {
	Scenario *scenario.Scenario
	Unsigned bool           // leaves out RSA signatures
	Perfect  bool           // forecasts that know the future: for proofs only
	Decider  decide.Decider // nil: the shipped strategies, in this process
	Watch    func(ledger.Committed)
	Recorder exchange.Recorder // nil: what is not on the ledger is dropped
	Progress func(done, total int)
	Log      *slog.Logger
}

// ChainID is the id of every simulated chain.
const ChainID = "torg-sim"

// Run simulates the scenario's days. The same scenario gives the same blocks, but
// for signatures.
func Run(ctx context.Context, cfg Config) (*world.World, error) {
	var keys sign.Keyring
	var operator []byte
	if !cfg.Unsigned {
		keys = sign.NewPooledKeys(keyPool)
		signer, err := keys.Operator()
		if err != nil {
			return nil, err
		}
		if operator, err = sign.PublicDER(signer.Public()); err != nil {
			return nil, err
		}
	}
	if cfg.Decider == nil {
		cfg.Decider = decide.Local{}
	}
	if cfg.Recorder == nil {
		cfg.Recorder = Silent{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	from, to := cfg.Scenario.Slots()
	genesis := world.Genesis(cfg.Scenario, ChainID, operator)
	clock := exchange.NewVirtualClock(cfg.Scenario.Calendar.Opens(from))
	chain, err := seq.New(genesis, clock.Now)
	if err != nil {
		return nil, err
	}
	if cfg.Watch != nil {
		chain.Watch(until(to, cfg.Watch))
	}
	w, err := world.New(world.Config{
		Scenario: cfg.Scenario, Genesis: genesis, Clock: clock, Chain: chain, Keys: keys,
		Decider: cfg.Decider, Perfect: cfg.Perfect, Recorder: cfg.Recorder, Log: cfg.Log,
	})
	if err != nil {
		return nil, err
	}
	if err := w.WarmUp(from); err != nil {
		return nil, err
	}
	if err := w.SetUp(ctx); err != nil {
		return nil, err
	}
	for slot := from; slot < to; slot++ {
		if err := w.Exchange.Session(ctx, slot); err != nil {
			return nil, fmt.Errorf("session %s: %w", cfg.Scenario.Calendar.Session(slot), err)
		}
		if cfg.Progress != nil {
			cfg.Progress(int(slot-from)+1, int(to-from))
		}
	}
	return w, finish(ctx, w, chain, clock, genesis, to)
}

// until hands on blocks without the sessions that nobody runs while the last
// readings are waited for.
func until(to torg.Slot, watch func(ledger.Committed)) func(ledger.Committed) {
	return func(c ledger.Committed) {
		c.Events = slices.DeleteFunc(c.Events, func(e ledger.Event) bool { return e.Missed != nil && e.Missed.Slot >= to })
		watch(c)
	}
}

// keyPool is how many pairs of keys a signed simulation makes and shares among its
// participants.
const keyPool = 4

// finish reads the last meters, waits for missing readings until they are
// estimated, and closes the month where the run ends.
func finish(ctx context.Context, w *world.World, chain ledger.Chain, clock exchange.Clock, g ledger.Genesis, to torg.Slot) error {
	end := g.Calendar.Start(to)
	if err := clock.Until(ctx, end); err != nil {
		return err
	}
	if err := chain.Pass(ctx, end); err != nil {
		return err
	}
	if err := w.Exchange.Meter(ctx, to-1); err != nil {
		return err
	}
	_, last := g.Calendar.Settlement(to-1, g.Settlement)
	settled := g.Calendar.End(last).Add(g.Deadline)
	if err := clock.Until(ctx, settled); err != nil {
		return err
	}
	if err := chain.Pass(ctx, settled); err != nil {
		return err
	}
	return w.CloseMonth(ctx, to-1)
}
