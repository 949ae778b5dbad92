package market

import (
	"cmp"
	"slices"

	"torg"
)

// avoidPasses is how often what avoids left unplaced is taken out of its orders
// before every order with an avoid leaves.
const avoidPasses = 3

// exchange places rests that are stuck because everyone they may trade with is
// placed already: such a partner changes over to them, and the one of their own zone
// and side whom it leaves finds another, along the shortest chain (the augmenting
// paths of a maximum flow between classes, after Edmonds and Karp 1972). Within a
// zone, what has a rest afterwards could not be placed in any pairing; across zones,
// in none that exchanges among those of one side of one zone reach. It says whether
// anyone changed over.
func (p *pairing) exchange() bool {
	x := exchange{p, make(map[[2]int32][]int32), make([][]int32, len(p.cells)), make(map[[2]int32]int32)}
	for k, d := range p.deals {
		x.index(int32(k))
		x.of[[2]int32{d.buyer, d.seller}] = int32(k)
	}
	moved := false
	for again := true; again; {
		again = false
		stuck := make([]bool, len(p.cells))
		for l := range p.lots {
			for c := p.lots[l].cell; p.lots[l].left > 0 && !stuck[c]; {
				path := x.path(c)
				if path == nil {
					stuck[c] = true
					continue
				}
				x.move(int32(l), path)
				again, moved = true, true
			}
		}
	}
	return moved
}

// exchange is a pairing with its deals by the cells that they are between.
type exchange struct {
	*pairing
	between map[[2]int32][]int32 // deals by cells, smaller first; those of no energy are dropped when met
	dealt   [][]int32            // by cell: the cells that it has, or had, a deal with
	of      map[[2]int32]int32   // the deal of a buyer and a seller
}

func cells(a, b int32) [2]int32 { return [2]int32{min(a, b), max(a, b)} }

func (x *exchange) index(k int32) {
	d := x.deals[k]
	b, s := x.lots[d.buyer].cell, x.lots[d.seller].cell
	list, met := x.between[cells(b, s)]
	x.between[cells(b, s)] = append(list, k)
	if !met {
		x.dealt[b], x.dealt[s] = append(x.dealt[b], s), append(x.dealt[s], b)
	}
}

// live returns a deal with energy between two cells, or -1.
func (x *exchange) live(a, b int32) int32 {
	list := x.between[cells(a, b)]
	n := len(list)
	for n > 0 && x.deals[list[n-1]].energy == 0 {
		n--
	}
	if n < len(list) {
		x.between[cells(a, b)] = list[:n]
	}
	if n == 0 {
		return -1
	}
	return list[n-1]
}

// rest returns the largest lot of a cell with something left, or -1.
func (x *exchange) rest(c int32) int32 {
	r := &x.cells[c].rests
	for len(*r) > 0 && x.lots[(*r)[0]].left == 0 {
		*r = (*r)[1:]
	}
	if len(*r) == 0 {
		return -1
	}
	return (*r)[0]
}

// path returns the shortest chain of cells (own, other, own, ..., other side) from a
// cell to one of the other side with a rest and a route to it: each cell may take
// from the one after it, whose partner now is the cell after that. nil: there is
// none.
func (x *exchange) path(from int32) []int32 {
	over := make([]int32, len(x.cells)) // the cell before; -1: not reached
	for i := range over {
		over[i] = -1
	}
	over[from] = from
	for queue := []int32{from}; len(queue) > 0; queue = queue[1:] {
		c := queue[0]
		for _, m := range x.cells[c].partner {
			if x.work++; over[m.cell] >= 0 {
				continue
			}
			over[m.cell] = c
			if x.routes[m.route].energy > 0 && x.rest(m.cell) >= 0 {
				return chain(from, m.cell, over)
			}
			for _, next := range x.dealt[m.cell] {
				if x.work += dealWork; over[next] < 0 && x.cells[next].zone == x.cells[from].zone && x.live(next, m.cell) >= 0 {
					over[next] = m.cell
					queue = append(queue, next)
				}
			}
		}
		if x.spent() {
			return nil
		}
	}
	return nil
}

// chain reads the path to a cell backwards and turns it round.
func chain(from, to int32, over []int32) []int32 {
	path := []int32{to}
	for c := to; c != from; {
		c = over[c]
		path = append(path, c)
	}
	slices.Reverse(path)
	return path
}

// move shifts as much energy along the path as its smallest deal and route allow.
func (x *exchange) move(lot int32, path []int32) {
	last := x.rest(path[len(path)-1])
	route := x.routeBetween(path[len(path)-2], path[len(path)-1])
	var give []int32 // the deals that change over
	e := min(x.lots[lot].left, x.lots[last].left, x.routes[route].energy)
	for i := 1; i+1 < len(path); i += 2 {
		k := x.live(path[i], path[i+1])
		give = append(give, k)
		e = min(e, x.deals[k].energy)
	}
	x.lots[lot].left -= e
	x.lots[last].left -= e
	x.routes[route].energy -= e
	buys := x.cells[path[0]].side == 0
	for _, k := range give {
		d := &x.deals[k]
		d.energy -= e
		if over := d.route; buys {
			leaves := d.buyer
			x.add(lot, d.seller, over, e)
			lot = leaves
		} else {
			leaves := d.seller
			x.add(d.buyer, lot, over, e)
			lot = leaves
		}
	}
	if buys {
		x.add(lot, last, route, e)
	} else {
		x.add(last, lot, route, e)
	}
}

func (x *exchange) routeBetween(a, b int32) int32 {
	for _, m := range x.cells[a].partner {
		if m.cell == b {
			return m.route
		}
	}
	panic("market: cells that may not trade")
}

// add gives energy to the deal between two lots, a new one of round 2 if they have
// none.
func (x *exchange) add(buyer, seller, route int32, e torg.Energy) {
	pair := [2]int32{buyer, seller}
	k, known := x.of[pair]
	if !known {
		k = int32(len(x.deals))
		x.of[pair] = k
		x.deals = append(x.deals, deal{buyer: buyer, seller: seller, route: route, round: 2})
	}
	if x.deals[k].energy == 0 {
		x.index(k)
	}
	x.deals[k].energy += e
}

// renumber says anew which deals are pairs of round 1 after partners changed: the
// largest deal of two orders that have no pair yet, again and again.
func (p *pairing) renumber() {
	slices.SortFunc(p.deals, func(a, b deal) int {
		return cmp.Or(cmp.Compare(b.energy, a.energy), cmp.Compare(a.buyer, b.buyer), cmp.Compare(a.seller, b.seller))
	})
	paired := make([]bool, len(p.lots))
	for k := range p.deals {
		d := &p.deals[k]
		d.round = 2
		if !paired[d.buyer] && !paired[d.seller] {
			d.round, paired[d.buyer], paired[d.seller] = 1, true, true
		}
	}
}

// avoidedParts takes what could not be placed out of the orders whose avoids were in
// the way, all in one pass, and says whether there was any.
func (r *Result) avoidedParts(p *pairing) bool {
	s := r.sheet
	if !s.avoids {
		return false
	}
	cut := false
	take := func(i int32, part torg.Energy) {
		if !cut {
			s.open = slices.Clone(s.open)
		}
		s.open[i] -= part
		s.wish(i).avoided = true
		cut = true
	}
	if q := s.grid.complex.Supplier; q != nil {
		for k := range s.wishes {
			w := &s.wishes[k]
			if e := r.accepted[w.order] - p.inside[w.order]; e > 0 && names(w.avoid, string(q.Participant), "") {
				take(w.order, e)
			}
		}
	}
	for _, t := range p.routes {
		if t.energy == 0 {
			continue
		}
		buyers, sellers := p.restsOf(t.to, 0), p.restsOf(t.from, 1)
		for i, j := 0, 0; t.energy > 0 && i < len(buyers) && j < len(sellers); {
			b, l := &p.lots[buyers[i]], &p.lots[sellers[j]]
			e := min(b.left, l.left, t.energy)
			b.left -= e
			l.left -= e
			t.energy -= e
			if e > 0 && s.avoid(b.order, l.order) {
				take(b.order, e)
			}
			if e > 0 && s.avoid(l.order, b.order) {
				take(l.order, e)
			}
			if b.left == 0 {
				i++
			}
			if l.left == 0 {
				j++
			}
		}
	}
	return cut
}

// restsOf returns the lots of a side of a zone with something left, the largest
// first.
func (p *pairing) restsOf(zone, side int32) []int32 {
	var rests []int32
	for _, c := range p.cellsOf(zone, side) {
		for _, l := range p.cells[c].rests {
			if p.lots[l].left > 0 {
				rests = append(rests, l)
			}
		}
	}
	slices.Sort(rests)
	return rests
}

// leave takes every order with an avoid out of the book.
func (s *Sheet) leave() {
	s.open = slices.Clone(s.open)
	for i := range s.wishes {
		if w := &s.wishes[i]; w.picks() {
			w.avoided = w.avoided || s.open[w.order] > 0
			s.open[w.order] = 0
		}
	}
	s.avoids = false
}
