package market

// preferWork bounds how many partners are looked at for the sake of preferences in
// one placement, per order; further ones are not looked at.
const preferWork = 16

// preferPairs lets two pairs of round 1 exchange partners where more declared
// preferences are kept that way and the two pairs cover as much energy as before. Who
// gets how much inside is settled by then, and does not change.
func (p *pairing) preferPairs() {
	dealOfBuyer, dealOfSeller := fill(len(p.buyers), -1), fill(len(p.sellers), -1)
	for k, d := range p.deals {
		dealOfBuyer[d.buyer], dealOfSeller[d.seller] = int32(k), int32(k)
	}
	swap := func(k, l int32) bool {
		if l < 0 || k == l || !p.better(k, l) {
			return false
		}
		a, b := &p.deals[k], &p.deals[l]
		a.seller, b.seller = b.seller, a.seller
		dealOfSeller[a.seller], dealOfSeller[b.seller] = k, l
		return true
	}
	w := p.wishes()
	for i := range p.buyers {
		if k := dealOfBuyer[i]; k >= 0 && !names(p.buyers[i].Prefer, p.sellers[p.deals[k].seller].Order) {
			w.each(p.buyers[i].Prefer, w.sellers, func(j int32) bool { return swap(k, dealOfSeller[j]) })
		}
	}
	for j := range p.sellers {
		if k := dealOfSeller[j]; k >= 0 && !names(p.sellers[j].Prefer, p.buyers[p.deals[k].buyer].Order) {
			w.each(p.sellers[j].Prefer, w.buyers, func(i int32) bool { return swap(k, dealOfBuyer[i]) })
		}
	}
}

// better says whether two pairs may exchange their sellers and keep more
// preferences so.
func (p *pairing) better(k, l int32) bool {
	a, b := p.deals[k], p.deals[l]
	if !p.classes.may(a.buyer, b.seller) || !p.classes.may(b.buyer, a.seller) {
		return false
	}
	x, y := p.buyers[a.buyer].inside, p.buyers[b.buyer].inside
	u, v := p.sellers[a.seller].inside, p.sellers[b.seller].inside
	if min(x, u)+min(y, v) != min(x, v)+min(y, u) {
		return false
	}
	kept := func(i, j int32) (n int) {
		if names(p.buyers[i].Prefer, p.sellers[j].Order) {
			n++
		}
		if names(p.sellers[j].Prefer, p.buyers[i].Order) {
			n++
		}
		return n
	}
	return kept(a.buyer, b.seller)+kept(b.buyer, a.seller) > kept(a.buyer, a.seller)+kept(b.buyer, b.seller)
}

// preferRests places what round 1 left with preferred partners first.
func (p *pairing) preferRests() {
	w := p.wishes()
	for i := range p.buyers {
		b := &p.buyers[i]
		w.each(b.Prefer, w.sellers, func(j int32) bool {
			if b.left > 0 && p.sellers[j].left > 0 && p.classes.may(int32(i), j) {
				p.place(int32(i), j)
			}
			return b.left == 0
		})
	}
	for j := range p.sellers {
		l := &p.sellers[j]
		w.each(l.Prefer, w.buyers, func(i int32) bool {
			if l.left > 0 && p.buyers[i].left > 0 && p.classes.may(i, int32(j)) {
				p.place(i, int32(j))
			}
			return l.left == 0
		})
	}
}

// wishes finds the lots that a preference names.
type wishes struct {
	buyers, sellers map[string][]int32 // lots by participant and by source
	work            int                // lots that may still be looked at
}

func (p *pairing) wishes() *wishes {
	named := make(map[string]bool)
	for _, side := range [][]lot{p.buyers, p.sellers} {
		for _, l := range side {
			for _, n := range l.Prefer {
				named[n] = true
			}
		}
	}
	find := func(lots []lot) map[string][]int32 {
		found := make(map[string][]int32)
		for i, l := range lots {
			party := string(l.Participant)
			if named[party] {
				found[party] = append(found[party], int32(i))
			}
			if l.Source != "" && l.Source != party && named[l.Source] {
				found[l.Source] = append(found[l.Source], int32(i))
			}
		}
		return found
	}
	return &wishes{find(p.buyers), find(p.sellers), 1000 + preferWork*(len(p.buyers)+len(p.sellers))}
}

// each visits the lots that the list names, in the order of the list, largest
// first, until visit returns true.
func (w *wishes) each(list []string, lots map[string][]int32, visit func(int32) bool) {
	for _, n := range list {
		for _, i := range lots[n] {
			if w.work--; w.work < 0 || visit(i) {
				return
			}
		}
	}
}
