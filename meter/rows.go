package meter

import (
	"fmt"
	"math"
	"time"

	"torg"
	"torg/scenario"
)

// The largest row, and the steps that rows may have.
const (
	maxRow  torg.Energy = 10_000_000_000_000 // 10^13 Wh
	minStep             = time.Second
	maxStep             = 24 * time.Hour
)

// series turns rows into energies. The step is the distance that most rows have; a
// longer one is a gap if it is a whole number of steps.
func (t *table) series(rows []row) (*series, error) {
	if len(rows) < 2 {
		return nil, fmt.Errorf("%s:%d:1: %d rows; two are needed to know their step", t.file, len(rows)+1, len(rows))
	}
	step := commonStep(rows)
	if step < minStep || step > maxStep || step%time.Second != 0 {
		return nil, fmt.Errorf("%s:%d:1: rows of %s; whole seconds up to a day are possible", t.file, rows[1].line, step)
	}
	s := &series{file: t.file, start: rows[0].start.Add(t.how.Shift), step: step}
	convert := rounding{hours: step.Hours(), how: t.how}
	for i, r := range rows {
		if i > 0 {
			distance := r.start.Sub(rows[i-1].start)
			if distance%step != 0 {
				return nil, fmt.Errorf("%s:%d:1: irregular step of %s; the others have %s", t.file, r.line, distance, step)
			}
			if int64(len(s.rows))+int64(distance/step) > maxRows {
				return nil, fmt.Errorf("%s:%d:1: more than %d rows with the gaps", t.file, r.line, maxRows)
			}
			for range distance/step - 1 {
				s.lose(r.line)
			}
		}
		if math.IsNaN(r.number) {
			s.lose(r.line)
			continue
		}
		e, err := convert.energy(r.number)
		if err != nil {
			return nil, fmt.Errorf("%s:%d:1: %s: %w", t.file, r.line, t.how.Value, err)
		}
		s.rows = append(s.rows, e)
	}
	return s, nil
}

// lose appends a missing row, to the gap before it if there is one.
func (s *series) lose(line int) {
	if n := len(s.rows); n == 0 || s.rows[n-1] != missing {
		s.gaps = append(s.gaps, gap{line: line, from: s.end(), to: s.end()})
	}
	s.rows = append(s.rows, missing)
	g := &s.gaps[len(s.gaps)-1]
	g.rows++
	g.to = s.end()
}

func commonStep(rows []row) time.Duration {
	count := map[time.Duration]int{}
	for i := 1; i < len(rows); i++ {
		count[rows[i].start.Sub(rows[i-1].start)]++
	}
	best := time.Duration(0)
	for step, n := range count {
		if n > count[best] || n == count[best] && step < best {
			best = step
		}
	}
	return best
}

// rounding turns numbers into whole watt-hours and carries what it rounds off, so
// that any run of rows is right to the watt-hour.
type rounding struct {
	hours float64 // of a row
	how   scenario.CSV
	carry float64 // Wh, between -0.5 and 0.5
}

func (r *rounding) energy(number float64) (torg.Energy, error) {
	wh := number * r.how.Factor
	switch r.how.Unit {
	case scenario.KW:
		wh *= 1000 * r.hours
	case scenario.KWh:
		wh *= 1000
	}
	if wh > float64(maxRow) {
		return 0, fmt.Errorf("%g is more than 10^13 Wh in a row", number)
	}
	// Small negative carries never make a row negative: that row keeps 0 and the rest.
	whole := max(0, math.Round(wh+r.carry))
	r.carry += wh - whole
	return torg.Energy(whole), nil
}
