package torg

import "time"

// Fingerprint is the SHA-256 of a public key's PKIX DER bytes.
type Fingerprint [32]byte

// Limits are what an owner lets an agent do. The zero value allows nothing.
type Limits struct {
	Buy, Sell  bool   // the sides it may take
	MaxEnergy  Energy // per order
	MaxBuy     Price  // highest limit of a buy order
	MinSell    Price  // lowest limit of a sell order
	DailySpend Money  // most that its buy orders may be worth per ledger day (UTC), at their limits
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
	}
	return nil
}
