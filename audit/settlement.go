package audit

import (
	"cmp"
	"slices"

	"torg"
)

// metering is a site's reading of a slot: as settled, and as corrected.
type metering struct {
	settled, final torg.Energy
	estimated      bool // as settled
	open           bool // estimated, and not replaced yet
}

// siteSlot names a site's slot.
type siteSlot struct {
	site torg.SiteID
	slot torg.Slot
}

// position is what a site contracted for a slot.
type position struct {
	net, inside torg.Energy // net consumption plus; inside both sides
	outside     bool        // contracted from an order outside its published band
}

// partyInterval is a party's settlement, recomputed.
type partyInterval struct {
	party
	sell, buy                  torg.Price
	settled, final, contracted torg.Energy
	inside                     torg.Energy
	traded, outside            bool
	estimated                  bool
	tight                      []tightSlot
}

// tightSlot is a slot in whose session the connection was full.
type tightSlot struct {
	inside torg.Energy
	price  torg.Price
}

// settledParty is a participant's run, recomputed.
type settledParty struct {
	metered, contracted torg.Energy
	deviation           torg.Energy
	cost, baseline      torg.Cost // without corrections
	imbalance, residual torg.Cost
	errors              torg.Cost
	estimated           int
}

// twoPrices is what net energy costs at one price in and another out.
func twoPrices(e torg.Energy, sell, buy torg.Price) torg.Cost {
	if e > 0 {
		return e.At(sell)
	}
	return e.At(buy)
}

// imbalance is what a deviation costs a party that metered m.
func (p *partyInterval) imbalance(m torg.Energy, priceCap torg.Price) torg.Cost {
	d := m - p.contracted
	var cost torg.Cost
	for _, t := range p.tight { // what was contracted inside while the way was full is scarce
		switch {
		case d > 0:
			e := min(d, t.inside)
			cost = cost.Add(e.At(max(p.sell, min(t.price, priceCap))))
			d -= e
		case d < 0:
			e := min(-d, t.inside)
			cost = cost.Sub(e.At(min(p.buy, 0)))
			d += e
		}
	}
	return cost.Add(twoPrices(d, p.sell, p.buy))
}

// world is what settlement recomputes everything from.
type world struct {
	readings  map[siteSlot]metering
	positions map[siteSlot]*position
	bands     map[siteSlot]forecast
	rows      map[key]torg.Cost // sums of settlement rows
	before    map[torg.Slot]torg.Cost
	contracts map[torg.Slot]slotTrade
	replaced  bool
}

// key names a sum of postings: what an account got of a kind, in a session.
type key struct {
	slot    torg.Slot
	kind    torg.PostingKind
	account torg.Account
}

// slotTrade is what a slot's contracts come to.
type slotTrade struct {
	imports, exports torg.Energy
	network          torg.Cost
	price            torg.Price // of the first discovery
	priced           bool
	full             bool // the connection, in the outcome
	fullPrice        torg.Price
}

// settlement recomputes every settlement interval.
func (a *audit) settlement() {
	w := &world{
		readings: map[siteSlot]metering{}, positions: map[siteSlot]*position{}, bands: map[siteSlot]forecast{},
		rows: map[key]torg.Cost{}, before: map[torg.Slot]torg.Cost{}, contracts: map[torg.Slot]slotTrade{},
	}
	a.world, a.settled = w, map[torg.ParticipantID]*settledParty{}
	for _, p := range a.sc.Participants {
		a.settled[p.ID] = &settledParty{}
	}
	for _, f := range a.forecasts {
		a.metered.that(w.bands[siteSlot{f.site, f.slot}].site == "", f.at, "a second forecast of site %s", f.site)
		w.bands[siteSlot{f.site, f.slot}] = f
	}
	a.positions()
	a.meterings()
	a.postingSums()
	ends := map[torg.Slot]bool{}
	listed := map[torg.Slot]interval{}
	for _, i := range a.intervals {
		first, last := a.intervalOf(i.first)
		a.invoice.that(i.first == first && i.last == last && listed[first] == (interval{}), i.at, "no settlement interval, or twice")
		listed[i.first] = i
	}
	for first := a.from; first < a.to; {
		_, last := a.intervalOf(first)
		a.interval(first, last, listed[first])
		ends[last] = true
		first = last + 1
	}
	for _, p := range a.postings {
		switch p.kind {
		case torg.PostImbalance, torg.PostInvoice, torg.PostResidual:
			a.deviations.that(ends[p.slot], p.at, "%s in a session that ends no interval", p.kind)
		}
	}
}

// positions adds up contracts by site and slot.
func (a *audit) positions() {
	for slot, books := range a.books {
		var t slotTrade
		for d := 1; d <= 2; d++ {
			b := books[d]
			if b == nil {
				continue
			}
			byID := map[torg.OrderID]*order{}
			for _, o := range b.orders {
				byID[o.id] = o
			}
			g := a.gridFor(b)
			for _, c := range b.contracts {
				t.network = t.network.Add(c.energy.At(c.buyerPrice)).Sub(c.energy.At(c.sellerPrice))
				inside := c.buyOrder != "" && c.sellOrder != ""
				if o := byID[c.buyOrder]; o != nil {
					a.take(slot, o, c.energy, inside)
				} else {
					g.exports += c.energy
				}
				if o := byID[c.sellOrder]; o != nil {
					a.take(slot, o, -c.energy, inside)
				} else {
					g.imports += c.energy
				}
			}
			t.imports, t.exports = t.imports+g.imports, t.exports+g.exports
			if len(b.prices) == 0 {
				continue
			}
			if d == 1 {
				t.price, t.priced = b.prices[0].price, true
			}
			if q := a.sc.Complex.Supplier; q != nil && (q.Import > 0 && t.imports >= q.Import || q.Export > 0 && t.exports >= q.Export) {
				t.full, t.fullPrice = true, b.prices[0].price
			}
		}
		a.world.contracts[slot] = t
	}
}

func (a *audit) take(slot torg.Slot, o *order, net torg.Energy, inside bool) {
	at := siteSlot{o.site, slot}
	p := a.world.positions[at]
	if p == nil {
		p = &position{}
		a.world.positions[at] = p
	}
	p.net += net
	if inside {
		p.inside += net.Abs()
	}
	f, band := a.world.bands[at]
	signed := o.energy + o.cut
	fits := band && f.banded && (o.side == torg.Buy && signed <= max(f.high, 0) || o.side == torg.Sell && signed <= max(-f.low, 0))
	p.outside = p.outside || !fits
}

// meterings checks that readings are complete, and estimates are as if nobody
// deviated.
func (a *audit) meterings() {
	w := a.world
	for _, r := range a.readings {
		s, ok := a.sites[r.site]
		a.known.that(ok && s.Participant == r.party && s.Zone == r.zone, r.at, "site %q of %q in zone %q is not the scenario's", r.site, r.party, r.zone)
		at := siteSlot{r.site, r.slot}
		old, again := w.readings[at]
		switch {
		case !again:
			var contracted torg.Energy
			if p := w.positions[at]; p != nil {
				contracted = p.net
			}
			a.metered.that(r.quality != torg.Estimated || r.energy == contracted, r.at, "site %s is estimated at %d Wh, it contracted %d", r.site, r.energy, contracted)
			w.readings[at] = metering{settled: r.energy, final: r.energy, estimated: r.quality == torg.Estimated, open: r.quality == torg.Estimated}
		case a.metered.that(old.open && r.quality != torg.Estimated, r.at, "a second reading of site %s in session %s", r.site, a.sc.Calendar.Session(r.slot)):
			w.readings[at] = metering{settled: old.settled, final: r.energy, estimated: true}
			w.replaced = true
		}
	}
	for _, s := range a.sc.Sites {
		for k := a.from; k < a.to; k++ {
			_, ok := w.readings[siteSlot{s.ID, k}]
			a.metered.that(ok, place{file: "readings.csv"}, "site %s has no reading in session %s", s.ID, a.sc.Calendar.Session(k))
		}
	}
}

// postingSums adds up settlement's rows, corrections by interval.
func (a *audit) postingSums() {
	w := a.world
	for _, p := range a.postings {
		slot := p.slot
		switch p.kind {
		case torg.PostNetwork:
			if p.contract != "" {
				continue
			}
		case torg.PostImbalance, torg.PostInvoice, torg.PostResidual:
		case torg.PostCorrection:
			_, slot = a.intervalOf(slot)
		default:
			continue
		}
		if _, known := w.before[slot]; !known && p.kind != torg.PostCorrection {
			w.before[slot] = p.lossBefore
		}
		k := key{slot, p.kind, p.account}
		w.rows[k] = w.rows[k].Add(p.amount)
	}
}

// interval recomputes one interval and holds the postings against it.
func (a *audit) interval(first, last torg.Slot, told interval) {
	w, at := a.world, place{file: "settlement.csv"}
	session := a.sc.Calendar.Session(last)
	parties := a.partiesOf(first, last)
	var t slotTrade
	prices, priced := torg.Price(0), torg.Price(0)
	var metered, corrected torg.Energy
	for k := first; k <= last; k++ {
		s := w.contracts[k]
		t.imports, t.exports, t.network = t.imports+s.imports, t.exports+s.exports, t.network.Add(s.network)
		if s.priced {
			prices, priced = prices+s.price, priced+1
		}
	}
	var charged torg.Cost
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

	var extra torg.Cost
	connection := metered
	if len(a.sc.Connection) > 0 {
		connection = told.connection
	}
	a.invoice.that(told.at.file != "" && told.connection == connection, told.at, "session %s: connection %d Wh, the sites sum to %d", session, told.connection, connection)
	if q := a.sc.Complex.Supplier; q != nil {
		bill := twoPrices(connection, q.Sell, q.Buy)
		extra = bill.Sub(t.imports.At(q.Sell)).Add(t.exports.At(q.Buy))
		a.invoice.that(told.invoice == bill, told.at, "session %s: invoice %s, the connection's energy costs %s", session, told.invoice, bill)
		got := w.rows[key{last, torg.PostInvoice, torg.AccountSupplier}]
		a.invoice.that(got == extra, at, "session %s: the supplier is posted %s beside round 3, %s is due", session, got, extra)
		late := w.rows[key{last, torg.PostCorrection, torg.AccountSupplier}]
		if len(a.sc.Connection) == 0 {
			due := twoPrices(corrected, q.Sell, q.Buy).Sub(bill)
			a.corrections.that(late == due, at, "session %s: the supplier is posted %s for corrections, %s is due", session, late, due)
		}
	}
	got := w.rows[key{last, torg.PostNetwork, torg.AccountNetwork}]
	a.residual.that(got == t.network.Neg(), at, "session %s: %s from the network account, contracts left %s on it", session, got.Neg(), t.network)
	shares := a.shareResidual(last, charged.Add(t.network).Sub(extra), told, parties)
	a.bookInterval(first, last, parties, shares, prices, priced)
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
		if t := w.contracts[k]; t.full {
			for i, e := range inside {
				if e > 0 {
					list[i].tight = append(list[i].tight, tightSlot{e, t.fullPrice})
				}
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
func (a *audit) bookInterval(first, last torg.Slot, parties []partyInterval, shares []torg.Cost, prices, priced torg.Price) {
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
		if p.traded && priced > 0 {
			mean := prices / priced
			if prices%priced < 0 {
				mean--
			}
			s.errors = s.errors.Add(imbalance.Sub((p.settled - p.contracted).At(mean)))
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

// byName sorts participants by id.
func byName[T any](m map[torg.ParticipantID]T) []torg.ParticipantID {
	ids := make([]torg.ParticipantID, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(x, y torg.ParticipantID) int { return cmp.Compare(x, y) })
	return ids
}
