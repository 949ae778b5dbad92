package report

import (
	"fmt"
	"html"
	"math"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"torg"
	"torg/ledger"
	"torg/market"
	"torg/scenario"
)

var threeZones = strings.NewReplacer("zones: [z1]\n", `zones: [z1, z2, z3]
lines:
  - {from: z1, to: z2, capacity_wh: 10000, fee: "0.27"}
  - {from: z3, to: z2, capacity_wh: null, fee: "0.1"}
`, "wind, zone: z1", "wind, zone: z3", "mill, zone: z1", "mill, zone: z2").Replace(tiny)

func zonedCollector(t *testing.T) (*Collector, string, torg.Slot) {
	t.Helper()
	sc, err := scenario.Parse("zones.yaml", []byte(threeZones))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "out")
	c, err := NewCollector(dir, sc, ledger.Genesis{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	from, _ := sc.Slots()
	return c, dir, from
}

// discovery is a clearing of the three zones with flows from z1 and from z3 to z2.
func discovery(slot torg.Slot, n int, z1, z2, z3 torg.Price, fromZ1, fromZ3, usedZ1 torg.Energy, network string) ledger.Event {
	out := market.Outcome{Discovery: n, Network: cost(network), Used: market.Usage{Lines: []torg.Energy{usedZ1, fromZ3}}}
	for i, p := range []torg.Price{z1, z2, z3} {
		out.Prices = append(out.Prices, market.ZonePrice{Zone: torg.ZoneID(fmt.Sprintf("z%d", i+1)), Price: p})
	}
	if fromZ1 > 0 {
		out.Flows = append(out.Flows, market.Flow{From: "z1", To: "z2", Energy: fromZ1})
	}
	if fromZ3 > 0 {
		out.Flows = append(out.Flows, market.Flow{From: "z3", To: "z2", Energy: fromZ3})
	}
	return ledger.Event{Cleared: &ledger.Cleared{Slot: slot, Discovery: n, Outcome: out}}
}

// Three sessions of half an hour: the first leaves the line full with 10 kWh at a gap
// of 1.00, the second leaves it full in two steps, the third carries 5 kWh at the fee.
func zonedRun(slot torg.Slot) []ledger.Event {
	return []ledger.Event{
		discovery(slot, 1, 500_000, 600_000, 590_000, 10_000, 8_000, 10_000, "10.8"),
		discovery(slot, 2, 500_000, 600_000, 590_000, 0, 0, 10_000, "0"),
		discovery(slot+1, 1, 500_000, 527_000, 517_000, 6_000, 0, 6_000, "1.62"),
		discovery(slot+1, 2, 500_000, 627_000, 617_000, 4_000, 0, 10_000, "5.58"), // 0.5 of it from the connection
		discovery(slot+2, 1, 720_000, 747_000, 737_000, 5_000, 0, 5_000, "1.35"),
		{Cleared: &ledger.Cleared{Slot: slot + 3, Discovery: 1, Outcome: market.Outcome{ // 2 kWh go back, at the fee
			Discovery: 1, Network: cost("0.54"), Used: market.Usage{Lines: []torg.Energy{-2000, 0}}, Flows: []market.Flow{{From: "z2", To: "z1", Energy: 2000}},
			Prices: []market.ZonePrice{{Zone: "z1", Price: 600_000}, {Zone: "z2", Price: 573_000}},
		}}},
		{Settled: &ledger.Settled{First: slot, Last: slot + 1}},
		{Settled: &ledger.Settled{First: slot + 2, Last: slot + 3}},
	}
}

func TestGridSums(t *testing.T) {
	c, _, slot := zonedCollector(t)
	c.Watch(ledger.Committed{Result: ledger.Result{Events: zonedRun(slot)}})
	g := c.grid
	if l := g.lines[0]; l.along != 25_000 || l.back != 2000 || l.full != 2 || l.fees != cost("7.29") || l.rent != cost("11.3") {
		t.Errorf("z1 – z2: %+v", l)
	}
	if l := g.lines[1]; l.along != 8000 || l.full != 0 || l.fees != cost("0.8") || l.rent.Sign() != 0 {
		t.Errorf("z3 – z2: %+v", l)
	}
	if z := g.zones[1]; z.sessions != 4 || z.low != 527_000 || z.high != 747_000 || mean(z.sum, z.sessions) != 6.1175 {
		t.Errorf("z2: %+v, on average %v", z, mean(z.sum, z.sessions))
	}
	if rest := c.totals.network.Sub(g.fees).Sub(g.rents); rest != cost("0.5") {
		t.Errorf("fees %s and rent %s of %s leave the connection %s", g.fees, g.rents, c.totals.network, rest)
	}
	if len(g.full) != 0 {
		t.Errorf("%d settled sessions are kept", len(g.full))
	}
	step := g.steps[0]
	if step.cleared != 1 || step.full[0] != 1 || mean(step.prices[2], step.priced[2]) != 5.9 {
		t.Errorf("the first step: %+v", step)
	}
}

func TestPageShowsTheGrid(t *testing.T) {
	c, dir, slot := zonedCollector(t)
	c.Watch(ledger.Committed{Result: ledger.Result{Events: zonedRun(slot)}})
	if err := c.Finish(); err != nil {
		t.Fatal(err)
	}
	page := string(readFile(t, dir, "report.html"))
	text := regexp.MustCompile(`(?s)<style>.*?</style>|<span lang="en">.*?</span>|<[^>]*>`).ReplaceAllString(page, " ")
	text = strings.Join(strings.Fields(strings.ReplaceAll(html.UnescapeString(text), "\u00a0", " ")), " ")
	for _, want := range []string{
		"Цены зон", "Когда линии загружены полностью", "z1 – z2 · 1,00 ч", "z2 6,12 5,27 7,47 4",
		"z1 – z2 20 кВт 0,03 / 0,00 МВт·ч 67,5 % 1,00 ч 7,29 ₽ 11,30 ₽", "z3 – z2 без предела 0,01 / 0,00 МВт·ч — 0,00 ч 0,80 ₽ 0,00 ₽",
		"сетевой счёт 19,89 ₽ из него плата за передачу по линиям 8,09 ₽ плата за перегрузку линий 11,30 ₽ плата за перегрузку соединения с сетью 0,50 ₽ ; загружено полностью 0,00 ч",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q: %s", want, text)
		}
	}
	if strings.Contains(page, "NaN") || strings.Contains(text, "цена равновесия") {
		t.Error("the page has a number that is none, or one zone's price as the complex's")
	}
}

func TestThePageNamesZones(t *testing.T) {
	sc := &scenario.Scenario{ZoneNames: []scenario.ZoneName{{Zone: "a", Name: "Коса", NameEN: "Spit"}}}
	sc.Complex = torg.Complex{Zones: []torg.ZoneID{"a", "b"}, Lines: []torg.Line{{From: "a", To: "b", Capacity: 5}}}
	v := newGrid(sc, 1).view(torg.Cost{}, time.Hour)
	const both = `<span lang="ru">Коса</span><span lang="en">Spit</span> <span class="soft">a</span>`
	if v.Zones[0].Name != both || v.Zones[1].Name != "b" || v.Lines[0].Name != `<span lang="ru">Коса – b</span><span lang="en">Spit – b</span>` {
		t.Errorf("zones %q and %q, line %q", v.Zones[0].Name, v.Zones[1].Name, v.Lines[0].Name)
	}
}

func TestLengthsAndForecastersAreInWords(t *testing.T) {
	for text, want := range map[string]both{"30s": {"30\u00a0с", "30\u00a0s"}, "15m": {"15\u00a0мин", "15\u00a0min"}, "1h": {"1\u00a0ч", "1\u00a0h"}} {
		if got := length(text); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
	c, dir, slot := collector(t, Options{Unsigned: true, Forecaster: "naive"})
	c.Watch(ledger.Committed{Result: ledger.Result{Events: session(slot)}})
	if err := c.Finish(); err != nil {
		t.Fatal(err)
	}
	if page := string(readFile(t, dir, "report.html")); !strings.Contains(page, `<span lang="ru">наивный</span><span lang="en">naive</span>`) {
		t.Error("the page does not name the forecaster in both languages")
	}
}

func TestOneZoneHasNoGrid(t *testing.T) {
	c, dir, slot := collector(t, Options{})
	c.Watch(ledger.Committed{Result: ledger.Result{Events: session(slot)}})
	if err := c.Finish(); err != nil {
		t.Fatal(err)
	}
	if page := string(readFile(t, dir, "report.html")); strings.Contains(page, "Зоны и линии") || strings.Contains(page, "сетевой счёт") || !strings.Contains(page, "цена равновесия") {
		t.Error("a complex of one zone has a section on its grid")
	}
}

// A plot of many zones shows the space between the cheapest and the dearest, and of
// many lines those that are full most often.
func TestManyZones(t *testing.T) {
	sc := &scenario.Scenario{}
	for i := range 9 {
		sc.Complex.Zones = append(sc.Complex.Zones, torg.ZoneID(fmt.Sprintf("z%d", i)))
		if i > 0 {
			sc.Complex.Lines = append(sc.Complex.Lines, torg.Line{From: "z0", To: sc.Complex.Zones[i], Capacity: 10})
		}
	}
	g := newGrid(sc, 2)
	e := &ledger.Cleared{Discovery: 1, Outcome: market.Outcome{Prices: []market.ZonePrice{{Zone: "z3", Price: 200_000}, {Zone: "z7", Price: -100_000}}}}
	g.cleared(e, &g.steps[1])
	for i := range g.lines {
		g.lines[i].full = i
	}
	plots := g.plots(make([]time.Time, 2), time.Hour, time.Hour)
	if p := plots[0].(plot).lines; len(p) != 2 || p[0].values[1] != 2 || p[1].values[1] != -1 || !math.IsNaN(p[0].values[0]) {
		t.Errorf("prices of nine zones: %+v", p)
	}
	if p := plots[1].(strips).rows; len(p) != mostLines || p[0].name.ru != "z0 – z8 · 7,00\u00a0ч" || p[5].name.ru != "z0 – z3 · 2,00\u00a0ч" {
		t.Errorf("eight lines, seven of them full at times: %+v", p)
	}
}
