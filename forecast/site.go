package forecast

import (
	"math"
	"sync"

	"torg"
)

// site is what the naive forecaster knows of one site.
type site struct {
	mu      sync.Mutex
	role    torg.Role
	bounds  Bounds
	time    *timescale
	history history
	profile profile
	// deviations are readings minus what the profile said before them.
	deviations ring[float32]
	records    []record // by horizon
	scorer     scorer
}

var unknownDeviation = float32(math.Inf(1))

// Experts' errors fade to a third in memoryDays.
const memoryDays = 3

func newSite(s Site, t *timescale) *site {
	return &site{
		role: s.Role, bounds: s.Bounds, time: t,
		history:    newHistory(*t),
		profile:    newProfile(*t),
		deviations: newRing(t.day+1, unknownDeviation),
		records:    make([]record, len(t.horizons)),
		scorer:     newScorer(t.day),
	}
}

// observe learns that slot s had energy e. With test, the experts are tested on it at
// distances of finest or more: a value that is a share of a longer interval says
// nothing of shorter ones.
func (x *site) observe(s int64, e torg.Energy, finest int64, test bool) {
	if _, known := x.history.slots.get(s); known {
		x.history.put(s, e)
		return
	}
	if !x.history.holds(s) {
		return
	}
	y, m := float64(e), x.time.moment(s)
	deviation := unknownDeviation
	if mean, ok := x.profile.at(m); ok {
		deviation = float32(y - mean)
	}
	if test {
		x.test(s, m, y, deviation, finest)
	}
	x.profile.add(m, y)
	if deviation != unknownDeviation {
		x.deviations.put(s, deviation)
	}
	x.history.put(s, e)
}

// test asks the experts, at every horizon, what they would have said of slot s, and
// keeps the error of the one that would have been believed.
func (x *site) test(s int64, m moment, y float64, deviation float32, finest int64) {
	keep := 1 - 1/float64(memoryDays*x.time.day)
	stride := uint64(x.time.perGrain)
	for b, h := range x.time.horizons {
		origin := s - max(h.sample(s), finest)
		if _, ok := x.history.at(origin); !ok || h.to < finest {
			continue
		}
		r, trusted := &x.records[b], x.evidence(b)
		o := x.ask(s, origin, m, trusted)
		// An error per grain is plenty once there are some: neighbours are alike.
		// Those of experts that no test has chosen are no evidence.
		ranking := trusted.ranking()
		if trusted.weight[ranking[0]] > 0 && (r.residuals.total < enoughErrors || scatter(^s)%stride == 0) {
			r.residuals.add(m.hour, y-float64(x.bounds.clamp(o.best(ranking))))
		}
		r.learn(&o, y, keep)
		if before, ok := x.deviations.get(origin); ok && deviation != unknownDeviation {
			r.learnDeviation(float64(before), float64(deviation), keep)
		}
	}
}

// evidence returns the record to go by at a horizon: its own, or, while that is
// short, that of the nearest longer horizon that is not.
func (x *site) evidence(bucket int) *record {
	for b := bucket; b < len(x.records); b++ {
		if x.records[b].residuals.total >= enoughErrors {
			return &x.records[b]
		}
	}
	return &x.records[bucket]
}

// ask returns what the experts say of slot s at m, knowing no reading after origin.
func (x *site) ask(s, origin int64, m moment, r *record) opinion {
	var o opinion
	o.value[persistence], o.said[persistence] = x.history.at(origin)
	o.value[seasonalDay], o.said[seasonalDay] = x.history.back(s, origin, x.time.day)
	o.value[seasonalWeek], o.said[seasonalWeek] = x.history.back(s, origin, 7*x.time.day)
	if mean, ok := x.profile.at(m); ok {
		if d, ok := x.deviations.get(origin); ok {
			mean += float64(r.persisting() * float64(d))
		}
		o.value[meanDay], o.said[meanDay] = mean, true
	}
	o.value[roleDay], o.said[roleDay] = x.bounds.expected(x.role, m.hour), true
	return o
}

// forecast fills out with the quantiles of the slots from s on. Slots that are not
// ahead of the latest reading are forecast from the slot before them.
func (x *site) forecast(s int64, out []Quantiles) {
	bucket, ranking := -1, [experts]int{}
	var r *record
	for i := range out {
		slot := s + int64(i)
		origin := slot - 1
		if x.history.slots.any {
			origin = min(origin, x.history.slots.last)
		}
		if b := x.time.bucket(slot - origin); b != bucket {
			bucket, r = b, x.evidence(b)
			ranking = r.ranking()
		}
		m := x.time.moment(slot)
		o := x.ask(slot, origin, m, r)
		centre := o.best(ranking)
		if offsets, ok := r.residuals.offsets(m.hour); ok {
			out[i] = x.bounds.around(float64(x.bounds.clamp(centre)), offsets)
		} else {
			out[i] = x.bounds.spread(centre)
		}
	}
	if x.history.slots.any {
		last := x.history.slots.last
		latest, _ := x.history.slots.get(last)
		x.scorer.serve(s, last, out[0], latest)
	}
}

// around returns centre plus each of the offsets, inside the bounds.
func (b Bounds) around(centre float64, offsets *[len(Levels)]float32) Quantiles {
	var q Quantiles
	for i, d := range offsets {
		q[i] = b.clamp(centre + float64(d))
	}
	return q
}
