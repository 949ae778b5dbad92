package audit

import (
	"torg"
)

// carried checks what the connection and the lines carry against what they have.
func (a *audit) carried(b *book, g *grid) {
	seen := map[int]bool{}
	for _, f := range b.flows {
		i, ok := g.lineOf[[2]int{g.zone(f.from), g.zone(f.to)}]
		if !a.known.that(ok, f.at, "no line from %q to %q", f.from, f.to) {
			continue
		}
		a.connection.that(!seen[i], f.at, "session %s: the line from %s to %s carries twice", b.session, f.from, f.to)
		seen[i] = true
		left := g.lines[i].forth
		if g.topology.lines[i].from != g.zone(f.from) {
			left = g.lines[i].back
		}
		a.connection.that(left == torg.Unlimited || f.energy <= left, f.at, "session %s: %d Wh from %s to %s, room for %d", b.session, f.energy, f.from, f.to, left)
	}
	if len(b.contracts) == 0 {
		return
	}
	at := b.contracts[0].at
	a.connection.that(g.imports == 0 || g.exports == 0, at, "session %s: %d Wh imported and %d exported", b.session, g.imports, g.exports)
	a.connection.that(g.importLeft == torg.Unlimited || g.imports <= g.importLeft, at, "session %s: %d Wh imported, room for %d", b.session, g.imports, g.importLeft)
	a.connection.that(g.exportLeft == torg.Unlimited || g.exports <= g.exportLeft, at, "session %s: %d Wh exported, room for %d", b.session, g.exports, g.exportLeft)
}

// balanced checks that in every zone as much energy comes as goes.
func (a *audit) balanced(b *book, g *grid) {
	if len(b.contracts) == 0 && len(b.flows) == 0 {
		return
	}
	come, leave := make([]torg.Energy, len(g.zones)), make([]torg.Energy, len(g.zones))
	for z, orders := range g.zoneBalances(b) {
		come[z], leave[z] = orders.sold, orders.bought
	}
	if g.home >= 0 {
		come[g.home] += g.imports
		leave[g.home] += g.exports
	}
	for i, u := range g.lines {
		l := g.topology.lines[i]
		come[l.to] += max(u.flow, 0)
		leave[l.from] += max(u.flow, 0)
		come[l.from] += max(-u.flow, 0)
		leave[l.to] += max(-u.flow, 0)
	}
	for z, name := range g.zones {
		a.energy.that(come[z] == leave[z], b.at(), "session %s, discovery %d: %d Wh come into zone %s and %d go", b.session, b.discovery, come[z], name, leave[z])
	}
}

// at is a place that tells a discovery from others.
func (b *book) at() place {
	switch {
	case len(b.contracts) > 0:
		return b.contracts[0].at
	case len(b.flows) > 0:
		return b.flows[0].at
	case len(b.orders) > 0:
		return b.orders[0].at
	}
	return place{file: "orders.csv"}
}

// best checks that no other outcome is better: an equilibrium shows that welfare is
// largest; one of limits that are tilted in favour of trade that participants trade
// the most energy at it; and no circle of ways that costs less than nothing, that it
// takes the cheapest and shortest lines.
func (a *audit) best(b *book, g *grid) {
	if b.missed() {
		return
	}
	bounds, _, settled := g.endsOf(b, tilted, tilted/4)
	better := !settled
	for _, e := range bounds {
		better = better || e.crossed()
	}
	a.optimum.that(!better, b.at(), "session %s, discovery %d: participants could trade more at no loss of welfare", b.session, b.discovery)
	a.optimum.that(!detour(len(g.zones), g.arcs()), b.at(), "session %s, discovery %d: energy takes a detour or flows in a circle", b.session, b.discovery)
}

// network checks what buyers pay beyond what sellers get: on every line the gap of its
// zones' prices, which is at least the fee, and at the connection the gap to the
// supplier's quote.
func (a *audit) network(b *book, g *grid, list zonePrices) {
	var got, gaps torg.Cost
	for _, c := range b.contracts {
		got = got.Add(c.energy.At(c.buyerPrice)).Sub(c.energy.At(c.sellerPrice))
	}
	for i, u := range g.lines {
		l := g.topology.lines[i]
		if u.flow == 0 {
			continue
		}
		if list[l.from] == nil || list[l.to] == nil {
			a.rent.that(false, b.at(), "session %s: energy flows between %s and %s, and one of them has no price", b.session, g.zones[l.from], g.zones[l.to])
			return
		}
		gaps = gaps.Add(u.flow.At(list[l.to].price - list[l.from].price))
	}
	if g.imports > 0 || g.exports > 0 {
		if g.home < 0 || list[g.home] == nil {
			a.rent.that(false, b.at(), "session %s: a trade with the supplier, and its zone has no price", b.session)
			return
		}
		p := list[g.home].price
		gaps = gaps.Add(g.imports.At(p - g.supplier.Sell)).Add(g.exports.At(g.supplier.Buy - p))
	}
	a.rent.that(got == gaps, b.at(), "session %s, discovery %d: contracts leave %s on the network account, lines and connection %s", b.session, b.discovery, got, gaps)
	fees := a.flowFees(b)
	a.rent.that(got.Cmp(fees) >= 0, b.at(), "session %s, discovery %d: contracts leave %s on the network account, fees are %s", b.session, b.discovery, got, fees)
}
