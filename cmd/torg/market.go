package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"torg"
	"torg/board"
	"torg/bus"
	"torg/config"
	"torg/datadir"
	"torg/decide"
	"torg/exchange"
	"torg/ledger"
	"torg/ledger/abci"
	"torg/record"
	"torg/scenario"
	"torg/sign"
	"torg/store"
	"torg/world"
)

// market is a running market and its parts.
type market struct {
	config   config.Config
	scenario *scenario.Scenario
	log      *slog.Logger
	started  time.Time

	place    *datadir.Dir
	clock    exchange.Clock
	keys     sign.Keyring
	genesis  ledger.Genesis
	chain    ledger.Chain
	node     *abci.Chain // nil where the chain is a sequencer
	store    *store.Store
	metrics  *prometheus.Registry
	recorder *recorder
	bus      *bus.Conn
	world    *world.World
	door     door
	desk     *board.Desk
	closers  []func() error // in the order of opening
}

// close ends what was opened, last things first.
func (m *market) close() {
	for i := len(m.closers) - 1; i >= 0; i-- {
		if err := m.closers[i](); err != nil {
			m.log.Error("closing", "error", err)
		}
	}
}

// open opens everything and starts nothing.
func (m *market) open(ctx context.Context) error {
	say("Torg %s: complex %q, slots of %s", version(), m.scenario.Name, m.scenario.Calendar.Interval)
	for _, step := range []func(context.Context) error{
		m.openCertificates, m.openPlace, m.openStore, m.openDoor, m.openKeys, m.openBus, m.openWorld, m.openTables,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// openPlace opens the data folder; a market faster than time gets one that goes
// when it ends.
func (m *market) openPlace(context.Context) error {
	path := m.config.Data
	if m.fast() {
		temporary, err := os.MkdirTemp("", "torg-fast-")
		if err != nil {
			return err
		}
		m.closers = append(m.closers, func() error { return os.RemoveAll(temporary) })
		path = temporary
	}
	from, to := m.scenario.Slots()
	replay := world.NewReplay(m.scenario.Calendar, from, to, m.scenario.Calendar.At(time.Now()))
	place, err := datadir.Open(path, m.config.Scenario, m.scenario.Resolved(), int64(replay.Offset))
	if err != nil {
		return usage(err)
	}
	m.place = place
	m.closers = append(m.closers, place.Close)
	if m.fast() {
		say("Speed %g: a sequencer in the place of consensus, and nothing is kept", m.config.Speed)
	} else {
		say("Data: %s", path)
	}
	return nil
}

func (m *market) openStore(ctx context.Context) error {
	dsn := "sqlite:" + m.place.Join("torg.db")
	if m.config.Database != "" {
		dsn = m.config.Database
	}
	s, err := store.Open(ctx, dsn)
	if err != nil {
		return err
	}
	m.store = s
	m.closers = append(m.closers, s.Close)
	return nil
}

// showKeys is how many keys a market that keeps nothing shares among its parties.
const showKeys = 4

func (m *market) openKeys(ctx context.Context) error {
	if m.fast() {
		m.keys = sign.NewPooledKeys(showKeys)
	} else {
		keys, err := sign.OpenKeys(m.place.Join("keys"))
		if err != nil {
			return err
		}
		m.keys = keys
	}
	if m.place.New {
		say("Making RSA keys for %d owners and %d agents", len(m.scenario.Participants), len(m.scenario.Sites))
	}
	var owners []torg.ParticipantID
	var agents []torg.SiteID
	for _, p := range m.scenario.Participants {
		owners = append(owners, p.ID)
	}
	for _, s := range m.scenario.Sites {
		agents = append(agents, s.ID)
	}
	if err := sign.Warm(ctx, m.keys, owners, agents, nil); err != nil {
		return err
	}
	operator, err := m.keys.Operator()
	if err != nil {
		return err
	}
	der, err := sign.PublicDER(operator.Public())
	if err != nil {
		return err
	}
	m.genesis = world.Genesis(m.scenario, m.place.Meta.ChainID, der)
	return nil
}

// busFile is where a data folder says how to reach its bus. Only its owner may read
// it: the address carries the token.
const busFile = "bus.url"

func (m *market) openBus(context.Context) error {
	server, err := bus.Start(m.config.Bus)
	if err != nil {
		return usage(err)
	}
	m.closers = append(m.closers, func() error { server.Stop(); return nil })
	if err := os.WriteFile(m.place.Join(busFile), []byte(server.URL()+"\n"), 0o600); err != nil {
		return err
	}
	if m.bus, err = bus.Connect(server.URL(), "agents"); err != nil {
		return err
	}
	m.closers = append(m.closers, func() error { m.bus.Close(); return nil })
	if m.config.Decide == "external" {
		say("Decisions come from programs on the bus: torg decide serve --data %s", m.place.Path)
		return nil
	}
	program, err := bus.Connect(server.URL(), "decide")
	if err != nil {
		return err
	}
	stop, err := decide.Serve(program, decide.Local{})
	m.closers = append(m.closers, func() error { program.Close(); return nil })
	if err == nil {
		m.closers = append(m.closers, func() error { stop(); return nil })
	}
	return err
}

func (m *market) openWorld(context.Context) error {
	m.metrics = prometheus.NewRegistry()
	m.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.recorder = newRecorder(m.store, m.log, m.metrics)
	go m.recorder.run(context.Background())
	m.closers = append(m.closers, func() error { m.recorder.close(); return nil })
	m.clock = newClock(m.config, m.scenario)
	if err := m.openChain(); err != nil {
		return err
	}
	slot := time.Duration(float64(m.scenario.Calendar.Interval) / m.config.Speed)
	w, err := world.New(world.Config{
		Scenario: m.scenario, Genesis: m.genesis, Clock: m.clock, Chain: m.chain, Keys: m.keys,
		Decider: decide.Remote{Bus: m.bus}, Recorder: m.recorder, Timeout: min(m.config.DecideTimeout, slot/3),
		Replay: m.replay(), Log: m.log,
	})
	if err != nil {
		return usage(err)
	}
	for _, warning := range w.Warnings {
		say("%s", warning)
	}
	m.world = w
	m.recorder.problem = func(there bool) { w.Exchange.Problem(exchange.ProblemStore, there) }
	if m.node != nil {
		m.recorder.blocks = m.node.Blocks
	}
	m.chain.Watch(m.recorder.block)
	m.chain.Watch(m.firstContracts())
	m.openDesk()
	return nil
}

// openTables brings names and settings into the tables, settings back to the
// agents, and the tables up to the chain's height.
func (m *market) openTables(ctx context.Context) error {
	if err := m.store.Bind(ctx, m.genesis); err != nil {
		return err
	}
	if err := m.store.PutNames(ctx, names(m.scenario)); err != nil {
		return err
	}
	if err := m.store.PutSites(ctx, recordSites(m.scenario)); err != nil {
		return err
	}
	if err := m.recall(ctx); err != nil {
		return err
	}
	if m.node == nil {
		return nil
	}
	from, err := m.store.Height(ctx)
	if err != nil {
		return err
	}
	return m.node.Blocks(from+1, m.node.Height(), func(c ledger.Committed) error { return m.store.Apply(ctx, c) })
}

// recall gives agents the settings that their owners chose before a restart.
func (m *market) recall(ctx context.Context) error {
	sites, err := m.store.Sites(ctx)
	if err != nil {
		return err
	}
	for _, s := range sites {
		if s.Mode == "" {
			continue // known to the ledger, without settings
		}
		if err := m.world.Host.Configure(s.ID, s.Mode, s.Goal, s.Strategy); err != nil {
			return err
		}
		if !s.Running {
			if err := m.world.Host.Stop(s.ID); err != nil {
				return err
			}
		}
	}
	halted, err := m.store.Meta(ctx, metaHalted)
	if err != nil && !errors.Is(err, record.ErrNotFound) {
		return fmt.Errorf("settings: %w", err)
	}
	m.world.Host.Halt(halted != "")
	return nil
}

func names(sc *scenario.Scenario) []store.Name {
	var all []store.Name
	for _, p := range sc.Participants {
		all = append(all, store.Name{Participant: p.ID, Name: p.Name, NameEN: p.NameEN})
	}
	for _, s := range sc.Sites {
		all = append(all, store.Name{Site: s.ID, Name: s.Name, NameEN: s.NameEN})
	}
	return all
}

func recordSites(sc *scenario.Scenario) []record.Site {
	var all []record.Site
	for _, s := range sc.Sites {
		all = append(all, record.Site{
			Site: s.Site, Name: s.Name, NameEN: s.NameEN, Mode: s.Mode, Goal: string(s.Agent.Goal),
			Strategy: s.Agent.Strategy, Running: true,
		})
	}
	return all
}
