package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"torg"
	"torg/internal/require"
)

// The independent checker finds nothing wrong with what the command writes: for the
// shared cases, whose optimum a solver found, and for random cases of the same kinds,
// whose optimum is found here by shortest paths.
func TestTheSharedCheckerAgrees(t *testing.T) {
	shared, python := require.Shared(t), require.Python(t)
	cases, err := filepath.Glob(filepath.Join(shared, "cases", "clear", "*"))
	if err != nil || len(cases) < 6 {
		t.Fatal(cases, err)
	}
	rng := rand.New(rand.NewPCG(9, 10))
	for kind := range 240 {
		dir := filepath.Join(t.TempDir(), fmt.Sprintf("random-%d", kind))
		writeCase(t, dir, randomCase(rng, kind))
		cases = append(cases, dir)
	}
	var jobs []string // case and output folders, by turns
	for _, dir := range cases {
		out := t.TempDir()
		status, _, stderr := command(t, "clear", "--complex", filepath.Join(dir, "complex.json"),
			"--orders", filepath.Join(dir, "orders.csv"), "--out", out, "--verify")
		if status != 0 || stderr != "" {
			t.Fatalf("%s: status %d, %s", dir, status, stderr)
		}
		jobs = append(jobs, dir, out)
	}
	runChecker(t, python, filepath.Join(shared, "tools", "check_clear.py"), jobs)
}

// A wrong file does not pass the checker: it is the checker that judges here.
func TestTheSharedCheckerCanFail(t *testing.T) {
	shared, python := require.Shared(t), require.Python(t)
	dir, out := filepath.Join(shared, "cases", "clear", "congested"), t.TempDir()
	if status, _, stderr := command(t, "clear", "--complex", filepath.Join(dir, "complex.json"),
		"--orders", filepath.Join(dir, "orders.csv"), "--out", out); status != 0 {
		t.Fatal(stderr)
	}
	path := filepath.Join(out, "prices.csv")
	prices, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(prices), "z6,", "z6,1", 1)
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil || changed == string(prices) {
		t.Fatal(err, changed)
	}
	if err := exec.Command(python, filepath.Join(shared, "tools", "check_clear.py"), dir, out).Run(); err == nil {
		t.Error("a wrong price passes")
	}
}

// runChecker runs the checker on all jobs in one Python process.
func runChecker(t *testing.T, python, checker string, jobs []string) {
	const driver = `import runpy, sys
bad = 0
for case, out in zip(sys.argv[2::2], sys.argv[3::2]):
    argv, sys.argv = sys.argv, [sys.argv[1], case, out]
    try: runpy.run_path(argv[1])
    except SystemExit as e: bad += bool(e.code)
    sys.argv = argv
sys.exit(bad > 0)`
	text, err := exec.Command(python, append([]string{"-c", driver, checker}, jobs...)...).CombinedOutput()
	if ok := strings.Count(string(text), ": ok, "); err != nil || ok != len(jobs)/2 {
		var bad []string
		for line := range strings.Lines(string(text)) {
			if !strings.Contains(line, ": ok, ") {
				bad = append(bad, line)
			}
		}
		t.Fatalf("%d of %d pass, %v\n%s", ok, len(jobs)/2, err, strings.Join(bad, ""))
	}
}

// session is a case in the test's own words.
type session struct {
	complex torg.Complex
	orders  []torg.Order
}

// randomCase draws a grid of up to six zones, a tree or with meshes, and its orders:
// ties, negative prices, one side only, cut lines, islands, several orders a party,
// huge orders, a supplier or none.
func randomCase(rng *rand.Rand, kind int) session {
	s := session{complex: randomGrid(rng, kind)}
	zones := s.complex.Zones
	for i := range 1 + rng.IntN(60) {
		o := torg.Order{ID: torg.OrderID(fmt.Sprintf("o%d", i)), Side: torg.Side(1 + rng.IntN(2)),
			Zone: zones[rng.IntN(len(zones))], Limit: torg.Price(rng.IntN(950_000)), Energy: torg.Energy(1 + rng.IntN(3000))}
		switch kind % 6 {
		case 1:
			o.Limit = torg.Price(rng.IntN(6)) * 100_000
		case 2:
			o.Limit -= 300_000
		case 3:
			o.Limit = torg.Price(100 + rng.IntN(3))
		}
		switch {
		case kind%10 == 7:
			o.Side = torg.Side(1 + kind/10%2)
		case kind%10 == 9: // sellers on one end of the grid, buyers on the other
			o.Zone = zones[(int(o.Side)-1)*(len(zones)-1)]
		case kind%8 == 5:
			o.Energy = 1 + torg.Energy(rng.Int64N(int64(torg.MaxOrderEnergy)))
		}
		o.Participant = torg.ParticipantID(fmt.Sprintf("%s%d", o.Side, rng.IntN(30)))
		s.orders = append(s.orders, o)
	}
	return s
}

func randomGrid(rng *rand.Rand, kind int) torg.Complex {
	c := torg.Complex{Pricing: torg.Split}
	if kind%5 == 4 {
		c.Pricing = torg.Uniform
	}
	n := 1 + rng.IntN(6)
	for i := range n {
		c.Zones = append(c.Zones, torg.ZoneID(fmt.Sprintf("z%d", i+1)))
	}
	for i := range n {
		for j := range i {
			tree, mesh, island := j == rng.IntN(i), kind%4 == 3 && rng.IntN(3) == 0, kind%7 == 6 && i == n-1
			if !(tree || mesh) || island {
				continue
			}
			l := torg.Line{From: c.Zones[j], To: c.Zones[i], Capacity: torg.Energy(rng.IntN(8000)), Fee: torg.Price(rng.IntN(50)) * 1000}
			switch rng.IntN(8) {
			case 0:
				l.Capacity = torg.Unlimited
			case 1:
				l.Capacity = 0
			case 2:
				l.Fee = 0
			case 3:
				l.From, l.To = l.To, l.From
			}
			c.Lines = append(c.Lines, l)
		}
	}
	if kind%3 != 0 {
		c.Supplier = &torg.Supplier{Participant: "supplier", Zone: c.Zones[rng.IntN(n)], Sell: 720_000, Buy: 110_000, Import: torg.Unlimited}
		if kind%2 == 0 {
			c.Supplier.Import = torg.Energy(rng.IntN(20_000))
		}
		switch kind % 4 {
		case 1, 2:
			c.Supplier.Export = torg.Energy(rng.IntN(20_000))
		case 3:
			c.Supplier.Export = torg.Unlimited
		}
		if kind%8 == 1 {
			c.Supplier.Buy = c.Supplier.Sell
		}
	}
	return c
}

// writeCase writes a case's files as the shared ones are.
func writeCase(t *testing.T, dir string, s session) {
	type object = map[string]any
	limit := func(e torg.Energy) any {
		if e == torg.Unlimited {
			return nil
		}
		return e
	}
	lines := []object{}
	for _, l := range s.complex.Lines {
		lines = append(lines, object{"from": l.From, "to": l.To, "capacity_wh": limit(l.Capacity), "fee": l.Fee})
	}
	c := object{"interval": "30s", "currency": "RUB", "pricing": s.complex.Pricing, "zones": s.complex.Zones, "lines": lines}
	if q := s.complex.Supplier; q != nil {
		export := any(q.Export)
		if q.Export == torg.Unlimited { // the file has no word for it
			export = int64(1e18)
		}
		c["supplier"] = object{"participant": q.Participant, "zone": q.Zone, "sell_price": q.Sell, "buy_price": q.Buy,
			"import_capacity_wh": limit(q.Import), "export_capacity_wh": export}
	}
	orders := "order,participant,side,zone,energy_wh,price\n"
	for _, o := range s.orders {
		orders += fmt.Sprintf("%s,%s,%s,%s,%d,%s\n", o.ID, o.Participant, o.Side, o.Zone, o.Energy, o.Limit)
	}
	grid, err := json.MarshalIndent(c, "", " ")
	best, err2 := json.Marshal(object{"welfare_micro": optimum(s).RUB() * 1e6})
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"complex.json": grid, "optimum.json": best, "orders.csv": []byte(orders)} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
