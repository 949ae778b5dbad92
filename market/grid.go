package market

import (
	"slices"

	"torg"
)

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
	places    map[torg.ZoneID]int32
	lines     []line  // those of complex.Lines that have a capacity at all
	around    [][]arc // lines at each zone, as seen from there
	part      []int32 // zones with the same number hang together
	supplier  int     // the supplier's zone; -1: there is no supplier
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

// arc is a line as seen from one of its ends.
type arc struct {
	line, to int32
	way      torg.Energy // 1 where the line's flow counts as leaving, -1 where as coming in
	capacity torg.Energy // left, leaving
}

func newGrid(c torg.Complex, used Usage) *grid {
	zones := make(map[torg.ZoneID]int32, len(c.Zones))
	for i, z := range c.Zones {
		zones[z] = int32(i)
	}
	g := &grid{complex: c, places: zones, around: make([][]arc, len(c.Zones)), part: make([]int32, len(c.Zones)), supplier: -1}
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
		at := int32(len(g.lines))
		g.around[n.from] = append(g.around[n.from], arc{at, n.to, 1, n.out})
		g.around[n.to] = append(g.around[n.to], arc{at, n.from, -1, n.back})
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
		g.delivered = g.nowhere()
		g.delivered[g.supplier] = 0
		g.cheapest(g.delivered)
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
		for _, a := range g.around[z] {
			if g.part[a.to] < 0 {
				g.part[a.to] = g.part[z]
				queue = append(queue, a.to)
			}
		}
	}
}

// nowhere returns a cost for each zone: far.
func (g *grid) nowhere() []torg.Price {
	return slices.Repeat([]torg.Price{far}, len(g.part))
}

// cheapest lowers what it costs to start in each zone, where it can be started in at
// all, to the least of another start plus the fees from there (Bellman 1958 and Ford
// 1956).
func (g *grid) cheapest(cost []torg.Price) {
	for changed := true; changed; {
		changed = false
		for i := range g.lines {
			l := &g.lines[i]
			changed = relax(cost, l.from, l.to, l.fee) || changed
			changed = relax(cost, l.to, l.from, l.fee) || changed
		}
	}
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
