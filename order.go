package torg

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// OrderID names an order, as NewOrderID makes it; ids of one session are distinct and
// compare bytewise.
type OrderID string

// NewOrderID returns the only id that a site's order of a discovery may have, such as
// foundry-1.20261122T143030Z.1, so that nobody can take another's. Those that replace
// each other share it.
func NewOrderID(site SiteID, session string, discovery int) OrderID {
	return OrderID(fmt.Sprintf("%s.%s.%d", site, session, discovery))
}

// Order is a sealed intent of a site for one slot: at most this much energy, at
// this limit or better.
type Order struct {
	ID          OrderID
	Participant ParticipantID
	Site        SiteID
	Zone        ZoneID
	Slot        Slot
	Discovery   int    // 1: sealed orders; 2: what is revised in round 2
	Sequence    uint32 // a higher one replaces a lower one before the gate
	Side        Side
	Energy      Energy   // 1 Wh to MaxOrderEnergy
	Limit       Price    // MinPrice to MaxPrice
	Source      string   // solar, wind, chp, ...; empty: not said
	Prefer      []string // participants or sources to be paired with, if it costs nobody anything
	Avoid       []string // participants or sources never to be contracted with

	// Only are the only participants to be contracted with, besides the supplier in
	// round 3; empty: anybody. At most MaxPartners, each once.
	Only []ParticipantID
}

// May says whether the order may be contracted with a participant inside the complex, by
// its Only.
func (o Order) May(partner ParticipantID) bool {
	return len(o.Only) == 0 || slices.Contains(o.Only, partner)
}

// ValidPartners refuses a list of partners that is too long, has one twice or has no ids.
func ValidPartners(list []ParticipantID) error {
	if len(list) > MaxPartners {
		return fmt.Errorf("%d partners, more than %d: %w", len(list), MaxPartners, ErrTooLarge)
	}
	for i, p := range list {
		if err := ValidID(string(p)); err != nil {
			return fmt.Errorf("partner: %w: %w", err, ErrMalformed)
		}
		if slices.Contains(list[:i], p) {
			return fmt.Errorf("partner %s is there twice: %w", p, ErrMalformed)
		}
	}
	return nil
}

// The lengths of Prefer and of Avoid, and of a source or name in bytes, at most.
const (
	MaxPreferences = 16
	MaxWord        = 64
)

// Valid refuses an order that no market may take.
func (o Order) Valid() error {
	switch {
	case o.ID == "" || len(o.ID) > 128:
		return fmt.Errorf("order id %q: must have 1 to 128 characters: %w", o.ID, ErrMalformed)
	case o.Side != Buy && o.Side != Sell:
		return fmt.Errorf("order %s: no side: %w", o.ID, ErrMalformed)
	case o.Energy < 1 || o.Energy > MaxOrderEnergy:
		return fmt.Errorf("order %s: energy %d Wh is outside 1 to %d: %w", o.ID, o.Energy, MaxOrderEnergy, ErrMalformed)
	case o.Limit < MinPrice || o.Limit > MaxPrice:
		return fmt.Errorf("order %s: limit %s is outside -1000 to 1000 RUB/kWh: %w", o.ID, o.Limit, ErrMalformed)
	case o.Discovery != 1 && o.Discovery != 2:
		return fmt.Errorf("order %s: discovery %d is neither 1 nor 2: %w", o.ID, o.Discovery, ErrMalformed)
	case len(o.Prefer) > MaxPreferences || len(o.Avoid) > MaxPreferences || len(o.Source) > MaxWord:
		return fmt.Errorf("order %s: more than %d preferences or a long source: %w", o.ID, MaxPreferences, ErrMalformed)
	}
	if !utf8.ValidString(string(o.ID)) || !utf8.ValidString(o.Source) {
		return fmt.Errorf("order %q: not UTF-8: %w", o.ID, ErrMalformed)
	}
	for _, list := range [][]string{o.Prefer, o.Avoid} {
		for _, s := range list {
			if len(s) > MaxWord || !utf8.ValidString(s) {
				return fmt.Errorf("order %q: %q is no name of at most %d bytes: %w", o.ID, s, MaxWord, ErrMalformed)
			}
		}
	}
	if err := ValidPartners(o.Only); err != nil {
		return fmt.Errorf("order %s: only: %w", o.ID, err)
	}
	return nil
}

// Trade is energy that clearing gives from one order to another. The supplier's
// side of a trade of round 3 has no order.
type Trade struct {
	Round                   int // 1 one to one, 2 one to many, 3 the central supplier
	BuyOrder, SellOrder     OrderID
	Buyer, Seller           ParticipantID
	BuyerSite, SellerSite   SiteID
	BuyerZone, SellerZone   ZoneID
	Energy                  Energy
	BuyerPrice, SellerPrice Price // what the buyer pays and the seller gets; the gap is the network's
}

// ContractID names a contract, such as 20261122T143030Z-1-00007: session,
// discovery, place in the outcome. It never derives from keys or signatures.
type ContractID string

// Contract is a trade that the ledger made binding.
type Contract struct {
	ID        ContractID
	Slot      Slot
	Discovery int
	Trade
}

// NewContractID returns the id of the n-th contract (from 1) of a discovery.
func NewContractID(session string, discovery, n int) ContractID {
	return ContractID(fmt.Sprintf("%s-%d-%05d", session, discovery, n))
}

// Reason is why an order, or part of it, did not trade. These are the words of
// unmatched.csv, the journal and the pages.
type Reason string

// The reasons, in the order in which the first that holds is given.
const (
	ReasonFunds       Reason = "funds"               // not covered by the balance; cut before clearing
	ReasonAvoided     Reason = "avoided"             // only partners that the order avoids were left
	ReasonRationed    Reason = "rationed"            // the limit is the price, and the margin is shared
	ReasonLine        Reason = "line_capacity"       // another zone would have traded, the lines are full
	ReasonConnection  Reason = "connection_capacity" // the supplier would have traded, the connection is full
	ReasonNoOtherSide Reason = "no_counterparty"     // no other side in its part of the grid
	ReasonPrice       Reason = "price"               // the limit is worse than the price
	ReasonMissed      Reason = "missed"              // the session was missed: nothing was cleared
)
