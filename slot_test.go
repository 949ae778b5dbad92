package torg

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestCalendar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Calendar{rapid.SampledFrom(Intervals).Draw(t, "interval")}
		at := time.UnixMilli(rapid.Int64Range(-1e12, 4e12).Draw(t, "at"))
		s := c.At(at)
		if at.Before(c.Start(s)) || !at.Before(c.End(s)) {
			t.Fatalf("%s is not in slot %d", at, s)
		}
		if back, err := c.SlotOf(c.Session(s)); err != nil || back != s {
			t.Fatalf("session %s is slot %d, not %d: %v", c.Session(s), back, s, err)
		}
		if !(c.Opens(s).Before(c.GateClosure(s, 1)) && c.GateClosure(s, 1).Before(c.GateClosure(s, 2)) && c.GateClosure(s, 2).Before(c.Start(s))) {
			t.Fatal("gates are out of order")
		}
		first, last := c.Settlement(s, time.Hour)
		if s < first || s > last || c.Start(last+1).Sub(c.Start(first)) != time.Hour || c.Start(first).Minute() != 0 {
			t.Fatalf("slot %d is settled in %d to %d", s, first, last)
		}
	})
}

func TestBadSessionsAndIntervals(t *testing.T) {
	c := Calendar{30 * time.Second}
	for _, id := range []string{"", "20261122T143015Z", "20261122T143000", "2026-11-22T14:30:00Z", "x"} {
		if s, err := c.SlotOf(id); err == nil {
			t.Errorf("%q is slot %d", id, s)
		}
	}
	for _, d := range []time.Duration{0, time.Second, 45 * time.Second, 2 * time.Hour, -time.Minute} {
		if (Calendar{d}).Valid() == nil {
			t.Errorf("%s is offered", d)
		}
	}
}
