package audit_test

import (
	"context"
	"path/filepath"
	"testing"

	"torg"
	"torg/audit"
	"torg/internal/require"
	"torg/report"
	"torg/scenario"
	"torg/sim"
	"torg/world"
)

// TestExamplesHold runs the first two days of the examples on real measurements.
func TestExamplesHold(t *testing.T) {
	require.Shared(t)
	for _, name := range []string{"real-week.yaml", "real-gaps.yaml"} {
		sc, err := scenario.Load(filepath.Join(require.Root(t), "examples", name))
		if err != nil {
			t.Fatal(err)
		}
		roles := map[torg.Role]bool{}
		for _, s := range sc.Sites {
			roles[s.Role] = true
		}
		if len(sc.Sites) < 14 || len(roles) != 5 || sc.Days < 7 {
			t.Errorf("%s: %d sites in %d roles for %d days", name, len(sc.Sites), len(roles), sc.Days)
		}
		dir := holds(t, name, sc)
		estimated := rowWhere(t, read(t, dir, "readings.csv"), "quality", "estimated") > 0
		if estimated != (name == "real-gaps.yaml") {
			t.Errorf("%s: estimated readings: %t", name, estimated)
		}
	}
}

// holds runs a scenario's first two days, audits them, and returns the output.
func holds(t *testing.T, name string, sc *scenario.Scenario) string {
	t.Helper()
	short := *sc
	short.Days = 2
	dir := t.TempDir()
	c, err := report.NewCollector(dir, &short, world.Genesis(&short, sim.ChainID, nil), report.Options{Unsigned: true, Forecaster: "naive"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sim.Run(context.Background(), sim.Config{Scenario: &short, Unsigned: true, Watch: c.Watch, Recorder: c}); err != nil {
		t.Fatal(err)
	}
	if err := c.Finish(); err != nil {
		t.Fatal(err)
	}
	r, err := audit.Dir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK() {
		t.Errorf("%s:\n%s", name, r)
	}
	return dir
}

// TestThreeZonesHold runs the first two days of the example of three zones, whose lines
// are full at times: prices of the works and the coast differ by more than any fee.
func TestThreeZonesHold(t *testing.T) {
	sc, err := scenario.Load(filepath.Join(require.Root(t), "examples", "three-zones.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	rows := read(t, holds(t, "three-zones.yaml", sc), "prices.csv")
	apart := 0
	prices := map[string]torg.Price{}
	for _, r := range rows[1:] {
		p, err := torg.ParsePrice(r[3])
		if err != nil {
			t.Fatal(err)
		}
		if prices[r[0]+r[2]] = p; r[2] == "coast" && (p-prices[r[0]+"works"]).RUBkWh() < -0.2 {
			apart++
		}
	}
	if apart == 0 {
		t.Errorf("in %d rows of prices the lines to the coast are never full", len(rows))
	}
}

// TestSameScenarioSameBytes compares two runs file by file.
func TestSameScenarioSameBytes(t *testing.T) {
	first := output(t, "split")
	runs.Lock()
	delete(runs.dirs, "split")
	runs.Unlock()
	second := output(t, "split")
	t.Cleanup(func() { removeRun(first) })
	for _, file := range []string{
		"scenario.yaml", "orders.csv", "contracts.csv", "unmatched.csv", "prices.csv", "flows.csv", "board.csv", "readings.csv",
		"settlement.csv", "forecasts.csv", "intervals.csv", "summary.json", "report.html",
	} {
		if a, b := readBytes(t, first, file), readBytes(t, second, file); string(a) != string(b) || len(a) == 0 {
			t.Errorf("%s is not the same twice (%d and %d bytes)", file, len(a), len(b))
		}
	}
}
