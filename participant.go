package torg

import "fmt"

// Ids are the operator's choice: 1 to 64 of a-z, A-Z, 0-9, '.', '_' and '-'. They
// compare bytewise and carry no personal data.
type (
	ParticipantID string // who holds a key and a balance
	SiteID        string // a metered place of a participant, and its trading party
	ZoneID        string // a part of the grid without inner limits
	TariffID      string // a tariff class
)

// ValidID refuses an id that is empty, longer than 64 bytes or has other
// characters than letters, digits, point, underscore and hyphen.
func ValidID(id string) error {
	if id == "" || len(id) > 64 {
		return fmt.Errorf("id %q: must have 1 to 64 characters", id)
	}
	for _, c := range []byte(id) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-') {
			return fmt.Errorf("id %q: only letters a-z, digits, '.', '_' and '-'", id)
		}
	}
	return nil
}

// Role is what a site mostly is. It shapes forecasts and pages, never prices.
type Role string

// The five roles.
const (
	Plant     Role = "plant"     // производство
	Sharing   Role = "sharing"   // шеринговая станция
	Heating   Role = "heating"   // тепловая станция
	Renewable Role = "renewable" // ВИЭ
	Stable    Role = "stable"    // стабильный производитель
)

// Roles lists the five roles in the order pages show them.
var Roles = []Role{Plant, Sharing, Heating, Renewable, Stable}

// Mode says who decides for a site.
type Mode string

// The three modes.
const (
	Manual Mode = "manual" // the owner posts and takes offers
	Semi   Mode = "semi"   // Torg ranks offers, the owner picks
	Auto   Mode = "auto"   // the agent trades inside its mandate
)

// Site is a metered place: load, generation or both.
type Site struct {
	ID          SiteID
	Participant ParticipantID
	Zone        ZoneID
	Role        Role
	Tariff      TariffID // the tariff class of its deviations and baseline; empty: the supplier's quotes
	CapacityW   int64    // connected capacity in watts, each direction
}

// Side is the side of an order.
type Side uint8

// The two sides.
const (
	Buy Side = iota + 1
	Sell
)

// String returns "buy" or "sell".
func (s Side) String() string {
	switch s {
	case Buy:
		return "buy"
	case Sell:
		return "sell"
	}
	return "?"
}

// ParseSide reads "buy" or "sell".
func ParseSide(s string) (Side, error) {
	switch s {
	case "buy":
		return Buy, nil
	case "sell":
		return Sell, nil
	}
	return 0, fmt.Errorf("side %q: must be buy or sell", s)
}

// MarshalText makes sides words in JSON.
func (s Side) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what ParseSide reads.
func (s *Side) UnmarshalText(b []byte) error {
	v, err := ParseSide(string(b))
	if err == nil {
		*s = v
	}
	return err
}
