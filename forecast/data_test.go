package forecast

import (
	"compress/gzip"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"torg"
	"torg/internal/require"
)

// load reads one of the shared series as net energy per slot of its own step.
func load(t testing.TB, name string, sign float64) (torg.Calendar, Series) {
	t.Helper()
	f, err := os.Open(filepath.Join(require.Shared(t), "data", name+".csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	start, err := time.Parse(time.RFC3339, rows[1][0])
	if err != nil {
		t.Fatal(err)
	}
	next, err := time.Parse(time.RFC3339, rows[2][0])
	if err != nil {
		t.Fatal(err)
	}
	cal := torg.Calendar{Interval: next.Sub(start)}
	s := Series{Start: cal.At(start)}
	for _, row := range rows[1:] {
		e := Missing
		if row[1] != "" {
			kw, err := strconv.ParseFloat(row[1], 64)
			if err != nil {
				t.Fatal(err)
			}
			e = torg.Energy(math.Round(sign * kw * 1000 * cal.Interval.Hours()))
		}
		s.Energy = append(s.Energy, e)
	}
	return cal, s
}

// boundsOf returns the bounds of what a series shows, and zero.
func boundsOf(s Series) Bounds {
	var b Bounds
	for _, e := range s.Energy {
		if e != Missing {
			b.Min, b.Max = min(b.Min, e), max(b.Max, e)
		}
	}
	return b
}

// wape sums errors against readings of slots that a rule forecasts.
type wape struct{ err, sum float64 }

func (w *wape) add(y, f torg.Energy) {
	w.err += float64((y - f).Abs())
	w.sum += float64(y.Abs())
}

func (w wape) accuracy() float64 { return 100 * (1 - w.err/w.sum) }

// The next step of real sites, over the last fifth of each series: never more than
// two points below the best of the plain rules, which are worked out here anew, and
// the 80 % band holds what it says.
func TestRealSeriesNextStep(t *testing.T) {
	for _, c := range []struct {
		name  string
		role  torg.Role
		least float64 // accuracy in percent, as measured when this was written, rounded down
	}{
		{"plant_steel", torg.Plant, 80},
		{"sharing_ask", torg.Sharing, 80},
		{"sharing_osl_s", torg.Sharing, 90},
		{"sharing_tro_r", torg.Sharing, 88},
		{"heat_flensburg", torg.Heating, 95},
		{"pv_unisolar", torg.Renewable, 82},
		{"wind_gefcom14_z1", torg.Renewable, 81},
		{"wind_kelmarsh2", torg.Renewable, 79},
		{"stable_gasturbine", torg.Stable, 96},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sign := 1.0
			if c.role == torg.Renewable || c.role == torg.Stable {
				sign = -1
			}
			cal, s := load(t, c.name, sign)
			n, err := NewNaive(cal, nil, Site{"s", c.role, boundsOf(s)})
			if err != nil {
				t.Fatal(err)
			}
			day := int(24 * time.Hour / cal.Interval)
			var own wape
			rules := map[string]*wape{"persistence": {}, "day": {}, "week": {}}
			lags := map[string]int{"persistence": 1, "day": day, "week": 7 * day}
			inside, scored := 0, 0
			for i, y := range s.Energy {
				slot := s.Start + torg.Slot(i)
				if i >= len(s.Energy)*4/5 && y != Missing &&
					s.Energy[i-1] != Missing && s.Energy[i-day] != Missing && s.Energy[i-7*day] != Missing {
					f, err := n.Forecast("s", slot, 1)
					if err != nil {
						t.Fatal(err)
					}
					own.add(y, f[0].Median())
					for name, lag := range lags {
						rules[name].add(y, s.Energy[i-lag])
					}
					if low, high := f[0].Band80(); low <= y && y <= high {
						inside++
					}
					scored++
				}
				if y != Missing {
					n.Observe(torg.Reading{Site: "s", Slot: slot, Energy: y, Quality: torg.Measured})
				}
			}
			best := math.Inf(-1)
			for _, w := range rules {
				best = max(best, w.accuracy())
			}
			coverage := 100 * float64(inside) / float64(scored)
			t.Logf("accuracy %.1f, persistence %.1f, day %.1f, week %.1f; 80 %% band holds %.1f %%; %s",
				own.accuracy(), rules["persistence"].accuracy(), rules["day"].accuracy(), rules["week"].accuracy(),
				coverage, n.Expert("s", 1))
			if own.accuracy() < best-2 || own.accuracy() < c.least {
				t.Errorf("accuracy %.1f, best plain rule %.1f, at least %.0f expected", own.accuracy(), best, c.least)
			}
			if coverage < 70 {
				t.Errorf("the 80 %% band holds %.1f %% of readings", coverage)
			}
		})
	}
}

// A day ahead from every midnight (UTC), slot by slot: no worse than two points below
// the better of yesterday, last week and the last reading.
func TestRealSeriesDayAhead(t *testing.T) {
	for _, c := range []struct {
		name string
		role torg.Role
	}{
		{"plant_steel", torg.Plant}, {"sharing_osl_s", torg.Sharing}, {"heat_flensburg", torg.Heating},
		{"pv_unisolar", torg.Renewable}, {"wind_gefcom14_z1", torg.Renewable}, {"stable_gasturbine", torg.Stable},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cal, s := load(t, c.name, 1)
			n, err := NewNaive(cal, nil, Site{"s", c.role, boundsOf(s)})
			if err != nil {
				t.Fatal(err)
			}
			day := int(24 * time.Hour / cal.Interval)
			var own, last, yesterday, week wape
			inside, scored := 0, 0
			for i, y := range s.Energy {
				slot := s.Start + torg.Slot(i)
				if i >= len(s.Energy)*4/5 && int64(slot)%int64(day) == 0 && i+day <= len(s.Energy) && s.Energy[i-1] != Missing {
					f, err := n.Forecast("s", slot, day)
					if err != nil {
						t.Fatal(err)
					}
					for j, q := range f {
						y, y1, y7 := s.Energy[i+j], s.Energy[i+j-day], s.Energy[i+j-7*day]
						if y == Missing || y1 == Missing || y7 == Missing {
							continue
						}
						own.add(y, q.Median())
						last.add(y, s.Energy[i-1])
						yesterday.add(y, y1)
						week.add(y, y7)
						if low, high := q.Band80(); low <= y && y <= high {
							inside++
						}
						scored++
					}
				}
				if y != Missing {
					n.Observe(torg.Reading{Site: "s", Slot: slot, Energy: y, Quality: torg.Measured})
				}
			}
			best := max(last.accuracy(), yesterday.accuracy(), week.accuracy())
			coverage := 100 * float64(inside) / float64(scored)
			t.Logf("accuracy %.1f, last reading %.1f, yesterday %.1f, week %.1f; 80 %% band holds %.1f %%; %s",
				own.accuracy(), last.accuracy(), yesterday.accuracy(), week.accuracy(), coverage, n.Expert("s", day))
			if own.accuracy() < best-2 {
				t.Errorf("accuracy %.1f, best plain rule %.1f", own.accuracy(), best)
			}
			if coverage < 65 {
				t.Errorf("the 80 %% band holds %.1f %% of readings", coverage)
			}
		})
	}
}
