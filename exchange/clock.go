package exchange

import (
	"context"
	"time"
)

// Clock is the market's time. Everything that waits waits on it, so that the same
// code runs in real time, faster, and in simulation.
type Clock interface {
	Now() time.Time
	// Until returns when the clock shows t or later, or with ctx's error.
	Until(ctx context.Context, t time.Time) error
	// Speed is how many of its seconds pass in a real one; 0: it jumps.
	Speed() float64
}

// RealClock shows the machine's time in UTC.
type RealClock struct{}

// Now returns the machine's time.
func (RealClock) Now() time.Time { return time.Now().UTC() }

// Until waits for the machine's time. It looks at the clock again every second: a
// timer does not notice that the machine slept or that its clock was set.
func (RealClock) Until(ctx context.Context, t time.Time) error {
	for {
		left := time.Until(t.Round(0))
		if err := wait(ctx, min(left, time.Second)); err != nil || left <= time.Second {
			return err
		}
	}
}

// Speed is 1.
func (RealClock) Speed() float64 { return 1 }

// FastClock runs faster than time, from a start on.
type FastClock struct {
	start time.Time // what it shows at base
	base  time.Time
	speed float64
}

// NewFastClock returns a clock that shows start now and runs speed times as fast
// as time; speed is more than 0.
func NewFastClock(start time.Time, speed float64) *FastClock {
	return &FastClock{start: start.UTC(), base: time.Now(), speed: speed}
}

// Now returns its time.
func (c *FastClock) Now() time.Time {
	return c.start.Add(time.Duration(float64(time.Since(c.base)) * c.speed))
}

// Until waits until it shows t.
func (c *FastClock) Until(ctx context.Context, t time.Time) error {
	return wait(ctx, time.Duration(float64(t.Sub(c.Now()))/c.speed))
}

// Speed returns its speed.
func (c *FastClock) Speed() float64 { return c.speed }

// VirtualClock stands still until somebody waits for a time: then it is that time.
type VirtualClock struct{ now time.Time }

// NewVirtualClock returns a clock that shows start.
func NewVirtualClock(start time.Time) *VirtualClock { return &VirtualClock{start.UTC()} }

// Now returns the last time that was waited for.
func (c *VirtualClock) Now() time.Time { return c.now }

// Until jumps to t, never back.
func (c *VirtualClock) Until(ctx context.Context, t time.Time) error {
	if t.After(c.now) {
		c.now = t.UTC()
	}
	return ctx.Err()
}

// Speed is 0: it jumps.
func (c *VirtualClock) Speed() float64 { return 0 }

func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
