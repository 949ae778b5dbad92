package torg

import (
	"slices"
	"time"
)

// Fingerprint is the SHA-256 of a public key's PKIX DER bytes.
type Fingerprint [32]byte

// Limits are what an owner lets an agent do. The zero value allows nothing.
type Limits struct {
	Buy, Sell  bool   // the sides it may take
	MaxEnergy  Energy // per order
	MaxBuy     Price  // highest limit of a buy order
	MinSell    Price  // lowest limit of a sell order
	DailySpend Money  // most that its buy orders may be worth per ledger day (UTC), at their limits

	// Partners are the only ones it may contract with, besides the supplier in round 3;
	// empty: anybody. At most MaxPartners, each once.
	Partners []ParticipantID
}

// MaxPartners is the most partners that a mandate, or an order's Only, may name.
const MaxPartners = 16

// Within says whether all of an order's Only are partners of the limits: those who
// clear and check a market see the order alone, so it must say whom it may meet.
func (l Limits) Within(only []ParticipantID) bool {
	if len(l.Partners) == 0 {
		return true
	}
	for _, p := range only {
		if !slices.Contains(l.Partners, p) {
			return false
		}
	}
	return len(only) > 0
}

// Mandate is the owner's signed word that a key may trade for a site.
type Mandate struct {
	Participant ParticipantID
	Site        SiteID
	AgentKey    Fingerprint
	Limits      Limits
	Expires     time.Time // UTC, whole seconds
}

// AllowsAhead says whether the mandate covers one side of a contract for slots ahead, by
// itself, or why not: side, energy of each slot and price, a buyer's with the fee per kWh.
func (m Mandate) AllowsAhead(side Side, p Profile, fee Price) error {
	l := m.Limits
	switch {
	case side == Buy && !l.Buy || side == Sell && !l.Sell:
		return ErrMandateSide
	case p.Most() > l.MaxEnergy:
		return ErrMandateEnergy
	}
	for _, s := range p.Steps {
		if s.Energy > 0 && (side == Buy && s.Price+fee > l.MaxBuy || side == Sell && s.Price < l.MinSell) {
			return ErrMandatePrice
		}
	}
	return nil
}

// Allows says whether the mandate covers o at time now, or why not.
func (m Mandate) Allows(o Order, now time.Time) error {
	switch l := m.Limits; {
	case o.Participant != m.Participant || o.Site != m.Site:
		return ErrNotYours
	case !now.Before(m.Expires):
		return ErrMandateExpired
	case o.Side == Buy && !l.Buy || o.Side == Sell && !l.Sell:
		return ErrMandateSide
	case o.Energy > l.MaxEnergy:
		return ErrMandateEnergy
	case o.Side == Buy && o.Limit > l.MaxBuy || o.Side == Sell && o.Limit < l.MinSell:
		return ErrMandatePrice
	case !l.Within(o.Only):
		return ErrMandatePartners
	}
	return nil
}
