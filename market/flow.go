package market

import (
	"math"

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

	small int64   // one key in units of a watt-hour over one line
	scale int64   // one such unit in units of price: more than there are nodes
	price []int64 // of zones and ground
	flow  []torg.Energy
	at    []torg.Energy // positions on the curves
	over  []wide        // what flows in and does not leave, per node
	up    []int64       // price, above the ground's, of the next step of each curve
	down  []int64       // and of the last one that is passed

	queue  []int32
	queued []bool
}

// none is the price of a step that is not there.
const none = math.MaxInt64

func newTransport(g *grid, curves []curve) *transport {
	zones := len(g.part)
	t := &transport{
		g: g, curves: curves, small: int64(zones) + 2, scale: int64(zones) + 2,
		price: make([]int64, zones+1), flow: make([]torg.Energy, len(g.lines)), at: make([]torg.Energy, zones),
		over: make([]wide, zones+1), up: make([]int64, zones), down: make([]int64, zones),
		queued: make([]bool, zones+1),
	}
	for z := range t.at {
		t.at[z] = min(curves[z].base, curves[z].total())
	}
	return t
}

// unit is the price of one key.
func (t *transport) unit() int64 { return t.small * t.scale }

// cost is the price that a line costs.
func (t *transport) cost(l *line) int64 { return (4*int64(l.fee)*t.small + 1) * t.scale }

func (t *transport) ground() int32 { return int32(len(t.at)) }

// run finds an optimum from any flow and positions.
func (t *transport) run() {
	if len(t.g.lines) == 0 {
		return // every zone on its own is at its optimum where it starts
	}
	for eps := t.spread(); ; eps = max(eps/scaling, 1) {
		t.refine(eps)
		if eps == 1 {
			return
		}
	}
}

// scaling is how much closer to the optimum each refinement gets.
const scaling = 8

// spread bounds by how much any price can be wrong.
func (t *transport) spread() int64 {
	lowest, highest := int64(math.MaxInt64), int64(math.MinInt64)
	for i := range t.curves {
		if k := t.curves[i].key; len(k) > 0 {
			lowest, highest = min(lowest, int64(k[0])), max(highest, int64(k[len(k)-1]))
		}
	}
	spread := int64(1)
	if lowest <= highest {
		spread += (highest - lowest) * t.unit()
	}
	for i := range t.g.lines {
		spread = max(spread, t.cost(&t.g.lines[i]))
	}
	return spread
}

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
	for v := range t.over {
		t.wake(int32(v))
	}
	for len(t.queue) > 0 {
		v := t.queue[0]
		t.queue = t.queue[1:]
		t.queued[v] = false
		if v == t.ground() {
			t.dischargeGround(eps)
		} else {
			t.discharge(v, eps)
		}
	}
	t.queue = t.queue[:0]
}

// follow sets a line's flow to one that prices at its ends agree with.
func (t *transport) follow(i int32) {
	l := &t.g.lines[i]
	gap, cost := t.price[l.to]-t.price[l.from], t.cost(l)
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
	at := min(max(t.at[z], c.before(ceilDiv(q, t.unit()))), c.before(floorDiv(q, t.unit())+1))
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
	if i < len(c.key) {
		t.up[z] = int64(c.key[i]) * t.unit()
		if c.start(i) < at {
			t.down[z] = t.up[z]
			return
		}
	}
	if i > 0 {
		t.down[z] = int64(c.key[i-1]) * t.unit()
	}
}

func (t *transport) wake(v int32) {
	if !t.queued[v] && t.over[v].positive() {
		t.queued[v] = true
		t.queue = append(t.queue, v)
	}
}

// discharge gets rid of what a zone has over: less of its own supply, or out over
// lines to where the price is higher by more than the line costs; where neither
// pays, the price falls until one does.
func (t *transport) discharge(z int32, eps int64) {
	for t.over[z].positive() {
		t.giveBack(z)
		for _, i := range t.g.around[z] {
			t.pushLine(z, i)
		}
		if t.over[z].positive() {
			t.relabel(z, eps)
		}
	}
}

// giveBack takes steps back that cost more than the zone's price.
func (t *transport) giveBack(z int32) {
	q := t.price[z] - t.price[t.ground()]
	if t.curves == nil || t.down[z] == none || t.down[z] <= q || !t.over[z].positive() {
		return
	}
	e := t.over[z].atMost(t.at[z] - t.curves[z].before(floorDiv(q, t.unit())+1))
	t.move(z, t.at[z]-e)
	t.over[z].add(-e)
	t.over[t.ground()].add(e)
	t.wake(t.ground())
}

// pushLine sends what a zone has over along a line, first by taking back what comes
// in over it.
func (t *transport) pushLine(z, i int32) {
	l := &t.g.lines[i]
	w, cost := l.other(z), t.cost(l)
	for t.over[z].positive() {
		room, c := t.room(z, l, t.flow[i], cost)
		if room == 0 || c+t.price[z] >= t.price[w] {
			return
		}
		e := t.over[z].atMost(room)
		if z == l.from {
			t.flow[i] += e
		} else {
			t.flow[i] -= e
		}
		t.over[z].add(-e)
		t.over[w].add(e)
		t.wake(w)
	}
}

// room returns how much more can leave a zone over a line at the present cost, and
// that cost: negative while it takes back an inflow.
func (t *transport) room(z int32, l *line, flow torg.Energy, cost int64) (torg.Energy, int64) {
	if z != l.from {
		flow = -flow
	}
	switch {
	case flow < 0:
		return -flow, -cost
	case z == l.from:
		return l.out - flow, cost
	}
	return l.back - flow, cost
}

// relabel lowers a zone's price to eps below the highest at which something would
// leave it.
func (t *transport) relabel(z int32, eps int64) {
	best := int64(math.MinInt64)
	if t.curves != nil && t.down[z] != none {
		best = t.price[t.ground()] + t.down[z]
	}
	for _, i := range t.g.around[z] {
		l := &t.g.lines[i]
		if room, c := t.room(z, l, t.flow[i], t.cost(l)); room > 0 {
			best = max(best, t.price[l.other(z)]-c)
		}
	}
	if best == math.MinInt64 {
		panic("market: energy that nothing can take")
	}
	t.price[z] = best - eps
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
				e := t.over[g].atMost(t.curves[z].before(ceilDiv(q, t.unit())) - t.at[z])
				t.move(int32(z), t.at[z]+e)
				t.over[g].add(-e)
				t.over[z].add(e)
				t.wake(int32(z))
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
