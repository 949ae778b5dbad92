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

	gates  *prometheus.HistogramVec
	missed prometheus.Counter
	height prometheus.Gauge
}

// queued is how many writes may wait before the market waits for them.
const queued = 8192

func newRecorder(s *store.Store, log *slog.Logger, metrics prometheus.Registerer) *recorder {
	r := &recorder{
		store: s, log: log, queue: make(chan func(context.Context) error, queued), done: make(chan struct{}),
		gates: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "torg_gate_to_active_seconds", Help: "From a gate to the commit that makes its contracts active.",
			Buckets: []float64{.05, .1, .2, .3, .4, .5, .6, .8, 1, 1.5, 2, 3, 5, 10},
		}, []string{"discovery"}),
		missed: prometheus.NewCounter(prometheus.CounterOpts{Name: "torg_sessions_missed_total", Help: "Sessions that were not active before their slot started."}),
		height: prometheus.NewGauge(prometheus.GaugeOpts{Name: "torg_ledger_height", Help: "Height of the last block in the tables."}),
	}
	metrics.MustRegister(r.gates, r.missed, r.height)
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
	close(r.queue)
	<-r.done
}

// block projects a block.
func (r *recorder) block(c ledger.Committed) {
	for _, e := range c.Events {
		if e.Missed != nil && e.Missed.Discovery == 1 {
			r.missed.Inc()
		}
	}
	r.queue <- func(ctx context.Context) error {
		r.height.Set(float64(c.Height))
		return r.store.Apply(ctx, c)
	}
}

// Opened records a session before any block speaks of it.
func (r *recorder) Opened(s record.Session) {
	r.queue <- func(ctx context.Context) error { return r.store.MarkOpen(ctx, s.ID) }
}

// Forecasts records published forecasts.
func (r *recorder) Forecasts(session string, _ torg.Slot, f []record.Reading) {
	rows := make([]store.Forecast, len(f))
	for i, q := range f {
		rows[i] = store.Forecast{Site: q.Site, Slot: q.Slot, Q10: *q.Q10, Q50: *q.Q50, Q90: *q.Q90}
	}
	r.queue <- func(ctx context.Context) error { return r.store.PutForecasts(ctx, session, rows) }
}

// Decided records the agents' journal.
func (r *recorder) Decided(d []record.Decision) {
	r.queue <- func(ctx context.Context) error { return r.store.PutDecisions(ctx, d) }
}

// Said records messages.
func (r *recorder) Said(m []record.Message) {
	r.queue <- func(ctx context.Context) error { return r.store.PutMessages(ctx, m) }
}

// Gate records how long a gate's commit took.
func (r *recorder) Gate(session string, discovery int, d time.Duration) {
	label := "1"
	if discovery == 2 {
		label = "2"
	}
	r.gates.WithLabelValues(label).Observe(d.Seconds())
	if discovery == 1 {
		r.queue <- func(ctx context.Context) error { return r.store.SetActiveAfter(ctx, session, d) }
	}
}

// Skipped counts sessions that this process did not get to run.
func (r *recorder) Skipped(from, to torg.Slot) {
	r.missed.Add(float64(to - from + 1))
	r.log.Warn("sessions skipped", "from_slot", from, "to_slot", to)
}
