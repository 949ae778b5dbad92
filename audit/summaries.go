package audit

import (
	"fmt"
	"strconv"

	"torg"
)

// same counts one figure of the summary.
func same[T comparable](a *audit, what string, told, want T) {
	a.summed.that(told == want, place{file: "summary.json"}, "%s is %v, the tables give %v", what, told, want)
}

// summaries recomputes summary.json from the tables.
func (a *audit) summaries() {
	s := a.summary
	same(a, "orders", s.Orders, a.orders)
	same(a, "contracts", s.Contracts, a.contracts)
	same(a, "sessions.total", s.Sessions.Total, int(a.to-a.from))
	same(a, "sessions.missed", s.Sessions.Missed, len(s.Sessions.MissedIDs))
	same(a, "sessions.cleared", s.Sessions.Cleared, s.Sessions.Total-s.Sessions.Missed)
	for _, id := range s.Sessions.MissedIDs {
		slot, err := a.sc.Calendar.SlotOf(id)
		b := a.books[slot]
		a.summed.that(err == nil && (b == nil || b[1] == nil || len(b[1].contracts)+len(b[1].prices) == 0), place{file: "summary.json"}, "session %q is missed and traded", id)
	}
	same(a, "statements.due", s.Statements.Due, s.Statements.Signed+s.Statements.Missing+s.Statements.Differing)
	a.tradeSummary(s)
	a.complexSummary(s)
	a.participantSummaries(s)
	a.siteSummaries(s)
}

// tradeSummary recomputes what clearing came to.
func (a *audit) tradeSummary(s summary) {
	var welfare, network torg.Cost
	counts, energies := [4]int{}, [4]torg.Energy{}
	orders, energy := map[torg.Reason]int{}, map[torg.Reason]torg.Energy{}
	statements := 0
	for _, books := range a.books {
		stated := map[torg.SiteID]bool{}
		for _, b := range books {
			if b == nil {
				continue
			}
			for _, u := range b.left {
				orders[u.reason]++
				energy[u.reason] += u.energy
			}
			for _, o := range b.orders {
				worth := o.traded.At(o.limit)
				if o.side == torg.Sell {
					worth = worth.Neg()
				}
				welfare = welfare.Add(worth)
				if o.traded > 0 {
					stated[o.site] = true
				}
			}
			welfare = welfare.Sub(a.flowFees(b))
			for _, c := range b.contracts {
				counts[c.round]++
				energies[c.round] += c.energy
				network = network.Add(c.energy.At(c.buyerPrice)).Sub(c.energy.At(c.sellerPrice))
				switch {
				case c.sellOrder == "":
					welfare = welfare.Sub(c.energy.At(c.sellerPrice))
				case c.buyOrder == "":
					welfare = welfare.Add(c.energy.At(c.buyerPrice))
				}
			}
		}
		statements += len(stated)
	}
	same(a, "statements.due", s.Statements.Due, statements)
	same(a, "welfare", s.Welfare, welfare)
	same(a, "network", s.Network, network)
	same(a, "rounds", len(s.Rounds), 3)
	for _, r := range s.Rounds {
		if r.Round >= 1 && r.Round <= 3 {
			same(a, fmt.Sprintf("round %d's contracts", r.Round), r.Contracts, counts[r.Round])
			same(a, fmt.Sprintf("round %d's energy", r.Round), r.Energy, energies[r.Round])
		}
	}
	same(a, "unmatched reasons", len(s.Unmatched), len(orders))
	for _, u := range s.Unmatched {
		same(a, "orders left for "+string(u.Reason), u.Orders, orders[u.Reason])
		same(a, "energy left for "+string(u.Reason), u.Energy, energy[u.Reason])
	}
}

func (a *audit) complexSummary(s summary) {
	c := s.Complex
	var consumption, generation, covered, coverable, imports, exports torg.Energy
	for k := a.from; k < a.to; k++ {
		var load, made, inside torg.Energy
		for _, site := range a.sc.Sites {
			at := siteSlot{site.ID, k}
			if e := a.world.readings[at].settled; e > 0 {
				load += e
			} else {
				made -= e
			}
			if p := a.world.positions[at]; p != nil {
				inside += p.inside
			}
		}
		t := a.world.contracts[k]
		imports, exports = imports+t.imports, exports+t.exports
		consumption, generation = consumption+load, generation+made
		covered, coverable = covered+min(inside/2, load), coverable+min(made, load)
	}
	same(a, "complex.consumption_wh", c.Consumption, consumption)
	same(a, "complex.generation_wh", c.Generation, generation)
	same(a, "complex.covered_wh", c.Covered, covered)
	same(a, "complex.coverable_wh", c.Coverable, coverable)
	a.part("complex.coverage", c.Coverage, covered, consumption)
	a.part("complex.coverage_possible", c.CoveragePossible, coverable, consumption)
	same(a, "complex.round3_import_wh", c.Import, imports)
	same(a, "complex.round3_export_wh", c.Export, exports)
	var connection torg.Energy
	var invoice, residual, supplierOnly, cost, errors torg.Cost
	for _, i := range a.intervals {
		connection += i.connection
		invoice, residual = invoice.Add(i.invoice), residual.Add(i.residual)
	}
	for _, p := range s.Participants {
		supplierOnly, cost, errors = supplierOnly.Add(p.SupplierOnly), cost.Add(p.Cost), errors.Add(p.ErrorCost)
	}
	same(a, "complex.connection_wh", c.Connection, connection)
	same(a, "complex.invoice", c.Invoice, invoice)
	same(a, "complex.residual", c.Residual, residual)
	same(a, "complex.loss_account", c.Loss, a.balance(torg.AccountLoss))
	same(a, "complex.supplier_only", c.SupplierOnly, supplierOnly)
	same(a, "complex.cost", c.Cost, cost)
	same(a, "complex.saving", c.Saving, supplierOnly.Sub(cost))
	same(a, "complex.forecast_error_cost", c.ForecastErrorCost, errors)
	if a.sc.Complex.Supplier != nil && !a.world.replaced {
		same(a, "the supplier's balance in settlement.csv", a.balance(torg.AccountSupplier), invoice)
	}
}

// part holds a share with four decimals against part and whole.
func (a *audit) part(what string, told *float64, part, whole torg.Energy) {
	print := func(v *float64) string {
		if v == nil {
			return "null"
		}
		return strconv.FormatFloat(*v, 'f', 4, 64)
	}
	var want *float64
	if whole != 0 {
		v := float64(part) / float64(whole)
		want = &v
	}
	same(a, what, print(told), print(want))
}

// traded is a participant's contracts, summed up.
type traded struct {
	bought, sold   [4]torg.Energy
	paid, received torg.Cost
	sessions       map[torg.Slot]bool
}

func (a *audit) participantSummaries(s summary) {
	sums, rows := map[torg.ParticipantID]*traded{}, map[key]torg.Cost{}
	for _, p := range a.sc.Participants {
		sums[p.ID] = &traded{sessions: map[torg.Slot]bool{}}
	}
	a.eachBook(func(b *book) {
		for _, c := range b.contracts {
			if t := sums[c.buyer]; t != nil && c.buyOrder != "" {
				t.bought[c.round] += c.energy
				t.paid = t.paid.Add(c.energy.At(c.buyerPrice))
				t.sessions[b.slot] = true
			}
			if t := sums[c.seller]; t != nil && c.sellOrder != "" {
				t.sold[c.round] += c.energy
				t.received = t.received.Add(c.energy.At(c.sellerPrice))
				t.sessions[b.slot] = true
			}
		}
	})
	for _, p := range a.postings {
		k := key{0, p.kind, p.account}
		rows[k] = rows[k].Add(p.amount)
	}
	if !a.summed.that(len(s.Participants) == len(a.sc.Participants), place{file: "summary.json"}, "%d participants, the scenario has %d", len(s.Participants), len(a.sc.Participants)) {
		return
	}
	for i, p := range s.Participants {
		id := a.sc.Participants[i].ID
		same(a, fmt.Sprintf("participants[%d]", i), p.Participant, id)
		a.participantSummary(string(id)+".", p, sums[id], a.settled[id], func(k torg.PostingKind) torg.Cost { return rows[key{0, k, id.Account()}] })
	}
}

func (a *audit) participantSummary(at string, p participantSummary, t *traded, s *settledParty, posted func(torg.PostingKind) torg.Cost) {
	same(a, at+"sessions_traded", p.Sessions, len(t.sessions))
	same(a, at+"rounds", len(p.Rounds), 3)
	for _, r := range p.Rounds {
		if r.Round >= 1 && r.Round <= 3 {
			same(a, fmt.Sprintf("%srounds[%d].bought_wh", at, r.Round), r.Bought, t.bought[r.Round])
			same(a, fmt.Sprintf("%srounds[%d].sold_wh", at, r.Round), r.Sold, t.sold[r.Round])
		}
	}
	same(a, at+"metered_wh", p.Metered, s.metered)
	same(a, at+"contracted_wh", p.Contracted, s.contracted)
	same(a, at+"imbalance_wh", p.ImbalanceEnergy, s.metered-s.contracted)
	same(a, at+"imbalance_abs_wh", p.AbsoluteImbalance, s.deviation)
	same(a, at+"paid", p.Paid, t.paid)
	same(a, at+"received", p.Received, t.received)
	same(a, at+"imbalance", p.Imbalance, posted(torg.PostImbalance).Neg())
	same(a, at+"residual", p.Residual, posted(torg.PostResidual))
	same(a, at+"corrections", p.Corrections, posted(torg.PostCorrection).Neg())
	same(a, at+"cost", p.Cost, t.paid.Sub(t.received).Add(s.imbalance).Sub(s.residual).Add(p.Corrections))
	same(a, at+"supplier_only", p.SupplierOnly, s.baseline)
	same(a, at+"saving_before_no_worse", p.SavingBefore, p.SupplierOnly.Sub(p.Cost))
	same(a, at+"no_worse", p.NoWorse, posted(torg.PostNoWorse))
	same(a, at+"saving_after_no_worse", p.SavingAfter, p.SavingBefore.Add(p.NoWorse))
	same(a, at+"forecast_error_cost", p.ErrorCost, s.errors)
	same(a, at+"forecast_error_cost_after_no_worse", p.ErrorCostAfter, s.errors.Sub(p.NoWorse))
	same(a, at+"estimated_intervals", p.Estimated, s.estimated)
	if len(t.sessions) == 0 && p.Corrections.Sign() == 0 {
		a.idle.that(p.Cost == p.SupplierOnly && p.SavingAfter.Sign() == 0, place{file: "summary.json"}, "%s did not trade, pays %s and saves %s", p.Participant, p.Cost, p.SavingAfter)
	}
}

// siteSummaries recomputes what the sites metered and how good their forecasts were.
func (a *audit) siteSummaries(s summary) {
	if !a.summed.that(len(s.Sites) == len(a.sc.Sites), place{file: "summary.json"}, "%d sites, the scenario has %d", len(s.Sites), len(a.sc.Sites)) {
		return
	}
	want := map[torg.SiteID]*siteSummary{}
	for _, site := range a.sc.Sites {
		want[site.ID] = &siteSummary{Site: site.ID}
	}
	seen := map[siteSlot]bool{}
	for _, r := range a.readings {
		at, w := siteSlot{r.site, r.slot}, want[r.site]
		if w == nil || seen[at] {
			continue
		}
		seen[at] = true
		if r.energy > 0 {
			w.Consumption += r.energy
		} else {
			w.Generation -= r.energy
		}
		f, foretold := a.world.bands[at]
		switch {
		case r.quality == torg.Estimated:
			w.Estimated++
		case foretold:
			w.Forecast.Slots++
			w.Forecast.Errors += (r.energy - f.median).Abs()
			w.Forecast.Actual += r.energy.Abs()
		}
	}
	for i, told := range s.Sites {
		id := a.sc.Sites[i].ID
		w, at := want[id], string(id)+"."
		same(a, fmt.Sprintf("sites[%d]", i), told.Site, id)
		same(a, at+"participant", told.Participant, a.sc.Sites[i].Participant)
		same(a, at+"role", told.Role, a.sc.Sites[i].Role)
		same(a, at+"consumption_wh", told.Consumption, w.Consumption)
		same(a, at+"generation_wh", told.Generation, w.Generation)
		same(a, at+"estimated_slots", told.Estimated, w.Estimated)
		same(a, at+"forecast.slots", told.Forecast.Slots, w.Forecast.Slots)
		same(a, at+"forecast.abs_error_wh", told.Forecast.Errors, w.Forecast.Errors)
		same(a, at+"forecast.abs_actual_wh", told.Forecast.Actual, w.Forecast.Actual)
		a.part(at+"forecast.accuracy", told.Forecast.Accuracy, w.Forecast.Actual-w.Forecast.Errors, w.Forecast.Actual)
	}
}
