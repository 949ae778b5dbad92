package physics

import "time"

// plant is a works with machines that cycle in its shifts over a base load.
type plant struct {
	seed                          seed
	base, machineKW, duty, period float64
	machines                      int
	start, length, shift, plan    float64 // hours; plan is a share
	workdays                      int
}

func newPlant(s seed, v map[string]float64) *plant {
	return &plant{
		seed: s, base: v["base_kw"], machineKW: v["machine_kw"], duty: v["duty_share"],
		period: v["cycle_min"] * minute, machines: int(v["machines"]),
		start: v["shift_start_h"], shift: v["shift_h"], length: v["shifts"] * v["shift_h"],
		plan: v["plan_variation_share"], workdays: int(v["workdays_per_week"]),
	}
}

func (p *plant) fill(b *block, kw *[steps]float64) {
	for i := range kw {
		kw[i] = p.base
		elapsed, d := b.hourAt(i)-p.start, b.today
		// A shift that runs past midnight belongs to the day that it began on.
		if elapsed < 0 {
			elapsed, d = elapsed+24, b.yesterday
		}
		if elapsed >= p.length || !p.works(d) {
			continue
		}
		duty := p.duty
		if into := elapsed - p.shift*float64(int(elapsed/p.shift)); into > p.shift/2 && into < p.shift/2+0.5 {
			duty *= 0.35 // the break
		}
		plan := 1 + p.plan*(2*p.seed.uniform(d.number)-1)
		kw[i] += plan * p.machinesAt(b.mid(i), elapsed, duty, d.number)
	}
}

// machinesAt returns the power of the machines that are on. Each starts and stops a
// little later than the shift, and cycles at its own pace.
func (p *plant) machinesAt(unix, elapsed, duty float64, dayNumber int64) float64 {
	sum := 0.0
	for j := range p.machines {
		own := p.seed.sub(int64(j))
		late := 0.5 * own.uniform(dayNumber)
		if elapsed < late || elapsed > p.length-0.5+late {
			continue
		}
		period := p.period * (0.75 + 0.5*own.uniform(-1))
		at := unix/period + own.uniform(-2)
		n := int64(at)
		on := min(1, duty*(0.7+0.6*own.sub(1).uniform(n)))
		if at-float64(n) < on {
			sum += p.machineKW * (0.7 + 0.6*own.sub(2).uniform(n))
		}
	}
	return sum
}

func (p *plant) works(d date) bool {
	switch {
	case p.workdays == 7:
		return true
	case d.holiday || d.weekday == time.Sunday:
		return false
	}
	return d.weekday != time.Saturday || p.workdays == 6
}
