package orderbook

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"torg"
	"torg/market"
)

// set reads one field into the row.
func set(row *market.Row, column int, b []byte) (err error) {
	switch column {
	case order:
		row.ID = b
	case participant:
		row.Participant = b
	case side:
		row.Side, err = parseSide(b)
	case zone:
		row.Zone = b
	case energy:
		row.Energy, err = parseEnergy(b)
	case price:
		row.Limit, err = parsePrice(b)
	case source:
		row.Source = b
	case prefer:
		row.Prefer = words(b)
	case avoid:
		row.Avoid = words(b)
	}
	return err
}

func parseSide(b []byte) (torg.Side, error) {
	switch string(b) {
	case "buy":
		return torg.Buy, nil
	case "sell":
		return torg.Sell, nil
	}
	return 0, fmt.Errorf("%s is neither buy nor sell", quote(b))
}

// parseEnergy reads whole watt-hours from 1 to torg.MaxOrderEnergy.
func parseEnergy(b []byte) (torg.Energy, error) {
	var n torg.Energy
	for _, c := range b {
		if c < '0' || c > '9' || n > torg.MaxOrderEnergy {
			return 0, badEnergy(b)
		}
		n = n*10 + torg.Energy(c-'0')
	}
	if n < 1 || n > torg.MaxOrderEnergy {
		return 0, badEnergy(b)
	}
	return n, nil
}

func badEnergy(b []byte) error {
	if n, err := strconv.ParseInt(string(b), 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		if n < 1 || n > int64(torg.MaxOrderEnergy) {
			return fmt.Errorf("%s Wh is outside 1 to %d", b[:min(len(b), longest)], torg.MaxOrderEnergy)
		}
	}
	return fmt.Errorf("%s is not a whole number of Wh", quote(b))
}

// The longest whole and fractional part that the quick way of parsePrice takes.
const (
	wholeDigits = 3
	fracDigits  = 5
)

// parsePrice reads what torg.ParsePrice reads. Prices as nearly all files have them
// go a quick way; whatever is rare or wrong is left to the vocabulary's own reading.
func parsePrice(b []byte) (torg.Price, error) {
	i, n, negative := 0, torg.Price(0), false
	if len(b) > 0 && b[0] == '-' {
		negative, i = true, 1
	}
	start := i
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		n = n*10 + torg.Price(b[i]-'0')
		if i-start == wholeDigits {
			return slowPrice(b)
		}
	}
	if i == start {
		return slowPrice(b)
	}
	frac := 0
	if i < len(b) {
		if b[i] != '.' && b[i] != ',' || i+1 == len(b) || len(b)-i-1 > fracDigits {
			return slowPrice(b)
		}
		for i++; i < len(b); i++ {
			if b[i]-'0' > 9 {
				return slowPrice(b)
			}
			n = n*10 + torg.Price(b[i]-'0')
			frac++
		}
	}
	for ; frac < fracDigits; frac++ {
		n *= 10
	}
	if negative {
		n = -n
	}
	return n, nil
}

func slowPrice(b []byte) (torg.Price, error) {
	if len(b) > longest {
		return 0, fmt.Errorf("%s is not a price", quote(b))
	}
	p, err := torg.ParsePrice(string(b))
	if err != nil {
		err = errors.New(strings.TrimPrefix(err.Error(), "price "))
	}
	return p, err
}

// words splits a list of names at spaces.
func words(b []byte) []string {
	if len(b) == 0 {
		return nil
	}
	return strings.FieldsFunc(string(b), func(r rune) bool { return r == ' ' })
}
