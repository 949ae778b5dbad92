package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"torg"
	"torg/ledger"
	"torg/record"
	"torg/store"
)

// recorder writes what happens into the tables, in order, behind the market's back:
// no session waits for a disk. Blocks that are lost in a crash come again from the
// chain.
type recorder struct {
	store *store.Store
	log   *slog.Logger
	queue chan func(context.Context) error
	done  chan struct{}

	closing chan struct{}

	// blocks reads blocks again from the chain; nil: it cannot be read.
	blocks func(from, to int64, f func(ledger.Committed) error) error
	// problem tells the pages that the tables are behind the ledger, or not any more.
	problem func(there bool)

	gates   *prometheus.HistogramVec
	missed  prometheus.Counter
	dropped prometheus.Counter
	height  prometheus.Gauge
}

// queued is how many writes may wait: some hours' worth.
const queued = 8192

func newRecorder(s *store.Store, log *slog.Logger, metrics prometheus.Registerer) *recorder {
	r := &recorder{
		store: s, log: log, queue: make(chan func(context.Context) error, queued), done: make(chan struct{}), closing: make(chan struct{}),
		gates: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "torg_gate_to_active_seconds", Help: "From a gate to the commit that makes its contracts active.",
			Buckets: []float64{.05, .1, .2, .3, .4, .5, .6, .8, 1, 1.5, 2, 3, 5, 10},
		}, []string{"discovery"}),
		missed:  prometheus.NewCounter(prometheus.CounterOpts{Name: "torg_sessions_missed_total", Help: "Sessions that were not active before their slot started."}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{Name: "torg_rows_dropped_total", Help: "Rows that were not written because too many waited."}),
		height:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "torg_ledger_height", Help: "Height of the last block in the tables."}),
	}
	metrics.MustRegister(r.gates, r.missed, r.dropped, r.height)
	return r
}

// run writes until the queue is closed.
func (r *recorder) run(ctx context.Context) {
	defer close(r.done)
	for write := range r.queue {
		if err := write(ctx); err != nil {
			r.log.Error("a row is not written", "error", err)
		}
	}
}

// close writes what waits and ends.
func (r *recorder) close() {
	close(r.closing)
	close(r.queue)
	<-r.done
}

// later writes when its turn comes. Where so much waits that the disk must be
// hanging, it is dropped: the journal may have a hole, the market may not wait.
func (r *recorder) later(write func(context.Context) error) {
	select {
	case r.queue <- write:
	default:
		r.dropped.Inc()
	}
}

// block projects a block. One that is dropped is read again from the chain with the
// next.
func (r *recorder) block(c ledger.Committed) {
	for _, e := range c.Events {
		if e.Missed != nil && e.Missed.Discovery == 1 {
			r.missed.Inc()
		}
	}
	r.later(func(ctx context.Context) error { return r.project(ctx, c) })
}

// retryAfter is how long a failed write of a block waits for the next try.
const retryAfter = time.Second

// project writes a block and those before it that are not written, and tries until
// it can: without a block, no later one can be written.
func (r *recorder) project(ctx context.Context, c ledger.Committed) error {
	for tries := 0; ; tries++ {
		err := r.try(ctx, c)
		if err == nil {
			if tries > 0 && r.problem != nil {
				r.problem(false)
			}
			r.height.Set(float64(c.Height))
			return nil
		}
		if tries == 0 {
			r.log.Error("the tables cannot take a block", "height", c.Height, "error", err)
			if r.problem != nil {
				r.problem(true)
			}
		}
		timer := time.NewTimer(retryAfter)
		select {
		case <-timer.C:
		case <-r.closing: // the next start catches up
			timer.Stop()
			return err
		}
	}
}

func (r *recorder) try(ctx context.Context, c ledger.Committed) error {
	if r.blocks != nil {
		have, err := r.store.Height(ctx)
		if err != nil {
			return err
		}
		if have+1 < c.Height {
			err = r.blocks(have+1, c.Height-1, func(b ledger.Committed) error { return r.store.Apply(ctx, b) })
			if err != nil {
				return err
			}
		}
	}
	return r.store.Apply(ctx, c)
}

// Opened records a session before any block speaks of it.
func (r *recorder) Opened(s record.Session) {
	r.later(func(ctx context.Context) error { return r.store.MarkOpen(ctx, s.ID) })
}

// Forecasts records published forecasts.
func (r *recorder) Forecasts(session string, _ torg.Slot, f []record.Reading) {
	rows := make([]store.Forecast, len(f))
	for i, q := range f {
		rows[i] = store.Forecast{Site: q.Site, Slot: q.Slot, Q10: *q.Q10, Q50: *q.Q50, Q90: *q.Q90}
	}
	r.later(func(ctx context.Context) error { return r.store.PutForecasts(ctx, session, rows) })
}

// Decided records the agents' journal.
func (r *recorder) Decided(d []record.Decision) {
	r.later(func(ctx context.Context) error { return r.store.PutDecisions(ctx, d) })
}

// Said records messages.
func (r *recorder) Said(m []record.Message) {
	r.later(func(ctx context.Context) error { return r.store.PutMessages(ctx, m) })
}

// Gate records how long a gate's commit took.
func (r *recorder) Gate(session string, discovery int, d time.Duration) {
	label := "1"
	if discovery == 2 {
		label = "2"
	}
	r.gates.WithLabelValues(label).Observe(d.Seconds())
	if discovery == 1 {
		r.later(func(ctx context.Context) error { return r.store.SetActiveAfter(ctx, session, d) })
	}
}

// NotRun counts a session that this process skipped or could not finish.
func (r *recorder) NotRun(session string) {
	r.missed.Inc()
	r.log.Warn("session not run", "session", session)
}
