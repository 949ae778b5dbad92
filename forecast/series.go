package forecast

import (
	"fmt"
	"math"
	"time"

	"torg"
)

// Missing stands in a Series for a slot without a reading.
const Missing torg.Energy = math.MinInt64

// Series is a site's net energy in consecutive slots, consumption plus.
type Series struct {
	Start  torg.Slot
	Energy []torg.Energy // or Missing
}

// Resample turns a series of slots of length from into one of length to, of which
// one must be a multiple of the other. Longer slots are shared out evenly, rounded
// cumulatively so that each one's energy is conserved; shorter ones are summed, and
// a sum with a missing part is missing.
func (s Series) Resample(from, to time.Duration) (Series, error) {
	switch {
	case from <= 0 || to <= 0 || from%to != 0 && to%from != 0:
		return Series{}, fmt.Errorf("series: slots of %s cannot be made of slots of %s", to, from)
	case from >= to:
		return s.split(int64(from / to)), nil
	}
	return s.join(int64(to / from)), nil
}

func (s Series) split(k int64) Series {
	out := Series{s.Start * torg.Slot(k), make([]torg.Energy, 0, int64(len(s.Energy))*k)}
	for _, e := range s.Energy {
		// Both parts of e keep clear of overflow, and whole parts stay whole.
		whole, rest := floorDiv(int64(e), k), floorMod(int64(e), k)
		for i := range k {
			if e == Missing {
				out.Energy = append(out.Energy, Missing)
				continue
			}
			out.Energy = append(out.Energy, torg.Energy(whole+(rest*(i+1))/k-(rest*i)/k))
		}
	}
	return out
}

func (s Series) join(k int64) Series {
	first := -floorDiv(-int64(s.Start), k) // what begins before the series is left out
	out := Series{Start: torg.Slot(first)}
	for i := first*k - int64(s.Start); i+k <= int64(len(s.Energy)); i += k {
		var sum torg.Energy
		for _, e := range s.Energy[i : i+k] {
			if e == Missing || e.Abs() > maxReading {
				sum = Missing
				break
			}
			sum += e
		}
		out.Energy = append(out.Energy, sum)
	}
	return out
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - b*floorDiv(a, b) }
