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
		estimated := rowWhere(t, read(t, dir, "readings.csv"), "quality", "estimated") > 0
		if estimated != (name == "real-gaps.yaml") {
			t.Errorf("%s: estimated readings: %t", name, estimated)
		}
	}
}

// TestSameScenarioSameBytes compares two runs file by file.
func TestSameScenarioSameBytes(t *testing.T) {
	first := output(t, torg.Split)
	runs.Lock()
	delete(runs.dirs, torg.Split)
	runs.Unlock()
	second := output(t, torg.Split)
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
