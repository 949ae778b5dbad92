package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"torg"
)

// wholeNumber reads a whole number from low to high.
func wholeNumber(low, high int64) func(string) (int64, error) {
	return func(s string) (int64, error) {
		n, err := strconv.ParseInt(s, 10, 64)
		switch {
		case errors.Is(err, strconv.ErrRange), err == nil && (n < low || n > high):
			return 0, fmt.Errorf("%s is outside %d to %d", s, low, high)
		case err != nil:
			return 0, fmt.Errorf("%q is not a whole number", s)
		}
		return n, nil
	}
}

// energy reads whole watt-hours, not negative.
func energy(high torg.Energy) func(string) (torg.Energy, error) {
	return func(s string) (torg.Energy, error) {
		n, err := wholeNumber(0, int64(high))(s)
		return torg.Energy(n), err
	}
}

var decimalNumber = regexp.MustCompile(`^[+-]?\d{1,15}([.,]\d{1,12})?$`)

// decimal reads a decimal number, point or comma, from low to high.
func decimal(low, high float64) func(string) (float64, error) {
	return func(s string) (float64, error) {
		if !decimalNumber.MatchString(s) {
			return 0, fmt.Errorf("%q is not a decimal number", s)
		}
		v, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
		if err == nil && (v < low || v > high) {
			err = fmt.Errorf("%s is outside %s to %s", s, number(low), number(high))
		}
		return v, err
	}
}

// number prints a decimal number with as many digits as it needs.
func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// watts reads kilowatts with at most three decimals, above 0.
func watts(s string) (int64, error) {
	kw, err := decimal(0, float64(torg.MaxOrderEnergy)/1000)(s)
	if err != nil {
		return 0, err
	}
	w := math.Round(kw * 1000)
	switch {
	case w == 0:
		return 0, fmt.Errorf("%s is not above 0", s)
	case math.Abs(w-kw*1000) > 1e-4:
		return 0, fmt.Errorf("%s has more than 3 decimals", s)
	}
	return int64(w), nil
}

// fee reads a price that is not negative.
func fee(s string) (torg.Price, error) {
	p, err := torg.ParsePrice(s)
	if err == nil && p < 0 {
		err = fmt.Errorf("%s is negative", s)
	}
	return p, err
}

// maxMoney is the largest amount of a scenario, in kopecks: 10^12 rubles.
const maxMoney torg.Money = 100_000_000_000_000

// amount reads money that is not negative.
func amount(s string) (torg.Money, error) {
	m, err := torg.ParseMoney(s)
	if err == nil && (m < 0 || m > maxMoney) {
		err = fmt.Errorf("%s is outside 0 to %s", s, maxMoney)
	}
	return m, err
}

// boolean reads true or false.
func boolean(s string) (bool, error) {
	if s != "true" && s != "false" {
		return false, fmt.Errorf("%q is neither true nor false", s)
	}
	return s == "true", nil
}

// zone reads the name of an IANA time zone. The machine's own zone is none: a file
// means the same everywhere.
func zone(s string) (*time.Location, error) {
	if s == "" || s == "Local" {
		return nil, fmt.Errorf("%q is not the name of a time zone", s)
	}
	l, err := time.LoadLocation(s)
	if err != nil {
		return nil, fmt.Errorf("%q is not the name of a time zone", s)
	}
	return l, nil
}

// moment reads a time with its offset, or a date, which begins at local midnight.
func moment(l *time.Location) func(string) (time.Time, error) {
	return func(s string) (time.Time, error) {
		t, err := time.ParseInLocation(time.DateOnly, s, l)
		if err != nil {
			t, err = time.Parse(time.RFC3339, s)
		}
		switch {
		case err != nil:
			return t, fmt.Errorf("%q is neither a date such as 2026-01-12 nor a time such as 2026-01-12T00:00:00+03:00", s)
		case t.Year() < 1990 || t.Year() > 2200:
			return t, fmt.Errorf("%s is outside the years 1990 to 2200", s)
		}
		return t.UTC(), nil
	}
}

// span reads a shift such as 8y, 52w or -10d as whole weeks, the nearest.
func span(s string) (time.Duration, error) {
	if len(s) < 2 {
		return 0, fmt.Errorf("%q is not a span such as 8y, 52w or 10d", s)
	}
	days, known := map[byte]float64{'d': 1, 'w': 7, 'y': 365.2425}[s[len(s)-1]]
	n, err := wholeNumber(-100_000, 100_000)(s[:len(s)-1])
	if !known || err != nil {
		return 0, fmt.Errorf("%q is not a span such as 8y, 52w or 10d", s)
	}
	weeks := math.Round(float64(n) * days / 7)
	if math.Abs(weeks) > 200*53 {
		return 0, fmt.Errorf("%s is more than 200 years", s)
	}
	return time.Duration(weeks) * 7 * 24 * time.Hour, nil
}

// label reads a name for people: one line of at most 200 bytes.
func label(s string) (string, error) {
	if s == "" || len(s) > 200 || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return "", fmt.Errorf("%q must be one line of 1 to 200 bytes", s)
	}
	return s, nil
}

// interval reads the length of a slot.
func interval(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || !slices.Contains(torg.Intervals, d) {
		return 0, fmt.Errorf("%q is none of 30s, 1m, 5m, 15m, 30m, 1h", s)
	}
	return d, nil
}

var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)

func currency(s string) (string, error) {
	if !currencyCode.MatchString(s) {
		return "", fmt.Errorf("%q is not three capital letters such as RUB", s)
	}
	return s, nil
}

// shortest prints a duration without needless units: 30s, 15m, 1h.
func shortest(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return cmp.Or(s, "0s")
}
