package audit_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"torg"
	"torg/audit"
)

// damaged returns a folder that is the output with one file replaced.
func damaged(t testing.TB, run, file string, content []byte) string {
	t.Helper()
	src, dir := output(t, run), t.TempDir()
	files, err := os.ReadDir(src)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name() == file {
			write(t, filepath.Join(dir, file), content)
		} else if err := os.Symlink(filepath.Join(src, f.Name()), filepath.Join(dir, f.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func table(rows [][]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.WriteAll(rows)
	return b.Bytes()
}

// found says what the audit says of a damaged output: the names of checks that fail,
// or that it cannot be read.
func found(t testing.TB, run, file string, content []byte) []string {
	t.Helper()
	r, err := audit.Dir(damaged(t, run, file, content))
	if err != nil {
		return []string{"unreadable: " + err.Error()}
	}
	var names []string
	for _, c := range r.Checks {
		if c.Failed > 0 {
			names = append(names, c.Name)
		}
	}
	return names
}

// unchecked are columns that nothing else in the output depends on.
var unchecked = map[string]string{
	"orders.csv source": "a word of the seller's", "orders.csv prefer": "a wish", "orders.csv avoid": "only clearing knows what it would have changed",
	"forecasts.csv q10_wh": "scored for people only", "forecasts.csv q90_wh": "scored for people only",
	"forecasts.csv band_low_wh": "shows in an interval with a loss only: a forgery below", "forecasts.csv band_high_wh": "likewise",
	"readings.csv quality": "measured or simulated is the meter's word",
}

// TestEveryCellIsHeld changes cells one at a time, drops rows and doubles them: the
// audit must notice each.
func TestEveryCellIsHeld(t *testing.T) {
	files := []string{"orders.csv", "contracts.csv", "unmatched.csv", "prices.csv", "readings.csv", "forecasts.csv", "settlement.csv", "intervals.csv"}
	for _, file := range files {
		everyCell(t, "split", file)
	}
	for _, file := range append(files, "flows.csv") {
		everyCell(t, "zones", file)
	}
}

func everyCell(t *testing.T, run, file string) {
	rows := read(t, output(t, run), file)
	for _, at := range sample(t, run, file, rows) {
		for c, column := range rows[0] {
			if unchecked[file+" "+column] != "" {
				continue
			}
			changed := slices.Clone(rows)
			changed[at] = slices.Clone(rows[at])
			changed[at][c] = other(column, rows[at][c])
			if len(found(t, run, file, table(changed))) == 0 {
				t.Errorf("%s:%d: nobody notices %s %q in place of %q", file, at+1, column, changed[at][c], rows[at][c])
			}
		}
		if len(found(t, run, file, table(slices.Delete(slices.Clone(rows), at, at+1)))) == 0 {
			t.Errorf("%s:%d: nobody misses the row %v", file, at+1, rows[at])
		}
		if len(found(t, run, file, table(slices.Insert(slices.Clone(rows), at, rows[at])))) == 0 {
			t.Errorf("%s:%d: nobody notices a second row %v", file, at+1, rows[at])
		}
	}
}

// sample picks the rows to damage.
func sample(t testing.TB, run, file string, rows [][]string) []int {
	switch file {
	case "orders.csv": // two that traded: the limit of one that did not may be anything worse
		c := read(t, output(t, run), "contracts.csv")
		return []int{
			rowWhere(t, rows, "order", c[1][columnOf(t, c, "buyer_order")]),
			rowWhere(t, rows, "order", c[1][columnOf(t, c, "seller_order")]),
		}
	case "settlement.csv":
		return []int{1, len(rows) / 2, len(rows) - 1}
	}
	return []int{1, len(rows) / 2}
}

// other returns another cell that is well formed.
func other(column, cell string) string {
	switch column {
	case "session", "first", "last":
		return strings.Replace(cell, "T0", "T1", 1) + strings.Repeat(" ", 1-strings.Count(cell, "T0"))
	case "discovery", "round":
		return map[string]string{"1": "2", "2": "1", "3": "2"}[cell]
	case "side":
		return map[string]string{"buy": "sell", "sell": "buy"}[cell]
	case "reason":
		return map[string]string{"price": "rationed", "rationed": "price", "line_capacity": "price", "funds": "price", "connection_capacity": "price", "no_counterparty": "price"}[cell]
	case "kind":
		return map[string]string{"escrow": "payout", "payout": "escrow", "no_worse": "residual", "residual": "imbalance", "imbalance": "invoice", "deposit": "escrow"}[cell]
	case "zone", "from", "to":
		return map[string]string{"z1": "z2", "z2": "z3", "z3": "z4", "z4": "z1"}[cell]
	case "price", "buyer_price", "seller_price":
		p, _ := torg.ParsePrice(cell)
		return (p + 1).String()
	case "amount", "invoice", "residual":
		c, _ := torg.ParseCost(cell)
		return c.Add(torg.Energy(1).At(1)).String()
	case "band_low_wh", "band_high_wh":
		return "0"
	}
	if n, err := strconv.ParseInt(cell, 10, 64); err == nil {
		return strconv.FormatInt(n+1, 10)
	}
	return cell + "x"
}

// TestForgeries changes several rows so that they agree with each other, and names
// the rule that still breaks.
func TestForgeries(t *testing.T) {
	src := output(t, "split")
	for _, c := range []struct {
		name, file string // of the complex of one zone, unless the name says else
		forge      func(t *testing.T, rows [][]string) [][]string
		want       string
	}{
		{"both rows of a deviation", "settlement.csv", both("kind", "imbalance", "0.5"), "deviations cost"},
		{"both rows of an invoice", "settlement.csv", both("kind", "invoice", "0.5"), "supplier gets its invoice"},
		{"both rows of a residual", "settlement.csv", both("kind", "residual", "0.5"), "residual goes back"},
		{"both rows of a top-up", "settlement.csv", both("kind", "no_worse", "0.5"), "no_worse sums"},
		{"both rows of a payout", "settlement.csv", both("kind", "payout", "0.5"), "escrowed and paid out"},
		{"both rows of an escrow", "settlement.csv", both("kind", "escrow", "0.5"), "escrowed and paid out"},
		{"a posting of nothing to nobody", "settlement.csv", func(t *testing.T, rows [][]string) [][]string {
			r := rows[len(rows)-1]
			return append(rows, []string{r[0], "@bank", "payout", "idle", "-5", ""}, []string{r[0], "idle", "payout", "@bank", "5", ""})
		}, "escrowed and paid out"},
		{"a residual to the wrong one", "settlement.csv", func(t *testing.T, rows [][]string) [][]string {
			i := rowWhere(t, rows, "kind", "residual")
			rows[i][3], rows[i+1][1] = "idle", "idle"
			return rows
		}, "who did not trade pays"},
		{"energy moved from one contract to the next", "contracts.csv", func(t *testing.T, rows [][]string) [][]string {
			i, e := rowWhere(t, rows, "round", "2"), columnOf(t, rows, "energy_wh")
			rows[i][e], rows[i+1][e] = plus(rows[i][e], 7), plus(rows[i+1][e], -7)
			return rows
		}, "shared pro rata"},
		{"a pair twice in round 1", "contracts.csv", set("round", "2", "round", "1"), "round 1 is one to one"},
		{"a contract forgotten", "contracts.csv", drop("round", "1"), "contracts are unique and none is missing"},
		{"a buyer above its limit", "orders.csv", set("side", "buy", "price", "1.2"), "beyond its limit"},
		{"a seller below its limit", "orders.csv", set("side", "sell", "price", "6.9"), "beyond its limit"},
		{"more than was ordered", "orders.csv", set("side", "buy", "energy_wh", "1"), "beyond its energy"},
		{"a revision away from trade", "orders.csv", set("discovery", "2", "energy_wh", "9999999"), "towards trade"},
		{"another price for all", "prices.csv", func(t *testing.T, rows [][]string) [][]string {
			for _, r := range rows[1:] {
				p, _ := torg.ParsePrice(r[3])
				r[3] = (p + 2).String()
			}
			return rows
		}, "equilibrium's midpoint"},
		{"a reason that is not", "unmatched.csv", set("reason", "connection_capacity", "reason", "price"), "has a reason"},
		{"an order left in silence", "unmatched.csv", drop("reason", "funds"), "has a reason"},
		{"a meter that says more", "readings.csv", set("site", "factory-1", "energy_wh", "5000000"), "deviations cost"},
		{"a better estimate", "readings.csv", set("quality", "estimated", "energy_wh", "-1"), "one reading a slot"},
		{"a meter forgotten", "readings.csv", drop("site", "idle-1"), "one reading a slot"},
		{"a wider band", "forecasts.csv", func(t *testing.T, rows [][]string) [][]string {
			site, high := columnOf(t, rows, "site"), columnOf(t, rows, "band_high_wh")
			for _, r := range rows[1:] {
				if r[site] == "odd-1" {
					r[high] = "-1"
				}
			}
			return rows
		}, "no_worse sums"},
		{"a flow without a line", "flows.csv", func(t *testing.T, rows [][]string) [][]string {
			return append(rows, []string{read(t, src, "prices.csv")[1][0], "1", "z1", "z2", "5"})
		}, "scenario's sites"},
		{"zones: fees that lines' owners are owed, given away", "settlement.csv", func(t *testing.T, rows [][]string) [][]string {
			i := slices.IndexFunc(rows, func(r []string) bool { return r[1] == "@network" && r[2] == "network" && r[5] == "" })
			for k, by := range []string{"-0.5", "0.5"} {
				more, _ := torg.ParseCost(by)
				c, _ := torg.ParseCost(rows[i+k][4])
				rows[i+k][4] = c.Add(more).String()
			}
			return rows
		}, "the residual goes back"},
		{"zones: a correction for lines that no reading makes", "settlement.csv", func(t *testing.T, rows [][]string) [][]string {
			session := rows[rowWhere(t, rows, "kind", "imbalance")][0]
			return append(rows, []string{session, "@loss", "correction", "@network", "-5", ""}, []string{session, "@network", "correction", "@loss", "5", ""})
		}, "corrections post"},
		{"zones: a deviation that costs more", "settlement.csv", both("kind", "imbalance", "0.5"), "deviations cost"},
		{"zones: a residual to another", "settlement.csv", both("kind", "residual", "0.5"), "the residual goes back"},
		{"a deal on the board", "board.csv", func(t *testing.T, rows [][]string) [][]string {
			return append(rows, []string{"b1", "factory", "foundry", "1", "5", "4", "4"})
		}, "scenario's sites"},
	} {
		run := "split"
		if strings.HasPrefix(c.name, "zones") {
			run = "zones"
		}
		rows := read(t, output(t, run), c.file)
		names := found(t, run, c.file, table(c.forge(t, rows)))
		if !slices.ContainsFunc(names, func(n string) bool { return strings.Contains(n, c.want) }) {
			t.Errorf("%s: found %q, want the rule %q", c.name, names, c.want)
		}
	}
}

func plus(cell string, n int64) string {
	v, _ := strconv.ParseInt(cell, 10, 64)
	return strconv.FormatInt(v+n, 10)
}

// both makes a posting's two rows larger by an amount.
func both(column, value, by string) func(*testing.T, [][]string) [][]string {
	return func(t *testing.T, rows [][]string) [][]string {
		i, amount := rowWhere(t, rows, column, value), columnOf(t, rows, "amount")
		more, _ := torg.ParseCost(by)
		for k, sign := range []int{-1, 1} {
			c, _ := torg.ParseCost(rows[i+k][amount])
			if sign < 0 {
				c = c.Sub(more)
			} else {
				c = c.Add(more)
			}
			rows[i+k][amount] = c.String()
		}
		return rows
	}
}

func set(column, value, cell, to string) func(*testing.T, [][]string) [][]string {
	return func(t *testing.T, rows [][]string) [][]string {
		rows[rowWhere(t, rows, column, value)][columnOf(t, rows, cell)] = to
		return rows
	}
}

func drop(column, value string) func(*testing.T, [][]string) [][]string {
	return func(t *testing.T, rows [][]string) [][]string {
		i := rowWhere(t, rows, column, value)
		return slices.Delete(rows, i, i+1)
	}
}

// TestScenarioIsHeld changes what the tables are held against.
func TestScenarioIsHeld(t *testing.T) {
	texts := map[string]string{}
	for _, run := range []string{"split", "zones"} {
		texts[run] = string(readBytes(t, output(t, run), "scenario.yaml"))
	}
	for _, c := range []struct{ run, old, new, want string }{
		{"split", `import_capacity_wh: 60000`, `import_capacity_wh: 100`, "limits of connection"},
		{"split", `export_capacity_wh: 20000`, `export_capacity_wh: 100`, "limits of connection"},
		{"split", `sell_price: "7.2"`, `sell_price: "7.1"`, "no price worse than the supplier's"},
		{"split", `pricing: "split"`, `pricing: "uniform"`, "split or uniform"},
		{"split", `no_worse: "month"`, `no_worse: "none"`, "no_worse"},
		{"split", `capacity_kw: 300`, `capacity_kw: 1`, "towards trade"},
		{"split", `role: "heating"`, `role: "hot"`, "unreadable"},
		{"split", `settlement_interval: "1h"`, `settlement_interval: "30m"`, "no_worse"},
		{"split", `zones: ["z1"]`, `zones: ["z2"]`, "unreadable: "},
		{"zones", `capacity_wh: 120000`, `capacity_wh: 100000`, "limits of connection and lines"},
		{"zones", `capacity_wh: 60000`, `capacity_wh: 60001`, "midpoint"},
		{"zones", `fee: "0.27"`, `fee: "0.28"`, "the residual goes back"},
		{"zones", `fee: "0.27"`, `fee: "0.28"`, "deviations cost"},
		{"zones", `fee: "0.13"`, `fee: "0.12"`, "who did not trade pays"},
		{"zones", `fee: "0"`, `fee: "0.00001"`, "passing accounts end empty"},
		{"zones", "supplier\"\n  zone: \"z1\"", "supplier\"\n  zone: \"z2\"", "midpoint"},
	} {
		changed := strings.ReplaceAll(texts[c.run], c.old, c.new)
		if changed == texts[c.run] {
			t.Errorf("%q is not in the scenario %s", c.old, c.run)
			continue
		}
		names := found(t, c.run, "scenario.yaml", []byte(changed))
		if !slices.ContainsFunc(names, func(n string) bool { return strings.Contains(n, c.want) }) {
			t.Errorf("%s: found %q, want %q", c.new, names, c.want)
		}
	}
}

// free are figures of the summary that no table repeats.
var free = []string{
	"name", "name_en", "start", "end", "interval", "seed", "signed", "consensus", "forecaster", "decider", "fallbacks", "refused",
	"forecast_error_cost_is", "missed_second_discovery", "skipped", "mode", "persistence", "within_80_band", "partial",
}

// TestEveryFigureOfTheSummaryIsHeld changes the summary's figures one at a time.
func TestEveryFigureOfTheSummaryIsHeld(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(output(t, "split"), "summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	var whole any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&whole); err != nil {
		t.Fatal(err)
	}
	changes := 0
	var walk func(path string, v any, set func(any))
	walk = func(path string, v any, set func(any)) {
		try := func(with any) {
			set(with)
			b, err := json.Marshal(whole)
			if err != nil {
				t.Fatal(err)
			}
			if changes++; len(found(t, "split", "summary.json", b)) == 0 {
				t.Errorf("nobody notices %s %v in place of %v", path, with, v)
			}
			set(v)
		}
		switch v := v.(type) {
		case map[string]any:
			for k, inner := range v {
				if !slices.Contains(free, k) {
					walk(path+"."+k, inner, func(with any) { v[k] = with })
				}
			}
		case []any:
			for i := range min(len(v), 1) {
				walk(fmt.Sprintf("%s[%d]", path, i), v[i], func(with any) { v[i] = with })
			}
			if len(v) > 0 {
				try(v[:len(v)-1])
			}
		case json.Number:
			f, _ := v.Float64()
			try(f + 1)
		case string:
			if c, err := torg.ParseCost(v); err == nil {
				try(c.Add(torg.Energy(1).At(1)).String())
			} else {
				try(v + "x")
			}
		}
	}
	walk("", whole, func(any) {})
	if changes < 70 {
		t.Errorf("only %d figures are there to change", changes)
	}
}

// TestUnreadableOutputs: what is no table is an error with file, line and column.
func TestUnreadableOutputs(t *testing.T) {
	head := "session,discovery,order,participant,side,zone,energy_wh,price,source,prefer,avoid,site,cut_wh\n"
	good := "20260430T130000Z,1,o,factory,buy,z1,5,7,,,,factory-1,0\n"
	for _, c := range []struct{ file, text, want string }{
		{"orders.csv", "", "orders.csv:1: no header"},
		{"orders.csv", strings.Replace(head, ",site", "", 1), `orders.csv:1: column "site" is missing`},
		{"orders.csv", strings.Replace(head, "order,", "side,", 1), `column "side" is there twice`},
		{"orders.csv", head + strings.Replace(good, ",5,", ",5.5,", 1), `orders.csv:2:7: energy_wh: "5.5" is not a whole number`},
		{"orders.csv", head + strings.Replace(good, ",5,", ",0,", 1), `orders.csv:2:7: energy_wh: 0 Wh is not the energy of an order`},
		{"orders.csv", head + strings.Replace(good, ",5,", ",99999999999999999999,", 1), `orders.csv:2:7: energy_wh`},
		{"orders.csv", head + strings.Replace(good, ",7,", ",seven,", 1), `orders.csv:2:8: price`},
		{"orders.csv", head + strings.Replace(good, "buy", "rent", 1), `orders.csv:2:5: side`},
		{"orders.csv", head + strings.Replace(good, ",1,", ",3,", 1), `orders.csv:2:2: discovery: 3 is none of [1 2]`},
		{"orders.csv", head + strings.Replace(good, "T13", "T25", 1), `orders.csv:2:1: session`},
		{"orders.csv", head + strings.Replace(good, "2026", "2027", 1), `outside the scenario's days`},
		{"orders.csv", head + good + `"`, "orders.csv: "},
		{"orders.csv", head + "a,b\n", "wrong number of fields"},
		{"unmatched.csv", "session,discovery,order,energy_wh,reason\n20260430T130000Z,1,o,5,luck\n", `unmatched.csv:2:5: reason: "luck" is none of`},
		{"settlement.csv", "session,account,kind,counterparty,amount,contract\n20260430T130000Z,a,gift,b,1,\n", `settlement.csv:2:3: kind`},
		{"settlement.csv", "session,account,kind,counterparty,amount,contract\n20260430T130000Z,a,escrow,b,1.123456789,\n", `settlement.csv:2:5: amount`},
		{"readings.csv", "session,participant,site,zone,energy_wh,quality\n20260430T130000Z,factory,factory-1,z1,5,guess\n", `readings.csv:2:6: quality`},
		{"summary.json", "{", "summary.json: "},
		{"summary.json", `{"welfare": 5}`, "summary.json: "},
		{"scenario.yaml", "interval: 7s", "scenario.yaml:1"},
	} {
		_, err := audit.Dir(damaged(t, "split", c.file, []byte(c.text)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %q: error %v, want %q", c.file, c.text, err, c.want)
		}
	}
	for _, file := range []string{"scenario.yaml", "orders.csv", "contracts.csv", "settlement.csv", "summary.json"} {
		dir := damaged(t, "split", file, nil)
		os.Remove(filepath.Join(dir, file))
		if _, err := audit.Dir(dir); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("without %s: %v", file, err)
		}
	}
}
