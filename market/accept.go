package market

import (
	"math"
	"math/bits"
	"slices"

	"torg"
)

// tally is what one zone's orders add up to while they are gone through. By side, the
// index is 0 for buyers and 1 for sellers.
type tally struct {
	margin   int64          // the key that the zone's curve is cut at
	below    [2]int64       // largest key under the margin
	above    [2]int64       // smallest key over it
	offered  [2]torg.Energy // by all
	accepted [2]torg.Energy // whole, away from the margin
	last     [2]torg.Energy // of that, what is offered at the worst limit
	orders   bool           // it has some
	marginal []int32        // orders with the margin's key
}

// money is a sum of energies times prices, as two halves of 128 bits.
type money struct{ hi, lo uint64 }

func (m *money) add(v int64) {
	var carry uint64
	m.lo, carry = bits.Add64(m.lo, uint64(v), 0)
	m.hi += uint64(v>>63) + carry
}

// accept gives every order its energy, and sums up each zone's sides. Which side an
// order is on, and whether it gets anything, is as random as the book: the loop works
// both out in masks of all ones or none, since a processor would guess branches wrong
// half of the time.
func (r *Result) accept() {
	s := r.sheet
	tallies := make([]tally, len(r.zones))
	for z := range tallies {
		tallies[z] = tally{
			margin: int64(r.zones[z].margin.key),
			below:  [2]int64{math.MinInt64, math.MinInt64}, above: [2]int64{math.MaxInt64, math.MaxInt64},
		}
	}
	var sum money
	open, zones, accepted := s.open[:len(s.key)], s.zone[:len(s.key)], r.accepted[:len(s.key)]
	for i, key := range s.key {
		t, e, k := &tallies[zones[i]], open[i], int64(key)
		t.orders = true
		if e == 0 {
			continue
		}
		side := k >> 1 & 1
		t.offered[side] += e
		if k == t.margin {
			t.marginal = append(t.marginal, int32(i))
			continue
		}
		under, sells := (k-t.margin)>>63, -side
		e &= torg.Energy(^(under ^ sells)) // sellers under the margin, buyers over it
		accepted[i] = e
		t.accepted[side] += e
		t.below[side] = max(t.below[side], k&under|math.MinInt64&^under)
		t.above[side] = min(t.above[side], k&^under|math.MaxInt64&under)
		worth := int64(e) * ((k + 1) >> 2) // 34 bits and 28 at most
		sum.add(worth ^ sells - sells)
	}
	r.lasts(tallies)
	welfare := torg.CostFromBits(sum.hi, sum.lo)
	for z := range tallies {
		welfare = welfare.Add(r.share(&r.zones[z], &tallies[z]))
	}
	if q := s.grid.complex.Supplier; q != nil {
		welfare = welfare.Add(r.Export.At(q.Buy)).Sub(r.Import.At(q.Sell))
	}
	for i := range s.grid.lines {
		welfare = welfare.Sub(max(r.found.flows[i], -r.found.flows[i]).At(s.grid.lines[i].fee))
	}
	r.Welfare = welfare
}

// lasts sums up what is offered at each side's worst limit that is accepted away from
// the margin: the sellers' largest key under it, the buyers' smallest over it.
func (r *Result) lasts(tallies []tally) {
	if !slices.ContainsFunc(tallies, func(t tally) bool { return t.below[1] != math.MinInt64 || t.above[0] != math.MaxInt64 }) {
		return // all stands at the margin
	}
	s := r.sheet
	for i, key := range s.key {
		t, k := &tallies[s.zone[i]], int64(key)
		if k == t.below[1] {
			t.last[1] += s.open[i]
		}
		if k == t.above[0] {
			t.last[0] += s.open[i]
		}
	}
}

// share fills in the shares of a zone's sides and draws in the ends of its equilibrium.
// It shares what is accepted at the margin among the orders there and returns their
// welfare.
func (r *Result) share(z *zone, t *tally) (welfare torg.Cost) {
	z.traded, z.orders = t.orders, t.orders
	if k := max(t.below[0], t.below[1]); k != math.MinInt64 {
		z.atLeast(keyLimit(int32(k)))
	}
	if k := min(t.above[0], t.above[1]); k != math.MaxInt64 {
		z.atMost(keyLimit(int32(k)))
	}
	for side, last := range [2]int64{t.above[0], t.below[1]} {
		h := &z.share[side]
		if h.Offered, h.Accepted = t.offered[side], t.accepted[side]; h.Accepted > 0 {
			h.Last, h.LastOffered, h.LastAccepted = keyLimit(int32(last)), t.last[side], t.last[side]
		}
	}
	if len(t.marginal) == 0 {
		return torg.Cost{}
	}
	return r.acceptMargin(z, t.marginal)
}

// acceptMargin shares what is accepted at a zone's margin among its orders there,
// and returns their welfare. A margin that is wholly passed may not know how much that
// is.
func (r *Result) acceptMargin(z *zone, orders []int32) torg.Cost {
	weights := gather(r.sheet.open, orders)
	var offered torg.Energy
	for _, e := range weights {
		offered += e
	}
	passed := z.margin.passed
	if passed == z.margin.offered {
		passed = offered
	}
	limit, h, total, sells := keyLimit(z.margin.key), &z.share[0], offered-passed, z.margin.key&3 == 3
	if sells {
		h, total = &z.share[1], passed
	}
	for i, e := range torg.ApportionEnergy(total, weights) {
		r.accepted[orders[i]] = e
	}
	if h.Accepted += total; total > 0 {
		h.Last, h.LastOffered, h.LastAccepted = limit, offered, total
	}
	if passed > 0 {
		z.atLeast(limit)
	}
	if passed < offered {
		z.atMost(limit)
	}
	if sells {
		return total.At(limit).Neg()
	}
	return total.At(limit)
}
