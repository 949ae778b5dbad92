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

// tightSlot is a slot in whose session the connection, or a line on the way to the
// party's zone, was full.
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
	fees      torg.Cost // owed to lines' owners, of all intervals, corrected
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
	network, fees    torg.Cost                  // fees on the session's flows
	flows            []torg.Energy              // net, by number of the line
	prices           map[torg.ZoneID]torg.Price // of the first discovery
	tight            map[torg.ZoneID]torg.Price // of zones cut off from the supplier
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
	left := a.balance(torg.AccountNetwork)
	a.balances.that(left == w.fees, place{file: "settlement.csv"}, "%s ends with %s, lines are owed %s", torg.AccountNetwork, left, w.fees)
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
		t := slotTrade{prices: map[torg.ZoneID]torg.Price{}, tight: map[torg.ZoneID]torg.Price{}, flows: make([]torg.Energy, len(a.grid.lines))}
		for _, b := range books {
			if b == nil {
				continue
			}
			a.takeAll(b)
			imports, exports := connectionUse(b)
			t.imports, t.exports = t.imports+imports, t.exports+exports
			for _, c := range b.contracts {
				t.network = t.network.Add(c.energy.At(c.buyerPrice)).Sub(c.energy.At(c.sellerPrice))
			}
			for i, f := range a.lineFlows(b) {
				t.flows[i] += f
			}
			t.fees = t.fees.Add(a.flowFees(b))
			full := a.grid.fullZones(t.imports, t.exports, t.flows)
			for _, p := range b.prices {
				z := a.grid.zone(p.zone)
				if z >= 0 && full[z] {
					t.tight[p.zone] = p.price
				}
				if b.discovery == 1 {
					t.prices[p.zone] = p.price
				}
			}
		}
		a.world.contracts[slot] = t
	}
}

// takeAll puts a discovery's contracts on the positions of their sites.
func (a *audit) takeAll(b *book) {
	byID := map[torg.OrderID]*order{}
	for _, o := range b.orders {
		byID[o.id] = o
	}
	for _, c := range b.contracts {
		inside := c.buyOrder != "" && c.sellOrder != ""
		if o := byID[c.buyOrder]; o != nil {
			a.take(b.slot, o, c.energy, inside)
		}
		if o := byID[c.sellOrder]; o != nil {
			a.take(b.slot, o, -c.energy, inside)
		}
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

// byName sorts participants by id.
func byName[T any](m map[torg.ParticipantID]T) []torg.ParticipantID {
	ids := make([]torg.ParticipantID, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(x, y torg.ParticipantID) int { return cmp.Compare(x, y) })
	return ids
}
