package market

import "torg"

// why is a reason in a byte.
type why uint8

const (
	whyNot why = iota // wholly contracted
	whyAvoided
	whyRationed
	whyLine
	whyConnection
	whyNobody
	whyPrice
)

func (w why) reason() torg.Reason {
	return [...]torg.Reason{
		"", torg.ReasonAvoided, torg.ReasonRationed, torg.ReasonLine, torg.ReasonConnection, torg.ReasonNoOtherSide, torg.ReasonPrice,
	}[w]
}

// reach is how far, in limits, other zones and the supplier would come to meet a
// zone's orders if lines and connection had room.
type reach struct {
	buyLine, sellLine           torg.Price // the cheapest price of others delivered; the best paid by others, fees taken off
	buyConnection, sellSupplier torg.Price // the supplier's quotes delivered, where the connection is full
}

// usual is what is said of a side of a zone whose limits are outside of from to to, and
// inside is where to look closer. Most books leave nothing inside.
type usual struct {
	from, to torg.Price
	why      why
}

// reasons says of every order that is not wholly contracted why: the first reason
// that holds, in the order in which torg lists them.
func (r *Result) reasons() {
	s := r.sheet
	r.why = make([]why, s.Len())
	reach := r.reaches()
	sides := make([][2]usual, len(r.zones))
	for z := range sides {
		sides[z] = r.zones[z].usual(&reach[z])
	}
	accepted, energy, zones := r.accepted[:len(s.key)], s.energy[:len(s.key)], s.zone[:len(s.key)]
	for i, k := range s.key {
		u := &sides[zones[i]][k>>1&1]
		left := accepted[i] - energy[i] // never positive
		w := u.why & why(left>>63)      // no branch that is anybody's guess
		if limit := torg.Price(k+1) >> 2; limit >= u.from && limit <= u.to && left != 0 {
			w = r.zones[zones[i]].why(k, &reach[zones[i]])
		}
		r.why[i] = w
	}
	for i := range s.wishes {
		if w := &s.wishes[i]; w.avoided && r.accepted[w.order] < s.energy[w.order] {
			r.why[w.order] = whyAvoided
		}
	}
}

// usual returns what is usual for buyers and for sellers: the price, or that nobody is
// there. Others may reach limits from the nearer of line and connection to the price,
// and the price itself may be rationed.
func (z *zone) usual(x *reach) [2]usual {
	buy := usual{min(x.buyLine, x.buyConnection), z.price - 1, whyPrice}
	sell := usual{z.price + 1, max(x.sellLine, x.sellSupplier), whyPrice}
	if z.rations() {
		buy.from, buy.to = min(buy.from, z.lowest), max(buy.to, z.lowest)
		sell.from, sell.to = min(sell.from, z.lowest), max(sell.to, z.lowest)
	}
	if !z.sellers {
		buy.why = whyNobody
	}
	if !z.buyers {
		sell.why = whyNobody
	}
	return [2]usual{buy, sell}
}

// rations says that the zone's equilibrium is one price: it trades both ways there, so
// there is somebody who would sell and somebody who would buy.
func (z *zone) rations() bool { return z.hasLowest && z.hasHighest && z.lowest == z.highest }

// why returns why an order with a key that has something left has it.
func (z *zone) why(key int32, x *reach) why {
	limit := keyLimit(key)
	if z.rations() && limit == z.lowest {
		return whyRationed
	}
	if key&3 == 1 {
		switch {
		case limit < z.price && limit >= x.buyLine:
			return whyLine
		case limit < z.price && limit >= x.buyConnection:
			return whyConnection
		case !z.sellers:
			return whyNobody
		}
		return whyPrice
	}
	switch {
	case limit > z.price && limit <= x.sellLine:
		return whyLine
	case limit > z.price && limit <= x.sellSupplier:
		return whyConnection
	case !z.buyers:
		return whyNobody
	}
	return whyPrice
}

func (r *Result) reaches() []reach {
	g := r.sheet.grid
	out := make([]reach, len(r.zones))
	bought, paid := g.nowhere(), g.nowhere()
	for z := range r.zones {
		if x := &r.zones[z]; x.hasLowest && x.hasHighest {
			bought[z], paid[z] = x.price, -x.price
		}
		out[z].buyConnection, out[z].sellSupplier = far, -far
	}
	g.cheapest(bought)
	g.cheapest(paid)
	for z := range out {
		out[z].buyLine, out[z].sellLine = bought[z], -paid[z]
		if q := g.complex.Supplier; q != nil && g.delivered[z] != far {
			if r.Import == g.imports {
				out[z].buyConnection = q.Sell + g.delivered[z]
			}
			if r.Export == g.exports {
				out[z].sellSupplier = q.Buy - g.delivered[z]
			}
		}
	}
	return out
}

// available returns the price that an order that is left could have had, and the
// nearest limit that would have traded; not where the other side is absent, and not
// for what its own avoid took out. At the other end of the equilibrium there is
// always somebody who yields: one who is left over there, or one accepted at the
// margin. A rationed order has to go one step beyond its fellows to stand before
// them.
func (r *Result) available(i int32) (best, would torg.Price, has bool) {
	z, side, w := &r.zones[r.sheet.zone[i]], r.sheet.Side(i), r.why[i]
	switch {
	case w == whyAvoided || !z.priced():
		return 0, 0, false
	case side == torg.Buy && !(z.sellers && z.hasHighest), side == torg.Sell && !(z.buyers && z.hasLowest):
		return 0, 0, false
	case w == whyRationed && side == torg.Buy:
		return z.price, min(z.highest+1, torg.MaxPrice), true
	case w == whyRationed:
		return z.price, max(z.lowest-1, torg.MinPrice), true
	case side == torg.Buy:
		return z.price, z.highest, true
	}
	return z.price, z.lowest, true
}
