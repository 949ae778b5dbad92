package physics

import (
	"math"
	"testing"
	"time"
)

func TestSunAtKnownPlaces(t *testing.T) {
	for _, c := range []struct {
		name                string
		from                string
		latitude, longitude float64
		highest             float64 // of the 24 hours
		azimuth             float64 // there; negative: any
	}{
		{"equinox on the equator", "2026-03-20T00:00:00Z", 0, 0, 89.95, -1},
		{"June solstice in Moscow", "2026-06-21T00:00:00Z", 55.75, 37.62, 57.69, 180},
		{"December solstice in Moscow", "2026-12-21T00:00:00Z", 55.75, 37.62, 10.81, 180},
		{"December solstice in Melbourne", "2026-12-21T00:00:00Z", -37.7, 145, 75.74, 0},
		{"polar night in Murmansk", "2026-12-21T00:00:00Z", 68.97, 33.08, -2.41, 180},
	} {
		start, err := time.Parse(time.RFC3339, c.from)
		if err != nil {
			t.Fatal(err)
		}
		best := Sun{Elevation: -90}
		for m := range 24 * 60 {
			if s := SunAt(start.Add(time.Duration(m)*time.Minute), c.latitude, c.longitude); s.Elevation > best.Elevation {
				best = s
			}
		}
		if math.Abs(best.Elevation-c.highest) > 0.1 {
			t.Errorf("%s: the sun is at most %.2f degrees high, want %.2f", c.name, best.Elevation, c.highest)
		}
		if off := math.Abs(math.Remainder(best.Azimuth-c.azimuth, 360)); c.azimuth >= 0 && off > 1 {
			t.Errorf("%s: it culminates at %.1f degrees, want %.1f", c.name, best.Azimuth, c.azimuth)
		}
	}
}

func TestSolarNoonMovesWithTheEquationOfTime(t *testing.T) {
	for _, c := range []struct {
		day  string
		noon float64 // UTC hours at Greenwich: 12 h minus the equation of time
	}{
		{"2026-02-11", 12.2375}, // 14 min 15 s late
		{"2026-11-03", 11.7261}, // 16 min 26 s early
	} {
		start, _ := time.Parse(time.DateOnly, c.day)
		best, at := -90.0, 0.0
		for s := 0; s < 86400; s += 10 {
			if e := SunAt(start.Add(time.Duration(s)*time.Second), 51.48, 0).Elevation; e > best {
				best, at = e, float64(s)/3600
			}
		}
		if math.Abs(at-c.noon) > 0.01 {
			t.Errorf("%s: noon at %.4f h, want %.4f", c.day, at, c.noon)
		}
	}
}
