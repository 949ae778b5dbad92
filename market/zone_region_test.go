package market_test

import (
	"fmt"
	"slices"

	"torg"
)

// shortest: with everybody's energy as it is, no other way over the lines has lower
// fees, or equal fees and less energy over lines; nothing flows in a circle.
func (a *audit) shortest() error {
	n := a.network()
	if steps := n.cycle(2 * n.lines); steps != nil {
		return fmt.Errorf("flow runs in a circle or takes a detour: steps %v of %+v", steps, n.arcs[n.lines:])
	}
	return nil
}

// exchange is 1 Wh that could be given to one level instead of another of the same
// side at no loss of welfare or energy.
type exchange struct{ to, from int }

// exchanges returns all that the lines allow now. What is sold more in one zone is sent
// to where less is sold; what is bought more is sent from where less is bought.
func (a *audit) exchanges(levels []level) (all []exchange) {
	n := a.network()
	dist, reached := make([][]expense, n.nodes), make([][]bool, n.nodes)
	for v := range dist {
		dist[v], reached[v] = n.distances(v, 2*n.lines)
	}
	for i, to := range levels {
		for j, from := range levels {
			if i == j || from.side != to.side || to.accepted == to.offered || from.accepted == 0 {
				continue
			}
			u, v := slices.Index(a.b.Complex.Zones, to.zone)+1, slices.Index(a.b.Complex.Zones, from.zone)+1
			loss := int64(to.limit - from.limit)
			if to.side == torg.Buy {
				u, v, loss = v, u, -loss
			}
			if reached[u][v] && loss+dist[u][v][0] == 0 {
				all = append(all, exchange{i, j})
			}
		}
	}
	return all
}

// marginOfRegion: where zones are joined by lines that cost no more than their prices
// differ, all margins of one side get the same share as far as lines allow. No exchange
// of 1 Wh leaves the one who gives still ahead of the one who takes; and where the
// lines can carry pro rata shares to the watt-hour, those are the shares.
func (a *audit) marginOfRegion() error {
	if len(a.lost) > 0 {
		return nil
	}
	levels := a.levels()
	exchanges := a.exchanges(levels)
	region := make([]int, len(levels))
	for i := range region {
		region[i] = i
	}
	for _, x := range exchanges {
		to, from := levels[x.to], levels[x.from]
		if !lessRatio(from.accepted-1, from.offered, to.accepted+1, to.offered) {
			return fmt.Errorf("%s in %s at %s has %d of %d Wh, in %s at %s %d of %d: 1 Wh less would be fairer",
				from.side, from.zone, from.limit, from.accepted, from.offered, to.zone, to.limit, to.accepted, to.offered)
		}
		old, joined := region[x.to], region[x.from]
		for i := range region {
			if region[i] == old {
				region[i] = joined
			}
		}
	}
	for r := range levels {
		if err := a.proRataRegion(levels, region, r); err != nil {
			return err
		}
	}
	return nil
}

// proRataRegion compares a region's shares with exact ones, if those can be carried.
func (a *audit) proRataRegion(levels []level, region []int, r int) error {
	var members []level
	var names []torg.OrderID // proRata shares among names, in their order
	var accepted, offered torg.Energy
	weight := map[torg.OrderID]torg.Energy{}
	for i, l := range levels {
		if region[i] == r {
			name := torg.OrderID(fmt.Sprint(i))
			members, names, weight[name] = append(members, l), append(names, name), l.offered
			accepted += l.accepted
			offered += l.offered
		}
	}
	if len(members) < 2 {
		return nil
	}
	want := proRata(accepted, offered, names, func(id torg.OrderID) torg.Energy { return weight[id] })
	same := true
	for i, l := range members {
		same = same && l.accepted == want[i]
	}
	if !same && a.canCarry(members, want) {
		return fmt.Errorf("margins %+v of one region could be shared as %v", members, want)
	}
	return nil
}

// canCarry says whether the lines could carry the wanted shares at no loss of welfare:
// what changes is sent over the cheapest ways that are left, watt-hour by watt-hour.
func (a *audit) canCarry(members []level, want []torg.Energy) bool {
	n := a.network()
	change := make([]torg.Energy, n.nodes) // plus: to be sent from here
	var loss int64
	for i, l := range members {
		more, sign := want[i]-l.accepted, torg.Energy(1)
		if l.side == torg.Buy {
			sign = -1
		}
		change[slices.Index(a.b.Complex.Zones, l.zone)+1] += sign * more
		loss += int64(sign*more) * int64(l.limit)
	}
	// Node 0 sends out what is to be sent and takes in what is to arrive.
	lines := append([]arc(nil), n.arcs[n.lines:]...)
	n.arcs, n.lines = nil, 0
	for k, e := range change {
		const first = -1 << 40 // worth more than any way costs
		if e > 0 {
			n.arcs = append(n.arcs, arc{0, k, expense{first}, e, 0})
		} else if e < 0 {
			n.arcs = append(n.arcs, arc{k, 0, expense{first}, -e, 0})
		}
	}
	ends := len(n.arcs)
	n.arcs = append(n.arcs, lines...)
	var before int64
	for _, x := range lines {
		before += x.cost[0] * int64(x.flow)
	}
	for steps := n.cycle(0); steps != nil; steps = n.cycle(0) {
		n.push(steps)
	}
	for i, x := range n.arcs {
		if i < ends && x.flow < x.room {
			return false
		}
		if i >= ends {
			loss += x.cost[0] * int64(x.flow)
		}
	}
	return loss == before
}
