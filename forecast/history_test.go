package forecast

import (
	"testing"
	"time"

	"torg"
)

// The same time of an earlier day, never after the origin, and further back where
// that is missing.
func TestHistoryBack(t *testing.T) {
	h := newHistory(newTimescale(quarter, nil))
	for s := range int64(10 * 96) {
		if s/96 != 5 { // a day is missing
			h.put(s, torg.Energy(s))
		}
	}
	for _, c := range []struct {
		s, origin, want int64
		ok              bool
	}{
		{9*96 + 10, 9*96 + 9, 8*96 + 10, true},
		{9*96 + 10, 8*96 + 10, 8*96 + 10, true}, // a day ahead to the slot
		{9*96 + 10, 8*96 + 9, 7*96 + 10, true},  // a day and one slot ahead
		{20*96 + 10, 9*96 + 95, 9*96 + 10, true},
		{6*96 + 10, 6*96 + 9, 4*96 + 10, true}, // over the hole
		{96 + 10, 9, 0, false},                 // before the first reading
	} {
		got, ok := h.back(c.s, c.origin, 96)
		if ok != c.ok || ok && got != float64(c.want) {
			t.Errorf("back(%d, %d) = %v, %v, want %d, %v", c.s, c.origin, got, ok, c.want, c.ok)
		}
	}
}

// Half minutes are remembered one by one for a day, then by the quarter of an hour,
// corrections included, then not at all.
func TestHistoryOfShortSlots(t *testing.T) {
	h := newHistory(newTimescale(torg.Calendar{Interval: 30 * time.Second}, nil))
	const days = 20
	for s := range int64(days * 2880) {
		h.put(s, torg.Energy(s%30))
		if s == (days-2)*2880 {
			h.put(s, 300) // a correction of the first of its quarter
		}
	}
	for _, c := range []struct {
		s    int64
		want float64
		ok   bool
	}{
		{(days-1)*2880 + 7, 7, true},
		{(days-2)*2880 - 23, 14.5, true},     // a share of 0 + 1 + ... + 29
		{(days-2)*2880 + 7, 24.5, true},      // of that and 300
		{(days-16)*2880 + 7, 0, false},       // forgotten
		{days*2880 + 1, 0, false},            // not yet
		{-1, 0, false}, {-1 << 40, 0, false}, // long ago
	} {
		if got, ok := h.at(c.s); got != c.want || ok != c.ok {
			t.Errorf("at(%d) = %v, %v, want %v, %v", c.s, got, ok, c.want, c.ok)
		}
	}
	// A late reading counts in its quarter, if that is remembered.
	late := int64(days-3) * 2880
	gap := newHistory(newTimescale(torg.Calendar{Interval: 30 * time.Second}, nil))
	gap.put(days*2880, 1)
	gap.put(late, 60)
	gap.put(late+1, 20)
	if got, ok := gap.at(late + 2); got != 40 || !ok {
		t.Errorf("a quarter of 60 and 20 known: %v, %v", got, ok)
	}
	if !gap.holds(late) || gap.holds(late-20*2880) || !gap.holds(late+20*2880) {
		t.Error("what is remembered is not what can still be put")
	}
}

// A reading from before all that is remembered teaches nothing.
func TestReadingsTooOldAreIgnored(t *testing.T) {
	for _, interval := range []time.Duration{30 * time.Second, 15 * time.Minute} {
		cal := torg.Calendar{Interval: interval}
		fresh, told := newTestNaive(t, cal, torg.Plant, Bounds{0, 9000}), newTestNaive(t, cal, torg.Plant, Bounds{0, 9000})
		s := monday(cal)
		day := torg.Slot(24 * time.Hour / interval)
		observe(fresh, s, 100)
		observe(told, s, 100)
		for i := range 2 * day {
			observe(told, s-20*day+i, 8000)
		}
		a, b := ask(t, fresh, s+day, 1), ask(t, told, s+day, 1)
		if a[0] != b[0] || told.Expert("s", 1) != fresh.Expert("s", 1) {
			t.Errorf("%s: %v without, %v with readings of three weeks ago", interval, a, b)
		}
		told.site("s").mu.Lock()
		if mean, ok := told.site("s").profile.at(told.time.moment(int64(s - 20*day + day/2))); ok {
			t.Errorf("%s: the mean day has learnt %v", interval, mean)
		}
		told.site("s").mu.Unlock()
	}
}

func TestProfile(t *testing.T) {
	for _, interval := range []time.Duration{30 * time.Second, 15 * time.Minute} {
		scale := newTimescale(torg.Calendar{Interval: interval}, nil)
		p := newProfile(scale)
		workday, weekend := moment{grain: 40}, moment{grain: 40, weekend: true}
		add := func(m moment, y float64) {
			for range scale.perGrain {
				p.add(m, y)
			}
		}
		if _, ok := p.at(workday); ok {
			t.Errorf("%s: a mean of nothing", interval)
		}
		add(workday, 100)
		add(workday, 200)
		near(t, p, workday, 150)
		near(t, p, weekend, 150) // not seen: as on workdays
		add(weekend, 10)
		near(t, p, weekend, 10)
		near(t, p, workday, 150)
		// Eight days later about a third of what was is left.
		for range profileDays {
			add(workday, 0)
		}
		if mean, _ := p.at(workday); mean < 20 || mean > 65 {
			t.Errorf("%s: %v of 150 left after eight days", interval, mean)
		}
	}
}

func near(t *testing.T, p profile, m moment, want float64) {
	t.Helper()
	if got, ok := p.at(m); !ok || got < want-1e-6 || got > want+1e-6 {
		t.Errorf("mean %v, %v, want %v", got, ok, want)
	}
}

// Horizons cover every distance once, in order.
func TestHorizons(t *testing.T) {
	for _, interval := range torg.Intervals {
		scale := newTimescale(torg.Calendar{Interval: interval}, nil)
		next := int64(1)
		for b, h := range scale.horizons {
			if h.from != next || h.to < h.from {
				t.Fatalf("%s: horizon %+v after %d", interval, h, next-1)
			}
			if scale.bucket(h.from) != b || scale.bucket(h.to) != b {
				t.Errorf("%s: %+v is not bucket %d", interval, h, b)
			}
			seen := map[int64]bool{}
			for s := range 100 * (h.to - h.from + 1) {
				d := h.sample(s)
				if d < h.from || d > h.to {
					t.Fatalf("%s: distance %d in %+v", interval, d, h)
				}
				if seen[d] = true; s > 2000 {
					break
				}
			}
			if h.to-h.from < 50 && int64(len(seen)) != h.to-h.from+1 {
				t.Errorf("%s: %d distances tested in %+v", interval, len(seen), h)
			}
			next = h.to + 1
		}
		if next != 7*scale.day+1 {
			t.Errorf("%s: horizons end at %d", interval, next)
		}
	}
}
