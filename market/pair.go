package market

import "torg"

// lot is an order's inside energy while partners are sought for it.
type lot struct {
	*entry
	left torg.Energy // not placed yet
}

// deal is energy placed between two lots, by their places in pairing's lists.
type deal struct {
	buyer, seller int32
	energy        torg.Energy
	round         int
}

// pairing finds partners for all inside energy of a zone.
type pairing struct {
	buyers, sellers []lot    // by inside energy from the largest down, ties by id
	classes         *classes // nil where nobody avoids anything
	deals           []deal   // round 1, then round 2
}

// pair places all inside energy. Round 1 pairs one to one: each buyer, from the
// largest down, with the largest seller that is free, so that in one zone the pairs
// cover the most energy. Round 2 shares the rests many to many. Where avoids are
// in the way, a buyer takes the largest seller it may trade with, and rests that
// are stuck take over partners of others who can move on. What still has a rest
// afterwards cannot be placed. Preferences are looked at on demand. It returns nil where the avoids are too many to
// work through.
func (s *sheet) pair(prefer bool) *pairing {
	p := &pairing{buyers: s.lots(s.buys), sellers: s.lots(s.sells)}
	if s.avoids {
		if p.classes = classify(p.buyers, p.sellers); p.classes == nil {
			return nil
		}
	}
	p.one()
	if prefer {
		p.preferPairs()
	}
	for i := range p.deals {
		d := &p.deals[i]
		d.energy, d.round = min(p.buyers[d.buyer].inside, p.sellers[d.seller].inside), 1
		p.take(d)
	}
	if prefer {
		p.preferRests()
	}
	p.many()
	if p.classes == nil {
		return p
	}
	moved := p.reroute()
	if p.classes.spent() {
		return nil
	}
	if moved || prefer {
		p.rounds()
	}
	return p
}

func (s *sheet) lots(side []int32) []lot {
	var r []ranked
	for _, k := range side {
		if e := s.entries[k].inside; e > 0 {
			r = append(r, ranked{-int64(e), k})
		}
	}
	lots := make([]lot, len(r))
	for i, k := range places(r) {
		lots[i] = lot{&s.entries[k], s.entries[k].inside}
	}
	return lots
}

// take marks a deal's energy as placed.
func (p *pairing) take(d *deal) {
	p.buyers[d.buyer].left -= d.energy
	p.sellers[d.seller].left -= d.energy
}

// one chooses the pairs of round 1.
func (p *pairing) one() {
	p.deals = make([]deal, 0, len(p.buyers)+len(p.sellers))
	if p.classes == nil {
		for i := range min(len(p.buyers), len(p.sellers)) {
			p.deals = append(p.deals, deal{buyer: int32(i), seller: int32(i)})
		}
		return
	}
	q := p.classes.queues(p.sellers)
	for i := range p.buyers {
		if j := q.first(i); j >= 0 {
			p.deals = append(p.deals, deal{buyer: int32(i), seller: j})
			q.drop(j)
		}
	}
}

// many places the rests, in the order of the lists.
func (p *pairing) many() {
	if p.classes == nil {
		for i, j := 0, 0; i < len(p.buyers) && j < len(p.sellers); {
			switch {
			case p.buyers[i].left == 0:
				i++
			case p.sellers[j].left == 0:
				j++
			default:
				p.place(int32(i), int32(j))
			}
		}
		return
	}
	q := p.classes.queues(p.sellers)
	for i := range p.buyers {
		for p.buyers[i].left > 0 {
			j := q.first(i)
			if j < 0 {
				break
			}
			p.place(int32(i), j)
			if p.sellers[j].left == 0 {
				q.drop(j)
			}
		}
	}
}

// place makes a deal of round 2 of as much as both lots have left.
func (p *pairing) place(buyer, seller int32) {
	d := deal{buyer, seller, min(p.buyers[buyer].left, p.sellers[seller].left), 2}
	p.take(&d)
	p.deals = append(p.deals, d)
}
