package physics

import "math"

// pv is a photovoltaic plant under the complex's sky.
type pv struct {
	seed                             seed
	climate                          *Climate
	peak, tilt, azimuth, performance float64
}

func newPV(s seed, c *Climate, v map[string]float64) *pv {
	return &pv{s, c, v["peak_kw"], radians(v["tilt_deg"]), v["azimuth_deg"], v["performance_share"]}
}

func (p *pv) fill(b *block, kw *[steps]float64) {
	declination, equation := ecliptic(float64(b.unix))
	sky := b.ends(p.climate.sky)
	for i := range kw {
		at := b.mid(i)
		s := sun(declination, radians(p.climate.latitude), p.climate.solarHour(at)+equation/60)
		if s.Elevation <= 0 {
			continue
		}
		plane := p.irradiance(s, p.climate.cover(sky.at(i), p.seed, at))
		cell := b.tempC.at(i) + plane/800*25 // nominal operating cell temperature of 45 C
		kw[i] = p.peak * min(1, p.performance*plane/1000*(1-0.004*(cell-25)))
	}
}

// irradiance returns the W/m2 on the panel: the clear sky of Haurwitz (1945), clouds
// after Kasten and Czeplak (1980), the diffuse part after Erbs, Klein and Duffie
// (1982), and the tilted plane of Liu and Jordan (1960) with a ground albedo of 0.2.
func (p *pv) irradiance(s Sun, cover float64) float64 {
	up := math.Sin(radians(s.Elevation))
	clear := 1098 * up * math.Exp(-0.057/up)
	global := clear * (1 - 0.75*math.Pow(cover, 3.4))
	k := global / (1361 * up) // clearness
	diffuse := global
	switch {
	case k <= 0.22:
		diffuse *= 1 - 0.09*k
	case k <= 0.8:
		diffuse *= 0.9511 - 0.1604*k + 4.388*k*k - 16.638*k*k*k + 12.336*k*k*k*k
	default:
		diffuse *= 0.165
	}
	facing := math.Cos(radians(s.Elevation))*math.Sin(p.tilt)*math.Cos(radians(s.Azimuth-p.azimuth)) + up*math.Cos(p.tilt)
	// Close to the horizon the beam's ratio of planes has no bound; the air has.
	beam := (global - diffuse) * max(0, facing) / max(up, 0.05)
	return beam + diffuse*(1+math.Cos(p.tilt))/2 + 0.2*global*(1-math.Cos(p.tilt))/2
}
