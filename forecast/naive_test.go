package forecast

import (
	"errors"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"torg"
)

var quarter = torg.Calendar{Interval: 15 * time.Minute}

// monday is 2026-01-12T00:00:00Z in slots of a calendar.
func monday(cal torg.Calendar) torg.Slot {
	return cal.At(time.Date(2026, 1, 12, 0, 0, 0, 0, time.UTC))
}

func newTestNaive(t testing.TB, cal torg.Calendar, role torg.Role, b Bounds) *Naive {
	t.Helper()
	n, err := NewNaive(cal, nil, Site{"s", role, b})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func observe(n Forecaster, s torg.Slot, e torg.Energy) {
	n.Observe(torg.Reading{Site: "s", Slot: s, Energy: e, Quality: torg.Measured})
}

func ask(t testing.TB, f Forecaster, from torg.Slot, n int) []Quantiles {
	t.Helper()
	q, err := f.Forecast("s", from, n)
	if err != nil {
		t.Fatal(err)
	}
	if len(q) != n {
		t.Fatalf("%d forecasts for %d slots", len(q), n)
	}
	return q
}

// noise is the same every time and centred on zero, within -1 to 1.
func noise(i int64) float64 { return float64(int64(scatter(i)>>11))/(1<<52) - 1 }

// zigzag is a day that persistence cannot follow.
func zigzag(s torg.Slot) torg.Energy {
	return torg.Energy(1000 + 500*int64(scatter(floorMod(int64(s), 96))%7))
}

func TestPerfectlyDailySeriesIsExact(t *testing.T) {
	n := newTestNaive(t, quarter, torg.Plant, Bounds{0, 10_000})
	start := monday(quarter)
	const days = 9 // the first day's errors are forgotten after a week
	for i := range torg.Slot(days * 96) {
		observe(n, start+i, zigzag(start+i))
	}
	for i, q := range ask(t, n, start+days*96, 3*96) {
		if want := Certain(zigzag(start + torg.Slot(i))); q != want {
			t.Fatalf("slot %d: %v, want %v", i, q, want)
		}
	}
	if got := n.Expert("s", 1); got != "seasonal_naive_day" {
		t.Errorf("expert %q", got)
	}
}

func TestWeeklySeriesIsExactForAWorkdayAndAWeekend(t *testing.T) {
	n := newTestNaive(t, quarter, torg.Plant, Bounds{0, 10_000})
	start := monday(quarter)
	week := func(s torg.Slot) torg.Energy { // every day another
		return zigzag(s) + torg.Energy(300*((s-start)/96%7))
	}
	for i := range torg.Slot(4 * 7 * 96) {
		observe(n, start+i, week(start+i))
	}
	end := start + 4*7*96
	for i, q := range ask(t, n, end, 96) {
		if want := week(end + torg.Slot(i)); q.Median() != want {
			t.Fatalf("slot %d: %v, want %d", i, q, want)
		}
	}
	if got := n.Expert("s", 96); got != "seasonal_naive_week" {
		t.Errorf("expert %q", got)
	}
}

func TestConstantAndDeadMeters(t *testing.T) {
	for _, e := range []torg.Energy{0, 1, 4321, -700} {
		n := newTestNaive(t, quarter, torg.Plant, Bounds{-1000, 10_000})
		start := monday(quarter)
		for i := range torg.Slot(200) {
			observe(n, start+i, e)
		}
		for i, q := range ask(t, n, start+200, 90) {
			if q != Certain(e) {
				t.Fatalf("constant %d, %d slots ahead: %v", e, i+1, q)
			}
		}
	}
}

func TestStepChangeIsFollowedAtOnceAndLearntInADay(t *testing.T) {
	n := newTestNaive(t, quarter, torg.Stable, Bounds{-10_000, 0})
	s := monday(quarter)
	for range 5 * 96 {
		observe(n, s, -8000)
		s++
	}
	observe(n, s, -3000)
	s++
	if q := ask(t, n, s, 1)[0]; q.Median() != -3000 {
		t.Errorf("after the step: %v, want a median of -3000", q)
	}
	for range 2 * 96 {
		observe(n, s, -3000)
		s++
	}
	if q := ask(t, n, s, 96); q[95].Median() != -3000 {
		t.Errorf("two days after the step, a day ahead: %v", q[95])
	}
}

func TestSiteWithoutHistoryHasItsRolesDayAndWideBands(t *testing.T) {
	noon := monday(quarter) + 48
	for role, want := range map[torg.Role]torg.Energy{
		torg.Plant: 3000, torg.Renewable: -4500, torg.Stable: -7500, torg.Heating: 4000, torg.Sharing: 500,
	} {
		n := newTestNaive(t, quarter, role, Bounds{-10_000, 10_000})
		q := ask(t, n, noon, 1)[0]
		if q.Median() != want {
			t.Errorf("%s at noon: %v, want a median of %d", role, q, want)
		}
		if q[0] > -8000 || q[6] < 8000 {
			t.Errorf("%s: band %v does not reach towards the bounds", role, q)
		}
		if got := n.Expert("s", 1); got != "role_profile" {
			t.Errorf("%s: expert %q", role, got)
		}
	}
}

func TestHoursAndWeekendsAreLocal(t *testing.T) {
	vladivostok := time.FixedZone("UTC+10", 10*3600)
	n, err := NewNaive(quarter, vladivostok, Site{"s", torg.Plant, Bounds{0, 10_000}})
	if err != nil {
		t.Fatal(err)
	}
	// 23:00 UTC is 09:00 there: the shift has begun.
	if q := ask(t, n, monday(quarter)-4, 1)[0]; q.Median() != 4000 {
		t.Errorf("at 09:00 local: %v, want 4000", q)
	}
	// Friday 20:00 UTC is Saturday there, Sunday 20:00 UTC is Monday.
	for _, c := range []struct {
		day     torg.Slot
		weekend bool
	}{{4, true}, {6, false}} {
		if m := n.time.moment(int64(monday(quarter) + c.day*96 + 80)); m.weekend != c.weekend || m.hour != 6 {
			t.Errorf("day %d: %+v", c.day, m)
		}
	}
}

// A noisy daily wave: the bands hold about what they say, at both ends of the day.
func TestBandsCoverNoise(t *testing.T) {
	for _, interval := range torg.Intervals {
		cal := torg.Calendar{Interval: interval}
		day := int64(24 * time.Hour / interval)
		if day > 288 {
			continue // the same code, only slower to test
		}
		n := newTestNaive(t, cal, torg.Heating, Bounds{0, 20_000})
		start, inside, scored := monday(cal), 0, 0
		for i := range 30 * day {
			s := start + torg.Slot(i)
			wave := 5000 + 3000*math.Sin(2*math.Pi*float64(i)/float64(day))
			// Noise that grows with the load, as real noise does.
			y := torg.Energy(wave + 0.2*wave*(noise(i)+noise(i+1e9)))
			if i >= 10*day {
				if low, high := ask(t, n, s, 1)[0].Band80(); low <= y && y <= high {
					inside++
				}
				scored++
			}
			observe(n, s, y)
		}
		if share := float64(inside) / float64(scored); share < 0.75 || share > 0.87 {
			t.Errorf("%s: the 80 %% band holds %.1f %%", interval, 100*share)
		}
		if c := n.Score("s").Coverage; c < 0.70 || c > 0.90 {
			t.Errorf("%s: the score's coverage is %.2f", interval, c)
		}
	}
}

// The sun's day: the band at night is nothing, though it is wide at noon.
func TestBandsKnowTheTimeOfDay(t *testing.T) {
	n := newTestNaive(t, quarter, torg.Renewable, Bounds{-10_000, 0})
	start := monday(quarter)
	sun := func(i int64) torg.Energy {
		up := math.Sin(2 * math.Pi * float64(i-24) / 96)
		return -torg.Energy(max(0, up) * 6000 * (1 + 0.5*noise(i)))
	}
	for i := range int64(20 * 96) {
		observe(n, start+torg.Slot(i), sun(i))
	}
	q := ask(t, n, start+20*96, 96)
	if q[8] != Certain(0) {
		t.Errorf("at 02:00: %v", q[8])
	}
	if low, high := q[48].Band80(); high-low < 2000 {
		t.Errorf("at noon: %v", q[48])
	}
}

func TestGapsAndLateReadings(t *testing.T) {
	start := monday(quarter)
	whole := newTestNaive(t, quarter, torg.Plant, Bounds{0, 10_000})
	late := newTestNaive(t, quarter, torg.Plant, Bounds{0, 10_000})
	const hole = 9 * 96 // a day that comes when the next one is over
	for i := range torg.Slot(11 * 96) {
		observe(whole, start+i, zigzag(i))
		if i < hole || i >= hole+96 {
			observe(late, start+i, zigzag(i))
		}
	}
	before := ask(t, late, start+11*96, 1)
	for i := range torg.Slot(96) {
		observe(late, start+hole+i, zigzag(i))
	}
	a, b := ask(t, whole, start+11*96, 96), ask(t, late, start+11*96, 96)
	for i := range a {
		if a[i].Median() != b[i].Median() {
			t.Fatalf("slot %d: %v in time, %v late (%v before)", i, a[i], b[i], before)
		}
	}
	// Two weeks of silence: the day before the silence still says most.
	if got, want := ask(t, late, start+24*96, 1)[0].Median(), zigzag(24*96); got != want {
		t.Errorf("after two weeks of silence: %d, want %d", got, want)
	}
	// A correction counts, an estimate does not.
	n := newTestNaive(t, quarter, torg.Plant, Bounds{0, 10_000})
	for i := range torg.Slot(20) {
		observe(n, start+i, 1000)
	}
	observe(n, start+20, 9000)
	observe(n, start+20, 1000)
	n.Observe(torg.Reading{Site: "s", Slot: start + 21, Energy: 7000, Quality: torg.Estimated})
	if got := ask(t, n, start+22, 1)[0].Median(); got != 1000 {
		t.Errorf("after a correction and an estimate: %d, want 1000", got)
	}
}

func TestRefusals(t *testing.T) {
	n := newTestNaive(t, quarter, torg.Plant, Bounds{0, 10_000})
	for _, c := range []struct {
		site torg.SiteID
		from torg.Slot
		n    int
		want torg.Refusal
	}{
		{"nobody", 0, 1, torg.ErrUnknown},
		{"s", 0, 0, torg.ErrMalformed},
		{"s", 0, -5, torg.ErrMalformed},
		{"s", 0, MaxSlots + 1, torg.ErrTooLarge},
		{"s", math.MinInt64, 1, torg.ErrMalformed},
		{"s", math.MaxInt64, 1, torg.ErrMalformed},
	} {
		if _, err := n.Forecast(c.site, c.from, c.n); !errors.Is(err, c.want) {
			t.Errorf("Forecast(%s, %d, %d): %v, want %v", c.site, c.from, c.n, err, c.want)
		}
	}
	// Readings that cannot be change nothing.
	for _, r := range []torg.Reading{
		{Site: "nobody", Slot: 1, Energy: 5},
		{Site: "s", Slot: math.MaxInt64, Energy: 5},
		{Site: "s", Slot: math.MinInt64, Energy: 5},
		{Site: "s", Slot: 1, Energy: torg.MaxOrderEnergy + 1},
		{Site: "s", Slot: 1, Energy: math.MinInt64},
	} {
		n.Observe(r)
	}
	if got := n.Expert("s", 1); got != "role_profile" {
		t.Errorf("an impossible reading was believed: expert %q", got)
	}
	if n.Expert("nobody", 1) != "" || n.Score("nobody") != (Score{}) {
		t.Error("an unknown site has an expert or a score")
	}
	for name, s := range map[string]Site{
		"bounds that cross": {"x", torg.Plant, Bounds{1, 0}},
		"bounds too wide":   {"x", torg.Plant, Bounds{0, torg.MaxOrderEnergy + 1}},
		"no role":           {"x", "palace", Bounds{0, 1}},
		"a site twice":      {"s", torg.Plant, Bounds{0, 1}},
	} {
		if n.Add(s) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := NewNaive(torg.Calendar{Interval: time.Second}, nil); err == nil {
		t.Error("slots of a second: accepted")
	}
}

// Agents, meters and pages use one forecaster at once; each site's answers are what
// they would be alone.
func TestConcurrentUse(t *testing.T) {
	const sites = 4
	n, err := NewNaive(quarter, nil)
	if err != nil {
		t.Fatal(err)
	}
	alone := newTestNaive(t, quarter, torg.Plant, Bounds{0, 10_000})
	start := monday(quarter)
	for i := range torg.Slot(200) {
		observe(alone, start+i, zigzag(start+i))
	}
	want := ask(t, alone, start+200, 10)
	var group sync.WaitGroup
	for i := range sites {
		id := torg.SiteID(rune('a' + i))
		group.Go(func() {
			if err := n.Add(Site{id, torg.Plant, Bounds{0, 10_000}}); err != nil {
				t.Error(err)
			}
			for j := range torg.Slot(200) {
				n.Observe(torg.Reading{Site: id, Slot: start + j, Energy: zigzag(start + j)})
				n.Score("a")
				n.Expert("a", 1)
			}
			if got, err := n.Forecast(id, start+200, 10); err != nil || !slices.Equal(got, want) {
				t.Errorf("site %s: %v, %v, want %v", id, got, err, want)
			}
		})
	}
	group.Wait()
}
