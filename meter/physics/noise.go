package physics

import "math"

// seed is the root of everything that one model draws. Draws are addressed, not
// consumed: the n-th is the same whenever and in whatever order it is asked for.
type seed uint64

// golden is the odd constant of the SplitMix64 sequence (Steele, Lea and Flood,
// "Fast splittable pseudorandom number generators", 2014).
const golden = 0x9e3779b97f4a7c15

// draw returns 64 random bits, the n-th of the seed's SplitMix64 sequence.
func (s seed) draw(n int64) uint64 {
	z := uint64(s) + (uint64(n)+1)*golden
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// sub returns a seed that is independent of s and of its other subs.
func (s seed) sub(n int64) seed { return seed(s.draw(n) ^ 0x5bf0363546a1f2c3) }

// named returns the sub of s for a name, by FNV-1a.
func (s seed) named(name string) seed {
	h := uint64(14695981039346656037)
	for _, c := range []byte(name) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return s.sub(int64(h))
}

// uniform returns the n-th draw as a number strictly between 0 and 1.
func (s seed) uniform(n int64) float64 { return (float64(s.draw(n)>>11) + 0.5) / (1 << 53) }

// normal returns the n-th draw from the standard normal distribution.
func (s seed) normal(n int64) float64 { return quantile(s.uniform(n)) }

// quantile is the inverse of share.
func quantile(u float64) float64 { return math.Sqrt2 * math.Erfinv(2*u-1) }

// share is the standard normal distribution function.
func share(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

// smooth is a process in time whose value at any moment is standard normal: value
// noise over the given periods, all of equal weight.
func (s seed) smooth(unix float64, periods ...float64) float64 {
	sum := 0.0
	for i, period := range periods {
		at := unix / period
		n := math.Floor(at)
		f := at - n
		b := f * f * (3 - 2*f)
		a := 1 - b
		octave := s.sub(int64(i))
		// The divisor keeps the variance at one between the lattice's points too.
		sum += (a*octave.normal(int64(n)) + b*octave.normal(int64(n)+1)) / math.Sqrt(a*a+b*b)
	}
	return sum / math.Sqrt(float64(len(periods)))
}
