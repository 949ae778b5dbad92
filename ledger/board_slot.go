package ledger

import (
	"slices"

	"torg"
)

// openForwards brings the parts of the active contracts in slots first to last, whose
// sessions open now or were missed, into the sites' positions. What a seller keeps
// reserved for them is the entries' from now on, and comes back with their interval.
func (s *state) openForwards(first, last torg.Slot) {
	var active []*forward
	for _, id := range s.forwardIDs() {
		if f, _ := s.forwards.get(id); f.state != ForwardProposed && f.open.First <= last && f.open.Last() >= first {
			active = append(active, f)
		}
	}
	if len(active) == 0 {
		return
	}
	for k := first; k <= last; k++ {
		if s.openSlot(active, k) && k < last {
			s.slot(k).state = SessionMissed
		}
	}
}

// openSlot brings the contracts' parts in one slot into it, and says whether there are
// any.
func (s *state) openSlot(active []*forward, k torg.Slot) bool {
	var sites []torg.SiteID
	for _, f := range active {
		if e, _ := f.at(k); e > 0 {
			sites = append(sites, f.BuyerSite, f.SellerSite)
		}
	}
	if len(sites) == 0 {
		return false
	}
	rec := s.slot(k)
	slices.Sort(sites)
	rec.ensure(slices.Compact(sites))
	for _, f := range active {
		e, price := f.at(k)
		if e == 0 {
			continue
		}
		cost, earned, fees := e.At(price+f.fee), e.At(price), e.At(f.fee)
		buyer, seller := rec.entry(f.BuyerSite), rec.entry(f.SellerSite)
		buyer.contracted += e
		buyer.bought += e
		buyer.paid = buyer.paid.Add(cost)
		buyer.outside = true
		seller.contracted -= e
		seller.sold += e
		seller.paid = seller.paid.Sub(earned)
		seller.guarantee = seller.guarantee.Add(e.At(f.guarantee(price)))
		seller.outside = true
		rec.network = rec.network.Add(fees)
		rec.fees = rec.fees.Add(fees)
	}
	return true
}

// deliverForwards pays out of escrow what contracts deliver in a slot.
func (s *state) deliverForwards(k torg.Slot) {
	for _, id := range s.forwardIDs() {
		f, _ := s.forwards.get(id)
		e, price := f.at(k)
		if e == 0 || f.state == ForwardProposed {
			continue
		}
		of := torg.Contract{ID: id, Slot: k}
		cost, earned := e.At(price+f.fee), e.At(price)
		if cost.Sign() > 0 {
			s.escrowed(f.Buyer.Account(), cost.Neg())
		}
		if earned.Sign() < 0 {
			s.escrowed(f.Seller.Account(), earned)
		}
		s.payOut(torg.PostPayout, f.Seller.Account(), of, earned)
		s.payOut(torg.PostPayout, f.Buyer.Account(), of, cost.Neg())
		s.payOut(torg.PostNetwork, torg.AccountNetwork, of, cost.Sub(earned))
		if k == f.open.Last() {
			f = f.change()
			f.state = ForwardDelivered
			s.putForward(f)
			s.changed(f, s.covered())
		}
	}
}

// settleForwards forgets the contracts whose last slot is settled.
func (s *state) settleForwards(last torg.Slot) {
	for _, id := range s.forwardIDs() {
		if f, _ := s.forwards.get(id); f.state == ForwardDelivered && f.open.Last() <= last {
			covered := s.covered()
			s.dropForward(f)
			f = f.change()
			f.state = ForwardSettled
			s.changed(f, covered)
		}
	}
}
