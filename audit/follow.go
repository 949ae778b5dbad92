package audit

import (
	"maps"
	"slices"

	"torg"
)

// route names energy that goes from a seller's zone to a buyer's, by their numbers.
// The supplier's end is the number after the last zone's.
type route struct{ from, to int }

// follows checks that contracts go where energy goes: sellers of a zone serve its own
// buyers first, and what is left follows the lines.
func (a *audit) follows(b *book, g *grid, byID map[torg.OrderID]*order) {
	if b.missed() {
		return
	}
	outside := len(g.zones)
	got := map[route]torg.Energy{}
	end := func(id torg.OrderID) int {
		if id == "" {
			return outside
		}
		if o := byID[id]; o != nil {
			return g.zone(o.zone)
		}
		return -1 // told as unknown
	}
	for _, c := range b.contracts {
		got[route{end(c.sellOrder), end(c.buyOrder)}] += c.energy
	}
	want, ok := g.routes(b)
	if !a.follow.that(ok, b.at(), "session %s, discovery %d: flows run in a circle", b.session, b.discovery) {
		return
	}
	name := func(z int) string {
		switch {
		case z == outside:
			return "the supplier"
		case z < 0:
			return "an unknown order"
		}
		return "zone " + string(g.zones[z])
	}
	for r, e := range want {
		a.follow.that(got[r] == e, b.at(), "session %s, discovery %d: contracts of %d Wh from %s to %s, the flows carry %d", b.session, b.discovery, got[r], name(r.from), name(r.to), e)
		delete(got, r)
	}
	for r, e := range got {
		a.follow.that(false, b.at(), "session %s, discovery %d: contracts of %d Wh from %s to %s, no flow carries any", b.session, b.discovery, e, name(r.from), name(r.to))
	}
}

// routes traces energy from where it is fed in to where it is taken out (proportional
// sharing, after J. Bialek, Tracing the flow of electricity, 1996): in each zone,
// what comes mixes, and everything that leaves takes of every origin in proportion to
// what is left of it, line by line, then the zone's own buyers, then the export. It
// says whether every zone was reached, which fails where flows run in a circle.
func (g *grid) routes(b *book) (map[route]torg.Energy, bool) {
	outside := len(g.zones)
	routes := map[route]torg.Energy{}
	mixed := make([]map[int]torg.Energy, len(g.zones)) // by origin
	lacks := make([]torg.Energy, len(g.zones))         // what a zone's buyers need beyond its own sellers
	for z, balance := range g.zoneBalances(b) {
		mixed[z] = map[int]torg.Energy{}
		if own := min(balance.sold, balance.bought); own > 0 {
			routes[route{z, z}] = own
		}
		if left := balance.sold - balance.bought; left > 0 {
			mixed[z][z] = left
		} else {
			lacks[z] = -left
		}
	}
	if g.imports > 0 && g.home >= 0 {
		mixed[g.home][outside] += g.imports
	}
	order, ok := g.downstream()
	for _, z := range order {
		for i, u := range g.lines {
			l := g.topology.lines[i]
			switch {
			case u.flow > 0 && l.from == z:
				pour(mixed[z], u.flow, func(origin int, e torg.Energy) { mixed[l.to][origin] += e })
			case u.flow < 0 && l.to == z:
				pour(mixed[z], -u.flow, func(origin int, e torg.Energy) { mixed[l.from][origin] += e })
			}
		}
		pour(mixed[z], lacks[z], func(origin int, e torg.Energy) { routes[route{origin, z}] += e })
		if z == g.home {
			pour(mixed[z], g.exports, func(origin int, e torg.Energy) { routes[route{origin, outside}] += e })
		}
	}
	return routes, ok
}

// pour takes energy out of a mix, of every origin in proportion.
func pour(mix map[int]torg.Energy, e torg.Energy, to func(origin int, e torg.Energy)) {
	origins := slices.Sorted(maps.Keys(mix))
	weights := make([]torg.Energy, len(origins))
	for i, o := range origins {
		weights[i] = mix[o]
	}
	for i, part := range torg.ApportionEnergy(min(e, sum(weights)), weights) {
		if part > 0 {
			mix[origins[i]] -= part
			to(origins[i], part)
		}
	}
}

// zoneBalance is what a zone's orders trade.
type zoneBalance struct{ bought, sold torg.Energy }

func (g *grid) zoneBalances(b *book) []zoneBalance {
	list := make([]zoneBalance, len(g.zones))
	for _, o := range b.orders {
		switch z := g.zone(o.zone); {
		case z < 0:
		case o.side == torg.Buy:
			list[z].bought += o.traded
		default:
			list[z].sold += o.traded
		}
	}
	return list
}

// downstream orders zones so that every one comes after those from which energy flows
// to it. It is false where flows run in a circle.
func (g *grid) downstream() (order []int, ok bool) {
	before := make([]int, len(g.zones)) // lines that bring energy from zones not in order yet
	next := make([][]int, len(g.zones))
	for i, u := range g.lines {
		from, to := g.topology.lines[i].from, g.topology.lines[i].to
		if u.flow < 0 {
			from, to = to, from
		}
		if u.flow != 0 {
			before[to]++
			next[from] = append(next[from], to)
		}
	}
	for z := range g.zones {
		if before[z] == 0 {
			order = append(order, z)
		}
	}
	for i := 0; i < len(order); i++ {
		for _, to := range next[order[i]] {
			if before[to]--; before[to] == 0 {
				order = append(order, to)
			}
		}
	}
	return order, len(order) == len(g.zones)
}
