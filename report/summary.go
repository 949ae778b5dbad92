package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"torg"
	"torg/scenario"
)

// Consensus says, in every summary, what stood in the place of consensus.
const Consensus = "one sequencer in place of consensus"

// Summary is summary.json. Energies are whole Wh, amounts rubles.
type Summary struct {
	Name             string               `json:"name"`
	NameEN           string               `json:"name_en"`
	Start            time.Time            `json:"start"`
	End              time.Time            `json:"end"`
	Interval         string               `json:"interval"`
	Seed             uint64               `json:"seed"`
	Signed           bool                 `json:"signed"`    // orders, statements and the operator's word carry RSA signatures
	Consensus        string               `json:"consensus"` // Consensus
	Forecaster       string               `json:"forecaster"`
	Decider          string               `json:"decider"`
	Sessions         SessionSummary       `json:"sessions"`
	Statements       StatementSummary     `json:"statements"`
	Orders           int                  `json:"orders"` // that reached their gate
	Refused          []RefusedSummary     `json:"refused"`
	Fallbacks        int                  `json:"fallbacks"` // decisions in which an agent took its safe default
	Unmatched        []UnmatchedSummary   `json:"unmatched"`
	Contracts        int                  `json:"contracts"`
	Welfare          torg.Cost            `json:"welfare"`
	Network          torg.Cost            `json:"network"`
	Rounds           []RoundSummary       `json:"rounds"`
	Complex          ComplexSummary       `json:"complex"`
	Participants     []ParticipantSummary `json:"participants"` // in the scenario's order; so are sites
	Sites            []SiteSummary        `json:"sites"`
	Months           []MonthSummary       `json:"months"`
	ForecastErrorsAs string               `json:"forecast_error_cost_is"`
}

// SessionSummary counts sessions.
type SessionSummary struct {
	Total        int      `json:"total"`
	Cleared      int      `json:"cleared"`
	Missed       int      `json:"missed"`
	MissedSecond int      `json:"missed_second_discovery"`
	Skipped      int      `json:"skipped"`
	MissedIDs    []string `json:"missed_ids"`
}

// StatementSummary counts the statements that parties with contracts owe.
type StatementSummary struct {
	Due       int `json:"due"`
	Signed    int `json:"signed"`
	Missing   int `json:"missing"`
	Differing int `json:"differing"`
}

// RefusedSummary counts orders that the ledger refused.
type RefusedSummary struct {
	Code   torg.Refusal `json:"code"`
	Orders int          `json:"orders"`
}

// UnmatchedSummary sums up what did not trade for one reason.
type UnmatchedSummary struct {
	Reason torg.Reason `json:"reason"`
	Orders int         `json:"orders"`
	Energy torg.Energy `json:"energy_wh"`
}

// RoundSummary sums up a round over the run.
type RoundSummary struct {
	Round     int         `json:"round"`
	Contracts int         `json:"contracts"`
	Energy    torg.Energy `json:"energy_wh"`
}

// ComplexSummary is the complex as a whole.
type ComplexSummary struct {
	Consumption       torg.Energy `json:"consumption_wh"` // sites that took energy in a slot, net
	Generation        torg.Energy `json:"generation_wh"`  // sites that fed energy out in a slot, net
	Covered           torg.Energy `json:"covered_wh"`     // of the consumption, contracted inside for the slot
	Coverable         torg.Energy `json:"coverable_wh"`   // of the consumption, fed out inside in the slot
	Coverage          share       `json:"coverage"`
	CoveragePossible  share       `json:"coverage_possible"`
	Import            torg.Energy `json:"round3_import_wh"`
	Export            torg.Energy `json:"round3_export_wh"`
	Connection        torg.Energy `json:"connection_wh"` // metered net import
	Invoice           torg.Cost   `json:"invoice"`
	Residual          torg.Cost   `json:"residual"`
	Loss              torg.Cost   `json:"loss_account"`
	SupplierOnly      torg.Cost   `json:"supplier_only"`
	Cost              torg.Cost   `json:"cost"`
	Saving            torg.Cost   `json:"saving"`
	ForecastErrorCost torg.Cost   `json:"forecast_error_cost"`
}

// TradeSummary is what a participant traded in a round.
type TradeSummary struct {
	Round  int         `json:"round"`
	Bought torg.Energy `json:"bought_wh"`
	Sold   torg.Energy `json:"sold_wh"`
}

// ParticipantSummary is one participant's run. Cost = paid - received + imbalance -
// residual + corrections; saving = supplier_only - cost.
type ParticipantSummary struct {
	Participant                 torg.ParticipantID `json:"participant"`
	Name                        string             `json:"name"`
	NameEN                      string             `json:"name_en"`
	Sessions                    int                `json:"sessions_traded"`
	Rounds                      []TradeSummary     `json:"rounds"`
	Metered                     torg.Energy        `json:"metered_wh"`
	Contracted                  torg.Energy        `json:"contracted_wh"`
	ImbalanceEnergy             torg.Energy        `json:"imbalance_wh"`     // metered - contracted
	AbsoluteImbalance           torg.Energy        `json:"imbalance_abs_wh"` // summed over intervals without sign
	Paid                        torg.Cost          `json:"paid"`             // for contracts
	Received                    torg.Cost          `json:"received"`
	Imbalance                   torg.Cost          `json:"imbalance"`
	Residual                    torg.Cost          `json:"residual"`
	Corrections                 torg.Cost          `json:"corrections"`
	Cost                        torg.Cost          `json:"cost"`
	SupplierOnly                torg.Cost          `json:"supplier_only"`
	SavingBefore                torg.Cost          `json:"saving_before_no_worse"`
	NoWorse                     torg.Cost          `json:"no_worse"` // received, or paid where minus
	SavingAfter                 torg.Cost          `json:"saving_after_no_worse"`
	ForecastErrorCost           torg.Cost          `json:"forecast_error_cost"`
	ForecastErrorCostAfterwards torg.Cost          `json:"forecast_error_cost_after_no_worse"`
	EstimatedIntervals          int                `json:"estimated_intervals"`
}

// SiteSummary is one site's run.
type SiteSummary struct {
	Site        torg.SiteID        `json:"site"`
	Participant torg.ParticipantID `json:"participant"`
	Role        torg.Role          `json:"role"`
	Mode        torg.Mode          `json:"mode"`
	Consumption torg.Energy        `json:"consumption_wh"`
	Generation  torg.Energy        `json:"generation_wh"`
	Estimated   int                `json:"estimated_slots"`
	Forecast    AccuracySummary    `json:"forecast"`    // the median made before the gate, against the reading
	Persistence AccuracySummary    `json:"persistence"` // the newest reading of that moment, in the same slots
}

// AccuracySummary scores forecasts of single slots by 1 - sum|error| / sum|actual|.
type AccuracySummary struct {
	Slots    int         `json:"slots"`
	Errors   torg.Energy `json:"abs_error_wh"`
	Actual   torg.Energy `json:"abs_actual_wh"`
	Accuracy share       `json:"accuracy"`
	Within80 *share      `json:"within_80_band,omitempty"`
}

// MonthSummary is a month's no_worse.
type MonthSummary struct {
	Month    string                `json:"month"`
	Partial  bool                  `json:"partial"`
	Balances []MonthBalanceSummary `json:"balances"`
}

// MonthBalanceSummary is one participant's month.
type MonthBalanceSummary struct {
	Participant  torg.ParticipantID `json:"participant"`
	Cost         torg.Cost          `json:"cost"`
	SupplierOnly torg.Cost          `json:"supplier_only"`
	Eligible     torg.Cost          `json:"eligible_losses"`
	TopUp        torg.Cost          `json:"top_up"`
}

// share is a part of a whole in JSON with four decimals, null where there is no
// whole.
type share struct {
	part, whole torg.Energy
}

func (s share) value() float64 { return float64(s.part) / float64(s.whole) }

// MarshalJSON prints the share.
func (s share) MarshalJSON() ([]byte, error) {
	if s.whole == 0 {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, s.value(), 'f', 4, 64), nil
}

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
