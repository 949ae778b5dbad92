package market

import "torg"

// use adds up what all discoveries so far hold on the grid.
func (r *Result) use() {
	s := r.sheet
	c := &s.grid.complex
	r.Used = Usage{Import: s.used.Import + r.Import, Export: s.used.Export + r.Export}
	if len(c.Lines) > 0 {
		r.Used.Lines = make([]torg.Energy, len(c.Lines))
		copy(r.Used.Lines, s.used.Lines)
	}
	for i := range s.grid.lines {
		l, f := &s.grid.lines[i], r.found.flows[i]
		r.Used.Lines[l.at] += f
		switch n := &c.Lines[l.at]; {
		case f > 0:
			r.Flows = append(r.Flows, Flow{n.From, n.To, f})
		case f < 0:
			r.Flows = append(r.Flows, Flow{n.To, n.From, -f})
		}
	}
	if q := c.Supplier; q != nil {
		r.ImportFull = q.Import > 0 && r.Used.Import >= q.Import
		r.ExportFull = q.Export > 0 && r.Used.Export >= q.Export
		r.full()
	}
}

// full finds the zones that the supplier cannot reach with more, or that cannot send
// more to it, though a line or the connection would let them if it were not full.
func (r *Result) full() {
	g := r.sheet.grid
	c := &g.complex
	in, out := make([]bool, len(r.zones)), make([]bool, len(r.zones)) // there is a way
	reach := func(way []bool, open bool, inwards torg.Energy) {
		if !open {
			return
		}
		queue := []int32{int32(g.supplier)}
		way[g.supplier] = true
		for len(queue) > 0 {
			v := queue[0]
			queue = queue[1:]
			for _, a := range g.around[v] {
				limit, used := c.Lines[g.lines[a.line].at].Capacity, r.Used.Lines[g.lines[a.line].at]*a.way*inwards
				if !way[a.to] && (limit == torg.Unlimited || used < limit) {
					way[a.to] = true
					queue = append(queue, a.to)
				}
			}
		}
	}
	reach(in, !r.ImportFull, 1)
	reach(out, !r.ExportFull, -1)
	for z := range r.zones {
		if g.part[z] == g.part[g.supplier] && !(in[z] && out[z]) {
			r.FullZones = append(r.FullZones, FullZone{c.Zones[z], !in[z], !out[z]})
		}
	}
}
