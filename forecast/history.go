package forecast

import "torg"

// history remembers a site's latest readings: keepDays of them slot by slot where a
// slot is a grain or longer; else slot by slot for a day and a little, and keepDays
// of grains of several slots each. A site with 30 s slots then takes no more memory
// than others, and a day's shape at a grain's resolution is less noisy anyway.
type history struct {
	slots  ring[torg.Energy]
	grains ring[grain]
	per    int64 // slots in a grain; 1: grains are not used
}

// grain is the sum of the readings known in several consecutive slots.
type grain struct {
	sum torg.Energy
	n   int64
}

const keepDays = 15

func newHistory(t timescale) history {
	if t.perGrain == 1 {
		return history{slots: newRing(keepDays*t.day+1, Missing), per: 1}
	}
	return history{
		slots:  newRing(t.day+t.day/12, Missing),
		grains: newRing(keepDays*t.day/t.perGrain+1, grain{}),
		per:    t.perGrain,
	}
}

// holds reports whether s is recent enough to be remembered.
func (h *history) holds(s int64) bool {
	switch {
	case !h.slots.any || s > h.slots.last:
		return true
	case h.per == 1:
		return h.slots.cell(s) != nil
	}
	return h.grains.cell(floorDiv(s, h.per)) != nil
}

// put remembers a reading. One for a slot that is still known slot by slot replaces
// what was known.
func (h *history) put(s int64, e torg.Energy) {
	old, known := h.slots.get(s)
	h.slots.put(s, e)
	if h.per == 1 {
		return
	}
	if g := h.grains.reach(floorDiv(s, h.per)); g != nil {
		switch {
		case known:
			g.sum += e - old
		case g.n < h.per:
			g.sum, g.n = g.sum+e, g.n+1
		}
	}
}

// at returns the energy of slot s, or its share of its grain where only that is
// still known; false where neither is.
func (h *history) at(s int64) (float64, bool) {
	if e, ok := h.slots.get(s); ok {
		return float64(e), true
	}
	if h.per > 1 {
		if g, ok := h.grains.get(floorDiv(s, h.per)); ok {
			return float64(g.sum) / float64(g.n), true
		}
	}
	return 0, false
}

// back returns the value of the latest of s-period, s-2*period, ... that is not
// after origin; where that is missing, of up to two before it.
func (h *history) back(s, origin, period int64) (float64, bool) {
	s -= max(1, -floorDiv(origin-s, period)) * period
	for range 3 {
		if v, ok := h.at(s); ok {
			return v, true
		}
		s -= period
	}
	return 0, false
}
