package audit_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"torg/audit"
	"torg/report"
	"torg/scenario"
	"torg/sim"
	"torg/world"
)

// small is a complex in which everything happens that an audit looks at: a connection
// that is full at times, funds that run short, a meter with gaps, a site that does not
// trade, two sites of one participant, two tariff classes and a month that ends.
const small = `name: "Малый"
interval: 30m
timezone: UTC
pricing: PRICING
zones: [z1]
supplier: {participant: supplier, zone: z1, sell_price: "7.2", buy_price: "1.1", import_capacity_wh: 60000, export_capacity_wh: 20000}
start: 2026-04-30T12:00:00Z
days: 1
no_worse: month
tariffs:
  - {id: base, from: 2026-01-01, sell_price: "7.2", buy_price: "1.1"}
  - {id: dear, from: 2026-01-01, sell_price: "8", buy_price: "1"}
  - {id: dear, from: "2026-04-30T18:00:00Z", sell_price: "8.5", buy_price: "1"}
participants:
  - {id: foundry, balance: "90000"}
  - {id: factory, balance: "90000"}
  - {id: poor, balance: "300"}
  - {id: idle, balance: "90000"}
  - {id: wind, balance: "90000"}
  - {id: odd, balance: "90000"}
sites:
  - {id: foundry-1, participant: foundry, zone: z1, role: plant, tariff: base, capacity_kw: 2500, meters: [{flow: load, model: {kind: plant, base_kw: 90, machines: 6, machine_kw: 110}}, {flow: generation, model: {kind: chp, capacity_kw: 900}}]}
  - {id: factory-1, participant: factory, zone: z1, role: plant, tariff: dear, capacity_kw: 900, meters: [{flow: load, model: {kind: plant, base_kw: 80, machines: 12, machine_kw: 42}}]}
  - {id: factory-2, participant: factory, zone: z1, role: plant, tariff: base, capacity_kw: 900, agent: {strategy: cautious}, meters: [{flow: load, model: {kind: plant, base_kw: 60, machines: 6, machine_kw: 30}}]}
  - {id: poor-1, participant: poor, zone: z1, role: sharing, tariff: base, capacity_kw: 300, meters: [{flow: load, model: {kind: sharing, posts: 10, post_kw: 22, session_kwh: 20, sessions_per_day: 60}}]}
  - {id: idle-1, participant: idle, zone: z1, role: heating, mode: manual, tariff: base, capacity_kw: 300, meters: [{flow: load, csv: gaps.csv, value: value, unit: kW}]}
  - {id: wind-1, participant: wind, zone: z1, role: renewable, tariff: base, capacity_kw: 900, agent: {strategy: cautious}, meters: [{flow: generation, model: {kind: wind, rated_kw: 700}}]}
  - {id: odd-1, participant: odd, zone: z1, role: sharing, tariff: base, capacity_kw: 300, agent: {strategy: median}, meters: [{flow: load, csv: odd.csv, value: value, unit: kW}]}
`

// inZones is the small complex over three zones in a row and one beside them, the
// supplier at one end, with lines that are full at times.
var inZones = strings.NewReplacer(
	"PRICING", "split",
	"zones: [z1]", `zones: [z1, z2, z3, z4]
lines:
  - {from: z1, to: z2, capacity_wh: 120000, fee: "0.27"}
  - {from: z3, to: z2, capacity_wh: 60000, fee: "0.13"}
  - {from: z2, to: z4, capacity_wh: null, fee: "0"}`,
	"foundry, zone: z1", "foundry, zone: z2",
	"factory, zone: z1, role: plant, tariff: base", "factory, zone: z3, role: plant, tariff: base",
	"poor, zone: z1", "poor, zone: z3",
	"idle, zone: z1", "idle, zone: z3",
	"wind, zone: z1", "wind, zone: z3",
	"odd, zone: z1", "odd, zone: z4",
	"import_capacity_wh: 60000", "import_capacity_wh: 150000",
).Replace(small)

// complexes are the runs to audit, by name.
var complexes = map[string]string{
	"split":   strings.Replace(small, "PRICING", "split", 1),
	"uniform": strings.Replace(small, "PRICING", "uniform", 1),
	"zones":   inZones,
}

// output runs a complex once, and returns its folder.
func output(t testing.TB, name string) string {
	t.Helper()
	runs.Lock()
	defer runs.Unlock()
	if dir, ok := runs.dirs[name]; ok {
		return dir
	}
	dir, err := os.MkdirTemp("", "torg-audit-")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "in", "gaps.csv"), series(func(i int) string {
		if i >= 30 && i < 33 {
			return "" // silent for an hour and a half
		}
		return "40"
	}))
	write(t, filepath.Join(dir, "in", "odd.csv"), series(func(i int) string {
		return [2]string{"0", "90"}[(i/2*7919+i/2*i/2*31)%10/4%2] // on and off by the hour, as if by chance
	}))
	sc, err := scenario.Parse(filepath.Join(dir, "in", "small.yaml"), []byte(complexes[name]))
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	c, err := report.NewCollector(out, sc, world.Genesis(sc, sim.ChainID, nil), report.Options{Unsigned: true, Forecaster: "naive"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sim.Run(context.Background(), sim.Config{Scenario: sc, Unsigned: true, Watch: c.Watch, Recorder: c}); err != nil {
		t.Fatal(err)
	}
	if err := c.Finish(); err != nil {
		t.Fatal(err)
	}
	runs.dirs[name] = out
	return out
}

var runs = struct {
	sync.Mutex
	dirs map[string]string
}{dirs: map[string]string{}}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, dir := range runs.dirs {
		removeRun(dir)
	}
	os.Exit(code)
}

func removeRun(out string) { os.RemoveAll(filepath.Dir(out)) }

func readBytes(t testing.TB, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// series is a meter's two days.
func series(value func(i int) string) []byte {
	b := []byte("time,value\n")
	start := time.Date(2026, 4, 30, 0, 0, 0, 0, time.UTC)
	for i := range 96 {
		b = fmt.Appendf(b, "%s,%s\n", start.Add(time.Duration(i)*30*time.Minute).Format(time.RFC3339), value(i))
	}
	return b
}

func write(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestWhatASimulationWritesHolds(t *testing.T) {
	for name := range complexes {
		dir := output(t, name)
		r, err := audit.Dir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if !r.OK() {
			t.Errorf("%s:\n%s", name, r)
		}
		for _, c := range r.Checks {
			if c.Done == 0 {
				t.Errorf("%s: nothing is checked under %q", name, c.Name)
			}
		}
	}
}

// TestTheSmallComplexHasItAll keeps the damages below from missing their aim.
func TestTheSmallComplexHasItAll(t *testing.T) {
	type row struct{ file, column, value string }
	always := []row{
		{"unmatched.csv", "reason", "funds"}, {"unmatched.csv", "reason", "connection_capacity"},
		{"orders.csv", "discovery", "2"}, {"contracts.csv", "round", "1"}, {"contracts.csv", "round", "2"}, {"contracts.csv", "round", "3"},
		{"readings.csv", "quality", "estimated"}, {"settlement.csv", "kind", "no_worse"}, {"settlement.csv", "kind", "residual"},
		{"settlement.csv", "kind", "network"}, {"settlement.csv", "kind", "invoice"},
	}
	for name, list := range map[string][]row{"split": always, "zones": append(always, row{"unmatched.csv", "reason", "line_capacity"},
		row{"unmatched.csv", "reason", "no_counterparty"}, row{"prices.csv", "discovery", "2"}, row{"flows.csv", "from", "z3"}, row{"flows.csv", "to", "z3"}, row{"flows.csv", "to", "z4"})} {
		for _, want := range list {
			if rowWhere(t, read(t, output(t, name), want.file), want.column, want.value) < 0 {
				t.Errorf("%s: %s has no row with %s %q", name, want.file, want.column, want.value)
			}
		}
	}
}

func read(t testing.TB, dir, name string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func columnOf(t testing.TB, rows [][]string, name string) int {
	t.Helper()
	for i, c := range rows[0] {
		if c == name {
			return i
		}
	}
	t.Fatalf("no column %q in %v", name, rows[0])
	return 0
}

// rowWhere returns the first row with a value; -1: none.
func rowWhere(t testing.TB, rows [][]string, column, value string) int {
	t.Helper()
	at := columnOf(t, rows, column)
	for i, r := range rows[1:] {
		if r[at] == value {
			return i + 1
		}
	}
	return -1
}
