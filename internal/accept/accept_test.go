package main

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMemoryNoticesWhatKillsCanDo(t *testing.T) {
	a := contract{ID: "s-1-1", Session: "s", Discovery: 1, Round: 1, BuyerOrder: "b1", SellerOrder: "s1", EnergyWh: 100, State: "active"}
	b := contract{ID: "s-1-2", Session: "s", Discovery: 1, Round: 3, BuyerOrder: "b2", EnergyWh: 50, State: "active"}
	c := contract{ID: "s-1-3", Session: "s", Discovery: 1, Round: 3, BuyerOrder: "b3", EnergyWh: 70}
	settled, smaller, twin := a, a, a
	settled.State = "settled"
	smaller.EnergyWh = 99
	twin.ID = "s-1-9"
	for _, test := range []struct {
		name string
		then []contract
		want string // part of the only complaint; empty: none
	}{
		{"the same", []contract{b, a}, ""},
		{"settled and one more", []contract{c, b, settled}, ""},
		{"lost", []contract{b}, "s-1-1 is lost"},
		{"changed", []contract{smaller, b}, "s-1-1 has changed"},
		{"listed twice", []contract{a, b, b}, "s-1-2 is listed twice"},
		{"doubled under another id", []contract{a, b, twin}, "join the same two orders"},
	} {
		m := memory{}
		if wrong := m.compare([]contract{a, b}); len(wrong) > 0 {
			t.Fatalf("at first: %v", wrong)
		}
		wrong := m.compare(test.then)
		if test.want == "" && len(wrong) > 0 || test.want != "" && (len(wrong) != 1 || !strings.Contains(wrong[0], test.want)) {
			t.Errorf("%s: %q, want %q", test.name, wrong, test.want)
		}
	}
}

const exposition = `# HELP torg_gate_to_active_seconds x
# TYPE torg_gate_to_active_seconds histogram
torg_gate_to_active_seconds_bucket{discovery="1",le="0.5"} 0
torg_gate_to_active_seconds_bucket{discovery="1",le="1"} 50
torg_gate_to_active_seconds_bucket{discovery="1",le="2"} 99
torg_gate_to_active_seconds_bucket{discovery="1",le="+Inf"} 100
torg_gate_to_active_seconds_bucket{discovery="2",le="0.5"} 0
torg_gate_to_active_seconds_bucket{discovery="2",le="+Inf"} 0
torg_sessions_missed_total 3
`

func TestMetrics(t *testing.T) {
	all, err := samples(exposition)
	if err != nil {
		t.Fatal(err)
	}
	for q, want := range map[float64]float64{0.25: 0.75, 0.5: 1, 0.99: 2, 0.995: 2} {
		if got := quantile(all, "torg_gate_to_active_seconds", "discovery", "1", q); math.Abs(got-want) > 1e-9 {
			t.Errorf("quantile %g is %g, want %g", q, got, want)
		}
	}
	if got := quantile(all, "torg_gate_to_active_seconds", "discovery", "2", 0.5); !math.IsNaN(got) {
		t.Errorf("without observations: %g", got)
	}
	if got, ok := value(all, "torg_sessions_missed_total"); !ok || got != 3 {
		t.Errorf("counter: %g, %t", got, ok)
	}
	if _, ok := value(all, "torg_nothing"); ok {
		t.Error("a metric that is not there was found")
	}
	if _, err := samples("torg_x{a=\"1\"} many\n"); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("a word for a value: %v", err)
	}
}

func TestGaps(t *testing.T) {
	at := func(n int) time.Time { return time.Unix(0, 0).Add(time.Duration(n) * slot) }
	missed, holes := gaps([]session{{SlotStart: at(7), State: "active"}, {SlotStart: at(4), State: "missed"}, {SlotStart: at(3), State: "settled"}})
	if missed != 1 || holes != 2 {
		t.Errorf("%d missed, %d holes; want 1 and 2", missed, holes)
	}
}

func TestChecksumsAndChanges(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a": "1", "sub/b": "2"} {
		if err := write(dir, name, text); err != nil {
			t.Fatal(err)
		}
	}
	before, err := checksums(dir)
	if err != nil || len(before) != 2 {
		t.Fatalf("%v, %v", before, err)
	}
	if err := write(dir, "sub/b", "3"); err != nil {
		t.Fatal(err)
	}
	if err := write(dir, "c", ""); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	after, err := checksums(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := changed(before, after); !slices.Equal(got, []string{"a", "c", "sub/b"}) {
		t.Errorf("changed: %v", got)
	}
	if none, err := checksums(filepath.Join(dir, "none")); err != nil || len(none) != 0 {
		t.Errorf("no folder: %v, %v", none, err)
	}
}

func TestLosers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "summary.json")
	const text = `{"participants": [{"participant": "a", "saving": "0"}, {"participant": "b", "saving": "-0.5"}, {"participant": "c", "saving": "12"}]}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	worse, of, err := losers(path, "saving")
	if err != nil || of != 3 || !slices.Equal(worse, []string{"b: -0.5 RUB"}) {
		t.Errorf("%v of %d, %v", worse, of, err)
	}
	if _, _, err := losers(path, "saved"); err == nil {
		t.Error("a key that is not there passed")
	}
}

func TestProcess(t *testing.T) {
	p, err := start(t.TempDir(), []string{"WHO=torg"}, "sh", "-c", `echo "$WHO complains" >&2; echo "The site: http://127.0.0.1:1   (Ctrl-C stops)"; exec sleep 100`)
	if err != nil {
		t.Fatal(err)
	}
	defer p.kill()
	url, err := p.site(t.Context(), time.Minute)
	if err != nil || url != "http://127.0.0.1:1" {
		t.Fatalf("%q, %v", url, err)
	}
	p.kill()
	if _, err := p.status(time.Minute); err == nil {
		t.Error("a killed process has an exit status")
	}
	if p.running() || !slices.Equal(p.complaint(), []string{"torg complains"}) {
		t.Errorf("running %t, complaint %q", p.running(), p.complaint())
	}
	quick, err := start(t.TempDir(), nil, "sh", "-c", "echo no >&2; exit 2")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := quick.site(t.Context(), time.Minute); err == nil || !strings.Contains(err.Error(), "no") {
		t.Errorf("it never served: %v", err)
	}
	if status, err := quick.status(time.Minute); status != 2 || err != nil {
		t.Errorf("status %d, %v", status, err)
	}
}

func TestParts(t *testing.T) {
	short, err := choose(nil)
	if err != nil || len(short) != 4 {
		t.Errorf("%d short parts, %v", len(short), err)
	}
	if _, err := choose([]string{"soak", "soup"}); err == nil || !strings.Contains(err.Error(), "soup") {
		t.Errorf("an unknown part: %v", err)
	}
	var out bytes.Buffer
	r := &rig{out: &out}
	r.check(true, "water is wet")
	r.check(false, "pigs fly")
	if r.failed != 1 || !strings.Contains(out.String(), "ok      water") || !strings.Contains(out.String(), "FAILED  pigs") {
		t.Errorf("%d failed: %s", r.failed, out.String())
	}
	if err := run(context.Background(), []string{"soup"}, &out); err == nil {
		t.Error("an unknown part ran")
	}
}

// What grows by a fifth is found, in the state and on disk; what stays is not.
func TestGrowthIsNoticed(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(i int, r *row)
		wrong  int
	}{
		{"flat", func(int, *row) {}, 0},
		{"the very first row is another", func(i int, r *row) {
			if i == 0 {
				r.keys, r.cpu = 1, 1
			}
		}, 0},
		{"a key a row", func(i int, r *row) { r.keys += 40 * i }, 1},
		{"slower and slower", func(i int, r *row) { r.cpu += time.Duration(2*i) * time.Millisecond }, 1},
		{"disk and heap", func(i int, r *row) { r.disk, r.heap = r.disk*int64(i+1), r.heap*int64(i+1) }, 2},
	} {
		var rows []row
		for i := range 9 {
			r := row{cpu: 10 * time.Millisecond, keys: 1000, bytes: 1 << 20, heap: 1 << 24, disk: 5000}
			test.change(i, &r)
			rows = append(rows, r)
		}
		m := &growing{rig: &rig{out: &bytes.Buffer{}}, dir: "somewhere", clock: newGateClock(time.Time{})}
		if m.judge(rows); m.failed != test.wrong {
			t.Errorf("%s: %d claims fail, want %d:\n%s", test.name, m.failed, test.wrong, m.out)
		}
	}
}

// Every defence that is to be taken out still stands where it is looked for.
func TestWeakeningsStandInTheSource(t *testing.T) {
	for _, w := range weakenings {
		if _, err := w.overlay("../..", t.TempDir()); err != nil {
			t.Error(err)
		}
		if w.old == w.new || len(strings.Fields(w.tests)) < 2 {
			t.Errorf("%s: nothing is weakened, or nothing tests it", w.attack)
		}
	}
}
