package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"torg"
	"torg/config"
	"torg/exchange"
	"torg/ledger"
	"torg/ledger/abci"
	"torg/ledger/seq"
	"torg/scenario"
	"torg/world"
)

type upCmd struct{ settings }

// Run runs a market until it is interrupted.
func (u upCmd) Run(ctx context.Context) error {
	tuneMemory()
	c, err := u.resolve()
	if err != nil {
		return err
	}
	if c.Scenario == demoName && c.Interval == 0 && c.Speed > fastSpeed {
		c.Interval = fastInterval
	}
	sc, err := loadScenario(c)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return usage(fmt.Errorf("%s cannot be listened on: %w; choose another with --listen", c.Listen, cause(err)))
	}
	defer listener.Close()
	m := &market{config: c, scenario: sc, log: logger(c.Log), started: time.Now()}
	defer m.close()
	err = m.open(ctx)
	if err == nil {
		err = m.run(ctx, listener)
	}
	if ctx.Err() != nil { // interrupted: whatever failed, failed of that
		say("Stopped.")
		return nil
	}
	return err
}

// cause is the last cause of a network error, without the address again.
func cause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

func logger(level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelWarn
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: l}))
}

// say tells who started Torg what it is doing.
func say(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// fast says that the market runs faster than time: nothing is kept, and a sequencer
// of ours takes the place of consensus.
func (m *market) fast() bool { return m.config.Speed > 1 }

// openChain opens the chain: CometBFT in the data folder, or a sequencer where the
// market runs faster than time.
func (m *market) openChain() error {
	if m.fast() {
		chain, err := seq.New(m.genesis, m.clock.Now)
		m.chain = chain
		return err
	}
	keep, err := m.config.Keep()
	if err != nil {
		return usage(err)
	}
	chain, err := abci.Open(abci.Config{
		Dir: m.place.Join("chain"), Archive: m.place.Join("archive"), Keep: keep, Genesis: m.genesis, Log: m.log,
		Progress: func(height, last int64) { say("Copying the chain into its archive: block %d of %d", height, last) },
	})
	if err != nil {
		return err
	}
	m.chain, m.node = chain, chain
	m.closers = append(m.closers, chain.Stop)
	return nil
}

// newClock returns real time, or a faster clock that starts now or, for recorded
// meters, at the scenario's start.
func newClock(c config.Config, sc *scenario.Scenario) exchange.Clock {
	if c.Speed == 1 {
		return exchange.RealClock{}
	}
	start := sc.Start
	if modelled(sc) {
		start = sc.Calendar.Start(sc.Calendar.At(time.Now()))
	}
	return exchange.NewFastClock(start, c.Speed)
}

// modelled says that all of a scenario's meters are models, which have a past.
func modelled(sc *scenario.Scenario) bool {
	for _, s := range sc.Sites {
		for _, meter := range s.Meters {
			if meter.Model == nil {
				return false
			}
		}
	}
	return true
}

// replay returns how recorded meters are played: over and over, and in real time
// later by whole weeks than they were read. Models need none.
func (m *market) replay() *world.Replay {
	if modelled(m.scenario) {
		return nil
	}
	from, to := m.scenario.Slots()
	r := world.Replay{From: from, To: to}
	if !m.fast() {
		r.Offset = torg.Slot(m.place.Meta.Offset)
	}
	return &r
}

// firstContracts says when the first contracts are committed.
func (m *market) firstContracts() func(ledger.Committed) {
	said := false
	return func(c ledger.Committed) {
		for _, e := range c.Events {
			if e.Cleared != nil && len(e.Cleared.Contracts) > 0 && !said {
				said = true
				say("First contracts: %d, committed in block %d, %.0f s after the start.",
					len(e.Cleared.Contracts), c.Height, time.Since(m.started).Seconds())
			}
		}
	}
}
