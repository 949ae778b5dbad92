package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// million is how many orders the big files have.
const million = 1_000_000

// threeZones is the scenario with a congested line.
const threeZones = "examples/three-zones.yaml"

// clearing clears the shared cases, two files of a million orders, and a week of
// three zones.
func clearing(ctx context.Context, r *rig) error {
	if err := r.build(ctx); err != nil {
		return err
	}
	if err := sharedCases(ctx, r); err != nil {
		return err
	}
	for _, zones := range []int{1, 64} {
		if err := bigFile(ctx, r, zones); err != nil {
			return err
		}
	}
	return congestion(r)
}

// sharedCases has the checker judge every shared case.
func sharedCases(ctx context.Context, r *rig) error {
	shared := filepath.Join(r.root, "..", "shared")
	cases, err := filepath.Glob(filepath.Join(shared, "cases", "clear", "*", "orders.csv"))
	if err != nil {
		return err
	}
	if len(cases) == 0 {
		r.note("left out: the cases, in ../shared/cases/clear, are not here")
		return nil
	}
	for _, orders := range cases {
		dir := filepath.Dir(orders)
		out := filepath.Join(r.tmp, "case-"+filepath.Base(dir))
		args := []string{"clear", "--complex", filepath.Join(dir, "complex.json"), "--orders", orders, "--out", out, "--verify"}
		if text, err := exec.CommandContext(ctx, r.torg, args...).CombinedOutput(); err != nil {
			return fmt.Errorf("torg clear %s: %w: %s", filepath.Base(dir), err, text)
		}
		text, err := exec.CommandContext(ctx, "python3", filepath.Join(shared, "tools", "check_clear.py"), dir, out).CombinedOutput()
		r.check(err == nil, "checker: %s", bytes.TrimSpace(text))
	}
	return nil
}

// bigFile clears a million orders, by turns with sort on the same file.
func bigFile(ctx context.Context, r *rig, zones int) error {
	complexFile, orders := filepath.Join(r.tmp, fmt.Sprintf("complex-%d.yaml", zones)), filepath.Join(r.tmp, fmt.Sprintf("orders-%d.csv", zones))
	if err := errors.Join(writeComplex(complexFile, zones, r.seed), writeOrders(orders, zones, r.seed)); err != nil {
		return err
	}
	var clears, sorts []float64
	for turn := range 5 {
		out := filepath.Join(r.tmp, fmt.Sprintf("big-%d-%d", zones, turn))
		took, err := timed(exec.CommandContext(ctx, r.torg, "clear", "--complex", complexFile, "--orders", orders, "--out", out))
		if err != nil {
			return err
		}
		clears = append(clears, took)
		sort := exec.CommandContext(ctx, "sort", "-t,", "-k6,6n", "--parallel=1", "-o", filepath.Join(r.tmp, "sorted"), orders)
		sort.Env = append(os.Environ(), "LC_ALL=C")
		if took, err = timed(sort); err != nil {
			return err
		}
		sorts = append(sorts, took)
	}
	slices.Sort(clears)
	slices.Sort(sorts)
	ours, theirs := clears[len(clears)/2], sorts[len(sorts)/2]
	r.check(ours <= 3*theirs, "torg clear of %d orders in %d zones: %.2f s, %.2f times what sort takes (%.2f s); medians of 5 by turns", million, zones, ours, ours/theirs, theirs)
	return nil
}

// timed runs a command to its end and returns how many seconds it took.
func timed(cmd *exec.Cmd) (float64, error) {
	began := time.Now()
	text, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, text)
	}
	return time.Since(began).Seconds(), nil
}

// writeComplex writes a tree of zones whose lines carry about a tenth of a zone's
// trade.
func writeComplex(path string, zones int, seed uint64) error {
	rng := rand.New(rand.NewPCG(seed, uint64(zones)))
	var b strings.Builder
	b.WriteString("zones: [z0")
	for z := 1; z < zones; z++ {
		fmt.Fprintf(&b, ", z%d", z)
	}
	b.WriteString("]\nlines:\n")
	for z := 1; z < zones; z++ {
		fmt.Fprintf(&b, "  - {from: z%d, to: z%d, capacity_wh: %d, fee: \"0.%02d\"}\n", rng.IntN(z), z, rng.IntN(300*million/zones), 5+rng.IntN(40))
	}
	if zones == 1 {
		b.Reset()
		b.WriteString("zones: [z0]\nlines: []\n")
	}
	b.WriteString("supplier: {participant: supplier, zone: z0, sell_price: \"7.2\", buy_price: \"1.1\", export_capacity_wh: 1000000}\n")
	return os.WriteFile(path, []byte(b.String()), 0o600)
}

// writeOrders writes a million orders of as many participants, in no order.
func writeOrders(path string, zones int, seed uint64) error {
	rng := rand.New(rand.NewPCG(seed, uint64(zones)))
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "order,participant,side,zone,energy_wh,price")
	for _, n := range rng.Perm(million) {
		side := [2]string{"buy", "sell"}[rng.IntN(2)]
		fmt.Fprintf(w, "o%d,p%d,%s,z%d,%d,%d.%05d\n", n, n, side, rng.IntN(zones), 1+rng.IntN(3000), 1+rng.IntN(8), rng.IntN(100_000))
	}
	return errors.Join(w.Flush(), f.Close())
}

// congestion trades three zones for a week: the auditor agrees, and in some session
// the zones' prices differ by more than the fees.
func congestion(r *rig) error {
	out := filepath.Join(r.tmp, "zones")
	for _, args := range [][]string{{"sim", "--scenario", threeZones, "--out", out, "--unsigned"}, {"audit", out}} {
		if err := command(r, args); err != nil {
			return err
		}
	}
	f, err := os.Open(filepath.Join(out, "prices.csv"))
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return err
	}
	prices := map[string]map[string]bool{} // of the first discovery, by session
	for _, row := range rows[1:] {
		if row[1] == "1" {
			if prices[row[0]] == nil {
				prices[row[0]] = map[string]bool{}
			}
			prices[row[0]][row[3]] = true
		}
	}
	several := 0
	for _, p := range prices {
		if len(p) > 1 {
			several++
		}
	}
	r.check(several > 0, "three zones: prices differ between zones in %d of %d sessions", several, len(prices))
	page, err := os.ReadFile(filepath.Join(out, "report.html"))
	if err != nil {
		return err
	}
	r.check(bytes.Contains(page, []byte("substation")) && bytes.Contains(page, []byte("coast")), "the report names the zones")
	return nil
}
