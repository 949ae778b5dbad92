package torg

import "errors"

// A Refusal is a reason the market says no. The same word travels in an HTTP
// body, a bus reply and a ledger code, and never changes its meaning. Other errors
// are logged, not shown.
type Refusal string

// Error returns the word itself.
func (r Refusal) Error() string { return string(r) }

// The refusals.
const (
	ErrMalformed       Refusal = "malformed"
	ErrBadSignature    Refusal = "bad_signature"
	ErrBadKey          Refusal = "bad_key"
	ErrUnknown         Refusal = "unknown"
	ErrExists          Refusal = "already_exists"
	ErrNotYours        Refusal = "not_yours"
	ErrNotOperator     Refusal = "not_operator"
	ErrGateClosed      Refusal = "gate_closed"
	ErrNotOpen         Refusal = "session_not_open"
	ErrDuplicate       Refusal = "duplicate"
	ErrBothSides       Refusal = "both_sides"
	ErrRevision        Refusal = "revision_not_towards_trade"
	ErrNoMandate       Refusal = "no_mandate"
	ErrMandateExpired  Refusal = "mandate_expired"
	ErrMandateSide     Refusal = "mandate_side"
	ErrMandateEnergy   Refusal = "mandate_energy"
	ErrMandatePrice    Refusal = "mandate_price"
	ErrMandateMoney    Refusal = "mandate_money"
	ErrFunds           Refusal = "funds"
	ErrTooLarge        Refusal = "too_large"
	ErrTooEarly        Refusal = "too_early"
	ErrAlreadySettled  Refusal = "already_settled"
	ErrStatementDiffer Refusal = "statement_differs"
	ErrNoCapacity      Refusal = "no_capacity"         // no path with room for forwards in every slot
	ErrConnection      Refusal = "connection_capacity" // more than the site's connection carries, with its other forwards
	ErrFeeTooHigh      Refusal = "fee_too_high"        // the path costs more than the contract lets the buyer pay
	ErrOfferTaken      Refusal = "offer_taken"         // others took what the contract takes of the offer
	ErrExpired         Refusal = "expired"             // the offer, or the time to sign
	ErrNotSigned       Refusal = "not_signed"          // by the one who proposes
	ErrAlreadySigned   Refusal = "already_signed"      // by both: what is agreed cannot be declined
)

// RefusalOf finds the refusal in err's chain; "" if there is none.
func RefusalOf(err error) Refusal {
	var r Refusal
	errors.As(err, &r)
	return r
}
