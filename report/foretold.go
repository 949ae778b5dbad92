package report

import (
	"time"

	"torg"
	"torg/ledger"
	"torg/record"
)

// foretold names a site's forecast for a slot.
type foretold struct {
	site torg.SiteID
	slot torg.Slot
}

// prediction is a forecast that waits for its reading.
type prediction struct {
	low, median, high torg.Energy
	naive             torg.Energy // the newest reading when it was made: persistence
	hasNaive          bool
	banded            bool // its band is on the ledger, and the row written
}

// siteTotal scores a site's forecasts.
type siteTotal struct {
	consumption, generation torg.Energy
	estimated               int
	score                   score
	naive                   score // persistence on the same slots, where there was a reading to repeat
}

// score sums up forecasts against readings.
type score struct {
	slots  int
	errors torg.Energy // sum of |reading - median|
	actual torg.Energy // sum of |reading|
	within int         // readings between the 10 % and the 90 % quantile
}

// Forecasts keeps what was foretold until the readings come.
func (c *Collector) Forecasts(_ string, slot torg.Slot, rows []record.Reading) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.traded(slot) {
		return
	}
	for _, r := range rows {
		if r.Q10 == nil || r.Q50 == nil || r.Q90 == nil {
			continue
		}
		p := &prediction{low: *r.Q10, median: *r.Q50, high: *r.Q90}
		p.naive, p.hasNaive = c.latest[r.Site]
		c.foretold[foretold{r.Site, slot}] = p
	}
}

// bands writes the forecasts of a slot when their bands are on the ledger.
func (c *Collector) bands(b ledger.Committed) {
	for i, raw := range b.Txs {
		if i < len(b.Codes) && b.Codes[i] != "" {
			continue
		}
		tx, err := ledger.Decode(raw)
		if err != nil {
			continue
		}
		body, ok := tx.Body.(ledger.Bands)
		if !ok || !c.traded(body.Slot) {
			continue
		}
		for _, band := range body.Bands {
			p := c.foretold[foretold{band.Site, body.Slot}]
			if p == nil || p.banded {
				continue
			}
			p.banded = true
			c.out.row("forecasts.csv", c.session(body.Slot), string(band.Site), wh(p.low), wh(p.median), wh(p.high), wh(band.Low), wh(band.High))
		}
	}
}

// came scores a forecast by its reading. An estimate proves nothing.
func (c *Collector) came(r torg.Reading) {
	key := foretold{r.Site, r.Slot}
	p, site := c.foretold[key], c.totals.forecasts[r.Site]
	delete(c.foretold, key)
	if r.Energy > 0 {
		site.consumption += r.Energy
	} else {
		site.generation -= r.Energy
	}
	if p != nil && !p.banded {
		c.out.row("forecasts.csv", c.session(r.Slot), string(r.Site), wh(p.low), wh(p.median), wh(p.high), "", "")
	}
	if r.Quality == torg.Estimated {
		site.estimated++
		return
	}
	c.latest[r.Site] = r.Energy
	if p == nil {
		return
	}
	site.score.slots++
	site.score.errors += (r.Energy - p.median).Abs()
	site.score.actual += r.Energy.Abs()
	if p.low <= r.Energy && r.Energy <= p.high {
		site.score.within++
	}
	if p.hasNaive {
		site.naive.slots++
		site.naive.errors += (r.Energy - p.naive).Abs()
		site.naive.actual += r.Energy.Abs()
	}
}

// Opened needs no row: a session shows in its gates.
func (c *Collector) Opened(record.Session) {}

// Decided counts decisions in which an agent fell back to its safe default.
func (c *Collector) Decided(d []record.Decision) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range d {
		if one.Fallback {
			c.totals.fallbacks++
		}
	}
}

// Said needs no row: messages tell what the tables hold.
func (c *Collector) Said([]record.Message) {}

// Gate is of no use on virtual time.
func (c *Collector) Gate(string, int, time.Duration) {}

// NotRun counts sessions that the exchange skipped or could not finish.
func (c *Collector) NotRun(string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.totals.skipped++
}
