package market

import (
	"fmt"
	"math"
	"slices"

	"torg"
)

// marginsOf finds where what is accepted cuts each zone's curve, and the key of the
// step that comes next there.
func (s *Sheet) marginsOf(accepted []torg.Energy) ([]margin, []int64, error) {
	margins, next := make([]margin, len(s.grid.part)), make([]int64, len(s.grid.part))
	for z := range margins {
		margins[z].key, next[z] = math.MinInt32, int64(far)
	}
	for i, k := range s.key {
		z, open := s.zone[i], s.open[i]
		passed := passedOf(k, open, accepted[i])
		if passed > 0 && k > margins[z].key {
			margins[z] = margin{k, 1, 1} // wholly passed, whatever it offers
		}
		if passed < open && int64(k) < next[z] {
			next[z] = int64(k)
		}
	}
	partly := false
	for z := range margins {
		switch {
		case int64(margins[z].key) > next[z]:
			return nil, nil, fmt.Errorf("zone %s: limit %s is worse than %s, and was served before it",
				s.grid.complex.Zones[z], keyLimit(margins[z].key), keyLimit(int32(next[z])))
		case int64(margins[z].key) == next[z]:
			margins[z].passed, margins[z].offered = 0, 0
			partly = true
		}
	}
	for i, k := range s.key {
		if !partly {
			break
		}
		if m := &margins[s.zone[i]]; k == m.key && int64(k) == next[s.zone[i]] {
			m.offered += s.open[i]
			m.passed += passedOf(k, s.open[i], accepted[i])
		}
	}
	return margins, next, nil
}

// passedOf is how much of an order's step is passed: what a seller sells, what a buyer
// does not get. Sides come as they like, so there is no branch to guess.
func passedOf(key int32, open, accepted torg.Energy) torg.Energy {
	buys := torg.Energy(key>>1&1) - 1 // all ones, or none
	return open&buys + (accepted ^ buys) - buys
}

// feasible checks capacities and that every zone's energy balances.
func (r *Result) feasible() error {
	g := r.sheet.grid
	if r.Import < 0 || r.Import > g.imports || r.Export < 0 || r.Export > g.exports || r.Import > 0 && r.Export > 0 {
		return fmt.Errorf("import of %d and export of %d Wh, where %d and %d are left", r.Import, r.Export, g.imports, g.exports)
	}
	net := make([]wide, len(g.part))
	for z := range net {
		net[z].add(r.zones[z].share[1].Accepted)
		net[z].add(-r.zones[z].share[0].Accepted)
	}
	if g.supplier >= 0 {
		net[g.supplier].add(r.Import)
		net[g.supplier].add(-r.Export)
	}
	for i, f := range r.found.flows {
		l := &g.lines[i]
		if f > l.out || f < -l.back {
			return fmt.Errorf("line %s to %s: %d Wh, where %d and %d back are left", g.complex.Zones[l.from], g.complex.Zones[l.to], f, l.out, l.back)
		}
		net[l.from].add(-f)
		net[l.to].add(f)
	}
	for z, n := range net {
		if n != (wide{}) {
			return fmt.Errorf("zone %s: energy does not balance", g.complex.Zones[z])
		}
	}
	return nil
}

// best checks what a welfare optimum leaves open: the most energy of participants and
// equal shares of the zones at the margin. That flows are the least is known by then.
func (s *Sheet) best(c claim, margins []margin, next []int64) error {
	g := s.grid
	last := s.withQuotes(c, margins, next)
	price := g.potentials(c.flows, next)
	for z, p := range price {
		if last[z] != math.MinInt64 && last[z] > p {
			return fmt.Errorf("zone %s: participants could trade more at the same welfare", g.complex.Zones[z])
		}
	}
	if len(g.lines) == 0 {
		return nil
	}
	blocks := s.blocks(c, price)
	was := slices.Clone(blocks)
	g.equalize(slices.Clone(c.flows), price, blocks)
	for i, b := range blocks {
		if b != was[i] {
			return fmt.Errorf("zone %s: %d of %d Wh at the margin, its share is %d", g.complex.Zones[b.zone], was[i].accepted(), b.offered, b.accepted())
		}
	}
	return nil
}

// withQuotes puts the supplier's quotes among the steps that come next, and returns
// the key of the last step that is passed, if in part, of each zone.
func (s *Sheet) withQuotes(c claim, margins []margin, next []int64) []int64 {
	last := make([]int64, len(margins))
	for z, m := range margins {
		last[z] = math.MinInt64
		if m.passed > 0 {
			last[z] = int64(m.key)
		}
	}
	if z := s.grid.supplier; z >= 0 {
		q := s.grid.complex.Supplier
		for _, x := range []struct {
			passed, left bool
			quote        torg.Price
		}{{c.imports > 0, c.imports < s.grid.imports, q.Sell}, {c.exports < s.grid.exports, c.exports > 0, q.Buy}} {
			if x.passed {
				last[z] = max(last[z], 4*int64(x.quote))
			}
			if x.left {
				next[z] = min(next[z], 4*int64(x.quote))
			}
		}
	}
	return last
}

// blocks returns the orders whose limit is their zone's price, zone by zone.
func (s *Sheet) blocks(c claim, price []int64) []block {
	at := make([]block, len(price))
	for i, k := range s.key {
		if z := s.zone[i]; int64(k) == price[z] {
			b := &at[z]
			b.zone, b.sells = int32(z), k&3 == 3
			b.offered += s.open[i]
			b.passed += passedOf(k, s.open[i], c.accepted[i])
		}
	}
	return slices.DeleteFunc(at, func(b block) bool { return b.offered == 0 })
}

// leastEnergy checks that no circle of lines could carry the same with lower fees,
// or with the same fees and less energy: there are prices at which every line that
// carries energy costs what it brings (no negative circle, Bellman 1958).
func (g *grid) leastEnergy(flow []torg.Energy) error {
	price := make([]int64, len(g.part))
	small := int64(len(g.part)) + 2
	for range len(g.part) + 1 {
		changed := false
		lower := func(from, to int32, cost int64) {
			if price[from]+cost < price[to] {
				price[to] = price[from] + cost
				changed = true
			}
		}
		for i := range g.lines {
			l, f := &g.lines[i], flow[i]
			cost := 4*int64(l.fee)*small + 1
			switch {
			case f < 0:
				lower(l.from, l.to, -cost)
			case f < l.out:
				lower(l.from, l.to, cost)
			}
			switch {
			case f > 0:
				lower(l.to, l.from, -cost)
			case -f < l.back:
				lower(l.to, l.from, cost)
			}
		}
		if !changed {
			return nil
		}
	}
	return fmt.Errorf("flows: the same could be carried with lower fees or less energy over lines")
}
