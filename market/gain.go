package market

import "torg"

// network is what buyers pay less what sellers get. A contract's two prices are apart
// by as much as its two zones', whatever gain it shares.
func (r *Result) network() torg.Cost {
	var n torg.Cost
	for i := range r.zones {
		z := &r.zones[i]
		n = n.Add(z.share[0].Accepted.At(z.price)).Sub(z.share[1].Accepted.At(z.price))
	}
	if q := r.sheet.grid.complex.Supplier; q != nil {
		n = n.Add(r.Export.At(q.Buy)).Sub(r.Import.At(q.Sell))
	}
	return n
}

// countedLimit is a limit as far as it counts for sharing a gain: no further than
// what the supplier offers delivered, or than the zone's price where that is further
// still. The supplier's offer counts where its connection has a capacity that way at
// all, used by now or not.
func countedLimit(q *torg.Supplier, delivered torg.Price, side torg.Side, limit, price torg.Price) torg.Price {
	switch {
	case q == nil || delivered == far:
	case side == torg.Buy && q.Import != 0:
		return min(limit, max(price, q.Sell+delivered))
	case side == torg.Sell && q.Export != 0:
		return max(limit, min(price, q.Buy-delivered))
	}
	return limit
}

func (g *grid) deliveredTo(zone uint16) torg.Price {
	if g.delivered == nil {
		return far
	}
	return g.delivered[zone]
}

// DealPrices returns what a deal's buyer pays and its seller gets. With the
// supplier, the participant's price is its zone's and the supplier's its quote.
// Between participants, split shares the gain evenly: both prices are their zones',
// shifted by half of what the buyer would gain more than the seller at those.
func (r *Result) DealPrices(round int, d Deal) (buyer, seller torg.Price) {
	s := r.sheet
	q := s.grid.complex.Supplier
	switch {
	case d.Buy == Supplier:
		return q.Buy, r.zones[s.zone[d.Sell]].price
	case d.Sell == Supplier:
		return r.zones[s.zone[d.Buy]].price, q.Sell
	}
	b, l := s.zone[d.Buy], s.zone[d.Sell]
	buyer, seller = r.zones[b].price, r.zones[l].price
	if s.grid.complex.Pricing == torg.Split {
		x := countedLimit(q, s.grid.deliveredTo(b), torg.Buy, s.Limit(d.Buy), buyer) - buyer
		y := seller - countedLimit(q, s.grid.deliveredTo(l), torg.Sell, s.Limit(d.Sell), seller)
		shift := torg.FloorHalf(x - y)
		return buyer + shift, seller + shift
	}
	return buyer, seller
}
