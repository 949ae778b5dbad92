package orderbook

import (
	"bytes"
	"strconv"

	"torg"
)

// appendField appends a field of a row, in quotes where RFC 4180 needs them.
func appendField[T string | []byte](b []byte, field T) []byte {
	for i := 0; i < len(field); i++ {
		if special[field[i]] {
			b = append(b, '"')
			b = append(b, bytes.ReplaceAll([]byte(field), []byte{'"'}, []byte(`""`))...)
			return append(b, '"')
		}
	}
	return append(b, field...)
}

// appendPrice appends what the price's String returns.
func appendPrice(b []byte, p torg.Price) []byte {
	u := uint64(p)
	if p < 0 {
		b, u = append(b, '-'), -u
	}
	b = strconv.AppendUint(b, u/torg.PricePerRUBkWh, 10)
	frac := u % torg.PricePerRUBkWh
	if frac == 0 {
		return b
	}
	b = append(b, '.')
	for unit := uint64(torg.PricePerRUBkWh / 10); frac > 0; unit /= 10 {
		b = append(b, byte('0'+frac/unit))
		frac %= unit
	}
	return b
}

func appendEnergy(b []byte, e torg.Energy) []byte { return strconv.AppendInt(b, int64(e), 10) }
