package market_test

import (
	"slices"

	"torg"
	"torg/market"
)

// expense is what 1 Wh over an arc costs, compared from the left: money, then
// participants' energy (-1 where there is more of it), then energy over lines and the
// connection, so that nothing runs in a circle.
type expense [3]int64

func (c expense) plus(d expense, sign int64) expense {
	for i := range c {
		c[i] += sign * d[i]
	}
	return c
}

func (c expense) less(d expense) bool { return slices.Compare(c[:], d[:]) < 0 }

// arc carries energy one way. Node 0 is where all energy is made and used, node k+1
// is the k-th zone.
type arc struct {
	from, to   int
	cost       expense
	room, flow torg.Energy
}

// network is a book as a circulation: one arc for each order, then import, export,
// and each line there and back. It knows nothing of how the market clears.
type network struct {
	nodes int
	arcs  []arc
	lines int // the first line's arc
}

func newNetwork(b market.Book) *network {
	n := &network{nodes: len(b.Complex.Zones) + 1}
	node := func(z torg.ZoneID) int { return slices.Index(b.Complex.Zones, z) + 1 }
	for _, x := range b.Orders {
		if x.Side == torg.Buy {
			n.arcs = append(n.arcs, arc{node(x.Zone), 0, expense{-int64(x.Limit), -1}, x.Energy, 0})
		} else {
			n.arcs = append(n.arcs, arc{0, node(x.Zone), expense{int64(x.Limit), -1}, x.Energy, 0})
		}
	}
	var q torg.Supplier
	if b.Complex.Supplier != nil {
		q = *b.Complex.Supplier
	}
	imports, exports := room(b)
	n.arcs = append(n.arcs, arc{0, node(q.Zone), expense{int64(q.Sell), 0, 1}, imports, 0},
		arc{node(q.Zone), 0, expense{-int64(q.Buy), 0, 1}, exports, 0})
	n.lines = len(n.arcs)
	for i, l := range b.Complex.Lines {
		there, back := lineRoom(b, i)
		from, to, fee := node(l.From), node(l.To), expense{int64(l.Fee), 0, 1}
		n.arcs = append(n.arcs, arc{from, to, fee, there, 0}, arc{to, from, fee, back, 0})
	}
	return n
}

// lineRoom is what earlier discoveries left of a line, there and back.
func lineRoom(b market.Book, i int) (there, back torg.Energy) {
	room, used := b.Complex.Lines[i].Capacity, torg.Energy(0)
	if room == torg.Unlimited {
		room = 1 << 62
	}
	if len(b.Used.Lines) > 0 {
		used = b.Used.Lines[i]
	}
	switch room = max(room-used.Abs(), 0); {
	case used > 0:
		return room, 0
	case used < 0:
		return 0, room
	}
	return room, room
}

// Each arc can be used twice: step 2k sends more over arc k, step 2k+1 takes back
// what it carries.
func (n *network) step(s int) (from, to int, cost expense, left torg.Energy) {
	switch a := n.arcs[s/2]; s % 2 {
	case 0:
		return a.from, a.to, a.cost, a.room - a.flow
	default:
		return a.to, a.from, expense{}.plus(a.cost, -1), a.flow
	}
}

// cycle returns the steps of a circle that lowers the cost, from a step on; nil where
// the circulation is the cheapest. (Bellman-Ford from everywhere at once.)
func (n *network) cycle(first int) []int {
	dist, over := make([]expense, n.nodes), make([]int, n.nodes)
	last := -1
	for range n.nodes {
		last = -1
		for s := first; s < 2*len(n.arcs); s++ {
			from, to, cost, left := n.step(s)
			if d := dist[from].plus(cost, 1); left > 0 && d.less(dist[to]) {
				dist[to], over[to], last = d, s, to
			}
		}
		if last < 0 {
			return nil
		}
	}
	before := func(v int) int { from, _, _, _ := n.step(over[v]); return from }
	for range n.nodes { // surely into the circle
		last = before(last)
	}
	steps := []int{over[last]}
	for v := before(last); v != last; v = before(v) {
		steps = append(steps, over[v])
	}
	return steps
}

// push sends as much over the steps as the narrowest allows.
func (n *network) push(steps []int) {
	most := torg.MaxSessionEnergy
	for _, s := range steps {
		_, _, _, left := n.step(s)
		most = min(most, left)
	}
	for _, s := range steps {
		if s%2 == 0 {
			n.arcs[s/2].flow += most
		} else {
			n.arcs[s/2].flow -= most
		}
	}
}

// optimum clears a book by cancelling circles that lower the cost until there is none
// (Klein 1967): the largest welfare, then the most energy of participants' orders, then
// the least energy over lines. It does not share margins.
func optimum(b market.Book) *network {
	n := newNetwork(b)
	for steps := n.cycle(0); steps != nil; steps = n.cycle(0) {
		n.push(steps)
	}
	return n
}

// total is what the circulation costs. Huge books wrap around, both sides of a
// comparison alike.
func (n *network) total() (sum expense) {
	for _, a := range n.arcs {
		sum = sum.plus(a.cost, int64(a.flow))
	}
	return sum
}

// distances returns the cheapest way of 1 Wh more from a node to each other one, where
// no circle lowers the cost.
func (n *network) distances(from, first int) (dist []expense, reached []bool) {
	dist, reached = make([]expense, n.nodes), make([]bool, n.nodes)
	reached[from] = true
	for changed := true; changed; {
		changed = false
		for s := first; s < 2*len(n.arcs); s++ {
			u, v, cost, left := n.step(s)
			if d := dist[u].plus(cost, 1); left > 0 && reached[u] && (!reached[v] || d.less(dist[v])) {
				dist[v], reached[v], changed = d, true, true
			}
		}
	}
	return dist, reached
}

// prices are the equilibrium prices of the zones that have one, by linear
// programming's duality: the highest is what 1 Wh more would cost there, the lowest
// what 1 Wh less would save. Only zones joined to orders by lines have a price.
func (n *network) prices(b market.Book) []market.ZonePrice {
	var rows []market.ZonePrice
	high, hasHigh := n.distances(0, 0)
	for k, z := range b.Complex.Zones {
		if !hasOrders(b, z) {
			continue
		}
		p := market.ZonePrice{Zone: z, HasHighest: hasHigh[k+1]}
		if p.HasHighest {
			p.Highest = torg.Price(high[k+1][0])
			p.Price = p.Highest
		}
		low, hasLow := n.distances(k+1, 0)
		if p.HasLowest = hasLow[0]; p.HasLowest {
			p.Lowest = torg.Price(-low[0][0])
			p.Price = p.Lowest
		}
		if p.HasLowest && p.HasHighest {
			p.Price = torg.Price(floorDiv2(int64(p.Lowest) + int64(p.Highest)))
		}
		if p.HasLowest || p.HasHighest {
			rows = append(rows, p)
		}
	}
	return rows
}

// part returns the zones that lines with a capacity join to z, z among them.
func part(c torg.Complex, z torg.ZoneID) []torg.ZoneID {
	joined := []torg.ZoneID{z}
	for i := 0; i < len(joined); i++ {
		for _, l := range c.Lines {
			if l.Capacity == 0 || l.From != joined[i] && l.To != joined[i] {
				continue
			}
			for _, other := range []torg.ZoneID{l.From, l.To} {
				if !slices.Contains(joined, other) {
					joined = append(joined, other)
				}
			}
		}
	}
	return joined
}

// hasOrders says whether there are orders in z's part of the grid.
func hasOrders(b market.Book, z torg.ZoneID) bool {
	zones := part(b.Complex, z)
	return slices.ContainsFunc(b.Orders, func(x torg.Order) bool { return slices.Contains(zones, x.Zone) })
}
