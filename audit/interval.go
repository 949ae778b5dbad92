package audit

import (
	"slices"

	"torg"
)

// interval recomputes one interval and holds the postings against it.
func (a *audit) interval(first, last torg.Slot, told interval) {
	w, at := a.world, place{file: "settlement.csv"}
	session := a.sc.Calendar.Session(last)
	parties := a.partiesOf(first, last)
	t, prices := a.tradedIn(first, last)
	var charged torg.Cost
	var metered, corrected torg.Energy
	imbalance := map[torg.ParticipantID]torg.Cost{}
	correction := map[torg.ParticipantID]torg.Cost{}
	for i := range parties {
		p := &parties[i]
		cost := p.imbalance(p.settled, a.sc.PriceCap)
		charged = charged.Add(cost)
		imbalance[p.participant] = imbalance[p.participant].Add(cost)
		correction[p.participant] = correction[p.participant].Add(p.imbalance(p.final, a.sc.PriceCap).Sub(cost))
		metered, corrected = metered+p.settled, corrected+p.final
	}
	for _, p := range a.sc.Participants {
		got := w.rows[key{last, torg.PostImbalance, p.ID.Account()}]
		a.deviations.that(got == imbalance[p.ID].Neg(), at, "session %s: %s is posted %s for its deviation, %s is due", session, p.ID, got, imbalance[p.ID].Neg())
		got = w.rows[key{last, torg.PostCorrection, p.ID.Account()}]
		a.corrections.that(got == correction[p.ID].Neg(), at, "session %s: %s is posted %s for corrections, %s is due", session, p.ID, got, correction[p.ID].Neg())
	}

	extra := a.invoiceOf(last, told, t, metered, corrected)
	fees, late := a.deviationFees(parties)
	fees, late = fees.Add(t.fees), late.Add(t.fees)
	got := w.rows[key{last, torg.PostNetwork, torg.AccountNetwork}]
	a.residual.that(got == fees.Sub(t.network), at, "session %s: %s from the network account, contracts left %s on it and lines are owed %s", session, got.Neg(), t.network, fees)
	more := w.rows[key{last, torg.PostCorrection, torg.AccountNetwork}]
	a.corrections.that(more == late.Sub(fees), at, "session %s: the network account is posted %s for corrections, lines are owed %s more", session, more, late.Sub(fees))
	w.fees = w.fees.Add(late)
	shares := a.shareResidual(last, charged.Add(t.network).Sub(extra).Sub(fees), told, parties)
	a.bookInterval(first, last, parties, shares, prices)
}

// zoneMean is the mean of a zone's prices over the slots that have one.
type zoneMean struct{ sum, n torg.Price }

func (m zoneMean) price() torg.Price {
	mean := m.sum / m.n
	if m.sum%m.n < 0 {
		mean--
	}
	return mean
}

// tradedIn sums up an interval's sessions.
func (a *audit) tradedIn(first, last torg.Slot) (t slotTrade, means map[torg.ZoneID]zoneMean) {
	means = map[torg.ZoneID]zoneMean{}
	for k := first; k <= last; k++ {
		s := a.world.contracts[k]
		t.imports, t.exports = t.imports+s.imports, t.exports+s.exports
		t.network, t.fees = t.network.Add(s.network), t.fees.Add(s.fees)
		for z, p := range s.prices {
			m := means[z]
			means[z] = zoneMean{m.sum + p, m.n + 1}
		}
	}
	return t, means
}

// invoiceOf checks the supplier's invoice, for what the connection metered, and
// returns what it is beside round 3.
func (a *audit) invoiceOf(last torg.Slot, told interval, t slotTrade, metered, corrected torg.Energy) torg.Cost {
	w, at, session := a.world, place{file: "settlement.csv"}, a.sc.Calendar.Session(last)
	connection := metered
	if len(a.sc.Connection) > 0 {
		connection = told.connection // it has a meter of its own
	}
	a.invoice.that(told.at.file != "" && told.connection == connection, told.at, "session %s: connection %d Wh, the sites sum to %d", session, told.connection, connection)
	q := a.sc.Complex.Supplier
	if q == nil {
		return torg.Cost{}
	}
	bill := twoPrices(connection, q.Sell, q.Buy)
	extra := bill.Sub(t.imports.At(q.Sell)).Add(t.exports.At(q.Buy))
	a.invoice.that(told.invoice == bill, told.at, "session %s: invoice %s, the connection's energy costs %s", session, told.invoice, bill)
	got := w.rows[key{last, torg.PostInvoice, torg.AccountSupplier}]
	a.invoice.that(got == extra, at, "session %s: the supplier is posted %s beside round 3, %s is due", session, got, extra)
	if len(a.sc.Connection) == 0 {
		late, due := w.rows[key{last, torg.PostCorrection, torg.AccountSupplier}], twoPrices(corrected, q.Sell, q.Buy).Sub(bill)
		a.corrections.that(late == due, at, "session %s: the supplier is posted %s for corrections, %s is due", session, late, due)
	}
	return extra
}

// partiesOf sums up the interval by party.
func (a *audit) partiesOf(first, last torg.Slot) []partyInterval {
	w := a.world
	list := make([]partyInterval, len(a.parties))
	for i, p := range a.parties {
		list[i].party = p
		list[i].sell, list[i].buy = a.prices(p, first)
	}
	for k := first; k <= last; k++ {
		inside := make([]torg.Energy, len(list))
		for _, s := range a.sc.Sites {
			i := slices.Index(a.parties, partyOf(s.Site))
			p, r := &list[i], w.readings[siteSlot{s.ID, k}]
			p.settled, p.final = p.settled+r.settled, p.final+r.final
			p.estimated = p.estimated || r.estimated
			if c := w.positions[siteSlot{s.ID, k}]; c != nil {
				p.contracted += c.net
				p.inside += c.inside
				inside[i] += c.inside
				p.traded, p.outside = true, p.outside || c.outside
			}
		}
		for i, e := range inside {
			if price, full := w.contracts[k].tight[list[i].zone]; full && e > 0 {
				list[i].tight = append(list[i].tight, tightSlot{e, price})
			}
		}
	}
	return list
}

// shareResidual checks where the residual goes, and returns the parties' shares.
func (a *audit) shareResidual(last torg.Slot, residual torg.Cost, told interval, parties []partyInterval) []torg.Cost {
	at, session := place{file: "settlement.csv"}, a.sc.Calendar.Session(last)
	a.residual.that(told.residual == residual, told.at, "session %s: residual %s, deviations, network and invoice leave %s", session, told.residual, residual)
	loss := residual // what the loss account gets
	shares := make([]torg.Cost, len(parties))
	if residual.Sign() > 0 {
		repaid := torg.Cost{}
		if debt := a.world.before[last].Neg(); debt.Sign() > 0 {
			repaid = torg.MinCost(residual, debt)
		}
		weights, traded := make([]torg.Cost, len(parties)), false
		for i, p := range parties {
			weights[i] = p.inside.At(1)
			traded = traded || p.inside > 0
		}
		if traded {
			shares, loss = torg.ApportionCost(residual.Sub(repaid), weights), repaid
		}
	}
	due := map[torg.ParticipantID]torg.Cost{}
	for i, p := range parties {
		due[p.participant] = due[p.participant].Add(shares[i])
	}
	for _, p := range a.sc.Participants {
		got := a.world.rows[key{last, torg.PostResidual, p.ID.Account()}]
		a.residual.that(got == due[p.ID], at, "session %s: %s gets %s of the residual, its share is %s", session, p.ID, got, due[p.ID])
	}
	got := a.world.rows[key{last, torg.PostResidual, torg.AccountLoss}]
	a.residual.that(got == loss, at, "session %s: the loss account gets %s of the residual, %s is due", session, got, loss)
	return shares
}

// bookInterval adds the interval to the participants' run, and checks that those who
// did not trade pay the supplier-only bill, by the rows themselves.
func (a *audit) bookInterval(first, last torg.Slot, parties []partyInterval, shares []torg.Cost, prices map[torg.ZoneID]zoneMean) {
	idle := map[torg.ParticipantID]torg.Cost{}
	traded := map[torg.ParticipantID]bool{}
	paid := a.contractCosts(first, last)
	for i := range parties {
		p := &parties[i]
		s := a.settled[p.participant]
		imbalance, baseline := p.imbalance(p.settled, a.sc.PriceCap), twoPrices(p.settled, p.sell, p.buy)
		cost := paid[p.party].Add(imbalance).Sub(shares[i])
		s.metered, s.contracted = s.metered+p.settled, s.contracted+p.contracted
		s.deviation += (p.settled - p.contracted).Abs()
		s.imbalance, s.residual = s.imbalance.Add(imbalance), s.residual.Add(shares[i])
		s.cost, s.baseline = s.cost.Add(cost), s.baseline.Add(baseline)
		if p.estimated {
			s.estimated++
		}
		if m := prices[p.zone]; p.traded && m.n > 0 {
			s.errors = s.errors.Add(imbalance.Sub((p.settled - p.contracted).At(m.price())))
		}
		idle[p.participant] = idle[p.participant].Add(baseline)
		traded[p.participant] = traded[p.participant] || p.traded
		a.addMonth(first, p, cost, baseline)
	}
	for _, p := range a.sc.Participants {
		if traded[p.ID] {
			continue
		}
		rows := a.world.rows[key{last, torg.PostImbalance, p.ID.Account()}].Add(a.world.rows[key{last, torg.PostResidual, p.ID.Account()}])
		a.idle.that(rows == idle[p.ID].Neg(), place{file: "settlement.csv"}, "session %s: %s did not trade and pays %s, the supplier alone costs %s",
			a.sc.Calendar.Session(last), p.ID, rows.Neg(), idle[p.ID])
	}
}

// contractCosts is what the parties' contracts of an interval cost.
func (a *audit) contractCosts(first, last torg.Slot) map[party]torg.Cost {
	costs := map[party]torg.Cost{}
	for k := first; k <= last; k++ {
		books := a.books[k]
		if books == nil {
			continue
		}
		for _, b := range books {
			if b == nil {
				continue
			}
			for _, c := range b.contracts {
				if c.buyOrder != "" {
					p := partyOf(a.sites[c.buyerSite])
					costs[p] = costs[p].Add(c.energy.At(c.buyerPrice))
				}
				if c.sellOrder != "" {
					p := partyOf(a.sites[c.sellerSite])
					costs[p] = costs[p].Sub(c.energy.At(c.sellerPrice))
				}
			}
		}
	}
	return costs
}
