package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"torg"
	"torg/decide"
	"torg/exchange"
	"torg/httpapi"
	"torg/proof"
	"torg/record"
	"torg/scenario"
	"torg/web"
)

// run starts what was opened and serves until ctx ends.
func (m *market) run(ctx context.Context, listener net.Listener) error {
	if err := m.prepare(ctx); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return m.serve(ctx, listener) })
	g.Go(func() error { return m.world.Exchange.Run(ctx) })
	if m.node != nil {
		g.Go(func() error { return m.watchNode(ctx) })
	}
	say("The site: %s   (Ctrl-C stops)", m.door.address(listener.Addr()))
	next := m.world.Exchange.Next(m.clock.Now())
	cal := m.scenario.Calendar
	if !m.fast() {
		say("The first session opens at %s and its first gate closes at %s", local(m.scenario, cal.Opens(next)), local(m.scenario, cal.GateClosure(next, 1)))
	}
	return g.Wait()
}

// watchNode ends the market where consensus cannot go on.
func (m *market) watchNode(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-m.node.Done():
		return m.node.Err()
	}
}

func local(sc *scenario.Scenario, t time.Time) string {
	return t.In(sc.Timezone).Format("15:04:05")
}

// prepare starts the chain, admits participants and lets forecasters learn.
func (m *market) prepare(ctx context.Context) error {
	now := m.clock.Now()
	cal := m.scenario.Calendar
	if err := m.world.WarmUp(cal.At(now)); err != nil {
		return err
	}
	if err := m.past(ctx, now); err != nil {
		return err
	}
	if m.node != nil {
		if err := m.node.Start(ctx); err != nil {
			return err
		}
	}
	if err := m.world.SetUp(ctx); err != nil {
		return err
	}
	m.world.Resume()
	return nil
}

// past fills a demonstration's tables with generated history before it trades for
// the first time.
func (m *market) past(ctx context.Context, now time.Time) error {
	height, err := m.store.Height(ctx)
	if err != nil || height > 0 || !modelled(m.scenario) {
		return err
	}
	say("Trading the last %d days on the models, as history", historyDays)
	rows, err := makeHistory(ctx, m.scenario, now)
	if err != nil {
		return err
	}
	return m.store.PutHistory(ctx, rows)
}

// serve answers HTTP until ctx ends.
func (m *market) serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: m.handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog:    slog.NewLogLogger(m.log.Handler(), slog.LevelDebug), // what strangers' handshakes get wrong
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		shut, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		stopped <- server.Shutdown(shut)
	}()
	if err := m.door.serve(server, listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

func (m *market) handler() http.Handler {
	control := control{host: m.world.Host, exchange: m.world.Exchange, store: m.store}
	live := m.world.Exchange
	var provable httpapi.Proofs // none without consensus
	if m.node != nil {
		provable = proofs{proof.NewIndex(m.node)}
	}
	api := httpapi.New(httpapi.Config{
		Reader: m.store, Live: live, Control: control, Proofs: provable, Transactions: m.chain, Board: m.desk, Location: m.scenario.Timezone, Version: version(), Calendar: m.scenario.Calendar,
		Metrics: m.metrics, Ready: m.ready, Log: m.log, Hosts: m.door.hosts, Gate: m.door.gate, FreeMetrics: m.door.loopback,
	})
	config := web.Config{
		Reader: m.store, Live: live, Control: control, Verifier: verifier{m.store, m.genesis}, Board: m.desk,
		Name: m.scenario.Name, NameEN: m.scenario.NameEN, ZoneNames: zoneNames(m.scenario), Location: m.scenario.Timezone,
		Calendar: m.scenario.Calendar, HistoryStep: max(historyInterval, m.scenario.Calendar.Interval),
		Strategies: decide.Names(), Version: version(), Demo: m.config.Scenario == demoName, Log: m.log,
		Hosts: m.door.hosts, Gate: m.door.gate,
	}
	if config.Demo {
		config.Surplus, config.Buyer = demoOwners(m.scenario)
	}
	mux := http.NewServeMux()
	for _, path := range []string{"/api/", "/healthz", "/readyz", "/metrics"} {
		mux.Handle(path, api)
	}
	mux.Handle("/", web.New(config))
	return mux
}

// zoneNames are what people call the scenario's zones.
func zoneNames(sc *scenario.Scenario) map[torg.ZoneID]web.ZoneName {
	names := map[torg.ZoneID]web.ZoneName{}
	for _, z := range sc.ZoneNames {
		names[z.Zone] = web.ZoneName{RU: z.Name, EN: z.NameEN}
	}
	return names
}

// demoOwners are the first two of the demonstration: the one whose generator is too
// big, and the one who buys everything.
func demoOwners(sc *scenario.Scenario) (surplus, buyer torg.ParticipantID) {
	return sc.Sites[0].Participant, sc.Sites[1].Participant
}

// ready says whether the market trades: a block came lately and nothing is wrong.
func (m *market) ready(context.Context) error {
	now := m.world.Exchange.Now()
	if now.Height == 0 {
		return errors.New("no block yet")
	}
	if now.State == record.Missed {
		return errors.New("the running session is missed")
	}
	for _, p := range []string{exchange.ProblemLedger, exchange.ProblemStore} {
		if slices.Contains(now.Problems, p) {
			return errors.New(p)
		}
	}
	return nil
}
