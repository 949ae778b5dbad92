package market

import "torg"

// curve is what a zone supplies, net of what it takes, as its price rises: first all
// its buyers take all they want, then step by step sellers come in and buyers drop
// out, in the order of their keys. A position on the curve is the energy of the
// steps that it has passed; net supply is the position less base.
type curve struct {
	key  []int32       // of each step, ascending
	end  []torg.Energy // the position after each step
	base torg.Energy   // what buyers and export want in all
}

// total is the last position.
func (c *curve) total() torg.Energy {
	if len(c.end) == 0 {
		return 0
	}
	return c.end[len(c.end)-1]
}

// before returns the position before the first step with a key of at least k.
func (c *curve) before(k int64) torg.Energy {
	lo, hi := 0, len(c.key)
	for lo < hi {
		if m := int(uint(lo+hi) >> 1); int64(c.key[m]) < k {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return c.start(lo)
}

func (c *curve) start(step int) torg.Energy {
	if step == 0 {
		return 0
	}
	return c.end[step-1]
}

// next returns the step that a position stands in or before; len(c.key) at the end.
func (c *curve) next(at torg.Energy) int {
	lo, hi := 0, len(c.end)
	for lo < hi {
		if m := int(uint(lo+hi) >> 1); c.end[m] <= at {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo
}

// last returns the step that a position stands in or behind; -1 at the start.
func (c *curve) last(at torg.Energy) int {
	i := c.next(at)
	if i < len(c.end) && c.start(i) < at {
		return i
	}
	return i - 1
}

// run returns the positions before and after the steps with one key.
func (c *curve) run(k int32) (from, to torg.Energy) {
	return c.before(int64(k)), c.before(int64(k) + 1)
}

// step is a step before curves are cut out of one sorted list.
type step struct {
	key    int32
	energy torg.Energy
	demand bool
}

// curves sorts the open orders, once, and returns each zone's curve.
func (s *Sheet) curves() []curve {
	n := len(s.key)
	packed, spare := make([]uint64, 0, n), make([]uint64, n)
	var lowest int32
	for _, k := range s.key {
		lowest = min(lowest, k)
	}
	for i, k := range s.key {
		if s.open[i] > 0 {
			packed = append(packed, uint64(k-lowest)<<32|uint64(i))
		}
	}
	spare = spare[:len(packed)]
	if len(packed) > 0 {
		packed, spare = sortPacked(packed, spare, 32)
	}
	zones := len(s.grid.part)
	if zones > 1 {
		packed = s.byZone(packed, spare)
	}
	curves := make([]curve, zones)
	quotes := s.quotes()
	key, end := make([]int32, 0, len(packed)+len(quotes)), make([]torg.Energy, 0, len(packed)+len(quotes))
	for z, at := 0, 0; z < zones; z++ {
		from := len(key)
		var sum, base torg.Energy
		more := quotes
		if z != s.grid.supplier {
			more = nil
		}
		for ; at < len(packed); at++ {
			i := int32(uint32(packed[at]))
			if int(s.zone[i]) != z {
				break
			}
			k, e := s.key[i], s.open[i]
			for ; len(more) > 0 && more[0].key < k; more = more[1:] {
				sum += more[0].energy
				key, end = append(key, more[0].key), append(end, sum)
			}
			sum += e
			if k&3 == 1 {
				base += e
			}
			key, end = append(key, k), append(end, sum)
		}
		for _, q := range more {
			sum += q.energy
			key, end = append(key, q.key), append(end, sum)
		}
		if z == s.grid.supplier {
			for _, q := range quotes {
				if q.demand {
					base += q.energy
				}
			}
		}
		curves[z] = curve{key[from:len(key):len(key)], end[from:len(end):len(end)], base}
	}
	return curves
}

// byZone sorts by zone what is sorted by key.
func (s *Sheet) byZone(packed, spare []uint64) []uint64 {
	at := make([]int32, len(s.grid.part))
	for _, h := range packed {
		at[s.zone[uint32(h)]]++
	}
	starts(at)
	for _, h := range packed {
		z := s.zone[uint32(h)]
		spare[at[z]] = h
		at[z]++
	}
	return spare
}

// quotes returns the supplier's quotes that have a capacity, as steps: the purchase
// of what the complex exports, then its sale. Neither is longer than needed, so that
// sums stay in 64 bits: one watt-hour more than all orders of the other side.
func (s *Sheet) quotes() []step {
	q := s.grid.complex.Supplier
	if q == nil {
		return nil
	}
	var bought, sold torg.Energy
	for i, k := range s.key {
		if k&3 == 1 {
			bought += s.open[i]
		} else {
			sold += s.open[i]
		}
	}
	var steps []step
	if e := min(s.grid.exports, sold+1); e > 0 {
		steps = append(steps, step{int32(4 * q.Buy), e, true})
	}
	if e := min(s.grid.imports, bought+1); e > 0 {
		steps = append(steps, step{int32(4 * q.Sell), e, false})
	}
	return steps
}
