package market

import "torg"

// step is a level of a stepwise curve: all orders of one side at one limit, or the
// supplier's quote.
type step struct {
	limit    torg.Price
	offered  torg.Energy
	accepted torg.Energy
	orders   []int32 // entries; nil for the supplier's quote
}

// found is what discovery hands on. Zones that trade through lines will fill it in
// the same way.
type found struct {
	prices         []ZonePrice
	flows          []Flow
	imports        torg.Energy
	exports        torg.Energy
	shares         []Share // Inside is filled in by share
	noSell, noBuy  bool    // nobody sells, nobody buys: the supplier's quotes with capacity included
	demand, supply []step
}

// discover finds the outcome of largest welfare of one zone: it walks down the
// demand and up the supply curve while a buyer pays what a seller asks. Of equal
// limits the supplier's quote stands last, and its two quotes never meet, so that
// among equal welfare participants trade the most energy and the supplier the
// least. The margin is shared pro rata. It fills in every entry's accepted energy.
func (s *sheet) discover() found {
	for i := range s.entries {
		s.entries[i].accepted, s.entries[i].inside = 0, 0
	}
	var f found
	f.demand, f.supply = s.steps(s.buys), s.steps(s.sells)
	if q := s.complex.Supplier; q != nil {
		f.demand = withQuote(f.demand, step{limit: q.Buy, offered: s.exportLeft}, func(a torg.Price) bool { return a < q.Buy })
		f.supply = withQuote(f.supply, step{limit: q.Sell, offered: s.importLeft}, func(a torg.Price) bool { return a > q.Sell })
	}
	f.noBuy, f.noSell = len(f.demand) == 0, len(f.supply) == 0
	cross(f.demand, f.supply)
	f.exports, f.imports = quoteTaken(f.demand), quoteTaken(f.supply)
	s.accept(f.demand)
	s.accept(f.supply)
	if len(s.entries) > 0 {
		zone := s.complex.Zones[0]
		if p, ok := equilibrium(zone, f.demand, f.supply); ok {
			f.prices = []ZonePrice{p}
		}
		f.shares = []Share{sideShare(zone, torg.Buy, f.demand), sideShare(zone, torg.Sell, f.supply)}
	}
	return f
}

// steps groups orders that are sorted by merit into levels of one limit.
func (s *sheet) steps(orders []int32) []step {
	var steps []step
	for i := 0; i < len(orders); {
		l := step{limit: s.entries[orders[i]].Limit}
		from := i
		for ; i < len(orders) && s.entries[orders[i]].Limit == l.limit; i++ {
			l.offered += s.entries[orders[i]].open
		}
		l.orders = orders[from:i]
		if l.offered > 0 {
			steps = append(steps, l)
		}
	}
	return steps
}

// withQuote puts the supplier's quote before the first level that is worse.
func withQuote(steps []step, quote step, worse func(torg.Price) bool) []step {
	if quote.offered == 0 {
		return steps
	}
	i := 0
	for i < len(steps) && !worse(steps[i].limit) {
		i++
	}
	steps = append(steps, step{})
	copy(steps[i+1:], steps[i:])
	steps[i] = quote
	return steps
}

// cross accepts energy level by level until the next buyer's limit is below the
// next seller's.
func cross(demand, supply []step) {
	for i, j := 0, 0; i < len(demand) && j < len(supply); {
		d, s := &demand[i], &supply[j]
		if d.limit < s.limit || d.orders == nil && s.orders == nil {
			return
		}
		e := min(d.offered-d.accepted, s.offered-s.accepted)
		d.accepted += e
		s.accepted += e
		if d.accepted == d.offered {
			i++
		}
		if s.accepted == s.offered {
			j++
		}
	}
}

func quoteTaken(steps []step) torg.Energy {
	for _, l := range steps {
		if l.orders == nil {
			return l.accepted
		}
	}
	return 0
}

// accept shares each level's accepted energy among its orders: pro rata, largest
// remainder, then the smaller id.
func (s *sheet) accept(steps []step) {
	for _, l := range steps {
		if l.accepted == 0 || l.accepted == l.offered {
			for _, k := range l.orders {
				if l.accepted > 0 {
					s.entries[k].accepted = s.entries[k].open
				}
			}
			continue
		}
		weights := make([]torg.Energy, len(l.orders))
		for i, k := range l.orders {
			weights[i] = s.entries[k].open
		}
		for i, e := range torg.ApportionEnergy(l.accepted, weights) {
			s.entries[l.orders[i]].accepted = e
		}
	}
}

// equilibrium returns the zone's price between the lowest and the highest at which
// nobody accepted would rather not trade and nobody left would rather trade. There
// is none where no level bounds it.
func equilibrium(zone torg.ZoneID, demand, supply []step) (ZonePrice, bool) {
	p := ZonePrice{Zone: zone}
	atLeast := func(l torg.Price) {
		if !p.HasLowest || l > p.Lowest {
			p.Lowest, p.HasLowest = l, true
		}
	}
	atMost := func(l torg.Price) {
		if !p.HasHighest || l < p.Highest {
			p.Highest, p.HasHighest = l, true
		}
	}
	for _, d := range demand {
		if d.accepted > 0 {
			atMost(d.limit)
		}
		if d.accepted < d.offered {
			atLeast(d.limit)
		}
	}
	for _, s := range supply {
		if s.accepted > 0 {
			atLeast(s.limit)
		}
		if s.accepted < s.offered {
			atMost(s.limit)
		}
	}
	switch {
	case p.HasLowest && p.HasHighest:
		p.Price = torg.Midpoint(p.Lowest, p.Highest)
	case p.HasLowest:
		p.Price = p.Lowest
	default:
		p.Price = p.Highest
	}
	return p, p.HasLowest || p.HasHighest
}

func sideShare(zone torg.ZoneID, side torg.Side, steps []step) Share {
	h := Share{Zone: zone, Side: side}
	for _, l := range steps {
		if l.orders == nil {
			continue
		}
		h.Offered += l.offered
		h.Accepted += l.accepted
		if l.accepted > 0 {
			h.Last, h.LastOffered, h.LastAccepted = l.limit, l.offered, l.accepted
		}
	}
	return h
}
