package ledger

import (
	"fmt"
	"slices"

	"torg"
	"torg/market"
	"torg/settle"
)

// clear runs a discovery of the session over the orders that stand, and makes its
// trades contracts. A book that the market refuses is a missed discovery: the rules
// for orders let none through.
func (s *state) clear(discovery int) {
	ses := &s.head.session
	places := s.book.places(discovery)
	orders := make([]torg.Order, len(places))
	for i, p := range places {
		o := s.book.get(p)
		orders[i] = o.order
		orders[i].Energy -= o.cut
	}
	out, err := market.Clear(market.Book{Complex: s.grid(ses.slot), Orders: orders, Used: ses.used, Discovery: discovery})
	if err != nil {
		s.miss(discovery)
		return
	}
	contracts := make([]torg.Contract, len(out.Trades))
	session := s.Calendar.Session(ses.slot)
	for i, t := range out.Trades {
		contracts[i] = torg.Contract{ID: torg.NewContractID(session, discovery, i+1), Slot: ses.slot, Discovery: discovery, Trade: t}
	}
	s.event(Event{Cleared: &Cleared{Slot: ses.slot, Discovery: discovery, Outcome: out, Contracts: contracts}})
	s.activate(places, contracts)
	s.markTight(out)
	s.oweFees(out.Used)
	ses.used = out.Used
	if discovery == 1 {
		ses.state = SessionCleared1
	} else {
		s.closeSession(SessionCleared2)
	}
}

// activate makes contracts binding: orders' reservations end, and what their
// contracts cost goes into escrow in the same step.
func (s *state) activate(places []place, contracts []torg.Contract) {
	byID := make(map[torg.OrderID]*standing, len(places))
	for _, p := range places {
		o := *s.book.get(p)
		s.reserve(o.order.Participant, o.reserved.Neg())
		o.reserved, o.cleared, o.left = torg.Cost{}, true, o.order.Energy
		s.book.put(p, &o)
		byID[o.order.ID] = &o
	}
	if len(contracts) > 0 {
		s.enter(contracts, byID)
	}
	for _, p := range places {
		o := s.book.get(p)
		if unmatched := o.left - o.cut; unmatched > 0 {
			s.spend(o.order, unmatched, -1)
		}
	}
}

// enter puts contracts of one discovery into the slot's record and moves their money.
func (s *state) enter(contracts []torg.Contract, orders map[torg.OrderID]*standing) {
	slot := contracts[0].Slot
	have, _ := s.contracts.get(slot)
	s.contracts.put(slot, append(slices.Clip(have), contracts...))

	rec := s.slot(slot)
	var sites []torg.SiteID
	for _, c := range contracts {
		for _, o := range []*standing{orders[c.BuyOrder], orders[c.SellOrder]} {
			if o != nil {
				sites = append(sites, o.order.Site)
			}
		}
	}
	slices.Sort(sites)
	rec.ensure(slices.Compact(sites))
	for _, c := range contracts {
		s.buyer(rec, c, orders[c.BuyOrder])
		s.seller(rec, c, orders[c.SellOrder])
		rec.network = rec.network.Add(c.Energy.At(c.BuyerPrice)).Sub(c.Energy.At(c.SellerPrice))
	}
}

// buyer books a contract for the one who buys: a participant with an order, or the
// supplier.
func (s *state) buyer(rec *slotRecord, c torg.Contract, o *standing) {
	cost := c.Energy.At(c.BuyerPrice)
	if o == nil {
		rec.exports += c.Energy
		s.payIn(torg.AccountSupplier, c, cost)
		return
	}
	s.contracted(c, o, torg.Buy, c.BuyerPrice <= o.order.Limit)
	e := rec.entry(o.order.Site)
	e.contracted += c.Energy
	e.paid = e.paid.Add(cost)
	if c.SellOrder != "" {
		e.bought += c.Energy
	}
	e.outside = e.outside || !s.inBand(o.order)
	s.payIn(o.order.Participant.Account(), c, cost)
}

// seller books a contract for the one who sells. What not delivering it may cost
// beyond the seller's price stays reserved.
func (s *state) seller(rec *slotRecord, c torg.Contract, o *standing) {
	earned := c.Energy.At(c.SellerPrice)
	if o == nil {
		rec.imports += c.Energy
		s.payIn(torg.AccountSupplier, c, earned.Neg())
		return
	}
	s.contracted(c, o, torg.Sell, c.SellerPrice >= o.order.Limit)
	e := rec.entry(o.order.Site)
	e.contracted -= c.Energy
	e.paid = e.paid.Sub(earned)
	if c.BuyOrder != "" {
		e.sold += c.Energy
	}
	e.outside = e.outside || !s.inBand(o.order)
	s.payIn(o.order.Participant.Account(), c, earned.Neg())
	guarantee := c.Energy.At(max(s.shortage(o.order.Site, c.Slot)-max(c.SellerPrice, 0), 0))
	e.guarantee = e.guarantee.Add(guarantee)
	s.reserve(o.order.Participant, guarantee)
}

// contracted takes a contract off its order. A contract beyond the order's limit or
// energy would be a fault of ours, and stops the ledger.
func (s *state) contracted(c torg.Contract, o *standing, side torg.Side, inLimit bool) {
	o.left -= c.Energy
	if o.order.Side != side || !inLimit || o.left < o.cut || c.Energy <= 0 {
		panic(fmt.Sprintf("ledger: contract %s is not what order %s signed", c.ID, o.order.ID))
	}
}

// payIn puts what a party owes for a contract into escrow, if it is more than
// nothing: a buyer's cost, or what a seller pays at a negative price.
func (s *state) payIn(from torg.Account, c torg.Contract, owed torg.Cost) {
	if owed.Sign() <= 0 {
		return
	}
	s.escrowed(from, owed)
	s.post(torg.Posting{Slot: c.Slot, Kind: torg.PostEscrow, From: from, To: torg.AccountEscrow, Amount: owed, Contract: c.ID})
}

// oweFees notes what lines are owed for what the session's discoveries send over them
// so far. What both send goes the same way, so that their flows add up.
func (s *state) oweFees(used market.Usage) {
	before := settle.SessionFees(s.Complex.Lines, s.head.session.used.Lines)
	if more := settle.SessionFees(s.Complex.Lines, used.Lines).Sub(before); more.Sign() > 0 {
		rec := s.slot(s.head.session.slot)
		rec.fees = rec.fees.Add(more)
	}
}

// markTight notes the zones that the outcome leaves no more room to, at their price.
func (s *state) markTight(out market.Outcome) {
	for _, full := range out.FullZones {
		for _, p := range out.Prices {
			if p.Zone != full.Zone {
				continue
			}
			rec := s.slot(s.head.session.slot)
			rec.tight = slices.DeleteFunc(rec.tight, func(t tightZone) bool { return t.zone == p.Zone })
			rec.tight = append(rec.tight, tightZone{zone: p.Zone, price: p.Price})
		}
	}
}
