package forecast

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"torg"
)

// world is a random site with random readings, in and out of order.
type world struct {
	cal      torg.Calendar
	site     Site
	readings []torg.Reading
}

func drawWorld(t *rapid.T) world {
	w := world{cal: torg.Calendar{Interval: rapid.SampledFrom(torg.Intervals).Draw(t, "interval")}}
	span := rapid.Int64Range(0, 100_000)
	w.site = Site{"s", rapid.SampledFrom(torg.Roles).Draw(t, "role"), Bounds{
		Min: -torg.Energy(span.Draw(t, "out")), Max: torg.Energy(span.Draw(t, "in")),
	}}
	slot := torg.Slot(rapid.Int64Range(-1e6, 1e9).Draw(t, "start"))
	day := int64(24 * time.Hour / w.cal.Interval)
	shape := rapid.SampledFrom([]string{"daily", "random", "constant"}).Draw(t, "shape")
	n := rapid.IntRange(0, 600).Draw(t, "readings")
	// One draw of bytes steers gaps and lateness: thousands of draws are slow.
	luck := rapid.SliceOfN(rapid.Byte(), 40, 40).Draw(t, "luck")
	for i := range n {
		switch b := luck[i%len(luck)] ^ byte(scatter(int64(i))); {
		case b < 8:
			slot += torg.Slot(day) * torg.Slot(b)
		case b < 16:
			slot += torg.Slot(b)
		}
		r := torg.Reading{Site: "s", Slot: slot, Quality: torg.Measured}
		switch shape {
		case "daily":
			r.Energy = torg.Energy(floorMod(int64(slot), day) * 10)
		case "random":
			r.Energy = torg.Energy(noise(int64(i)) * 150_000) // may leave the bounds
		case "constant":
			r.Energy = 777
		}
		if luck[(i*7)%len(luck)] < 6 {
			r.Slot -= torg.Slot(scatter(int64(i)) % uint64(20*day)) // late or a correction
		}
		w.readings = append(w.readings, r)
		slot++
	}
	return w
}

func (w world) forecaster(t *rapid.T) *Naive {
	n, err := NewNaive(w.cal, nil, w.site)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (w world) latest() torg.Slot {
	var s torg.Slot
	for i, r := range w.readings {
		if i == 0 || r.Slot > s {
			s = r.Slot
		}
	}
	return s
}

func mustAsk(t *rapid.T, n *Naive, from torg.Slot, slots int) []Quantiles {
	q, err := n.Forecast("s", from, slots)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// Whatever comes in, quantiles ascend and stay within the site's bounds.
func TestLawQuantilesAscendInBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		n := w.forecaster(t)
		for _, r := range w.readings {
			n.Observe(r)
		}
		from := w.latest() + torg.Slot(rapid.Int64Range(-50, 5000).Draw(t, "ahead"))
		for i, q := range mustAsk(t, n, from, rapid.IntRange(1, 300).Draw(t, "slots")) {
			if !slices.IsSorted(q[:]) || q[0] < w.site.Bounds.Min || q[6] > w.site.Bounds.Max {
				t.Fatalf("slot %d: %v in %+v", i, q, w.site.Bounds)
			}
		}
	})
}

// The same readings give the same forecasts, however often one asks in between: a
// forecast asked for is the same as one asked for the first time.
func TestLawAskingChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		asked, silent := w.forecaster(t), w.forecaster(t)
		for i, r := range w.readings {
			asked.Observe(r)
			silent.Observe(r)
			if i%17 == 0 {
				mustAsk(t, asked, r.Slot+torg.Slot(i%5), 1+i%200)
			}
		}
		from := w.latest() + 1
		if a, b := mustAsk(t, asked, from, 120), mustAsk(t, silent, from, 120); !slices.Equal(a, b) {
			t.Fatalf("asked before:\n%v\nnever asked:\n%v", a, b)
		}
	})
}

// What comes later changes no forecast made before: two futures, one past.
func TestLawNoLookAhead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		cut := rapid.IntRange(0, len(w.readings)).Draw(t, "cut")
		one, other := w.forecaster(t), w.forecaster(t)
		for i, r := range w.readings {
			if i < cut && !slices.Equal(mustAsk(t, one, r.Slot, 8), mustAsk(t, other, r.Slot, 8)) {
				t.Fatalf("reading %d: forecasts differ before the futures do", i)
			}
			one.Observe(r)
			if i >= cut {
				r.Energy = -r.Energy + 5
			}
			other.Observe(r)
		}
	})
}

// Splitting and joining back conserves every interval's energy; parts differ by a
// watt-hour at most.
func TestLawResampleConservesEnergy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Series{Start: torg.Slot(rapid.Int64Range(-1e6, 1e6).Draw(t, "start"))}
		for _, e := range rapid.SliceOfN(rapid.Int64Range(-1e9, 1e9), 0, 50).Draw(t, "energy") {
			if e%11 == 0 {
				e = int64(Missing)
			}
			s.Energy = append(s.Energy, torg.Energy(e))
		}
		long := rapid.SampledFrom(torg.Intervals).Draw(t, "long")
		short := torg.Intervals[0]
		fine, err := s.Resample(long, short)
		if err != nil {
			t.Fatal(err)
		}
		k := int(long / short)
		for i := range s.Energy {
			parts := fine.Energy[i*k : (i+1)*k]
			if slices.Max(parts)-slices.Min(parts) > 1 {
				t.Fatalf("%d shared out as %v", s.Energy[i], parts)
			}
		}
		back, err := fine.Resample(short, long)
		if err != nil || !slices.Equal(back.Energy, s.Energy) || len(s.Energy) > 0 && back.Start != s.Start {
			t.Fatalf("%+v came back as %+v, %v", s, back, err)
		}
	})
}

// Quantiles between the levels ascend with the probability.
func TestLawAtAscends(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q Quantiles
		for i := range q {
			q[i] = torg.Energy(rapid.Int64Range(-1e10, 1e10).Draw(t, "q"))
		}
		slices.Sort(q[:])
		a, b := rapid.Float64Range(-0.1, 1.1).Draw(t, "a"), rapid.Float64Range(-0.1, 1.1).Draw(t, "b")
		if lo, hi := q.At(min(a, b)), q.At(max(a, b)); lo > hi || lo < q[0] || hi > q[6] {
			t.Fatalf("%v: At(%v) = %d, At(%v) = %d", q, min(a, b), lo, max(a, b), hi)
		}
	})
}

// Fuzzed bytes are readings: slot steps and energies of any size.
func FuzzObserve(f *testing.F) {
	f.Add([]byte("steady as she goes, three readings"), int64(3), 20)
	f.Add([]byte{0, 255, 255, 127, 128, 1, 2, 3, 4, 5, 6, 7, 8}, int64(-9e15), 1)
	f.Add([]byte{}, int64(0), 300)
	f.Fuzz(func(t *testing.T, data []byte, from int64, slots int) {
		bounds := Bounds{-5000, 9000}
		for _, interval := range []time.Duration{30 * time.Second, 15 * time.Minute} {
			n, err := NewNaive(torg.Calendar{Interval: interval}, nil, Site{"s", torg.Plant, bounds})
			if err != nil {
				t.Fatal(err)
			}
			slot := from
			for i := 0; i+2 <= len(data); i += 2 {
				slot += int64(int8(data[i]))
				e := int64(int8(data[i+1])) << (data[i] % 56)
				n.Observe(torg.Reading{Site: "s", Slot: torg.Slot(slot), Energy: torg.Energy(e)})
			}
			qs, err := n.Forecast("s", torg.Slot(from), slots)
			if (err == nil) != (slots >= 1 && slots <= MaxSlots && from > -farthest && from < farthest) {
				t.Fatalf("from %d, %d slots: %v", from, slots, err)
			}
			for _, q := range qs {
				if !slices.IsSorted(q[:]) || q[0] < bounds.Min || q[6] > bounds.Max {
					t.Fatalf("%v outside %+v", q, bounds)
				}
			}
		}
	})
}
