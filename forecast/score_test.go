package forecast

import (
	"errors"
	"math"
	"testing"

	"torg"
)

func TestScoreOfWhatWasServed(t *testing.T) {
	c := newScorer(96)
	q := Quantiles{50, 60, 80, 100, 120, 140, 150}
	c.serve(10, 9, q, 90)
	c.serve(11, 9, q, 90)
	c.serve(11, 10, q, 160) // served again: the last one counts
	c.serve(12, 9, q, 90)   // no reading comes
	c.observe(10, 110)
	c.observe(10, 500) // a correction is not scored again
	c.observe(11, 150)
	got := c.score()
	want := Score{
		Slots:    2,
		Accuracy: 1 - (10.0+50)/(110+150),
		MAE:      30,
		Coverage: 0.5,
		Skill:    1 - (10.0+50)/(20+10),
		// For 110: 3+5+7.5+5 below and 2.5+3+2 above; for 150: 5+9+17.5+25+22.5+9+0.
		Pinball: ((3.0 + 5 + 7.5 + 5 + 2.5 + 3 + 2) + (5 + 9 + 17.5 + 25 + 22.5 + 9)) / 14,
	}
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
	if got.Slots != want.Slots || !near(got.Accuracy, want.Accuracy) || !near(got.MAE, want.MAE) ||
		!near(got.Coverage, want.Coverage) || !near(got.Skill, want.Skill) || !near(got.Pinball, want.Pinball) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestScoreIsOfTheLastWeek(t *testing.T) {
	c := newScorer(96)
	for day := range int64(10) {
		// A bad forecast on the first three days, a good one since.
		f := torg.Energy(100)
		if day < 3 {
			f = 900
		}
		c.serve(day*96, day*96-1, Certain(f), 0)
		c.observe(day*96, 100)
	}
	if got := c.score(); got.Slots != 7 || got.Accuracy != 1 {
		t.Errorf("%+v, want seven slots without error", got)
	}
}

func TestScoreWithoutEnergyOrRival(t *testing.T) {
	c := newScorer(96)
	if c.score() != (Score{}) {
		t.Error("a score of nothing")
	}
	c.serve(1, 0, Certain(0), 0)
	c.observe(1, 0)
	if got := c.score(); got.Accuracy != 1 || got.Skill != 0 {
		t.Errorf("nothing forecast, nothing metered: %+v", got)
	}
	c.serve(2, 1, Certain(5), 0)
	c.observe(2, 0)
	if got := c.score(); got.Accuracy != 0 || got.Skill != -1 {
		t.Errorf("something forecast, nothing metered: %+v", got)
	}
}

// What is not ahead, or too far ahead, is not scored, and asking far ahead does not
// lose what is pending.
func TestScoreKeepsWhatIsPending(t *testing.T) {
	c := newScorer(96)
	c.serve(5, 5, Certain(0), 0)
	c.observe(5, 100)
	c.serve(6, 5, Certain(100), 0)
	c.serve(5+maxPending, 5, Certain(0), 0)
	c.serve(5+maxPending+1, 5, Certain(0), 0)
	c.observe(6, 100)
	c.observe(5+maxPending+1, 100)
	if got := c.score(); got.Slots != 1 || got.Accuracy != 1 {
		t.Errorf("%+v, want one slot without error", got)
	}
}

func TestNaiveScoresWhatItServes(t *testing.T) {
	n := newTestNaive(t, quarter, torg.Plant, Bounds{0, 10_000})
	s := monday(quarter)
	for range 15 * 96 {
		ask(t, n, s, 3)
		observe(n, s, zigzag(s))
		s++
	}
	got := n.Score("s")
	if got.Slots != 7*96 || got.Accuracy != 1 || got.Skill != 1 || got.Coverage != 1 || got.Pinball != 0 {
		t.Errorf("a perfectly daily series after a week: %+v", got)
	}
}

func TestPerfect(t *testing.T) {
	start := monday(quarter)
	p, err := NewPerfect(quarter, func(site torg.SiteID, s torg.Slot) (torg.Energy, bool) {
		return zigzag(s), site == "s" && s < start+300
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range torg.Slot(100) {
		for j, q := range ask(t, p, start+i, 120) {
			if want := Certain(zigzag(start + i + torg.Slot(j))); q != want {
				t.Fatalf("%v, want %v", q, want)
			}
		}
		observe(p, start+i, zigzag(start+i))
	}
	if got := p.Score("s"); got.Slots != 99 || got.Accuracy != 1 || got.Skill != 1 || got.MAE != 0 {
		t.Errorf("%+v, want 99 slots without error", got)
	}
	// Skill is over the latest reading: a late one is not it.
	q, err := NewPerfect(quarter, func(_ torg.SiteID, s torg.Slot) (torg.Energy, bool) { return torg.Energy(s), true })
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []torg.Slot{10, 20, 5} {
		observe(q, s, torg.Energy(s))
	}
	ask(t, q, 21, 1)
	observe(q, 21, 22) // the truth was not quite
	if got := q.Score("s"); got.Skill != 0.5 {
		t.Errorf("one off where persistence is two off: %+v", got)
	}
	for _, id := range []torg.SiteID{"nobody", "s"} {
		if _, err := p.Forecast(id, start+299, 2); !errors.Is(err, torg.ErrUnknown) {
			t.Errorf("%s: %v, want %v", id, err, torg.ErrUnknown)
		}
	}
	if p.Score("nobody") != (Score{}) {
		t.Error("an unknown site has a score")
	}
}

func TestQuantilesAt(t *testing.T) {
	q := Quantiles{-100, 0, 50, 100, 200, 300, 500}
	for _, c := range []struct {
		p    float64
		want torg.Energy
	}{
		{0, -100}, {0.05, -100}, {0.075, -50}, {0.1, 0}, {0.5, 100}, {0.6, 140}, {0.95, 500}, {1, 500}, {7, 500},
		{math.NaN(), 100}, {math.Inf(-1), -100},
	} {
		if got := q.At(c.p); got != c.want {
			t.Errorf("At(%v) = %d, want %d", c.p, got, c.want)
		}
	}
	if low, high := q.Band80(); low != 0 || high != 300 || q.Median() != 100 {
		t.Errorf("band %d to %d, median %d", low, high, q.Median())
	}
}

func TestBoundsOf(t *testing.T) {
	for _, c := range []struct {
		capacity      int64
		consumes, out bool
		want          Bounds
	}{
		{2_000_000, true, false, Bounds{0, 500_000}},
		{2_000_000, true, true, Bounds{-500_000, 500_000}},
		{1001, false, true, Bounds{-251, 0}}, // rounded up: the meter may show it
		{0, true, false, Bounds{0, torg.MaxOrderEnergy}},
		{math.MaxInt64, true, false, Bounds{0, torg.MaxOrderEnergy}},
		{5, false, false, Bounds{}},
	} {
		got := BoundsOf(c.capacity, quarter.Interval, c.consumes, c.out)
		if got != c.want || got.Valid() != nil {
			t.Errorf("%d W: %+v, want %+v", c.capacity, got, c.want)
		}
	}
}
