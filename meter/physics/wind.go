package physics

import "math"

// wind is a turbine or a park in the complex's wind: speeds have a Weibull
// distribution and a daily pattern, output follows a cubic power curve.
type wind struct {
	seed                   seed
	climate                *Climate
	rated, scale, k, daily float64
	cutIn, full, cutOut    float64 // m/s
}

func newWind(s seed, c *Climate, v map[string]float64) *wind {
	k := v["weibull_k"]
	return &wind{
		seed: s, climate: c, rated: v["rated_kw"], k: k, daily: v["diurnal_share"],
		scale: v["mean_speed_ms"] / math.Gamma(1+1/k),
		cutIn: v["cut_in_ms"], full: v["rated_ms"], cutOut: v["cut_out_ms"],
	}
}

func (w *wind) fill(b *block, kw *[steps]float64) {
	front := b.ends(w.climate.front)
	for i := range kw {
		kw[i] = w.curve(w.speed(front.at(i), b.mid(i)))
	}
}

// speed returns the wind at the hub in m/s.
func (w *wind) speed(front, unix float64) float64 {
	calm := share(-gusty(front, w.seed, unix)) // the share of time with more wind
	v := w.scale * math.Pow(-math.Log(max(calm, 1e-12)), 1/w.k)
	return v * (1 + w.daily*math.Cos(2*math.Pi*(w.climate.solarHour(unix)-14)/24))
}

// curve returns the output in kW at a wind speed.
func (w *wind) curve(v float64) float64 {
	switch {
	case v < w.cutIn || v >= w.cutOut:
		return 0
	case v >= w.full:
		return w.rated
	}
	low := w.cutIn * w.cutIn * w.cutIn
	return w.rated * (v*v*v - low) / (w.full*w.full*w.full - low)
}
