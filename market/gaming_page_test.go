package market_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"torg"
	"torg/internal/require"
	"torg/market"
)

// marketPage reads the page, or a picture on it, that is held to what the market does.
func marketPage(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(require.Root(t), "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The page's examples are stories, and the figures beside them are theirs.
func TestMarketPageExamples(t *testing.T) {
	page := marketPage(t, "market.md")
	var stories []string
	for i, block := range strings.Split(page, "```") {
		if i%2 == 1 && strings.Contains(block, "----\n") {
			stories = append(stories, block)
		}
	}
	if len(stories) != 3 {
		t.Fatalf("%d examples", len(stories))
	}
	for i, story := range stories {
		tell(t, story)
		b, o := clearStory(t, story)
		if err := certificate(b, o); err != nil {
			t.Error(err)
		}
		for _, want := range []string{
			fmt.Sprintf("a welfare of %s RUB", o.Welfare),
			fmt.Sprintf("%s RUB for the network account", o.Network),
		} {
			if !strings.Contains(page, want) {
				t.Errorf("the page does not say %q", want)
			}
		}
		for _, p := range o.Prices {
			ends := fmt.Sprintf("between %s and %s", twoPlaces(p.Lowest), twoPlaces(p.Highest))
			if p.Lowest != p.Highest && !strings.Contains(page, ends) {
				t.Errorf("the page does not say %q", ends)
			}
		}
		if i < 2 {
			pictured(t, []string{"market-curves.svg", "market-zones.svg"}[i], o)
		}
	}
}

// pictured holds a picture to the prices and flows of its example.
func pictured(t *testing.T, name string, o market.Outcome) {
	t.Helper()
	picture := marketPage(t, "images/"+name)
	for _, p := range o.Prices {
		if !strings.Contains(picture, ">"+twoPlaces(p.Price)) {
			t.Errorf("%s does not show the price %s", name, twoPlaces(p.Price))
		}
	}
	for _, f := range o.Flows {
		if !strings.Contains(picture, ">"+f.Energy.String()) {
			t.Errorf("%s does not show the flow of %s", name, f.Energy)
		}
	}
}

func clearStory(t *testing.T, story string) (market.Book, market.Outcome) {
	t.Helper()
	b := market.Book{Complex: torg.Complex{Pricing: torg.Split}, Discovery: 1}
	orders, _, _ := strings.Cut(story, "----\n")
	for line := range told(orders) {
		if err := readLine(&b, line); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
	}
	o, err := market.Clear(b)
	if err != nil {
		t.Fatal(err)
	}
	return b, o
}

// certificate is the page's proof of optimality held against an outcome: at its
// zone's price nobody accepted would rather stay out and nobody left would rather
// come in, and so it is for the supplier at its quotes and for every line at its fee.
func certificate(b market.Book, o market.Outcome) error {
	price := make(map[torg.ZoneID]torg.Price)
	for _, p := range o.Prices {
		price[p.Zone] = p.Price
	}
	left := make(map[torg.OrderID]torg.Energy)
	for _, u := range o.Unmatched {
		left[u.Order] = u.Energy
	}
	for _, x := range b.Orders {
		gain := x.Limit - price[x.Zone]
		if x.Side == torg.Sell {
			gain = -gain
		}
		if err := content(string(x.ID), gain, left[x.ID] < x.Energy, left[x.ID] > 0); err != nil {
			return err
		}
	}
	if q := b.Complex.Supplier; q != nil {
		if err := content("import", price[q.Zone]-q.Sell, o.Import > 0, o.Import != q.Import); err != nil {
			return err
		}
		if err := content("export", q.Buy-price[q.Zone], o.Export > 0, o.Export != q.Export); err != nil {
			return err
		}
	}
	flows := make(map[[2]torg.ZoneID]torg.Energy)
	for _, f := range o.Flows {
		flows[[2]torg.ZoneID{f.From, f.To}] = f.Energy
	}
	for _, l := range b.Complex.Lines {
		for _, way := range [][2]torg.ZoneID{{l.From, l.To}, {l.To, l.From}} {
			gain := price[way[1]] - price[way[0]] - l.Fee
			if err := content(fmt.Sprint(way), gain, flows[way] > 0, flows[way] != l.Capacity); err != nil {
				return err
			}
		}
	}
	return nil
}

// content says whether somebody who gains this much a kWh can be content with what
// it has and with what it could still have.
func content(who string, gain torg.Price, some, more bool) error {
	if gain < 0 && some || gain > 0 && more {
		return fmt.Errorf("%s gains %s a kWh: accepted %v, more to be had %v", who, gain, some, more)
	}
	return nil
}
