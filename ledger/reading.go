package ledger

import (
	"fmt"
	"slices"

	"torg"
)

// takeReadings takes the readings that are good; the transaction is refused where it
// has some and none is. One without any says that nothing was read.
func (s *state) takeReadings(b Readings) error {
	if !s.over(b.Slot) {
		return fmt.Errorf("readings of slot %d: %w", b.Slot, torg.ErrTooEarly)
	}
	if b.Slot < s.head.first {
		return fmt.Errorf("readings of slot %d, before the first session: %w", b.Slot, torg.ErrUnknown)
	}
	var first error
	var good []torg.Reading
	for _, r := range b.Readings {
		if err := s.validReading(b.Slot, r); err != nil {
			first = keep(first, fmt.Errorf("reading of site %q in slot %d: %w", r.Site, b.Slot, err))
			continue
		}
		good = append(good, r)
	}
	take := s.meter
	if b.Slot < s.head.next {
		take = s.correct
	}
	taken, err := take(b.Slot, good, b.Connection)
	first = keep(first, err)
	if taken == 0 && first != nil {
		return first
	}
	s.head.metered = max(s.head.metered, b.Slot)
	return nil
}

// over says whether a slot has ended, or before a block, whether it may have by then.
// It does no arithmetic on a stranger's slot.
func (s *state) over(slot torg.Slot) bool {
	if s.check {
		return slot <= s.head.session.slot
	}
	return slot <= s.head.session.slot-2 // the next one runs, and the one after trades
}

func (s *state) validReading(slot torg.Slot, r torg.Reading) error {
	t, known := s.sites.get(r.Site)
	switch {
	case !known || slot < t.from:
		return torg.ErrUnknown
	case r.Slot != slot:
		return fmt.Errorf("it is of slot %d: %w", r.Slot, torg.ErrMalformed)
	case r.Quality == torg.Estimated || qualityOf(r.Quality) < 1:
		return fmt.Errorf("quality %q: %w", r.Quality, torg.ErrMalformed)
	case r.Energy > torg.MaxOrderEnergy || r.Energy < -torg.MaxOrderEnergy:
		return fmt.Errorf("%d Wh: %w", r.Energy, torg.ErrTooLarge)
	}
	return nil
}

// meter enters readings of a slot that is not settled. It returns how many things
// were new, and the first reason of those that were not.
func (s *state) meter(slot torg.Slot, readings []torg.Reading, connection *torg.Energy) (taken int, first error) {
	if len(readings) == 0 && connection == nil {
		return 0, nil
	}
	rec := s.slot(slot)
	sites := make([]torg.SiteID, len(readings))
	for i, r := range readings {
		sites[i] = r.Site
	}
	slices.Sort(sites)
	rec.ensure(slices.Compact(sites))
	for _, r := range readings {
		e := rec.entry(r.Site)
		if e.quality != 0 {
			first = keep(first, fmt.Errorf("reading of site %s in slot %d: %w", r.Site, slot, torg.ErrAlreadySettled))
			continue
		}
		e.metered, e.quality = r.Energy, qualityOf(r.Quality)
		taken++
		s.event(Event{Reading: &ReadingTaken{Reading: r}})
	}
	if connection != nil {
		switch {
		case rec.metered:
			first = keep(first, fmt.Errorf("reading of the connection in slot %d: %w", slot, torg.ErrAlreadySettled))
		case *connection > maxConnection || *connection < -maxConnection:
			first = keep(first, fmt.Errorf("reading of the connection in slot %d: %d Wh: %w", slot, *connection, torg.ErrTooLarge))
		default:
			rec.connection, rec.metered = *connection, true
			taken++
		}
	}
	if taken > 0 {
		s.touched = append(s.touched, slot)
	}
	return taken, first
}

// maxConnection bounds the connection's reading of a slot, in watt-hours: a
// terawatt for an hour, with room for a settlement interval's sum.
const maxConnection torg.Energy = 1_000_000_000_000_000

// complete says whether every site that counts in a slot has a reading.
func (s *state) complete(slot torg.Slot) bool {
	have := 0
	if rec, ok := s.slots.get(slot); ok {
		for i := range rec.entries {
			if rec.entries[i].quality != 0 {
				have++
			}
		}
	}
	return have >= s.sites.count(func(t site) bool { return t.from <= slot })
}

// estimateSlot fills in the readings that have not come: as if nobody deviated,
// which is never better for a site than the truth could be.
func (s *state) estimateSlot(slot torg.Slot) {
	var missing []torg.SiteID
	rec := s.slot(slot)
	for _, id := range s.sites.keys() {
		t, _ := s.sites.get(id)
		if e := rec.entry(id); t.from <= slot && (e == nil || e.quality == 0) {
			missing = append(missing, id)
		}
	}
	rec.ensure(missing)
	for _, id := range missing {
		e := rec.entry(id)
		e.metered, e.quality = e.contracted, estimated
		s.event(Event{Reading: &ReadingTaken{Reading: torg.Reading{Site: id, Slot: slot, Energy: e.metered, Quality: torg.Estimated}}})
	}
}

// deliverSlot pays out a slot's contracts: sellers get their price, buyers what a
// negative one owes them, the network account the gap.
func (s *state) deliverSlot(slot torg.Slot) {
	rec := s.slot(slot)
	contracts, _ := s.contracts.get(slot)
	for _, c := range contracts {
		buyer, seller := s.accountsOf(c)
		cost, earned := c.Energy.At(c.BuyerPrice), c.Energy.At(c.SellerPrice)
		if cost.Sign() > 0 {
			s.escrowed(buyer, cost.Neg())
		}
		if earned.Sign() < 0 {
			s.escrowed(seller, earned)
		}
		s.payOut(torg.PostPayout, seller, c, earned)
		s.payOut(torg.PostPayout, buyer, c, cost.Neg())
		s.payOut(torg.PostNetwork, torg.AccountNetwork, c, cost.Sub(earned))
	}
	s.contracts.del(slot)
	s.deliverForwards(slot)
	rec.delivered = true
	s.event(Event{Delivered: &Delivered{Slot: slot}})
}

// accountsOf are whose money a session's contract moves.
func (s *state) accountsOf(c torg.Contract) (buyer, seller torg.Account) {
	buyer, seller = torg.AccountSupplier, torg.AccountSupplier
	if c.BuyOrder != "" {
		buyer = c.Buyer.Account()
	}
	if c.SellOrder != "" {
		seller = c.Seller.Account()
	}
	return buyer, seller
}

// payOut pays from escrow what is more than nothing. Where a contract's gap is
// negative, the network account makes it up.
func (s *state) payOut(kind torg.PostingKind, to torg.Account, c torg.Contract, amount torg.Cost) {
	from := torg.AccountEscrow
	if amount.Sign() < 0 {
		if kind != torg.PostNetwork {
			return
		}
		from, to, amount = to, from, amount.Neg()
	}
	s.post(torg.Posting{Slot: c.Slot, Kind: kind, From: from, To: to, Amount: amount, Contract: c.ID})
}
