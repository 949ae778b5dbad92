package main

import (
	"context"
	"sync"
	"time"

	"torg/ledger"
	"torg/record"
	"torg/sim"
)

// gateClock stands still until somebody waits for another time, and before it moves
// it waits until all that agents ordered is on the ledger: no gate closes before. It
// is told of both as a recorder and as a watcher of the chain.
type gateClock struct {
	sim.Silent
	mu      sync.Mutex
	moved   *sync.Cond
	now     time.Time
	ordered int
	in      int
	made    int // contracts
	lost    int // missed sessions
}

func newGateClock(t time.Time) *gateClock {
	c := &gateClock{now: t.UTC()}
	c.moved = sync.NewCond(&c.mu)
	return c
}

// Now returns the time at which the clock stands.
func (c *gateClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Until moves the clock on, once all that was ordered is in.
func (c *gateClock) Until(ctx context.Context, t time.Time) error {
	stop := context.AfterFunc(ctx, c.moved.Broadcast)
	defer stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.in < c.ordered && ctx.Err() == nil {
		c.moved.Wait()
	}
	if t.After(c.now) {
		c.now = t
	}
	return ctx.Err()
}

// Speed is 0: the clock jumps.
func (c *gateClock) Speed() float64 { return 0 }

func (c *gateClock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// Decided counts what agents order.
func (c *gateClock) Decided(journal []record.Decision) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range journal {
		if d.Ordered {
			c.ordered++
		}
	}
}

// observe counts what is on the ledger.
func (c *gateClock) observe(b ledger.Committed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range b.Events {
		switch {
		case e.Order != nil:
			c.in++
		case e.Cleared != nil:
			c.made += len(e.Cleared.Contracts)
		case e.Missed != nil && e.Missed.Discovery == 1:
			c.lost++
		}
	}
	c.moved.Broadcast()
}

func (c *gateClock) contracts() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.made
}

func (c *gateClock) missed() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lost
}
