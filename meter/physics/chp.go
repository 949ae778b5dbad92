package physics

import "time"

// chp is a combined heat and power plant or a gas turbine: partly led by the heat
// that is needed, partly by a schedule of day and night.
type chp struct {
	seed                            seed
	capacity, least, heatLed, night float64
	balance, design                 float64
	weekday                         int
	from, hours, noise              float64
}

func newCHP(s seed, v map[string]float64) *chp {
	return &chp{
		seed: s, capacity: v["capacity_kw"], least: v["min_share"], heatLed: v["heat_led_share"],
		night: v["night_share"], balance: v["balance_c"], design: v["design_c"],
		weekday: int(v["maintenance_weekday"]), from: v["maintenance_start_h"],
		hours: v["maintenance_h"], noise: v["noise_share"],
	}
}

func (c *chp) fill(b *block, kw *[steps]float64) {
	for i := range kw {
		h := b.hourAt(i)
		if c.maintained(b, h) {
			continue
		}
		schedule := between(h, 6.5, 7.5, 22.5, 23.5)*(1-c.night) + c.night
		heat := min(1, max(0, (c.balance-b.tempC.at(i))/(c.balance-c.design)))
		output := c.heatLed*heat + (1-c.heatLed)*schedule
		output *= 1 + c.noise*c.seed.smooth(b.mid(i), 6*hour, 40*minute, 4*minute)
		kw[i] = c.capacity * min(1, max(c.least, output))
	}
}

// maintained says whether the plant stands still for its weekly maintenance, which
// may run past midnight.
func (c *chp) maintained(b *block, h float64) bool {
	d := b.today
	elapsed := h - c.from
	if elapsed < 0 {
		elapsed, d = elapsed+24, b.yesterday
	}
	return c.weekday != 0 && d.weekday == time.Weekday(c.weekday%7) && elapsed < c.hours
}

// between is a trapezoid over the day: 0 before a and after d, 1 from b to c.
func between(h, a, b, c, d float64) float64 {
	return min(1, max(0, min((h-a)/(b-a), (d-h)/(d-c))))
}
