package record

// What messages say: keys of the message catalogue, in the order of a session.
// Every language has a sentence for each, with the arguments named in it.
const (
	SaidOpened          = "said.opened"           // the session is open
	SaidForecast        = "said.forecast"         // low, median, high in Wh
	SaidAsked           = "said.asked"            // sites
	SaidDecided         = "said.decided"          // orders
	SaidFallback        = "said.fallback"         // the decision program did not answer
	SaidOrder           = "said.order"            // side, energy, limit
	SaidRefused         = "said.refused"          // code
	SaidCut             = "said.cut"              // energy that funds do not cover
	SaidAccepted        = "said.accepted"         // energy, contracts
	SaidRejected        = "said.rejected"         // energy, reason, would_trade
	SaidMissed          = "said.missed"           // the session was not active in time
	SaidStatement       = "said.statement"        // root
	SaidStatementDiffer = "said.statement_differ" // root
	SaidObjected        = "said.objected"         // why
	SaidReading         = "said.reading"          // energy, quality
	SaidKeys            = "said.keys"             // added, removed
	SaidAmended         = "said.amended"          // session
	SaidPending         = "said.deposit_pending"  // amount; so are those below
	SaidDepositReturned = "said.deposit_returned"
	SaidRequested       = "said.withdrawal_requested"
	SaidApproved        = "said.withdrawal_approved"
	SaidReturned        = "said.withdrawal_returned"
	SaidCancelled       = "said.withdrawal_cancelled"
	SaidWithdrawal      = "said.withdrawal"
	SaidDeposit         = "said.deposit"
	SaidEscrow          = "said.escrow"
	SaidPayout          = "said.payout"
	SaidNetwork         = "said.network"
	SaidImbalance       = "said.imbalance"
	SaidInvoice         = "said.invoice"
	SaidResidual        = "said.residual"
	SaidNoWorse         = "said.no_worse"
	SaidCorrection      = "said.correction"
	SaidOffer           = "said.offer"      // side, energy, price
	SaidOfferLeft       = "said.offer_left" // energy
	SaidOfferEnd        = "said.offer_end"  // why
	SaidForward         = "said.forward."   // and a state of forward contracts: energy, price
)

// Said lists all of them.
func Said() []string {
	said := []string{
		SaidOpened, SaidForecast, SaidAsked, SaidDecided, SaidFallback, SaidOrder, SaidRefused, SaidCut,
		SaidAccepted, SaidRejected, SaidMissed, SaidStatement, SaidStatementDiffer, SaidObjected, SaidReading,
		SaidKeys, SaidAmended, SaidPending, SaidDepositReturned, SaidRequested, SaidApproved, SaidReturned,
		SaidCancelled, SaidWithdrawal, SaidDeposit, SaidEscrow, SaidPayout, SaidNetwork, SaidImbalance, SaidInvoice, SaidResidual,
		SaidNoWorse, SaidCorrection, SaidOffer, SaidOfferLeft, SaidOfferEnd,
	}
	for _, state := range []string{"proposed", "active", "delivered", "settled", "refused", "withdrawn", "expired", "voided"} {
		said = append(said, SaidForward+state)
	}
	return said
}
