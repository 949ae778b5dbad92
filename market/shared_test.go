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

// The independent checker finds nothing wrong: on the shared cases, whose optimum a
// solver found, on random books of one zone, whose optimum is computed here from
// prices alone, and on random grids, where it is the checker's own difference
// constraints that prove the optimum.
func TestTheSharedCheckerAgrees(t *testing.T) {
	shared, python := require.Shared(t), require.Python(t)
	var jobs []string // case and output folders, by turns
	for _, name := range []string{"one-zone", "supplier", "congested", "negative", "no-sellers", "ties"} {
		dir, out := filepath.Join(shared, "cases", "clear", name), t.TempDir()
		writeOutcome(t, out, clear(t, readCase(t, dir)))
		jobs = append(jobs, dir, out)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		dir := filepath.Join(t.TempDir(), fmt.Sprintf("random-%d", i))
		b := randomBook(rng, i)
		writeCase(t, dir, b, dualOptimum(b))
		writeOutcome(t, dir, clear(t, b))
		jobs = append(jobs, dir, dir)
	}
	for i := range 300 {
		dir := filepath.Join(t.TempDir(), fmt.Sprintf("grid-%d", i))
		b := randomGrid(rng, i)
		o := clear(t, b)
		writeCase(t, dir, b, o.Welfare)
		writeOutcome(t, dir, o)
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

// randomGrid draws a book on several zones: trees and meshes, congested or not, with
// many ties, negative prices, islands, lines without capacity or fee.
func randomGrid(rng *rand.Rand, kind int) market.Book {
	b := randomBook(rng, kind)
	zones := 2 + rng.IntN(6)
	b.Complex.Zones = nil
	for z := range zones {
		b.Complex.Zones = append(b.Complex.Zones, torg.ZoneID(fmt.Sprintf("z%d", z+1)))
	}
	for from := range zones {
		for to := from + 1; to < zones; to++ {
			if tree := to-from == 1+rng.IntN(2); !tree && kind%3 != 1 || kind%11 == 4 && rng.IntN(3) > 0 {
				continue
			}
			l := torg.Line{From: b.Complex.Zones[from], To: b.Complex.Zones[to], Capacity: torg.Unlimited, Fee: torg.Price(rng.IntN(50_000))}
			if rng.IntN(2) == 0 {
				l.From, l.To = l.To, l.From
			}
			if kind%6 == 1 || kind%6 == 3 {
				l.Fee = torg.Price(rng.IntN(3)) * torg.Price(rng.IntN(2)*179_999+1)
			}
			if rng.IntN(3) > 0 {
				l.Capacity = torg.Energy(rng.IntN(8000))
			}
			b.Complex.Lines = append(b.Complex.Lines, l)
		}
	}
	if s := b.Complex.Supplier; s != nil {
		s.Zone = b.Complex.Zones[rng.IntN(zones)]
	}
	side := map[torg.ParticipantID]torg.ZoneID{}
	for i := range b.Orders {
		o := &b.Orders[i]
		if _, known := side[o.Participant]; !known {
			side[o.Participant] = b.Complex.Zones[rng.IntN(zones)]
		}
		o.Zone = side[o.Participant]
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
	Lines    []caseLine `json:"lines"`
	Pricing  string     `json:"pricing,omitempty"`
	Supplier *caseQuote `json:"supplier,omitempty"`
}

type caseLine struct {
	From     string `json:"from"`
	To       string `json:"to"`
	Capacity *int64 `json:"capacity_wh"`
	Fee      string `json:"fee"`
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
	b.Complex.Zones = nil
	for _, z := range c.Zones {
		b.Complex.Zones = append(b.Complex.Zones, torg.ZoneID(z))
	}
	for _, l := range c.Lines {
		n := torg.Line{From: torg.ZoneID(l.From), To: torg.ZoneID(l.To), Capacity: torg.Unlimited, Fee: price(l.Fee)}
		if l.Capacity != nil {
			n.Capacity = torg.Energy(*l.Capacity)
		}
		b.Complex.Lines = append(b.Complex.Lines, n)
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
		b.Orders[len(b.Orders)-1].Zone = torg.ZoneID(r[3])
	}
	return b
}

func writeCase(t *testing.T, dir string, b market.Book, optimum torg.Cost) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	c := caseFile{Lines: []caseLine{}, Pricing: string(b.Complex.Pricing)}
	for _, z := range b.Complex.Zones {
		c.Zones = append(c.Zones, string(z))
	}
	for _, l := range b.Complex.Lines {
		n := caseLine{From: string(l.From), To: string(l.To), Fee: l.Fee.String()}
		if e := int64(l.Capacity); l.Capacity != torg.Unlimited {
			n.Capacity = &e
		}
		c.Lines = append(c.Lines, n)
	}
	if s := b.Complex.Supplier; s != nil {
		export := int64(s.Export)
		c.Supplier = &caseQuote{Participant: "supplier", Zone: string(s.Zone), Sell: s.Sell.String(), Buy: s.Buy.String(), Export: &export}
		if limit := int64(s.Import); s.Import != torg.Unlimited {
			c.Supplier.Import = &limit
		}
	}
	writeJSON(t, filepath.Join(dir, "complex.json"), c)
	writeJSON(t, filepath.Join(dir, "optimum.json"), map[string]float64{"welfare_micro": optimum.RUB() * 1e6})
	rows := [][]string{{"order", "participant", "side", "zone", "energy_wh", "price"}}
	for _, o := range b.Orders {
		rows = append(rows, []string{string(o.ID), string(o.Participant), o.Side.String(), string(o.Zone), wh(o.Energy), o.Limit.String()})
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
	rows = [][]string{{"from", "to", "energy_wh"}}
	for _, f := range o.Flows {
		rows = append(rows, []string{string(f.From), string(f.To), wh(f.Energy)})
	}
	writeCSV(t, filepath.Join(dir, "flows.csv"), rows)
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
