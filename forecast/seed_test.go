package forecast

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"torg"
)

// past returns days of zigzag in quarters of an hour, up to monday.
func past(days int) Series {
	s := Series{Start: monday(quarter) - torg.Slot(96*days)}
	for i := range torg.Slot(96 * days) {
		s.Energy = append(s.Energy, zigzag(s.Start+i))
	}
	return s
}

func TestSeedingWithTheSameSlotsIsObserving(t *testing.T) {
	seeded := newTestNaive(t, quarter, torg.Plant, Bounds{0, 10_000})
	observed := newTestNaive(t, quarter, torg.Plant, Bounds{0, 10_000})
	s := past(15)
	s.Energy[700] = Missing
	if err := seeded.Seed("s", quarter.Interval, s); err != nil {
		t.Fatal(err)
	}
	for i, e := range s.Energy {
		if e != Missing {
			observe(observed, s.Start+torg.Slot(i), e)
		}
	}
	a, b := ask(t, seeded, monday(quarter), 200), ask(t, observed, monday(quarter), 200)
	if !slices.Equal(a, b) {
		t.Errorf("seeded %v, observed %v", a, b)
	}
}

// 15-minute history, 30-second slots: the coming day is yesterday's, shared out, and
// the next slot's band is as wide as a quarter of an hour's until readings come.
func TestSeedingFromLongerIntervals(t *testing.T) {
	half := torg.Calendar{Interval: 30 * time.Second}
	n := newTestNaive(t, half, torg.Plant, Bounds{0, 400})
	if err := n.Seed("s", quarter.Interval, past(15)); err != nil {
		t.Fatal(err)
	}
	from := monday(half)
	var sum torg.Energy
	for i, q := range ask(t, n, from, 2880) {
		if i < 30 {
			sum += q.Median()
		}
		want := float64(zigzag(monday(quarter)+torg.Slot(i/30))) / 30
		if d := math.Abs(float64(q.Median()) - want); d > 1.01 {
			t.Fatalf("slot %d: %v, want about %.1f", i, q, want)
		}
	}
	if want := zigzag(monday(quarter)); (sum - want).Abs() > 30 {
		t.Errorf("the first quarter of an hour has %d Wh, want %d", sum, want)
	}

	// Noise by the quarter: the next half minute is not claimed to be known better.
	noisy := newTestNaive(t, half, torg.Plant, Bounds{0, 400})
	s := past(15)
	for i := range s.Energy {
		s.Energy[i] = torg.Energy(6000 + 3000*noise(int64(i)))
	}
	if err := noisy.Seed("s", quarter.Interval, s); err != nil {
		t.Fatal(err)
	}
	if low, high := ask(t, noisy, from, 1)[0].Band80(); high-low < 80 {
		t.Errorf("the next half minute: %d to %d, narrower than the noise of 200", low, high)
	}
	const later = 2880 * 3 / 2
	for i := range torg.Slot(later) {
		observe(noisy, from+i, 200)
	}
	if low, high := ask(t, noisy, from+later, 1)[0].Band80(); high-low > 2 {
		t.Errorf("after a steady day and a half of half minutes: %d to %d", low, high)
	}
}

func TestSeedingFromShorterIntervals(t *testing.T) {
	hour := torg.Calendar{Interval: time.Hour}
	n := newTestNaive(t, hour, torg.Plant, Bounds{0, 40_000})
	if err := n.Seed("s", quarter.Interval, past(10)); err != nil {
		t.Fatal(err)
	}
	for i, q := range ask(t, n, monday(hour), 24) {
		var want torg.Energy
		for j := range 4 {
			want += zigzag(monday(quarter) + torg.Slot(4*i+j))
		}
		if q.Median() != want {
			t.Fatalf("hour %d: %v, want %d", i, q, want)
		}
	}
}

func TestSeedingBadCases(t *testing.T) {
	n := newTestNaive(t, quarter, torg.Plant, Bounds{0, 10_000})
	one := Series{Start: 0, Energy: []torg.Energy{1}}
	if err := n.Seed("nobody", time.Hour, one); !errors.Is(err, torg.ErrUnknown) {
		t.Errorf("unknown site: %v", err)
	}
	for name, c := range map[string]struct {
		interval time.Duration
		series   Series
	}{
		"no interval":       {0, one},
		"negative interval": {-time.Hour, one},
		"no multiple":       {20 * time.Minute, one},
		"slot out of range": {time.Hour, Series{Start: math.MaxInt64, Energy: one.Energy}},
	} {
		if err := n.Seed("s", c.interval, c.series); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	// Impossible energies are left out.
	bad := Series{Start: 0, Energy: []torg.Energy{math.MaxInt64, math.MinInt64 + 1, Missing, 1e18}}
	for _, interval := range []time.Duration{30 * time.Second, 15 * time.Minute, time.Hour} {
		if err := n.Seed("s", interval, bad); err != nil {
			t.Errorf("%s: %v", interval, err)
		}
	}
	if got := n.Expert("s", 1); got != "role_profile" {
		t.Errorf("impossible energies were believed: %s", got)
	}
}

// Joined slots begin where long ones do: what comes before is left out, and what is
// not whole at the end.
func TestResampleJoinsWholeIntervals(t *testing.T) {
	for _, c := range []struct {
		start torg.Slot
		want  Series
	}{
		{8, Series{2, []torg.Energy{10, 26}}},
		{7, Series{2, []torg.Energy{14, 30}}},
		{5, Series{2, []torg.Energy{22}}},
		{-1, Series{0, []torg.Energy{14, 30}}},
		{-5, Series{-1, []torg.Energy{14, 30}}},
	} {
		s := Series{Start: c.start, Energy: []torg.Energy{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}
		got, err := s.Resample(quarter.Interval, time.Hour)
		if err != nil || got.Start != c.want.Start || !slices.Equal(got.Energy, c.want.Energy) {
			t.Errorf("from %d: %+v, %v, want %+v", c.start, got, err, c.want)
		}
	}
	s := Series{Start: 0, Energy: []torg.Energy{1, 2, Missing, 4, 5, 6, 7, 8}}
	if got, _ := s.Resample(quarter.Interval, time.Hour); !slices.Equal(got.Energy, []torg.Energy{Missing, 26}) {
		t.Errorf("with a hole: %+v", got)
	}
	if got, _ := (Series{-2, []torg.Energy{7, -7}}).Resample(time.Hour, 15*time.Minute); got.Start != -8 ||
		!slices.Equal(got.Energy, []torg.Energy{1, 2, 2, 2, -2, -2, -2, -1}) {
		t.Errorf("split: %+v", got)
	}
}

// A long history is cut at its beginning, not at its end.
func TestSeedingTakesTheLatest(t *testing.T) {
	n := newTestNaive(t, quarter, torg.Plant, Bounds{0, 10_000})
	long, short := past(100), past(30)
	for i := range 70 * 96 {
		long.Energy[i] = 9000
	}
	if err := n.Seed("s", quarter.Interval, long); err != nil {
		t.Fatal(err)
	}
	other := newTestNaive(t, quarter, torg.Plant, Bounds{0, 10_000})
	if err := other.Seed("s", quarter.Interval, short); err != nil {
		t.Fatal(err)
	}
	if a, b := ask(t, n, monday(quarter), 200), ask(t, other, monday(quarter), 200); !slices.Equal(a, b) {
		t.Errorf("of 100 days %v, of the last 30 %v", a[0], b[0])
	}
}
