package market

import (
	"math"

	"torg"
)

// found is what discovery decides; everything else follows from it.
type found struct {
	margins []margin      // by zone
	flows   []torg.Energy // by line of the grid, net, plus is From to To
	imports torg.Energy
	exports torg.Energy
}

// margin is where a zone's curve is cut. Steps with smaller keys are passed: their
// sellers sell all they offer, their buyers get nothing. Steps with larger keys are
// not. Of the steps with this key a part is passed.
type margin struct {
	key     int32
	passed  torg.Energy
	offered torg.Energy
}

// discover finds the outcome of largest welfare: the optimal flow, then equal shares
// at the margin, then for those the flow over lines again.
func (s *Sheet) discover(mem *scratch) found {
	quotes := s.quotes()
	return s.between(quotes, s.curves(quotes, mem))
}

// between finds where the zones' curves are cut, and the flows between them.
func (s *Sheet) between(quotes []quote, curves []curve) found {
	t := newTransport(s.grid, curves)
	t.run()
	if t.equalize() {
		t.reroute()
	}
	f := found{margins: make([]margin, len(curves)), flows: t.flow}
	for z := range curves {
		f.margins[z] = cut(&curves[z], t.at[z])
	}
	if z := s.grid.supplier; z >= 0 {
		f.imports, f.exports = connection(quotes, &curves[z], t.at[z])
	}
	return f
}

// cut returns the margin at a position.
func cut(c *curve, at torg.Energy) margin {
	i := c.last(at)
	if i < 0 {
		return margin{key: math.MinInt32}
	}
	from, to := c.run(c.key(i))
	return margin{int32(c.key(i)), at - from, to - from}
}

// connection returns what the supplier's two steps carry at a position. Where both
// quotes are the same, export ends before import begins.
func connection(quotes []quote, c *curve, at torg.Energy) (imports, exports torg.Energy) {
	for i, q := range quotes {
		from := c.before(int64(q.key))
		if i > 0 && quotes[0].key == q.key {
			from += quotes[0].energy
		}
		passed := min(max(at-from, 0), q.energy)
		if q.demand {
			exports = q.energy - passed
		} else {
			imports = passed
		}
	}
	return imports, exports
}

// equalize shares the margins of each price region among its zones, and says whether
// anything moved.
func (t *transport) equalize() bool {
	if len(t.g.lines) == 0 {
		return false
	}
	next := make([]int64, len(t.at))
	for z := range next {
		next[z] = int64(far)
		if c := &t.curves[z]; c.next(t.at[z]) < len(c.steps) {
			next[z] = c.key(c.next(t.at[z]))
		}
	}
	price := t.g.potentials(t.flow, next)
	var blocks []block
	for z, p := range price {
		if p&1 == 0 { // no side's key: the supplier's, or between steps
			continue
		}
		if from, to := t.curves[z].before(p), t.curves[z].before(p+1); to > from {
			blocks = append(blocks, block{int32(z), p&3 == 3, to - from, t.at[z] - from})
		}
	}
	if !t.g.equalize(t.flow, price, blocks) {
		return false
	}
	for _, b := range blocks {
		t.at[b.zone] = t.curves[b.zone].before(price[b.zone]) + b.passed
	}
	return true
}

// reroute finds the cheapest flow again, with the least energy over lines, for
// positions that stay.
func (t *transport) reroute() {
	again := &transport{
		g: t.g, fixed: make([]torg.Energy, len(t.at)), unit: t.unit, costs: t.costs,
		price: make([]int64, len(t.price)), flow: t.flow, at: t.at,
		over: make([]wide, len(t.over)),
	}
	for z := range t.at {
		again.fixed[z] = t.at[z] - t.curves[z].base
	}
	again.run()
}
