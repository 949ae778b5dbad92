package audit

import "torg"

// summary is what summary.json says, as far as the tables can be asked about it.
type summary struct {
	Sessions struct {
		Total     int      `json:"total"`
		Cleared   int      `json:"cleared"`
		Missed    int      `json:"missed"`
		MissedIDs []string `json:"missed_ids"`
	} `json:"sessions"`
	Statements struct {
		Due, Signed, Missing, Differing int
	} `json:"statements"`
	Orders    int `json:"orders"`
	Contracts int `json:"contracts"`
	Unmatched []struct {
		Reason torg.Reason `json:"reason"`
		Orders int         `json:"orders"`
		Energy torg.Energy `json:"energy_wh"`
	} `json:"unmatched"`
	Welfare torg.Cost `json:"welfare"`
	Network torg.Cost `json:"network"`
	Rounds  []struct {
		Round     int         `json:"round"`
		Contracts int         `json:"contracts"`
		Energy    torg.Energy `json:"energy_wh"`
	} `json:"rounds"`
	Complex struct {
		Consumption       torg.Energy `json:"consumption_wh"`
		Generation        torg.Energy `json:"generation_wh"`
		Covered           torg.Energy `json:"covered_wh"`
		Coverable         torg.Energy `json:"coverable_wh"`
		Coverage          *float64    `json:"coverage"`
		CoveragePossible  *float64    `json:"coverage_possible"`
		Import            torg.Energy `json:"round3_import_wh"`
		Export            torg.Energy `json:"round3_export_wh"`
		Connection        torg.Energy `json:"connection_wh"`
		Invoice           torg.Cost   `json:"invoice"`
		Residual          torg.Cost   `json:"residual"`
		Loss              torg.Cost   `json:"loss_account"`
		SupplierOnly      torg.Cost   `json:"supplier_only"`
		Cost              torg.Cost   `json:"cost"`
		Saving            torg.Cost   `json:"saving"`
		ForecastErrorCost torg.Cost   `json:"forecast_error_cost"`
	} `json:"complex"`
	Participants []participantSummary `json:"participants"`
	Sites        []siteSummary        `json:"sites"`
	Months       []monthSummary       `json:"months"`
}

type participantSummary struct {
	Participant torg.ParticipantID `json:"participant"`
	Sessions    int                `json:"sessions_traded"`
	Rounds      []struct {
		Round  int         `json:"round"`
		Bought torg.Energy `json:"bought_wh"`
		Sold   torg.Energy `json:"sold_wh"`
	} `json:"rounds"`
	Metered           torg.Energy `json:"metered_wh"`
	Contracted        torg.Energy `json:"contracted_wh"`
	ImbalanceEnergy   torg.Energy `json:"imbalance_wh"`
	AbsoluteImbalance torg.Energy `json:"imbalance_abs_wh"`
	Paid              torg.Cost   `json:"paid"`
	Received          torg.Cost   `json:"received"`
	Imbalance         torg.Cost   `json:"imbalance"`
	Residual          torg.Cost   `json:"residual"`
	Corrections       torg.Cost   `json:"corrections"`
	Cost              torg.Cost   `json:"cost"`
	SupplierOnly      torg.Cost   `json:"supplier_only"`
	SavingBefore      torg.Cost   `json:"saving_before_no_worse"`
	NoWorse           torg.Cost   `json:"no_worse"`
	SavingAfter       torg.Cost   `json:"saving_after_no_worse"`
	ErrorCost         torg.Cost   `json:"forecast_error_cost"`
	ErrorCostAfter    torg.Cost   `json:"forecast_error_cost_after_no_worse"`
	Estimated         int         `json:"estimated_intervals"`
}

type siteSummary struct {
	Site        torg.SiteID        `json:"site"`
	Participant torg.ParticipantID `json:"participant"`
	Role        torg.Role          `json:"role"`
	Consumption torg.Energy        `json:"consumption_wh"`
	Generation  torg.Energy        `json:"generation_wh"`
	Estimated   int                `json:"estimated_slots"`
	Forecast    struct {
		Slots    int         `json:"slots"`
		Errors   torg.Energy `json:"abs_error_wh"`
		Actual   torg.Energy `json:"abs_actual_wh"`
		Accuracy *float64    `json:"accuracy"`
	} `json:"forecast"`
}

type monthSummary struct {
	Month    string           `json:"month"`
	Balances []balanceSummary `json:"balances"`
}

type balanceSummary struct {
	Participant  torg.ParticipantID `json:"participant"`
	Cost         torg.Cost          `json:"cost"`
	SupplierOnly torg.Cost          `json:"supplier_only"`
	Eligible     torg.Cost          `json:"eligible_losses"`
	TopUp        torg.Cost          `json:"top_up"`
}
