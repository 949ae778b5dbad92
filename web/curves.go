package web

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"torg"
	"torg/record"
)

// curves are demand and supply of a session: cumulated energy of the sealed orders
// over their limits.
type curves struct {
	Demand, Supply string // paths in a square of 1000 by 1000
	Values, Energy []mark
	Lines          []mark
	Buy, Sell      torg.Energy
	Zone           torg.ZoneID // whose orders they are; empty: the complex has one zone
}

// asksZone is the zone whose curves the address asks for; without one, the first
// zone with orders on both sides, or with any.
func (p *page) asksZone(orders []record.Order) torg.ZoneID {
	if !p.Zoned() {
		return ""
	}
	if want := torg.ZoneID(p.r.URL.Query().Get("zone")); slices.Contains(p.Now.Zones, want) {
		return want
	}
	sides := map[torg.ZoneID]map[torg.Side]bool{}
	for _, o := range orders {
		if sides[o.Zone] == nil {
			sides[o.Zone] = map[torg.Side]bool{}
		}
		sides[o.Zone][o.Side] = true
	}
	best := p.Now.Zones[0]
	for _, z := range p.Now.Zones {
		if len(sides[z]) > len(sides[best]) {
			best = z
		}
	}
	return best
}

// curves draws the orders of discovery 1, as they came to the gate, of a zone or of
// all where none is named; nil where there are no orders.
func (p *page) curves(orders []record.Order, zone torg.ZoneID) *curves {
	var buys, sells []record.Order
	c := curves{Zone: zone}
	low, high := torg.Price(0), torg.Price(0)
	for _, o := range orders {
		if o.Discovery != 1 || o.Refused != "" || zone != "" && o.Zone != zone {
			continue
		}
		low, high = min(low, o.Limit), max(high, o.Limit)
		if o.Side == torg.Buy {
			buys, c.Buy = append(buys, o), c.Buy+o.Energy
		} else {
			sells, c.Sell = append(sells, o), c.Sell+o.Energy
		}
	}
	most := max(c.Buy, c.Sell)
	if most == 0 && zone == "" {
		return nil
	} else if most == 0 {
		return &c
	}
	slices.SortFunc(buys, func(a, b record.Order) int { return cmp.Compare(b.Limit, a.Limit) })
	slices.SortFunc(sells, func(a, b record.Order) int { return cmp.Compare(a.Limit, b.Limit) })
	q := p.quotes(zone)
	if q != nil {
		low, high = min(low, q.Buy), max(high, q.Sell)
	}
	var s scale
	s.low, s.high, c.Values = p.axis(low.RUBkWh(), high.RUBkWh(), func(v float64) string { return p.Number(v, 1) })
	c.Demand, c.Supply = staircase(buys, most, s), staircase(sells, most, s)
	if q != nil {
		c.Lines = []mark{
			{s.y(q.Sell.RUBkWh()) / 10, p.T(p.delivered("supplier.sells", q), "Price", p.Price(q.Sell))},
			{s.y(q.Buy.RUBkWh()) / 10, p.T(p.delivered("supplier.buys", q), "Price", p.Price(q.Buy))},
		}
	}
	for _, share := range []float64{0.25, 0.5, 0.75} {
		c.Energy = append(c.Energy, mark{100 * share, p.Energy(torg.Energy(share * float64(most)))})
	}
	return &c
}

func staircase(orders []record.Order, most torg.Energy, s scale) string {
	var d strings.Builder
	x := 0.0
	for i, o := range orders {
		if i == 0 {
			fmt.Fprintf(&d, "M0 %.1f", s.y(o.Limit.RUBkWh()))
		} else {
			fmt.Fprintf(&d, "V%.1f", s.y(o.Limit.RUBkWh()))
		}
		x += 1000 * float64(o.Energy) / float64(most)
		fmt.Fprintf(&d, "H%.1f", x)
	}
	return d.String()
}

// shifted says why a zone's price is not where its own curves cross: lines bring
// energy or take it away.
func (p *page) shifted(v sessionView) string {
	if v.Grid == nil {
		return ""
	}
	for _, z := range v.Grid.Zones {
		switch {
		case z.Zone != v.Curves.Zone || z.Prices[0] == nil:
		case z.Net > 0:
			return p.T("curves.in", "Price", p.PriceUnit(*z.Prices[0]), "Energy", p.Energy(z.Net))
		case z.Net < 0:
			return p.T("curves.out", "Price", p.PriceUnit(*z.Prices[0]), "Energy", p.Energy(-z.Net))
		}
	}
	return ""
}
