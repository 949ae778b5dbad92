package world_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"torg"
	"torg/decide"
	"torg/exchange"
	"torg/ledger"
	"torg/ledger/seq"
	"torg/scenario"
	"torg/sim"
	"torg/world"
)

// rig is a chain and a clock that outlive the worlds on them, as after a kill.
type rig struct {
	scenario *scenario.Scenario
	genesis  ledger.Genesis
	clock    *exchange.VirtualClock
	chain    *seq.Chain
}

var morning = time.Date(2026, 4, 14, 9, 10, 20, 0, time.UTC)

func newRig(t *testing.T) *rig {
	t.Helper()
	sc := scenario.Demo()
	r := &rig{scenario: sc, genesis: world.Genesis(sc, "test", nil), clock: exchange.NewVirtualClock(morning)}
	chain, err := seq.New(r.genesis, r.clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	r.chain = chain
	return r
}

// start starts a world, as a process does.
func (r *rig) start(t *testing.T) *world.World {
	t.Helper()
	w, err := world.New(world.Config{
		Scenario: r.scenario, Genesis: r.genesis, Clock: r.clock, Chain: r.chain, Decider: decide.Local{},
		Recorder: sim.Silent{}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.SetUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Resume()
	return w
}

// trade runs sessions, which must all make contracts.
func (r *rig) trade(t *testing.T, w *world.World, n int) {
	t.Helper()
	for range n {
		slot := w.Exchange.Next(r.clock.Now())
		if err := w.Exchange.Session(t.Context(), slot); err != nil {
			t.Fatal(err)
		}
		contracts := 0
		r.chain.View(func(v ledger.View) { contracts = len(v.Contracts(slot)) })
		if contracts == 0 {
			t.Fatalf("session %s has no contracts", r.genesis.Calendar.Session(slot))
		}
		r.wait(t, r.genesis.Calendar.Start(slot).Sub(r.clock.Now()))
	}
}

func (r *rig) wait(t *testing.T, d time.Duration) {
	t.Helper()
	if err := r.clock.Until(t.Context(), r.clock.Now().Add(d)); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) pass(t *testing.T) {
	t.Helper()
	if err := r.chain.Pass(t.Context(), r.clock.Now()); err != nil {
		t.Fatal(err)
	}
}

// The first block may be older than the first participant.
func TestSetUpMayCrossASlot(t *testing.T) {
	r := newRig(t)
	r.pass(t)
	r.wait(t, 45*time.Second)
	w := r.start(t)
	r.trade(t, w, 8)
	r.chain.View(func(v ledger.View) {
		if v.LastMetered() == 0 {
			t.Error("no reading was taken")
		}
	})
}

// A long outage, and a kill while its readings come in.
func TestTradingGoesOnAfterTwoOutages(t *testing.T) {
	r := newRig(t)
	w := r.start(t)
	r.trade(t, w, 6)
	var last torg.Slot
	r.chain.View(func(v ledger.View) { last = v.LastMetered() })
	r.wait(t, 6*time.Hour)
	w = r.start(t)
	for range 3 {
		r.wait(t, time.Second)
		r.pass(t)
	}
	if err := w.Exchange.Meter(t.Context(), last+20); err != nil {
		t.Fatal(err)
	}
	r.trade(t, r.start(t), 6)
}

// A kill between the bands and the orders of a session.
func TestARestartInASessionTradesInIt(t *testing.T) {
	r := newRig(t)
	w := r.start(t)
	r.trade(t, w, 4)
	slot := w.Exchange.Next(r.clock.Now())
	bands := ledger.Bands{Slot: slot}
	w.Host.Open(slot)
	for _, p := range w.Host.Publish(slot) {
		bands.Bands = append(bands.Bands, p.Band)
	}
	r.pass(t)
	r.submit(t, bands)
	r.trade(t, r.start(t), 2)
}

// A kill after the orders: those sent again replace them.
func TestOrdersSentAgainReplaceThoseBefore(t *testing.T) {
	r := newRig(t)
	w := r.start(t)
	r.trade(t, w, 2)
	slot := w.Exchange.Next(r.clock.Now())
	r.pass(t)
	w.Host.Open(slot)
	orders, _, err := w.Host.Decide(t.Context(), slot, 1, r.clock.Now())
	if err != nil || len(orders) == 0 {
		t.Fatalf("%d orders, %v", len(orders), err)
	}
	r.submit(t, ledger.Orders{Slot: slot, Discovery: 1, Orders: orders})
	r.wait(t, 2*time.Second)
	differing := 0
	r.chain.Watch(func(c ledger.Committed) {
		for _, e := range c.Events {
			if e.Order != nil && e.Order.Refused != "" {
				t.Errorf("order %s is refused: %s", e.Order.Order.ID, e.Order.Refused)
			}
			if e.Statement != nil && e.Statement.Differs {
				differing++
			}
		}
	})
	r.trade(t, r.start(t), 1)
	if differing > 0 {
		t.Errorf("%d statements differ", differing)
	}
}

func (r *rig) submit(t *testing.T, b ledger.Body) {
	t.Helper()
	tx, err := ledger.Encode(r.genesis.ChainID, b, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.chain.Submit(t.Context(), tx); err != nil {
		t.Fatal(err)
	}
}

// A kill between a participant's admission and its deposit.
func TestAnInterruptedSetUpIsFinished(t *testing.T) {
	r := newRig(t)
	p := r.scenario.Participants[0]
	admit := ledger.Admit{Participant: p.ID}
	for _, s := range r.scenario.Sites {
		if s.Participant == p.ID {
			admit.Sites = append(admit.Sites, s.Site)
		}
	}
	r.submit(t, admit)
	r.start(t)
	r.start(t) // and not paid twice
	r.chain.View(func(v ledger.View) {
		if available, _, _ := v.Balance(p.ID); available != p.Balance.Cost() {
			t.Errorf("%s has %s, the scenario gives it %s", p.ID, available, p.Balance)
		}
	})
}

func TestAnOwnerMayHaveManySites(t *testing.T) {
	sc := *scenario.Demo()
	sc.Days = 1
	sc.Sites = append([]scenario.Site(nil), sc.Sites...)
	for i := range ledger.MaxSites {
		s := sc.Sites[0]
		s.ID = torg.SiteID(fmt.Sprintf("hall-%d", i))
		sc.Sites = append(sc.Sites, s)
	}
	hours, err := world.WithInterval(&sc, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	sites := map[torg.SiteID]bool{}
	watch := func(c ledger.Committed) {
		for _, e := range c.Events {
			if e.Admitted != nil {
				for _, s := range e.Admitted.Sites {
					sites[s.ID] = true
				}
			}
		}
	}
	if _, err := sim.Run(context.Background(), sim.Config{Scenario: hours, Unsigned: true, Watch: watch}); err != nil {
		t.Fatal(err)
	}
	if len(sites) != len(sc.Sites) {
		t.Errorf("%d of %d sites are admitted", len(sites), len(sc.Sites))
	}
}

func TestReplayKeepsTheTimeOfTheWeek(t *testing.T) {
	cal := torg.Calendar{Interval: 15 * time.Minute}
	from := cal.At(time.Date(2026, 3, 16, 0, 0, 0, 0, time.UTC))
	to := from + 7*96
	for _, now := range []time.Time{
		time.Date(2026, 11, 22, 18, 20, 0, 0, time.UTC), time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 18, 5, 0, 0, 0, time.UTC),
	} {
		r := world.NewReplay(cal, from, to, cal.At(now))
		was := cal.Start(cal.At(now) - r.Offset)
		if was.Weekday() != now.Weekday() || was.Hour() != now.Hour() || was.Before(cal.Start(from)) || !was.Before(cal.Start(to)) {
			t.Errorf("at %s it plays %s", now, was)
		}
	}
}

func TestAnotherIntervalKeepsThePower(t *testing.T) {
	sc := scenario.Demo()
	long, err := world.WithInterval(sc, 15*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := long.Complex.Supplier.Import, 30*sc.Complex.Supplier.Import; got != want {
		t.Errorf("import of %d Wh in 15 minutes, want %d", got, want)
	}
	if got, want := long.Sites[0].Agent.Limits.MaxEnergy, 30*sc.Sites[0].Agent.Limits.MaxEnergy; got/30 != want/30 {
		t.Errorf("mandate for %d Wh, want %d", got, want)
	}
	zones := *sc
	zones.Complex.Lines = []torg.Line{{Capacity: 501}, {Capacity: torg.Unlimited}, {Capacity: torg.MaxSessionEnergy}, {}}
	for _, c := range []struct {
		interval time.Duration
		want     []torg.Energy
	}{
		{15 * time.Minute, []torg.Energy{15_030, torg.Unlimited, torg.MaxSessionEnergy, 0}},
		{30 * time.Second, []torg.Energy{501, torg.Unlimited, torg.MaxSessionEnergy, 0}},
	} {
		other, err := world.WithInterval(&zones, c.interval)
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range other.Complex.Lines {
			if l.Capacity != c.want[i] {
				t.Errorf("slots of %s: line %d carries %d Wh, want %d", c.interval, i, l.Capacity, c.want[i])
			}
		}
		if back, err := world.WithInterval(other, 30*time.Second); err != nil || back.Complex.Lines[0].Capacity != 501 {
			t.Errorf("slots of %s and back: %+v, %v", c.interval, back.Complex.Lines, err)
		}
	}
	for _, d := range []time.Duration{0, 7 * time.Second, 2 * time.Hour} {
		if _, err := world.WithInterval(sc, d); err == nil {
			t.Errorf("slots of %s are made", d)
		}
	}
}

func TestMoreSitesOfTheSameKind(t *testing.T) {
	sc := scenario.Demo()
	demo := len(sc.Sites)
	for _, n := range []int{1, demo, 3*demo + 1} {
		many := world.WithSites(sc, n)
		ids, owners := map[torg.SiteID]bool{}, map[torg.ParticipantID]bool{}
		for _, p := range many.Participants {
			owners[p.ID] = true
		}
		for i, s := range many.Sites {
			ids[s.ID] = true
			if s.Role != sc.Sites[i%demo].Role || !owners[s.Participant] || torg.ValidID(string(s.ID)) != nil {
				t.Errorf("of %d sites, %+v", n, s)
			}
		}
		if len(ids) != n || len(owners) != len(many.Participants) {
			t.Errorf("%d sites with %d ids, %d participants with %d ids", n, len(ids), len(many.Participants), len(owners))
		}
		if got, want := many.Complex.Supplier.Import, sc.Complex.Supplier.Import*torg.Energy(n)/torg.Energy(demo); got != want {
			t.Errorf("%d sites import %d Wh, want %d", n, got, want)
		}
	}
	if len(sc.Sites) != demo || sc.Complex.Supplier.Import != scenario.Demo().Complex.Supplier.Import {
		t.Error("the scenario itself has changed")
	}
}
