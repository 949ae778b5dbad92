package abci

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"

	"torg/canon"
	"torg/ledger"
	"torg/sign"
)

// update writes what is pinned anew: go test ./ledger/abci -run TestPinned -update.
// Blocks that are there are kept and only their hashes are written; delete the file
// with the blocks to have new ones made.
var update = flag.Bool("update", false, "write testdata/pinned anew from what this program does")

const pinnedHelp = "If rules, encodings or formats were not meant to change, this is a fault. If they were: data folders of before do not go on with this program. " +
	"Read them still, or raise protocol in app.go and datadir.Version and say so in the changelog; then pin the new state with go test ./ledger/abci -run TestPinned -update"

func pinnedFile(name string) string { return filepath.Join("testdata", "pinned", name) }

// pinnedRun is blocks with the genesis of their chain, as a file keeps them.
type pinnedRun struct {
	genesis ledger.Genesis
	blocks  []ledger.Block
}

func (p pinnedRun) encode(t *testing.T) []byte {
	var w canon.Writer
	w.Blob(asJSON(t, p.genesis))
	canon.AppendList(&w, p.blocks, func(w *canon.Writer, b ledger.Block) {
		w.I64(b.Height)
		w.I64(b.Time.UnixNano())
		canon.AppendList(w, b.Txs, (*canon.Writer).Blob)
	})
	var small bytes.Buffer
	z, err := flate.NewWriter(&small, flate.BestCompression)
	if err == nil {
		_, err = z.Write(w.Bytes())
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return small.Bytes()
}

func readPinned(t *testing.T, small []byte) pinnedRun {
	t.Helper()
	text, err := io.ReadAll(flate.NewReader(bytes.NewReader(small)))
	if err != nil {
		t.Fatal(err)
	}
	r := canon.NewReader(text)
	doc := r.Blob(1 << 20)
	p := pinnedRun{blocks: canon.ReadList(r, 1<<20, func(r *canon.Reader) ledger.Block {
		return ledger.Block{Height: r.I64(), Time: time.Unix(0, r.I64()).UTC(), Txs: canon.ReadList(r, 1<<20, func(r *canon.Reader) []byte { return r.Blob(1 << 24) })}
	})}
	if err := errors.Join(r.Done(), json.Unmarshal(doc, &p.genesis)); err != nil {
		t.Fatal(err)
	}
	return p
}

// The same blocks make the same of this program as of those before it, to the bit:
// an unsigned chain's, and a signed chain's with keys and signatures from the file,
// whose private halves are gone.
func TestPinnedHashes(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string]func() sign.Keyring{"unsigned": func() sign.Keyring { return nil }, "signed": randomKeys} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			small, err := os.ReadFile(pinnedFile(name + ".blocks"))
			if *update && errors.Is(err, fs.ErrNotExist) {
				small, err = makePinned(t, keys()), nil
				writeFile(t, pinnedFile(name+".blocks"), small)
			}
			if err != nil {
				t.Fatal(err)
			}
			p := readPinned(t, small)
			var said strings.Builder
			var did kinds
			i := newInstance(t, name, p.genesis)
			for _, b := range p.blocks {
				r := i.finalize(b)
				i.commit()
				did.add(i.done[len(i.done)-1].Result)
				fmt.Fprintf(&said, "%d %x", b.Height, r.AppHash)
				for _, c := range refusals(r.TxResults) {
					fmt.Fprintf(&said, " %s", max(c, "ok"))
				}
				fmt.Fprintf(&said, " %d events\n", len(i.done[len(i.done)-1].Events))
			}
			if did.accepted < 50 || did.refused < 20 || did.contracts < 5 || did.settled == 0 || did.months == 0 {
				t.Errorf("what is pinned is too little: %+v", did)
			}
			if *update {
				writeFile(t, pinnedFile(name+".txt"), []byte(said.String()))
			}
			want, err := os.ReadFile(pinnedFile(name + ".txt"))
			if err != nil {
				t.Fatal(err)
			}
			comparePinned(t, said.String(), string(want))
		})
	}
}

// comparePinned names the first block that does something else than is pinned.
func comparePinned(t *testing.T, got, want string) {
	t.Helper()
	lines := strings.Split(want, "\n")
	for i, line := range strings.Split(got, "\n") {
		if i >= len(lines) || line != lines[i] {
			t.Fatalf("block %d makes another state than is pinned:\n%s\n%s\n%s", i+1, line, lines[min(i, len(lines)-1)], pinnedHelp)
		}
	}
}

func makePinned(t *testing.T, keys sign.Keyring) []byte {
	w := newRandomWorld(t, 7, keys)
	p := pinnedRun{genesis: w.g}
	for range 120 {
		b, _ := w.block()
		p.blocks = append(p.blocks, b)
	}
	return p.encode(t)
}

func writeFile(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, text, 0o644)); err != nil {
		t.Fatal(err)
	}
}

// folderKey is the key of the validator of the folder below: it is made here, so that
// no private key is kept in a file.
func folderKey() ed25519.PrivKey { return ed25519.GenPrivKeyFromSecret([]byte("a folder of old")) }

// layFolderKeys puts the validator's and the node's key into a chain's folder.
func layFolderKeys(t *testing.T, cfg Config) {
	t.Helper()
	n := cfg.withDefaults().node()
	for _, path := range []string{n.PrivValidatorKeyFile(), n.PrivValidatorStateFile()} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	validator := privval.NewFilePV(folderKey(), n.PrivValidatorKeyFile(), n.PrivValidatorStateFile())
	validator.Key.Save()
	if _, err := os.Stat(n.PrivValidatorStateFile()); errors.Is(err, fs.ErrNotExist) {
		validator.LastSignState.Save()
	}
	node := p2p.NodeKey{PrivKey: folderKey()}
	if err := node.SaveAs(n.NodeKeyFile()); err != nil {
		t.Fatal(err)
	}
}

// A folder that an earlier build wrote opens, has the height, hash and balances that
// it had, and goes on.
func TestPinnedFolder(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t, t.TempDir())
	cfg.Pause = 5 * time.Millisecond
	if *update {
		writeFolder(t)
	}
	unzip(t, pinnedFile("folder.zip"), cfg.Dir)
	cfg.Genesis = ledger.Genesis{} // whatever it was born with
	layFolderKeys(t, cfg)
	text, err := os.ReadFile(pinnedFile("folder.txt"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := OpenFolder(cfg.Dir, "")
	if err != nil {
		t.Fatalf("the archive of an earlier build: %v\n%s", err, pinnedHelp)
	}
	blocks := readAll(t, a)
	a.Close()
	later := &clock{t: blocks[len(blocks)-1].Time.Add(time.Minute)} // after the votes for it, which date the next
	cfg.Now = later.now
	c, err := Open(cfg)
	if err != nil {
		t.Fatalf("a folder of an earlier build: %v\n%s", err, pinnedHelp)
	}
	defer c.Stop()
	if got := describe(c); got != string(text) {
		t.Fatalf("a folder of an earlier build has\n%s, it had\n%s\n%s", got, text, pinnedHelp)
	}
	height := c.Height()
	start(t, c)
	before, _, _ := balance(c, "foundry")
	if b := committed(t, c, deposit(t, "foundry", 12345)); b.Height <= height || b.Codes[0] != "" {
		t.Errorf("block %d after %d: %q", b.Height, height, b.Codes)
	}
	if after, _, _ := balance(c, "foundry"); after != before.Add(mustCost("123.45")) {
		t.Errorf("the foundry had %s and has %s", before, after)
	}
	stop(t, c)
	if found, problems := replayed(t, cfg.Dir, math.MinInt64, always); len(problems) > 0 || found.Sessions == 0 {
		t.Errorf("a replay of %d sessions finds %q\n%s", found.Sessions, problems, pinnedHelp)
	}
}
