package market

import "torg"

// trades turns placed energy into trades at their prices: rounds 1 and 2 as pairing
// found them, round 3 with the supplier by order id. After a second discovery
// nobody pairs one to one: what it places inside is the second half of round 2.
func (s *sheet) trades(p *pairing, price torg.Price) []torg.Trade {
	if p == nil {
		return nil
	}
	trades := make([]torg.Trade, 0, len(p.deals))
	for round := 1; round <= 2; round++ {
		for _, d := range p.deals {
			if d.round == round && d.energy > 0 {
				b, l := p.buyers[d.buyer].Order, p.sellers[d.seller].Order
				trades = append(trades, s.insideTrade(max(round, s.discovery), b, l, d.energy, price))
			}
		}
	}
	for i := range s.entries {
		if e := &s.entries[i]; e.accepted > e.inside {
			trades = append(trades, s.supplierTrade(e.Order, e.accepted-e.inside, price))
		}
	}
	return trades
}

// insideTrade prices a contract between two participants. Split shares its gain
// evenly: both prices are shifted by half of what the buyer would gain more than the
// seller at the zone's price.
func (s *sheet) insideTrade(round int, buy, sell *torg.Order, e torg.Energy, price torg.Price) torg.Trade {
	var shift torg.Price
	if s.complex.Pricing == torg.Split {
		x := countedLimit(s.complex, buy, price) - price
		y := price - countedLimit(s.complex, sell, price)
		shift = torg.FloorHalf(x - y)
	}
	return torg.Trade{
		Round: round, Energy: e,
		BuyOrder: buy.ID, Buyer: buy.Participant, BuyerSite: buy.Site, BuyerZone: buy.Zone, BuyerPrice: price + shift,
		SellOrder: sell.ID, Seller: sell.Participant, SellerSite: sell.Site, SellerZone: sell.Zone, SellerPrice: price + shift,
	}
}

// countedLimit is an order's limit as far as it counts for sharing a gain: no
// further than what the supplier offers, or than the zone's price where that is
// further still. The supplier's offer counts where its connection has a capacity
// that way at all, used by now or not.
func countedLimit(c torg.Complex, o *torg.Order, price torg.Price) torg.Price {
	switch q := c.Supplier; {
	case q != nil && o.Side == torg.Buy && q.Import != 0:
		return min(o.Limit, max(price, q.Sell))
	case q != nil && o.Side == torg.Sell && q.Export != 0:
		return max(o.Limit, min(price, q.Buy))
	}
	return o.Limit
}

// supplierTrade is a contract of round 3: the participant's price is its zone's,
// the supplier's is its quote.
func (s *sheet) supplierTrade(o *torg.Order, e torg.Energy, price torg.Price) torg.Trade {
	q := s.complex.Supplier
	t := torg.Trade{Round: 3, Energy: e}
	if o.Side == torg.Buy {
		t.BuyOrder, t.Buyer, t.BuyerSite, t.BuyerZone, t.BuyerPrice = o.ID, o.Participant, o.Site, o.Zone, price
		t.Seller, t.SellerZone, t.SellerPrice = q.Participant, q.Zone, q.Sell
	} else {
		t.SellOrder, t.Seller, t.SellerSite, t.SellerZone, t.SellerPrice = o.ID, o.Participant, o.Site, o.Zone, price
		t.Buyer, t.BuyerZone, t.BuyerPrice = q.Participant, q.Zone, q.Buy
	}
	return t
}
