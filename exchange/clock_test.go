package exchange

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestClocksReachTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		for _, c := range []struct {
			clock Clock
			real  time.Duration // that an hour of the clock takes
		}{
			{RealClock{}, time.Hour},
			{NewFastClock(start, 720), 5 * time.Second},
			{NewVirtualClock(start), 0},
		} {
			before := time.Now()
			to := c.clock.Now().Add(time.Hour)
			if err := c.clock.Until(context.Background(), to); err != nil {
				t.Fatal(err)
			}
			if now := c.clock.Now(); now.Before(to) {
				t.Errorf("%T shows %s, not %s", c.clock, now, to)
			}
			if took := time.Since(before); took != c.real {
				t.Errorf("%T took %s, want %s", c.clock, took, c.real)
			}
			if err := c.clock.Until(context.Background(), began.AddDate(-10, 0, 0)); err != nil {
				t.Errorf("%T waits for the past: %v", c.clock, err)
			}
		}
	})
}

func TestWaitingEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := (RealClock{}).Until(ctx, time.Now().Add(time.Hour)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}
