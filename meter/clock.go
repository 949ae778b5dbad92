package meter

import (
	"fmt"
	"time"
)

// The ways in which a row's time may be written.
var (
	withOffset = []string{"2006-01-02T15:04:05-07:00", "2006-01-02 15:04:05-07:00"}
	wallClock  = []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04"}
)

// clock reads a row's time. An offset is taken at its word. With a time zone, Z or no
// offset at all is the clock on the wall there, for many series are published in
// local time and written as if UTC; without one, Z is UTC and no offset is an error.
// An hour that a clock change repeats is the first one until last has passed it.
func clock(s string, zone *time.Location, last time.Time) (time.Time, error) {
	for _, layout := range withOffset {
		if t, err := time.Parse(layout, s); err == nil {
			return bounded(t.UTC())
		}
	}
	wall, utc := s, false
	if n := len(s); n > 0 && s[n-1] == 'Z' {
		wall, utc = s[:n-1], true
	}
	unknown := zone == nil && !utc
	if zone == nil {
		zone = time.UTC
	}
	for _, layout := range wallClock {
		read, err := time.ParseInLocation(layout, wall, zone)
		if err != nil {
			continue
		}
		if unknown {
			return time.Time{}, fmt.Errorf("%q has no offset, and the meter no timezone", s)
		}
		if read.Nanosecond() == 0 && read.Format(layout) != wall {
			return time.Time{}, fmt.Errorf("%q does not exist in %s: the clock was put forward", s, zone)
		}
		first := read
		for _, other := range []time.Time{read.Add(-time.Hour), read.Add(time.Hour)} {
			if other.Format(layout) != wall {
				continue
			}
			if other.Before(first) {
				first, other = other, first
			}
			if !first.After(last) {
				first = other
			}
		}
		return bounded(first.UTC())
	}
	return time.Time{}, fmt.Errorf("%q is not a time such as 2026-01-12T00:00:00Z", s)
}

func bounded(t time.Time) (time.Time, error) {
	if t.Nanosecond() != 0 {
		return t, fmt.Errorf("%s has a fraction of a second", t.Format(time.RFC3339Nano))
	}
	if t.Year() < 1900 || t.Year() > 2300 {
		return t, fmt.Errorf("%s is outside the years 1900 to 2300", t.Format(time.RFC3339))
	}
	return t, nil
}
