package market_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"torg"
	"torg/internal/require"
	"torg/market"
)

// The independent checker finds nothing wrong: on the shared cases of one zone,
// whose optimum a solver found, and on random books of the same kinds, whose optimum
// is computed here from prices alone.
func TestTheSharedCheckerAgrees(t *testing.T) {
	shared, python := require.Shared(t), require.Python(t)
	var jobs []string // case and output folders, by turns
	for _, name := range []string{"one-zone", "supplier"} {
		dir, out := filepath.Join(shared, "cases", "clear", name), t.TempDir()
		writeOutcome(t, out, clear(t, readCase(t, dir)))
		jobs = append(jobs, dir, out)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		dir := filepath.Join(t.TempDir(), fmt.Sprintf("random-%d", i))
		b := randomBook(rng, i)
		writeCase(t, dir, b)
		writeOutcome(t, dir, clear(t, b))
		jobs = append(jobs, dir, dir)
	}
	runChecker(t, python, filepath.Join(shared, "tools", "check_clear.py"), jobs)
}

// A wrong outcome does not pass the checker: it is the checker that judges here.
func TestTheSharedCheckerCanFail(t *testing.T) {
	shared, python := require.Shared(t), require.Python(t)
	dir, out := filepath.Join(shared, "cases", "clear", "one-zone"), t.TempDir()
	o := clear(t, readCase(t, dir))
	o.Trades[0].Energy--
	writeOutcome(t, out, o)
	if err := exec.Command(python, filepath.Join(shared, "tools", "check_clear.py"), dir, out).Run(); err == nil {
		t.Fatal("a missing watt-hour passes")
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

// randomBook draws a book of one of a few kinds: plain, many ties, negative prices,
// one side only, narrow connections, huge orders, several orders a party.
func randomBook(rng *rand.Rand, kind int) market.Book {
	b := oneZone()
	if kind%5 == 4 {
		b.Complex.Pricing = torg.Uniform
	}
	if kind%3 != 0 {
		b.Complex.Supplier = &torg.Supplier{Participant: "supplier", Zone: "z1", Sell: 720_000, Buy: 110_000, Import: torg.Unlimited}
		if kind%2 == 0 {
			b.Complex.Supplier.Import = torg.Energy(rng.IntN(40_000))
		}
		if kind%4 > 0 {
			b.Complex.Supplier.Export = torg.Energy(rng.IntN(40_000))
		}
	}
	for i := range 1 + rng.IntN(60) {
		side := torg.Side(1 + rng.IntN(2))
		if kind%10 == 7 {
			side = torg.Side(1 + kind/10%2)
		}
		limit := torg.Price(rng.IntN(900_000))
		switch kind % 6 {
		case 1:
			limit = torg.Price(rng.IntN(5)) * 180_000
		case 2:
			limit -= 300_000
		case 3:
			limit = torg.Price(100 + rng.IntN(3))
		}
		energy := torg.Energy(1 + rng.IntN(3000))
		if kind%8 == 5 {
			energy = 1 + torg.Energy(rng.Int64N(int64(torg.MaxOrderEnergy)))
		}
		party := fmt.Sprintf("%s%d", side, rng.IntN(40))
		b.Orders = append(b.Orders, order(fmt.Sprintf("o%d", i), party, side, energy, limit))
	}
	return b
}

// dualOptimum is the optimum by linear programming's duality: the least, over all
// prices, of what everybody would gain at that price if all could trade. It is at
// one of the limits.
func dualOptimum(b market.Book) torg.Cost {
	imports, exports := room(b)
	s := b.Complex.Supplier
	var best *torg.Cost
	try := func(p torg.Price) {
		var sum torg.Cost
		for _, o := range b.Orders {
			if gain := o.Limit - p; o.Side == torg.Buy && gain > 0 {
				sum = sum.Add(o.Energy.At(gain))
			} else if o.Side == torg.Sell && gain < 0 {
				sum = sum.Add(o.Energy.At(-gain))
			}
		}
		if s != nil && p > s.Sell {
			sum = sum.Add(imports.At(p - s.Sell))
		}
		if s != nil && p < s.Buy {
			sum = sum.Add(exports.At(s.Buy - p))
		}
		if best == nil || sum.Cmp(*best) < 0 {
			best = &sum
		}
	}
	for _, o := range b.Orders {
		try(o.Limit)
	}
	if s != nil {
		try(s.Sell)
		try(s.Buy)
	}
	return *best
}

type caseFile struct {
	Zones    []string   `json:"zones"`
	Lines    []string   `json:"lines"`
	Pricing  string     `json:"pricing,omitempty"`
	Supplier *caseQuote `json:"supplier,omitempty"`
}

type caseQuote struct {
	Participant string `json:"participant"`
	Zone        string `json:"zone"`
	Sell        string `json:"sell_price"`
	Buy         string `json:"buy_price"`
	Import      *int64 `json:"import_capacity_wh"`
	Export      *int64 `json:"export_capacity_wh"`
}

func readCase(t *testing.T, dir string) market.Book {
	text, err := os.ReadFile(filepath.Join(dir, "complex.json"))
	if err != nil {
		t.Fatal(err)
	}
	var c caseFile
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	b := oneZone()
	price := func(s string) torg.Price {
		p, err := torg.ParsePrice(s)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if q := c.Supplier; q != nil {
		b.Complex.Supplier = &torg.Supplier{Participant: torg.ParticipantID(q.Participant), Zone: torg.ZoneID(q.Zone),
			Sell: price(q.Sell), Buy: price(q.Buy), Import: torg.Unlimited}
		if q.Import != nil {
			b.Complex.Supplier.Import = torg.Energy(*q.Import)
		}
		if q.Export != nil {
			b.Complex.Supplier.Export = torg.Energy(*q.Export)
		}
	}
	f, err := os.Open(filepath.Join(dir, "orders.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || !slices.Equal(rows[0], []string{"order", "participant", "side", "zone", "energy_wh", "price"}) {
		t.Fatal(rows[0], err)
	}
	for _, r := range rows[1:] {
		side, err := torg.ParseSide(r[2])
		if err != nil {
			t.Fatal(err)
		}
		e, err := strconv.ParseInt(r[4], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		b.Orders = append(b.Orders, order(r[0], r[1], side, torg.Energy(e), price(r[5])))
	}
	return b
}

func writeCase(t *testing.T, dir string, b market.Book) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	c := caseFile{Zones: []string{"z1"}, Lines: []string{}, Pricing: string(b.Complex.Pricing)}
	if s := b.Complex.Supplier; s != nil {
		export := int64(s.Export)
		c.Supplier = &caseQuote{Participant: "supplier", Zone: "z1", Sell: s.Sell.String(), Buy: s.Buy.String(), Export: &export}
		if limit := int64(s.Import); s.Import != torg.Unlimited {
			c.Supplier.Import = &limit
		}
	}
	writeJSON(t, filepath.Join(dir, "complex.json"), c)
	writeJSON(t, filepath.Join(dir, "optimum.json"), map[string]float64{"welfare_micro": dualOptimum(b).RUB() * 1e6})
	rows := [][]string{{"order", "participant", "side", "zone", "energy_wh", "price"}}
	for _, o := range b.Orders {
		rows = append(rows, []string{string(o.ID), string(o.Participant), o.Side.String(), "z1", wh(o.Energy), o.Limit.String()})
	}
	writeCSV(t, filepath.Join(dir, "orders.csv"), rows)
}

func writeOutcome(t *testing.T, dir string, o market.Outcome) {
	rows := [][]string{{"contract", "round", "buyer_order", "seller_order", "buyer", "seller", "energy_wh", "buyer_price", "seller_price"}}
	for i, x := range o.Trades {
		rows = append(rows, []string{strconv.Itoa(i + 1), strconv.Itoa(x.Round), string(x.BuyOrder), string(x.SellOrder),
			string(x.Buyer), string(x.Seller), wh(x.Energy), x.BuyerPrice.String(), x.SellerPrice.String()})
	}
	writeCSV(t, filepath.Join(dir, "contracts.csv"), rows)
	rows = [][]string{{"zone", "price"}}
	for _, p := range o.Prices {
		rows = append(rows, []string{string(p.Zone), p.Price.String()})
	}
	writeCSV(t, filepath.Join(dir, "prices.csv"), rows)
	rows = [][]string{{"order", "energy_wh", "reason"}}
	for _, u := range o.Unmatched {
		rows = append(rows, []string{string(u.Order), wh(u.Energy), string(u.Reason)})
	}
	writeCSV(t, filepath.Join(dir, "unmatched.csv"), rows)
	writeCSV(t, filepath.Join(dir, "flows.csv"), [][]string{{"from", "to", "energy_wh"}})
	writeJSON(t, filepath.Join(dir, "summary.json"), map[string]string{"network": o.Network.String()})
}

func wh(e torg.Energy) string { return strconv.FormatInt(int64(e), 10) }

func writeCSV(t *testing.T, path string, rows [][]string) {
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := csv.NewWriter(f).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
}

func writeJSON(t *testing.T, path string, v any) {
	text, err := json.Marshal(v)
	if err == nil {
		err = os.WriteFile(path, text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
