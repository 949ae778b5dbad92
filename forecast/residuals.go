package forecast

import (
	"math"
	"slices"
)

// residuals are the latest errors (reading minus forecast) at one horizon, by local
// hour, and the quantiles of them. An hour's quantiles come from it and as many
// hours around it as it takes to have enoughErrors, which is more than one hour has.
type residuals struct {
	hours [24]errorRing
	memo  [24]spread // so that asking sorts only what has changed
	total int        // errors ever recorded
}

// errorRing has the latest errors of one hour of the day.
type errorRing struct {
	errors [24]float32
	n      int // ever recorded
}

func (r *errorRing) latest() []float32 { return r.errors[:min(r.n, len(r.errors))] }

type spread struct {
	offsets [len(Levels)]float32
	reach   int // hours looked at on both sides
	fresh   bool
}

const (
	enoughErrors = 32
	leastErrors  = 8 // with fewer, nothing is claimed but the bounds
)

func (r *residuals) add(hour int, e float64) {
	h := &r.hours[hour]
	h.errors[h.n%len(h.errors)] = float32(e)
	h.n++
	r.total++
	for i := range r.memo {
		if d := abs(i - hour); min(d, 24-d) <= r.memo[i].reach {
			r.memo[i].fresh = false
		}
	}
}

// offsets returns how far each of Levels lies from the forecast at that hour; false
// where too few errors are known to say.
func (r *residuals) offsets(hour int) (*[len(Levels)]float32, bool) {
	if r.total < leastErrors {
		return nil, false
	}
	m := &r.memo[hour]
	if !m.fresh {
		*m = r.spread(hour)
	}
	return &m.offsets, true
}

func (r *residuals) spread(hour int) spread {
	var buf [24 * 24]float32
	pool := append(buf[:0], r.hours[hour].latest()...)
	reach := 0
	for reach < 12 && len(pool) < enoughErrors {
		reach++
		pool = append(pool, r.hours[(hour+reach)%24].latest()...)
		if reach < 12 {
			pool = append(pool, r.hours[(hour+24-reach)%24].latest()...)
		}
	}
	slices.Sort(pool)
	s := spread{reach: reach, fresh: true}
	for i, p := range Levels {
		s.offsets[i] = quantile(pool, p)
	}
	return s
}

// quantile is the p-quantile of sorted values at rank p(n+1), the rank at which a
// further value of the same kind stays below with probability p (Weibull 1939).
func quantile(sorted []float32, p float64) float32 {
	rank := float64(p*float64(len(sorted)+1)) - 1
	rank = min(max(rank, 0), float64(len(sorted)-1))
	i := int(math.Floor(rank))
	j := min(i+1, len(sorted)-1)
	return sorted[i] + float32(float32(rank-float64(i))*(sorted[j]-sorted[i]))
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
