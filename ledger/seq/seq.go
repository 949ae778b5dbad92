// Package seq runs a ledger in memory under a sequencer of ours in the place of
// consensus: every transaction makes a block, dated by the clock that it is given.
// It is the chain of simulations and tests, and the same calls give the same blocks.
package seq

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"

	"torg/ledger"
	"torg/ledger/kvmem"
)

// Chain is a ledger.Chain in memory. Its methods may be called from many goroutines.
// Watchers may call Submit and View, but not Pass, which waits for them.
type Chain struct {
	now func() time.Time

	mu     sync.RWMutex // of the ledger and of what follows
	kv     *kvmem.KV
	ledger *ledger.Ledger
	height int64
	time   time.Time
	hash   [32]byte

	watchers []func(ledger.Committed)
	queue    []ledger.Committed // committed, not handed to the watchers
	handing  bool               // somebody hands them over
	handed   int64              // height up to which they have them
	idle     *sync.Cond         // on mu: handed has grown
}

var _ ledger.Chain = (*Chain)(nil)

// New begins a chain. now dates its blocks; a clock that goes back does not take the
// chain with it.
func New(g ledger.Genesis, now func() time.Time) (*Chain, error) {
	kv := &kvmem.KV{}
	l := ledger.New(kv)
	if err := l.Init(g); err != nil {
		return nil, err
	}
	c := &Chain{now: now, kv: kv, ledger: l}
	c.idle = sync.NewCond(&c.mu)
	return c, nil
}

// Submit checks a transaction and commits it in a block of its own.
func (c *Chain) Submit(ctx context.Context, tx []byte) error {
	return c.SubmitAll(ctx, tx)
}

// SubmitAll commits transactions in one block, in this order. The first that is not
// worth a block is its error, and then there is no block.
func (c *Chain) SubmitAll(ctx context.Context, txs ...[]byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, tx := range txs {
		if err := c.ledger.Check(tx); err != nil {
			c.ledger.ForgetChecks() // nothing waits for a block here
			return err
		}
	}
	c.commit(c.now(), txs)
	c.hand()
	return nil
}

// Pass commits an empty block dated at t, or now if that is later, unless one that
// late is committed, and returns when all watchers have it.
func (c *Chain) Pass(ctx context.Context, t time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.height == 0 || c.time.Before(t) {
		if now := c.now(); now.After(t) {
			t = now
		}
		c.commit(t, nil)
	}
	height := c.height
	c.hand()
	for c.handed < height {
		c.idle.Wait()
	}
	return nil
}

// Watch calls f for every block committed from now on.
func (c *Chain) Watch(f func(ledger.Committed)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watchers = append(c.watchers, f)
}

// View runs f on the committed state. f must not call the chain's other methods.
func (c *Chain) View(f func(ledger.View)) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	f(c.ledger.View())
}

// commit makes a block. c.mu is held.
func (c *Chain) commit(t time.Time, txs [][]byte) {
	if t = t.UTC(); t.Before(c.time) {
		t = c.time
	}
	b := ledger.Block{Height: c.height + 1, Time: t, Txs: txs}
	r := c.ledger.Apply(b)
	c.extendHash()
	c.ledger.Commit()
	c.height, c.time = b.Height, t
	hash := c.hash
	c.queue = append(c.queue, ledger.Committed{Block: b, Result: r, AppHash: hash[:]})
}

// extendHash makes the app hash of the applied block: SHA-256 over the last one and
// every key and value that changed, after their lengths and whether it was deleted.
func (c *Chain) extendHash() {
	h := sha256.New()
	h.Write(c.hash[:])
	var length []byte
	for key, value := range c.ledger.Changes() {
		length = binary.BigEndian.AppendUint64(length[:0], uint64(len(key)))
		length = binary.BigEndian.AppendUint64(length, uint64(len(value)))
		if length = append(length, 0); value == nil {
			length[16] = 1
		}
		h.Write(length)
		h.Write(key)
		h.Write(value)
	}
	h.Sum(c.hash[:0])
}

// hand gives the watchers the blocks that they do not have, in order, without the
// lock. Whoever is doing so already does it for everybody. c.mu is held.
func (c *Chain) hand() {
	if c.handing {
		return
	}
	c.handing = true
	for len(c.queue) > 0 {
		block, watchers := c.queue[0], c.watchers
		c.queue = c.queue[1:]
		c.mu.Unlock()
		for _, f := range watchers {
			f(block)
		}
		c.mu.Lock()
		c.handed = block.Height
		c.idle.Broadcast()
	}
	c.handing = false
}
