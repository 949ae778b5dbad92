package recordtest

import (
	"torg"
	"torg/record"
)

// The zoned complex: z3's generators reach the others by a line that is often full,
// and the connection is in z1.
var (
	Zones = []torg.ZoneID{"z1", "z2", "z3"}
	Lines = []torg.Line{
		{From: "z1", To: "z2", Capacity: torg.Unlimited, Fee: price("0.27")},
		{From: "z2", To: "z3", Capacity: 5000, Fee: price("0.1")},
	}
)

// zoneOf is a place's zone, by its index in Zones.
func zoneOf(site string) int {
	switch site {
	case "press-1", "scooter-1", "gas-1", "heat-2":
		return 1
	case "foundry-1", "wind-1", "solar-1":
		return 2
	}
	return 0
}

// NewZoned builds the same complex on three zones in a row. Its contracts keep to the
// lines, its prices to what the flows allow, and its network account closes.
func NewZoned() *Market {
	m := New()
	m.Deals = nil
	for i := range m.Places {
		m.Places[i].Zone = Zones[zoneOf(string(m.Places[i].ID))]
	}
	for i := range m.OrderRows {
		m.OrderRows[i].Zone = Zones[zoneOf(string(m.OrderRows[i].Site))]
	}
	for i := range m.SessionRows {
		row := &m.SessionRows[i]
		if row.State == record.Active || row.State == record.Settled {
			c := &zoned{market: m, row: row}
			c.clear()
		}
	}
	last := m.SessionRows[len(m.SessionRows)-2]
	m.now.Zones, m.now.Lines = Zones, Lines
	m.now.Prices, m.now.Flows = last.Prices, last.Flows
	m.now.Import, m.now.Export = 0, 0
	var paid torg.Cost
	for _, d := range m.Deals {
		switch {
		case d.Session != last.ID:
		case d.Round < 3:
			m.now.InsideEnergy += d.Energy
			paid = paid.Add(d.Energy.At(torg.Midpoint(d.BuyerPrice, d.SellerPrice)))
		case d.Seller == m.Quotes.ID:
			m.now.Import += d.Energy
		default:
			m.now.Export += d.Energy
		}
	}
	m.now.InsidePrice = paid.Per(m.now.InsideEnergy)
	return m
}

// zoned clears one session of the zoned complex.
type zoned struct {
	market *Market
	row    *record.Session
	flows  [2]torg.Energy // over Lines, plus is away from z1
	prices [3]torg.Price
}

// match is energy for one pair, priced when all of them are known.
type match struct {
	round int
	a, b  *lot // b nil: the supplier
	e     torg.Energy
}

func (c *zoned) clear() {
	buyers, sellers := c.lots()
	var matches []match
	for hops := range len(Zones) { // the nearest zones first
		for _, s := range sellers {
			for _, b := range buyers {
				if from, to := zoneOf(s.site), zoneOf(b.site); from-to == hops || to-from == hops {
					matches = append(matches, c.give(b, s, from, to, min(b.left, s.left)))
				}
			}
		}
	}
	imported, exported := false, false
	for _, b := range buyers {
		if x := c.give(b, nil, 0, zoneOf(b.site), b.left); x.e > 0 {
			matches, imported = append(matches, x), true
		}
	}
	for _, s := range sellers {
		if imported {
			break
		}
		if x := c.give(s, nil, zoneOf(s.site), 0, s.left); x.e > 0 {
			matches, exported = append(matches, x), true
		}
	}
	c.price(imported, exported)
	c.write(matches)
	c.leave(append(buyers, sellers...))
}

// lots are what agents order, the wind park last.
func (c *zoned) lots() (buyers, sellers []*lot) {
	for _, pl := range places {
		if pl.mode != torg.Auto {
			continue
		}
		e := *pl.reading(c.row.SlotStart, Interval, c.row.Slot, record.OnLedger, false).Q50
		if e >= 0 {
			buyers = append(buyers, &lot{pl, e})
		} else {
			sellers = append(sellers, &lot{pl, -e})
		}
	}
	return buyers, sellers
}

// give sends energy from zone to zone as far as lines and the two lots allow.
func (c *zoned) give(a, b *lot, from, to int, e torg.Energy) match {
	step, low, high := torg.Energy(1), min(from, to), max(from, to)
	if to < from {
		step = -1
	}
	for l := low; l < high; l++ {
		if limit := Lines[l].Capacity; limit != torg.Unlimited {
			e = min(e, limit-step*c.flows[l])
		}
	}
	e = max(e, 0)
	for l := low; l < high; l++ {
		c.flows[l] += step * e
	}
	a.left -= e
	round := 3
	if b != nil {
		b.left -= e
		round = 1 + int(c.row.Slot+torg.Slot(e))%2
	}
	return match{round, a, b, e}
}

// price sets z1's price by the supplier's quote that trades, or the session's old price, the
// others' by flows: the fee apart, and 1.35 more across a full line.
func (c *zoned) price(imported, exported bool) {
	c.prices[0] = c.row.Prices[0].Price
	switch {
	case imported:
		c.prices[0] = c.market.Quotes.Sell
	case exported:
		c.prices[0] = c.market.Quotes.Buy
	}
	for l, line := range Lines {
		gap := line.Fee
		if line.Capacity != torg.Unlimited && max(c.flows[l], -c.flows[l]) >= line.Capacity {
			gap += price("1.35")
		}
		switch {
		case c.flows[l] < 0:
			gap = -gap
		case c.flows[l] == 0:
			gap = 0
		}
		c.prices[l+1] = c.prices[l] + gap
	}
	c.row.Prices = nil
	for discovery := 1; discovery <= 2; discovery++ {
		for i, z := range Zones {
			c.row.Prices = append(c.row.Prices, record.Price{Discovery: discovery, Zone: z, Price: c.prices[i]})
		}
	}
	for l, line := range Lines {
		switch f := (record.Flow{Discovery: 1, From: line.From, To: line.To, Energy: c.flows[l]}); {
		case f.Energy < 0:
			c.row.Flows = append(c.row.Flows, record.Flow{Discovery: 1, From: f.To, To: f.From, Energy: -f.Energy})
		case f.Energy > 0:
			c.row.Flows = append(c.row.Flows, f)
		}
	}
}

// write makes contracts of the matches at their zones' prices.
func (c *zoned) write(matches []match) {
	m := c.market
	c.row.Rounds = []record.Round{{Round: 1}, {Round: 2}, {Round: 3}}
	for _, x := range matches {
		a := *x.a
		a.left = x.e
		n := len(m.Deals)
		if x.b == nil {
			m.contract(c.row, 3, &a, nil, 0)
		} else {
			m.contract(c.row, x.round, &a, &lot{x.b.place, x.e}, 0)
		}
		if len(m.Deals) == n {
			continue
		}
		d := &m.Deals[n]
		if d.BuyerSite != "" {
			i := zoneOf(string(d.BuyerSite))
			d.BuyerZone, d.BuyerPrice = Zones[i], c.prices[i]
		}
		if d.SellerSite != "" {
			i := zoneOf(string(d.SellerSite))
			d.SellerZone, d.SellerPrice = Zones[i], c.prices[i]
		}
		c.row.Network = c.row.Network.Add(d.Energy.At(d.BuyerPrice)).Sub(d.Energy.At(d.SellerPrice))
	}
}

// leave says why something is left: behind the full line the price is what the last
// order asks that found room, and the next one asks more.
func (c *zoned) leave(lots []*lot) {
	for _, l := range lots {
		for i := range c.market.OrderRows {
			o := &c.market.OrderRows[i]
			if o.Session != c.row.ID || string(o.Site) != l.site {
				continue
			}
			at := c.prices[zoneOf(l.site)]
			o.Unmatched, o.Reason, o.Best, o.WouldTrade = l.left, "", at, at
			switch {
			case l.left == o.Energy:
				o.Reason, o.Limit = torg.ReasonLine, at+price("0.4")
			case l.left > 0:
				o.Reason, o.Limit = torg.ReasonRationed, at
			}
		}
	}
}
