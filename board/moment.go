package board

import (
	"fmt"
	"time"

	"torg"
)

// layouts in which people write local time.
var layouts = []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", "02.01.2006 15:04", "2006-01-02"}

// ParseTime reads a time: RFC 3339, a session's id, or local time of a complex such as
// 2026-12-01T08:00.
func ParseTime(s string, in *time.Location) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "20060102T150405Z"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, s, in); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("time %q: neither local time such as 2026-12-01T08:00 nor RFC 3339 nor a session's id: %w", s, torg.ErrMalformed)
}

// Span reads the slots from one time to another, the second one not included. Both
// must be the start of a slot.
func Span(cal torg.Calendar, from, to string, in *time.Location) (first, last torg.Slot, err error) {
	for _, x := range []struct {
		text string
		slot *torg.Slot
	}{{from, &first}, {to, &last}} {
		t, err := ParseTime(x.text, in)
		if err != nil {
			return 0, 0, err
		}
		if *x.slot = cal.At(t); !cal.Start(*x.slot).Equal(t) {
			return 0, 0, fmt.Errorf("time %q: not the start of a slot of %s: %w", x.text, cal.Interval, torg.ErrMalformed)
		}
	}
	if last--; last < first {
		return 0, 0, fmt.Errorf("from %q to %q: no slot in between: %w", from, to, torg.ErrMalformed)
	}
	return first, last, nil
}
