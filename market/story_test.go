package market_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"torg"
	"torg/market"
)

// A story is a file of sections divided by "----": orders and grid, the outcome, and
// where there is a second discovery, the revised orders and their outcome.
//
//	supplier sells at 7.20, buys at 1.10, imports 100 kWh, exports any
//	pricing uniform
//	sell chp 100 kWh at 4.50 from coal, avoids foundry
//	buy foundry/2 60 kWh at 6.00, prefers solar wind
//
// Outcomes are written as render writes them; a story may leave out the lines about
// rounds or about what is left, and then these are not compared.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d stories, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			tell(t, string(text))
		})
	}
}

func tell(t *testing.T, text string) {
	sections := strings.Split(text, "----\n")
	if len(sections)%2 != 0 {
		t.Fatal("a section of orders without an outcome")
	}
	b := market.Book{Complex: torg.Complex{Zones: []torg.ZoneID{"z1"}, Pricing: torg.Split}}
	for i := 0; i < len(sections); i += 2 {
		b.Orders, b.Discovery = nil, i/2+1
		for line := range told(sections[i]) {
			if err := readLine(&b, line); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
		}
		o, err := market.Clear(b)
		if err != nil {
			t.Fatal(err)
		}
		if err := market.Check(b, o); err != nil {
			t.Fatal(err)
		}
		var want []string
		for line := range told(sections[i+1]) {
			want = append(want, line)
		}
		got := render(o, strings.Contains(sections[i+1], "round "), strings.Contains(sections[i+1], " left"))
		if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
			t.Errorf("discovery %d gives\n%s\n\nthe story says\n%s", b.Discovery, g, w)
		}
		b.Used = o.Used
	}
}

// told yields a section's lines without comments and blanks.
func told(section string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for line := range strings.Lines(section) {
			line, _, _ = strings.Cut(line, "#")
			if line = strings.Join(strings.Fields(line), " "); line != "" && !yield(line) {
				return
			}
		}
	}
}

func readLine(b *market.Book, line string) error {
	head, rest, _ := strings.Cut(line, " ")
	switch head {
	case "pricing":
		b.Complex.Pricing = torg.Pricing(rest)
		return nil
	case "supplier":
		return readSupplier(b, rest)
	}
	side, err := torg.ParseSide(head)
	if err != nil {
		return err
	}
	parts := strings.Split(rest, ", ")
	w := strings.Fields(parts[0])
	if len(w) < 5 || w[2] != "kWh" || w[3] != "at" {
		return fmt.Errorf("not NAME ENERGY kWh at PRICE")
	}
	party, _, _ := strings.Cut(w[0], "/")
	o := torg.Order{
		ID: torg.OrderID(w[0]), Participant: torg.ParticipantID(party), Site: torg.SiteID(party + "-1"),
		Zone: "z1", Discovery: b.Discovery, Side: side,
	}
	if o.Energy, err = kWh(w[1]); err != nil {
		return err
	}
	if o.Limit, err = torg.ParsePrice(w[4]); err != nil {
		return err
	}
	if len(w) == 7 && w[5] == "from" {
		o.Source = w[6]
	}
	for _, p := range parts[1:] {
		list := strings.Fields(p)
		switch list[0] {
		case "avoids":
			o.Avoid = list[1:]
		case "prefers":
			o.Prefer = list[1:]
		default:
			return fmt.Errorf("%q?", p)
		}
	}
	b.Orders = append(b.Orders, o)
	return nil
}

func readSupplier(b *market.Book, rest string) error {
	s := &torg.Supplier{Participant: "supplier", Zone: "z1", Import: torg.Unlimited}
	for _, part := range strings.Split(rest, ", ") {
		w := strings.Fields(part)
		var err error
		switch w[0] {
		case "sells":
			s.Sell, err = torg.ParsePrice(w[2])
		case "buys":
			s.Buy, err = torg.ParsePrice(w[2])
		case "imports":
			s.Import, err = kWh(w[1])
		case "exports":
			s.Export, err = kWh(w[1])
		default:
			err = fmt.Errorf("%q?", part)
		}
		if err != nil {
			return err
		}
	}
	b.Complex.Supplier = s
	return nil
}

// kWh reads an energy; "any" is without limit.
func kWh(s string) (torg.Energy, error) {
	if s == "any" {
		return torg.Unlimited, nil
	}
	p, err := torg.ParsePrice(s) // kWh with decimals: the same digits as a price
	return torg.Energy(p / 100), err
}

// render writes an outcome the way stories do.
func render(o market.Outcome, rounds, left bool) []string {
	lines := []string{"no price"}
	if len(o.Prices) > 0 {
		lines[0] = "price " + twoPlaces(o.Prices[0].Price)
	}
	round := 0
	for _, t := range o.Trades {
		if rounds && t.Round != round {
			round = t.Round
			lines = append(lines, fmt.Sprintf("round %d", round))
		}
		name := func(order torg.OrderID, party torg.ParticipantID) string {
			if order == "" {
				return string(party)
			}
			return string(order)
		}
		line := fmt.Sprintf("%s from %s %s at %s", name(t.BuyOrder, t.Buyer), name(t.SellOrder, t.Seller), t.Energy, twoPlaces(t.BuyerPrice))
		if t.SellerPrice != t.BuyerPrice {
			line += ", seller gets " + twoPlaces(t.SellerPrice)
		}
		lines = append(lines, line)
	}
	for _, u := range o.Unmatched {
		if left {
			lines = append(lines, fmt.Sprintf("%s left %s: %s", u.Order, u.Energy, u.Reason))
		}
	}
	if left && len(o.Unmatched) == 0 {
		lines = append(lines, "nothing left")
	}
	return lines
}

func twoPlaces(p torg.Price) string {
	s := p.String()
	whole, frac, _ := strings.Cut(s, ".")
	for len(frac) < 2 {
		frac += "0"
	}
	return whole + "." + frac
}
