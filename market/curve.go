package market

import (
	"slices"

	"torg"
)

// curve is what a zone supplies, net of what it takes, as its price rises: first all
// its buyers take all they want, then step by step sellers come in and buyers drop
// out, in the order of their keys. A position on the curve is the energy of the
// steps that it has passed; net supply is the position less base.
type curve struct {
	steps  []uint64 // sorted; the key less lowest stands above energyBits
	end    []uint64 // the position after each step
	lowest int64
	base   torg.Energy // what buyers and export want in all
}

// energyBits is room for the energy of one order.
const energyBits = 34

func (c *curve) key(step int) int64 { return int64(c.steps[step]>>energyBits) + c.lowest }

func (c *curve) start(step int) torg.Energy {
	if step == 0 {
		return 0
	}
	return torg.Energy(c.end[step-1])
}

// before returns the position before the first step with a key of at least k.
func (c *curve) before(k int64) torg.Energy {
	want := uint64(min(max(k-c.lowest, 0), 1<<30-1)) << energyBits
	lo, hi := 0, len(c.steps)
	for lo < hi {
		if m := int(uint(lo+hi) >> 1); c.steps[m] < want {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return c.start(lo)
}

// next returns the step that a position stands in or before; len(c.steps) at the
// end.
func (c *curve) next(at torg.Energy) int {
	lo, hi := 0, len(c.end)
	for lo < hi {
		if m := int(uint(lo+hi) >> 1); c.end[m] <= uint64(at) {
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
func (c *curve) run(k int64) (from, to torg.Energy) { return c.before(k), c.before(k + 1) }

// quote is one of the supplier's two quotes as a step.
type quote struct {
	key    int32 // four times the quote
	energy torg.Energy
	demand bool
}

// quotes returns the supplier's quotes that have a capacity: the purchase of what the
// complex exports, then its sale. Neither is longer than needed, so that sums stay in
// 64 bits: one watt-hour more than all orders of the other side.
func (s *Sheet) quotes() []quote {
	q := s.grid.complex.Supplier
	if q == nil {
		return nil
	}
	var all [2]torg.Energy // bought, sold
	for i, k := range s.key {
		all[k>>1&1] += s.open[i]
	}
	var quotes []quote
	if e := min(s.grid.exports, all[1]+1); e > 0 {
		quotes = append(quotes, quote{int32(4 * q.Buy), e, true})
	}
	if e := min(s.grid.imports, all[0]+1); e > 0 {
		quotes = append(quotes, quote{int32(4 * q.Sell), e, false})
	}
	return quotes
}

// curves sorts the open orders, once, and returns each zone's curve.
func (s *Sheet) curves(quotes []quote, mem *scratch) []curve {
	mem.sort(len(s.key) + len(quotes))
	lowest := int32(0)
	from := make([]int32, len(s.grid.part)+1)
	for i, k := range s.key {
		lowest = min(lowest, k)
		if s.open[i] > 0 {
			from[s.zone[i]]++
		}
	}
	for _, q := range quotes {
		lowest = min(lowest, q.key)
		from[s.grid.supplier]++
	}
	starts(from)
	at := slices.Clone(from)
	for i, k := range s.key {
		if e := s.open[i]; e > 0 {
			z := s.zone[i]
			mem.a[at[z]] = uint64(k-lowest)<<energyBits | uint64(e)
			at[z]++
		}
	}
	for _, q := range quotes {
		mem.a[at[s.grid.supplier]] = uint64(q.key-lowest) << energyBits // its energy may need more bits
		at[s.grid.supplier]++
	}
	curves := make([]curve, len(s.grid.part))
	for z := range curves {
		steps, end := sortPacked(mem.a[from[z]:at[z]:at[z]], mem.b[from[z]:at[z]:at[z]], energyBits)
		c := curve{steps: steps, end: end, lowest: int64(lowest)}
		more := quotes
		var sum torg.Energy
		for i, h := range steps {
			e := torg.Energy(h & (1<<energyBits - 1))
			supply := torg.Energy(int32(h>>energyBits)+lowest) >> 1 & 1 // 1: a seller's
			if e == 0 {
				if e, supply = more[0].energy, 1; more[0].demand {
					supply = 0
				}
				more = more[1:]
			}
			c.base += e & (supply - 1)
			sum += e
			end[i] = uint64(sum)
		}
		curves[z] = c
	}
	return curves
}
