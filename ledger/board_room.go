package ledger

import (
	"cmp"
	"fmt"
	"slices"

	"torg"
)

// What forwards hold is summed up by line and way and by site and side. The sums follow
// from the contracts: they are kept in memory, and may leave out slots whose session is
// open.

func lineLoad(h hop) string { return fmt.Sprintf("line %d %t", h.line, h.back) }

func siteLoad(site torg.SiteID, side torg.Side) string { return fmt.Sprintf("%s %d", site, side) }

// agentLoad is what a site's agent signed.
func agentLoad(site torg.SiteID, side torg.Side) string {
	return fmt.Sprintf("agent %s %d", site, side)
}

func (s *state) sum(key string) torg.Load {
	l, _ := s.loads.get(key)
	return l
}

// addLoad puts a profile on a sum, or with sign -1 takes it off, and forgets slots whose
// session is open.
func (s *state) addLoad(key string, p torg.Profile, sign int) {
	next := s.head.session.slot + 1
	if p = p.Cut(next, p.Last()+1); len(p.Steps) == 0 {
		return
	}
	l := s.sum(key).From(next)
	if sign > 0 {
		l = l.Add(p)
	} else {
		l = l.Sub(p)
	}
	if l.Empty() {
		s.loads.del(key)
	} else {
		s.loads.put(key, l)
	}
}

// hold holds the lines on a contract's path for a profile, or with sign -1 lets go.
func (s *state) hold(f *forward, p torg.Profile, sign int) {
	for _, h := range f.path {
		s.addLoad(lineLoad(h), p, sign)
	}
}

// connect holds the connected capacity of a side, which has signed, for a profile, or
// with sign -1 lets go.
func (s *state) connect(f *forward, side torg.Side, p torg.Profile, sign int) {
	_, site := f.Party(side)
	s.addLoad(siteLoad(site, side), p, sign)
	if f.by(side).agent {
		s.addLoad(agentLoad(site, side), p, sign)
	}
}

// sumLoads makes all sums anew from the contracts.
func (s *state) sumLoads() {
	parts := map[string][]torg.Profile{}
	add := func(key string, f *forward) { parts[key] = append(parts[key], f.open) }
	for _, id := range s.forwards.keys() {
		f, _ := s.forwards.get(id)
		for _, h := range f.path {
			add(lineLoad(h), f)
		}
		for _, side := range bothSides {
			if _, site := f.Party(side); f.by(side).there {
				add(siteLoad(site, side), f)
				if f.by(side).agent {
					add(agentLoad(site, side), f)
				}
			}
		}
	}
	clear(s.loads.base)
	for key, list := range parts {
		if l := torg.SumLoad(list...); !l.Empty() {
			s.loads.base[key] = l
		}
	}
}

// share is the most that forwards may hold of a line's capacity one way.
func (s *state) share(capacity torg.Energy) torg.Energy {
	if capacity == torg.Unlimited {
		return torg.Unlimited
	}
	share, _ := s.forwardRules()
	percent := torg.Energy(share)
	return capacity/100*percent + capacity%100*percent/100
}

// room says whether a line has room for a profile one way, by the rules that are
// announced for its slots.
func (s *state) room(h hop, p torg.Profile) bool {
	for from, last := p.First, p.Last(); from <= last; {
		rules, end := s.rulesUntil(from, last)
		share := s.share(rules.Complex.Lines[h.line].Capacity)
		if share != torg.Unlimited && s.sum(lineLoad(h)).MostWith(p.Cut(from, end+1)) > share {
			return false
		}
		from = end + 1
	}
	return true
}

// connectedRoom refuses a profile for which a site's connection has no room.
func (s *state) connectedRoom(site torg.SiteID, side torg.Side, p torg.Profile) error {
	t, _ := s.sites.get(site)
	if most := s.sum(siteLoad(site, side)).MostWith(p); most > s.capacity(t.Site) {
		return fmt.Errorf("site %s would %s %d Wh in a slot, its connection carries %d: %w", site, side, most, s.capacity(t.Site), torg.ErrConnection)
	}
	return nil
}

// route is a path with its fees.
type route struct {
	fee  torg.Price
	hops []hop
}

func (a route) less(b route) bool {
	return cmp.Or(cmp.Compare(a.fee, b.fee), cmp.Compare(len(a.hops), len(b.hops)), compareHops(a.hops, b.hops)) < 0
}

// path finds the cheapest path with room for a profile between two zones: by the fees of
// its first slot, then the fewest lines, then the order of lines in the complex.
func (s *state) path(from, to torg.ZoneID, p torg.Profile) (route, error) {
	best := map[torg.ZoneID]route{from: {}}
	usable := map[hop]bool{}
	for moved := from != to; moved; {
		moved = false
		for i, l := range s.rulesAt(p.First).Complex.Lines {
			for _, back := range []bool{false, true} {
				h, a, b := hop{uint32(i), back}, l.From, l.To
				if back {
					a, b = b, a
				}
				r, reached := best[a]
				if !reached {
					continue
				}
				r = route{r.fee + l.Fee, append(slices.Clip(r.hops), h)}
				if known, there := best[b]; there && !r.less(known) {
					continue
				}
				ok, known := usable[h]
				if !known {
					ok = s.room(h, p)
					usable[h] = ok
				}
				if ok {
					best[b], moved = r, true
				}
			}
		}
	}
	r, ok := best[to]
	if !ok {
		return route{}, fmt.Errorf("no path from %s to %s with room for %d Wh a slot: %w", from, to, p.Most(), torg.ErrNoCapacity)
	}
	return r, nil
}

// grid is what a slot's session clears on: lines without what the active forwards hold,
// the fuller direction taken off both ways.
func (s *state) grid(slot torg.Slot) torg.Complex {
	c := s.rulesAt(slot).Complex
	held := make([][2]torg.Energy, len(c.Lines))
	any := false
	for _, id := range s.forwardIDs() {
		f, _ := s.forwards.get(id)
		e, _ := f.at(slot)
		if e == 0 || f.state == ForwardProposed {
			continue
		}
		for _, h := range f.path {
			way := 0
			if h.back {
				way = 1
			}
			held[h.line][way] += e
			any = true
		}
	}
	if !any {
		return c
	}
	c.Lines = slices.Clone(c.Lines)
	for i := range c.Lines {
		if l := &c.Lines[i]; l.Capacity != torg.Unlimited {
			l.Capacity = max(l.Capacity-max(held[i][0], held[i][1]), 0)
		}
	}
	return c
}

// forwardNet is a site's net energy of forwards in a slot, consumption plus.
func (s *state) forwardNet(site torg.SiteID, slot torg.Slot) torg.Energy {
	switch running := s.head.session.slot; {
	case slot > running:
		return s.sum(siteLoad(site, torg.Buy)).At(slot) - s.sum(siteLoad(site, torg.Sell)).At(slot)
	case slot < running:
		return s.forwardNets(slot)[site]
	case s.nets == nil || s.netsOf != slot:
		s.nets, s.netsOf = s.forwardNets(slot), slot
	}
	return s.nets[site]
}

// forwardNets is the net energy of active forwards in a slot, consumption plus, of all
// sites that have any.
func (s *state) forwardNets(slot torg.Slot) map[torg.SiteID]torg.Energy {
	nets := map[torg.SiteID]torg.Energy{}
	for _, id := range s.forwardIDs() {
		f, _ := s.forwards.get(id)
		if e, _ := f.at(slot); e > 0 && f.state != ForwardProposed {
			nets[f.BuyerSite] += e
			nets[f.SellerSite] -= e
		}
	}
	return nets
}

// orderRoom is the most energy of an order of a side that a site's connection has room
// for, besides the net of its forwards that way.
func (s *state) orderRoom(t torg.Site, side torg.Side, slot torg.Slot) torg.Energy {
	net := s.forwardNet(t.ID, slot)
	if side == torg.Sell {
		net = -net
	}
	return s.capacity(t) - max(net, 0)
}
