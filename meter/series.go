package meter

import (
	"fmt"
	"time"

	"torg"
)

// missing marks a row that was not metered; energies are never negative.
const missing torg.Energy = -1

// series is a meter's file: energy by rows of equal length, from start on.
type series struct {
	file  string
	start time.Time
	step  time.Duration
	rows  []torg.Energy // whole watt-hours, or missing
	gaps  []gap
}

// gap is a run of rows that are missing.
type gap struct {
	line     int // where the file shows it
	from, to time.Time
	rows     int
}

func (s *series) end() time.Time { return s.start.Add(time.Duration(len(s.rows)) * s.step) }

// covers refuses a series that begins after a span or ends before it.
func (s *series) covers(from, to time.Time) error {
	if s.start.After(from) || s.end().Before(to) {
		return fmt.Errorf("%s: the series spans %s to %s and does not cover the scenario's %s to %s", s.file,
			s.start.Format(time.RFC3339), s.end().Format(time.RFC3339), from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339))
	}
	return nil
}

func (s *series) warnings(start, end time.Time) []string {
	var lines []string
	for _, g := range s.gaps {
		if !g.from.Before(end) || !g.to.After(start) {
			continue
		}
		lines = append(lines, fmt.Sprintf("%s:%d: no readings from %s to %s (%d rows of %s)", s.file, g.line,
			g.from.Format(time.RFC3339), g.to.Format(time.RFC3339), g.rows, s.step))
	}
	return lines
}

// resampled is a series read slot by slot. A row's energy is shared evenly over its
// time and rounded cumulatively, so what the slots of a row hold adds up to the row.
type resampled struct {
	*series
	calendar torg.Calendar
}

func (r *resampled) energy(slot torg.Slot) (torg.Energy, torg.Quality, bool) {
	from := r.calendar.Start(slot).Sub(r.start)
	to := from + r.calendar.Interval
	if from < 0 || to > time.Duration(len(r.rows))*r.step {
		return 0, "", false
	}
	sum := torg.Energy(0)
	for row := from / r.step; row*r.step < to; row++ {
		e := r.rows[row]
		if e == missing {
			return 0, "", false
		}
		begin := row * r.step
		sum += r.share(e, min(to, begin+r.step)-begin) - r.share(e, max(from, begin)-begin)
	}
	if r.calendar.Interval == r.step && from%r.step == 0 {
		return sum, torg.Measured, true
	}
	return sum, torg.Derived, true
}

// share is what a row of energy e has metered after part of its step, rounded down.
func (r *resampled) share(e torg.Energy, part time.Duration) torg.Energy {
	// Seconds keep the product in 64 bits: rows hold at most maxRow and a day.
	return e * torg.Energy(part/time.Second) / torg.Energy(r.step/time.Second)
}
