package market

import (
	"slices"

	"torg"
)

// block is a step at the margin: all orders of one side of a zone at one limit, where
// that limit is the zone's price. At most one side of a zone has one.
type block struct {
	zone    int32
	sells   bool
	offered torg.Energy
	passed  torg.Energy // of it, on the zone's curve: what sellers sell, or buyers do not get
}

// accepted is how much of a block is contracted.
func (b *block) accepted() torg.Energy {
	if b.sells {
		return b.passed
	}
	return b.offered - b.passed
}

// level is how energy may move between zones without changing welfare: over lines
// that cost just the difference of their zones' prices.
type level struct {
	g      *grid
	flow   []torg.Energy
	slack  [][2]torg.Energy // how far each line's flow may rise and fall
	blocks []block
	depth  []int32 // of zones, in the search for paths
	next   []int   // line to try next, by zone
}

// region is zones that hang together by lines with slack, and their blocks.
type region struct {
	zones  []int32
	blocks []int32
}

// equalize gives the blocks of each region equal shares, as far as lines allow: pro
// rata to what they offer, by largest remainder and then the order of zones. Where
// lines do not allow it, the region falls apart at the lines that are in the way, and
// each part shares what it has (the decomposition of Groenevelt 1991, Two algorithms
// for maximizing a separable concave function over a polymatroid feasible region). In
// a region only sellers or only buyers are at the margin, because otherwise more
// could be traded. It changes flow and what of the blocks is passed, and says whether
// it did.
func (g *grid) equalize(flow []torg.Energy, price []int64, blocks []block) bool {
	v := &level{
		g: g, flow: flow, blocks: blocks, slack: make([][2]torg.Energy, len(g.lines)),
		depth: make([]int32, len(g.part)), next: make([]int, len(g.part)),
	}
	for i := range g.lines {
		v.slack[i] = g.slack(i, flow[i], price)
	}
	changed := false
	for work := v.regions(); len(work) > 0; {
		r := work[len(work)-1]
		work = work[:len(work)-1]
		if len(r.blocks) < 2 {
			continue
		}
		inner, moved := v.shareOut(r)
		changed = changed || moved
		if inner != nil {
			work = append(work, v.split(r, inner)...)
		}
	}
	return changed
}

// potentials returns the highest prices, in keys, that flows and positions are
// optimal at; far where nothing bounds them. next is, by zone, the key of the step
// that comes next on the zone's curve, or far.
func (g *grid) potentials(flow []torg.Energy, next []int64) []int64 {
	price := slices.Clone(next)
	lower := func(from, to int32, cost int64) bool {
		if price[from] == int64(far) || price[from]+cost >= price[to] {
			return false
		}
		price[to] = price[from] + cost
		return true
	}
	for changed := true; changed; {
		changed = false
		for i := range g.lines {
			l, f, fee := &g.lines[i], flow[i], 4*int64(g.lines[i].fee)
			switch {
			case f < 0:
				changed = lower(l.from, l.to, -fee) || changed
			case f < l.out:
				changed = lower(l.from, l.to, fee) || changed
			}
			switch {
			case f > 0:
				changed = lower(l.to, l.from, -fee) || changed
			case -f < l.back:
				changed = lower(l.to, l.from, fee) || changed
			}
		}
	}
	return price
}

// slack returns how much a line's flow may rise and fall while prices stay optimal.
func (g *grid) slack(i int, flow torg.Energy, price []int64) [2]torg.Energy {
	l, fee := &g.lines[i], 4*int64(g.lines[i].fee)
	gap := price[l.to] - price[l.from]
	switch {
	case price[l.to] == int64(far) || price[l.from] == int64(far) || gap != fee && gap != -fee:
		return [2]torg.Energy{}
	case fee == 0:
		return [2]torg.Energy{l.out - flow, flow + l.back}
	case gap == fee:
		return [2]torg.Energy{l.out - flow, flow}
	}
	return [2]torg.Energy{-flow, flow + l.back}
}

// regions finds the regions that have blocks.
func (v *level) regions() []region {
	at := make([]int32, len(v.g.part)) // 1 + the block at each zone
	for i := range v.blocks {
		at[v.blocks[i].zone] = int32(i) + 1
	}
	given := v.reached(true, func(b *block) bool { return b.passed < b.offered })
	taken := v.reached(false, func(b *block) bool { return b.passed > 0 })
	var list []region
	seen := make([]bool, len(v.g.part))
	for z := range seen {
		if seen[z] {
			continue
		}
		r := region{zones: []int32{int32(z)}}
		seen[z] = true
		for n := 0; n < len(r.zones); n++ {
			z := r.zones[n]
			for _, a := range v.g.around[z] {
				if w := a.to; !seen[w] && (v.room(a) > 0 && given[z] && taken[w] || v.slack[a.line][(1+a.way)/2] > 0 && given[w] && taken[z]) {
					seen[a.to] = true
					r.zones = append(r.zones, a.to)
				}
			}
		}
		slices.Sort(r.zones)
		for _, w := range r.zones {
			if at[w] > 0 {
				r.blocks = append(r.blocks, at[w]-1)
			}
		}
		list = append(list, r)
	}
	return list
}

// split cuts a region in two. Between the two parts nothing moves any more.
func (v *level) split(r region, inner []int32) []region {
	var in, out region
	inside := make(map[int32]bool, len(inner))
	for _, z := range inner {
		inside[z] = true
	}
	for _, z := range r.zones {
		if inside[z] {
			in.zones = append(in.zones, z)
		} else {
			out.zones = append(out.zones, z)
		}
		for _, a := range v.g.around[z] {
			if inside[z] != inside[a.to] {
				v.slack[a.line] = [2]torg.Energy{}
			}
		}
	}
	for _, b := range r.blocks {
		if inside[v.blocks[b].zone] {
			in.blocks = append(in.blocks, b)
		} else {
			out.blocks = append(out.blocks, b)
		}
	}
	return []region{in, out}
}

// shareOut tries to give a region's blocks their shares. It returns nil when they
// have them, or the zones on the one side of the lines that are in the way, which
// have as much as they can then; and whether anything moved.
func (v *level) shareOut(r region) (inner []int32, moved bool) {
	offered := make([]torg.Energy, len(r.blocks))
	var sum torg.Energy
	for i, b := range r.blocks {
		offered[i] = v.blocks[b].offered
		sum += v.blocks[b].accepted()
	}
	give := make([]torg.Energy, len(v.g.part)) // what each zone has to send out, or to take in where negative
	for i, e := range torg.ApportionEnergy(sum, offered) {
		b := &v.blocks[r.blocks[i]]
		more := e - b.accepted()
		if !b.sells {
			more = -more
		}
		give[b.zone] = more
		moved = moved || more != 0
		b.passed += more
	}
	inner = v.send(r.zones, give)
	for _, i := range r.blocks {
		b := &v.blocks[i]
		b.passed -= give[b.zone]
	}
	return inner, moved
}

// send moves as much of give as lines with slack can carry, along shortest paths,
// many at a time (Dinic 1970). What cannot be sent stays in give; then it returns
// the zones that it cannot leave.
func (v *level) send(zones []int32, give []torg.Energy) []int32 {
	for {
		reached := make([]int32, 0, len(zones))
		for _, z := range zones {
			v.depth[z], v.next[z] = -1, 0
			if give[z] > 0 {
				v.depth[z] = 0
				reached = append(reached, z)
			}
		}
		if len(reached) == 0 {
			return nil
		}
		found := false
		for n := 0; n < len(reached); n++ {
			z := reached[n]
			found = found || give[z] < 0
			for _, a := range v.g.around[z] {
				if v.room(a) > 0 && v.depth[a.to] < 0 {
					v.depth[a.to] = v.depth[z] + 1
					reached = append(reached, a.to)
				}
			}
		}
		if !found {
			return reached
		}
		for _, z := range zones {
			for v.depth[z] == 0 && give[z] > 0 {
				e := v.augment(z, give[z], give)
				if e == 0 {
					break
				}
				give[z] -= e
			}
		}
	}
}

// room returns how much more may leave a zone over a line.
func (v *level) room(a arc) torg.Energy { return v.slack[a.line][(1-a.way)/2] }

// augment sends up to e from a zone to one that takes, from depth to depth.
func (v *level) augment(z int32, e torg.Energy, give []torg.Energy) torg.Energy {
	if give[z] < 0 {
		e = min(e, -give[z])
		give[z] += e
		return e
	}
	around := v.g.around[z]
	for ; v.next[z] < len(around); v.next[z]++ {
		a := around[v.next[z]]
		if v.room(a) == 0 || v.depth[a.to] != v.depth[z]+1 {
			continue
		}
		sent := v.augment(a.to, min(e, v.room(a)), give)
		if sent == 0 {
			continue
		}
		v.flow[a.line] += sent * a.way
		v.slack[a.line][(1-a.way)/2] -= sent
		v.slack[a.line][(1+a.way)/2] += sent
		return sent
	}
	return 0
}

// reached returns the zones that lines with slack lead to from those blocks, or from
// which they lead to them.
func (v *level) reached(from bool, start func(*block) bool) []bool {
	seen := make([]bool, len(v.g.part))
	var queue []int32
	for i := range v.blocks {
		if b := &v.blocks[i]; start(b) {
			seen[b.zone] = true
			queue = append(queue, b.zone)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, a := range v.g.around[queue[0]] {
			room := v.room(a)
			if !from {
				room = v.slack[a.line][(1+a.way)/2]
			}
			if room > 0 && !seen[a.to] {
				seen[a.to] = true
				queue = append(queue, a.to)
			}
		}
	}
	return seen
}
