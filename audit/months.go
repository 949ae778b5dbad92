package audit

import (
	"torg"
)

// monthly is what a month came to, by participant.
type monthly struct {
	name string
	sums map[torg.ParticipantID]*monthSum
}

type monthSum struct{ paid, baseline, eligible torg.Cost }

// addMonth adds a party's interval to its month. Losses count as far as every
// contracted order lay within its site's published band.
func (a *audit) addMonth(first torg.Slot, p *partyInterval, cost, baseline torg.Cost) {
	name := a.month(first)
	if n := len(a.monthly); n == 0 || a.monthly[n-1].name != name {
		a.monthly = append(a.monthly, monthly{name, map[torg.ParticipantID]*monthSum{}})
	}
	m := a.monthly[len(a.monthly)-1]
	if m.sums[p.participant] == nil {
		m.sums[p.participant] = &monthSum{}
	}
	s := m.sums[p.participant]
	s.paid, s.baseline = s.paid.Add(cost), s.baseline.Add(baseline)
	if loss := cost.Sub(baseline); !p.outside && loss.Sign() > 0 {
		s.eligible = s.eligible.Add(loss)
	}
}

// months recomputes no_worse, month by month, and holds postings and summary against
// it. A month in which readings were replaced is checked for its sums only: what a
// correction does to a month depends on when it came.
func (a *audit) months() {
	rows := map[torg.ParticipantID]torg.Cost{}
	at := place{file: "settlement.csv"}
	var all torg.Cost
	for _, p := range a.postings {
		if p.kind != torg.PostNoWorse {
			continue
		}
		at.line = p.at.line
		a.noWorse.that(a.sc.NoWorse != "none", p.at, "a top-up without no_worse")
		a.noWorse.that(p.account == torg.AccountNoWorse || p.counterparty == torg.AccountNoWorse, p.at, "a top-up past the account %s", torg.AccountNoWorse)
		if p.account != torg.AccountNoWorse {
			rows[torg.ParticipantID(p.account)] = rows[torg.ParticipantID(p.account)].Add(p.amount)
			all = all.Add(p.amount)
		}
	}
	a.noWorse.that(all.Sign() == 0, at, "top-ups sum to %s", all)
	due := map[torg.ParticipantID]torg.Cost{}
	told := a.toldMonths()
	a.noWorse.that(len(told) == len(a.monthly), place{file: "summary.json"}, "%d months, the run has %d", len(told), len(a.monthly))
	for i, m := range a.monthly {
		topUps := a.topUps(m)
		for id, t := range topUps {
			due[id] = due[id].Add(t)
		}
		if i < len(told) {
			a.monthAsTold(m, told[i], topUps)
		}
	}
	for _, p := range a.sc.Participants {
		if !a.world.replaced {
			a.noWorse.that(rows[p.ID] == due[p.ID], at, "%s is topped up by %s, %s is due", p.ID, rows[p.ID], due[p.ID])
		}
		delete(rows, p.ID)
	}
	for id := range rows {
		a.noWorse.that(false, at, "%q is topped up and no participant", id)
	}
}

// toldMonths are the summary's months in which anything happened.
func (a *audit) toldMonths() []monthSummary {
	var list []monthSummary
	for _, m := range a.summary.Months {
		for _, b := range m.Balances {
			if b != (balanceSummary{Participant: b.Participant}) {
				list = append(list, m)
				break
			}
		}
	}
	return list
}

// topUps shares the month's eligible losses among those who gained.
func (a *audit) topUps(m monthly) map[torg.ParticipantID]torg.Cost {
	if a.sc.NoWorse == "none" {
		return nil
	}
	ids := byName(m.sums)
	claims, gains := make([]torg.Cost, len(ids)), make([]torg.Cost, len(ids))
	var claimed, gained torg.Cost
	for i, id := range ids {
		s := m.sums[id]
		if loss := s.paid.Sub(s.baseline); loss.Sign() > 0 {
			claims[i] = torg.MinCost(loss, s.eligible)
		} else {
			gains[i] = loss.Neg()
		}
		claimed, gained = claimed.Add(claims[i]), gained.Add(gains[i])
	}
	moved := torg.MinCost(claimed, gained)
	in, out := torg.ApportionCost(moved, claims), torg.ApportionCost(moved, gains)
	list := map[torg.ParticipantID]torg.Cost{}
	for i, id := range ids {
		list[id] = in[i].Sub(out[i])
	}
	return list
}

func (a *audit) monthAsTold(m monthly, told monthSummary, topUps map[torg.ParticipantID]torg.Cost) {
	at := place{file: "summary.json"}
	a.noWorse.that(told.Month == m.name && len(told.Balances) == len(m.sums), at, "month %s of %d participants, the run has %s of %d", told.Month, len(told.Balances), m.name, len(m.sums))
	var sum torg.Cost
	for _, b := range told.Balances {
		sum = sum.Add(b.TopUp)
		after := b.Cost.Sub(b.TopUp)
		a.noWorse.that(b.TopUp.Sign() == 0 || b.TopUp.Sign() > 0 && after.Cmp(b.SupplierOnly) >= 0 || b.TopUp.Sign() < 0 && after.Cmp(b.SupplierOnly) <= 0, at,
			"month %s: %s pays %s after a top-up of %s, the supplier alone costs %s", told.Month, b.Participant, after, b.TopUp, b.SupplierOnly)
		s := m.sums[b.Participant]
		if !a.noWorse.that(s != nil, at, "month %s: unknown participant %q", told.Month, b.Participant) || a.world.replaced {
			continue
		}
		a.noWorse.that(b.Cost == s.paid && b.SupplierOnly == s.baseline && b.Eligible == s.eligible && b.TopUp == topUps[b.Participant], at,
			"month %s: %s has cost %s, supplier-only %s, eligible %s, top-up %s; the tables give %s, %s, %s, %s", told.Month, b.Participant,
			b.Cost, b.SupplierOnly, b.Eligible, b.TopUp, s.paid, s.baseline, s.eligible, topUps[b.Participant])
	}
	a.noWorse.that(sum.Sign() == 0, at, "month %s: top-ups sum to %s", told.Month, sum)
}
