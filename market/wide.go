package market

import (
	"math/bits"

	"torg"
)

// wide is a sum of energies that may need more than 64 bits.
type wide struct {
	hi int64
	lo uint64
}

func (w *wide) add(e torg.Energy) {
	var carry uint64
	w.lo, carry = bits.Add64(w.lo, uint64(e), 0)
	w.hi += int64(e)>>63 + int64(carry)
}

func (w wide) positive() bool { return w.hi > 0 || w.hi == 0 && w.lo > 0 }

func (w wide) negative() bool { return w.hi < 0 }

// atMost returns the smaller of the sum, which is not negative, and e.
func (w wide) atMost(e torg.Energy) torg.Energy {
	if w.hi > 0 || w.lo > uint64(e) {
		return e
	}
	return torg.Energy(w.lo)
}
