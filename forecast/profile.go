package forecast

// profile is the mean day of a site, one for workdays and one for weekends, by
// grain: plain means at first, then exponentially weighted over profileDays.
type profile struct {
	bins [2][]bin
	per  float64 // slots in a grain
}

type bin struct{ mean, n float64 }

const profileDays = 8

func newProfile(t timescale) profile {
	grains := t.day / t.perGrain
	return profile{[2][]bin{make([]bin, grains), make([]bin, grains)}, float64(t.perGrain)}
}

func (p *profile) bin(m moment) *bin {
	kind := 0
	if m.weekend {
		kind = 1
	}
	return &p.bins[kind][m.grain]
}

func (p *profile) add(m moment, y float64) {
	b := p.bin(m)
	b.n = min(b.n+1, profileDays*p.per)
	b.mean += (y - b.mean) / b.n
}

// at returns the mean slot at m; where one kind of day has not been seen, that of
// the other kind; false where neither has.
func (p *profile) at(m moment) (float64, bool) {
	b := p.bin(m)
	if b.n < p.per {
		b = p.bin(moment{grain: m.grain, weekend: !m.weekend})
	}
	return b.mean, b.n >= p.per
}
