package abci

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"torg"
	"torg/ledger"
)

func TestNewDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "chain")
	c := open(t, testConfig(t, dir))
	if c.Height() != 0 {
		t.Errorf("height %d before the start", c.Height())
	}
	start(t, c)
	if c.Height() < 1 {
		t.Errorf("height %d after the start", c.Height())
	}
	for _, name := range []string{"keys/priv_validator_key.json", "keys/node_key.json", "data/priv_validator_state.json"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode().Perm())
		}
	}
	c.View(func(v ledger.View) {
		if v.Height() < 1 || v.Genesis().ChainID != "test" {
			t.Errorf("view of height %d and chain %q", v.Height(), v.Genesis().ChainID)
		}
	})
}

func TestSubmit(t *testing.T) {
	t.Parallel()
	c := open(t, testConfig(t, t.TempDir()))
	s := watch(c)
	start(t, c)
	if err := c.Submit(t.Context(), deposit(t, "foundry", 7)); torg.RefusalOf(err) != torg.ErrUnknown || err.Error() == string(torg.ErrUnknown) {
		t.Errorf("a deposit for a stranger: %v, want a story that ends in unknown", err)
	}
	if err := c.Submit(t.Context(), []byte("gibberish")); torg.RefusalOf(err) != torg.ErrMalformed {
		t.Errorf("gibberish: %v", err)
	}
	if err := c.Submit(t.Context(), make([]byte, ledger.MaxTxBytes+1)); torg.RefusalOf(err) != torg.ErrTooLarge {
		t.Errorf("too many bytes: %v", err)
	}
	// One builds on the other while both wait, and the same bytes again change nothing.
	txs := append(admitAll(t), deposit(t, "foundry", 7), deposit(t, "foundry", 7))
	commitAll(t, c, txs...)
	if err := c.Submit(t.Context(), deposit(t, "foundry", 7)); torg.RefusalOf(err) != torg.ErrDuplicate {
		t.Errorf("a deposit that was committed: %v", err)
	}
	var admitted, paid int
	for _, b := range s.all() {
		for _, e := range b.Events {
			switch {
			case e.Admitted != nil:
				admitted++
			case e.Posting != nil && e.Posting.Kind == torg.PostDeposit:
				paid++
			}
		}
	}
	if admitted != 2 || paid != 1 {
		t.Errorf("watched %d admissions and %d deposits, want 2 and 1", admitted, paid)
	}
	c.View(func(v ledger.View) {
		if have, _, _ := v.Balance("foundry"); have != torg.Money(7).Cost() {
			t.Errorf("balance %s, want 0.07", have)
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Submit(ctx, deposit(t, "foundry", 8)); !errors.Is(err, context.Canceled) {
		t.Errorf("submit in a canceled context: %v", err)
	}
}

func TestPass(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t, t.TempDir())
	cfg.Idle = time.Hour // nobody makes blocks but who asks for them
	c := open(t, cfg)
	s := watch(c)
	start(t, c)
	for _, when := range []time.Time{
		time.Now().Add(-time.Hour), time.Now(), time.Now().Add(300 * time.Millisecond),
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if err := c.Pass(ctx, when); err != nil {
			t.Fatal(err)
		}
		blocks := s.all()
		if last := blocks[len(blocks)-1]; last.Time.Before(when) {
			t.Errorf("passed %s, but the watcher's last block is of %s", when, last.Time)
		}
		if when.After(time.Now()) {
			t.Errorf("passed %s before its time", when)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := c.Pass(ctx, time.Now().Add(time.Hour)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an hour passed in 10 ms: %v", err)
	}
}

func TestSlowWatcher(t *testing.T) {
	t.Parallel()
	c := open(t, testConfig(t, t.TempDir()))
	release, first := make(chan struct{}), make(chan struct{}, 1)
	c.Watch(func(ledger.Committed) {
		select {
		case first <- struct{}{}:
		default:
		}
		<-release
	})
	start(t, c)
	<-first
	from := c.Height()
	commitsTo(t, c, from+3)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := c.Pass(ctx, time.Now().Add(-time.Hour)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("passed before the watcher had a block: %v", err)
	}
	close(release)
	if err := c.Pass(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
}

// commitsTo waits for a height.
func commitsTo(t testing.TB, c *Chain, height int64) {
	t.Helper()
	for {
		at, _, moved := c.commits.at()
		if at >= height {
			return
		}
		select {
		case <-moved:
		case <-c.Done():
			t.Fatal(c.Err())
		}
	}
}

func TestRestart(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t, t.TempDir())
	c := open(t, cfg)
	s := watch(c)
	start(t, c)
	commitAll(t, c, admitAll(t)...)
	var txs [][]byte
	for n := range 200 {
		txs = append(txs, deposit(t, "foundry", n+1))
	}
	commitAll(t, c, txs...)
	sameAsReplay(t, c)
	stop(t, c)
	stop(t, c) // does nothing
	if err := c.Submit(t.Context(), txs[0]); err == nil || torg.RefusalOf(err) != "" {
		t.Errorf("submit to a stopped chain: %v", err)
	}
	if err := c.Pass(t.Context(), time.Now()); err == nil {
		t.Error("time passed on a stopped chain")
	}
	first := s.all()
	if c.Height() != int64(len(first)) {
		t.Errorf("height %d of a stopped chain with %d blocks", c.Height(), len(first))
	}
	if err := c.Blocks(1, 1, func(ledger.Committed) error { return nil }); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("read a block of a stopped chain: %v", err)
	}

	again := open(t, cfg)
	if got := readAll(t, again); !bytes.Equal(asJSON(t, got), asJSON(t, first)) {
		t.Errorf("blocks read are not those watched:\n%s\n%s", asJSON(t, got), asJSON(t, first))
	}
	if last := first[len(first)-1]; again.Height() != last.Height || !bytes.Equal(again.store.hash(), last.AppHash) {
		t.Errorf("height %d and hash %x after a restart, want %d and %x", again.Height(), again.store.hash(), last.Height, last.AppHash)
	}
	s = watch(again)
	start(t, again)
	commitAll(t, again, deposit(t, "foundry", 1000))
	if second := s.all(); second[0].Height != first[len(first)-1].Height+1 {
		t.Errorf("watched from block %d on after %d", second[0].Height, len(first))
	}
	sameAsReplay(t, again)
	if err := again.Blocks(1, again.Height()+1, nil); err == nil {
		t.Error("read a block that is not there")
	}
	boom := errors.New("boom")
	if err := again.Blocks(1, 2, func(ledger.Committed) error { return boom }); !errors.Is(err, boom) {
		t.Errorf("the reader's error is lost: %v", err)
	}
}

func TestFolder(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t, t.TempDir())
	c := open(t, cfg)
	s := watch(c)
	start(t, c)
	commitAll(t, c, admitAll(t)...)
	if _, err := OpenFolder(cfg.Dir, ""); !errors.Is(err, errInUse) {
		t.Errorf("opened the folder of a running chain: %v", err)
	}
	stop(t, c)
	a, err := OpenFolder(cfg.Dir, "")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := asJSON(t, readAll(t, a)), asJSON(t, s.all()); !bytes.Equal(got, want) {
		t.Errorf("folder has\n%s, watched\n%s", got, want)
	}
	if a.Genesis().ChainID != "test" {
		t.Errorf("folder of chain %q", a.Genesis().ChainID)
	}
	if _, err := Open(cfg); !errors.Is(err, errInUse) {
		t.Errorf("opened the chain beside its open folder: %v", err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFolder(t.TempDir(), ""); err == nil {
		t.Error("a folder where there is no chain")
	}
}

// A chain whose state cannot be written must stop, and say so to everybody.
func TestConsensusFailure(t *testing.T) {
	t.Parallel()
	c := open(t, testConfig(t, t.TempDir()))
	start(t, c)
	c.dbs.application.Close()
	if err := c.Pass(t.Context(), time.Now().Add(time.Hour)); err == nil {
		t.Error("time passed on a chain that cannot write")
	}
	<-c.Done()
	if c.Err() == nil {
		t.Error("a chain that cannot write has no error")
	}
	if err := c.Submit(t.Context(), admitAll(t)[0]); err == nil {
		t.Error("a transaction taken by a chain that cannot write")
	}
}

func TestStopWithoutStart(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t, t.TempDir())
	stop(t, open(t, cfg))
	c := open(t, cfg)
	start(t, c)
	if err := c.Start(t.Context()); err == nil {
		t.Error("started twice")
	}
	stop(t, c)
	if c.Err() != nil {
		t.Errorf("a chain that was told to stop has the error %v", c.Err())
	}
}

// Without transactions nothing may change the hash, or CometBFT answers each block
// with another at once.
func TestIdle(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t, t.TempDir())
	cfg.Pause, cfg.Idle = time.Millisecond, 2*time.Millisecond
	c := open(t, cfg)
	s := watch(c)
	start(t, c)
	commitAll(t, c, admitAll(t)...)
	from := c.Height()
	commitsTo(t, c, from+10)
	stop(t, c)
	var idle int
	blocks := s.all()
	for i := 1; i < len(blocks); i++ {
		if blocks[i].Height > from && len(blocks[i].Txs) == 0 && len(blocks[i].Events) == 0 {
			idle++
			if !bytes.Equal(blocks[i].AppHash, blocks[i-1].AppHash) {
				t.Errorf("block %d without transactions changed the hash", blocks[i].Height)
			}
		}
	}
	if idle < 5 {
		t.Errorf("%d idle blocks of %d", idle, len(blocks))
	}
	again := open(t, cfg)
	sameAsReplay(t, again)
	stop(t, again)
	sameInArchive(t, cfg)
}
