package market

import (
	"math"
	"slices"
)

// update lowers prices so that from everywhere there is a way of admissible arcs, on
// which a push pays, to a node that wants energy, where there is a way at all: every
// price falls by as many eps as the way is long (global updates, Goldberg 1997, An
// efficient implementation of a scaling minimum-cost flow algorithm). Relabels alone
// find a way along a chain of zones one step at a time, which takes the square of
// its length. It also puts the nodes in the order in which energy goes along these
// ways.
func (t *transport) update(eps int64) {
	t.relabels, t.order = 0, t.order[:0]
	t.near.reset(len(t.over))
	for v := range t.over {
		if t.over[v].negative() {
			t.near.lower(int32(v), 0)
		}
	}
	longest := int64(0)
	for {
		v, away, more := t.near.next()
		if !more {
			break
		}
		longest = away
		t.order = append(t.order, v)
		t.arcsInto(v, func(from int32, pays int64) { t.near.lower(from, away+(eps-pays)/eps) })
	}
	for v, away := range t.near.away {
		if away > longest {
			t.order = append(t.order, int32(v))
		}
		t.price[v] -= eps * min(away, longest)
	}
	slices.Reverse(t.order)
}

// arcsInto visits the arcs with room that lead to a node, with what a watt-hour that
// is sent over them gains at the present prices, eps at most.
func (t *transport) arcsInto(v int32, visit func(from int32, pays int64)) {
	g := t.ground()
	if v == g {
		for z := range t.up {
			if t.curves != nil && t.down[z] != none {
				visit(int32(z), t.price[g]+t.down[z]-t.price[z])
			}
		}
		return
	}
	if t.curves != nil && t.up[v] != none {
		visit(g, t.price[v]-t.up[v]-t.price[g])
	}
	for _, a := range t.g.around[v] {
		flow, cost, room := -t.flow[a.line]*a.way, t.costs[a.line], t.g.lines[a.line].out
		if a.way > 0 {
			room = t.g.lines[a.line].back
		}
		switch {
		case flow < 0:
			cost = -cost
		case flow == room:
			continue
		}
		visit(a.to, t.price[v]-cost-t.price[a.to])
	}
}

// nearest hands out nodes from the nearest on (Dijkstra 1959).
type nearest struct {
	away []int64 // by node; math.MaxInt64: not reached
	open heap[distance]
}

type distance struct {
	away int64
	node int32
}

func (n *nearest) reset(nodes int) {
	n.away, n.open.items = append(n.away[:0], make([]int64, nodes)...), n.open.items[:0]
	n.open.before = func(a, b distance) bool { return a.away < b.away }
	for v := range n.away {
		n.away[v] = math.MaxInt64
	}
}

// lower notes a way to a node, where it is shorter than what is known.
func (n *nearest) lower(node int32, away int64) {
	if away < n.away[node] {
		n.away[node] = away
		n.open.push(distance{away, node})
	}
}

// next takes out the nearest node that has not been taken out.
func (n *nearest) next() (node int32, away int64, more bool) {
	for len(n.open.items) > 0 {
		if top := n.open.pop(); top.away == n.away[top.node] {
			return top.node, top.away, true
		}
	}
	return 0, 0, false
}
