package meter

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"torg"
	"torg/internal/require"
	"torg/scenario"
)

var day = time.Date(2026, 1, 12, 0, 0, 0, 0, time.UTC)

// text writes a file of rows with a step.
func text(start time.Time, step time.Duration, values ...string) string {
	var b strings.Builder
	b.WriteString("time,value\n")
	for i, v := range values {
		fmt.Fprintf(&b, "%s,%s\n", start.Add(time.Duration(i)*step).Format(time.RFC3339), v)
	}
	return b.String()
}

func mustRead(t testing.TB, text string, how scenario.CSV) *series {
	t.Helper()
	s, err := readText(text, how)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestUnits(t *testing.T) {
	for _, c := range []struct {
		unit   scenario.Unit
		factor float64
		rows   []torg.Energy
	}{
		{scenario.KW, 1, []torg.Energy{250, 500, 0}},
		{scenario.KW, 4, []torg.Energy{1000, 2000, 0}},
		{scenario.KWh, 1, []torg.Energy{1000, 2000, 0}},
		{scenario.Wh, 1, []torg.Energy{1, 2, 0}},
		{scenario.Wh, 0.3, []torg.Energy{0, 1, 0}}, // 0.3 and 0.6: the rest is carried
	} {
		how := plain
		how.Unit, how.Factor = c.unit, c.factor
		if s := mustRead(t, text(day, 15*time.Minute, "1", "2.0", "0"), how); !slices.Equal(s.rows, c.rows) {
			t.Errorf("%s x %g: %v, want %v", c.unit, c.factor, s.rows, c.rows)
		}
	}
}

func TestCoarseRowsAreSharedEvenlyAndFineOnesSummed(t *testing.T) {
	s := mustRead(t, text(day, 15*time.Minute, "0.1", "0.2", "0.4", ""), plain) // 25, 50, 100 Wh
	for _, c := range []struct {
		interval time.Duration
		slot     torg.Slot // after the first
		want     torg.Energy
		quality  torg.Quality // empty: missing
	}{
		{30 * time.Second, 0, 0, torg.Derived},
		{30 * time.Second, 29, 1, torg.Derived},
		{5 * time.Minute, 0, 8, torg.Derived},
		{5 * time.Minute, 2, 9, torg.Derived},
		{15 * time.Minute, 1, 50, torg.Measured},
		{15 * time.Minute, 3, 0, ""},
		{30 * time.Minute, 0, 75, torg.Derived},
		{30 * time.Minute, 1, 0, ""},
		{time.Hour, 0, 0, ""},
		{15 * time.Minute, -1, 0, ""},
		{15 * time.Minute, 4, 0, ""},
	} {
		calendar := torg.Calendar{Interval: c.interval}
		e, q, ok := (&resampled{s, calendar}).energy(calendar.At(day) + c.slot)
		if e != c.want || q != c.quality || ok != (c.quality != "") {
			t.Errorf("slot %d of %s: %d Wh %s %v, want %d Wh %s", c.slot, c.interval, e, q, ok, c.want, c.quality)
		}
	}
	// Rows that slots cut: 25 Wh of 10 minutes, 60 % of them in the first 6.
	odd := mustRead(t, text(day.Add(-4*time.Minute), 10*time.Minute, "0.15", "0.15", "0.15"), plain)
	calendar := torg.Calendar{Interval: 15 * time.Minute}
	if e, q, ok := (&resampled{odd, calendar}).energy(calendar.At(day)); e != 15+23-1 || q != torg.Derived || !ok {
		t.Errorf("rows cut by a slot: %d Wh %s %v", e, q, ok)
	}
}

func TestResamplingConservesEnergy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		step := rapid.SampledFrom([]time.Duration{30 * time.Second, time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour}).Draw(t, "step")
		thousandths := rapid.SliceOfN(rapid.IntRange(0, 5_000_000), 2, 60).Draw(t, "values")
		factor := rapid.SampledFrom([]float64{1, 4, 0.37, 0.001}).Draw(t, "factor")
		var values []string
		for _, v := range thousandths {
			values = append(values, fmt.Sprintf("%d.%03d", v/1000, v%1000))
		}
		how := plain
		how.Factor = factor
		s, err := readText(text(day, step, values...), how)
		if err != nil {
			t.Fatal(err)
		}
		from := rapid.IntRange(0, len(values)-1).Draw(t, "from")
		to := rapid.IntRange(from+1, len(values)).Draw(t, "to")
		exact, rows := 0.0, torg.Energy(0)
		for i := from; i < to; i++ {
			exact += float64(thousandths[i]) * factor * step.Hours()
			rows += s.rows[i]
		}
		if math.Abs(exact-float64(rows)) > 1+1e-6 {
			t.Fatalf("rows %d to %d hold %d Wh of %f", from, to, rows, exact)
		}
		// Every slot length that fills these rows holds exactly the same.
		for _, interval := range torg.Intervals {
			calendar := torg.Calendar{Interval: interval}
			begin, end := day.Add(time.Duration(from)*step), day.Add(time.Duration(to)*step)
			first, last := calendar.At(begin), calendar.At(end)
			if !calendar.Start(first).Equal(begin) || !calendar.Start(last).Equal(end) {
				continue
			}
			sum := torg.Energy(0)
			for slot := first; slot < last; slot++ {
				e, _, ok := (&resampled{s, calendar}).energy(slot)
				if !ok || e < 0 {
					t.Fatalf("slot %d of %s: %d Wh %v", slot, interval, e, ok)
				}
				sum += e
			}
			if sum != rows {
				t.Fatalf("slots of %s hold %d Wh, rows %d", interval, sum, rows)
			}
		}
	})
}

func TestGapsAreMissingAndTold(t *testing.T) {
	s := mustRead(t, "time,value\n"+
		"2026-01-12T00:00:00Z,1\n2026-01-12T00:15:00Z,\n2026-01-12T01:00:00Z,1\n2026-01-12T01:15:00Z,1\n2026-01-12T01:30:00Z, \n", plain)
	want := []string{
		"m.csv:3: no readings from 2026-01-12T00:15:00Z to 2026-01-12T01:00:00Z (3 rows of 15m0s)",
		"m.csv:6: no readings from 2026-01-12T01:30:00Z to 2026-01-12T01:45:00Z (1 rows of 15m0s)",
	}
	if got := s.warnings(time.Time{}, farFuture); !slices.Equal(got, want) {
		t.Errorf("warnings\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if want := []torg.Energy{250, missing, missing, missing, 250, 250, missing}; !slices.Equal(s.rows, want) {
		t.Errorf("rows %v, want %v", s.rows, want)
	}
}

func TestTimesInTheFilesZone(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	how := plain
	how.Timezone = berlin
	for _, c := range []struct{ name, text, first, last string }{
		{"written as if UTC", "2026-01-12T00:00:00Z,1\n2026-01-12T00:15:00Z,1", "2026-01-11T23:00:00Z", "2026-01-11T23:30:00Z"},
		{"without offset", "2026-07-12 00:00,1\n2026-07-12 00:15,1", "2026-07-11T22:00:00Z", "2026-07-11T22:30:00Z"},
		{"an offset is taken at its word", "2026-01-12T00:00:00+05:00,1\n2026-01-12T00:15:00+05:00,1", "2026-01-11T19:00:00Z", "2026-01-11T19:30:00Z"},
		{"autumn's hour comes twice", "2026-10-25 01:30,1\n2026-10-25 02:00,1\n2026-10-25 02:30,1\n2026-10-25 02:00,1\n2026-10-25 02:30,1\n2026-10-25 03:00,1", "2026-10-24T23:30:00Z", "2026-10-25T02:30:00Z"},
		{"spring's hour is not there", "2026-03-29 01:30,1\n2026-03-29 03:00,1\n2026-03-29 03:30,1", "2026-03-29T00:30:00Z", "2026-03-29T02:00:00Z"},
	} {
		s := mustRead(t, "time,value\n"+c.text+"\n", how)
		if first, last := s.start.Format(time.RFC3339), s.end().Format(time.RFC3339); first != c.first || last != c.last || len(s.gaps) != 0 {
			t.Errorf("%s: %s to %s with %d gaps, want %s to %s", c.name, first, last, len(s.gaps), c.first, c.last)
		}
	}
}

func TestSiteIsLoadMinusGeneration(t *testing.T) {
	dir := t.TempDir()
	rows := slices.Repeat([]string{"1.5"}, 96)
	rows[95] = ""
	if err := os.WriteFile(filepath.Join(dir, "load.csv"), []byte("\ufeff"+text(day, 15*time.Minute, rows...)), 0o600); err != nil {
		t.Fatal(err)
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	fmt.Fprint(z, text(day.AddDate(0, 0, -364), 15*time.Minute, slices.Repeat([]string{"4"}, 96)...))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "gen.csv.gz"), zipped.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	sc := scenarioOf(t, dir, "{flow: load, unit: kW, csv: load.csv}, {flow: generation, unit: kW, csv: gen.csv.gz, shift: 1y}")
	site, err := Open(sc, "s")
	if err != nil {
		t.Fatal(err)
	}
	first := sc.Calendar.At(day)
	if e, q, ok := site.Net(first); e != 375-1000 || q != torg.Measured || !ok {
		t.Errorf("first slot: %d Wh %s %v", e, q, ok)
	}
	if _, _, ok := site.Net(first + 95); ok {
		t.Error("the site is read where its load is missing")
	}
	if len(site.Warnings()) != 1 {
		t.Errorf("warnings %q", site.Warnings())
	}
}

func TestConnectionIsMeteredOrTheSumOfSites(t *testing.T) {
	sc := scenario.Demo()
	var sites []Source
	for _, site := range sc.Sites {
		s, err := Open(sc, site.ID)
		if err != nil {
			t.Fatal(err)
		}
		sites = append(sites, s)
	}
	c, err := OpenConnection(sc, sites)
	if err != nil {
		t.Fatal(err)
	}
	slot, sum := sc.Calendar.At(sc.Start)+1234, torg.Energy(0)
	for _, s := range sites {
		e, q, ok := s.Net(slot)
		if !ok || q != torg.Simulated {
			t.Fatalf("quality %s, %v", q, ok)
		}
		sum += e
	}
	if e, q, ok := c.Net(slot); e != sum || q != torg.Derived || !ok {
		t.Errorf("connection %d Wh %s %v, sites %d", e, q, ok, sum)
	}
	sc.Connection = []scenario.Meter{{Flow: scenario.FlowLoad, Model: sc.Sites[1].Meters[0].Model}}
	if c, err = OpenConnection(sc, sites); err != nil {
		t.Fatal(err)
	}
	if e, q, _ := c.Net(slot); e == sum || e < 0 || q != torg.Simulated {
		t.Errorf("the connection's own meter: %d Wh %s", e, q)
	}
}

func TestSharedMeasurementsAreRead(t *testing.T) {
	dir := filepath.Join(require.Shared(t), "data")
	for _, c := range []struct {
		file, first string
		step        time.Duration
		gaps        bool
	}{
		{"plant_steel", "2018-01-01T00:00:00Z", 15 * time.Minute, false},
		{"pv_unisolar", "2021-01-01T00:00:00Z", 15 * time.Minute, true},
		{"wind_gefcom14_z1", "2012-01-01T01:00:00Z", time.Hour, true},
		{"sharing_ask", "2018-11-15T00:00:00Z", 15 * time.Minute, false},
		{"heat_flensburg", "2014-01-01T00:00:00Z", time.Hour, false},
	} {
		s, err := readFile(filepath.Join(dir, c.file+".csv.gz"), plain)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := s.start.Format(time.RFC3339); got != c.first || s.step != c.step || (len(s.warnings(time.Time{}, farFuture)) > 0) != c.gaps {
			t.Errorf("%s: from %s by %s with %d gaps", c.file, got, s.step, len(s.gaps))
		}
	}
	sc := scenarioOf(t, dir, "{flow: load, csv: plant_steel.csv.gz, unit: kW, factor: 4, timezone: UTC, shift: 8y}")
	site, err := Open(sc, "s")
	if err != nil {
		t.Fatal(err)
	}
	// Its file's 15 January 2018 was a Monday too: 417 weeks later.
	if e, q, ok := site.Net(sc.Calendar.At(day.Add(12 * time.Hour))); !ok || q != torg.Measured || e <= 0 {
		t.Errorf("noon: %d Wh %s %v", e, q, ok)
	}
}

// The demonstration sells inside most of what it needs, and both imports and exports.
func TestDemoIsBalancedInEverySeason(t *testing.T) {
	for _, start := range []string{"2026-01-12", "2026-04-13", "2026-07-13", "2026-11-23"} {
		resolved := strings.Replace(string(scenario.Demo().Resolved()), "2026-04-13T", start+"T", 1)
		sc, err := scenario.Parse("demo.yaml", []byte(strings.Replace(resolved, "interval: \"30s\"", "interval: 15m", 1)))
		if err != nil {
			t.Fatal(err)
		}
		from, to := sc.Slots()
		load, supply := make([]float64, to-from), make([]float64, to-from)
		for _, site := range sc.Sites {
			source, err := Open(sc, site.ID)
			if err != nil {
				t.Fatal(err)
			}
			selling := 0
			for slot := from; slot < to; slot++ {
				e, _, ok := source.Net(slot)
				if most := torg.Energy(site.CapacityW / 4); !ok || e > most || -e > most {
					t.Fatalf("%s at %s: %s %v, connected for %d W", site.ID, sc.Calendar.Start(slot), e, ok, site.CapacityW)
				}
				if e < 0 {
					supply[slot-from] -= e.KWh()
					selling++
				} else {
					load[slot-from] += e.KWh()
				}
			}
			if site.ID == "foundry-1" && selling < len(load)*8/10 || site.ID == "factory-1" && selling > 0 {
				t.Errorf("%s sells in %d of %d slots", site.ID, selling, len(load))
			}
		}
		inside, all, imports, exports := 0.0, 0.0, 0, 0
		for i := range load {
			inside, all = inside+min(load[i], supply[i]), all+load[i]
			if load[i] > supply[i] {
				imports++
			} else {
				exports++
			}
		}
		if share := inside / all; share < 0.6 || share > 0.92 || imports < 100 || exports < 50 {
			t.Errorf("%s: %.0f %% inside, %d slots import and %d export", start, 100*share, imports, exports)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(text(day, 15*time.Minute, "1", "2", "", "4e1"))
	f.Add("time,value,x\n2026-01-12T00:00:00+03:00,\"1,5\",\n2026-01-12T01:00:00+03:00,2,\n2026-01-12T05:00:00+03:00,2,\n")
	f.Add("time,value\n2026-10-25 02:00,1\n2026-10-25 02:00,1\n")
	f.Add("value,time\n\"\",\"\n")
	f.Fuzz(func(t *testing.T, file string) {
		how := plain
		how.Timezone = time.UTC
		s, err := readText(file, how)
		if err != nil {
			if s != nil || !strings.HasPrefix(err.Error(), "m.csv:") {
				t.Fatalf("no place in: %v", err)
			}
			return
		}
		if len(s.rows) < 2 || len(s.rows) > maxRows || s.step < minStep {
			t.Fatalf("%d rows of %s", len(s.rows), s.step)
		}
		for _, e := range s.rows {
			if e < missing || e > maxRow {
				t.Fatalf("a row of %d Wh", e)
			}
		}
	})
}

func BenchmarkDemoFourteenDays(b *testing.B) {
	sc := scenario.Demo()
	sc.Calendar = torg.Calendar{Interval: 15 * time.Minute}
	from, to := sc.Slots()
	for b.Loop() {
		for _, site := range sc.Sites {
			source, err := Open(sc, site.ID)
			if err != nil {
				b.Fatal(err)
			}
			for slot := from; slot < to; slot++ {
				source.Net(slot)
			}
		}
	}
}

// farFuture ends after every series of these tests.
var farFuture = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)

func TestGapsOutsideTheSpanAreNoWarnings(t *testing.T) {
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	s := &series{file: "a.csv", step: time.Hour, gaps: []gap{{from: day, to: day.Add(2 * time.Hour), rows: 2}}}
	for _, c := range []struct {
		start, end time.Time
		want       int
	}{
		{day.Add(-time.Hour), day, 0}, {day.Add(2 * time.Hour), day.Add(3 * time.Hour), 0},
		{day.Add(time.Hour), day.Add(3 * time.Hour), 1}, {day.Add(-time.Hour), day.Add(time.Hour), 1},
	} {
		if got := s.warnings(c.start, c.end); len(got) != c.want {
			t.Errorf("from %s to %s: %q", c.start, c.end, got)
		}
	}
}
