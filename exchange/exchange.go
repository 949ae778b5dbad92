// Package exchange runs trading sessions: it opens one for every slot, brings in
// readings, lets agents decide, sends their orders, makes the chain pass the gates
// and collects statements. It carries and never decides: what an order becomes is
// the ledger's business, and a participant may send orders to the ledger without it.
package exchange

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"torg"
	"torg/agent"
	"torg/ledger"
	"torg/record"
)

// Meter tells a site's net energy in a slot: consumption plus. False: there is no
// reading.
type Meter interface {
	Net(slot torg.Slot) (torg.Energy, torg.Quality, bool)
}

// Recorder keeps what is not on the ledger. Its errors are its own business: no
// session waits for it.
type Recorder interface {
	Opened(s record.Session)
	Forecasts(session string, slot torg.Slot, f []record.Reading)
	Decided(d []record.Decision)
	Said(m []record.Message)
	// Gate tells how long after a gate its contracts were committed.
	Gate(session string, discovery int, d time.Duration)
	// NotRun tells of a session that was skipped or failed.
	NotRun(session string)
}

// Config is what an exchange works with.
type Config struct {
	Genesis    ledger.Genesis
	Clock      Clock
	Chain      ledger.Chain
	Host       *agent.Host
	Operator   crypto.Signer // nil on an unsigned chain
	Sites      []torg.Site
	Meters     map[torg.SiteID]Meter
	Connection Meter // the connection's own meter; nil: the sum of the sites
	Recorder   Recorder
	Log        *slog.Logger
}

// Exchange runs the sessions of one complex.
type Exchange struct {
	cfg     Config
	born    time.Time   // gates before it were nobody's to keep
	metered torg.Slot   // the last slot whose readings were sent; 0: the ledger knows
	told    torg.Slot   // the last slot whose forward contracts the agents know
	notRun  []torg.Slot // sessions that were skipped or failed, not counted yet

	mu      sync.Mutex
	now     record.Now
	changed chan struct{}
}

// New returns an exchange that watches its chain. It must be made before the chain
// starts.
func New(cfg Config) *Exchange {
	x := &Exchange{cfg: cfg, born: cfg.Clock.Now(), changed: make(chan struct{})}
	x.now.Speed = cfg.Clock.Speed()
	x.now.Zones = cfg.Genesis.Complex.Zones
	showGrid(&x.now, cfg.Genesis.Complex)
	cfg.Chain.Watch(x.observe)
	return x
}

// joinShare is how much of the time from opening to the first gate must be left
// for a session to be joined late.
const joinShare = 3

// Next returns the first session that can still be run at time t.
func (x *Exchange) Next(t time.Time) torg.Slot {
	cal := x.cfg.Genesis.Calendar
	slot := cal.At(t) + 1
	window := cal.GateClosure(slot, 1).Sub(cal.Opens(slot))
	if cal.GateClosure(slot, 1).Sub(t) < window/joinShare {
		slot++
	}
	return slot
}

// Run runs sessions until ctx ends. An error of one session is logged and harms no
// other.
func (x *Exchange) Run(ctx context.Context) error {
	slot := x.Next(x.cfg.Clock.Now())
	for {
		err := x.Session(ctx, slot)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			x.cfg.Log.Error("session failed", "session", x.cfg.Genesis.Calendar.Session(slot), "error", err)
			x.notRun = append(x.notRun, slot)
		}
		x.Problem(ProblemLedger, err != nil)
		next := max(slot+1, x.Next(x.cfg.Clock.Now()))
		for s := slot + 1; s < next; s++ {
			x.notRun = append(x.notRun, s)
		}
		slot = next
	}
}

// Session runs the session for a slot from its opening to its statements.
func (x *Exchange) Session(ctx context.Context, slot torg.Slot) error {
	cal := x.cfg.Genesis.Calendar
	if err := x.cfg.Clock.Until(ctx, cal.Opens(slot)); err != nil {
		return err
	}
	if err := x.open(ctx, slot); err != nil {
		return fmt.Errorf("opening: %w", err)
	}
	if err := x.orders(ctx, slot, 1); err != nil {
		return fmt.Errorf("orders: %w", err)
	}
	if err := x.gate(ctx, slot, 1); err != nil {
		return fmt.Errorf("first gate: %w", err)
	}
	if err := x.orders(ctx, slot, 2); err != nil {
		return fmt.Errorf("revised orders: %w", err)
	}
	if err := x.gate(ctx, slot, 2); err != nil {
		return fmt.Errorf("second gate: %w", err)
	}
	if err := x.statements(ctx, slot); err != nil {
		return fmt.Errorf("statements: %w", err)
	}
	return nil
}

// open starts a session: readings of what was delivered come in, forecasts go out.
func (x *Exchange) open(ctx context.Context, slot torg.Slot) error {
	cal := x.cfg.Genesis.Calendar
	x.cfg.Host.Open(slot)
	x.opened(slot)
	if err := x.cfg.Chain.Pass(ctx, cal.Opens(slot)); err != nil {
		return err
	}
	x.countMissed()
	if err := x.Meter(ctx, slot-2); err != nil {
		return err
	}
	var rules ledger.Rules
	x.cfg.Chain.View(func(v ledger.View) {
		x.cfg.Host.Since(v.NextToSettle())
		x.cfg.Host.Rules(v.RuleBook())
		x.forwards(v, slot)
		rules = v.Rules(slot)
	})
	x.showRules(rules)
	published := x.cfg.Host.Publish(slot)
	if len(published) == 0 {
		return nil
	}
	x.forecasts(slot, published)
	bands := make([]ledger.Band, len(published))
	for i, p := range published {
		bands[i] = p.Band
	}
	for part := range slices.Chunk(bands, partsPerTx) {
		if err := x.submit(ctx, ledger.Bands{Slot: slot, Bands: part}, x.cfg.Operator); err != nil {
			return err
		}
	}
	return nil
}

// forwards tells the agents what their forward contracts deliver in the slot of a session
// that opens, in those before it that they were not told of, and as far as it is agreed
// in the rest of the settlement interval.
func (x *Exchange) forwards(v ledger.View, slot torg.Slot) {
	g := x.cfg.Genesis
	first, last := g.Calendar.Settlement(slot, g.Settlement)
	for k := max(min(first, slot-1), x.told+1); k <= last; k++ {
		x.cfg.Host.Forwards(k, v.ForwardNets(k))
	}
	x.cfg.Host.Grid(slot, v.Grid(slot))
	x.told = slot
}

// countMissed counts the sessions that were not run here and that the ledger, which
// had nothing to clear in them, does not report as missed itself.
func (x *Exchange) countMissed() {
	if len(x.notRun) == 0 {
		return
	}
	missed := 0
	x.cfg.Chain.View(func(v ledger.View) {
		for _, slot := range x.notRun {
			if v.SessionState(slot) != ledger.SessionMissed {
				missed++
				x.cfg.Recorder.NotRun(x.cfg.Genesis.Calendar.Session(slot))
			}
		}
	})
	x.notRun = nil
	x.update(func(n *record.Now) { n.Missed += missed })
}

// orders lets the agents decide and sends what they order.
func (x *Exchange) orders(ctx context.Context, slot torg.Slot, discovery int) error {
	orders, journal, err := x.cfg.Host.Decide(ctx, slot, discovery, x.cfg.Clock.Now())
	if err != nil {
		x.cfg.Log.Error("some agents fell back or did not sign", "error", err)
	}
	x.decided(slot, discovery, journal)
	for part := range slices.Chunk(orders, partsPerTx) {
		body := ledger.Orders{Slot: slot, Discovery: discovery, Orders: part}
		if err := x.submit(ctx, body, nil); err != nil {
			return err
		}
	}
	return nil
}

// partsPerTx keeps transactions well below their largest size.
const partsPerTx = 1000

// gate waits for a gate and returns when the block that passed it is committed.
func (x *Exchange) gate(ctx context.Context, slot torg.Slot, discovery int) error {
	gate := x.cfg.Genesis.Calendar.GateClosure(slot, discovery)
	if err := x.cfg.Clock.Until(ctx, gate); err != nil {
		return err
	}
	x.update(func(n *record.Now) {
		n.State = record.Round1
		if discovery == 2 {
			n.State = record.Round3
		}
	})
	return x.cfg.Chain.Pass(ctx, gate)
}

// statements sends the statements that agents sign after their own check.
func (x *Exchange) statements(ctx context.Context, slot torg.Slot) error {
	signed, objections, err := x.cfg.Host.Statements(slot)
	if err != nil {
		x.cfg.Log.Error("some statements are not signed", "error", err)
	}
	for _, o := range objections {
		x.cfg.Log.Warn("an agent does not sign", "site", o.Site, "why", o.Why)
	}
	x.objected(slot, objections)
	for part := range slices.Chunk(signed, partsPerTx) {
		if err := x.submit(ctx, ledger.Statements{Slot: slot, Statements: part}, nil); err != nil {
			return err
		}
	}
	return nil
}

// Meter sends the readings of delivered slots up to a slot that were not sent yet,
// at most catchUp slots at a time, and waits until they are committed. Readings that
// the ledger refuses are logged and not sent again.
func (x *Exchange) Meter(ctx context.Context, through torg.Slot) error {
	if x.metered == 0 {
		x.cfg.Chain.View(func(v ledger.View) {
			x.metered = v.LastMetered()
			if x.metered == 0 {
				x.metered = v.NextToSettle() - 1
			}
		})
	}
	through = min(through, x.metered+catchUp)
	if x.metered >= through {
		return nil
	}
	for s := x.metered + 1; s <= through; s++ {
		if err := x.submit(ctx, x.readings(s), x.cfg.Operator); err != nil {
			return fmt.Errorf("readings of %s: %w", x.cfg.Genesis.Calendar.Session(s), err)
		}
		x.metered = s
	}
	return x.cfg.Chain.Pass(ctx, x.cfg.Clock.Now())
}

// catchUp is how many slots' readings one session sends at most after an outage, so
// that trading does not wait for the past.
const catchUp = 256

func (x *Exchange) readings(s torg.Slot) ledger.Readings {
	body := ledger.Readings{Slot: s}
	for _, site := range x.cfg.Sites {
		if e, q, ok := x.cfg.Meters[site.ID].Net(s); ok {
			body.Readings = append(body.Readings, torg.Reading{Site: site.ID, Slot: s, Energy: e, Quality: q})
		}
	}
	if x.cfg.Connection != nil {
		if e, _, ok := x.cfg.Connection.Net(s); ok {
			body.Connection = &e
		}
	}
	return body
}

// submit hands a transaction to the chain. What the ledger refuses is logged and
// harms nobody else; an error means that the chain does not answer.
func (x *Exchange) submit(ctx context.Context, b ledger.Body, s crypto.Signer) error {
	tx, err := ledger.Encode(x.cfg.Genesis.ChainID, b, s)
	if err != nil {
		return err
	}
	err = x.cfg.Chain.Submit(ctx, tx)
	if torg.RefusalOf(err) != "" {
		level := slog.LevelWarn
		if errors.Is(err, torg.ErrDuplicate) { // it counts already: said before a restart
			level = slog.LevelDebug
		}
		x.cfg.Log.Log(ctx, level, "the ledger refuses a transaction", "kind", fmt.Sprintf("%T", b), "why", err)
		err = nil
	}
	return err
}
