package sim_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"torg"
	"torg/bus"
	"torg/decide"
	"torg/ledger"
	"torg/ledger/abci"
	"torg/record"
	"torg/scenario"
	"torg/sign"
	"torg/sim"
	"torg/world"
)

// A whole session of many agents in one process: the decision program behind the bus,
// every order signed and verified, a CometBFT chain with its usual pauses. A gate
// closes as soon as all orders are in a block. Forecasts are perfect, so that none has
// to be learned first. Reported are, of both discoveries together, from the first
// request to the decision program to the block that makes the last contract active:
// the time that passes, the time that the process has on all processors, and the
// orders; and the time from there until all statements are signed and committed.
func BenchmarkSession(b *testing.B) {
	for _, n := range []int{20, 1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := newCrowd(b, n)
			c.session() // the first has no readings to bring
			c.total = measured{}
			for b.Loop() {
				c.session()
			}
			each := func(v float64) float64 { return v / float64(b.N) }
			b.ReportMetric(each(c.total.wall.Seconds()), "s-to-active")
			b.ReportMetric(each(c.total.cpu.Seconds()), "cpu-s-to-active")
			b.ReportMetric(each(c.total.statements.Seconds()), "s-statements")
			b.ReportMetric(each(c.total.statementsCPU.Seconds()), "cpu-s-statements")
			b.ReportMetric(each(float64(c.total.orders)), "orders")
			b.ReportMetric(each(float64(c.total.contracts)), "contracts")
		})
	}
}

// crowd is a market of many sites on a chain, under a clock that stands still until
// somebody waits for another time, and at a gate until all orders are in.
type crowd struct {
	*testing.B
	sim.Silent
	world *world.World
	chain *abci.Chain
	cal   torg.Calendar
	slot  torg.Slot

	mu      sync.Mutex
	moved   *sync.Cond
	now     time.Time
	ordered int // by agents, in this session
	in      int // on the ledger
	stated  int
	first   moment // request to the decision program; zero: none yet
	active  moment
	made    int // contracts
	total   measured
}

// moment is a time and what the process had spent by then.
type moment struct {
	at  time.Time
	cpu time.Duration
}

func now() moment {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return moment{time.Now(), time.Duration(u.Utime.Nano() + u.Stime.Nano())}
}

type measured struct {
	wall, cpu, statements, statementsCPU time.Duration
	orders, contracts                    int
}

func newCrowd(b *testing.B, n int) *crowd {
	sc := world.WithSites(scenario.Demo(), n)
	c := &crowd{B: b, cal: sc.Calendar, now: sc.Start.Add(32*time.Hour + 10*time.Minute)}
	c.moved = sync.NewCond(&c.mu)

	server, err := bus.Start("127.0.0.1:0")
	c.must(err)
	b.Cleanup(server.Stop)
	serving, err := bus.Connect(server.URL(), "decide")
	c.must(err)
	b.Cleanup(serving.Close)
	stop, err := decide.Serve(serving, decide.Local{})
	c.must(err)
	b.Cleanup(stop)
	asking, err := bus.Connect(server.URL(), "agents")
	c.must(err)
	b.Cleanup(asking.Close)

	keys := sign.NewPooledKeys(16)
	operator, err := keys.Operator()
	c.must(err)
	der, err := sign.PublicDER(operator.Public())
	c.must(err)
	genesis := world.Genesis(sc, "bench", der)
	c.chain, err = abci.Open(abci.Config{
		Dir: filepath.Join(b.TempDir(), "chain"), Genesis: genesis, Log: slog.New(slog.DiscardHandler), Now: c.Now,
	})
	c.must(err)
	b.Cleanup(func() { _ = c.chain.Stop() })
	c.world, err = world.New(world.Config{
		Scenario: sc, Genesis: genesis, Clock: c, Chain: c.chain, Keys: keys, Perfect: true,
		Decider: c.decide(decide.Remote{Bus: asking}), Recorder: c, Log: slog.New(slog.NewTextHandler(b.Output(), nil)),
	})
	c.must(err)
	c.chain.Watch(c.observe)
	c.must(c.chain.Start(b.Context()))
	c.must(c.world.SetUp(b.Context()))
	c.slot = c.world.Exchange.Next(c.Now())
	return c
}

func (c *crowd) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

type decider func(context.Context, decide.Request) ([]decide.Decision, error)

func (d decider) Decide(ctx context.Context, r decide.Request) ([]decide.Decision, error) {
	return d(ctx, r)
}

// decide notes the moment of a session's first request.
func (c *crowd) decide(program decide.Decider) decider {
	return func(ctx context.Context, r decide.Request) ([]decide.Decision, error) {
		c.mu.Lock()
		if c.first.at.IsZero() {
			c.first = now()
		}
		c.mu.Unlock()
		return program.Decide(ctx, r)
	}
}

// Decided counts what agents order.
func (c *crowd) Decided(journal []record.Decision) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range journal {
		if d.Fallback {
			c.Errorf("site %s fell back: %s %v", d.Site, d.Reason, d.Args)
		}
		if d.Ordered {
			c.ordered++
		}
	}
}

// observe counts what is on the ledger.
func (c *crowd) observe(block ledger.Committed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range block.Events {
		switch {
		case e.Order != nil:
			c.in++
			if e.Order.Refused != "" {
				c.Errorf("order %s: %s", e.Order.Order.ID, e.Order.Refused)
			}
		case e.Cleared != nil:
			c.made += len(e.Cleared.Contracts)
			if e.Cleared.Discovery == 2 {
				c.active = now()
			}
		case e.Missed != nil:
			c.Errorf("slot %d, discovery %d is missed", e.Missed.Slot, e.Missed.Discovery)
		case e.Statement != nil:
			c.stated++
		}
	}
	c.moved.Broadcast()
}

// Now returns the time at which the clock stands.
func (c *crowd) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Until moves the clock on, once all that was ordered is in.
func (c *crowd) Until(_ context.Context, t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.in < c.ordered {
		c.moved.Wait()
	}
	if t.After(c.now) {
		c.now = t
	}
	return nil
}

// Speed is 0: the clock jumps.
func (c *crowd) Speed() float64 { return 0 }

// session runs one session and adds up what it took.
func (c *crowd) session() {
	c.mu.Lock()
	c.ordered, c.in, c.stated, c.made, c.first, c.active = 0, 0, 0, 0, moment{}, moment{}
	c.mu.Unlock()
	c.must(c.world.Exchange.Session(c.Context(), c.slot))
	c.slot++
	c.mu.Lock()
	defer c.mu.Unlock()
	parties := 0
	c.chain.View(func(v ledger.View) {
		for _, s := range v.Sites() {
			if _, ok := v.StatementRoot(s.ID, c.slot-1); ok {
				parties++
			}
		}
	})
	for c.stated < parties {
		c.moved.Wait()
	}
	end := now()
	if c.in == 0 || c.made == 0 {
		c.Fatalf("%d orders, %d contracts", c.in, c.made)
	}
	c.total.wall += c.active.at.Sub(c.first.at)
	c.total.cpu += c.active.cpu - c.first.cpu
	c.total.statements += end.at.Sub(c.active.at)
	c.total.statementsCPU += end.cpu - c.active.cpu
	c.total.orders += c.in
	c.total.contracts += c.made
}
