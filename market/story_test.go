package market_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"torg"
	"torg/market"
)

// A story is a file of sections divided by "----": orders and grid, the outcome, and
// where there is a second discovery, the revised orders and their outcome.
//
//	line z1 z2 20 kWh fee 0.25
//	supplier in z1 sells at 7.20, buys at 1.10, imports 100 kWh, exports any
//	pricing uniform
//	sell chp in z2 100 kWh at 4.50 from coal, avoids foundry
//	buy foundry/2 in z1 60 kWh at 6.00, prefers solar wind
//
// Zones are listed as they are first named; where none is, all is in z1. Outcomes are
// written as render writes them; a story may leave out the lines about rounds, flows,
// what is full or what is left, and then these are not compared.
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
	b := market.Book{Complex: torg.Complex{Pricing: torg.Split}}
	for i := 0; i < len(sections); i += 2 {
		b.Orders, b.Discovery = nil, i/2+1
		for line := range told(sections[i]) {
			if err := readLine(&b, line); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
		}
		if len(b.Complex.Zones) == 0 {
			zone(&b, "z1")
		}
		o := clear(t, b)
		if err := verify(b, o); err != nil {
			t.Fatal(err)
		}
		if err := faults(b, o); err != nil {
			t.Error(err)
		}
		var want []string
		for line := range told(sections[i+1]) {
			want = append(want, line)
		}
		got := render(o, sections[i+1])
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
	case "line":
		return readGridLine(b, strings.Fields(rest))
	case "supplier":
		z, rest := in(rest)
		return readSupplier(b, z, rest)
	}
	side, err := torg.ParseSide(head)
	if err != nil {
		return err
	}
	parts := strings.Split(rest, ", ")
	name, words, _ := strings.Cut(parts[0], " ")
	z, words := in(words)
	zone(b, z)
	w := append([]string{name}, strings.Fields(words)...)
	if len(w) < 5 || w[2] != "kWh" || w[3] != "at" {
		return fmt.Errorf("not NAME ENERGY kWh at PRICE")
	}
	party, _, _ := strings.Cut(w[0], "/")
	o := torg.Order{
		ID: torg.OrderID(w[0]), Participant: torg.ParticipantID(party), Site: torg.SiteID(party + "-1"),
		Zone: z, Discovery: b.Discovery, Side: side,
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

// in takes "in ZONE" off the start of words; without it the zone is z1.
func in(words string) (torg.ZoneID, string) {
	if w := strings.SplitN(words, " ", 3); len(w) == 3 && w[0] == "in" {
		return torg.ZoneID(w[1]), w[2]
	}
	return "z1", words
}

// zone adds a zone that is named for the first time.
func zone(b *market.Book, z torg.ZoneID) {
	if c := &b.Complex; !slices.Contains(c.Zones, z) {
		c.Zones = append(c.Zones, z)
	}
}

// readGridLine reads FROM TO CAPACITY fee FEE.
func readGridLine(b *market.Book, w []string) (err error) {
	if len(w) < 5 || w[len(w)-2] != "fee" {
		return fmt.Errorf("not line FROM TO ENERGY kWh fee FEE")
	}
	l := torg.Line{From: torg.ZoneID(w[0]), To: torg.ZoneID(w[1])}
	zone(b, l.From)
	zone(b, l.To)
	if l.Capacity, err = kWh(w[2]); err != nil {
		return err
	}
	l.Fee, err = torg.ParsePrice(w[len(w)-1])
	b.Complex.Lines = append(b.Complex.Lines, l)
	return err
}

func readSupplier(b *market.Book, z torg.ZoneID, rest string) error {
	zone(b, z)
	s := &torg.Supplier{Participant: "supplier", Zone: z, Import: torg.Unlimited}
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

// render writes an outcome the way stories do, with what the story speaks of.
func render(o market.Outcome, story string) []string {
	var lines []string
	for _, p := range o.Prices {
		if p.Zone == "z1" && !strings.Contains(story, "price z") {
			lines = append(lines, "price "+twoPlaces(p.Price))
		} else {
			lines = append(lines, fmt.Sprintf("price %s %s", p.Zone, twoPlaces(p.Price)))
		}
	}
	if len(lines) == 0 {
		lines = []string{"no price"}
	}
	if strings.Contains(story, "flow") {
		lines = append(lines, renderGrid(o, strings.Contains(story, "full"))...)
	}
	lines = append(lines, renderTrades(o.Trades, strings.Contains(story, "round "))...)
	for _, u := range o.Unmatched {
		if strings.Contains(story, " left") {
			lines = append(lines, fmt.Sprintf("%s left %s: %s", u.Order, u.Energy, u.Reason))
		}
	}
	if strings.Contains(story, "nothing left") && len(o.Unmatched) == 0 {
		lines = append(lines, "nothing left")
	}
	return lines
}

func renderGrid(o market.Outcome, full bool) (lines []string) {
	for _, f := range o.Flows {
		lines = append(lines, fmt.Sprintf("flow %s to %s %s", f.From, f.To, f.Energy))
	}
	if len(lines) == 0 {
		lines = []string{"no flow"}
	}
	for _, z := range o.FullZones {
		if line := "full " + string(z.Zone); full {
			lines = append(lines, line+map[bool]string{true: " in"}[z.In]+map[bool]string{true: " out"}[z.Out])
		}
	}
	return lines
}

func renderTrades(trades []torg.Trade, rounds bool) (lines []string) {
	name := func(order torg.OrderID, party torg.ParticipantID) string {
		if order == "" {
			return string(party)
		}
		return string(order)
	}
	round := 0
	for _, t := range trades {
		if rounds && t.Round != round {
			round = t.Round
			lines = append(lines, fmt.Sprintf("round %d", round))
		}
		line := fmt.Sprintf("%s from %s %s at %s", name(t.BuyOrder, t.Buyer), name(t.SellOrder, t.Seller), t.Energy, twoPlaces(t.BuyerPrice))
		if t.SellerPrice != t.BuyerPrice {
			line += ", seller gets " + twoPlaces(t.SellerPrice)
		}
		lines = append(lines, line)
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
