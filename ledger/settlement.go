package ledger

import (
	"cmp"
	"slices"

	"torg"
	"torg/settle"
)

// maxIntervals is how many intervals one block settles after an outage; the next
// ones follow in the next blocks.
const maxIntervals = 8

// finish ends a block: slots whose readings have begun to come are paid out, because
// contracts are firm and one dead meter must not keep others' money; intervals that
// are complete or past their deadline are settled; and the books must balance.
func (s *state) finish() {
	slices.Sort(s.touched)
	for _, slot := range slices.Compact(s.touched) {
		if rec, _ := s.slots.get(slot); !rec.delivered {
			s.deliverSlot(slot)
		}
	}
	for n := 0; n < maxIntervals; n++ {
		first, last := s.interval()
		end := s.Calendar.End(last)
		if s.now.Before(end) || !s.ready(first, last) && s.now.Before(end.Add(s.Deadline)) {
			break
		}
		s.settleInterval(first, last)
	}
	s.heads.put("", s.head)
	s.audit()
}

// interval returns the first and the last slot of the interval to be settled next:
// what is left of it, up to where the operator closes the month in it.
func (s *state) interval() (first, last torg.Slot) {
	first = s.head.next
	_, last = s.Calendar.Settlement(first, s.Settlement)
	for _, c := range s.head.closings {
		if c >= first && c < last {
			last = c
		}
	}
	return first, last
}

// ready says whether every slot of an interval has all its readings.
func (s *state) ready(first, last torg.Slot) bool {
	for k := first; k <= last; k++ {
		if !s.complete(k) {
			return false
		}
	}
	return true
}

// partyAccount is a party on its way through a settlement.
type partyAccount struct {
	settle.Party
	paid      torg.Cost
	guarantee torg.Cost
	outside   bool
	estimated bool
}

// partyKey names a party.
type partyKey struct {
	participant torg.ParticipantID
	zone        torg.ZoneID
	tariff      torg.TariffID
}

func keyOf(t torg.Site) partyKey { return partyKey{t.Participant, t.Zone, t.Tariff} }

func (k partyKey) compare(o partyKey) int {
	return cmp.Or(cmp.Compare(k.participant, o.participant), cmp.Compare(k.zone, o.zone), cmp.Compare(k.tariff, o.tariff))
}

// settleInterval settles slots first to last and forgets them. What has no reading
// by now is estimated.
func (s *state) settleInterval(first, last torg.Slot) {
	for k := first; k <= last; k++ {
		if !s.complete(k) {
			s.estimateSlot(k)
		}
		if rec, ok := s.slots.get(k); !ok || !rec.delivered {
			s.deliverSlot(k)
		}
	}
	in, parties := s.input(first, last)
	if len(parties) > 0 {
		r := settle.Interval(in)
		for _, p := range settle.Postings(in, r, last) {
			s.post(p)
		}
		s.settled(first, last, in, r, parties)
		s.keepEstimates(first, last, in.Connection, parties)
	}
	for k := first; k <= last; k++ {
		s.slots.del(k)
	}
	s.head.next = last + 1
	s.settleForwards(last)
	s.forgetMandates()
	s.forgetLate()
	s.turnMonth(last)
}

// input sums up what an interval's slots hold, by party in the order of their names.
func (s *state) input(first, last torg.Slot) (settle.Input, []partyAccount) {
	index, parties := s.parties(first, last)
	in := settle.Input{PriceCap: s.PriceCap}
	in.LossDebt = s.balance(torg.AccountLoss).Neg()
	if q := s.Complex.Supplier; q != nil {
		in.SupplierSell, in.SupplierBuy, in.HasSupplier = q.Sell, q.Buy, true
	}
	for k := first; k <= last; k++ {
		rec, _ := s.slots.get(k)
		in.Import += rec.imports
		in.Export += rec.exports
		in.Network = in.Network.Add(rec.network)
		in.Fees = in.Fees.Add(rec.fees)
		sum := torg.Energy(0)
		tight := map[int]settle.Tight{}
		for i := range rec.entries {
			e := &rec.entries[i]
			sum += e.metered
			t, _ := s.sites.get(e.site)
			at := index[keyOf(t.Site)]
			parties[at].add(e)
			if price, full := rec.price(t.Zone); full && e.bought+e.sold > 0 {
				tight[at] = settle.Tight{Inside: tight[at].Inside + e.bought + e.sold, Price: price}
			}
		}
		for at := range parties {
			if t, ok := tight[at]; ok {
				parties[at].Tight = append(parties[at].Tight, t)
			}
		}
		if rec.metered {
			sum = rec.connection
		}
		in.Connection += sum
	}
	in.Parties = make([]settle.Party, len(parties))
	for i := range parties {
		in.Parties[i] = parties[i].Party
	}
	in.Fees = in.Fees.Add(settle.DeviationFees(s.prices.routes, in.Parties))
	return in, parties
}

// parties returns the parties that count in an interval, at the prices in force in
// its first slot, and where each stands.
func (s *state) parties(first, last torg.Slot) (map[partyKey]int, []partyAccount) {
	index := map[partyKey]int{}
	var keys []partyKey
	prices := map[partyKey]torg.Site{}
	for _, id := range s.sites.keys() {
		t, _ := s.sites.get(id)
		if _, known := prices[keyOf(t.Site)]; !known && t.from <= last {
			prices[keyOf(t.Site)] = t.Site
			keys = append(keys, keyOf(t.Site))
		}
	}
	slices.SortFunc(keys, partyKey.compare)
	parties := make([]partyAccount, len(keys))
	for i, k := range keys {
		index[k] = i
		sell, buy := s.prices.Class(prices[k], first)
		parties[i].Party = settle.Party{Participant: k.participant, Zone: k.zone, Tariff: k.tariff, Sell: sell, Buy: buy}
	}
	return index, parties
}

func (p *partyAccount) add(e *entry) {
	p.Metered += e.metered
	p.Contracted += e.contracted
	p.Bought += e.bought
	p.Sold += e.sold
	p.paid = p.paid.Add(e.paid)
	p.guarantee = p.guarantee.Add(e.guarantee)
	p.outside = p.outside || e.outside
	p.estimated = p.estimated || e.quality == estimated
}

// price returns the price of a zone that was full in the slot's session.
func (r *slotRecord) price(z torg.ZoneID) (torg.Price, bool) {
	for _, t := range r.tight {
		if t.zone == z {
			return t.price, true
		}
	}
	return 0, false
}

// settled releases guarantees, adds the interval to the month and reports it.
func (s *state) settled(first, last torg.Slot, in settle.Input, r settle.Result, parties []partyAccount) {
	e := Settled{First: first, Last: last, Connection: in.Connection, Invoice: r.Invoice, Fees: in.Fees, Residual: r.Residual}
	for i := range parties {
		p, pr := &parties[i], r.Parties[i]
		s.reserve(p.Participant, p.guarantee.Neg())
		p.paid = p.paid.Add(pr.Imbalance).Sub(pr.Residual)
		s.addMonth(p.Participant, month{paid: p.paid, baseline: pr.Baseline, eligible: eligible(p.outside, p.paid, pr.Baseline)})
		e.Parties = append(e.Parties, SettledParty{
			Participant: p.Participant, Zone: p.Zone, Tariff: p.Tariff, Metered: p.Metered, Contracted: p.Contracted,
			Paid: p.paid, Baseline: pr.Baseline, Imbalance: pr.Imbalance, Residual: pr.Residual, Estimated: p.estimated,
		})
	}
	s.event(Event{Settled: &e})
}

// eligible is a loss that the others answer for: one on orders within the published
// bands only.
func eligible(outside bool, paid, baseline torg.Cost) torg.Cost {
	if loss := paid.Sub(baseline); !outside && loss.Sign() > 0 {
		return loss
	}
	return torg.Cost{}
}

func (s *state) balance(a torg.Account) torg.Cost {
	acc, _ := s.accounts.get(a)
	return acc.balance
}
