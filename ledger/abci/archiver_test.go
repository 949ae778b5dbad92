package abci

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"torg"
	"torg/ledger"
	"torg/ledger/archive"
)

// hurry is a chain that keeps little and whose days pass in seconds: its clock began a
// while ago and goes faster than time.
func hurry(cfg Config, began time.Time) Config {
	const ago, faster = 60 * 24 * time.Hour, 20_000
	cfg.Now = func() time.Time { return began.Add(-ago + faster*time.Since(began)) }
	cfg.Keep = time.Minute
	return cfg
}

// sameInArchive compares a stopped chain's archive with its blocks, of which those that
// were not pruned are there twice.
func sameInArchive(t *testing.T, cfg Config) {
	t.Helper()
	stop(t, open(t, cfg)) // copies what was committed while the chain stopped
	f, err := OpenFolder(cfg.Dir, cfg.Archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Archived() != f.Height()-1 {
		t.Errorf("%d blocks in the archive of a chain of %d", f.Archived(), f.Height())
	}
	if f.Archive().Torn() > 0 {
		t.Error("half a block in the archive of a chain that was stopped")
	}
	from := f.blocks.blocks.Base()
	if err := f.Archive().Blocks(from, f.Archived(), func(b archive.Block) error {
		c, err := b.Committed()
		if err != nil {
			return err
		}
		return f.Blocks(b.Height, b.Height, func(want ledger.Committed) error {
			if got, want := asJSON(t, c), asJSON(t, want); !bytes.Equal(got, want) {
				return fmt.Errorf("block %d is\n%s, in the chain\n%s", b.Height, got, want)
			}
			return nil
		})
	}); err != nil {
		t.Error(err)
	}
	shown, err := VerifyArchive(f.Archive(), trusted(t, f, 1), Checks{
		Block: func(ledger.Committed) error { return nil }, Log: func([]byte) error { return nil }, Light: f.Light,
	})
	if err != nil || shown.Blocks != f.Archived() {
		t.Errorf("%+v: %v", shown, err)
	}
}

// trusted is a header of a chain.
func trusted(t *testing.T, f *Folder, height int64) Trust {
	t.Helper()
	raw, err := f.Light(height)
	if err != nil {
		t.Fatal(err)
	}
	b, err := StateProof{Blocks: [][]byte{raw}}.Begins(f.Genesis().ChainID)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A process that is killed at any moment, while days are closed and blocks pruned, leaves
// an archive that the next one finishes.
func TestKillWhilePruning(t *testing.T) {
	if testing.Short() {
		t.Skip("kills a process again and again")
	}
	t.Parallel()
	dir := t.TempDir()
	began := time.Now()
	k := confirmed{map[string]string{}, map[string]int{}}
	for run := range 8 {
		c := startChild(t, dir, run, fmt.Sprintf("%s=%d", childClock, began.UnixNano()))
		for range 30 + rand.IntN(40) {
			if !c.until("block") {
				t.Fatalf("run %d ended by itself: %q", run, c.end())
			}
		}
		moment := time.After(time.Duration(rand.Int64N(int64(20 * time.Millisecond))))
		<-moment
		if err := c.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		k.add(t, c.end())
	}
	cfg := hurry(testConfig(t, dir), began)
	f, err := OpenFolder(cfg.Dir, cfg.Archive)
	if err != nil {
		t.Fatal(err)
	}
	base, logs := f.blocks.blocks.Base(), 0
	if list, err := f.Archive().Logs(); err == nil {
		logs = len(list)
	}
	f.Close()
	t.Logf("%d blocks and %d payments confirmed; %d blocks pruned, %d days with a proof of the log", len(k.hashes), len(k.paid), base-1, logs)
	if base == 1 || logs == 0 {
		t.Errorf("%d blocks pruned, %d days with a proof of the log: nothing was tried", base-1, logs)
	}
	k.check(t, cfg)
}

// pruned is a stopped chain of which most is in the archive alone, and what its watcher
// saw.
func pruned(t testing.TB) (Config, []ledger.Committed) {
	t.Helper()
	cfg := hurry(testConfig(t, t.TempDir()), time.Now())
	cfg.Pause, cfg.Idle = time.Millisecond, 2*time.Millisecond
	c := open(t, cfg)
	s := watch(c)
	start(t, c)
	admit := encode(t, ledger.Admit{Participant: "foundry"}) // no site: no sessions to miss
	if err := c.Submit(t.Context(), admit); err != nil {
		t.Fatal(err)
	}
	commitsTo(t, c, c.Height()+3)
	for n := 1; c.blocks.blocks.Base() < 100; n++ {
		if n%20 == 0 {
			if err := c.Submit(t.Context(), deposit(t, "foundry", n)); err != nil {
				t.Fatal(err)
			}
		}
		commitsTo(t, c, c.Height()+1)
	}
	stop(t, c)
	return cfg, s.all()
}

// What was pruned is read, replayed and verified from the archive as if it were there;
// without the archive it is said in one line that it is not.
func TestPruned(t *testing.T) {
	t.Parallel()
	cfg, seen := pruned(t)
	sameInArchive(t, cfg)
	f, err := OpenFolder(cfg.Dir, cfg.Archive)
	if err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, f); !bytes.Equal(asJSON(t, got), asJSON(t, seen)) {
		t.Error("what is read is not what was watched")
	}
	base := f.blocks.blocks.Base()
	if base < 100 || f.Height()-base < evidenceBlocks {
		t.Errorf("blocks %d to %d are in the chain", base, f.Height())
	}
	left := 0
	for h := int64(1); h < base; h++ {
		if f.blocks.blocks.LoadBlockMeta(h) != nil || f.blocks.blocks.LoadBlockCommit(h) != nil {
			left++
		}
		if _, err := f.blocks.states.LoadFinalizeBlockResponse(h); err == nil {
			left++
		}
	}
	if left > 0 {
		t.Errorf("%d headers, votes and results of pruned blocks are left", left)
	}
	for what, from := range map[string]int64{"the first": 1, "one of the chain's": base + 5} {
		p, err := f.Prove(from, ledger.LogKey())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Verify("test", trusted(t, f, from), ledger.LogKey()); err != nil {
			t.Errorf("proof from %s header: %v", what, err)
		}
	}
	quiet := int64(0)
	for _, b := range seen[:base-1] {
		if n := b.Height; n > 3 && len(seen[n-1].Txs) == 0 && len(seen[n-2].Txs) == 0 && archive.DayOf(seen[n-2].Time) == archive.DayOf(seen[n].Time) {
			quiet = n
		}
	}
	if _, err := f.Prove(quiet, ledger.LogKey()); !errors.Is(err, errPruned) {
		t.Errorf("proof from header %d, which is nowhere: %v", quiet, err)
	}
	f.Close()

	if n, problems := replayedBeside(t, cfg.Dir, cfg.Archive, math.MinInt64, always); len(problems) > 0 || n.Blocks != len(seen) {
		t.Errorf("%d blocks replayed of %d: %q", n.Blocks, len(seen), problems)
	}
	if _, problems := replayed(t, cfg.Dir, math.MinInt64, always); len(problems) != 1 || !strings.Contains(problems[0], "were pruned, and their archive is missing") {
		t.Errorf("a replay without the archive: %q", problems)
	}
	c := open(t, cfg) // and it goes on
	sameAsReplay(t, c)
	start(t, c)
	stop(t, c)
	sameInArchive(t, cfg)
}

// What is damaged or missing in an archive is named in one line when a chain opens, and
// stays as it is.
func TestDamagedArchive(t *testing.T) {
	t.Parallel()
	cfg, _ := pruned(t)
	days, err := filepath.Glob(filepath.Join(cfg.Archive, "20*"))
	if err != nil || len(days) < 2 {
		t.Fatalf("days %q", days)
	}
	first, last := filepath.Base(days[0]), filepath.Base(days[len(days)-1])
	for name, d := range map[string]struct {
		damage func(dir string) error
		want   string
	}{
		"all of it":       {os.RemoveAll, "were pruned, and their archive is missing"},
		"a day":           {func(dir string) error { return os.RemoveAll(filepath.Join(dir, first)) }, "the days before it are missing"},
		"a day's blocks":  {func(dir string) error { return os.Remove(filepath.Join(dir, first, "blocks")) }, first + "/blocks: missing"},
		"a manifest":      {func(dir string) error { return os.Remove(filepath.Join(dir, first, "manifest.json")) }, first + "/manifest.json: missing"},
		"the genesis":     {func(dir string) error { return os.Remove(filepath.Join(dir, "genesis.json")) }, "genesis.json: missing"},
		"the open blocks": {func(dir string) error { return flipFile(filepath.Join(dir, last, "blocks"), 100) }, last + "/blocks: at byte "},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := copyDir(t, cfg)
			if err := d.damage(cfg.Archive); err != nil {
				t.Fatal(err)
			}
			before := sizes(t, cfg.Archive)
			c, err := Open(cfg)
			if err == nil {
				c.Stop()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), d.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want one line with %q", err, d.want)
			}
			if after := sizes(t, cfg.Archive); after != before {
				t.Errorf("changed:\n%s, was\n%s", after, before)
			}
		})
	}
	t.Run("the newest day", func(t *testing.T) { // which the chain still has
		cfg := copyDir(t, cfg)
		if err := os.RemoveAll(filepath.Join(cfg.Archive, last)); err != nil {
			t.Fatal(err)
		}
		c, err := Open(cfg)
		if err != nil {
			if !strings.Contains(err.Error(), "were pruned, and the archive") {
				t.Error(err)
			}
			return
		}
		stop(t, c)
		sameInArchive(t, cfg)
	})
	t.Run("another chain's", func(t *testing.T) {
		other := testConfig(t, t.TempDir())
		c := open(t, other)
		start(t, c)
		commitAll(t, c, admitAll(t)...)
		stop(t, c)
		cfg := copyDir(t, cfg)
		cfg.Archive = other.Archive
		if _, err := Open(cfg); err == nil || !strings.Contains(err.Error(), "another chain's") {
			t.Errorf("%v", err)
		}
	})
}

func flipFile(path string, at int) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	b[at] ^= 1
	return os.WriteFile(path, b, 0o600)
}

// sizes are the names and sizes of all files in a folder.
func sizes(t *testing.T, dir string) string {
	t.Helper()
	var list strings.Builder
	filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil {
			info, err := d.Info()
			if err == nil && !d.IsDir() {
				fmt.Fprintln(&list, path, info.Size(), info.ModTime())
			}
		}
		return nil
	})
	return list.String()
}

// A chain from before there were archives gets one of all that it has when it opens.
func TestArchiveOfAnOldChain(t *testing.T) {
	t.Parallel()
	cfg := ran(t)
	if err := os.RemoveAll(cfg.Archive); err != nil {
		t.Fatal(err)
	}
	stop(t, open(t, cfg))
	sameInArchive(t, cfg)
}

// Where the archive cannot be written the chain goes on, keeps its blocks, and finishes
// the archive when it can.
func TestArchiveThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	cfg := hurry(testConfig(t, t.TempDir()), time.Now())
	cfg.Pause, cfg.Idle = time.Millisecond, 2*time.Millisecond
	c := open(t, cfg)
	if err := c.archive.to.Close(); err != nil { // as if the disk were gone
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cfg.Archive, archive.DayOf(cfg.Now())), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, c)
	commitsTo(t, c, c.Height()+2*evidenceBlocks)
	if base := c.blocks.blocks.Base(); base != 1 {
		t.Errorf("blocks before %d are pruned and nowhere", base)
	}
	stop(t, c)
	bad, err := filepath.Glob(filepath.Join(cfg.Archive, "20*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range bad {
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
	}
	stop(t, open(t, cfg))
	sameInArchive(t, cfg)
}

// Bytes that are no archive's at the places where verification looks.
func TestVerifyArchiveRefuses(t *testing.T) {
	t.Parallel()
	cfg, _ := pruned(t)
	a, err := archive.Open(cfg.Archive)
	if err != nil {
		t.Fatal(err)
	}
	f, err := OpenFolder(cfg.Dir, cfg.Archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	first := trusted(t, f, 1)
	verify := func(a *archive.Archive, trust Trust) (Archived, error) {
		return VerifyArchive(a, trust, Checks{Block: func(ledger.Committed) error { return nil }, Log: func([]byte) error { return nil }})
	}
	var whole, quiet archive.Block
	var all []archive.Block
	if err := a.Blocks(1, a.Height(), func(b archive.Block) error {
		all = append(all, b)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for i, b := range all[1 : len(all)-4] {
		switch same := all[i].Day() == all[i+5].Day(); {
		case b.Quiet():
			quiet = b
		case len(b.Txs) > 0 && same && whole.Height == 0 && b.Height > 10:
			whole = b
		}
	}
	for what, trust := range map[string]Trust{"the first header": first, "one in the middle": trusted(t, f, whole.Height)} {
		if shown, err := verify(a, trust); err != nil || shown.Logs == 0 || shown.Blocks != a.Height() {
			t.Errorf("from %s: %+v, %v", what, shown, err)
		}
	}
	if _, err := verify(a, Trust{Height: quiet.Height}); !errors.Is(err, ErrNoHeader) {
		t.Errorf("from a header that is not there: %v", err)
	}
	if _, err := verify(a, Trust{Height: a.Height() + 100}); !errors.Is(err, ErrNoHeader) {
		t.Errorf("from a header to come: %v", err)
	}
	if _, err := verify(a, Trust{Height: whole.Height, Hash: first.Hash}); err == nil || errors.Is(err, ErrNoHeader) {
		t.Errorf("from another header: %v", err)
	}
	for what, change := range map[string]func(*archive.Block){
		"a transaction": func(b *archive.Block) {
			if b.Height == whole.Height {
				b.Txs[0][0] ^= 1
			}
		},
		"a transaction less": func(b *archive.Block) {
			if b.Height == whole.Height {
				b.Txs, b.Codes = nil, nil
			}
		},
		"a refusal": func(b *archive.Block) {
			if b.Height == whole.Height {
				b.Codes[0] = torg.ErrFunds
			}
		},
		"a hash of the state": func(b *archive.Block) {
			if b.Height == whole.Height {
				b.AppHash[3] ^= 1
			}
		},
		"a block that is hidden": func(b *archive.Block) {
			if b.Height == whole.Height || b.Height == whole.Height+1 {
				*b = archive.Block{Height: b.Height, Time: b.Time, AppHash: b.AppHash}
			}
		},
		"the header after a block": func(b *archive.Block) {
			if b.Height == whole.Height+1 {
				*b = archive.Block{Height: b.Height, Time: b.Time, AppHash: b.AppHash}
			}
		},
		"another header": func(b *archive.Block) {
			if b.Height == whole.Height+1 {
				b.Light, b.Hash = whole.Light, whole.Hash
			}
		},
		"a time": func(b *archive.Block) {
			if b.Height == whole.Height {
				b.Time = b.Time.Add(1)
			}
		},
		"a vote": func(b *archive.Block) {
			if b.Height == whole.Height {
				b.Light[len(b.Light)/2] ^= 1
			}
		},
	} {
		changed := rewriteArchive(t, a, change)
		if _, err := verify(changed, first); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", what, err)
		} else {
			t.Logf("%s: %v", what, err)
		}
	}
	if _, err := verify(rewriteArchive(t, a, func(*archive.Block) {}), first); err != nil {
		t.Errorf("written again as it was: %v", err)
	}
}

// rewriteArchive writes an archive anew with changed blocks, so that files and manifests
// fit; the days' proofs are those of the blocks that were.
func rewriteArchive(t *testing.T, a *archive.Archive, change func(*archive.Block)) *archive.Archive {
	t.Helper()
	to, err := archive.Begin(filepath.Join(t.TempDir(), "archive"), a.Genesis())
	if err != nil {
		t.Fatal(err)
	}
	w, err := to.Writer()
	if err != nil {
		t.Fatal(err)
	}
	logs, err := a.Logs()
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Blocks(1, a.Height(), func(b archive.Block) error {
		if day := w.Day(); day != "" && day != b.Day() {
			var log []byte
			if len(logs) > 0 && logs[0].Day == day {
				log, logs = logs[0].Text, logs[1:]
			}
			if err := w.CloseDay(log); err != nil {
				return err
			}
		}
		change(&b)
		return w.Append(b)
	}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := archive.Open(to.Dir())
	if err != nil {
		t.Fatal(err)
	}
	return again
}
