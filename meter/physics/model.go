package physics

import (
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"torg"
)

// A model is computed in blocks of a quarter of an hour, in steps of 30 seconds, the
// shortest slot. Energy is rounded cumulatively inside a block, so every longer slot
// is exactly the sum of its shorter ones.
const (
	steps     = 30
	stepTime  = 30 * time.Second
	blockTime = steps * stepTime
	stepS     = 30
	blockS    = steps * stepS
)

// block is the time of one computation, with what the local clock says.
type block struct {
	unix      int64 // start, seconds
	zone      *zone
	hour      float64 // local time at the start, 0 to 24
	today     date
	yesterday date // for what began before midnight
	tempC     ramp // outdoors
}

// mid returns the middle of the i-th step in Unix seconds.
func (b *block) mid(i int) float64 { return float64(b.unix) + stepS*(float64(i)+0.5) }

// hourAt returns the local hour in the middle of the i-th step.
func (b *block) hourAt(i int) float64 {
	h := b.hour + stepS*(float64(i)+0.5)/hour
	if h >= 24 {
		h -= 24
	}
	return h
}

// ramp is a value that changes little in a block: it is computed at both ends.
type ramp [2]float64

// ends computes a ramp.
func (b *block) ends(value func(unix float64) float64) ramp {
	return ramp{value(float64(b.unix)), value(float64(b.unix + blockS))}
}

// at returns the value in the middle of the i-th step.
func (r ramp) at(i int) float64 {
	f := (float64(i) + 0.5) / steps
	return r[0]*(1-f) + r[1]*f
}

// power computes a block: the power in kW in the middle of each step, not negative.
type power interface {
	fill(b *block, kw *[steps]float64)
}

// Env is what the models of one complex share.
type Env struct {
	Seed     uint64
	Climate  *Climate
	Zone     *time.Location // of shifts and days
	Holidays []time.Time    // days off beside weekends, any moment of the local day
}

// Model is one meter's model. It is safe for concurrent use.
type Model struct {
	power   power
	climate *Climate
	zone    *zone
	last    atomic.Pointer[energies]
}

// energies is a computed block: what was metered from its start to each step's end.
type energies struct {
	unix int64
	sum  [steps + 1]torg.Energy
}

// New returns the model of a meter. What it draws depends on the complex's seed and
// on the name, which is therefore unique among the complex's meters.
func New(env Env, name string, spec Spec) (*Model, error) {
	v, err := spec.complete(spec.Kind)
	if err != nil {
		return nil, err
	}
	m := &Model{climate: env.Climate, zone: newZone(env.Zone, env.Holidays)}
	own := seed(env.Seed).named("meter").named(name)
	switch spec.Kind {
	case Plant:
		m.power = newPlant(own, v)
	case CHP:
		m.power = newCHP(own, v)
	case PV:
		m.power = newPV(own, env.Climate, v)
	case Wind:
		m.power = newWind(own, env.Climate, v)
	case Sharing:
		m.power = newSharing(own, v)
	case Heating:
		m.power = newHeating(own, v)
	default:
		return nil, fmt.Errorf("model %q: a meter has none of that kind", spec.Kind)
	}
	return m, nil
}

// Energy returns what the meter counts from a moment on, not negative. Both the
// moment and the length are whole multiples of 30 seconds.
func (m *Model) Energy(from time.Time, length time.Duration) torg.Energy {
	at, end := from.Unix(), from.Add(length).Unix()
	sum := torg.Energy(0)
	for at < end {
		start := at - mod(at, blockS)
		e := m.block(start)
		until := min(end, start+blockS)
		sum += e.sum[(until-start)/stepS] - e.sum[(at-start)/stepS]
		at = until
	}
	return sum
}

// block returns a computed block; neighbours in time mostly ask for the last one.
func (m *Model) block(unix int64) *energies {
	if e := m.last.Load(); e != nil && e.unix == unix {
		return e
	}
	b := m.at(unix)
	var kw [steps]float64
	m.power.fill(&b, &kw)
	e := &energies{unix: unix}
	total := 0.0
	for i, p := range kw {
		total += max(p, 0) * 1000 * stepS / hour
		e.sum[i+1] = torg.Energy(math.Round(total))
	}
	m.last.Store(e)
	return e
}

func (m *Model) at(unix int64) block {
	h, today := m.zone.clock(float64(unix))
	b := block{unix: unix, zone: m.zone, hour: h, today: today, yesterday: m.zone.date(today.number - 1)}
	b.tempC = b.ends(m.climate.Temperature)
	return b
}
