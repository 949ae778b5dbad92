package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// command runs a command of the program and returns its exit status and what it says.
func command(t testing.TB, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	said := func(stream **os.File) func() string {
		f, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		old := *stream
		*stream = f
		return func() string {
			*stream = old
			b, err := os.ReadFile(f.Name())
			if err := f.Close(); err != nil {
				t.Error(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
	}
	out, errs := said(&os.Stdout), said(&os.Stderr)
	status = run(context.Background(), args)
	return status, out(), errs()
}

const goodComplex = `interval: 30s
currency: RUB
zones: [z1, z2]
lines:
  - {from: z1, to: z2, capacity_wh: 66552, fee: "0.27"}
supplier:
  participant: supplier
  zone: z1
  sell_price: "7.2"
  buy_price: "1.1"
  export_capacity_wh: 640000
`

const goodOrders = `order,participant,side,zone,energy_wh,price
o1,p1,buy,z1,1000,7.5
o2,p2,sell,z1,600,"3,5"
o3,p3,sell,z2,200,4
`

// files puts a complex and orders into a folder.
func files(t testing.TB, dir, complex, orders string) (complexFile, ordersFile string) {
	t.Helper()
	complexFile, ordersFile = filepath.Join(dir, "complex.yaml"), filepath.Join(dir, "orders.csv")
	for name, text := range map[string]string{complexFile: complex, ordersFile: orders} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return complexFile, ordersFile
}

// listing returns the files of a folder; none where it is not there.
func listing(t testing.TB, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(b)
	}
	return all
}

// A good session writes its five files, says so in one line and warns of columns
// that it does not know once.
func TestClear(t *testing.T) {
	dir := t.TempDir()
	orders := strings.NewReplacer("price\n", "price,note,site\n", "7.5\n", "7.5,\"a, b\",1\n", "\"3,5\"\n", "\"3,5\",,\n", "4\n", "4,,\n").Replace(goodOrders)
	c, o := files(t, dir, goodComplex, orders)
	out := filepath.Join(dir, "made", "out")
	status, stdout, stderr := command(t, "clear", "--complex", c, "--orders", o, "--out", out, "--verify")
	if status != 0 || strings.Count(stdout, "\n") != 1 || !strings.HasPrefix(stdout, "3 orders: 3 contracts of 1 kWh, welfare ") || !strings.Contains(stdout, ", verified; ") {
		t.Errorf("status %d, %s%s", status, stdout, stderr)
	}
	if want := fmt.Sprintf("torg: %s: ignored columns: note, site\n", o); stderr != want {
		t.Errorf("warned %q, want %q", stderr, want)
	}
	got := listing(t, out)
	for _, name := range []string{"contracts.csv", "prices.csv", "flows.csv", "unmatched.csv", "summary.json"} {
		if got[name] == "" {
			t.Errorf("no %s", name)
		}
	}
	if len(got) != 5 || got["flows.csv"] != "from,to,energy_wh\nz2,z1,200\n" {
		t.Errorf("%d files, flows %q", len(got), got["flows.csv"])
	}
	again := filepath.Join(dir, "again")
	c, o = files(t, dir, goodComplex, goodOrders)
	if status, stdout, stderr := command(t, "clear", "--complex="+c, "--orders="+o, "--out="+again); status != 0 || stderr != "" || strings.Contains(stdout, "verified") {
		t.Errorf("status %d, %s%s", status, stdout, stderr)
	}
	if !maps.Equal(got, listing(t, again)) {
		t.Errorf("the same orders write other files: %v, %v", got, listing(t, again))
	}
}

// A session without orders has an outcome too.
func TestClearNothing(t *testing.T) {
	dir := t.TempDir()
	c, o := files(t, dir, goodComplex, "order,participant,side,zone,energy_wh,price\n")
	status, stdout, stderr := command(t, "clear", "--complex", c, "--orders", o, "--out", dir, "--verify")
	if status != 0 || stderr != "" || !strings.HasPrefix(stdout, "0 orders: 0 contracts of 0 kWh, welfare 0 RUB, network 0 RUB, verified") {
		t.Errorf("status %d, %s%s", status, stdout, stderr)
	}
	if got := listing(t, dir); got["prices.csv"] != "zone,price\n" || got["contracts.csv"] == "" {
		t.Errorf("%v", got)
	}
}

// Bad files and bad usage: exit status 2, one line, and no folder is touched.
func TestClearRefuses(t *testing.T) {
	const row = "o1,p1,buy,z1,1000,7.5\n"
	for _, b := range []struct{ old, new, want string }{
		// orders.csv: its header
		{goodOrders, "", `orders.csv:1: order: the column is missing: the file has no header row`},
		{goodOrders, "\n\n", `orders.csv:3: order: the column is missing: the file has no header row`},
		{"order,participant", "id,participant", `orders.csv:1: order: the column is missing`},
		{",price\n", ",limit\n", `orders.csv:1: price: the column is missing`},
		{",price\n", ",energy_wh\n", `orders.csv:1: energy_wh: the column is there twice`},
		{",price\n", ",Price\n", `orders.csv:1: price: the column is missing`},
		{"order,participant,side,zone,energy_wh,price", "order;participant;side;zone;energy_wh;price", `orders.csv:1: order: the column is missing; columns are separated by commas, not by ";"`},
		{"order,participant", "\"order,participant", `orders.csv:1: field 1: text after the closing quote`},
		// orders.csv: rows
		{row, "o1,p1,buy,z1,1000\n", `orders.csv:2: price: missing: the row has 5 fields, the header 6`},
		{row, "o1,p1,buy,z1,1000,7,5\n", `orders.csv:2: field 7: one too many: the row has 7 fields, the header 6`},
		{row, "o1;p1;buy;z1;1000;7.5\n", `orders.csv:2: participant: missing`},
		{row, "o1,p1,buy,z1,1000,\"7.5\n", `orders.csv:2: price: `},
		{"\"3,5\"\n", "\"3,5\n", `orders.csv:3: price: a quote is opened and not closed`},
		{"\"3,5\"", "\"3,5\"0", `orders.csv:3: price: text after the closing quote`},
		{"\"3,5\"", "3\"5", `orders.csv:3: price: a quote inside a field`},
		{"o2,p2", "o2\r,p2", `orders.csv:3: order: a carriage return without a line feed`},
		{"o2,p2", "o\xff2,p2", `orders.csv:3: order: "o\xff2" is not UTF-8`},
		{"o2,p2", "o2,\xd0", `orders.csv:3: participant: "\xd0" is not UTF-8`},
		{"o3,p3", ",p3", `orders.csv:4: order: order id "": must have 1 to 128 bytes of UTF-8`},
		{"o3,p3", strings.Repeat("o", 129) + ",p3", `orders.csv:4: order: `},
		{"o3,p3", strings.Repeat("o", 1<<17) + ",p3", `orders.csv:4: order: the row is longer than 65536 bytes`},
		{"o3,p3", "o1,p3", `orders.csv:4: order: "o1" is on line 2 already`},
		{"o3,p3", "\"o1\",p3", `orders.csv:4: order: "o1" is on line 2 already`},
		{"o3,p3", "o3,", `orders.csv:4: participant: `},
		{"o3,p3", "o3,p1", `orders.csv:4: participant: "p1" has orders on both sides`},
		{"o3,p3,sell", "o3,p2,buy", `orders.csv:4: participant: "p2" has orders on both sides`},
		{"o3,p3", "o3,supplier", `orders.csv:4: participant: "supplier" is the supplier, which takes part by itself`},
		{"o2,p2,sell", "o2,p2,SELL", `orders.csv:3: side: "SELL" is neither buy nor sell`},
		{"o2,p2,sell", "o2,p2,", `orders.csv:3: side: "" is neither buy nor sell`},
		{"o2,p2,sell", "o2,p2, sell", `orders.csv:3: side: " sell" is neither buy nor sell`},
		{"sell,z2", "sell,z3", `orders.csv:4: zone: unknown zone "z3"`},
		{"sell,z2", "sell,", `orders.csv:4: zone: `},
		{"sell,z2", "sell,Z2", `orders.csv:4: zone: `},
		{"z1,1000", "z1,0", `orders.csv:2: energy_wh: 0 Wh is outside 1 to 10000000000`},
		{"z1,1000", "z1,-1", `orders.csv:2: energy_wh: -1 Wh is outside 1 to 10000000000`},
		{"z1,1000", "z1,10000000001", `orders.csv:2: energy_wh: 10000000001 Wh is outside 1 to 10000000000`},
		{"z1,1000", "z1,99999999999999999999", `orders.csv:2: energy_wh: 99999999999999999999 Wh is outside 1 to`},
		{"z1,1000", "z1,1000.0", `orders.csv:2: energy_wh: "1000.0" is not a whole number of Wh`},
		{"z1,1000", "z1,1e3", `orders.csv:2: energy_wh: "1e3" is not a whole number of Wh`},
		{"z1,1000", "z1,", `orders.csv:2: energy_wh: "" is not a whole number of Wh`},
		{"z1,1000", "z1, 1000", `orders.csv:2: energy_wh: " 1000" is not a whole number of Wh`},
		{",7.5\n", ",7.123456\n", `orders.csv:2: price: "7.123456": more than 5 decimals`},
		{",7.5\n", ",\"7,1234567\"\n", `orders.csv:2: price: "7,1234567": more than 5 decimals`},
		{",7.5\n", ",\n", `orders.csv:2: price: "": not a decimal number`},
		{",7.5\n", ",1000.00001\n", `orders.csv:2: price: "1000.00001": outside -1000 to 1000 RUB/kWh`},
		{",7.5\n", ",-1000.1\n", `orders.csv:2: price: "-1000.1": outside -1000 to 1000 RUB/kWh`},
		{",7.5\n", ",NaN\n", `orders.csv:2: price: "NaN": not a decimal number`},
		{",7.5\n", ",7.5e0\n", `orders.csv:2: price: "7.5e0": not a decimal number`},
		{",7.5\n", ",7.\n", `orders.csv:2: price: "7.": not a decimal number`},
		{"price\n" + row, "price,prefer\no1,p1,buy,z1,1000,7.5," + strings.Repeat("p", 65) + "\n", `orders.csv:2: prefer: `},
		{"price\n" + row, "price,avoid\no1,p1,buy,z1,1000,7.5," + strings.Repeat("p ", 17) + "\n", `orders.csv:2: avoid: `},
		{"price\n" + row, "price,source\no1,p1,buy,z1,1000,7.5," + strings.Repeat("s", 65) + "\n", `orders.csv:2: source: `},
		// complex.yaml
		{goodComplex, "", `complex.yaml:1:1: the file is empty`},
		{goodComplex, "{", `complex.yaml:2:1: not YAML`},
		{"interval: 30s", "interval: 31s", `complex.yaml:1:11: interval: "31s" is none of`},
		{"currency: RUB", "curency: RUB", `complex.yaml:2:1: unknown key "curency"`},
		{"zones: [z1, z2]", "zones: [z1, z2, z2]", `complex.yaml:3:17: zones: "z2" is there twice`},
		{"zones: [z1, z2]\n", "", `complex.yaml:1:1: zones is missing`},
		{"to: z2", "to: z1", `complex.yaml:5:20: lines.to: the line joins zone "z1" to itself`},
		{"to: z2", "to: z7", `complex.yaml:5:20: lines.to: unknown zone "z7"`},
		{"supplier:", "  - {from: z2, to: z1}\nsupplier:", `complex.yaml:6:20: lines.to: a second line between "z2" and "z1"`},
		{`"0.27"`, `"-0.27"`, `complex.yaml:5:49: lines.fee: -0.27 is negative`},
		{"66552", "-1", `complex.yaml:5:37: lines.capacity_wh: -1 is outside`},
		{"66552", "1.5", `complex.yaml:5:37: lines.capacity_wh: "1.5" is not a whole number`},
		{`sell_price: "7.2"`, `sell_price: "1.0"`, `complex.yaml:9:15: supplier.sell_price: 1 is below buy_price 1.1`},
		{"  zone: z1\n", "", `complex.yaml:7:3: supplier.zone is missing`},
		{"640000", "-640000", `complex.yaml:11:23: supplier.export_capacity_wh: -640000 is outside`},
		{"zones: [z1, z2]", "pricing: fair\nzones: [z1, z2]", `complex.yaml:3:10: pricing: "fair" is none of split uniform`},
		{"zones: [z1, z2]", "participants: []\nzones: [z1, z2]", `complex.yaml:3:1: unknown key "participants"`},
		{"currency: RUB", "currency: \x00", `complex.yaml:2:11: control character`},
	} {
		where := "complex.yaml:"
		complexText, orderText := goodComplex, goodOrders
		if strings.Contains(b.want, "orders.csv:") {
			where = "orders.csv:"
			orderText = strings.Replace(goodOrders, b.old, b.new, 1)
		} else {
			complexText = strings.Replace(goodComplex, b.old, b.new, 1)
		}
		if complexText == goodComplex && orderText == goodOrders {
			t.Fatalf("%q is not in the good files", b.old)
		}
		dir := t.TempDir()
		refuses(t, dir, complexText, orderText, "torg: "+filepath.Join(dir, where)+strings.TrimPrefix(b.want, where))
	}
}

// refuses expects one line and untouched folders: one that is not there, one that
// holds files.
func refuses(t *testing.T, dir, complexText, orderText, want string) {
	t.Helper()
	c, o := files(t, dir, complexText, orderText)
	none, some := filepath.Join(dir, "none"), filepath.Join(dir, "some")
	if err := os.MkdirAll(some, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(some, "prices.csv"), []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{none, some} {
		status, stdout, stderr := command(t, "clear", "--complex", c, "--orders", o, "--out", out)
		if status != 2 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, want) {
			t.Errorf("status %d, %q%q, want %q", status, stdout, stderr, want)
		}
	}
	if _, err := os.Stat(none); !os.IsNotExist(err) {
		t.Errorf("%s: the folder was made", want)
	}
	if got := listing(t, some); len(got) != 1 || got["prices.csv"] != "old" {
		t.Errorf("%s: the folder holds %v", want, got)
	}
}

// Files that are not there, and flags that are missing or wrong.
func TestClearUsage(t *testing.T) {
	dir := t.TempDir()
	c, o := files(t, dir, goodComplex, goodOrders)
	none, out := filepath.Join(dir, "none"), filepath.Join(dir, "out")
	for _, args := range [][]string{
		{}, {"--complex", c}, {"--complex", c, "--orders", o}, {"--orders", o, "--out", out},
		{"--complex", none, "--orders", o, "--out", out}, {"--complex", c, "--orders", none, "--out", out},
		{"--complex", dir, "--orders", o, "--out", out}, {"--complex", c, "--orders", dir, "--out", out},
		{"--complex", c, "--orders", o, "--out", c}, {"--complex", o, "--orders", c, "--out", out},
		{"--complex", c, "--orders", o, "--out", out, "--fast"}, {"--complex", c, "--orders", o, "--out", out, "more"},
		{"--complex", c, "--orders", o, "--out", filepath.Join(c, "out")},
	} {
		if status, stdout, stderr := command(t, append([]string{"clear"}, args...)...); status != 2 || stdout != "" || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: status %d, %q%q", args, status, stdout, stderr)
		}
	}
	if _, err := os.Stat(out); !os.IsNotExist(err) {
		t.Errorf("the folder was made: %v", err)
	}
}
