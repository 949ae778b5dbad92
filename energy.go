package torg

import (
	"fmt"
	"strconv"
)

// Energy is an amount of active energy in whole watt-hours. Quantities are
// positive and a Side says which way they flow; only a net position has a sign,
// and there consumption is plus.
type Energy int64

// The largest energy of one order, and of all orders of one session together.
const (
	MaxOrderEnergy   Energy = 10_000_000_000
	MaxSessionEnergy Energy = 4_000_000_000_000_000_000
)

// Kilowatt-hours in floating point, for people and plots only.
func (e Energy) KWh() float64 { return float64(e) / 1000 }

// At returns what e costs at price p, exactly.
func (e Energy) At(p Price) Cost { return mul64(int64(e), int64(p)) }

// String prints the energy in kWh with as many decimals as it needs, at most three.
func (e Energy) String() string { return decimal(int64(e), 3) + " kWh" }

// Abs returns the size of a net position.
func (e Energy) Abs() Energy {
	if e < 0 {
		return -e
	}
	return e
}

// Price is in kopecks per megawatt-hour, which is the fifth decimal of RUB/kWh.
type Price int64

// PricePerRUBkWh is how many units of Price one RUB/kWh has.
const PricePerRUBkWh = 100_000

// The range of legal prices: -1000 to 1000 RUB/kWh.
const (
	MinPrice Price = -1000 * PricePerRUBkWh
	MaxPrice Price = 1000 * PricePerRUBkWh
)

// ParsePrice reads a price in RUB/kWh with at most five decimals, point or comma.
// It refuses anything outside MinPrice to MaxPrice.
func ParsePrice(s string) (Price, error) {
	n, err := parseDecimal(s, 5)
	if err != nil {
		return 0, fmt.Errorf("price %q: %w", s, err)
	}
	p := Price(n)
	if p < MinPrice || p > MaxPrice {
		return 0, fmt.Errorf("price %q: outside -1000 to 1000 RUB/kWh", s)
	}
	return p, nil
}

// String prints the price in RUB/kWh with a point and no needless zeros.
func (p Price) String() string { return decimal(int64(p), 5) }

// RUBkWh is the price in floating point, for people and plots only.
func (p Price) RUBkWh() float64 { return float64(p) / PricePerRUBkWh }

// MarshalText and UnmarshalText make prices strings in JSON and YAML.
func (p Price) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what ParsePrice reads.
func (p *Price) UnmarshalText(b []byte) error {
	v, err := ParsePrice(string(b))
	if err == nil {
		*p = v
	}
	return err
}

// Midpoint is the price halfway between a and b, rounded towards minus infinity.
func Midpoint(a, b Price) Price { return FloorHalf(a + b) }

// FloorHalf is p/2 rounded towards minus infinity, which Go's / is not.
func FloorHalf(p Price) Price { return p >> 1 }

// decimal prints n units of 10^-places exactly, without needless zeros.
func decimal(n int64, places int) string {
	u, sign := uint64(n), ""
	if n < 0 {
		u, sign = -u, "-"
	}
	return sign + trimDecimal(strconv.FormatUint(u, 10), places)
}

// trimDecimal puts the point into a string of digits, places from its end.
func trimDecimal(digits string, places int) string {
	for len(digits) <= places {
		digits = "0" + digits
	}
	whole, frac := digits[:len(digits)-places], digits[len(digits)-places:]
	for len(frac) > 0 && frac[len(frac)-1] == '0' {
		frac = frac[:len(frac)-1]
	}
	if frac == "" {
		return whole
	}
	return whole + "." + frac
}

// parseDecimal reads a decimal number as a whole number of 10^-places.
func parseDecimal(s string, places int) (int64, error) {
	neg, digits, frac := false, 0, -1
	var n uint64
	for i, c := range []byte(s) {
		switch {
		case i == 0 && (c == '-' || c == '+'):
			neg = c == '-'
		case (c == '.' || c == ',') && frac < 0 && digits > 0:
			frac = 0
		case c >= '0' && c <= '9':
			if frac == places {
				return 0, fmt.Errorf("more than %d decimals", places)
			}
			if n > (1<<63-1-9)/10 {
				return 0, fmt.Errorf("too large")
			}
			n = n*10 + uint64(c-'0')
			digits++
			if frac >= 0 {
				frac++
			}
		default:
			return 0, fmt.Errorf("not a decimal number")
		}
	}
	if digits == 0 || frac == 0 {
		return 0, fmt.Errorf("not a decimal number")
	}
	for frac = max(frac, 0); frac < places; frac++ {
		if n > (1<<63-1)/10 {
			return 0, fmt.Errorf("too large")
		}
		n *= 10
	}
	if neg {
		return -int64(n), nil
	}
	return int64(n), nil
}
