package physics

import "math"

// heating is a heating station with heat pumps: the demand for heat follows the
// outdoor temperature, hot water the hour, and the pumps are staged one by one.
type heating struct {
	seed                          seed
	heat, water, balance, design  float64
	supply, carnot, period, pumps float64
	units                         int
}

func newHeating(s seed, v map[string]float64) *heating {
	return &heating{
		seed: s, heat: v["heat_kw"], water: v["water_kw"], balance: v["balance_c"],
		design: v["design_c"], supply: v["supply_c"], carnot: v["carnot_share"],
		period: v["cycle_min"] * minute, pumps: v["pumps_kw"], units: int(v["units"]),
	}
}

func (st *heating) fill(b *block, kw *[steps]float64) {
	unit := (st.heat + 2*st.water) / float64(st.units) // thermal kW of one heat pump
	phase := st.seed.uniform(0)
	for i := range kw {
		kw[i] = st.pumps
		if unit == 0 {
			continue
		}
		temp, h := b.tempC.at(i), b.hourAt(i)
		load := st.heat*max(0, (st.balance-temp)/(st.balance-st.design)) + st.water*(0.4+bell(h, 7.5, 1.5)*1.6+bell(h, 20, 2.2)*1.5)
		stages := load / unit
		running := min(math.Floor(stages), float64(st.units))
		cycle := b.mid(i)/st.period + phase
		if running < float64(st.units) && cycle-math.Floor(cycle) < stages-running {
			running++
		}
		boiler := max(0, stages-float64(st.units)) * unit // what no heat pump is left for
		kw[i] += running*unit/st.cop(temp) + boiler
	}
}

// cop returns the coefficient of performance at an outdoor temperature: a share of
// Carnot's, between 1 and 6.
func (st *heating) cop(outdoor float64) float64 {
	lift := max(st.supply-outdoor, 5)
	return min(6, max(1, st.carnot*(st.supply+273.15)/lift))
}
