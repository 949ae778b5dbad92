package market

import (
	"cmp"
	"slices"

	"torg"
)

// reroute places rests that are stuck because everyone they may trade with is
// placed already: such a partner changes over to them, and the one it leaves finds
// another, along the shortest chain (the augmenting paths of a maximum flow between
// classes, after Edmonds and Karp 1972). What has a rest afterwards could not be
// placed in any pairing. It says whether anyone changed over.
func (p *pairing) reroute() bool {
	if !slices.ContainsFunc(p.sellers, func(l lot) bool { return l.left > 0 }) {
		return false
	}
	r := rerouting{p, make(map[[2]int32][]int32), make(map[[2]int32]int32), p.classes.queues(p.sellers)}
	for k, d := range p.deals {
		r.index(int32(k))
		r.of[[2]int32{d.buyer, d.seller}] = int32(k)
	}
	stuck, moved := make([]bool, p.classes.buys), false
	for i := range p.buyers {
		for b := p.classes.buyer[i]; p.buyers[i].left > 0 && !stuck[b]; {
			path := r.path(b)
			if path == nil {
				stuck[b] = true
				continue
			}
			r.move(int32(i), path)
			moved = true
		}
	}
	return moved
}

// rounds says anew which deals are pairs of round 1 after partners changed: the
// largest deal of two orders that have no pair yet, again and again.
func (p *pairing) rounds() {
	slices.SortFunc(p.deals, func(a, b deal) int {
		return cmp.Or(cmp.Compare(b.energy, a.energy), cmp.Compare(a.buyer, b.buyer), cmp.Compare(a.seller, b.seller))
	})
	buyers, sellers := make([]bool, len(p.buyers)), make([]bool, len(p.sellers))
	for k := range p.deals {
		d := &p.deals[k]
		d.round = 2
		if !buyers[d.buyer] && !sellers[d.seller] {
			d.round, buyers[d.buyer], sellers[d.seller] = 1, true, true
		}
	}
}

// rerouting is a pairing with its deals by the classes that they are between.
type rerouting struct {
	*pairing
	between map[[2]int32][]int32 // deals by buyer and seller class; those of no energy are dropped when met
	of      map[[2]int32]int32   // the deal of a buyer and a seller
	rests   *queues              // sellers with something left
}

func (r *rerouting) index(k int32) {
	d := r.deals[k]
	c := [2]int32{r.classes.buyer[d.buyer], r.classes.seller[d.seller]}
	r.between[c] = append(r.between[c], k)
}

// live returns a deal with energy between two classes, or -1.
func (r *rerouting) live(buy, sell int32) int32 {
	c := [2]int32{buy, sell}
	list := r.between[c]
	for len(list) > 0 && r.deals[list[len(list)-1]].energy == 0 {
		list = list[:len(list)-1]
	}
	r.between[c] = list
	if len(list) == 0 {
		return -1
	}
	return list[len(list)-1]
}

// path returns the shortest chain of classes (buyer, seller, buyer, ..., seller)
// from a class of buyers to a class of sellers with a rest: each buyer may take from
// the seller after it, who sells to the buyer after that now. nil: there is none.
func (r *rerouting) path(from int32) []int32 {
	c := r.classes
	overBuy, overSell := fill(c.buys, -1), fill(c.sells, -1) // the class before, -1: not reached
	overBuy[from] = from
	for queue := []int32{from}; len(queue) > 0; queue = queue[1:] {
		b := queue[0]
		for s := range int32(c.sells) {
			c.work++
			if overSell[s] >= 0 || !c.ok[int(b)*c.sells+int(s)] {
				continue
			}
			overSell[s] = b
			if len(r.rests.of[s]) > 0 {
				return chain(from, s, overBuy, overSell)
			}
			for next := range int32(c.buys) {
				c.work++
				if overBuy[next] < 0 && r.live(next, s) >= 0 {
					overBuy[next] = s
					queue = append(queue, next)
				}
			}
		}
		if c.spent() {
			return nil
		}
	}
	return nil
}

func fill(n int, v int32) []int32 {
	list := make([]int32, n)
	for i := range list {
		list[i] = v
	}
	return list
}

// chain reads the path to seller class s backwards and turns it round.
func chain(from, s int32, overBuy, overSell []int32) []int32 {
	path := []int32{s}
	for b := overSell[s]; ; b = overSell[s] {
		path = append(path, b)
		if b == from {
			break
		}
		s = overBuy[b]
		path = append(path, s)
	}
	for i, j := 0, len(path)-1; i < j; i, j = i+1, j-1 {
		path[i], path[j] = path[j], path[i]
	}
	return path
}

// move shifts as much energy along the path as its smallest deal allows.
func (r *rerouting) move(buyer int32, path []int32) {
	last := path[len(path)-1]
	seller := r.rests.of[last][0]
	var give []int32 // the deals that change over
	e := min(r.buyers[buyer].left, r.sellers[seller].left)
	for i := 1; i+1 < len(path); i += 2 {
		k := r.live(path[i+1], path[i])
		give = append(give, k)
		e = min(e, r.deals[k].energy)
	}
	r.buyers[buyer].left -= e
	r.sellers[seller].left -= e
	if r.sellers[seller].left == 0 {
		r.rests.drop(seller)
	}
	for _, k := range give {
		r.deals[k].energy -= e
		r.add(buyer, r.deals[k].seller, e)
		buyer = r.deals[k].buyer
	}
	r.add(buyer, seller, e)
}

// add gives energy to the deal between two lots, a new one of round 2 if they have
// none.
func (r *rerouting) add(buyer, seller int32, e torg.Energy) {
	pair := [2]int32{buyer, seller}
	k, known := r.of[pair]
	if !known {
		k = int32(len(r.deals))
		r.of[pair] = k
		r.deals = append(r.deals, deal{buyer: buyer, seller: seller, round: 2})
	}
	if r.deals[k].energy == 0 {
		r.index(k)
	}
	r.deals[k].energy += e
}

// avoidedParts takes what could not be placed out of the orders whose avoids were
// in the way, all in one pass, and says whether there was any.
func (s *sheet) avoidedParts(p *pairing) bool {
	cut := false
	take := func(e *entry, part torg.Energy) {
		e.open -= part
		e.avoided = true
		cut = true
	}
	if q := s.complex.Supplier; q != nil && s.avoids {
		supplier := torg.Order{Participant: q.Participant}
		for i := range s.entries {
			if e := &s.entries[i]; e.accepted > e.inside && avoids(e.Order, &supplier) {
				take(e, e.accepted-e.inside)
			}
		}
	}
	for i, j := 0, 0; i < len(p.buyers) && j < len(p.sellers); {
		b, l := &p.buyers[i], &p.sellers[j]
		e := min(b.left, l.left)
		b.left -= e
		l.left -= e
		if e > 0 && avoids(b.Order, l.Order) {
			take(b.entry, e)
		}
		if e > 0 && avoids(l.Order, b.Order) {
			take(l.entry, e)
		}
		if b.left == 0 {
			i++
		}
		if l.left == 0 {
			j++
		}
	}
	return cut
}

// leave takes every order with an avoid out of the book.
func (s *sheet) leave() {
	for i := range s.entries {
		if e := &s.entries[i]; len(e.Avoid) > 0 {
			e.avoided = e.avoided || e.open > 0
			e.open = 0
		}
	}
	s.avoids = false
}
