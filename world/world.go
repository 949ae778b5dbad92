// Package world puts one complex together from its scenario: meters, forecasts,
// agents and the exchange, around a chain and under a clock that are given. The
// running market and the simulator are both worlds.
package world

import (
	"context"
	"crypto"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"torg"
	"torg/agent"
	"torg/decide"
	"torg/exchange"
	"torg/forecast"
	"torg/ledger"
	"torg/meter"
	"torg/scenario"
	"torg/sign"
)

// Config is what a world is made of.
type Config struct {
	Scenario *scenario.Scenario
	Genesis  ledger.Genesis
	Clock    exchange.Clock
	Chain    ledger.Chain
	Keys     sign.Keyring // nil on an unsigned chain
	Decider  decide.Decider
	Perfect  bool // forecasts that know the future: for proofs only
	Recorder exchange.Recorder
	Timeout  time.Duration // for the decision program
	Replay   *Replay       // nil: meters are read at their own time
	Log      *slog.Logger
}

// World is one complex, ready to run.
type World struct {
	cfg      Config
	Host     *agent.Host
	Exchange *exchange.Exchange
	Forecast forecast.Forecaster
	Naive    *forecast.Naive // nil where forecasts are perfect
	Meters   map[torg.SiteID]exchange.Meter
	Warnings []string // what is missing in meters' files, one line a gap
	operator crypto.Signer
}

// New reads the meters and makes the agents. The chain must not run yet.
func New(cfg Config) (*World, error) {
	w := &World{cfg: cfg, Meters: map[torg.SiteID]exchange.Meter{}}
	if cfg.Keys != nil {
		operator, err := cfg.Keys.Operator()
		if err != nil {
			return nil, err
		}
		w.operator = operator
	}
	var connection exchange.Meter
	for _, s := range cfg.Scenario.Sites {
		source, err := meter.Open(cfg.Scenario, s.ID)
		if err != nil {
			return nil, err
		}
		w.Meters[s.ID] = w.played(source)
		w.Warnings = append(w.Warnings, source.Warnings()...)
	}
	if len(cfg.Scenario.Connection) > 0 {
		source, err := meter.OpenConnection(cfg.Scenario, nil)
		if err != nil {
			return nil, err
		}
		connection = w.played(source)
	}
	if err := w.forecaster(); err != nil {
		return nil, err
	}
	var keys agent.Keys
	if cfg.Keys != nil {
		keys = cfg.Keys
	}
	w.Host = agent.NewHost(agent.Config{
		Genesis: cfg.Genesis, Forecast: w.Forecast, Decider: cfg.Decider, Keys: keys, Timeout: cfg.Timeout,
	})
	var sites []torg.Site
	for _, s := range cfg.Scenario.Sites {
		sites = append(sites, s.Site)
		if err := w.Host.Create(s.Site, settings(s), torg.Mandate{}); err != nil {
			return nil, err
		}
	}
	w.Exchange = exchange.New(exchange.Config{
		Genesis: cfg.Genesis, Clock: cfg.Clock, Chain: cfg.Chain, Host: w.Host, Operator: w.operator,
		Sites: sites, Meters: w.Meters, Connection: connection, Recorder: cfg.Recorder, Log: cfg.Log,
	})
	return w, nil
}

func (w *World) played(m exchange.Meter) exchange.Meter {
	if w.cfg.Replay == nil {
		return m
	}
	return replayed{m, *w.cfg.Replay}
}

func settings(s scenario.Site) agent.Settings {
	return agent.Settings{
		Mode: s.Mode, Goal: string(s.Agent.Goal), Strategy: s.Agent.Strategy, Running: true,
		Source: s.Source,
	}
}

func (w *World) forecaster() error {
	sc := w.cfg.Scenario
	if w.cfg.Perfect {
		perfect, err := forecast.NewPerfect(sc.Calendar, func(site torg.SiteID, s torg.Slot) (torg.Energy, bool) {
			e, _, ok := w.Meters[site].Net(s)
			return e, ok
		})
		w.Forecast = perfect
		return err
	}
	sites := make([]forecast.Site, len(sc.Sites))
	for i, s := range sc.Sites {
		consumes, feedsOut := flows(s)
		sites[i] = forecast.Site{
			ID: s.ID, Role: s.Role,
			Bounds: forecast.BoundsOf(s.CapacityW, sc.Calendar.Interval, consumes, feedsOut),
		}
	}
	naive, err := forecast.NewNaive(sc.Calendar, sc.Timezone, sites...)
	w.Naive, w.Forecast = naive, naive
	return err
}

func flows(s scenario.Site) (consumes, feedsOut bool) {
	for _, m := range s.Meters {
		consumes = consumes || m.Flow == scenario.FlowLoad
		feedsOut = feedsOut || m.Flow == scenario.FlowGeneration
	}
	return consumes, feedsOut
}

// Mandates that a world grants last this long, and are renewed at a start that
// finds less than renewBefore left.
const (
	mandateFor  = 365 * 24 * time.Hour
	renewBefore = 30 * 24 * time.Hour
)

// SetUp brings participants, deposits and mandates on the ledger, as far as they
// are not there yet: a set-up that was interrupted is finished. What the ledger
// refuses because it is there, or because an owner has revoked it, stays as it is.
// The chain must run.
func (w *World) SetUp(ctx context.Context) error {
	present := map[torg.ParticipantID]bool{}
	mandates := map[torg.SiteID]torg.Mandate{}
	w.cfg.Chain.View(func(v ledger.View) {
		for _, p := range v.Participants() {
			present[p] = true
		}
		for _, s := range w.cfg.Scenario.Sites {
			if m, ok := v.Mandate(s.ID); ok {
				mandates[s.ID] = m
			}
		}
	})
	for _, p := range w.cfg.Scenario.Participants {
		if err := w.admit(ctx, p, present[p.ID]); err != nil {
			return fmt.Errorf("participant %s: %w", p.ID, err)
		}
	}
	for _, s := range w.cfg.Scenario.Sites {
		m, granted := mandates[s.ID]
		if granted {
			w.Host.Mandate(m)
		}
		if granted && m.Expires.After(w.cfg.Clock.Now().Add(renewBefore)) {
			continue
		}
		if err := w.grant(ctx, s); err != nil {
			return fmt.Errorf("mandate of site %s: %w", s.ID, err)
		}
	}
	return w.cfg.Chain.Pass(ctx, w.cfg.Clock.Now())
}

// admit admits a participant with its sites, unless it is present, and puts its
// opening deposit on its balance, which counts once however often it is sent.
func (w *World) admit(ctx context.Context, p scenario.Participant, present bool) error {
	if !present {
		if err := w.admitSites(ctx, p); err != nil {
			return err
		}
	}
	if p.Balance <= 0 {
		return nil
	}
	return w.submit(ctx, ledger.Deposit{
		Participant: p.ID, Amount: p.Balance, Reference: "opening-" + string(p.ID),
	}, w.operator)
}

func (w *World) admitSites(ctx context.Context, p scenario.Participant) error {
	var key []byte
	if w.cfg.Keys != nil {
		owner, err := w.cfg.Keys.Owner(p.ID)
		if err != nil {
			return err
		}
		if key, err = sign.PublicDER(owner.Public()); err != nil {
			return err
		}
	}
	var sites []torg.Site
	for _, s := range w.cfg.Scenario.Sites {
		if s.Participant == p.ID {
			sites = append(sites, s.Site)
		}
	}
	for part := range slices.Chunk(sites, ledger.MaxSites) {
		if err := w.submit(ctx, ledger.Admit{Participant: p.ID, OwnerKey: key, Sites: part}, w.operator); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) grant(ctx context.Context, s scenario.Site) error {
	m := torg.Mandate{
		Participant: s.Participant, Site: s.ID, Limits: s.Agent.Limits,
		Expires: w.lasting().Truncate(time.Second),
	}
	body := ledger.Grant{Mandate: m}
	var owner crypto.Signer
	if w.cfg.Keys != nil {
		key, err := w.cfg.Keys.Agent(s.ID)
		if err != nil {
			return err
		}
		if body.AgentKey, err = sign.PublicDER(key.Public()); err != nil {
			return err
		}
		body.Mandate.AgentKey = sign.Fingerprint(body.AgentKey)
		if owner, err = w.cfg.Keys.Owner(s.Participant); err != nil {
			return err
		}
	}
	return w.submit(ctx, body, owner)
}

// lasting is when a mandate granted now ends: not before the scenario does.
func (w *World) lasting() time.Time {
	expires := w.cfg.Clock.Now().Add(mandateFor)
	if end := w.cfg.Scenario.End().Add(renewBefore); end.After(expires) {
		return end
	}
	return expires
}

// submit hands a transaction to the chain. That it is there already, or must not
// come back, is no error.
func (w *World) submit(ctx context.Context, b ledger.Body, s crypto.Signer) error {
	tx, err := ledger.Encode(w.cfg.Genesis.ChainID, b, s)
	if err != nil {
		return err
	}
	err = w.cfg.Chain.Submit(ctx, tx)
	switch torg.RefusalOf(err) {
	case torg.ErrDuplicate, torg.ErrExists:
		return nil
	case torg.ErrBadKey: // revoked for good
		w.cfg.Log.Warn("left as its owner wants it", "kind", fmt.Sprintf("%T", b), "why", err)
		return nil
	}
	return err
}

// Resume hands agents what the ledger knows after a restart: what open intervals
// have contracted and metered.
func (w *World) Resume() {
	cal, now := w.cfg.Genesis.Calendar, w.cfg.Clock.Now()
	first, _ := cal.Settlement(cal.At(now)-1, w.cfg.Genesis.Settlement)
	w.cfg.Chain.View(func(v ledger.View) {
		for _, s := range w.cfg.Scenario.Sites {
			for slot := first; slot <= cal.At(now)+1; slot++ {
				var metered *torg.Energy
				if e, ok := v.Reading(s.ID, slot); ok {
					metered = &e
				}
				w.Host.Restore(s.ID, slot, v.Traded(s.ID, slot), metered)
			}
		}
		for slot := first; slot <= cal.At(now)+1; slot++ {
			w.Host.Forwards(slot, v.ForwardNets(slot))
		}
	})
}

// CloseMonth ends the running month after the interval that contains a slot.
func (w *World) CloseMonth(ctx context.Context, last torg.Slot) error {
	return w.submit(ctx, ledger.Close{Slot: last}, w.operator)
}
