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
}

// curves draws the orders of discovery 1, as they came to the gate; nil where there
// are none.
func (p *page) curves(orders []record.Order) *curves {
	var buys, sells []record.Order
	var c curves
	low, high := torg.Price(0), torg.Price(0)
	for _, o := range orders {
		if o.Discovery != 1 || o.Refused != "" {
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
	if most == 0 {
		return nil
	}
	slices.SortFunc(buys, func(a, b record.Order) int { return cmp.Compare(b.Limit, a.Limit) })
	slices.SortFunc(sells, func(a, b record.Order) int { return cmp.Compare(a.Limit, b.Limit) })
	if q := p.Now.Supplier; q != nil {
		low, high = min(low, q.Buy), max(high, q.Sell)
	}
	var s scale
	s.low, s.high, c.Values = p.axis(low.RUBkWh(), high.RUBkWh(), func(v float64) string { return p.Number(v, 1) })
	c.Demand, c.Supply = staircase(buys, most, s), staircase(sells, most, s)
	if q := p.Now.Supplier; q != nil {
		c.Lines = []mark{{s.y(q.Sell.RUBkWh()) / 10, p.T("supplier.sells", "Price", p.Price(q.Sell))}, {s.y(q.Buy.RUBkWh()) / 10, p.T("supplier.buys", "Price", p.Price(q.Buy))}}
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
