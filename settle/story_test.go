package settle_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"torg"
	"torg/settle"
)

// Stories are files that an energy engineer can write: what happened above the
// line, what it comes to below. Postings are compared where the story lists any.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d stories, error %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			told, want, found := strings.Cut(string(text), "\n----\n")
			if !found {
				t.Fatal("no ---- line")
			}
			in := tell(t, told)
			r := settle.Interval(in)
			got := results(in, r)
			if strings.Contains(want, " to ") {
				got += postings(settle.Postings(in, r, 7))
			}
			if got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// sentences are what a story may say; a name is a party or the supplier.
var sentences = []struct {
	form *regexp.Regexp
	tell func(in *telling, w []string) error
}{
	{regexp.MustCompile(`^supplier sells at (\S+), buys at (\S+)$`), func(in *telling, w []string) (err error) {
		in.HasSupplier = true
		in.SupplierSell, in.SupplierBuy, err = twoPrices(w[1], w[2])
		return err
	}},
	{regexp.MustCompile(`^price cap (\S+)$`), func(in *telling, w []string) (err error) {
		in.PriceCap, err = torg.ParsePrice(w[1])
		return err
	}},
	{regexp.MustCompile(`^line (\S+) (\S+) fee (\S+)$`), func(in *telling, w []string) (err error) {
		l := torg.Line{From: torg.ZoneID(w[1]), To: torg.ZoneID(w[2]), Capacity: torg.Unlimited}
		l.Fee, err = torg.ParsePrice(w[3])
		in.grid.Zones = append(in.grid.Zones, l.From, l.To)
		in.grid.Lines = append(in.grid.Lines, l)
		return err
	}},
	{regexp.MustCompile(`^a session sends (\S+ k?Wh) from (\S+) to (\S+)$`), func(in *telling, w []string) error {
		e, err := energy(w[1])
		flows := make([]torg.Energy, len(in.grid.Lines))
		for i, l := range in.grid.Lines {
			switch [2]torg.ZoneID{torg.ZoneID(w[2]), torg.ZoneID(w[3])} {
			case [2]torg.ZoneID{l.From, l.To}:
				flows[i] = e
			case [2]torg.ZoneID{l.To, l.From}:
				flows[i] = -e
			}
		}
		in.Fees = in.Fees.Add(settle.SessionFees(in.grid.Lines, flows))
		return err
	}},
	{regexp.MustCompile(`^(\S+)(?: in (\S+))? meters (\S+ k?Wh)$`), func(in *telling, w []string) error {
		e, err := energy(w[3])
		in.Connection += e
		zone := torg.ZoneID(cmp.Or(w[2], "main"))
		fee := in.grid.Routes().Fee(zone)
		in.Parties = append(in.Parties, settle.Party{Participant: torg.ParticipantID(w[1]), Zone: zone,
			Metered: e, Sell: in.SupplierSell + fee, Buy: in.SupplierBuy - fee})
		return err
	}},
	{regexp.MustCompile(`^(\S+) buys (\S+ k?Wh) from (\S+)$`), func(in *telling, w []string) error {
		e, err := energy(w[2])
		trade(&in.Input, party(&in.Input, w[1]), party(&in.Input, w[3]), e)
		return err
	}},
	{regexp.MustCompile(`^(\S+)'s class is charged (\S+), paid (\S+)$`), func(in *telling, w []string) (err error) {
		p := party(&in.Input, w[1])
		p.Sell, p.Buy, err = twoPrices(w[2], w[3])
		return err
	}},
	{regexp.MustCompile(`^(\S+) in a session full at (\S+)(?: with (\S+ k?Wh) inside)?$`), func(in *telling, w []string) (err error) {
		var f settle.Tight
		if f.Price, err = torg.ParsePrice(w[2]); err == nil && w[3] != "" {
			f.Inside, err = energy(w[3])
		}
		p := party(&in.Input, w[1])
		p.Tight = append(p.Tight, f)
		return err
	}},
	{regexp.MustCompile(`^lost (\S+ k?Wh)$`), func(in *telling, w []string) error {
		e, err := energy(w[1])
		in.Connection += e
		return err
	}},
	{regexp.MustCompile(`^the network got (\S+)$`), func(in *telling, w []string) (err error) {
		in.Network, err = torg.ParseCost(w[1])
		return err
	}},
	{regexp.MustCompile(`^lines are owed (\S+)$`), func(in *telling, w []string) (err error) {
		in.Fees, err = torg.ParseCost(w[1])
		return err
	}},
	{regexp.MustCompile(`^the loss account has borne (\S+)$`), func(in *telling, w []string) (err error) {
		in.LossDebt, err = torg.ParseCost(w[1])
		return err
	}},
}

// telling is what a story has told so far. The supplier is in zone main.
type telling struct {
	settle.Input
	grid torg.Complex
}

// tell reads a story's upper half.
func tell(t *testing.T, told string) settle.Input {
	t.Helper()
	in := telling{grid: torg.Complex{Zones: []torg.ZoneID{"main"}, Supplier: &torg.Supplier{Zone: "main"}}}
	for line := range strings.Lines(told) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		understood := false
		for _, s := range sentences {
			if w := s.form.FindStringSubmatch(line); w != nil {
				if err := s.tell(&in, w); err != nil {
					t.Fatalf("%s: %v", line, err)
				}
				understood = true
				break
			}
		}
		if !understood {
			t.Fatalf("%s: not a sentence of a story", line)
		}
	}
	in.Fees = in.Fees.Add(settle.DeviationFees(in.grid.Routes(), in.Parties))
	return in.Input
}

// party finds a party of a story; nil is the supplier.
func party(in *settle.Input, name string) *settle.Party {
	if name == "supplier" {
		return nil
	}
	for i := range in.Parties {
		if in.Parties[i].Participant == torg.ParticipantID(name) {
			return &in.Parties[i]
		}
	}
	panic("no meter of " + name)
}

// trade enters a contract as the ledger adds it up; nil is the supplier.
func trade(in *settle.Input, buyer, seller *settle.Party, e torg.Energy) {
	if buyer != nil {
		buyer.Contracted += e
	}
	if seller != nil {
		seller.Contracted -= e
	}
	switch {
	case buyer == nil:
		in.Export += e
	case seller == nil:
		in.Import += e
	default:
		buyer.Bought += e
		seller.Sold += e
	}
}

func twoPrices(sell, buy string) (s, b torg.Price, err error) {
	if s, err = torg.ParsePrice(sell); err == nil {
		b, err = torg.ParsePrice(buy)
	}
	return s, b, err
}

func energy(s string) (torg.Energy, error) {
	var n torg.Energy
	var unit string
	if _, err := fmt.Sscanf(s, "%d %s", &n, &unit); err != nil {
		return 0, err
	}
	if unit == "kWh" {
		n *= 1000
	}
	return n, nil
}

// results prints a settlement in a story's words, leaving out what is nothing.
func results(in settle.Input, r settle.Result) string {
	var b strings.Builder
	var shared torg.Cost
	for i, p := range r.Parties {
		shared = shared.Add(p.Residual)
		fmt.Fprintf(&b, "%s: ", in.Parties[i].Participant)
		if p.Deviation == 0 && p.Imbalance.Sign() == 0 {
			fmt.Fprintf(&b, "plan met")
		} else {
			fmt.Fprintf(&b, "%s off plan for %s", p.Deviation, p.Imbalance)
		}
		fmt.Fprintf(&b, ", baseline %s", p.Baseline)
		if p.Residual.Sign() != 0 {
			fmt.Fprintf(&b, ", gets back %s", p.Residual)
		}
		fmt.Fprintln(&b)
	}
	if in.Fees.Sign() != 0 {
		fmt.Fprintf(&b, "lines are owed %s\n", in.Fees)
	}
	if r.Invoice.Sign() != 0 || r.Extra.Sign() != 0 {
		fmt.Fprintf(&b, "invoice %s, beyond round 3 %s\n", r.Invoice, r.Extra)
	}
	var parts []string
	for _, part := range []struct {
		name string
		cost torg.Cost
	}{{"repaid", r.Repaid}, {"shared", shared}, {"credit", r.Credit}, {"the loss account bears", r.ToLoss}} {
		if part.cost.Sign() != 0 {
			parts = append(parts, part.name+" "+part.cost.String())
		}
	}
	if len(parts) > 0 || r.Residual.Sign() != 0 {
		fmt.Fprintf(&b, "residual %s: %s\n", r.Residual, strings.Join(parts, ", "))
	}
	return b.String()
}

func postings(ps []torg.Posting) string {
	var b strings.Builder
	for _, p := range ps {
		fmt.Fprintf(&b, "%s to %s %s (%s)\n", p.From, p.To, p.Amount, p.Kind)
	}
	return b.String()
}
