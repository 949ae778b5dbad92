package forecast

import "torg"

// Score says how good the forecasts of the next slot were that a forecaster served
// for a site: those of the day (UTC) of the latest scored slot and the six before.
// Accuracy, MAE and skill are the medians'.
type Score struct {
	Slots    int     // scored; with none the rest says nothing
	Accuracy float64 // 1 - sum of errors / sum of energies (1 - WAPE); at most 1, may be negative
	MAE      float64 // mean absolute error, Wh
	Pinball  float64 // mean pinball loss over all Levels, Wh
	Coverage float64 // share of slots inside the 80 % band
	Skill    float64 // 1 - error / error of persistence from the same readings; at most 1
}

// tally is what one day adds to a score.
type tally struct {
	slots, covered                     int
	errors, energy, pinball, naiveness float64
}

// served is a forecast that awaits its reading.
type served struct {
	q     Quantiles
	naive torg.Energy // the latest reading when it was served
	some  bool
}

// scorer keeps the score of one site.
type scorer struct {
	day     int64 // slots in a day
	pending ring[served]
	days    ring[tally]
}

// maxPending is how many slots ahead of the latest reading forecasts are kept for
// scoring, and how late a reading may come to be scored: two hours of 30 s slots,
// more than two days of 15 min.
const maxPending = 256

func newScorer(day int64) scorer { return scorer{day: day, days: newRing(7, tally{})} }

// serve notes what was said of slot s when the latest reading was that of last.
func (c *scorer) serve(s, last int64, q Quantiles, naive torg.Energy) {
	if s <= last || s-last > maxPending {
		return
	}
	if c.pending.cells == nil {
		c.pending = newRing(maxPending, served{})
	}
	c.pending.put(s, served{q, naive, true})
}

// observe scores what was said of slot s, once.
func (c *scorer) observe(s int64, y torg.Energy) {
	p := c.pending.cell(s)
	if p == nil || !p.some {
		return
	}
	if t := c.days.reach(floorDiv(s, c.day)); t != nil {
		t.slots++
		if low, high := p.q.Band80(); low <= y && y <= high {
			t.covered++
		}
		t.errors += float64((y - p.q.Median()).Abs())
		t.naiveness += float64((y - p.naive).Abs())
		t.energy += float64(y.Abs())
		t.pinball += p.q.pinball(y)
	}
	*p = served{}
}

func (c *scorer) score() Score {
	var sum tally
	for _, t := range c.days.cells {
		sum.slots += t.slots
		sum.covered += t.covered
		sum.errors += t.errors
		sum.naiveness += t.naiveness
		sum.energy += t.energy
		sum.pinball += t.pinball
	}
	if sum.slots == 0 {
		return Score{}
	}
	n := float64(sum.slots)
	return Score{
		Slots:    sum.slots,
		Accuracy: gain(sum.errors, sum.energy),
		MAE:      sum.errors / n,
		Pinball:  sum.pinball / n,
		Coverage: float64(sum.covered) / n,
		Skill:    skill(sum.errors, sum.naiveness),
	}
}

// skill is what is won over persistence: 0 where both are without error, -1 where
// persistence alone is.
func skill(errors, naive float64) float64 {
	if naive == 0 {
		return gain(errors, 0) - 1
	}
	return gain(errors, naive)
}

// gain is 1 - loss/of: 1 where nothing is lost, and 0 where something is of nothing.
func gain(loss, of float64) float64 {
	switch {
	case loss == 0:
		return 1
	case of == 0:
		return 0
	}
	return 1 - loss/of
}
