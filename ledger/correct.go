package ledger

import (
	"fmt"
	"slices"
	"time"

	"torg"
	"torg/settle"
)

// keepLate is how long after an interval's end true readings still replace its
// estimates.
const keepLate = 35 * 24 * time.Hour

// keepEstimates remembers a settled interval with estimates in it, so that the truth
// can replace them.
func (s *state) keepEstimates(first, last torg.Slot, connection torg.Energy, parties []partyAccount) {
	found := false
	for k := first; k <= last; k++ {
		rec, _ := s.slots.get(k)
		list := estimates{interval: first, connected: rec.metered}
		for i := range rec.entries {
			if e := &rec.entries[i]; e.quality == estimated {
				list.sites = append(list.sites, estimate{e.site, e.metered})
			}
		}
		if len(list.sites) > 0 {
			found = true
			s.estimates.put(k, list)
		}
	}
	if !found {
		return
	}
	l := lateInterval{last: last, monthNo: s.head.monthNo, metered: connection}
	for i := range parties {
		l.parties = append(l.parties, lateParty{Party: parties[i].Party, paid: parties[i].paid, outside: parties[i].outside})
	}
	s.late.put(first, l)
}

// forgetLate drops what can no longer be corrected.
func (s *state) forgetLate() {
	for _, first := range s.late.keys() {
		l, _ := s.late.get(first)
		if s.now.Before(s.Calendar.End(l.last).Add(keepLate)) {
			return
		}
		for k := first; k <= l.last; k++ {
			s.estimates.del(k)
		}
		s.late.del(first)
	}
}

// correct replaces estimates of a settled slot by true readings. What that changes
// is posted against the loss account, which bore the estimate; nothing is edited. The
// connection's reading comes too late.
func (s *state) correct(slot torg.Slot, readings []torg.Reading, connection *torg.Energy) (taken int, first error) {
	for _, r := range readings {
		if err := s.correctOne(slot, r); err != nil {
			first = keep(first, err)
			continue
		}
		taken++
		s.event(Event{Reading: &ReadingTaken{Reading: r, Replaces: true}})
	}
	if connection != nil && taken == 0 && first == nil {
		first = fmt.Errorf("slot %d: %w", slot, torg.ErrAlreadySettled)
	}
	return taken, first
}

func (s *state) correctOne(slot torg.Slot, r torg.Reading) error {
	list, _ := s.estimates.get(slot)
	at := slices.IndexFunc(list.sites, func(e estimate) bool { return e.site == r.Site })
	if at < 0 {
		return fmt.Errorf("reading of site %s in slot %d: %w", r.Site, slot, torg.ErrAlreadySettled)
	}
	change := r.Energy - list.sites[at].energy
	list.sites = slices.Delete(slices.Clone(list.sites), at, at+1)
	if len(list.sites) == 0 {
		s.estimates.del(slot)
	} else {
		s.estimates.put(slot, list)
	}

	late, _ := s.late.get(list.interval)
	late.parties = slices.Clone(late.parties)
	t, _ := s.sites.get(r.Site)
	i := slices.IndexFunc(late.parties, func(p lateParty) bool {
		return partyKey{p.Participant, p.Zone, p.Tariff} == keyOf(t.Site)
	})
	rules := s.rulesAt(list.interval)
	owed := rules.lateFees(late)
	s.correctParty(slot, &late.parties[i], change, late.monthNo == s.head.monthNo, rules.PriceCap)
	s.correction(slot, torg.AccountLoss, torg.AccountNetwork, rules.lateFees(late).Sub(owed))
	if !list.connected {
		s.correctInvoice(slot, late.metered, change, rules.Complex.Supplier)
		late.metered += change
	}
	s.late.put(list.interval, late)
	return nil
}

// correctParty moves a settled party's metered energy and posts what that costs.
func (s *state) correctParty(slot torg.Slot, p *lateParty, change torg.Energy, running bool, most torg.Price) {
	before, paid := p.Party, p.paid
	p.Metered += change
	cost := p.Imbalance(most).Sub(before.Imbalance(most))
	p.paid = paid.Add(cost)
	s.correction(slot, p.Participant.Account(), torg.AccountLoss, cost)
	if running {
		s.addMonth(p.Participant, month{
			paid:     cost,
			baseline: p.Baseline().Sub(before.Baseline()),
			eligible: eligible(p.outside, p.paid, p.Baseline()).Sub(eligible(p.outside, paid, before.Baseline())),
		})
	}
}

// lateFees is what lines' owners are owed for a settled interval's deviations, as far
// as they are known now.
func (r *Rules) lateFees(l lateInterval) torg.Cost {
	parties := make([]settle.Party, len(l.parties))
	for i, p := range l.parties {
		parties[i] = p.Party
	}
	return settle.DeviationFees(r.Prices.routes, parties)
}

// correctInvoice posts what a change of the connection's energy, where it is the sum
// of the sites, changes in the supplier's invoice.
func (s *state) correctInvoice(slot torg.Slot, metered, change torg.Energy, q *torg.Supplier) {
	if q != nil {
		invoice := func(e torg.Energy) torg.Cost { return settle.Party{Metered: e, Sell: q.Sell, Buy: q.Buy}.Baseline() }
		s.correction(slot, torg.AccountLoss, torg.AccountSupplier, invoice(metered+change).Sub(invoice(metered)))
	}
}

func (s *state) correction(slot torg.Slot, from, to torg.Account, amount torg.Cost) {
	if amount.Sign() < 0 {
		from, to, amount = to, from, amount.Neg()
	}
	s.post(torg.Posting{Slot: slot, Kind: torg.PostCorrection, From: from, To: to, Amount: amount})
}
