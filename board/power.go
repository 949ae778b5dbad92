package board

import (
	"fmt"
	"math/bits"
	"strings"
	"time"

	"torg"
)

// maxWatts is the largest power that a person may write: 10 GW.
const maxWatts = 10_000_000_000

// units of power, the longer names first.
var units = []struct {
	name   string
	places int // watts are so many decimals of it
}{
	{"kw", 3}, {"mw", 6}, {"квт", 3}, {"мвт", 6}, {"w", 0}, {"вт", 0},
}

// ParsePower reads power such as "400kW", "0,4 MW", "400000 Вт"; a bare number is in
// kW. It returns whole watts, 1 to 10 GW, and refuses what is none.
func ParsePower(s string) (watts int64, err error) {
	text, places := strings.ToLower(strings.TrimSpace(s)), 3
	for _, u := range units {
		if number, ok := strings.CutSuffix(text, u.name); ok {
			text, places = strings.TrimSpace(number), u.places
			break
		}
	}
	n, ok := decimal(text, places)
	if !ok || n < 1 || n > maxWatts {
		return 0, fmt.Errorf("power %q: must be whole watts up to 10 GW, such as 400kW: %w", s, torg.ErrMalformed)
	}
	return n, nil
}

// decimal reads a number that is not negative as a whole number of 10^-places.
func decimal(s string, places int) (n int64, ok bool) {
	whole, frac, point := strings.Cut(strings.Replace(s, ",", ".", 1), ".")
	if point && frac == "" || len(frac) > places || whole == "" || len(whole) > 11 {
		return 0, false
	}
	for _, c := range whole + frac + strings.Repeat("0", places-len(frac)) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// Rounding says how constant power became whole watt-hours.
type Rounding struct {
	Each  torg.Energy // of a slot, at least
	More  torg.Slot   // how many slots, the first ones, have 1 Wh more
	Lost  bool        // less than 1 Wh of the whole is left out, because it is none
	Slots torg.Slot
}

// Exact says that nothing was rounded.
func (r Rounding) Exact() bool { return r.More == 0 && !r.Lost }

// String says it in words, on one line.
func (r Rounding) String() string {
	if r.Exact() {
		return fmt.Sprintf("%d Wh in each of %d slots, exactly", r.Each, r.Slots)
	}
	text := fmt.Sprintf("%d Wh in each of %d slots", r.Each, r.Slots)
	if r.More > 0 {
		text = fmt.Sprintf("%d Wh in each of the first %d slots and %d Wh in the other %d", r.Each+1, r.More, r.Each, r.Slots-r.More)
	}
	if r.Lost {
		return text + ", less than 1 Wh below the power in all"
	}
	return text + ", which is the power exactly in all"
}

// Constant returns power over the slots from first to last, both included, at one
// price. Slots have whole watt-hours: where the power makes none, the first slots have
// 1 Wh more, so that the sum is the power's, rounded down to a whole watt-hour once.
func Constant(interval time.Duration, first, last torg.Slot, watts int64, price torg.Price) (torg.Profile, Rounding, error) {
	slots := last - first + 1
	if slots < 1 || slots > torg.MaxForwardSlots {
		return torg.Profile{}, Rounding{}, fmt.Errorf("%d slots: must be 1 to %d: %w", slots, torg.MaxForwardSlots, torg.ErrMalformed)
	}
	// watts * seconds * slots / 3600, exactly: at most 10^10 * 3600 * 1.1 * 10^6.
	hi, lo := bits.Mul64(uint64(watts)*uint64(interval/time.Second), uint64(slots))
	if hi >= 3600 {
		return torg.Profile{}, Rounding{}, fmt.Errorf("%d W over %d slots: %w", watts, slots, torg.ErrTooLarge)
	}
	sum, rest := bits.Div64(hi, lo, 3600)
	r := Rounding{Each: torg.Energy(sum / uint64(slots)), More: torg.Slot(sum % uint64(slots)), Lost: rest > 0, Slots: slots}
	if r.Each+1 > torg.MaxOrderEnergy {
		return torg.Profile{}, r, fmt.Errorf("%d Wh in a slot, more than %d: %w", r.Each, torg.MaxOrderEnergy, torg.ErrTooLarge)
	}
	p := NewProfile(first, []torg.Step{
		{Slots: uint32(r.More), Energy: r.Each + 1, Price: price},
		{Slots: uint32(slots - r.More), Energy: r.Each, Price: price},
	})
	if len(p.Steps) == 0 {
		return p, r, fmt.Errorf("%d W are less than 1 Wh in %d slots: %w", watts, slots, torg.ErrMalformed)
	}
	return p, r, nil
}
