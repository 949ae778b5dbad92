package market

import "torg"

// Clear decides one discovery of a session. It refuses what NewSheet refuses.
func Clear(b Book) (Outcome, error) {
	s, err := NewSheet(b)
	if err != nil {
		return Outcome{}, err
	}
	return s.Clear().Outcome(), nil
}

// Outcome returns the result with names for numbers, as it is published.
func (r *Result) Outcome() Outcome {
	return Outcome{
		Discovery: r.sheet.discovery, Prices: r.Prices, Shares: r.Shares, Flows: r.Flows,
		Import: r.Import, Export: r.Export, ImportFull: r.ImportFull, ExportFull: r.ExportFull, FullZones: r.FullZones,
		Trades: r.trades(), Unmatched: r.unmatched(), Welfare: r.Welfare, Network: r.Network, Used: r.Used,
	}
}

func (r *Result) trades() []torg.Trade {
	s, n := r.sheet, len(r.Rounds[0])+len(r.Rounds[1])+len(r.Rounds[2])
	if n == 0 {
		return nil
	}
	trades := make([]torg.Trade, 0, n)
	site := func(i int32) torg.SiteID {
		if s.sites == nil {
			return ""
		}
		return s.sites(s.row[i])
	}
	q, id := s.grid.complex.Supplier, r.ids()
	for round, deals := range r.Rounds {
		for _, d := range deals {
			t := torg.Trade{Round: round + 1, Energy: d.Energy}
			t.BuyerPrice, t.SellerPrice = r.DealPrices(round+1, d)
			if i := d.Buy; i == Supplier {
				t.Buyer, t.BuyerZone = q.Participant, q.Zone
			} else {
				t.BuyOrder, t.Buyer, t.BuyerSite, t.BuyerZone = id(i), s.Participant(i), site(i), s.Zone(i)
			}
			if i := d.Sell; i == Supplier {
				t.Seller, t.SellerZone = q.Participant, q.Zone
			} else {
				t.SellOrder, t.Seller, t.SellerSite, t.SellerZone = id(i), s.Participant(i), site(i), s.Zone(i)
			}
			trades = append(trades, t)
		}
	}
	return trades
}

func (r *Result) unmatched() []Unmatched {
	var left []Unmatched
	id := r.ids()
	for i := range int32(r.sheet.Len()) {
		rest, why := r.Left(i)
		if rest == 0 {
			continue
		}
		u := Unmatched{Order: id(i), Energy: rest, Reason: why}
		u.Best, u.WouldTrade, u.HasBest = r.available(i)
		left = append(left, u)
	}
	return left
}

// ids returns what gives the ids of orders by place, all parts of one string.
func (r *Result) ids() func(i int32) torg.OrderID {
	c := &r.sheet.ids
	text := torg.OrderID(c.text)
	return func(i int32) torg.OrderID {
		from, end := c.span(i)
		return text[from:end]
	}
}
