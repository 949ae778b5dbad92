package abci

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/types"

	"torg"
	"torg/ledger"
)

// replayed replays a folder and returns what was checked and everything that is
// wrong, the error that ended it last.
func replayed(t testing.TB, dir string, from, to torg.Slot) (ledger.Checked, []string) {
	t.Helper()
	return replayedBeside(t, dir, "", from, to)
}

// replayedBeside does so with an archive beside the chain.
func replayedBeside(t testing.TB, dir, archived string, from, to torg.Slot) (ledger.Checked, []string) {
	t.Helper()
	var list []string
	a, err := OpenFolder(dir, archived)
	if err != nil {
		return ledger.Checked{}, []string{err.Error()}
	}
	defer a.Close()
	r, err := a.Replay()
	if err != nil {
		return ledger.Checked{}, []string{err.Error()}
	}
	c := ledger.NewChecker(a.Genesis(), from, to)
	say := func(problems []ledger.Problem) {
		for _, p := range problems {
			list = append(list, p.String())
		}
	}
	for r.Height() < a.Height() && !c.Over(r.View()) {
		b, err := r.Next()
		for _, f := range b.Faults {
			list = append(list, fmt.Sprintf("block %d: %s", b.Height, f))
		}
		if err != nil {
			list = append(list, fmt.Sprintf("block %d: %v", b.Height, err))
			break
		}
		say(c.Block(r.View(), b.Height, b.Made, b.Said))
		if err := r.Commit(); err != nil {
			t.Fatal(err)
		}
		say(c.Committed(r.View()))
	}
	n, problems := c.End(r.View())
	say(problems)
	return n, list
}

const always = math.MaxInt64

func TestReplay(t *testing.T) {
	t.Parallel()
	cfg, first := market(t, 6)
	for name, d := range map[string]struct {
		from, to torg.Slot
		want     ledger.Checked
	}{
		"all":               {math.MinInt64, always, ledger.Checked{Blocks: 32, Sessions: 7, Missed: 1, Discoveries: 12, Contracts: 12, First: first, Last: first + 6}},
		"from the third on": {first + 2, always, ledger.Checked{Blocks: 32, Sessions: 5, Missed: 1, Discoveries: 8, First: first + 2, Last: first + 6}},
		"one":               {first + 1, first + 1, ledger.Checked{Sessions: 1, Discoveries: 2, First: first + 1, Last: first + 1}},
		"none":              {first + 100, always, ledger.Checked{Blocks: 32}},
	} {
		t.Run(name, func(t *testing.T) {
			got, problems := replayed(t, copyDir(t, cfg).Dir, d.from, d.to)
			if len(problems) > 0 {
				t.Errorf("a chain that nobody touched: %q", problems)
			}
			if got.Contracts < got.Discoveries {
				t.Errorf("%d contracts of %d sessions", got.Contracts, got.Sessions)
			}
			got.Contracts, d.want.Contracts = 0, 0
			if d.want.Blocks == 0 { // it ends when the last session is settled
				if got.Blocks < 10 || got.Blocks > 25 {
					t.Errorf("%d blocks replayed for the second session", got.Blocks)
				}
				got.Blocks = 0
			}
			if got != d.want {
				t.Errorf("checked %+v, want %+v", got, d.want)
			}
		})
	}
}

// A chain that a node really ran, with nothing in it but deposits.
func TestReplayOfANode(t *testing.T) {
	t.Parallel()
	cfg := ran(t)
	n, problems := replayed(t, cfg.Dir, math.MinInt64, always)
	if len(problems) > 0 || n.Blocks < 4 {
		t.Errorf("%d blocks, %q", n.Blocks, problems)
	}
	sole := open(t, cfg)
	if _, problems := replayed(t, cfg.Dir, math.MinInt64, always); len(problems) != 1 || !strings.Contains(problems[0], "in use by another process") {
		t.Errorf("while a process runs it: %q", problems)
	}
	stop(t, sole)
}

// gate is the height of the block that clears the first discovery of one of the first two
// sessions.
func gate(n int) int64 { return int64(4 + 4*n) }

// edit changes what is stored of a block.
func edit(t *testing.T, a *Folder, height int64, change func(*abci.ResponseFinalizeBlock)) {
	t.Helper()
	r, err := a.blocks.states.LoadFinalizeBlockResponse(height)
	if err != nil {
		t.Fatal(err)
	}
	change(r)
	if err := a.blocks.states.SaveFinalizeBlockResponse(height, r); err != nil {
		t.Fatal(err)
	}
}

// editEvents changes the events that are stored of a block.
func editEvents(t *testing.T, a *Folder, height int64, change func([]ledger.Event) []ledger.Event) {
	t.Helper()
	edit(t, a, height, func(r *abci.ResponseFinalizeBlock) {
		block, err := a.blocks.block(height)
		if err != nil {
			t.Fatal(err)
		}
		txs := block.Txs.ToSliceOfBytes()
		text, err := eventsText(r.Events)
		if err != nil {
			t.Fatal(err)
		}
		events, err := parseEvents(text, txs)
		if err != nil {
			t.Fatal(err)
		}
		if r.Events, err = encodeEvents(change(events), txs); err != nil {
			t.Fatal(err)
		}
	})
}

// editBytes replaces bytes in the stored parts of a block.
func editBytes(t *testing.T, a *Folder, height int64, old, new []byte) {
	t.Helper()
	db, key := a.dbs.consensus["blockstore"], fmt.Appendf(nil, "P:%d:0", height)
	text, err := db.Get(key)
	if err != nil || !bytes.Contains(text, old) {
		t.Fatalf("block %d does not have %x: %v", height, old, err)
	}
	if err := db.SetSync(key, bytes.Replace(text, old, new, 1)); err != nil {
		t.Fatal(err)
	}
}

// rewrite puts a block with other transactions, and right hashes, in the place of one.
func rewrite(t *testing.T, a *Folder, height int64, txs ...types.Tx) {
	t.Helper()
	block, meta := a.blocks.blocks.LoadBlock(height), a.blocks.blocks.LoadBlockMeta(height)
	again := types.MakeBlock(height, txs, block.LastCommit, nil)
	block.Data, block.DataHash = again.Data, again.DataHash
	parts, err := block.MakePartSet(types.BlockPartSizeBytes)
	if err != nil {
		t.Fatal(err)
	}
	meta.BlockID = types.BlockID{Hash: block.Header.Hash(), PartSetHeader: parts.Header()}
	part, err := parts.GetPart(0).ToProto()
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]interface{ Marshal() ([]byte, error) }{
		fmt.Sprintf("P:%d:0", height): part, fmt.Sprintf("H:%d", height): meta.ToProto(),
	} {
		text, err := value.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if err := a.dbs.consensus["blockstore"].SetSync([]byte(key), text); err != nil {
			t.Fatal(err)
		}
	}
}

// Whatever is changed in a chain's databases is found and named.
func TestReplayFindsDamage(t *testing.T) {
	t.Parallel()
	cfg, first := market(t, 4)
	second := cfg.Genesis.Calendar.Session(first + 1)
	at := func(height int64) string { return fmt.Sprintf("block %d: ", height) }
	for name, d := range map[string]struct {
		damage func(t *testing.T, a *Folder)
		want   []string // in the lines, in their order; the last may be followed by more
		more   bool
	}{
		"a byte of a transaction": {func(t *testing.T, a *Folder) {
			// The factory's limit, in the canonical bytes of its order.
			b := readBlock(t, a, gate(1)-1)
			tx := b.Txs[0]
			flipped := bytes.Clone(tx)
			flipped[len(flipped)-12] ^= 1
			editBytes(t, a, gate(1)-1, tx, flipped)
		}, []string{at(gate(1)-1) + "Block msg from proto error: wrong Header.DataHash"}, false},
		"a price": {func(t *testing.T, a *Folder) {
			editEvents(t, a, gate(1), func(e []ledger.Event) []ledger.Event {
				e[0].Cleared.Outcome.Prices[0].Price++
				return e
			})
		}, []string{
			"session " + second + ": " + at(gate(1)) + "event 0: Cleared.Outcome.Prices[0].Price is ",
			"session " + second + ": " + at(gate(1)) + "discovery 1 does not hold on its 2 orders: ",
		}, false},
		"a contract": {func(t *testing.T, a *Folder) {
			editEvents(t, a, gate(1), func(e []ledger.Event) []ledger.Event {
				e[0].Cleared.Contracts[0].Energy--
				return e
			})
		}, []string{"event 0: Cleared.Contracts[0].", "contracts are not its"}, false},
		"a posting": {func(t *testing.T, a *Folder) {
			editEvents(t, a, gate(1), func(e []ledger.Event) []ledger.Event {
				e[1].Posting.Amount = e[1].Posting.Amount.Add(e[1].Posting.Amount)
				return e
			})
		}, []string{"session " + second + ": " + at(gate(1)) + "event 1: Posting.Amount"}, false},
		"an event less": {func(t *testing.T, a *Folder) {
			editEvents(t, a, gate(1), func(e []ledger.Event) []ledger.Event { return e[:len(e)-1] })
		}, []string{"session " + second + ": " + at(gate(1))}, false},
		"no events": {func(t *testing.T, a *Folder) {
			edit(t, a, gate(1), func(r *abci.ResponseFinalizeBlock) { r.Events = nil })
		}, []string{"0 events, the rules make "}, false},
		"events of another program": {func(t *testing.T, a *Folder) {
			edit(t, a, gate(1), func(r *abci.ResponseFinalizeBlock) { r.Events[0].Type = "x" })
		}, []string{at(gate(1)) + "its results: events: not written by this program"}, false},
		"a code": {func(t *testing.T, a *Folder) {
			edit(t, a, gate(1)-1, func(r *abci.ResponseFinalizeBlock) {
				r.TxResults[0] = txResults([]torg.Refusal{torg.ErrFunds})[0]
			})
		}, []string{at(gate(1)-1) + "transaction 0 is refused as funds, the rules say accepted"}, false},
		"the app hash of a result": {func(t *testing.T, a *Folder) {
			edit(t, a, gate(1), func(r *abci.ResponseFinalizeBlock) { r.AppHash[0] ^= 1 })
		}, []string{at(gate(1)) + "app hash "}, false},
		"the app hash in a header": {func(t *testing.T, a *Folder) {
			hash := a.blocks.blocks.LoadBlockMeta(gate(1) + 1).Header.AppHash
			other := bytes.Clone(hash)
			other[0] ^= 1
			editBytes(t, a, gate(1)+1, hash, other)
		}, []string{at(gate(1)) + "app hash ", at(gate(1)+1) + "not the block with its hash"}, false},
		"a block made again": {func(t *testing.T, a *Folder) {
			rewrite(t, a, gate(1)-1)
		}, []string{at(gate(1)-1) + "not the block that the next one follows", at(gate(1)-1) + "app hash"}, true},
		"the newest block made again": {func(t *testing.T, a *Folder) {
			rewrite(t, a, a.Height())
		}, []string{at(22) + "its votes: "}, true},
		"a block lost": {func(t *testing.T, a *Folder) {
			if err := a.dbs.consensus["blockstore"].DeleteSync(fmt.Appendf(nil, "P:%d:0", gate(1))); err != nil {
				t.Fatal(err)
			}
		}, []string{at(gate(1)) + "the block is missing"}, false},
		"a block unreadable": {func(t *testing.T, a *Folder) {
			if err := a.dbs.consensus["blockstore"].SetSync(fmt.Appendf(nil, "P:%d:0", gate(1)), []byte("x")); err != nil {
				t.Fatal(err)
			}
		}, []string{at(gate(1)) + "unmarshal"}, false},
		"blocks pruned": {func(t *testing.T, a *Folder) {
			state, err := a.blocks.states.Load()
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := a.blocks.blocks.PruneBlocks(gate(1), state); err != nil {
				t.Fatal(err)
			}
		}, []string{"blocks 1 to 7 were pruned, and their archive is missing"}, false},
		"results lost": {func(t *testing.T, a *Folder) {
			if err := a.dbs.consensus["state"].DeleteSync(fmt.Appendf(nil, "abciResponsesKey:%d", gate(1))); err != nil {
				t.Fatal(err)
			}
		}, []string{at(gate(1)) + "its results: "}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copyDir(t, cfg).Dir
			a, err := OpenFolder(dir, "")
			if err != nil {
				t.Fatal(err)
			}
			d.damage(t, a)
			a.Close()
			_, got := replayed(t, dir, math.MinInt64, always)
			for i, want := range d.want {
				if i >= len(got) || !strings.Contains(got[i], want) || strings.Contains(got[i], "\n") {
					t.Fatalf("line %d of\n%s\ndoes not say %q in one line", i, strings.Join(got, "\n"), want)
				}
			}
			if len(got) > len(d.want) && !d.more {
				t.Errorf("more lines than %d:\n%s", len(d.want), strings.Join(got, "\n"))
			}
		})
	}
}

func readBlock(t *testing.T, a *Folder, height int64) *types.Block {
	t.Helper()
	b, err := a.blocks.block(height)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Sessions replayed a second: two orders, two discoveries and two readings each.
func BenchmarkReplay(b *testing.B) {
	const sessions = 200
	cfg, _ := market(b, sessions)
	for b.Loop() {
		if n, problems := replayed(b, cfg.Dir, math.MinInt64, always); n.Sessions != sessions+1 || len(problems) > 0 {
			b.Fatal(n, problems)
		}
	}
	b.ReportMetric(float64(sessions)*float64(b.N)/b.Elapsed().Seconds(), "sessions/s")
}
