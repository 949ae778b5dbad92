package audit

import (
	"torg"
)

// ends are the lowest and the highest price of a zone at which nobody accepted would
// rather not trade, and nobody left would rather trade.
type ends struct {
	low, high       torg.Price
	hasLow, hasHigh bool
}

func (e *ends) atLeast(p torg.Price) (moved bool) {
	if e.hasLow && p <= e.low {
		return false
	}
	e.low, e.hasLow = p, true
	return true
}

func (e *ends) atMost(p torg.Price) (moved bool) {
	if e.hasHigh && p >= e.high {
		return false
	}
	e.high, e.hasHigh = p, true
	return true
}

// crossed says that no price suits everybody.
func (e ends) crossed() bool { return e.hasLow && e.hasHigh && e.low > e.high }

// price is the midpoint rounded down, or the one end there is.
func (e ends) price() (torg.Price, bool) {
	switch {
	case e.hasLow && e.hasHigh:
		sum := e.low + e.high
		if sum%2 != 0 && sum < 0 {
			sum--
		}
		return sum / 2, true
	case e.hasLow:
		return e.low, true
	}
	return e.high, e.hasHigh
}

// endsOf returns the ends of every zone, from what orders and supplier accept there
// and from what lines with room would carry in from other zones. Prices count scale
// times, fees included, and the limits of participants by tilt in favour of trade.
// open says by zone that an avoid took something out of an order there that no row
// tells, settled that no circle of flows would gain.
func (g *grid) endsOf(b *book, scale, tilt torg.Price) (list []ends, open []bool, settled bool) {
	list, open = make([]ends, len(g.zones)), make([]bool, len(g.zones))
	for _, o := range b.orders {
		z := g.zone(o.zone)
		if z < 0 {
			continue // told as unknown
		}
		accepted, left, limit := list[z].atMost, list[z].atLeast, o.limit*scale+tilt
		if o.side == torg.Sell {
			accepted, left, limit = left, accepted, o.limit*scale-tilt
		}
		if o.traded > 0 {
			accepted(limit)
		}
		switch {
		case o.avoided:
			open[z] = true
		case o.traded < o.energy:
			left(limit)
		}
	}
	g.quote(list, scale)
	return list, open, spread(list, g.arcs(), scale)
}

// quote adds what the supplier accepts.
func (g *grid) quote(list []ends, scale torg.Price) {
	q := g.supplier
	if q == nil {
		return
	}
	home := &list[g.home]
	if g.imports > 0 {
		home.atLeast(q.Sell * scale)
	}
	if g.importRoom() {
		home.atMost(q.Sell * scale)
	}
	if g.exports > 0 {
		home.atMost(q.Buy * scale)
	}
	if g.exportRoom() {
		home.atLeast(q.Buy * scale)
	}
}

// spread carries the ends along lines: where one watt-hour more can flow from a zone
// to another, the other's price is at most the zone's and the fee. It says whether
// that came to an end, which it does not where a circle of flows would gain.
func spread(list []ends, arcs []arc, scale torg.Price) bool {
	for range len(list) + 1 {
		moved := false
		for _, a := range arcs {
			from, to, fee := &list[a.from], &list[a.to], a.fee*scale
			if from.hasHigh && to.atMost(from.high+fee) {
				moved = true
			}
			if to.hasLow && from.atLeast(to.low-fee) {
				moved = true
			}
		}
		if !moved {
			return true
		}
	}
	return false
}

// detour says whether the same energy could be carried for lower fees, or for the
// same fees over fewer lines: some circle of ways costs less than nothing.
func detour(zones int, arcs []arc) bool {
	best := make([]torg.Price, zones)
	for range zones + 1 {
		moved := false
		for _, a := range arcs {
			if p := best[a.from] + a.fee*tilted + a.step; p < best[a.to] {
				best[a.to], moved = p, true
			}
		}
		if !moved {
			return false
		}
	}
	return true
}

// tilted is how often a price counts where equal welfare is decided by less: one step
// of price outweighs a tilt of every order in a circle, and a step over every line.
const tilted torg.Price = 1 << 20
