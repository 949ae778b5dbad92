package torg

import (
	"fmt"
	"math/big"
	"math/bits"
	"strings"
)

// Cost is money in millionths of a kopeck, 128 bits in two's complement: Energy
// times Price, exactly. The zero value is no money. Costs compare with ==.
type Cost struct {
	hi int64
	lo uint64
}

// costPerRUB is how many units of Cost one ruble has, as decimal places.
const costPlaces = 8

func mul64(a, b int64) Cost {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	if a < 0 {
		hi -= uint64(b)
	}
	if b < 0 {
		hi -= uint64(a)
	}
	return Cost{int64(hi), lo}
}

// Add returns c + d. Sums of all costs that legal orders can reach fit with room
// to spare; an overflow means broken books and panics.
func (c Cost) Add(d Cost) Cost {
	lo, carry := bits.Add64(c.lo, d.lo, 0)
	hi := c.hi + d.hi + int64(carry)
	if (c.hi < 0) == (d.hi < 0) && (hi < 0) != (c.hi < 0) {
		panic("torg: cost overflows 128 bits")
	}
	return Cost{hi, lo}
}

// Neg returns -c.
func (c Cost) Neg() Cost {
	lo, borrow := bits.Sub64(0, c.lo, 0)
	return Cost{-c.hi - int64(borrow), lo}
}

// Sub returns c - d.
func (c Cost) Sub(d Cost) Cost { return c.Add(d.Neg()) }

// Sign returns -1, 0 or 1.
func (c Cost) Sign() int {
	switch {
	case c.hi < 0:
		return -1
	case c.hi == 0 && c.lo == 0:
		return 0
	}
	return 1
}

// Cmp returns -1, 0 or 1 as c is less than, equal to or greater than d.
func (c Cost) Cmp(d Cost) int {
	switch {
	case c.hi < d.hi || c.hi == d.hi && c.lo < d.lo:
		return -1
	case c == d:
		return 0
	}
	return 1
}

// MinCost returns the smaller of two costs.
func MinCost(c, d Cost) Cost {
	if d.Cmp(c) < 0 {
		return d
	}
	return c
}

// Big returns c as a big integer of millionths of a kopeck.
func (c Cost) Big() *big.Int {
	v := new(big.Int).Lsh(big.NewInt(c.hi), 64)
	return v.Add(v, new(big.Int).SetUint64(c.lo))
}

// CostFromBig is the inverse of Big. It panics where v needs more than 128 bits.
func CostFromBig(v *big.Int) Cost {
	if v.BitLen() > 127 {
		panic("torg: cost overflows 128 bits")
	}
	m := new(big.Int).And(v, new(big.Int).SetUint64(1<<64-1))
	return Cost{new(big.Int).Rsh(v, 64).Int64(), m.Uint64()}
}

// Bits returns the two halves of c's two's complement, for encoders.
func (c Cost) Bits() (hi, lo uint64) { return uint64(c.hi), c.lo }

// CostFromBits is the inverse of Bits.
func CostFromBits(hi, lo uint64) Cost { return Cost{int64(hi), lo} }

// String prints the cost in rubles, exactly, with a point and no needless zeros.
func (c Cost) String() string {
	s := c.Big().String()
	if digits, neg := strings.CutPrefix(s, "-"); neg {
		return "-" + trimDecimal(digits, costPlaces)
	}
	return trimDecimal(s, costPlaces)
}

// ParseCost reads what String prints; a comma may stand for the point.
func ParseCost(s string) (Cost, error) {
	whole, frac, _ := strings.Cut(strings.Replace(s, ",", ".", 1), ".")
	if len(frac) > costPlaces || len(whole) > 30 || strings.ContainsAny(frac, "+-_") {
		return Cost{}, fmt.Errorf("amount %q: not rubles with at most %d decimals", s, costPlaces)
	}
	v, ok := new(big.Int).SetString(whole+frac+strings.Repeat("0", costPlaces-len(frac)), 10)
	if !ok || whole == "" || whole == "-" || v.BitLen() > 127 {
		return Cost{}, fmt.Errorf("amount %q: not rubles with at most %d decimals", s, costPlaces)
	}
	return CostFromBig(v), nil
}

// MarshalText makes costs strings in JSON.
func (c Cost) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what ParseCost reads.
func (c *Cost) UnmarshalText(b []byte) error {
	v, err := ParseCost(string(b))
	if err == nil {
		*c = v
	}
	return err
}

// Per returns the average price of energy that costs c, rounded towards zero; 0 for
// no energy. It panics where that is no legal price.
func (c Cost) Per(e Energy) Price {
	if e == 0 {
		return 0
	}
	p := new(big.Int).Quo(c.Big(), big.NewInt(int64(e)))
	if !p.IsInt64() {
		panic("torg: average price overflows 64 bits")
	}
	return Price(p.Int64())
}

// RUB is the cost in floating point, for people and plots only.
func (c Cost) RUB() float64 {
	f, _ := new(big.Float).SetInt(c.Big()).Float64()
	return f / 1e8
}

// Round returns the cost in whole kopecks, halves away from zero. Only deposits,
// withdrawals and bills are rounded, and only here.
func (c Cost) Round() Money {
	v := c.Big()
	neg := v.Sign() < 0
	v.Abs(v).Add(v, big.NewInt(500_000)).Quo(v, big.NewInt(1_000_000))
	if neg {
		v.Neg(v)
	}
	if !v.IsInt64() {
		panic("torg: money overflows 64 bits")
	}
	return Money(v.Int64())
}

// Money is in whole kopecks: deposits, withdrawals and bills.
type Money int64

// Cost returns the same amount as a Cost.
func (m Money) Cost() Cost { return mul64(int64(m), 1_000_000) }

// ParseMoney reads rubles with at most two decimals, point or comma.
func ParseMoney(s string) (Money, error) {
	n, err := parseDecimal(s, 2)
	if err != nil {
		return 0, fmt.Errorf("amount %q: %w", s, err)
	}
	return Money(n), nil
}

// String prints rubles with two decimals.
func (m Money) String() string {
	sign, u := "", uint64(m)
	if m < 0 {
		sign, u = "-", -u
	}
	return fmt.Sprintf("%s%d.%02d", sign, u/100, u%100)
}

// MarshalText makes money a string in JSON and YAML.
func (m Money) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what ParseMoney reads.
func (m *Money) UnmarshalText(b []byte) error {
	v, err := ParseMoney(string(b))
	if err == nil {
		*m = v
	}
	return err
}
