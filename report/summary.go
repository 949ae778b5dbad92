package report

import (
	"strconv"
	"time"

	"torg"
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
