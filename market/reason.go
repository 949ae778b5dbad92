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

// reasons says of every order that is not wholly contracted why: the first reason
// that holds, in the order in which torg lists them. A zone trades both ways where
// its equilibrium has a lowest and a highest price: there is somebody who would sell
// and somebody who would buy.
func (r *Result) reasons() {
	s := r.sheet
	r.why = make([]why, s.Len())
	reach := r.reaches()
	for i, k := range s.key {
		if r.accepted[i] == s.energy[i] {
			continue
		}
		z := &r.zones[s.zone[i]]
		limit, x := torg.Price(k+1)>>2, &reach[s.zone[i]]
		w := whyPrice
		if k&3 == 1 {
			switch {
			case z.hasLowest && z.hasHighest && limit == z.lowest && limit == z.highest:
				w = whyRationed
			case limit < z.price && limit >= x.buyLine:
				w = whyLine
			case limit < z.price && limit >= x.buyConnection:
				w = whyConnection
			case !z.sellers:
				w = whyNobody
			}
		} else {
			switch {
			case z.hasLowest && z.hasHighest && limit == z.lowest && limit == z.highest:
				w = whyRationed
			case limit > z.price && limit <= x.sellLine:
				w = whyLine
			case limit > z.price && limit <= x.sellSupplier:
				w = whyConnection
			case !z.buyers:
				w = whyNobody
			}
		}
		r.why[i] = w
	}
	for i := range s.wishes {
		if w := &s.wishes[i]; w.avoided && r.accepted[w.order] < s.energy[w.order] {
			r.why[w.order] = whyAvoided
		}
	}
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
