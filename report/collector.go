package report

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"torg"
	"torg/ledger"
	"torg/scenario"
)

// Options are what a report says of the run beside what happened in it.
type Options struct {
	Unsigned   bool
	Forecaster string           // the name of the chosen one
	Decider    string           // who decided; empty: the shipped strategies
	Now        func() time.Time // for the run time on the page; nil: none is shown
}

// Collector writes the output of one simulation. Its methods may be called from
// several goroutines.
type Collector struct {
	dir     string
	sc      *scenario.Scenario
	genesis ledger.Genesis
	opts    Options
	began   time.Time

	mu       sync.Mutex
	out      *tables
	from, to torg.Slot
	zones    map[torg.SiteID]torg.ZoneID
	owners   map[torg.SiteID]torg.ParticipantID
	books    map[book]map[torg.SiteID]ledger.OrderTaken // orders that wait for their gate
	slots    map[torg.Slot]*slotTally                   // until their interval is settled
	foretold map[foretold]*prediction                   // until the reading
	latest   map[torg.SiteID]torg.Energy                // the newest reading, which persistence repeats
	totals   *totals
	series   *series
	grid     *grid // nil: the complex has one zone
}

// book names a discovery of a session.
type book struct {
	slot      torg.Slot
	discovery int
}

// NewCollector opens the files of a run in dir, which is made if absent. They get
// their names in Finish; what stood in dir before stays until then.
func NewCollector(dir string, sc *scenario.Scenario, g ledger.Genesis, opts Options) (*Collector, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	out, err := openTables(dir)
	if err != nil {
		return nil, err
	}
	c := &Collector{
		dir: dir, sc: sc, genesis: g, opts: opts, out: out,
		zones: map[torg.SiteID]torg.ZoneID{}, owners: map[torg.SiteID]torg.ParticipantID{},
		books: map[book]map[torg.SiteID]ledger.OrderTaken{}, slots: map[torg.Slot]*slotTally{},
		foretold: map[foretold]*prediction{}, latest: map[torg.SiteID]torg.Energy{},
		totals: newTotals(sc),
	}
	if opts.Now != nil {
		c.began = opts.Now()
	}
	c.from, c.to = sc.Slots()
	c.series = newSeries(sc)
	c.grid = newGrid(sc, len(c.series.buckets))
	for _, s := range sc.Sites {
		c.zones[s.ID], c.owners[s.ID] = s.Zone, s.Participant
	}
	return c, nil
}

// Watch takes in what a block did.
func (c *Collector) Watch(b ledger.Committed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bands(b)
	for _, e := range b.Events {
		switch {
		case e.Order != nil:
			c.order(*e.Order)
		case e.Revoked != nil:
			c.revoked(e.Revoked.Site)
		case e.Cleared != nil:
			c.cleared(e.Cleared)
		case e.Missed != nil:
			c.missed(*e.Missed)
		case e.Statement != nil:
			c.statement(e.Statement)
		case e.Reading != nil:
			c.reading(*e.Reading)
		case e.Settled != nil:
			c.settled(e.Settled)
		case e.Forward != nil:
			c.forward(e.Forward)
		case e.Month != nil:
			c.totals.months = append(c.totals.months, *e.Month)
		case e.Posting != nil:
			c.posting(*e.Posting)
		}
	}
}

// traded says whether a slot is one of the scenario's. A chain goes on after the
// last one, until everything is settled.
func (c *Collector) traded(s torg.Slot) bool { return s >= c.from && s < c.to }

// tally returns what is kept of a slot until it is settled.
func (c *Collector) tally(s torg.Slot) *slotTally {
	if c.slots[s] == nil {
		c.slots[s] = newSlotTally()
	}
	return c.slots[s]
}

// Abort deletes the files of a run that failed.
func (c *Collector) Abort() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out.abort()
}

// Finish writes what is left, and the summary last: a folder with summary.json in it
// holds a whole run.
func (c *Collector) Finish() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range slices.Sorted(maps.Keys(c.slots)) {
		c.closeStatements(c.slots[s])
	}
	if err := c.out.close(); err != nil {
		return fmt.Errorf("writing %s: %w", c.dir, err)
	}
	sum := c.summary()
	page, err := c.page(sum)
	if err != nil {
		return err
	}
	text, err := sum.encode()
	if err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(c.dir, "summary.json")); err != nil && !os.IsNotExist(err) {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(columns)) {
		if err := publish(c.dir, name); err != nil {
			return err
		}
	}
	if err := write(c.dir, "scenario.yaml", c.sc.Resolved()); err != nil {
		return err
	}
	if err := write(c.dir, "report.html", page); err != nil {
		return err
	}
	return write(c.dir, "summary.json", text)
}
