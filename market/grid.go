package market

import "torg"

// The largest grid that is cleared.
const (
	MaxZones = 1024
	MaxLines = 16_384
)

// plenty is more energy than all orders of a book together: a capacity that never
// binds.
const plenty = torg.MaxSessionEnergy + 1

// grid is a complex with numbers for names and with what earlier discoveries left of
// its capacities.
type grid struct {
	complex   torg.Complex
	lines     []line    // those of complex.Lines that have a capacity at all
	around    [][]int32 // lines at each zone
	part      []int32   // zones with the same number hang together
	supplier  int       // the supplier's zone; -1: there is no supplier
	imports   torg.Energy
	exports   torg.Energy
	delivered []torg.Price // cheapest fees from the supplier's zone to each zone; far: no way
}

// line is a line with what is left of its capacity each way.
type line struct {
	at        int32 // place in complex.Lines
	from, to  int32
	fee       torg.Price
	out, back torg.Energy // from From to To, and the other way
}

// other returns the zone at the other end.
func (l *line) other(zone int32) int32 {
	if l.from == zone {
		return l.to
	}
	return l.from
}

func newGrid(c torg.Complex, used Usage) *grid {
	zones := make(map[torg.ZoneID]int32, len(c.Zones))
	for i, z := range c.Zones {
		zones[z] = int32(i)
	}
	g := &grid{complex: c, around: make([][]int32, len(c.Zones)), part: make([]int32, len(c.Zones)), supplier: -1}
	for i, l := range c.Lines {
		if l.Capacity == 0 {
			continue
		}
		n := line{at: int32(i), from: zones[l.From], to: zones[l.To], fee: l.Fee}
		var flow torg.Energy
		if len(used.Lines) > 0 {
			flow = used.Lines[i]
		}
		n.out, n.back = left(l.Capacity, flow), left(l.Capacity, -flow)
		for _, z := range []int32{n.from, n.to} {
			g.around[z] = append(g.around[z], int32(len(g.lines)))
		}
		g.lines = append(g.lines, n)
	}
	for z := range g.part {
		g.part[z] = -1
	}
	for z := range g.part {
		if g.part[z] < 0 {
			g.spread(int32(z))
		}
	}
	if s := c.Supplier; s != nil {
		g.supplier = int(zones[s.Zone])
		g.imports = left(s.Import, used.Import-used.Export)
		g.exports = left(s.Export, used.Export-used.Import)
		g.delivered = g.cheapest(map[int32]torg.Price{int32(g.supplier): 0})
	}
	return g
}

// left returns what is left one way of a capacity that carries a flow that way
// already; one that carries a flow the other way has none.
func left(capacity, flow torg.Energy) torg.Energy {
	switch {
	case flow < 0:
		return 0
	case capacity == torg.Unlimited:
		return plenty
	}
	return min(max(capacity-flow, 0), plenty)
}

// spread numbers the zones that hang together with z.
func (g *grid) spread(z int32) {
	queue := []int32{z}
	g.part[z] = z
	for len(queue) > 0 {
		z, queue = queue[0], queue[1:]
		for _, l := range g.around[z] {
			if w := g.lines[l].other(z); g.part[w] < 0 {
				g.part[w] = g.part[z]
				queue = append(queue, w)
			}
		}
	}
}

// cheapest returns, for each zone, the least of what a start costs plus the fees
// from there (Bellman 1958 and Ford 1956); far where no start is in its part.
func (g *grid) cheapest(starts map[int32]torg.Price) []torg.Price {
	cost := make([]torg.Price, len(g.part))
	for z := range cost {
		cost[z] = far
	}
	for z, c := range starts {
		cost[z] = c
	}
	for changed := true; changed; {
		changed = false
		for i := range g.lines {
			l := &g.lines[i]
			changed = relax(cost, l.from, l.to, l.fee) || changed
			changed = relax(cost, l.to, l.from, l.fee) || changed
		}
	}
	return cost
}

// far is more than any price plus fees.
const far torg.Price = 1 << 60

func relax(cost []torg.Price, from, to int32, fee torg.Price) bool {
	if cost[from] == far || cost[from]+fee >= cost[to] {
		return false
	}
	cost[to] = cost[from] + fee
	return true
}
