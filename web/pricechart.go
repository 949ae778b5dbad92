package web

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"torg"
	"torg/record"
)

// zoneLine is the price of a zone over time: paths of what was and of generated
// history.
type zoneLine struct {
	Zone        torg.ZoneID
	Fact, Model string
}

// mostLines is how many zones a chart can show as lines; more are drawn as the space
// between the cheapest and the dearest.
const mostLines = 6

// priceChart draws the prices of the last sessions between the supplier's two: the
// complex's, or each zone's. Sessions come newest first.
func (p *page) priceChart(rows []record.Session) chart {
	var c chart
	if len(rows) == 0 {
		return c
	}
	points := make([]point, 0, len(rows))
	low, high := math.Inf(1), math.Inf(-1)
	for _, x := range rows {
		pt := p.pricePoint(x)
		if pt.Low != nil {
			low, high, c.Any = min(low, *pt.Low), max(high, *pt.High), true
		}
		points = append(points, pt)
	}
	slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.from.UnixNano(), b.from.UnixNano()) })
	if !c.Any {
		return c
	}
	q := p.Now.Supplier
	if q != nil {
		low, high = min(low, q.Buy.RUBkWh()), max(high, q.Sell.RUBkWh())
	}
	s := scale{from: points[0].from, to: points[len(points)-1].to}
	s.low, s.high, c.Values = p.axis(min(0, low), high, func(v float64) string { return p.Number(v, 1) })
	c.Points, c.Now = points, -1
	switch n := len(p.Now.Zones); {
	case n > mostLines:
		c.Band = band(points, s)
	case n > 1:
		c.Zones = p.zoneLines(rows, points, s)
	default:
		c.Fact, c.Model = bothPaths(points, s)
	}
	if q != nil {
		c.Lines = []mark{{s.y(q.Sell.RUBkWh()) / 10, p.T("supplier.sells", "Price", p.Price(q.Sell))}, {s.y(q.Buy.RUBkWh()) / 10, p.T("supplier.buys", "Price", p.Price(q.Buy))}}
	}
	tick := 10 * time.Minute
	for s.to.Sub(s.from)/tick > 8 {
		tick *= 3
	}
	c.Times = p.times(s, tick)
	for i := range c.Points {
		c.Points[i].X = s.x(c.Points[i].from) / 10
		c.Points[i].Width = s.x(c.Points[i].to)/10 - c.Points[i].X
	}
	return c
}

// pricePoint is a session on the chart: Fact its first price, Low and High the ends
// of its zones' prices in the first discovery.
func (p *page) pricePoint(x record.Session) point {
	pt := point{from: x.SlotStart, to: x.SlotStart.Add(p.site.Calendar.Interval), Model: x.Origin == record.Simulated, When: p.Clock(x.SlotStart)}
	if pt.Model {
		pt.to = x.SlotStart.Add(p.site.HistoryStep)
	}
	pt.Tip = p.T("state." + string(x.State))
	if len(x.Prices) == 0 {
		return pt
	}
	first := x.Prices[0].Price.RUBkWh()
	low, high := first, first
	pt.Tip = p.PriceUnit(x.Prices[0].Price)
	var zones []string
	for _, z := range x.Prices {
		if v := z.Price.RUBkWh(); z.Discovery == 1 {
			low, high = min(low, v), max(high, v)
			zones = append(zones, p.ZoneName(z.Zone)+" "+p.Price(z.Price))
		}
	}
	pt.Fact, pt.Low, pt.High = &first, &low, &high
	if p.Zoned() {
		pt.Tip = strings.Join(zones[:min(len(zones), mostLines)], " · ")
	}
	return pt
}

// zoneLines draws each zone's price of the first discovery.
func (p *page) zoneLines(rows []record.Session, points []point, s scale) []zoneLine {
	prices := map[time.Time]map[torg.ZoneID]float64{}
	for _, x := range rows {
		at := map[torg.ZoneID]float64{}
		for _, z := range x.Prices {
			if z.Discovery == 1 {
				at[z.Zone] = z.Price.RUBkWh()
			}
		}
		prices[x.SlotStart] = at
	}
	var lines []zoneLine
	for _, zone := range p.Now.Zones {
		own := slices.Clone(points)
		for i := range own {
			own[i].Fact = nil
			if v, ok := prices[own[i].from][zone]; ok {
				own[i].Fact = &v
			}
		}
		fact, model := bothPaths(own, s)
		lines = append(lines, zoneLine{zone, fact, model})
	}
	return lines
}

// bothPaths draws what was and what is generated history.
func bothPaths(points []point, s scale) (fact, model string) {
	draw := func(modelled bool) string {
		return steps(points, s, func(pt point) *float64 {
			if pt.Model != modelled {
				return nil
			}
			return pt.Fact
		})
	}
	return draw(false), draw(true)
}
