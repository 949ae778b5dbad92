package forecast

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"torg"
)

// crowd returns a forecaster of many sites with two weeks of history each.
func crowd(b *testing.B, cal torg.Calendar, sites int) *Naive {
	b.Helper()
	n, err := NewNaive(cal, nil)
	if err != nil {
		b.Fatal(err)
	}
	s := past(15)
	for i := range sites {
		id := torg.SiteID(fmt.Sprint("site-", i))
		if err := n.Add(Site{id, torg.Plant, Bounds{0, 10_000}}); err != nil {
			b.Fatal(err)
		}
		if err := n.Seed(id, quarter.Interval, s); err != nil {
			b.Fatal(err)
		}
	}
	return n
}

// One slot of one site: a reading, then a forecast of the next 120 slots.
func BenchmarkObserveAndForecast(b *testing.B) {
	for _, interval := range []time.Duration{30 * time.Second, 15 * time.Minute} {
		b.Run(interval.String(), func(b *testing.B) {
			cal := torg.Calendar{Interval: interval}
			n := crowd(b, cal, 1)
			s := monday(cal)
			b.ReportAllocs()
			for b.Loop() {
				n.Observe(torg.Reading{Site: "site-0", Slot: s, Energy: zigzag(s)})
				s++
				if _, err := n.Forecast("site-0", s, 120); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// One session of 1,000 sites: a reading and a forecast of the next slot each, with
// the memory that a site takes.
func BenchmarkThousandSites(b *testing.B) {
	for _, interval := range []time.Duration{30 * time.Second, 15 * time.Minute} {
		b.Run(interval.String(), func(b *testing.B) {
			cal := torg.Calendar{Interval: interval}
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			n := crowd(b, cal, 1000)
			runtime.GC()
			runtime.ReadMemStats(&after)
			ids := make([]torg.SiteID, 1000)
			for i := range ids {
				ids[i] = torg.SiteID(fmt.Sprint("site-", i))
			}
			s := monday(cal)
			for b.Loop() {
				for _, id := range ids {
					n.Observe(torg.Reading{Site: id, Slot: s, Energy: zigzag(s)})
					if _, err := n.Forecast(id, s+1, 2); err != nil {
						b.Fatal(err)
					}
				}
				s++
			}
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1000, "B/site")
		})
	}
}

// What a simulation asks: 14 days of 96 slots, 20 sites, 120 slots ahead each time.
func BenchmarkTwoWeeksOfTwentySites(b *testing.B) {
	for b.Loop() {
		n := crowd(b, quarter, 20)
		for s := monday(quarter); s < monday(quarter)+14*96; s++ {
			for i := range 20 {
				id := torg.SiteID(fmt.Sprint("site-", i))
				n.Observe(torg.Reading{Site: id, Slot: s, Energy: zigzag(s) + torg.Energy(500*noise(int64(s)))})
				if _, err := n.Forecast(id, s+1, 120); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
}
