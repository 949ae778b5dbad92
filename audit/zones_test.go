package audit

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"torg/scenario"
)

// chain is three zones in a row with the supplier at one end. The line to c is full.
const chain = `interval: 1h
zones: [a, b, c]
lines:
  - {from: a, to: b, capacity_wh: 100000, fee: "0.2"}
  - {from: c, to: b, capacity_wh: 40000, fee: "0.3"}
supplier: {participant: supplier, zone: a, sell_price: "7.2", buy_price: "1.1"}
start: 2026-01-12T00:00:00Z
days: 1
participants: [{id: wind}, {id: chp}, {id: mill}, {id: plant}, {id: pump}, {id: thrift}]
sites:
  - {id: wind-1, participant: wind, zone: a, role: renewable, capacity_kw: 900, meters: [{flow: generation, model: {kind: wind, rated_kw: 700}}]}
  - {id: mill-1, participant: mill, zone: b, role: plant, capacity_kw: 900, meters: [{flow: load, model: {kind: plant, base_kw: 80, machines: 12, machine_kw: 42}}]}
  - {id: thrift-1, participant: thrift, zone: b, role: plant, capacity_kw: 900, meters: [{flow: load, model: {kind: plant, base_kw: 80, machines: 12, machine_kw: 42}}]}
  - {id: chp-1, participant: chp, zone: c, role: stable, capacity_kw: 900, meters: [{flow: generation, model: {kind: chp, capacity_kw: 900}}]}
  - {id: plant-1, participant: plant, zone: c, role: plant, capacity_kw: 900, meters: [{flow: load, model: {kind: plant, base_kw: 80, machines: 12, machine_kw: 42}}]}
  - {id: pump-1, participant: pump, zone: c, role: plant, capacity_kw: 900, meters: [{flow: load, model: {kind: plant, base_kw: 80, machines: 12, machine_kw: 42}}]}
`

// The session by hand. Wind is worth 8.50 to the plant and 6.30 to the mill, both less
// fees, and the supplier asks 7.20: the line to c is filled, and the mill gets the
// rest. So b's price is the mill's limit, a's is that less the fee, and c's is the
// plant's limit. The plant's pairs give half of the seller's gain to it.
var congested = map[string]string{
	"orders.csv": `session,discovery,order,participant,side,zone,energy_wh,price,source,prefer,avoid,site,cut_wh
20260112T030000Z,1,c,chp,sell,c,20000,5,,,,chp-1,0
20260112T030000Z,1,m,mill,buy,b,80000,6.5,,,,mill-1,0
20260112T030000Z,1,p,plant,buy,c,70000,9,,,,plant-1,0
20260112T030000Z,1,t,thrift,buy,b,5000,3,,,,thrift-1,0
20260112T030000Z,1,u,pump,buy,c,5000,8,,,,pump-1,0
20260112T030000Z,1,w,wind,sell,a,60000,2,wind,,,wind-1,0
`,
	"contracts.csv": `session,discovery,contract,round,buyer_order,seller_order,buyer,seller,energy_wh,buyer_price,seller_price,buyer_site,seller_site
20260112T030000Z,1,20260112T030000Z-1-00001,1,p,w,plant,wind,40000,6.85,4.15,plant-1,wind-1
20260112T030000Z,1,20260112T030000Z-1-00002,2,m,w,mill,wind,20000,4.35,4.15,mill-1,wind-1
20260112T030000Z,1,20260112T030000Z-1-00003,2,p,c,plant,chp,20000,7,7,plant-1,chp-1
`,
	"unmatched.csv": `session,discovery,order,energy_wh,reason
20260112T030000Z,1,m,60000,rationed
20260112T030000Z,1,p,10000,rationed
20260112T030000Z,1,t,5000,price
20260112T030000Z,1,u,5000,line_capacity
`,
	"prices.csv": `session,discovery,zone,price
20260112T030000Z,1,a,6.3
20260112T030000Z,1,b,6.5
20260112T030000Z,1,c,9
`,
	"flows.csv": `session,discovery,from,to,energy_wh
20260112T030000Z,1,a,b,60000
20260112T030000Z,1,b,c,40000
`,
}

// held audits the trading of tables by themselves.
func held(t testing.TB, sc *scenario.Scenario, tables map[string]string) *audit {
	t.Helper()
	dir := t.TempDir()
	for name, text := range tables {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	a := &audit{run: newRun(sc)}
	for _, read := range []func(string) error{a.readOrders, a.readContracts, a.readUnmatched, a.readPrices, a.readFlows} {
		if err := read(dir); err != nil {
			t.Fatal(err)
		}
	}
	a.link()
	a.trading()
	return a
}

// broken names the checks that fail, each with its first failure.
func broken(a *audit) (list []string) {
	for _, c := range a.list() {
		if c.Failed > 0 {
			list = append(list, c.Name+": "+c.Failures[0])
		}
	}
	return list
}

func chainOf(t testing.TB, with ...string) *scenario.Scenario {
	t.Helper()
	sc, err := scenario.Parse("chain.yaml", []byte(strings.NewReplacer(with...).Replace(chain)))
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

func TestCongestedSessionByHand(t *testing.T) {
	a := held(t, chainOf(t), congested)
	if bad := broken(a); bad != nil {
		t.Errorf("%q", bad)
	}
	for _, c := range []*Check{&a.energy, &a.connection, &a.price, &a.optimum, &a.rent, &a.follow, &a.leftovers} {
		if c.Done == 0 {
			t.Errorf("%s: nothing is checked", c.Name)
		}
	}
}

// TestDamagedZones damages the session in one place or in several that agree with
// each other, and names the rule that breaks.
func TestDamagedZones(t *testing.T) {
	for _, c := range []struct {
		name   string
		change []string // file, old, new
		want   string
	}{
		{"more over a line", []string{"flows.csv", "b,c,40000", "b,c,40001"}, "limits of connection and lines"},
		{"a flow that contracts do not need", []string{"flows.csv", "a,b,60000", "a,b,60001"}, "in every zone"},
		{"a flow the other way", []string{"flows.csv", "b,c,40000", "c,b,40000"}, "in every zone"},
		{"a flow twice", []string{"flows.csv", "1,b,c,40000\n", "1,b,c,20000\n20260112T030000Z,1,b,c,20000\n"}, "limits of connection and lines"},
		{"a flow forgotten", []string{"flows.csv", "20260112T030000Z,1,b,c,40000\n", ""}, "in every zone"},
		{"a line that is not there", []string{"flows.csv", "b,c,40000", "a,c,40000"}, "rows name the scenario's"},
		{"one zone's price", []string{"prices.csv", "a,6.3", "a,6.29999"}, "midpoint"},
		{"a congested zone at the others' price", []string{"prices.csv", "c,9", "c,6.8"}, "midpoint"},
		{"a price forgotten", []string{"prices.csv", "20260112T030000Z,1,a,6.3\n", ""}, "midpoint"},
		{"a price twice", []string{"prices.csv", "1,a,6.3\n", "1,a,6.3\n20260112T030000Z,1,a,6.3\n"}, "midpoint"},
		{"an unknown zone", []string{"prices.csv", "1,a,6.3", "1,d,6.3"}, "rows name the scenario's"},
		{"a buyer who pays for congestion twice", []string{"contracts.csv", "6.85,4.15", "6.86,4.15"}, "network|split"},
		{"a seller who gets the rent", []string{"contracts.csv", "6.85,4.15", "6.85,6.35"}, "split"},
		{"a partner that no flow reaches", []string{"contracts.csv", "2,m,w,mill,wind,20000,4.35,4.15,mill-1,wind-1", "2,m,c,mill,chp,20000,4.35,4.15,mill-1,chp-1",
			"contracts.csv", "2,p,c,plant,chp,20000,7,7,plant-1,chp-1", "2,p,w,plant,wind,20000,7,7,plant-1,wind-1"}, "own buyers first"},
		{"the largest pair in round 2", []string{"contracts.csv", "00001,1,p,w", "00001,2,p,w"}, "one to one"},
		{"no line is full", []string{"unmatched.csv", "line_capacity", "price"}, "has a reason"},
		{"a line is full that is not", []string{"unmatched.csv", "t,5000,price", "t,5000,line_capacity"}, "has a reason"},
		{"a connection is full that is not", []string{"unmatched.csv", "line_capacity", "connection_capacity"}, "has a reason"},
		{"an avoid that is broken by name", []string{"orders.csv", "6.5,,,,", "6.5,,,wind,"}, "whom it avoids"},
		{"an avoid that is broken by source", []string{"orders.csv", "9,,,,", "9,,,gas wind,"}, "whom it avoids"},
		// the mill and the plant change places: balances hold, welfare does not
		{"a worse outcome", []string{"flows.csv", "b,c,40000", "b,c,30000", "contracts.csv", "plant,wind,40000", "plant,wind,30000", "contracts.csv", "mill,wind,20000", "mill,wind,30000",
			"unmatched.csv", "m,60000", "m,50000", "unmatched.csv", "p,10000", "p,20000"}, "midpoint"},
	} {
		tables := map[string]string{}
		for name, text := range congested {
			tables[name] = text
		}
		for i := 0; i < len(c.change); i += 3 {
			file, old, text := c.change[i], c.change[i+1], tables[c.change[i]]
			if strings.Count(text, old) != 1 {
				t.Fatalf("%s: %q is %d times in %s", c.name, old, strings.Count(text, old), file)
			}
			tables[file] = strings.Replace(text, old, c.change[i+2], 1)
		}
		bad := broken(held(t, chainOf(t), tables))
		for _, want := range strings.Split(c.want, "|") {
			if !slices.ContainsFunc(bad, func(b string) bool { return strings.Contains(b, want) }) {
				t.Errorf("%s: found %q, want %q", c.name, bad, want)
			}
		}
	}
}

// TestDamagedGrid changes the complex that the session is held against.
func TestDamagedGrid(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"capacity_wh: 40000", "capacity_wh: 39999", "limits of connection and lines"},
		{"capacity_wh: 40000", "capacity_wh: 40001", "midpoint"}, // the plant would get another watt-hour
		{"capacity_wh: 40000", "capacity_wh: null", "midpoint"},
		{"capacity_wh: 100000", "capacity_wh: 0", "limits of connection and lines"},
		{`fee: "0.2"`, `fee: "0.21"`, "midpoint"},
		{`fee: "0.3"`, `fee: "2.6"`, "midpoint"}, // dearer than what congestion parts
		{`fee: "0.3"`, `fee: "1.6"`, "has a reason"},
		{`sell_price: "7.2"`, `sell_price: "6.2"`, "midpoint"}, // the supplier would serve the mill
		{`zone: a, sell`, `zone: c, sell`, "midpoint"},         // the supplier would serve the plant
	} {
		if bad := broken(held(t, chainOf(t, c.old, c.new), congested)); !slices.ContainsFunc(bad, func(b string) bool { return strings.Contains(b, c.want) }) {
			t.Errorf("%s in place of %s: found %q, want %q", c.new, c.old, bad, c.want)
		}
	}
}

// TestEveryCellOfTheSessionIsHeld changes the cells one at a time, drops rows and
// doubles them.
func TestEveryCellOfTheSessionIsHeld(t *testing.T) {
	for file, text := range congested {
		lines := strings.Split(strings.TrimSpace(text), "\n")
		columns := strings.Split(lines[0], ",")
		try := func(what string, changed ...string) {
			tables := maps.Clone(congested)
			tables[file] = strings.Join(changed, "\n") + "\n"
			if broken(held(t, chainOf(t), tables)) == nil {
				t.Errorf("%s: nobody notices %s", file, what)
			}
		}
		for i := 1; i < len(lines); i++ {
			cells := strings.Split(lines[i], ",")
			for c, column := range columns {
				changed := changedCell(column, cells[c], cells)
				if changed == cells[c] {
					continue
				}
				row := slices.Clone(cells)
				row[c] = changed
				try(strings.Join(row, ","), slices.Replace(slices.Clone(lines), i, i+1, strings.Join(row, ","))...)
			}
			try("a missing row "+lines[i], slices.Delete(slices.Clone(lines), i, i+1)...)
			try("a second row "+lines[i], slices.Insert(slices.Clone(lines), i, lines[i])...)
		}
	}
}

// changedCell is another legal cell; the same where anything may stand.
func changedCell(column, cell string, row []string) string {
	swap := map[string]string{"a": "b", "b": "c", "c": "a", "buy": "sell", "sell": "buy", "wind": "chp", "chp": "mill", "plant": "pump", "mill": "thrift",
		"thrift": "mill", "pump": "plant", "w": "c", "m": "t", "p": "u", "t": "m", "u": "p", "price": "rationed", "rationed": "line_capacity", "line_capacity": "price",
		"wind-1": "chp-1", "chp-1": "wind-1", "mill-1": "thrift-1", "thrift-1": "mill-1", "plant-1": "pump-1", "pump-1": "plant-1"}
	switch {
	case column == "source" || column == "prefer" || column == "avoid":
		return cell
	case column == "price" && strings.Contains("tuw", row[2]):
		return cell // none of them is at the margin: another limit would do as well
	case column == "session":
		return "20260112T040000Z"
	case column == "discovery":
		return "2"
	case column == "round":
		return map[string]string{"1": "2", "2": "1"}[cell]
	case strings.HasSuffix(column, "price"):
		return cell + map[bool]string{true: "001", false: ".001"}[strings.Contains(cell, ".")]
	case strings.HasSuffix(column, "_wh"):
		return "1" + cell
	case column == "contract":
		return cell + "0"
	case (column == "order" || strings.HasSuffix(column, "_order")) && cell == "c":
		return "w"
	}
	return swap[cell]
}
