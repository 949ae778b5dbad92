package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"torg"
	"torg/decide"
	"torg/exchange"
	"torg/ledger"
	"torg/ledger/abci"
	"torg/ledger/seq"
	"torg/scenario"
	"torg/sign"
	"torg/world"
)

// The growth parts run a market in this process, under a clock that jumps, for as many
// sessions as years of other tests would not have, and look at what grows: the time a
// session takes, the ledger's state, the heap and the disk.
const (
	signedSessions   = 10_000 // of 20 parties, on CometBFT
	unsignedSessions = 100_000
	unsignedParties  = 100
	rowEvery         = 1200 // sessions: whole settlement intervals, so that rows are alike
)

// anHour is how long a growth part may take.
const anHour = time.Hour

// alike is by how much the last sessions may exceed the first ones, as a fraction: time
// and heap differ from hour to hour of the market's day, the state does not.
const (
	alikeTime  = 1.5
	alikeState = 1.1
)

// grownScenario is the demonstration with so many sites, and money for a year.
func grownScenario(sites int) *scenario.Scenario {
	sc := world.WithSites(scenario.Demo(), sites)
	for i := range sc.Participants {
		sc.Participants[i].Balance *= 100
	}
	return sc
}

// growthSigned runs signed sessions on a CometBFT chain. With a folder that is kept it
// goes on where it was ended.
func growthSigned(ctx context.Context, r *rig) error {
	dir := r.keep
	if dir == "" {
		dir = filepath.Join(r.tmp, "growth")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	sc := grownScenario(len(scenario.Demo().Sites))
	keys, err := sign.OpenKeys(filepath.Join(dir, "keys"))
	if err != nil {
		return err
	}
	operator, err := keys.Operator()
	if err != nil {
		return err
	}
	der, err := sign.PublicDER(operator.Public())
	if err != nil {
		return err
	}
	g := world.Genesis(sc, "growth", der)
	clock := newGateClock(sc.Calendar.Opens(firstSlot(sc)))
	chain, err := abci.Open(abci.Config{
		Dir: filepath.Join(dir, "chain"), Genesis: g, Now: clock.Now, Log: slog.New(slog.DiscardHandler),
		Pause: time.Millisecond, Idle: 100 * time.Millisecond,
	})
	if err != nil {
		return err
	}
	defer func() { _ = chain.Stop() }()
	chain.View(func(v ledger.View) {
		if v.Height() > 0 {
			clock.set(v.Time().Add(time.Second)) // later: orders sent again replace those before
		}
	})
	m := &growing{rig: r, scenario: sc, genesis: g, clock: clock, keys: keys, recorder: clock, chain: chain, dir: dir, size: chain.Size}
	chain.Watch(clock.observe)
	if err := m.start(ctx, chain.Start); err != nil {
		return err
	}
	return m.run(ctx, signedSessions)
}

// growthUnsigned runs unsigned sessions in memory.
func growthUnsigned(ctx context.Context, r *rig) error {
	sc := grownScenario(unsignedParties)
	g := world.Genesis(sc, "growth", nil)
	clock := newGateClock(sc.Calendar.Opens(firstSlot(sc)))
	chain, err := seq.New(g, clock.Now)
	if err != nil {
		return err
	}
	m := &growing{rig: r, scenario: sc, genesis: g, clock: clock, recorder: clock, chain: chain, size: chain.Size}
	chain.Watch(clock.observe)
	if err := m.start(ctx, func(context.Context) error { return nil }); err != nil {
		return err
	}
	return m.run(ctx, unsignedSessions)
}

// growing is a market whose growth is looked at.
type growing struct {
	*rig
	scenario *scenario.Scenario
	genesis  ledger.Genesis
	clock    *gateClock
	keys     sign.Keyring
	recorder exchange.Recorder
	chain    ledger.Chain
	size     func() (keys int, bytes int64)
	dir      string // on disk; empty: in memory only
	world    *world.World
}

// start puts the market together around its chain.
func (m *growing) start(ctx context.Context, chain func(context.Context) error) (err error) {
	m.world, err = world.New(world.Config{
		Scenario: m.scenario, Genesis: m.genesis, Clock: m.clock, Chain: m.chain, Keys: m.keys,
		Decider: decide.Local{}, Recorder: m.recorder, Log: slog.New(slog.NewTextHandler(m.out, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return err
	}
	if err := m.world.WarmUp(m.scenario.Calendar.At(m.clock.Now())); err != nil {
		return err
	}
	if err := chain(ctx); err != nil {
		return err
	}
	if err := m.world.SetUp(ctx); err != nil {
		return err
	}
	m.world.Resume()
	return nil
}

// run runs sessions until there are n of them since the market began.
func (m *growing) run(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(ctx, anHour)
	defer cancel()
	first := firstSlot(m.scenario)
	slot := m.world.Exchange.Next(m.clock.Now())
	done := int(slot - first)
	m.note("%d sessions are there, of %d parties; to %d", done, len(m.scenario.Sites), n)
	start := time.Now()
	var rows []row
run:
	for done < n {
		at, began := measure(m), done
		for range min(rowEvery, n-done) {
			if err := m.world.Exchange.Session(ctx, slot); err != nil {
				if ctx.Err() == nil {
					return err
				}
				m.check(false, "%d sessions: ended at %d after %s; with -keep DIR a signed run goes on there", n, done, time.Since(start).Round(time.Second))
				break run
			}
			slot++
			done++
		}
		r := at.until(measure(m), done-began, done)
		m.note("%s", r)
		if done-began == rowEvery { // a shorter one ends at another hour of the market's day
			rows = append(rows, r)
		}
	}
	m.judge(rows)
	return nil
}

// judge says whether the last quarter is like the first, the very first row left out:
// settlement, caches and pruning begin in it.
func (m *growing) judge(rows []row) {
	if len(rows) < 5 {
		m.note("too few sessions in this run to compare")
		return
	}
	rows = rows[1:]
	quarter := max(len(rows)/4, 1)
	before, after := middle(rows[:quarter]), middle(rows[len(rows)-quarter:])
	m.check(!more(after.cpu, before.cpu, alikeTime), "time of all processors a session: %s at first, %s at last", before.cpu, after.cpu)
	m.check(!more(after.keys, before.keys, alikeState), "keys in the state: %d at first, %d at last", before.keys, after.keys)
	m.check(!more(after.bytes, before.bytes, alikeState), "bytes in the state: %d at first, %d at last", before.bytes, after.bytes)
	m.check(!more(after.heap, before.heap, alikeTime), "heap: %d MiB at first, %d MiB at last", before.heap>>20, after.heap>>20)
	if m.dir != "" {
		m.check(!more(after.disk, before.disk, alikeTime), "bytes on disk a session: %d at first, %d at last", before.disk, after.disk)
	}
	m.check(m.clock.missed() == 0, "no session missed: %d", m.clock.missed())
}

// firstSlot is the first that is traded.
func firstSlot(sc *scenario.Scenario) torg.Slot {
	from, _ := sc.Slots()
	return from
}

// heap is what is in use after a collection, in bytes.
func heap() int64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

func (r row) String() string {
	return fmt.Sprintf("%6d sessions: %5.1f ms, %5.1f ms of processors, %.1f contracts each; state %d keys, %d bytes; heap %d MiB; disk %d bytes a session",
		r.sessions, ms(r.wall), ms(r.cpu), r.contracts, r.keys, r.bytes, r.heap>>20, r.disk)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
