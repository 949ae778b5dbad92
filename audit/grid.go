package audit

import (
	"torg"
)

// grid is what connection and lines have for a discovery, and carry in it.
type grid struct {
	*topology
	importLeft, exportLeft torg.Energy // torg.Unlimited: no limit
	imports, exports       torg.Energy // of this discovery
	lines                  []lineUse   // by number of the line
}

// lineUse is what a line has left before a discovery each way, and carries in it.
type lineUse struct {
	forth, back torg.Energy // torg.Unlimited: no limit
	flow        torg.Energy // net, plus is from its first zone to its second
}

func room(left, used torg.Energy) bool { return left == torg.Unlimited || used < left }

func (g *grid) importRoom() bool { return room(g.importLeft, g.imports) }
func (g *grid) exportRoom() bool { return room(g.exportLeft, g.exports) }

// gridFor returns what an earlier discovery of the session left, and what this one
// uses of it. What is used one way has no capacity the other way.
func (a *audit) gridFor(b *book) *grid {
	g := &grid{topology: a.grid, lines: make([]lineUse, len(a.grid.lines))}
	var before book
	if d := a.books[b.slot]; b.discovery == 2 && d != nil && d[1] != nil {
		before = *d[1]
	}
	if q := g.supplier; q != nil {
		imports, exports := connectionUse(&before)
		g.importLeft, g.exportLeft = left(q.Import, imports, exports), left(q.Export, exports, imports)
		g.imports, g.exports = connectionUse(b)
	}
	earlier, now := a.lineFlows(&before), a.lineFlows(b)
	for i, l := range a.grid.lines {
		f := earlier[i]
		g.lines[i] = lineUse{left(l.capacity, max(f, 0), max(-f, 0)), left(l.capacity, max(-f, 0), max(f, 0)), now[i]}
	}
	return g
}

// left is what remains of a limit one way, when so much is used that way and the other.
func left(limit, used, other torg.Energy) torg.Energy {
	switch {
	case other > 0:
		return 0
	case limit == torg.Unlimited:
		return limit
	}
	return max(limit-used, 0)
}

// connectionUse sums up what a discovery trades with the supplier.
func connectionUse(b *book) (imports, exports torg.Energy) {
	for _, c := range b.contracts {
		switch {
		case c.sellOrder == "":
			imports += c.energy
		case c.buyOrder == "":
			exports += c.energy
		}
	}
	return imports, exports
}

// lineFlows returns a discovery's net flows by number of the line.
func (a *audit) lineFlows(b *book) []torg.Energy {
	flows := make([]torg.Energy, len(a.grid.lines))
	for _, f := range b.flows {
		from, to := a.grid.zone(f.from), a.grid.zone(f.to)
		switch i, ok := a.grid.lineOf[[2]int{from, to}]; {
		case !ok:
		case a.grid.lines[i].from == from:
			flows[i] += f.energy
		default:
			flows[i] -= f.energy
		}
	}
	return flows
}

// arcs returns every way on which one watt-hour more could flow: along a line with
// room, or back along one that carries something.
func (g *grid) arcs() []arc {
	var arcs []arc
	add := func(from, to int, flow, left torg.Energy, fee torg.Price) {
		switch {
		case flow < 0:
			arcs = append(arcs, arc{from, to, -fee, -1})
		case room(left, flow):
			arcs = append(arcs, arc{from, to, fee, 1})
		}
	}
	for i, u := range g.lines {
		l := g.topology.lines[i]
		add(l.from, l.to, u.flow, u.forth, l.fee)
		add(l.to, l.from, -u.flow, u.back, l.fee)
	}
	return arcs
}

// fullZones says which zones connection and lines cut off from the supplier, one way
// or both, when discoveries together use so much of them. A connection or line without
// any capacity, or used the other way, is not full.
func (t *topology) fullZones(imports, exports torg.Energy, flows []torg.Energy) []bool {
	full := make([]bool, len(t.zones))
	if t.supplier == nil {
		return full
	}
	var in, out []arc
	for i, l := range t.lines {
		if room(l.capacity, flows[i]) {
			in, out = append(in, arc{l.from, l.to, 0, 1}), append(out, arc{l.to, l.from, 0, 1})
		}
		if room(l.capacity, -flows[i]) {
			in, out = append(in, arc{l.to, l.from, 0, 1}), append(out, arc{l.from, l.to, 0, 1})
		}
	}
	ever := t.feesFrom(t.home)
	into, outOf := cheapest(len(t.zones), in, t.home), cheapest(len(t.zones), out, t.home)
	connection := t.supplier.Import > 0 && imports >= t.supplier.Import || t.supplier.Export > 0 && exports >= t.supplier.Export
	for z := range full {
		full[z] = ever[z] != unreachable && (connection || into[z] == unreachable || outOf[z] == unreachable)
	}
	return full
}
