package record

import "torg"

// OfferState is where an offer on the board is.
type OfferState string

// The states of an offer. Open ones can be taken until they expire or their first
// slot's session opens.
const (
	OfferOpen      OfferState = "open"
	OfferTaken     OfferState = "taken" // all of it
	OfferWithdrawn OfferState = "withdrawn"
	OfferExpired   OfferState = "expired"
)

// Offer is an offer on the board and what is left of it.
type Offer struct {
	torg.Offer
	Left   torg.Profile // without steps: all of it is taken
	State  OfferState
	Posted int64 // height of the block that put it on the board
	Height int64 // of its last change
}

// Forward is a forward contract of the board and where it stands. Its states are the
// ledger's: proposed, active, delivered, settled; refused, withdrawn, expired, voided.
type Forward struct {
	torg.Forward
	State                     string
	Fee                       torg.Price    // for lines, per kWh, on top of the price
	Path                      []torg.ZoneID // from the seller's zone to the buyer's
	Open                      torg.Profile  // what it delivers: less than signed where it was closed out
	ClosedOut                 torg.Reason   // why part of it was closed out; empty: nothing was
	Covered                   torg.Slot     // money for its slots before this one is in escrow or was paid
	BuyerSigned, SellerSigned []byte
	BuyerKey, SellerKey       torg.Fingerprint // of the keys that signed; zero: not signed
	Corrected                 bool             // a later reading replaced an estimate in a settled slot of it
	Disputed                  bool             // a party's statement of one of its slots differs
	Proposed                  int64            // height of the block that proposed it
	Height                    int64            // of its last change
	History                   []ForwardStep    // the first one first; only of one contract asked for by id
}

// Signed says whether the party on a side has signed.
func (f Forward) Signed(side torg.Side) bool {
	if side == torg.Buy {
		return f.BuyerKey != (torg.Fingerprint{}) || len(f.BuyerSigned) > 0
	}
	return f.SellerKey != (torg.Fingerprint{}) || len(f.SellerSigned) > 0
}

// ForwardStep is one change of a forward contract.
type ForwardStep struct {
	State     string
	ClosedOut torg.Reason
	Height    int64
}

// BoardFilter narrows the lists of the board. Empty fields do not.
type BoardFilter struct {
	Participant torg.ParticipantID // who offers, or a party of the contract
	Site        torg.SiteID
	Side        torg.Side // of an offer
	State       string    // of an offer or contract
	Offer       torg.OfferID
}
