package market

import (
	"slices"

	"torg"
)

// route is inside energy that the sellers of one zone deliver to the buyers of one
// zone, which may be the same.
type route struct {
	from, to int32
	energy   torg.Energy
}

// trace follows accepted energy from zone to zone. A zone's own sellers serve its own
// buyers first. What is left flows along the lines: everything that comes into a zone
// mixes, and everything that leaves it takes of every origin in proportion
// (proportional sharing, Bialek 1996, Tracing the flow of electricity). Outflows take
// in the order of lines, then the zone's own buyers, then export; whole watt-hours by
// largest remainder, ties to the zone that comes first, the supplier last. Flows have
// no circle, so zones can be gone through from upstream down.
func (r *Result) trace() []route {
	g := r.sheet.grid
	zones := len(r.zones)
	supplier := int32(zones) // as an origin and as a destination
	var routes []route
	mix := make([][]torg.Energy, zones) // what comes into each zone, by origin
	into := func(z, origin int32, e torg.Energy) {
		if e > 0 {
			if mix[z] == nil {
				mix[z] = make([]torg.Energy, zones+1)
			}
			mix[z][origin] += e
		}
	}
	waits := make([]int, zones) // inflows that are still to come
	for z := range r.zones {
		bought, sold := r.zones[z].share[0].Accepted, r.zones[z].share[1].Accepted
		if own := min(bought, sold); own > 0 {
			routes = append(routes, route{int32(z), int32(z), own})
		}
		into(int32(z), int32(z), sold-bought)
	}
	if g.supplier >= 0 {
		into(int32(g.supplier), supplier, r.Import)
	}
	for i, f := range r.found.flows {
		if f != 0 {
			waits[g.lines[i].sink(f)]++
		}
	}
	var ready []int32
	for z := range waits {
		if waits[z] == 0 {
			ready = append(ready, int32(z))
		}
	}
	for ; len(ready) > 0; ready = ready[1:] {
		z := ready[0]
		if mix[z] == nil {
			continue
		}
		rest := mix[z]
		for _, a := range g.around[z] {
			f := r.found.flows[a.line] * a.way
			if f <= 0 {
				continue
			}
			for origin, e := range takeOut(rest, f) {
				into(a.to, int32(origin), e)
			}
			if waits[a.to]--; waits[a.to] == 0 {
				ready = append(ready, a.to)
			}
		}
		bought, sold := r.zones[z].share[0].Accepted, r.zones[z].share[1].Accepted
		deliver := func(to int32, e torg.Energy) {
			if e <= 0 {
				return
			}
			for origin, part := range takeOut(rest, e) {
				if part > 0 && (int32(origin) != supplier && to != supplier) {
					routes = append(routes, route{int32(origin), to, part})
				}
			}
		}
		deliver(z, bought-sold)
		if int(z) == g.supplier {
			deliver(supplier, r.Export)
		}
		mix[z] = nil
	}
	slices.SortFunc(routes, func(a, b route) int {
		if a.from != b.from {
			return int(a.from - b.from)
		}
		return int(a.to - b.to)
	})
	return routes
}

// sink returns the zone that a flow which is not zero runs to.
func (l *line) sink(flow torg.Energy) int32 {
	if flow > 0 {
		return l.to
	}
	return l.from
}

// takeOut takes an amount out of a mixture in proportion, and returns what it took.
func takeOut(mix []torg.Energy, amount torg.Energy) []torg.Energy {
	taken := torg.ApportionEnergy(amount, mix)
	for i, e := range taken {
		mix[i] -= e
	}
	return taken
}

// inside returns every order's inside energy: in each zone, the accepted orders of a
// side share in proportion what its routes carry, by largest remainder, then the
// smaller id.
func (r *Result) inside(routes []route) []torg.Energy {
	s := r.sheet
	for _, t := range routes {
		r.zones[t.to].share[0].Inside += t.energy
		r.zones[t.from].share[1].Inside += t.energy
	}
	partly := make([]bool, 2*len(r.zones))
	some := false
	for z := range r.zones {
		for side, h := range r.zones[z].share {
			partly[2*z+side] = h.Inside < h.Accepted
			some = some || partly[2*z+side]
		}
	}
	if !some {
		return r.accepted
	}
	inside := slices.Clone(r.accepted)
	orders := make([][]int32, len(partly))
	for i, k := range s.key {
		if at := 2*int(s.zone[i]) + int(k&3)>>1; r.accepted[i] > 0 && partly[at] {
			orders[at] = append(orders[at], int32(i))
		}
	}
	for at, list := range orders {
		if len(list) == 0 {
			continue
		}
		weights := gather(r.accepted, list)
		for n, e := range torg.ApportionEnergy(r.zones[at/2].share[at%2].Inside, weights) {
			inside[list[n]] = e
		}
	}
	return inside
}
