package market

import (
	"math/bits"
	"slices"

	"torg"
)

// cell is the orders of one side of a zone that are alike for pairing: all of them,
// or, where somebody avoids something, those that no avoid tells apart.
type cell struct {
	zone    int32
	side    int32   // 0: buyers, 1: sellers
	partner []match // cells that its orders may trade with
	head    int32   // first and last of the lots that wait for a partner in round 1; -1: none
	tail    int32
	rests   []int32 // lots with energy left after round 1, the largest inside energy first
}

// match is a cell on the other side and the route between the two zones.
type match struct {
	cell, route int32
}

// lot is an order's inside energy while partners are sought for it.
type lot struct {
	order int32
	cell  int32
	next  int32 // in the queue of those who wait
	left  torg.Energy
}

// rest is what a route has left.
type rest struct {
	energy torg.Energy
	route  int32
}

// pairing finds partners for all inside energy.
type pairing struct {
	r      *Result
	inside []torg.Energy // by order
	lots   []lot         // by inside energy from the largest down, ties by id
	cells  []cell
	cellAt [][]int32 // the cells of each zone's two sides: buyers of the first zone, its sellers, ...
	routes []route   // energy is what is left of it
	deals  []deal
	class  []int32 // by order: its cell, where somebody avoids something
	work   int     // steps that avoids have cost
}

// deal is energy placed between two lots.
type deal struct {
	buyer, seller int32 // lots
	route         int32
	round         int8
	energy        torg.Energy
}

// pair places all inside energy. Round 1 takes, again and again, the free buyer and
// seller that can be given the most: the least of what each has inside and of what
// the route between their zones carries. In one zone that pairs the i-th largest
// with the i-th largest, which covers the most energy. Round 2 shares the rests many
// to many. Preferences are looked at on demand. It returns nil where the avoids are
// too many to work through.
func (r *Result) pair(prefer bool) *pairing {
	for i := range r.zones {
		r.zones[i].share[0].Inside, r.zones[i].share[1].Inside = 0, 0
	}
	p := &pairing{r: r, routes: r.trace()}
	p.inside = r.inside(p.routes)
	if !p.makeCells() {
		return nil
	}
	p.makeLots()
	p.one()
	if prefer {
		p.preferPairs()
	}
	p.findRests()
	if prefer {
		p.preferRests()
	}
	p.many()
	if !r.sheet.avoids {
		return p
	}
	moved := p.exchange()
	if p.spent() {
		return nil
	}
	if moved || prefer {
		p.renumber()
	}
	return p
}

// makeCells makes the cells and says which may trade with which.
func (p *pairing) makeCells() bool {
	if p.r.sheet.avoids {
		return p.makeClasses()
	}
	p.cells, p.cellAt = make([]cell, 2*len(p.r.zones)), make([][]int32, 2*len(p.r.zones))
	numbers := make([]int32, len(p.cells))
	for i := range p.cells {
		p.cells[i] = cell{zone: int32(i / 2), side: int32(i % 2), head: -1, tail: -1}
		numbers[i] = int32(i)
		p.cellAt[i] = numbers[i : i+1]
	}
	for i, t := range p.routes {
		p.join(2*t.to, 2*t.from+1, int32(i))
	}
	return true
}

// join lets a buyers' cell trade with a sellers' cell over a route.
func (p *pairing) join(buy, sell, route int32) {
	p.cells[buy].partner = append(p.cells[buy].partner, match{sell, route})
	p.cells[sell].partner = append(p.cells[sell].partner, match{buy, route})
}

// makeLots sorts inside energy from the largest down, ties by id. An energy, an
// order's place and its cell stand in one number where they fit, as they do unless
// energies and the book are very large.
func (p *pairing) makeLots() {
	most := torg.Energy(0)
	for _, e := range p.inside {
		most = max(most, e)
	}
	place, cellBits := bits.Len(uint(len(p.inside))), bits.Len(uint(len(p.cells)))
	if bits.Len64(uint64(most))+place+cellBits > 64 {
		cellBits = 0
	}
	mem := p.r.mem
	mem.sort(len(p.inside))
	n := 0 // what has nothing inside is written over by the next: no branch that is anybody's guess
	for i, e := range p.inside {
		h := uint64(most-e)<<place | uint64(i)
		if cellBits > 0 {
			h = h<<cellBits | uint64(p.cellOf(i))
		}
		mem.a[n] = h
		n += int(uint64(-e) >> 63)
	}
	packed, _ := sortPacked(mem.a[:n:n], mem.b[:n:n], place+cellBits)
	if cap(mem.lots) < n {
		mem.lots = make([]lot, n)
	}
	p.lots = mem.lots[:n]
	for l, h := range packed {
		i := int32(h >> cellBits & (1<<place - 1))
		c := int32(h & (1<<cellBits - 1))
		if cellBits == 0 {
			c = p.cellOf(int(i))
		}
		p.lots[l] = lot{order: i, cell: c, next: -1, left: most - torg.Energy(h>>(place+cellBits))}
	}
}

// cellOf returns the cell of an order.
func (p *pairing) cellOf(i int) int32 {
	if p.class != nil {
		return p.class[i]
	}
	return int32(p.r.sheet.zone[i])*2 + (p.r.sheet.key[i]&3)>>1
}

// one chooses the pairs of round 1, from the largest down. It goes down through all
// lots at once: each finds a partner among those who wait already, who are at least
// as large, or waits itself. A route that carries less than what comes up next has
// its turn when that much comes up.
func (p *pairing) one() {
	if n := len(p.lots) + len(p.routes); cap(p.r.mem.deals) < n {
		p.r.mem.deals = make([]deal, 0, n)
	}
	p.deals = p.r.mem.deals[:0]
	small := heap[rest]{before: func(a, b rest) bool { return a.energy > b.energy || a.energy == b.energy && a.route < b.route }}
	for i, t := range p.routes {
		small.push(rest{t.energy, int32(i)})
	}
	for l := range p.lots {
		e := p.lots[l].left
		for len(small.items) > 0 && small.items[0].energy > e {
			p.pairOver(small.pop().route)
		}
		best, over := int32(-1), int32(-1)
		c := p.lots[l].cell
		for _, m := range p.cells[c].partner {
			if h := p.cells[m.cell].head; h >= 0 && p.routes[m.route].energy >= e && (best < 0 || h < best) {
				best, over = h, m.route
			}
		}
		if best < 0 {
			p.wait(int32(l))
			continue
		}
		p.leaveQueue(best)
		p.pairUp(int32(l), best, over, e)
		if left := p.routes[over].energy; left > 0 && left < e {
			small.push(rest{left, over})
		}
	}
	for len(small.items) > 0 {
		p.pairOver(small.pop().route)
	}
}

// pairOver pairs the largest who wait at the two ends of a route with all that the
// route has left, if at both ends somebody waits.
func (p *pairing) pairOver(route int32) {
	buyer, seller := int32(-1), int32(-1)
	t := p.routes[route]
	if t.energy == 0 {
		return
	}
	for _, c := range p.cellsOf(t.to, 0) {
		for _, m := range p.cells[c].partner {
			b, s := p.cells[c].head, p.cells[m.cell].head
			if m.route == route && b >= 0 && s >= 0 && (buyer < 0 || b < buyer || b == buyer && s < seller) {
				buyer, seller = b, s
			}
		}
	}
	if buyer >= 0 {
		p.leaveQueue(buyer)
		p.leaveQueue(seller)
		p.pairUp(buyer, seller, route, t.energy)
	}
}

// cellsOf returns the cells of one side of a zone.
func (p *pairing) cellsOf(zone, side int32) []int32 { return p.cellAt[2*zone+side] }

func (p *pairing) wait(l int32) {
	c := &p.cells[p.lots[l].cell]
	if c.head < 0 {
		c.head = l
	} else {
		p.lots[c.tail].next = l
	}
	c.tail = l
}

// leaveQueue takes the first out of its cell's queue.
func (p *pairing) leaveQueue(l int32) {
	p.cells[p.lots[l].cell].head = p.lots[l].next
}

// pairUp makes a pair of round 1 of two lots, in whichever order.
func (p *pairing) pairUp(a, b, route int32, e torg.Energy) {
	if p.cells[p.lots[a].cell].side == 1 {
		a, b = b, a
	}
	p.take(deal{buyer: a, seller: b, route: route, energy: e, round: 1})
}

// take enters a deal.
func (p *pairing) take(d deal) {
	p.lots[d.buyer].left -= d.energy
	p.lots[d.seller].left -= d.energy
	p.routes[d.route].energy -= d.energy
	p.deals = append(p.deals, d)
}

// findRests lists in each cell the lots that have something left.
func (p *pairing) findRests() {
	for l := range p.lots {
		if p.lots[l].left > 0 {
			c := &p.cells[p.lots[l].cell]
			c.rests = append(c.rests, int32(l))
		}
	}
}

// many places the rests over each route, within zones first.
func (p *pairing) many() {
	for _, own := range []bool{true, false} {
		for i := range p.routes {
			if t := p.routes[i]; (t.from == t.to) == own && t.energy > 0 {
				p.manyOver(int32(i))
			}
		}
	}
}

func (p *pairing) manyOver(route int32) {
	t := &p.routes[route]
	for _, c := range p.cellsOf(t.to, 0) {
		buyers := &p.cells[c]
		for t.energy > 0 && len(buyers.rests) > 0 {
			b := buyers.rests[0]
			if p.lots[b].left == 0 {
				buyers.rests = buyers.rests[1:]
				continue
			}
			s := p.firstRest(buyers, route)
			if s < 0 {
				break
			}
			p.place(b, s, route)
		}
	}
}

// firstRest returns the largest seller with a rest that a cell's buyers may trade
// with over a route, or -1.
func (p *pairing) firstRest(buyers *cell, route int32) int32 {
	best := int32(-1)
	for _, m := range buyers.partner {
		if m.route != route {
			continue
		}
		p.work++
		c := &p.cells[m.cell]
		for len(c.rests) > 0 && p.lots[c.rests[0]].left == 0 {
			c.rests = c.rests[1:]
		}
		if len(c.rests) > 0 && (best < 0 || c.rests[0] < best) {
			best = c.rests[0]
		}
	}
	return best
}

// whole says whether all energy of all routes is placed.
func (p *pairing) whole() bool {
	return !slices.ContainsFunc(p.routes, func(t route) bool { return t.energy > 0 })
}

// place makes a deal of round 2 of as much as two lots and their route have left.
func (p *pairing) place(buyer, seller, route int32) {
	e := min(p.lots[buyer].left, p.lots[seller].left, p.routes[route].energy)
	p.take(deal{buyer: buyer, seller: seller, route: route, energy: e, round: 2})
}

// rounds turns deals into the rounds. After a second discovery nobody pairs one to
// one: what it places inside is the second half of round 2.
func (r *Result) rounds(p *pairing) {
	var n [3]int
	for i := range p.deals {
		if d := &p.deals[i]; d.energy > 0 {
			n[d.round]++
		}
	}
	into := [3]*[]Deal{1: &r.Rounds[0], 2: &r.Rounds[1]}
	if r.sheet.discovery == 2 {
		into[1] = into[2]
		n[2] += n[1]
	}
	*into[1], *into[2] = make([]Deal, 0, n[1]), make([]Deal, 0, n[2])
	for round := int8(1); round <= 2; round++ {
		for i := range p.deals {
			if d := &p.deals[i]; d.round == round && d.energy > 0 {
				*into[round] = append(*into[round], Deal{p.lots[d.buyer].order, p.lots[d.seller].order, d.energy})
			}
		}
	}
	for i, e := range r.accepted {
		if e > p.inside[i] {
			d := Deal{Buy: int32(i), Sell: Supplier, Energy: e - p.inside[i]}
			if r.sheet.key[i]&3 == 3 {
				d.Buy, d.Sell = Supplier, int32(i)
			}
			r.Rounds[2] = append(r.Rounds[2], d)
		}
	}
}
