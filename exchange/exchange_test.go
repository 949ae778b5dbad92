package exchange_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"torg"
	"torg/decide"
	"torg/exchange"
	"torg/internal/require"
	"torg/ledger"
	"torg/ledger/seq"
	"torg/record"
	"torg/scenario"
	"torg/sign"
	"torg/world"
)

// kept keeps what an exchange records.
type kept struct {
	mu       sync.Mutex
	opened   []string
	messages []record.Message
	journal  []record.Decision
	gates    []int
	notRun   []string
}

func (k *kept) Opened(s record.Session) { k.do(func() { k.opened = append(k.opened, s.ID) }) }
func (k *kept) Decided(d []record.Decision) {
	k.do(func() { k.journal = append(k.journal, d...) })
}
func (k *kept) Said(m []record.Message) { k.do(func() { k.messages = append(k.messages, m...) }) }
func (k *kept) Gate(_ string, discovery int, _ time.Duration) {
	k.do(func() { k.gates = append(k.gates, discovery) })
}
func (k *kept) NotRun(session string)                         { k.do(func() { k.notRun = append(k.notRun, session) }) }
func (k *kept) Forecasts(string, torg.Slot, []record.Reading) {}
func (k *kept) do(f func())                                   { k.mu.Lock(); defer k.mu.Unlock(); f() }

type market struct {
	*world.World
	kept    *kept
	genesis ledger.Genesis
	keys    sign.Keyring
	chain   *seq.Chain
	clock   *exchange.VirtualClock
	events  []ledger.Event
	first   torg.Slot
}

// open puts the demonstration together on virtual time, signed.
func open(t *testing.T, decider decide.Decider) *market {
	t.Helper()
	return openLate(t, decider, 0)
}

// openLate is open that long after the scenario's start.
func openLate(t *testing.T, decider decide.Decider, late time.Duration) *market {
	t.Helper()
	return openOf(t, scenario.Demo(), decider, late)
}

// openOf is openLate of any scenario.
func openOf(t *testing.T, sc *scenario.Scenario, decider decide.Decider, late time.Duration) *market {
	t.Helper()
	return openRelayed(t, sc, decider, late, func(c ledger.Chain) ledger.Chain { return c })
}

// openRelayed is openOf with something between the exchange and the chain.
func openRelayed(t *testing.T, sc *scenario.Scenario, decider decide.Decider, late time.Duration, relay func(ledger.Chain) ledger.Chain) *market {
	t.Helper()
	keys := sign.NewPooledKeys(2)
	operator, err := keys.Operator()
	if err != nil {
		t.Fatal(err)
	}
	der, err := sign.PublicDER(operator.Public())
	if err != nil {
		t.Fatal(err)
	}
	genesis := world.Genesis(sc, "test", der)
	m := &market{kept: &kept{}, genesis: genesis, keys: keys, clock: exchange.NewVirtualClock(sc.Start.Add(late))}
	if m.chain, err = seq.New(genesis, m.clock.Now); err != nil {
		t.Fatal(err)
	}
	m.chain.Watch(func(c ledger.Committed) { m.events = append(m.events, c.Events...) })
	m.World, err = world.New(world.Config{
		Scenario: sc, Genesis: genesis, Clock: m.clock, Chain: relay(m.chain), Keys: keys, Decider: decider,
		Recorder: m.kept, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.SetUp(context.Background()); err != nil {
		t.Fatal(err)
	}
	m.first = m.Exchange.Next(m.clock.Now())
	return m
}

func (m *market) run(t *testing.T, sessions int) {
	t.Helper()
	for range sessions {
		if err := m.Exchange.Session(context.Background(), m.first); err != nil {
			t.Fatal(err)
		}
		m.first++
	}
}

func count(events []ledger.Event, is func(ledger.Event) bool) (n int) {
	for _, e := range events {
		if is(e) {
			n++
		}
	}
	return n
}

func TestSessionsTradeSignAndMeter(t *testing.T) {
	m := open(t, decide.Local{})
	m.run(t, 4)
	for what, n := range map[string]int{
		"contracts of a first discovery": count(m.events, func(e ledger.Event) bool {
			return e.Cleared != nil && e.Cleared.Discovery == 1 && len(e.Cleared.Contracts) > 0
		}),
		"second gates": count(m.events, func(e ledger.Event) bool { return e.Cleared != nil && e.Cleared.Discovery == 2 }),
	} {
		if n != 4 {
			t.Errorf("%s: %d of 4 sessions", what, n)
		}
	}
	if n := count(m.events, func(e ledger.Event) bool { return e.Missed != nil }); n > 0 {
		t.Errorf("%d sessions missed", n)
	}
	if n := count(m.events, func(e ledger.Event) bool { return e.Statement != nil && e.Statement.Differs }); n > 0 {
		t.Errorf("%d statements differ", n)
	}
	if n := count(m.events, func(e ledger.Event) bool { return e.Statement != nil }); n < 40 {
		t.Errorf("%d statements of 4 sessions", n)
	}
	if n := count(m.events, func(e ledger.Event) bool { return e.Reading != nil }); n != 2*20 {
		t.Errorf("%d readings, want those of 20 sites in the 2 slots that are over", n)
	}
	if len(m.kept.opened) != 4 || !slices.Equal(m.kept.gates, []int{1, 2, 1, 2, 1, 2, 1, 2}) {
		t.Errorf("opened %v, gates %v", m.kept.opened, m.kept.gates)
	}
}

// The first block of a ledger that starts late in a slot passes the gates of the next
// one, which closed before there was a market. How long those took says nothing.
func TestGatesBeforeTheStartAreNotTimed(t *testing.T) {
	m := openLate(t, decide.Local{}, 25*time.Second)
	m.run(t, 1)
	if n := count(m.events, func(e ledger.Event) bool { return e.Cleared != nil }); n != 4 {
		t.Fatalf("%d gates passed, want those of the session that nobody could join and of one more", n)
	}
	if !slices.Equal(m.kept.gates, []int{1, 2}) {
		t.Errorf("gates %v timed, want one session's", m.kept.gates)
	}
}

func TestAllThreeKindsOfMessagesAreSaid(t *testing.T) {
	m := open(t, decide.Local{})
	m.run(t, 3)
	said := map[string]bool{}
	kinds := map[record.MessageKind]int{}
	for _, x := range m.kept.messages {
		kinds[x.Kind]++
		said[x.Text] = true
		if !slices.Contains(record.Said(), x.Text) {
			t.Errorf("%q is not in the catalogue", x.Text)
		}
	}
	for _, k := range []record.MessageKind{record.Information, record.EnergyMsg, record.Financial} {
		if kinds[k] == 0 {
			t.Errorf("no %s messages", k)
		}
	}
	for _, text := range []string{record.SaidOpened, record.SaidForecast, record.SaidAsked, record.SaidOrder,
		record.SaidAccepted, record.SaidStatement, record.SaidReading, record.SaidEscrow, record.SaidPayout, record.SaidDeposit} {
		if !said[text] {
			t.Errorf("nothing says %s", text)
		}
	}
}

func TestNowFollowsTheSession(t *testing.T) {
	m := open(t, decide.Local{})
	changed := m.Exchange.Changed()
	m.run(t, 1)
	select {
	case <-changed:
	default:
		t.Error("nobody was told that the present changed")
	}
	now := m.Exchange.Now()
	cal := torg.Calendar{Interval: 30 * time.Second}
	if now.Session != cal.Session(m.first-1) || now.State != record.Active || now.PriceOf != now.Session {
		t.Errorf("session %s is %s with prices of %s", now.Session, now.State, now.PriceOf)
	}
	if len(now.Rounds) == 0 || len(now.Prices) == 0 || now.Height == 0 || len(now.Agents) != 20 {
		t.Errorf("rounds %v, prices %v, height %d, %d agents", now.Rounds, now.Prices, now.Height, len(now.Agents))
	}
	if len(now.Zones) != 1 || len(now.Lines) != 0 || len(now.Flows) != 0 {
		t.Errorf("one zone without lines: zones %v, lines %v, flows %v", now.Zones, now.Lines, now.Flows)
	}
	for _, a := range now.Agents {
		if a.Running && a.Available.Sign() <= 0 {
			t.Errorf("agent %s trades without money", a.Site)
		}
	}
}

// The present has the flows of the session that its prices are of, both discoveries',
// and of no other.
func TestNowShowsLines(t *testing.T) {
	sc, err := scenario.Load(filepath.Join(require.Root(t), "examples", "three-zones.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	m := openOf(t, sc, decide.Local{}, 0)
	m.run(t, 2)
	now := m.Exchange.Now()
	var want []record.Flow
	var discoveries []int
	for _, e := range m.events {
		if c := e.Cleared; c != nil && sc.Calendar.Session(c.Slot) == now.PriceOf {
			discoveries = append(discoveries, c.Discovery)
			for _, f := range c.Outcome.Flows {
				want = append(want, record.Flow{Discovery: c.Discovery, From: f.From, To: f.To, Energy: f.Energy})
			}
		}
	}
	if !slices.Equal(discoveries, []int{1, 2}) || len(want) == 0 || !slices.Equal(now.Flows, want) {
		t.Errorf("flows %v, want %v of discoveries %v", now.Flows, want, discoveries)
	}
	if !slices.Equal(now.Zones, sc.Complex.Zones) || !slices.Equal(now.Lines, sc.Complex.Lines) {
		t.Errorf("zones %v, lines %v", now.Zones, now.Lines)
	}
}

// deaf never answers.
type deaf struct{}

func (deaf) Decide(ctx context.Context, _ decide.Request) ([]decide.Decision, error) {
	return nil, context.DeadlineExceeded
}

func TestADeadDecisionProgramStopsNobody(t *testing.T) {
	m := open(t, deaf{})
	m.run(t, 3)
	if n := count(m.events, func(e ledger.Event) bool { return e.Cleared != nil && len(e.Cleared.Contracts) > 0 }); n == 0 {
		t.Error("nothing is contracted")
	}
	for _, d := range m.kept.journal {
		if !d.Fallback {
			t.Fatalf("the decision for %s does not say that it is the safe default", d.Site)
		}
	}
	if problems := m.Exchange.Now().Problems; !slices.Contains(problems, exchange.ProblemDecide) {
		t.Errorf("pages show the problems %v", problems)
	}
}

func TestAgentsStopAndStartWhileTheMarketRuns(t *testing.T) {
	m := open(t, decide.Local{})
	m.run(t, 1)
	orders := func() int {
		return count(m.events, func(e ledger.Event) bool { return e.Order != nil && e.Order.Order.Site == "factory-1" })
	}
	first := orders()
	if err := m.Host.Stop("factory-1"); err != nil {
		t.Fatal(err)
	}
	m.run(t, 2)
	if orders() != first || first == 0 {
		t.Errorf("%d orders, %d after the stop", first, orders())
	}
	if err := m.Host.Start("factory-1"); err != nil {
		t.Fatal(err)
	}
	m.run(t, 1)
	if orders() <= first {
		t.Error("no orders after the start")
	}
	m.Host.Halt(true)
	before := count(m.events, func(e ledger.Event) bool { return e.Order != nil })
	m.run(t, 1)
	if after := count(m.events, func(e ledger.Event) bool { return e.Order != nil }); after != before {
		t.Errorf("%d orders in a halted market", after-before)
	}
}

func TestASessionIsJoinedOnlyWithTimeToTrade(t *testing.T) {
	m := open(t, decide.Local{})
	cal := torg.Calendar{Interval: 30 * time.Second}
	slot := torg.Slot(1000)
	opens := cal.Opens(slot)
	for after, want := range map[time.Duration]torg.Slot{
		0: slot, 9 * time.Second: slot, 10 * time.Second: slot, 10*time.Second + 1: slot + 1, 29 * time.Second: slot + 1,
	} {
		if got := m.Exchange.Next(opens.Add(after)); got != want {
			t.Errorf("%s after the opening: session %d, want %d", after, got, want)
		}
	}
}

func TestReadingsOfAnOutageComeLate(t *testing.T) {
	m := open(t, decide.Local{})
	m.run(t, 2)
	read := func() int { return count(m.events, func(e ledger.Event) bool { return e.Reading != nil }) }
	before := read()
	m.first += 10 // as if the exchange had been away
	m.run(t, 1)
	if got := read() - before; got != 11*20 {
		t.Errorf("%d readings came, want those of 20 sites in 11 slots", got)
	}
}
