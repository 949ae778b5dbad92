package web

import (
	"slices"
	"strings"

	"torg"
	"torg/record"
)

// across is why a contract's two prices differ: the way its energy took, and what the
// lines and the connection on it cost per kWh.
type across struct {
	Way  []torg.ZoneID // from the seller's zone to the buyer's; empty: no flow joins them
	Fee  torg.Price    // of the lines on the way
	Rent torg.Price    // what full lines on the way add
	Tie  torg.Price    // what a full connection adds, in round 3
	Full []lineRow     // the congested lines on the way
}

// across explains a contract by the flows of its discovery; nil where both sides
// have one price.
func (p *page) across(c record.Contract, s record.Session) *across {
	if c.BuyerPrice == c.SellerPrice {
		return nil
	}
	a := &across{}
	gap := c.BuyerPrice - c.SellerPrice
	if c.SellerZone == c.BuyerZone || !p.Zoned() {
		a.Tie = gap
		return a
	}
	g := p.grid(only(s, c.Discovery))
	zones := gapOf(s.Prices, c)
	a.Tie = gap - zones
	for _, l := range way(g.Lines, c.SellerZone, c.BuyerZone) {
		if len(a.Way) == 0 {
			a.Way = append(a.Way, l.From)
		}
		a.Way = append(a.Way, l.To)
		a.Fee += l.Fee
		if l.Congested() {
			a.Full = append(a.Full, l)
		}
	}
	a.Rent = zones - a.Fee
	return a
}

// only keeps what one discovery made of a session.
func only(s record.Session, discovery int) record.Session {
	s.Prices = slices.DeleteFunc(slices.Clone(s.Prices), func(x record.Price) bool { return x.Discovery != discovery })
	s.Flows = slices.DeleteFunc(slices.Clone(s.Flows), func(f record.Flow) bool { return f.Discovery != discovery })
	return s
}

// gapOf is by how much the price of a contract's buyer's zone is above its seller's.
// Where a price is not known, the contract's own are all there is.
func gapOf(prices []record.Price, c record.Contract) torg.Price {
	var ends [2]*torg.Price
	for _, x := range prices {
		for i, z := range []torg.ZoneID{c.SellerZone, c.BuyerZone} {
			if x.Discovery == c.Discovery && x.Zone == z {
				ends[i] = &x.Price
			}
		}
	}
	if ends[0] == nil || ends[1] == nil {
		return c.BuyerPrice - c.SellerPrice
	}
	return *ends[1] - *ends[0]
}

// way returns the lines from one zone to another along their flows, of the lowest
// fees; nil where flows do not lead there.
func way(lines []lineRow, from, to torg.ZoneID) []lineRow {
	fee, last := map[torg.ZoneID]torg.Price{from: 0}, map[torg.ZoneID]int{}
	for changed := true; changed; {
		changed = false
		for i, l := range lines {
			start, ok := fee[l.From]
			if !ok || l.Energy == 0 {
				continue
			}
			if known, there := fee[l.To]; !there || start+l.Fee < known {
				fee[l.To], last[l.To], changed = start+l.Fee, i, true
			}
		}
	}
	if _, ok := fee[to]; !ok {
		return nil
	}
	var back []lineRow
	for z := to; z != from; z = lines[last[z]].From {
		back = append(back, lines[last[z]])
	}
	slices.Reverse(back)
	return back
}

// Path prints the way.
func (p *page) Path(a *across) string {
	names := make([]string, 0, len(a.Way))
	for _, z := range a.Way {
		names = append(names, p.ZoneName(z))
	}
	return strings.Join(names, " → ")
}

// whyApart tells in words why a contract's two prices differ.
func (p *page) whyApart(a *across) (lines []string) {
	if len(a.Way) > 0 {
		lines = append(lines, p.T("why.way", "Path", p.Path(a), "Fee", p.PriceExact(a.Fee)))
	}
	for _, l := range a.Full {
		lines = append(lines, p.T("why.line_full", "From", p.ZoneName(l.From), "To", p.ZoneName(l.To), "Rent", p.PriceExact(l.Beyond())))
	}
	if a.Tie > 0 {
		lines = append(lines, p.T("why.tie_full", "Rent", p.PriceExact(a.Tie)))
	}
	return lines
}
