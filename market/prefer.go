package market

import (
	"cmp"
	"slices"
)

// preferWork bounds how many partners are looked at for the sake of preferences in
// one placement, per order; further ones are not looked at.
const preferWork = 16

// preferPairs lets two pairs of round 1 between the same two zones exchange partners
// where more declared preferences are kept that way and the two pairs cover as much
// energy as before. Who gets how much inside is settled by then, and does not
// change.
func (p *pairing) preferPairs() {
	moved := false
	dealOf := make([]int32, len(p.lots))
	for l := range dealOf {
		dealOf[l] = -1
	}
	for k, d := range p.deals {
		dealOf[d.buyer], dealOf[d.seller] = int32(k), int32(k)
	}
	swap := func(k, l int32) bool {
		if l < 0 || k == l || !p.better(k, l) {
			return false
		}
		a, b := &p.deals[k], &p.deals[l]
		p.undo(a)
		p.undo(b)
		a.seller, b.seller = b.seller, a.seller
		p.redo(a)
		p.redo(b)
		dealOf[a.seller], dealOf[b.seller] = k, l
		moved = true
		return true
	}
	s, w := p.r.sheet, p.wishes()
	for l := range p.lots {
		k, wish := dealOf[l], s.wish(p.lots[l].order)
		if k < 0 || wish == nil {
			continue
		}
		partner := p.deals[k].seller
		if partner == int32(l) {
			partner = p.deals[k].buyer
		}
		if !s.named(wish.prefer, p.lots[partner].order) {
			w.each(wish.prefer, 1-p.side(int32(l)), func(m int32) bool { return swap(k, dealOf[m]) })
		}
	}
	if moved { // the two pairs may have other sizes now
		slices.SortStableFunc(p.deals, func(a, b deal) int { return cmp.Compare(b.energy, a.energy) })
	}
}

func (p *pairing) side(l int32) int32 { return p.cells[p.lots[l].cell].side }

// undo gives a deal's energy back to its lots and route; redo takes as much as both
// have.
func (p *pairing) undo(d *deal) {
	p.lots[d.buyer].left += d.energy
	p.lots[d.seller].left += d.energy
	p.routes[d.route].energy += d.energy
}

func (p *pairing) redo(d *deal) {
	d.energy = min(p.lots[d.buyer].left, p.lots[d.seller].left)
	p.lots[d.buyer].left -= d.energy
	p.lots[d.seller].left -= d.energy
	p.routes[d.route].energy -= d.energy
}

// may says whether two lots may trade over a route.
func (p *pairing) may(buyer, seller, route int32) bool {
	if !p.r.sheet.avoids {
		return true
	}
	for _, m := range p.cells[p.lots[buyer].cell].partner {
		if m.cell == p.lots[seller].cell && m.route == route {
			return true
		}
	}
	return false
}

// better says whether two pairs may exchange their sellers and keep more
// preferences so.
func (p *pairing) better(k, l int32) bool {
	a, b := p.deals[k], p.deals[l]
	if a.route != b.route || !p.may(a.buyer, b.seller, a.route) || !p.may(b.buyer, a.seller, a.route) {
		return false
	}
	x, y := p.inside[p.lots[a.buyer].order], p.inside[p.lots[b.buyer].order]
	u, v := p.inside[p.lots[a.seller].order], p.inside[p.lots[b.seller].order]
	if a.energy+b.energy != min(x, v)+min(y, u) {
		return false
	}
	return p.kept(a.buyer, b.seller)+p.kept(b.buyer, a.seller) > p.kept(a.buyer, a.seller)+p.kept(b.buyer, b.seller)
}

// kept counts the preferences that a pair keeps.
func (p *pairing) kept(buyer, seller int32) (n int) {
	s, b, l := p.r.sheet, p.lots[buyer].order, p.lots[seller].order
	if w := s.wish(b); w != nil && s.named(w.prefer, l) {
		n++
	}
	if w := s.wish(l); w != nil && s.named(w.prefer, b) {
		n++
	}
	return n
}

// preferRests places what round 1 left with preferred partners first.
func (p *pairing) preferRests() {
	s, w := p.r.sheet, p.wishes()
	for l := range p.lots {
		wish := s.wish(p.lots[l].order)
		if wish == nil || p.lots[l].left == 0 {
			continue
		}
		w.each(wish.prefer, 1-p.side(int32(l)), func(m int32) bool {
			if p.lots[m].left == 0 {
				return false
			}
			buyer, seller := int32(l), m
			if p.side(m) == 0 {
				buyer, seller = m, int32(l)
			}
			for _, t := range p.cells[p.lots[l].cell].partner {
				if t.cell == p.lots[m].cell && p.routes[t.route].energy > 0 {
					p.place(buyer, seller, t.route)
				}
			}
			return p.lots[l].left == 0
		})
	}
}

// wishes finds the lots that a preference names.
type wishes struct {
	named [2]map[string][]int32 // lots by participant and by source, of each side
	work  int                   // lots that may still be looked at
}

func (p *pairing) wishes() *wishes {
	s := p.r.sheet
	w := &wishes{work: 1000 + preferWork*len(p.lots)}
	for side := range w.named {
		w.named[side] = make(map[string][]int32)
	}
	for i := range s.wishes {
		for _, n := range s.wishes[i].prefer {
			w.named[0][n], w.named[1][n] = nil, nil
		}
	}
	for l := range p.lots {
		named := w.named[p.side(int32(l))]
		party, source := string(s.Participant(p.lots[l].order)), s.Source(p.lots[l].order)
		if list, is := named[party]; is {
			named[party] = append(list, int32(l))
		}
		if list, is := named[source]; is && source != "" && source != party {
			named[source] = append(list, int32(l))
		}
	}
	return w
}

// each visits the lots of one side that the list names, in the order of the list,
// largest first, until visit returns true.
func (w *wishes) each(list []string, side int32, visit func(int32) bool) {
	for _, n := range list {
		for _, l := range w.named[side][n] {
			if w.work--; w.work < 0 || visit(l) {
				return
			}
		}
	}
}
