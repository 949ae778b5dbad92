package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"torg"
	"torg/scenario"
)

func (s *Summary) encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(s)
	return b.Bytes(), err
}

func (c *Collector) summary() *Summary {
	t := c.totals
	s := &Summary{
		Name: c.sc.Name, NameEN: c.sc.NameEN, Start: c.sc.Start, End: c.sc.End(), Interval: shortest(c.sc.Calendar.Interval),
		Seed: c.sc.Seed, Signed: !c.opts.Unsigned, Consensus: Consensus, Forecaster: c.opts.Forecaster, Decider: cmp.Or(c.opts.Decider, "shipped strategies"),
		Sessions: SessionSummary{
			Total: int(c.to - c.from), Cleared: t.cleared, Missed: len(t.missed), MissedSecond: t.missedSecond,
			Skipped: t.skipped, MissedIDs: append([]string{}, t.missed...),
		},
		Statements: StatementSummary{Signed: t.statements[signed], Missing: t.statements[missing], Differing: t.statements[differing]},
		Orders:     t.orders, Refused: []RefusedSummary{}, Unmatched: []UnmatchedSummary{}, Fallbacks: t.fallbacks,
		Welfare: t.welfare, Network: t.network, Months: []MonthSummary{}, ForecastErrorsAs: "imbalance - deviation * mean zone price of the interval's first discoveries",
	}
	s.Statements.Due = s.Statements.Signed + s.Statements.Missing + s.Statements.Differing
	for _, code := range slices.Sorted(maps.Keys(t.refused)) {
		s.Refused = append(s.Refused, RefusedSummary{code, t.refused[code]})
	}
	for _, why := range slices.Sorted(maps.Keys(t.unmatched)) {
		s.Unmatched = append(s.Unmatched, UnmatchedSummary{why, t.unmatched[why].orders, t.unmatched[why].energy})
	}
	for r := 1; r <= 3; r++ {
		s.Contracts += t.rounds[r].contracts
		s.Rounds = append(s.Rounds, RoundSummary{r, t.rounds[r].contracts, t.rounds[r].energy})
	}
	s.Complex = t.complex()
	for _, p := range c.sc.Participants {
		s.Participants = append(s.Participants, t.parties[p.ID].summary(p))
	}
	for _, site := range c.sc.Sites {
		s.Sites = append(s.Sites, t.forecasts[site.ID].summary(site))
	}
	for _, m := range t.months {
		month := MonthSummary{Month: m.Month, Partial: m.Partial}
		for _, b := range m.Balances {
			month.Balances = append(month.Balances, MonthBalanceSummary{b.Participant, b.Paid, b.Baseline, b.Eligible, b.TopUp})
		}
		s.Months = append(s.Months, month)
	}
	return s
}

// shortest prints a slot's length without needless units: 30s, 15m, 1h.
func shortest(d time.Duration) string {
	s := d.String()
	for _, unit := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, unit) {
			s = s[:len(s)-2]
		}
	}
	return s
}

func (t *totals) complex() ComplexSummary {
	s := ComplexSummary{
		Consumption: t.consumption, Generation: t.generation, Covered: t.covered, Coverable: t.coverable,
		Coverage: share{t.covered, t.consumption}, CoveragePossible: share{t.coverable, t.consumption},
		Import: t.imports, Export: t.exports, Connection: t.connection, Invoice: t.invoice, Residual: t.residual, Loss: t.loss,
	}
	for _, p := range t.parties { // sums do not depend on the order
		s.SupplierOnly = s.SupplierOnly.Add(p.baseline)
		s.Cost = s.Cost.Add(p.cost).Add(p.corrections)
		s.ForecastErrorCost = s.ForecastErrorCost.Add(p.errors)
	}
	s.Saving = s.SupplierOnly.Sub(s.Cost)
	return s
}

func (t *partyTotal) summary(p scenario.Participant) ParticipantSummary {
	s := ParticipantSummary{
		Participant: p.ID, Name: p.Name, NameEN: p.NameEN, Sessions: t.sessions,
		Metered: t.metered, Contracted: t.contracted, ImbalanceEnergy: t.metered - t.contracted, AbsoluteImbalance: t.deviation,
		Paid: t.paid, Received: t.received, Imbalance: t.imbalance, Residual: t.residual, Corrections: t.corrections,
		Cost: t.cost.Add(t.corrections), SupplierOnly: t.baseline, NoWorse: t.topUp, EstimatedIntervals: t.estimated,
		ForecastErrorCost: t.errors, ForecastErrorCostAfterwards: t.errors.Sub(t.topUp),
	}
	for r := 1; r <= 3; r++ {
		s.Rounds = append(s.Rounds, TradeSummary{r, t.bought[r], t.sold[r]})
	}
	s.SavingBefore = s.SupplierOnly.Sub(s.Cost)
	s.SavingAfter = s.SavingBefore.Add(s.NoWorse)
	return s
}

func (t *siteTotal) summary(site scenario.Site) SiteSummary {
	s := SiteSummary{
		Site: site.ID, Participant: site.Participant, Role: site.Role, Mode: site.Mode,
		Consumption: t.consumption, Generation: t.generation, Estimated: t.estimated,
		Forecast: t.score.summary(), Persistence: t.naive.summary(),
	}
	s.Forecast.Within80 = &share{torg.Energy(t.score.within), torg.Energy(t.score.slots)}
	return s
}

func (s score) summary() AccuracySummary {
	return AccuracySummary{
		Slots: s.slots, Errors: s.errors, Actual: s.actual,
		Accuracy: share{s.actual - s.errors, s.actual},
	}
}
