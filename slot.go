package torg

import (
	"fmt"
	"slices"
	"time"
)

// Slot counts delivery intervals since the Unix epoch. What it means in time is
// the Calendar's business.
type Slot int64

// Intervals are the slot lengths that a complex may choose from.
var Intervals = []time.Duration{
	30 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour,
}

// Calendar says when slots start and when their sessions' gates close. All times
// are UTC instants; local time is for people to read.
type Calendar struct {
	Interval time.Duration // length of a slot, one of Intervals
}

// Valid refuses slot lengths that are not offered.
func (c Calendar) Valid() error {
	if !slices.Contains(Intervals, c.Interval) {
		return fmt.Errorf("interval %s: must be one of 30s, 1m, 5m, 15m, 30m, 1h", c.Interval)
	}
	return nil
}

// At returns the slot that t lies in.
func (c Calendar) At(t time.Time) Slot {
	n, d := t.UnixMilli(), c.Interval.Milliseconds()
	q := n / d
	if n%d < 0 {
		q--
	}
	return Slot(q)
}

// Start returns when delivery in s begins.
func (c Calendar) Start(s Slot) time.Time {
	return time.UnixMilli(int64(s) * c.Interval.Milliseconds()).UTC()
}

// End returns when delivery in s ends, which is when the next slot starts.
func (c Calendar) End(s Slot) time.Time { return c.Start(s + 1) }

// Opens returns when the session for s opens: when the slot before it starts.
func (c Calendar) Opens(s Slot) time.Time { return c.Start(s - 1) }

// GateClosure returns the last moment before which orders of discovery 1 (the
// sealed orders) or 2 (the revised ones) are taken: a half and three quarters of
// the way through the slot before s. The last quarter is for statements.
func (c Calendar) GateClosure(s Slot, discovery int) time.Time {
	if discovery == 1 {
		return c.Start(s).Add(-c.Interval / 2)
	}
	return c.Start(s).Add(-c.Interval / 4)
}

// Session returns the id of the session for s: its slot's start in UTC, such as
// 20261122T143030Z. Ids sort as the slots do.
func (c Calendar) Session(s Slot) string { return c.Start(s).Format("20060102T150405Z") }

// SlotOf is the inverse of Session.
func (c Calendar) SlotOf(session string) (Slot, error) {
	t, err := time.Parse("20060102T150405Z", session)
	if err != nil || c.Session(c.At(t)) != session {
		return 0, fmt.Errorf("session %q: not the start of a slot of %s", session, c.Interval)
	}
	return c.At(t), nil
}

// Settlement returns the first and last slot of the settlement interval that s is
// in. Intervals are counted from the Unix epoch; length is a multiple of the slot
// that divides a day.
func (c Calendar) Settlement(s Slot, length time.Duration) (first, last Slot) {
	n := Slot(length / c.Interval)
	first = s - s%n
	if s%n < 0 {
		first -= n
	}
	return first, first + n - 1
}
