package seq_test

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"torg"
	"torg/ledger"
	"torg/ledger/seq"
)

var start = time.Date(2026, 1, 12, 9, 0, 0, 0, time.UTC)

func genesis() ledger.Genesis {
	return ledger.Genesis{
		ChainID:    "test",
		Complex:    torg.Complex{Zones: []torg.ZoneID{"z1"}, Pricing: torg.Split},
		Calendar:   torg.Calendar{Interval: time.Minute},
		Settlement: time.Hour,
		Unsigned:   true,
	}
}

func deposit(t *testing.T, reference string) []byte {
	t.Helper()
	return encode(t, ledger.Deposit{Participant: "p", Amount: 1_00, Reference: reference})
}

func encode(t *testing.T, b ledger.Body) []byte {
	t.Helper()
	tx, err := ledger.Encode("test", b, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

// chain is a new chain with one participant, at the time that *now says.
func chain(t *testing.T, now *time.Time) *seq.Chain {
	t.Helper()
	c, err := seq.New(genesis(), func() time.Time { return *now })
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Submit(t.Context(), encode(t, ledger.Admit{Participant: "p"})); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestBlocks(t *testing.T) {
	now := start
	c := chain(t, &now)
	var seen []ledger.Committed
	c.Watch(func(b ledger.Committed) { seen = append(seen, b) })

	if err := c.Submit(t.Context(), deposit(t, "1")); err != nil {
		t.Fatal(err)
	}
	if err := c.Submit(t.Context(), deposit(t, "1")); torg.RefusalOf(err) != torg.ErrDuplicate {
		t.Errorf("a deposit twice: %v", err)
	}
	if err := c.SubmitAll(t.Context(), deposit(t, "2"), deposit(t, "3")); err != nil {
		t.Fatal(err)
	}
	if err := c.SubmitAll(t.Context(), deposit(t, "4"), deposit(t, "4")); torg.RefusalOf(err) != torg.ErrDuplicate {
		t.Errorf("a deposit twice in one block: %v", err)
	}
	now = start.Add(-time.Hour) // the clock goes back, the chain does not
	if err := c.Submit(t.Context(), deposit(t, "4")); err != nil {
		t.Fatal(err)
	}
	if err := c.Pass(t.Context(), start); err != nil { // passed already
		t.Fatal(err)
	}
	if err := c.Pass(t.Context(), start.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	now = start.Add(time.Hour)
	if err := c.Pass(t.Context(), start.Add(2*time.Second)); err != nil {
		t.Fatal(err)
	}
	wantTimes := []time.Time{start, start, start, start.Add(time.Second), now}
	if len(seen) != len(wantTimes) {
		t.Fatalf("%d blocks, want %d", len(seen), len(wantTimes))
	}
	for i, b := range seen {
		if b.Height != int64(i)+2 || !b.Time.Equal(wantTimes[i]) {
			t.Errorf("block %d has height %d and time %s, want %s", i, b.Height, b.Time, wantTimes[i])
		}
		if i > 0 && bytes.Equal(b.AppHash, seen[i-1].AppHash) {
			t.Errorf("block %d has the app hash of the one before", i)
		}
	}
	c.View(func(v ledger.View) {
		if a, _, _ := v.Balance("p"); a != torg.Money(4_00).Cost() || v.Height() != 6 {
			t.Errorf("balance %s at height %d", a, v.Height())
		}
	})
}

func TestPassBeforeAnyBlock(t *testing.T) {
	c, err := seq.New(genesis(), func() time.Time { return start })
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Pass(t.Context(), start.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	c.View(func(v ledger.View) {
		if !v.Time().Equal(start) {
			t.Errorf("the first block is of %s", v.Time())
		}
	})
}

// The same calls give the same hashes; a different transaction does not.
func TestHashesAreTheSame(t *testing.T) {
	hashes := func(reference string) (list [][]byte) {
		now := start
		c := chain(t, &now)
		c.Watch(func(b ledger.Committed) { list = append(list, b.AppHash) })
		for i := range 5 {
			if err := c.Submit(t.Context(), deposit(t, reference+string(rune('a'+i)))); err != nil {
				t.Fatal(err)
			}
			now = now.Add(20 * time.Second)
		}
		return list
	}
	a, b, other := hashes("x"), hashes("x"), hashes("y")
	for i := range a {
		if !bytes.Equal(a[i], b[i]) || bytes.Equal(a[i], other[i]) {
			t.Errorf("block %d: %x, %x, and of other transactions %x", i, a[i], b[i], other[i])
		}
	}
}

// A watcher may submit; what it submits is a later block, which watchers get after
// the one at hand.
func TestWatcherSubmits(t *testing.T) {
	now := start
	c := chain(t, &now)
	var heights []int64
	c.Watch(func(b ledger.Committed) {
		heights = append(heights, b.Height)
		if b.Height == 2 {
			if err := c.Submit(t.Context(), deposit(t, "answer")); err != nil {
				t.Error(err)
			}
		}
	})
	c.Watch(func(b ledger.Committed) { heights = append(heights, -b.Height) })
	if err := c.Submit(t.Context(), deposit(t, "question")); err != nil {
		t.Fatal(err)
	}
	if want := []int64{2, -2, 3, -3}; len(heights) != 4 || heights[0] != want[0] || heights[1] != want[1] || heights[2] != want[2] || heights[3] != want[3] {
		t.Errorf("watchers saw %v, want %v", heights, want)
	}
}

// Pass returns when the watchers have the block, whoever hands it to them.
func TestPassWaitsForWatchers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := start
		c := chain(t, &now)
		slow, done := make(chan struct{}), false
		c.Watch(func(b ledger.Committed) {
			if b.Height == 2 {
				<-slow
			}
			done = b.Height == 3
		})
		go func() {
			if err := c.Submit(context.Background(), deposit(t, "1")); err != nil {
				t.Error(err)
			}
		}()
		synctest.Wait()
		passed := make(chan bool)
		go func() {
			if err := c.Pass(context.Background(), start.Add(time.Minute)); err != nil {
				t.Error(err)
			}
			passed <- done
		}()
		synctest.Wait()
		select {
		case <-passed:
			t.Fatal("passed before the watcher had the block")
		default:
		}
		close(slow)
		if !<-passed {
			t.Error("passed, and the watcher has not seen the block")
		}
	})
}

// Many goroutines may submit, pass and look at once.
func TestManyAtOnce(t *testing.T) {
	now := start
	c := chain(t, &now)
	last, gaps := int64(1), 0
	c.Watch(func(b ledger.Committed) {
		if b.Height != last+1 {
			gaps++
		}
		last = b.Height
	})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for k := range 20 {
				if err := c.Submit(context.Background(), deposit(t, string(rune('a'+i))+string(rune('a'+k)))); err != nil {
					t.Error(err)
				}
				c.View(func(v ledger.View) { v.Accounts() })
			}
			if err := c.Pass(context.Background(), start.Add(time.Duration(i)*time.Second)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if err := c.Pass(t.Context(), start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if gaps != 0 {
		t.Errorf("watchers saw %d gaps", gaps)
	}
	c.View(func(v ledger.View) {
		if a, _, _ := v.Balance("p"); a != torg.Money(160_00).Cost() {
			t.Errorf("balance %s", a)
		}
	})
}

// A context that is over and a genesis that cannot be are refused before anything
// happens.
func TestRefused(t *testing.T) {
	now := start
	c := chain(t, &now)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Submit(ctx, deposit(t, "1")); err == nil {
		t.Error("submitted after the end")
	}
	if err := c.Pass(ctx, start.Add(time.Hour)); err == nil {
		t.Error("passed after the end")
	}
	g := genesis()
	g.ChainID = ""
	if _, err := seq.New(g, nil); err == nil {
		t.Error("a chain without an id")
	}
}
