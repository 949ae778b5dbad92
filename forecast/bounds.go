package forecast

import (
	"fmt"
	"math"
	"time"

	"torg"
)

// Bounds are the least and the most net energy a site can have in one slot: from
// minus what it can feed out to what it can consume.
type Bounds struct{ Min, Max torg.Energy }

// BoundsOf returns the bounds of a site with the given connected capacity in watts,
// for slots of the given length, if it can consume and feed out as said. A capacity
// that is not positive, or beyond one order's largest energy, counts as that.
func BoundsOf(capacityW int64, interval time.Duration, consumes, feedsOut bool) Bounds {
	e := torg.MaxOrderEnergy
	if wh := math.Ceil(float64(capacityW) * interval.Hours()); capacityW > 0 && wh < float64(e) {
		e = torg.Energy(wh)
	}
	var b Bounds
	if consumes {
		b.Max = e
	}
	if feedsOut {
		b.Min = -e
	}
	return b
}

// Valid refuses bounds that cross or that no order could reach.
func (b Bounds) Valid() error {
	if b.Min > b.Max || b.Min < -torg.MaxOrderEnergy || b.Max > torg.MaxOrderEnergy {
		return fmt.Errorf("bounds %d to %d Wh: must ascend within %d Wh of zero", b.Min, b.Max, torg.MaxOrderEnergy)
	}
	return nil
}

// clamp rounds v to whole watt-hours inside the bounds. It never descends where v
// ascends, so quantiles stay in order.
func (b Bounds) clamp(v float64) torg.Energy {
	switch {
	case v <= float64(b.Min):
		return b.Min
	case v >= float64(b.Max):
		return b.Max
	}
	return torg.Energy(math.Round(v))
}

// spread returns quantiles that reach from centre towards both bounds, in proportion:
// the band of somebody who knows nothing but the bounds.
func (b Bounds) spread(centre float64) Quantiles {
	c := float64(b.clamp(centre))
	var q Quantiles
	for i, p := range Levels {
		end := float64(b.Max)
		if p < 0.5 {
			end = float64(b.Min)
		}
		q[i] = b.clamp(c + float64(math.Abs(2*p-1)*(end-c)))
	}
	return q
}
