package abci

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cometbft/cometbft/privval"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	"torg"
	"torg/ledger"
)

// confirmed is what children said before they died: the hash after each block, and
// how often each payment was committed.
type confirmed struct {
	hashes map[string]string
	paid   map[string]int
}

func (k *confirmed) add(t *testing.T, said []string) {
	t.Helper()
	for _, line := range said {
		word := strings.Fields(line)
		switch word[0] {
		case "block":
			if h, ok := k.hashes[word[1]]; ok && h != word[2] {
				t.Errorf("block %s had the hash %s, and now %s", word[1], h, word[2])
			}
			k.hashes[word[1]] = word[2]
		case "paid":
			k.paid[word[1]]++
		case "failed":
			t.Error(line)
		}
	}
}

// check opens the chain that the children left: nothing that was confirmed is lost,
// doubled or changed, and the state is that of a replay.
func (k *confirmed) check(t *testing.T, cfg Config) {
	t.Helper()
	c := open(t, cfg)
	payments := map[string]int{}
	for _, b := range readAll(t, c) {
		if h, ok := k.hashes[fmt.Sprint(b.Height)]; ok && h != fmt.Sprintf("%x", b.AppHash) {
			t.Errorf("block %d had the hash %s, and now %x", b.Height, h, b.AppHash)
		}
		for i, tx := range b.Txs {
			d, err := ledger.Decode(tx)
			if err != nil {
				t.Fatal(err)
			}
			if p, ok := d.Body.(ledger.Deposit); ok && b.Codes[i] == "" {
				payments[strings.ReplaceAll(p.Reference, " ", "_")]++
			}
		}
	}
	for id, n := range k.paid {
		if n != 1 || payments[id] != 1 {
			t.Errorf("payment %s was confirmed %d times and is in %d blocks", id, n, payments[id])
		}
	}
	c.View(func(v ledger.View) {
		if have, _, _ := v.Balance("foundry"); have != torg.Money(len(payments)).Cost() {
			t.Errorf("balance %s after %d payments", have, len(payments))
		}
	})
	if len(payments) == 0 {
		t.Error("the children paid nothing")
	}
	sameAsReplay(t, c)
	from := c.Height()
	start(t, c)
	if c.Height() <= from {
		t.Error("the chain does not go on")
	}
	stop(t, c)
	sameInArchive(t, cfg)
}

// A process that is killed at any moment leaves a chain that the next one carries on.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("kills a process again and again")
	}
	t.Parallel()
	dir := t.TempDir()
	k := confirmed{map[string]string{}, map[string]int{}}
	for run := range 12 {
		c := startChild(t, dir, run)
		if !c.until("block") {
			t.Fatalf("run %d ended by itself: %q", run, c.end())
		}
		moment := time.After(time.Duration(rand.Int64N(int64(300 * time.Millisecond))))
		<-moment
		if err := c.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		k.add(t, c.end())
	}
	t.Logf("%d blocks and %d payments confirmed", len(k.hashes), len(k.paid))
	k.check(t, testConfig(t, dir))
}

// The same at each of the points where CometBFT's own tests crash it: before and
// after a block is stored, finalized, committed, and its state saved.
func TestCrashPoints(t *testing.T) {
	if testing.Short() {
		t.Skip("crashes a process again and again")
	}
	t.Parallel()
	dir := t.TempDir()
	k := confirmed{map[string]string{}, map[string]int{}}
	// The chain's first blocks and later ones; a block has ten points.
	points := []int{0, 3, 5, 6, 7, 8, 9, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40}
	for run, point := range points {
		c := startChild(t, dir, run, fmt.Sprintf("%s=%d", crashAt, point))
		said := c.end()
		if c.cmd.ProcessState.ExitCode() != 1 || !slices.Contains(said, fmt.Sprintf("*** fail-test %d ***", point)) {
			t.Fatalf("run %d did not crash at point %d: %q", run, point, said)
		}
		k.add(t, said)
	}
	t.Logf("%d blocks and %d payments confirmed", len(k.hashes), len(k.paid))
	k.check(t, testConfig(t, dir))
}

// A process may die after the validator has signed something for the next block and
// before anything else knows, in the middle of writing it down. It must not sign another thing in that round, and the
// chain must go on nevertheless.
func TestSignedAndForgotten(t *testing.T) {
	t.Parallel()
	for name, sign := range map[string]func(*privval.FilePV, int64) error{
		"proposal": func(v *privval.FilePV, height int64) error {
			return v.SignProposal("test", &cmtproto.Proposal{
				Type: cmtproto.ProposalType, Height: height, BlockID: forgotten, Timestamp: time.Now(),
			})
		},
		"prevote": func(v *privval.FilePV, height int64) error {
			return v.SignVote("test", &cmtproto.Vote{
				Type: cmtproto.PrevoteType, Height: height, BlockID: forgotten, Timestamp: time.Now(),
			})
		},
		"precommit in a later round": func(v *privval.FilePV, height int64) error {
			return v.SignVote("test", &cmtproto.Vote{
				Type: cmtproto.PrecommitType, Height: height, Round: 3, BlockID: forgotten, Timestamp: time.Now(),
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := testConfig(t, t.TempDir())
			c := open(t, cfg)
			start(t, c)
			commitAll(t, c, admitAll(t)...)
			stop(t, c)
			n := cfg.node()
			v := privval.LoadFilePV(n.PrivValidatorKeyFile(), n.PrivValidatorStateFile())
			torn, err := os.OpenFile(n.Consensus.WalFile(), os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := torn.Write([]byte("half of a rec")); err != nil {
				t.Fatal(err)
			}
			torn.Close()
			if err := sign(v, max(c.Height(), v.LastSignState.Height)+1); err != nil {
				t.Fatal(err)
			}
			c = open(t, cfg)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			if err := c.Start(ctx); err != nil {
				t.Fatal(err)
			}
			commitAll(t, c, deposit(t, "foundry", 1))
			sameAsReplay(t, c)
		})
	}
}

var forgotten = cmtproto.BlockID{
	Hash:          bytes.Repeat([]byte{7}, 32),
	PartSetHeader: cmtproto.PartSetHeader{Total: 1, Hash: bytes.Repeat([]byte{8}, 32)},
}

// One directory belongs to one process.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t, t.TempDir())
	c := startChild(t, cfg.Dir, 0)
	if !c.until("block") {
		t.Fatal(c.end())
	}
	if _, err := Open(cfg); !errors.Is(err, errInUse) || !strings.Contains(err.Error(), cfg.Dir) {
		t.Errorf("opened the directory of a running process: %v", err)
	}
	if _, err := OpenFolder(cfg.Dir, ""); !errors.Is(err, errInUse) {
		t.Errorf("opened the folder of a running process: %v", err)
	}
	from := len(c.said)
	for range 3 { // the process does not notice
		if !c.until("block") {
			t.Fatal(c.said[from:])
		}
	}
	c.cmd.Process.Kill()
	c.end()
	sameAsReplay(t, open(t, cfg))
}
