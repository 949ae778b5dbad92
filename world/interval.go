package world

import (
	"fmt"
	"math/bits"
	"time"

	"torg"
	"torg/scenario"
)

// WithInterval returns the scenario with slots of another length. What counts per
// slot (capacities of lines and of the connection, mandates' energies) changes with it,
// rounded down, and is at most torg.MaxSessionEnergy.
func WithInterval(sc *scenario.Scenario, interval time.Duration) (*scenario.Scenario, error) {
	cal := torg.Calendar{Interval: interval}
	if err := cal.Valid(); err != nil {
		return nil, err
	}
	if sc.SettlementInterval%interval != 0 {
		return nil, fmt.Errorf("interval %s: the settlement interval %s is not a multiple of it", interval, sc.SettlementInterval)
	}
	scale := func(e torg.Energy) torg.Energy {
		if e == torg.Unlimited {
			return e
		}
		hi, lo := bits.Mul64(uint64(e), uint64(interval.Milliseconds()))
		each := uint64(sc.Calendar.Interval.Milliseconds())
		if hi >= each {
			return torg.MaxSessionEnergy
		}
		n, _ := bits.Div64(hi, lo, each)
		return torg.Energy(min(n, uint64(torg.MaxSessionEnergy)))
	}
	out := *sc
	out.Calendar = cal
	out.Complex.Lines = nil
	for _, l := range sc.Complex.Lines {
		l.Capacity = scale(l.Capacity)
		out.Complex.Lines = append(out.Complex.Lines, l)
	}
	if q := sc.Complex.Supplier; q != nil {
		supplier := *q
		supplier.Import, supplier.Export = scale(q.Import), scale(q.Export)
		out.Complex.Supplier = &supplier
	}
	out.Sites = nil
	for _, s := range sc.Sites {
		s.Agent.Limits.MaxEnergy = min(scale(s.Agent.Limits.MaxEnergy), torg.MaxOrderEnergy)
		out.Sites = append(out.Sites, s)
	}
	return &out, nil
}
