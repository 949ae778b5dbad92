package ledger

import "torg"

// ForwardState is where a forward contract is.
type ForwardState string

// The states of a forward contract. Proposed and active ones are open, the others are
// ends; active goes on to delivered with its last slot, and to settled with that slot's
// interval.
const (
	ForwardProposed  ForwardState = "proposed"  // one party has signed; lines, capacity and money are held
	ForwardActive    ForwardState = "active"    // both have signed; the next days' money is in escrow
	ForwardDelivered ForwardState = "delivered" // its last slot is delivered and paid out
	ForwardSettled   ForwardState = "settled"   // the interval of its last slot is settled
	ForwardRefused   ForwardState = "refused"   // the other party declined
	ForwardWithdrawn ForwardState = "withdrawn" // its proposer took it back
	ForwardExpired   ForwardState = "expired"   // not signed in time
	ForwardVoided    ForwardState = "voided"    // closed out before anything of it was delivered
)

// Posted says that an offer stands on the board, with what is left of it.
type Posted struct {
	Offer torg.Offer
	Left  torg.Profile // without steps: all of it is taken
}

// OfferEnd is why an offer left the board.
type OfferEnd string

// The ends of an offer.
const (
	OfferTaken     OfferEnd = "taken" // all of it
	OfferWithdrawn OfferEnd = "withdrawn"
	OfferExpired   OfferEnd = "expired"
)

// Unposted says that an offer left the board.
type Unposted struct {
	Offer torg.OfferID
	Why   OfferEnd
}

// ForwardChanged says what became of a forward contract in this block: its state, and
// all that belongs to it. What both parties signed never changes; Open is what is still
// to be delivered or held of it, less what was closed out.
type ForwardChanged struct {
	Contract                  torg.Forward
	State                     ForwardState
	Fee                       torg.Price    // for lines on its path, per kWh, on top of the price; the buyer pays it
	Path                      []torg.ZoneID // from the seller's zone to the buyer's; one zone: no line
	Open                      torg.Profile  // what it delivers; shorter or less than signed where it was closed out
	ClosedOut                 torg.Reason   // why part of it was closed out: funds or line_capacity; empty: nothing was
	Covered                   torg.Slot     // money for its slots before this one is in escrow or was paid out
	BuyerSigned, SellerSigned []byte
	BuyerKey, SellerKey       torg.Fingerprint // of the keys that signed
}
