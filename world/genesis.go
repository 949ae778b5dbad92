package world

import (
	"time"

	"torg/ledger"
	"torg/scenario"
)

// readingsDeadline is how long after a settlement interval missing readings are
// waited for before they are estimated.
const readingsDeadline = 2 * time.Hour

// Genesis returns what a scenario's chain is born with. operator is the PKIX DER of
// the operator's key, empty on an unsigned chain.
func Genesis(sc *scenario.Scenario, chainID string, operator []byte) ledger.Genesis {
	share := sc.ForwardShare
	return ledger.Genesis{
		ChainID:    chainID,
		Complex:    sc.Complex,
		Calendar:   sc.Calendar,
		Settlement: sc.SettlementInterval,
		Deadline:   readingsDeadline,
		Tariffs:    sc.Tariffs,
		NoWorse:    sc.NoWorse == scenario.NoWorseMonth,
		PriceCap:   sc.PriceCap,
		Timezone:   sc.Timezone.String(),
		Operator:   operator,
		Unsigned:   len(operator) == 0,

		ForwardShare: &share,
		EscrowDays:   sc.EscrowDays,
	}
}
