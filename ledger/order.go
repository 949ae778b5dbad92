package ledger

import (
	"fmt"

	"torg"
	"torg/sign"
)

// takeOrders takes the orders that are good. What comes of each is an event, if it
// is its site's own; the transaction is refused where none is good.
func (s *state) takeOrders(b Orders) error {
	var first error
	taken := 0
	for _, so := range b.Orders {
		if err := s.authentic(b, so); err != nil {
			first = keep(first, err)
			continue
		}
		t, err := s.take(so.Order)
		if err == nil {
			taken++
		} else {
			first = keep(first, err)
			t = OrderTaken{Order: so.Order, Refused: code(err)}
		}
		t.Signature = so.Signature
		s.event(Event{Order: &t})
	}
	if taken > 0 {
		return nil
	}
	return first
}

func keep(first, err error) error {
	if first != nil {
		return first
	}
	return err
}

// checkOrders refuses orders of which none is new, and those of which more than half are
// nobody's word. New is what is signed, may still be in time, and neither stands nor
// waits already: whoever saw a signed order cannot fill the queue with it, wrapped again
// and again in others.
func (s *state) checkOrders(b Orders) error {
	var first error
	var fresh []torg.Order
	strange := 0
	for _, so := range b.Orders {
		err := s.authentic(b, so)
		if err != nil {
			strange++
		} else {
			err = s.fresh(so.Order)
		}
		switch {
		case err == nil:
			fresh = append(fresh, so.Order)
		case 2*strange > len(b.Orders):
			return keep(first, err)
		default:
			first = keep(first, err)
		}
	}
	if len(fresh) == 0 {
		return first
	}
	if s.waiting == nil {
		s.waiting = map[waits]uint32{}
	}
	for _, o := range fresh {
		at := waits{place{o.Discovery, o.Site}, o.Slot}
		s.waiting[at] = max(s.waiting[at], o.Sequence)
	}
	return nil
}

// waits is a place in the book of a session in which an order waits for a block.
type waits struct {
	place
	slot torg.Slot
}

// fresh refuses an order that is late, or that stands or waits already.
func (s *state) fresh(o torg.Order) error {
	if s.head.height > 0 {
		if err := s.inTime(o); err != nil {
			return err
		}
	}
	at := place{o.Discovery, o.Site}
	if old := s.book.get(at); old != nil && old.order.Slot == o.Slot && old.order.Sequence >= o.Sequence {
		return fmt.Errorf("order %s: %w", o.ID, torg.ErrDuplicate)
	}
	if sequence, some := s.waiting[waits{at, o.Slot}]; some && sequence >= o.Sequence {
		return fmt.Errorf("order %s: waits already: %w", o.ID, torg.ErrDuplicate)
	}
	return nil
}

// authentic says whether an order is its site's own word for this session.
func (s *state) authentic(b Orders, so SignedOrder) error {
	o := so.Order
	if err := o.Valid(); err != nil {
		return err
	}
	t, known := s.sites.get(o.Site)
	switch {
	case o.Slot != b.Slot || o.Discovery != b.Discovery:
		return fmt.Errorf("order %s: not of the session it came with: %w", o.ID, torg.ErrMalformed)
	case !known:
		return fmt.Errorf("order %s: site %q: %w", o.ID, o.Site, torg.ErrUnknown)
	case t.Participant != o.Participant:
		return fmt.Errorf("order %s: site %s is not of %q: %w", o.ID, o.Site, o.Participant, torg.ErrNotYours)
	case o.ID != torg.NewOrderID(o.Site, s.Calendar.Session(o.Slot), o.Discovery):
		return fmt.Errorf("order %s: not the id that an order of site %s has in this discovery: %w", o.ID, o.Site, torg.ErrMalformed)
	case s.Unsigned:
		return nil
	}
	m, ok := s.mandates.get(o.Site)
	if !ok {
		return fmt.Errorf("order %s: site %s: %w", o.ID, o.Site, torg.ErrNoMandate)
	}
	if err := s.verifier.Verify(sign.Check{Key: m.key, Message: OrderMessage(s.ChainID, o), Signature: so.Signature}); err != nil {
		return fmt.Errorf("order %s: %w", o.ID, torg.ErrBadSignature)
	}
	return nil
}

// inTime refuses orders of sessions that are not running. Before a block, the next
// state of the session may be reached by then.
func (s *state) inTime(o torg.Order) error {
	ses := s.head.session
	late := o.Slot < ses.slot || o.Slot == ses.slot && (o.Discovery == 1 && ses.state > SessionOpen || o.Discovery == 2 && ses.state > SessionCleared1)
	early := o.Slot > ses.slot || o.Discovery == 2 && ses.state < SessionCleared1
	switch {
	case late:
		return fmt.Errorf("order %s for slot %d: %w", o.ID, o.Slot, torg.ErrGateClosed)
	case early && !(s.check && o.Slot <= ses.slot+1):
		return fmt.Errorf("order %s for slot %d: %w", o.ID, o.Slot, torg.ErrNotOpen)
	}
	return nil
}

// take lets an authentic order stand until its gate, or says why not.
func (s *state) take(o torg.Order) (OrderTaken, error) {
	if err := s.inTime(o); err != nil {
		return OrderTaken{}, err
	}
	at := place{o.Discovery, o.Site}
	old := s.book.get(at)
	if err := s.acceptable(o, old); err != nil {
		return OrderTaken{}, fmt.Errorf("order %s of site %s: %w", o.ID, o.Site, err)
	}
	reserved, cut, err := s.cover(o, old)
	if err != nil {
		return OrderTaken{}, fmt.Errorf("order %s of site %s: %w", o.ID, o.Site, err)
	}
	if old != nil {
		s.release(old)
	}
	s.reserve(o.Participant, reserved)
	s.spend(o, o.Energy-cut, 1)
	s.book.put(at, &standing{order: o, cut: cut, reserved: reserved})
	return OrderTaken{Order: o, Reserved: reserved, Cut: cut}, nil
}

// acceptable holds an order against its site, its mandate and the others of its
// participant. old is what it would replace.
func (s *state) acceptable(o torg.Order, old *standing) error {
	t, _ := s.sites.get(o.Site)
	switch {
	case old != nil && o.Sequence <= old.order.Sequence:
		return torg.ErrDuplicate
	case t.Zone != o.Zone:
		return fmt.Errorf("zone %q is not the site's: %w", o.Zone, torg.ErrMalformed)
	case o.Energy > s.orderRoom(t.Site, o.Side, o.Slot):
		return fmt.Errorf("%d Wh, more than the site's connection has room for: %w", o.Energy, torg.ErrTooLarge)
	}
	if err := s.allows(o); err != nil {
		return err
	}
	if o.Discovery == 2 {
		if err := s.revises(o); err != nil {
			return err
		}
	}
	p, _ := s.participants.get(o.Participant)
	for _, site := range p.sites {
		if other := s.book.get(place{o.Discovery, site}); other != nil && site != o.Site && other.order.Side != o.Side {
			return torg.ErrBothSides
		}
	}
	if !s.affords(o, old) {
		return torg.ErrMandateMoney
	}
	return nil
}

// revises refuses what is not a step towards trade of what the first discovery left.
func (s *state) revises(o torg.Order) error {
	first := s.book.get(place{1, o.Site})
	switch {
	case first == nil || first.left == 0:
		return fmt.Errorf("nothing of the site is left to revise: %w", torg.ErrRevision)
	case o.Side != first.order.Side,
		o.Energy > first.left,
		o.Side == torg.Buy && o.Limit < first.order.Limit,
		o.Side == torg.Sell && o.Limit > first.order.Limit:
		return torg.ErrRevision
	}
	return nil
}

// cover returns what an order reserves, its worst case, and how much of it the
// balance does not cover. It refuses an order of which nothing is covered, and any
// while the balance is negative.
func (s *state) cover(o torg.Order, old *standing) (reserved torg.Cost, cut torg.Energy, err error) {
	a, _ := s.accounts.get(o.Participant.Account())
	available := a.available()
	if old != nil {
		available = available.Add(old.reserved)
	}
	if available.Sign() < 0 {
		return torg.Cost{}, 0, torg.ErrFunds
	}
	each := s.worst(o)
	if reserved = o.Energy.At(each); reserved.Cmp(available) <= 0 {
		return reserved, 0, nil
	}
	covered := torg.Energy(quotient(available, each))
	if covered == 0 {
		return torg.Cost{}, 0, torg.ErrFunds
	}
	return covered.At(each), o.Energy - covered, nil
}

// quotient is how many times a positive price goes into an amount that is not
// negative and less than a legal order's energy times it.
func quotient(c torg.Cost, each torg.Price) int64 {
	b := c.Big()
	return b.Quo(b, torg.Energy(1).At(each).Big()).Int64()
}

// worst is the most that an order can cost per watt-hour: a buyer its limit; a
// seller, who delivers nothing, what deviations cost beyond its limit, or where its
// limit is negative what it pays to deliver.
func (s *state) worst(o torg.Order) torg.Price {
	if o.Side == torg.Buy {
		return max(o.Limit, 0)
	}
	return max(s.shortage(o.Site, o.Slot)-o.Limit, 0)
}

// shortage is what a seller may have to pay per watt-hour that it does not deliver,
// at least nothing: the higher one of its class's price and the supplier's quote, both
// delivered to its zone.
func (s *state) shortage(id torg.SiteID, slot torg.Slot) torg.Price {
	t, _ := s.sites.get(id)
	rules := s.rulesAt(slot)
	price, _ := rules.Prices.Class(t.Site, slot)
	if q := rules.Complex.Supplier; q != nil {
		price = max(price, q.Sell+rules.Prices.Fee(t.Zone))
	}
	return max(price, 0)
}
