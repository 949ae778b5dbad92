package orderbook

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"torg"
	"torg/market"
)

// read reads a book that has no mistake.
func read(t testing.TB, text string) *market.Sheet {
	t.Helper()
	sheet, _, err := Read(context.Background(), "o.csv", strings.NewReader(text), twoZones(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return sheet
}

// folder returns the files of a folder, hidden ones too.
func folder(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(b)
	}
	return files
}

// What a small session writes, to the byte: ids that need quotes, a round-3 contract
// with an empty order, what is left.
func TestFiles(t *testing.T) {
	sheet := read(t, head+"\"o,1\",p1,buy,z1,1000,7.5\n\"o\"\"2\",p2,sell,z1,600,\"3,5\"\no3,p3,buy,z1,50,\"1,0\"\n")
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := Write(context.Background(), dir, twoZones(), sheet, sheet.Clear()); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"contracts.csv": "contract,round,buyer_order,seller_order,buyer,seller,energy_wh,buyer_price,seller_price\n" +
			"1,1,\"o,1\",\"o\"\"2\",p1,p2,600,5.35,5.35\n" +
			"2,3,\"o,1\",,p1,supplier,400,7.2,7.2\n",
		"prices.csv":    "zone,price\nz1,7.2\nz2,7.2\n",
		"flows.csv":     "from,to,energy_wh\n",
		"unmatched.csv": "order,energy_wh,reason\no3,50,price\n",
		"summary.json": `{
  "orders": 3,
  "contracts": 2,
  "welfare": "2.52",
  "network": "0",
  "rounds": [
    {
      "round": 1,
      "contracts": 1,
      "energy_wh": 600
    },
    {
      "round": 2,
      "contracts": 0,
      "energy_wh": 0
    },
    {
      "round": 3,
      "contracts": 1,
      "energy_wh": 400
    }
  ]
}
`,
	}
	got := folder(t, dir)
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s:\n%s\nwant\n%s", name, got[name], want[name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d files", len(got))
	}
	if info, err := os.Stat(filepath.Join(dir, "contracts.csv")); err != nil || info.Mode() != 0o644 {
		t.Errorf("others cannot read it: %v, %v", info, err)
	}
}

// The order of rows changes no byte of any file.
func TestPermutations(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	lines := strings.Split(strings.TrimSpace(randomOrders(rng, 500)), "\n")
	var first map[string]string
	for i := range 5 {
		sheet := read(t, head+strings.Join(lines, "\n"))
		dir := t.TempDir()
		if err := Write(context.Background(), dir, twoZones(), sheet, sheet.Clear()); err != nil {
			t.Fatal(err)
		}
		if got := folder(t, dir); i == 0 {
			first = got
		} else if !maps.Equal(got, first) {
			t.Errorf("permutation %d writes other files", i)
		}
		rng.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	}
	if len(strings.Split(first["contracts.csv"], "\n")) < 100 {
		t.Errorf("only %q", first["contracts.csv"])
	}
}

// randomOrders returns n rows: ties, both zones, sellers cheaper than buyers.
func randomOrders(rng *rand.Rand, n int) string {
	var b strings.Builder
	for i := range n {
		side, limit := "buy", 300_000+rng.IntN(60)*10_000
		if rng.IntN(2) == 0 {
			side, limit = "sell", 100_000+rng.IntN(60)*10_000
		}
		fmt.Fprintf(&b, "o%d,%s%d,%s,z%d,%d,%s\n", i, side, rng.IntN(n), side, 1+rng.IntN(2), 1+rng.IntN(3000), torg.Price(limit))
	}
	return b.String()
}

// After an error the folder is as it was, and one that was not there is not made.
func TestAFailureWritesNothing(t *testing.T) {
	sheet := read(t, head+"o1,p1,buy,z1,1000,7.5\no2,p2,sell,z1,600,3.5\n")
	result := sheet.Clear()
	stopped, stop := context.WithCancel(context.Background())
	stop()
	dir := filepath.Join(t.TempDir(), "new")
	if err := Write(stopped, dir, twoZones(), sheet, result); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder is there: %v", err)
	}
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "contracts.csv"), []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	before := folder(t, dir)
	if err := Write(stopped, dir, twoZones(), sheet, result); err == nil || !maps.Equal(before, folder(t, dir)) {
		t.Errorf("%v; the folder is %v", err, folder(t, dir))
	}
	file := filepath.Join(dir, "contracts.csv")
	if err := Write(context.Background(), file, twoZones(), sheet, result); err == nil {
		t.Error("a file was taken for a folder")
	}
	if err := Write(context.Background(), dir, twoZones(), sheet, result); err != nil || len(folder(t, dir)) != 5 {
		t.Errorf("%v; the folder is %v", err, folder(t, dir))
	}
}

// Where a name is taken by a folder, nothing is written beside it either.
func TestANameThatIsTakenWritesNothing(t *testing.T) {
	sheet := read(t, head)
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "flows.csv"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Write(context.Background(), dir, twoZones(), sheet, sheet.Clear()); err == nil || !strings.Contains(err.Error(), "flows.csv") {
		t.Errorf("a folder was overwritten: %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}

// Of the folders on the way to one that is not written, those stay that were there.
func TestAFailureLeavesNoFolders(t *testing.T) {
	sheet := read(t, head)
	stopped, stop := context.WithCancel(context.Background())
	stop()
	top := t.TempDir()
	if err := Write(stopped, filepath.Join(top, "a", "b", "c"), twoZones(), sheet, sheet.Clear()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if entries, err := os.ReadDir(top); err != nil || len(entries) != 0 {
		t.Errorf("%v, %v", entries, err)
	}
}

// Prices are printed as the vocabulary prints them, and fields as the standard
// library reads them.
func TestAppend(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 10_000 {
		p := torg.Price(rng.Int64N(int64(2*torg.MaxPrice))) + torg.MinPrice
		if rng.IntN(2) == 0 {
			p /= torg.Price(1) << rng.IntN(28)
		}
		if got := string(appendPrice(nil, p)); got != p.String() {
			t.Fatalf("%d: %q, the vocabulary prints %q", int64(p), got, p.String())
		}
	}
	for _, f := range []string{"", " ", "a,b", `"`, `a"b`, "a\nb", "Завод «Север»", ",", `"",""`} {
		text := appendField(append(appendField(nil, f), ','), []byte(f))
		got, err := csv.NewReader(bytes.NewReader(append(text, '\n'))).Read()
		if err != nil || !slices.Equal(got, []string{f, f}) {
			t.Errorf("%q was written as %q and read as %q, %v", f, text, got, err)
		}
	}
}

// Many rows are written in order, whoever formats them; a writer that fails stops it.
func TestInOrder(t *testing.T) {
	for _, n := range []int{0, 1, rowsAtOnce, 5*rowsAtOnce + 1} {
		var got, want bytes.Buffer
		for i := range n {
			fmt.Fprintln(&want, i)
		}
		if err := inOrder(&got, n, func(b []byte, i int) []byte { return fmt.Appendln(b, i) }); err != nil || !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("%d rows: %d bytes, want %d, %v", n, got.Len(), want.Len(), err)
		}
	}
}

// Whoever stops early leaves nobody behind who waits for ever.
func TestNothingRunsOn(t *testing.T) {
	text := head + strings.Repeat("o1,p1,buy,nowhere,1,1\n", 100_000)
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("the disk is full")
		if err := inOrder(failing{full}, 9*rowsAtOnce, func(b []byte, i int) []byte { return append(b, '\n') }); !errors.Is(err, full) {
			t.Error(err)
		}
		if _, _, err := Read(context.Background(), "o.csv", strings.NewReader(text), twoZones(), nil); !errors.Is(err, torg.ErrUnknown) {
			t.Error(err)
		}
	})
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

var _ io.Writer = failing{}

// The summary adds up what the contracts say.
func TestSummaryAddsUp(t *testing.T) {
	sheet := read(t, head+randomOrders(rand.New(rand.NewPCG(7, 8)), 300))
	result := sheet.Clear()
	dir := t.TempDir()
	if err := Write(context.Background(), dir, twoZones(), sheet, result); err != nil {
		t.Fatal(err)
	}
	files := folder(t, dir)
	var s Summary
	if err := json.Unmarshal([]byte(files["summary.json"]), &s); err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(strings.NewReader(files["contracts.csv"])).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var network torg.Cost
	for _, r := range all[1:] {
		var e torg.Energy
		fmt.Sscan(r[6], &e)
		buyer, err := torg.ParsePrice(r[7])
		seller, err2 := torg.ParsePrice(r[8])
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		network = network.Add(e.At(buyer)).Sub(e.At(seller))
		k := r[1][0] - '1'
		s.Rounds[k].Contracts--
		s.Rounds[k].Energy -= e
	}
	if s.Network != network || s.Contracts != len(all)-1 || s.Orders != 300 ||
		s.Rounds != [3]Round{{Round: 1}, {Round: 2}, {Round: 3}} {
		t.Errorf("%+v; the contracts' network is %s of %d contracts", s, network, len(all)-1)
	}
}
