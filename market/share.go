package market

import "torg"

// share gives every entry its inside energy. The side that is short of partners
// trades all it got inside; of the other side, everybody gets the same share of
// inside energy (largest remainder, then the smaller id), and the rest is for the
// supplier.
func (s *sheet) share(f found) {
	if len(f.shares) == 0 {
		return
	}
	buyers, sellers := &f.shares[0], &f.shares[1]
	inside := min(buyers.Accepted, sellers.Accepted)
	buyers.Inside, sellers.Inside = inside, inside
	s.shareSide(torg.Buy, inside)
	s.shareSide(torg.Sell, inside)
}

func (s *sheet) shareSide(side torg.Side, inside torg.Energy) {
	var mine []int32
	var weights []torg.Energy
	var accepted torg.Energy
	for i := range s.entries {
		if e := &s.entries[i]; e.Side == side {
			e.inside = e.accepted
			mine = append(mine, int32(i))
			weights = append(weights, e.accepted)
			accepted += e.accepted
		}
	}
	if accepted == inside {
		return
	}
	for i, e := range torg.ApportionEnergy(inside, weights) {
		s.entries[mine[i]].inside = e
	}
}
