package market

import "torg"

// unmatched says of every order that is not wholly contracted what is left and why.
// The first reason that holds counts, in the order in which torg lists them.
func (s *sheet) unmatched(f found) []Unmatched {
	var left []Unmatched
	for i := range s.entries {
		e := &s.entries[i]
		rest := e.Energy - e.accepted
		if rest == 0 {
			continue
		}
		u := Unmatched{Order: e.ID, Energy: rest, Reason: s.reason(e, f)}
		if len(f.prices) > 0 && !e.avoided {
			u.Best, u.HasBest = f.prices[0].Price, !f.lonely(e.Side)
		}
		if !u.HasBest {
			u.Best = 0
		} else {
			u.WouldTrade = wouldTrade(e.Order, f.prices[0], u.Reason)
		}
		left = append(left, u)
	}
	return left
}

// lonely says whether nobody is on the other side.
func (f found) lonely(side torg.Side) bool {
	return side == torg.Buy && f.noSell || side == torg.Sell && f.noBuy
}

func (s *sheet) reason(e *entry, f found) torg.Reason {
	if e.avoided {
		return torg.ReasonAvoided
	}
	p := f.prices[0] // there is one: an order that is left bounds it
	q := s.complex.Supplier
	switch {
	case p.HasLowest && p.HasHighest && e.Limit == p.Lowest && e.Limit == p.Highest:
		return torg.ReasonRationed
	case q != nil && e.Side == torg.Buy && s.importLeft == f.imports && e.Limit < p.Price && e.Limit >= q.Sell,
		q != nil && e.Side == torg.Sell && s.exportLeft == f.exports && e.Limit > p.Price && e.Limit <= q.Buy:
		return torg.ReasonConnection
	case f.lonely(e.Side):
		return torg.ReasonNoOtherSide
	}
	return torg.ReasonPrice
}

// wouldTrade is the limit nearest to o's that would have been accepted, at least in
// part. At the other end of the equilibrium there is always somebody who yields:
// one who is left over there, or one accepted at the margin. A rationed order has to
// go one step beyond its fellows to stand before them.
func wouldTrade(o *torg.Order, p ZonePrice, why torg.Reason) torg.Price {
	switch {
	case why == torg.ReasonRationed && o.Side == torg.Buy:
		return min(p.Highest+1, torg.MaxPrice)
	case why == torg.ReasonRationed:
		return max(p.Lowest-1, torg.MinPrice)
	case o.Side == torg.Buy:
		return p.Highest
	}
	return p.Lowest
}
