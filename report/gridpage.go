package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"time"

	"torg"
)

// mostLines is how many zones or lines a plot can show.
const mostLines = 6

// plots are prices by zone and when lines are full, over time.
func (g *grid) plots(starts []time.Time, length, slot time.Duration) []drawing {
	prices := plot{
		title: both{"Цены зон", "Prices by zone"}, unit: both{"₽/кВт·ч, равновесная", "₽/kWh, equilibrium"},
		note:   both{"Дальше платы за передачу цены соседних зон расходятся там, где линия между ними загружена полностью.", "Prices of neighbouring zones are further apart than the fee where the line between them is full."},
		starts: starts, length: length,
	}
	if len(g.zones) <= mostLines {
		for i, z := range g.complex.Zones {
			prices.lines = append(prices.lines, layer{g.names[z], zoneClass(i), g.each(func(s gridStep) float64 { return mean(s.prices[i], s.priced[i]) })})
		}
	} else {
		prices.lines = []layer{
			{both{"самая дорогая зона", "the dearest zone"}, zoneClass(0), g.each(func(s gridStep) float64 { return s.end(math.Max) })},
			{both{"самая дешёвая зона", "the cheapest zone"}, zoneClass(1), g.each(func(s gridStep) float64 { return s.end(math.Min) })},
		}
	}
	full := strips{
		title: both{"Когда линии загружены полностью", "When lines are full"}, unit: both{"доля сессий", "share of sessions"}, starts: starts,
		note: both{"Часы: сколько времени поставки линия была загружена полностью по договорам сессий.", "Hours: for how much of the delivery time the sessions' contracts left the line full."},
	}
	for _, i := range g.fullest() {
		l := g.complex.Lines[i]
		name := g.lineName(l).then(same(" · ")).then(hours(g.lines[i].full, slot))
		full.rows = append(full.rows, layer{name, "tight", g.each(func(s gridStep) float64 { return float64(s.full[i]) / float64(max(s.cleared, 1)) })})
	}
	if len(full.rows) == 0 {
		return []drawing{prices}
	}
	return []drawing{prices, full}
}

func zoneClass(i int) string { return fmt.Sprintf("z%d", i%mostLines) }

func (g *grid) each(value func(gridStep) float64) []float64 {
	out := make([]float64, len(g.steps))
	for i, s := range g.steps {
		out[i] = value(s)
	}
	return out
}

// end is the highest or lowest of the zones' mean prices in a step.
func (s gridStep) end(further func(x, y float64) float64) float64 {
	end := math.NaN()
	for i := range s.prices {
		switch v := mean(s.prices[i], s.priced[i]); {
		case math.IsNaN(end):
			end = v
		case !math.IsNaN(v):
			end = further(end, v)
		}
	}
	return end
}

// fullest are the lines that were ever full, most often first, as many as a plot can
// show, by index.
func (g *grid) fullest() []int {
	var out []int
	for range g.lines {
		best := -1
		for i, t := range g.lines {
			taken := false
			for _, j := range out {
				taken = taken || i == j
			}
			if !taken && t.full > 0 && (best < 0 || t.full > g.lines[best].full) {
				best = i
			}
		}
		if best < 0 || len(out) == mostLines {
			break
		}
		out = append(out, best)
	}
	return out
}

// gridView is the page's section on zones and lines, in figures.
type gridView struct {
	Zones, Lines             []gridRow
	Network, Fees, Rent, Tie template.HTML
	TieFull                  template.HTML // hours
	HasTie                   bool
}

// gridRow is a zone's or a line's row.
type gridRow struct {
	Name  template.HTML
	Cells []template.HTML
}

func (g *grid) view(network torg.Cost, slot time.Duration) *gridView {
	if g == nil {
		return nil
	}
	v := &gridView{
		Network: rubles(network).HTML(), Fees: rubles(g.fees).HTML(), Rent: rubles(g.rents).HTML(),
		Tie: rubles(network.Sub(g.fees).Sub(g.rents)).HTML(), TieFull: hours(g.tie, slot).HTML(), HasTie: g.complex.Supplier != nil,
	}
	for i, z := range g.complex.Zones {
		t := g.zones[i]
		row := gridRow{g.zoneName(z), []template.HTML{"—", "—", "—", count(0).HTML()}}
		if t.sessions > 0 {
			row.Cells = []template.HTML{
				fixed(mean(t.sum, t.sessions), 2).HTML(), fixed(t.low.RUBkWh(), 2).HTML(), fixed(t.high.RUBkWh(), 2).HTML(), count(t.sessions).HTML(),
			}
		}
		v.Zones = append(v.Zones, row)
	}
	sessions := 0
	for _, s := range g.steps {
		sessions += s.cleared
	}
	for i, l := range g.complex.Lines {
		if l.Capacity == 0 {
			continue
		}
		v.Lines = append(v.Lines, g.lines[i].row(g.lineName(l), l, sessions, slot))
	}
	return v
}

// lineName names a line by its ends.
func (g *grid) lineName(l torg.Line) both {
	return g.names[l.From].then(same(" – ")).then(g.names[l.To])
}

// zoneName names a zone, with the id that the tables know it by.
func (g *grid) zoneName(z torg.ZoneID) template.HTML {
	name := g.names[z]
	if name == same(string(z)) {
		return name.HTML()
	}
	return name.HTML() + template.HTML(` <span class="soft">`+html.EscapeString(string(z))+`</span>`)
}

// row is a line in figures: its capacity as power, what it carried each way, how full
// it was on average and for how many hours, and what that cost.
func (t lineTotal) row(name both, l torg.Line, sessions int, slot time.Duration) gridRow {
	limit, load := both{"без предела", "unlimited"}, same("—")
	if l.Capacity != torg.Unlimited {
		limit = fixed(l.Capacity.KWh()/slot.Hours(), 0).then(both{"\u00a0кВт", "\u00a0kW"})
		load = percent(share{t.along + t.back, l.Capacity * torg.Energy(sessions)})
	}
	row := gridRow{Name: name.HTML()}
	flow := fixed(float64(t.along)/1e6, 2).then(same(" / ")).then(megawattHours(t.back))
	for _, cell := range []both{limit, flow, load, hours(t.full, slot), rubles(t.fees), rubles(t.rent)} {
		row.Cells = append(row.Cells, cell.HTML())
	}
	return row
}

func hours(sessions int, slot time.Duration) both {
	return fixed(float64(sessions)*slot.Hours(), 2).then(both{"\u00a0ч", "\u00a0h"})
}
