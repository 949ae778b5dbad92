package market

import (
	"math"
	"slices"

	"torg"
)

// transport finds the flow of least cost over the lines together with each zone's
// position on its curve: an integral min-cost flow with convex costs, by cost
// scaling with pushes and relabels (Goldberg and Tarjan 1990; for convex costs see
// Ahuja, Magnanti and Orlin 1993, Network Flows, 14.5, and Bertsekas, Polymenakos and
// Tseng 1997). One more node than there are zones, the ground, stands behind all
// curves. A push along a curve passes as many steps as the price allows, found by
// bisection, so the work hardly depends on the number of orders.
//
// A line costs four times its fee, in keys, and then one per watt-hour in a unit so
// small that no number of lines is worth one key: among equal welfare and energy of
// participants, the least energy over lines.
type transport struct {
	g      *grid
	curves []curve // nil: positions are fixed
	fixed  []torg.Energy

	unit  int64   // price of one key
	costs []int64 // price of each line
	price []int64 // of zones and ground
	flow  []torg.Energy
	at    []torg.Energy // positions on the curves
	over  []wide        // what flows in and does not leave, per node
	up    []int64       // price, above the ground's, of the next step of each curve
	down  []int64       // and of the last one that is passed

	order    []int32 // nodes, those first from which it is farthest to one that wants energy
	relabels int     // since that was worked out
	near     nearest
}

// none is the price of a step that is not there.
const none = math.MaxInt64

func newTransport(g *grid, curves []curve) *transport {
	zones := len(g.part)
	t := &transport{
		g: g, curves: curves, costs: make([]int64, len(g.lines)),
		price: make([]int64, zones+1), flow: make([]torg.Energy, len(g.lines)), at: make([]torg.Energy, zones),
		over: make([]wide, zones+1), up: make([]int64, zones), down: make([]int64, zones),
	}
	small := int64(zones) + 2 // one key, in units of a watt-hour over one line
	scale := int64(zones) + 2 // that unit, in units of price: more than there are nodes
	t.unit = small * scale
	for i := range g.lines {
		t.costs[i] = (4*int64(g.lines[i].fee)*small + 1) * scale
	}
	return t
}

func (t *transport) ground() int32 { return int32(len(t.at)) }

// run finds an optimum. It starts with every zone on its own at its price, which is
// the optimum where there are no lines.
func (t *transport) run() {
	eps := int64(1)
	for z := range t.curves {
		t.move(int32(z), t.curves[z].base)
		switch {
		case t.up[z] != none:
			t.price[z] = t.up[z]
		case t.down[z] != none:
			t.price[z] = t.down[z]
		}
	}
	if len(t.g.lines) == 0 {
		return
	}
	eps = max(eps, slices.Max(t.price)-slices.Min(t.price), slices.Max(t.costs))
	for eps > 1 {
		eps = max(eps/scaling, 1)
		t.refine(eps)
	}
}

// sweeps is how often energy is passed on before prices are updated again; sooner
// where there was a relabel for each node.
const sweeps = 4

// scaling is how much closer to the optimum each refinement gets.
const scaling = 8

// refine makes the flow optimal up to eps: it moves everything that prices want
// moved, and then what this leaves over, on from node to node at falling prices.
func (t *transport) refine(eps int64) {
	for i := range t.over {
		t.over[i] = wide{}
	}
	for i := range t.g.lines {
		t.follow(int32(i))
	}
	for z := range t.at {
		t.settle(int32(z))
	}
	t.update(eps)
	for n := 1; t.sweep(eps); n++ {
		if t.relabels >= len(t.over) || n%sweeps == 0 {
			t.update(eps)
		}
	}
}

// sweep lets each node get rid of what it has over, and says whether any had.
func (t *transport) sweep(eps int64) (some bool) {
	for _, v := range t.order {
		switch {
		case !t.over[v].positive():
			continue
		case v == t.ground():
			t.dischargeGround(eps)
		default:
			t.discharge(v, eps)
		}
		some = true
	}
	return some
}

// follow sets a line's flow to one that prices at its ends agree with.
func (t *transport) follow(i int32) {
	l := &t.g.lines[i]
	gap, cost := t.price[l.to]-t.price[l.from], t.costs[i]
	lowest, highest := -l.back, l.out
	if gap > -cost {
		lowest = 0
	}
	if gap < cost {
		highest = 0
	}
	if gap > cost {
		lowest = l.out
	}
	if gap < -cost {
		highest = -l.back
	}
	f := min(max(t.flow[i], lowest), highest)
	t.flow[i] = f
	t.over[l.from].add(-f)
	t.over[l.to].add(f)
}

// settle sets a zone's position to one that its price agrees with.
func (t *transport) settle(z int32) {
	if t.curves == nil {
		t.over[z].add(t.fixed[z])
		return
	}
	c := &t.curves[z]
	q := t.price[z] - t.price[t.ground()]
	at := min(max(t.at[z], c.before(ceilDiv(q, t.unit))), c.before(floorDiv(q, t.unit)+1))
	t.move(z, at)
	t.over[z].add(at)
	t.over[z].add(-c.base)
	t.over[t.ground()].add(-at)
	t.over[t.ground()].add(c.base)
}

// move sets a position and notes the prices of the steps around it.
func (t *transport) move(z int32, at torg.Energy) {
	c := &t.curves[z]
	t.at[z] = at
	i := c.next(at)
	t.up[z], t.down[z] = none, none
	if i < len(c.steps) {
		t.up[z] = c.key(i) * t.unit
		if c.start(i) < at {
			t.down[z] = t.up[z]
			return
		}
	}
	if i > 0 {
		t.down[z] = c.key(i-1) * t.unit
	}
}

// discharge gets rid of what a zone has over: less of its own supply, or out over
// lines to where the price is higher by more than the line costs; where neither
// pays, the price falls to eps below the highest at which one does.
func (t *transport) discharge(z int32, eps int64) {
	for {
		t.giveBack(z)
		if !t.over[z].positive() {
			return
		}
		best := int64(math.MinInt64)
		if t.curves != nil && t.down[z] != none {
			best = t.price[t.ground()] + t.down[z]
		}
		for _, a := range t.g.around[z] {
			best = max(best, t.pushLine(z, a))
			if !t.over[z].positive() {
				return
			}
		}
		if best == math.MinInt64 {
			panic("market: energy that nothing can take")
		}
		t.price[z] = best - eps
		t.relabels++
	}
}

// giveBack takes steps back that cost more than the zone's price.
func (t *transport) giveBack(z int32) {
	q := t.price[z] - t.price[t.ground()]
	if t.curves == nil || t.down[z] == none || t.down[z] <= q {
		return
	}
	e := t.over[z].atMost(t.at[z] - t.curves[z].before(floorDiv(q, t.unit)+1))
	t.move(z, t.at[z]-e)
	t.over[z].add(-e)
	t.over[t.ground()].add(e)
}

// pushLine sends what a zone has over along a line, first by taking back what comes
// in over it. It returns the highest price at which more would leave, or the least
// number where nothing can.
func (t *transport) pushLine(z int32, a arc) int64 {
	for {
		flow, cost := t.flow[a.line]*a.way, t.costs[a.line]
		room := -flow
		if flow >= 0 {
			room = a.capacity - flow
		} else {
			cost = -cost
		}
		if room == 0 {
			return math.MinInt64
		}
		at := t.price[a.to] - cost
		if at <= t.price[z] {
			return at
		}
		e := t.over[z].atMost(room)
		if e == 0 {
			return at
		}
		t.flow[a.line] += e * a.way
		t.over[z].add(-e)
		t.over[a.to].add(e)
	}
}

// dischargeGround is discharge for the ground, which supplies zones along their
// curves.
func (t *transport) dischargeGround(eps int64) {
	g := t.ground()
	for t.over[g].positive() {
		best := int64(math.MinInt64)
		for z := range t.at {
			q := t.price[z] - t.price[g]
			if t.up[z] < q {
				e := t.over[g].atMost(t.curves[z].before(ceilDiv(q, t.unit)) - t.at[z])
				t.move(int32(z), t.at[z]+e)
				t.over[g].add(-e)
				t.over[z].add(e)
				if !t.over[g].positive() {
					return
				}
			}
			if t.up[z] != none {
				best = max(best, t.price[z]-t.up[z])
			}
		}
		if best == math.MinInt64 {
			panic("market: more is taken than is wanted")
		}
		t.price[g] = best - eps
		t.relabels++
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func ceilDiv(a, b int64) int64 { return -floorDiv(-a, b) }
