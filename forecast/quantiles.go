package forecast

import (
	"math"

	"torg"
)

// Levels are the probabilities that a forecast's quantiles are given for.
var Levels = [7]float64{0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95}

// Positions in Levels of the median and of the ends of the 80 % band.
const (
	low80  = 1
	median = 3
	high80 = 5
)

// Quantiles are what a slot's energy stays at or below with the probabilities of
// Levels, ascending.
type Quantiles [len(Levels)]torg.Energy

// Certain is the forecast of somebody who knows.
func Certain(e torg.Energy) Quantiles { return Quantiles{e, e, e, e, e, e, e} }

// Median is the forecast in one number: as likely too high as too low.
func (q Quantiles) Median() torg.Energy { return q[median] }

// Band80 returns the ends of the band that should hold four slots out of five.
func (q Quantiles) Band80() (low, high torg.Energy) { return q[low80], q[high80] }

// At returns the quantile of probability p, linear between levels and flat beyond
// the outermost, which nothing is claimed about; for a p that is no number, the
// median.
func (q Quantiles) At(p float64) torg.Energy {
	switch last := len(Levels) - 1; {
	case math.IsNaN(p):
		return q.Median()
	case p <= Levels[0]:
		return q[0]
	case p >= Levels[last]:
		return q[last]
	}
	i := 1
	for p > Levels[i] {
		i++
	}
	share := (p - Levels[i-1]) / (Levels[i] - Levels[i-1])
	return q[i-1] + torg.Energy(math.Round(share*float64(q[i]-q[i-1])))
}

// pinball is the mean pinball loss of q over all levels in watt-hours, where y came
// true: what a quantile costs that is too low by p, too high by 1 - p.
func (q Quantiles) pinball(y torg.Energy) float64 {
	sum := 0.0
	for i, p := range Levels {
		d := float64(y - q[i])
		sum += math.Max(float64(p*d), float64((p-1)*d))
	}
	return sum / float64(len(Levels))
}
