package abci

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"

	"torg"
	"torg/ledger"
)

// ran is the directory of a chain that ran, was stopped, and ran again, so that its
// databases have tables as well as journals.
func ran(t *testing.T) Config {
	t.Helper()
	cfg := testConfig(t, t.TempDir())
	cfg.Pause = 5 * time.Millisecond
	for run := range 2 {
		c := open(t, cfg)
		start(t, c)
		if run == 0 {
			commitAll(t, c, admitAll(t)...)
		}
		commitAll(t, c, deposit(t, "foundry", 1+run))
		stop(t, c)
	}
	return cfg
}

// copyDir copies a stopped chain, as no operator ever should.
func copyDir(t *testing.T, cfg Config) Config {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(cfg.Dir)); err != nil {
		t.Fatal(err)
	}
	cfg.Dir, cfg.Archive = to, filepath.Join(to, "archive")
	return cfg
}

// one returns the only file that matches a pattern in a chain's directory.
func one(t *testing.T, cfg Config, pattern string) string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(cfg.Dir, pattern))
	if err != nil || len(list) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(list), err)
	}
	return list[0]
}

func truncate(text []byte) []byte { return text[:len(text)/2] }
func empty([]byte) []byte         { return nil }

func replace(old, new string) func([]byte) []byte {
	return func(text []byte) []byte { return bytes.Replace(text, []byte(old), []byte(new), 1) }
}

// flip changes a bit every 64 bytes.
func flip(text []byte) []byte {
	for i := 20; i < len(text); i += 64 {
		text[i] ^= 1
	}
	return text
}

// Damage to what cannot be found again is refused in one line that names the place,
// and nothing is written.
func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	cfg := ran(t)
	for name, d := range map[string]struct {
		file   string
		damage func([]byte) []byte // nil: deleted
		names  string              // in the error; empty: the file
	}{
		"genesis cut":              {"config/genesis.json", truncate, ""},
		"genesis empty":            {"config/genesis.json", empty, ""},
		"genesis gone":             {"config/genesis.json", nil, ""},
		"genesis of another time":  {"config/genesis.json", replace(`"genesis_time": "2`, `"genesis_time": "3`), ""},
		"genesis with more fields": {"config/genesis.json", replace(`"ChainID"`, `"X": 1, "ChainID"`), ""},
		"genesis with other rules": {"config/genesis.json", replace(`"NoWorse": false`, `"NoWorse": true`), ""},
		"genesis of two minds":     {"config/genesis.json", replace(`"chain_id": "test"`, `"chain_id": "tent"`), ""},
		"key cut":                  {"keys/priv_validator_key.json", truncate, ""},
		"key gone":                 {"keys/priv_validator_key.json", nil, ""},
		"key without a key":        {"keys/priv_validator_key.json", func([]byte) []byte { return []byte("{}") }, ""},
		"key of another address":   {"keys/priv_validator_key.json", replace(`"address": "`, `"address": "00`), ""},
		"node key cut":             {"keys/node_key.json", truncate, ""},
		"node key gone":            {"keys/node_key.json", nil, ""},
		"node key without a key":   {"keys/node_key.json", func([]byte) []byte { return []byte("{}") }, ""},
		"signed cut":               {"data/priv_validator_state.json", truncate, ""},
		"signed empty":             {"data/priv_validator_state.json", empty, ""},
		"signed gone":              {"data/priv_validator_state.json", nil, ""},
		"signed long ago":          {"data/priv_validator_state.json", replace(`"height": "`, `"height": "-`), ""},
		"signed by nobody":         {"data/priv_validator_state.json", replace(`"signbytes": "`, `"signbytes": "00`), ""},
		"blocks' CURRENT cut":      {"data/blockstore.db/CURRENT", truncate, "blockstore.db"},
		"blocks' CURRENT gone":     {"data/blockstore.db/CURRENT", nil, ""},
		"blocks' MANIFEST cut":     {"data/blockstore.db/MANIFEST-*", truncate, "blockstore.db"},
		"blocks' MANIFEST gone":    {"data/blockstore.db/MANIFEST-*", nil, "blockstore.db"},
		"blocks' table flipped":    {"data/blockstore.db/*.ldb", flip, "data"},
		"blocks' table gone":       {"data/blockstore.db/*.ldb", nil, "blockstore.db"},
		"blocks' journal gone":     {"data/blockstore.db/*.log", nil, "data"},
		"state's CURRENT empty":    {"data/state.db/CURRENT", empty, "state.db"},
		"state's CURRENT gone":     {"data/state.db/CURRENT", nil, ""},
		"state's MANIFEST flipped": {"data/state.db/MANIFEST-*", flip, "state.db"},
		"state's table gone":       {"data/state.db/*.ldb", nil, "state.db"},
		"ledger's CURRENT gone":    {"data/application.db/CURRENT", nil, ""},
		"ledger's CURRENT flipped": {"data/application.db/CURRENT", func([]byte) []byte { return []byte("MANIFEST-999999\n") }, "application.db"},
		"ledger's MANIFEST cut":    {"data/application.db/MANIFEST-*", truncate, "application.db"},
		"ledger's table flipped":   {"data/application.db/*.ldb", flip, "application.db"},
		"ledger's table gone":      {"data/application.db/*.ldb", nil, "application.db"},
		"evidence's MANIFEST gone": {"data/evidence.db/MANIFEST-*", nil, "evidence.db"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := copyDir(t, cfg)
			path := one(t, cfg, d.file)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if d.damage == nil {
				err = os.Remove(path)
			} else {
				damaged := d.damage(bytes.Clone(text))
				if bytes.Equal(damaged, text) {
					t.Fatal("this does no damage")
				}
				err = os.WriteFile(path, damaged, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			before := sums(t, cfg.Dir)
			c, err := Open(cfg)
			if err == nil {
				c.Stop()
				t.Fatal("opened")
			}
			where := filepath.Join(cfg.Dir, "data", d.names)
			switch d.names {
			case "":
				where = path
			case "data":
				where = filepath.Join(cfg.Dir, "data")
			}
			if !strings.Contains(err.Error(), where) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q does not name %s in one line", err, where)
			}
			for name, sum := range sums(t, cfg.Dir) {
				if was, ok := before[name]; ok && was != sum {
					t.Errorf("%s was changed", name)
				}
			}
		})
	}
}

// sums are the checksums of the files that hold a chain's past. What the databases
// and the log write about themselves when they are opened is none of it.
func sums(t *testing.T, dir string) map[string][32]byte {
	t.Helper()
	list := map[string][32]byte{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if ext := filepath.Ext(path); ext != ".json" && ext != ".ldb" {
			return nil
		}
		text, err := os.ReadFile(path)
		list[path] = sha256.Sum256(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Damage to what can be found again is healed: the ledger's newest changes from the
// blocks, and the log of what consensus was about. Whatever was hit, the chain is
// refused or has the same past.
func TestDamagedJournals(t *testing.T) {
	t.Parallel()
	cfg := ran(t)
	was := open(t, copyDir(t, cfg))
	want := readAll(t, was)
	stop(t, was)
	for _, file := range []string{
		"data/application.db/*.log", "data/blockstore.db/*.log", "data/state.db/*.log", "data/cs.wal/wal",
	} {
		for name, damage := range map[string]func([]byte) []byte{"cut": truncate, "flipped": flip, "empty": empty} {
			t.Run(file+" "+name, func(t *testing.T) {
				t.Parallel()
				cfg := copyDir(t, cfg)
				path := one(t, cfg, file)
				text, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, damage(text), 0o600); err != nil {
					t.Fatal(err)
				}
				c, err := Open(cfg)
				if err != nil {
					t.Log(err)
					if strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), cfg.Dir) {
						t.Errorf("error %q does not name the place in one line", err)
					}
					return
				}
				defer c.Stop()
				if got := readAll(t, c); !bytes.Equal(asJSON(t, got), asJSON(t, want)) {
					t.Fatalf("%d blocks, not the same as before, which were %d", len(got), len(want))
				}
				sameAsReplay(t, c)
				start(t, c)
				commitAll(t, c, deposit(t, "foundry", 77))
				sameAsReplay(t, c)
			})
		}
	}
}

// What the next header commits to cannot be changed behind the reader's back.
func TestChangedResults(t *testing.T) {
	t.Parallel()
	cfg := ran(t)
	for name, change := range map[string]func(*abci.ResponseFinalizeBlock){
		"hash":         func(r *abci.ResponseFinalizeBlock) { r.AppHash[0] ^= 1 },
		"code":         func(r *abci.ResponseFinalizeBlock) { r.TxResults[0] = txResults([]torg.Refusal{torg.ErrFunds})[0] },
		"transactions": func(r *abci.ResponseFinalizeBlock) { r.TxResults = r.TxResults[1:] },
		"events":       func(r *abci.ResponseFinalizeBlock) { r.Events[0].Type = "tx" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := OpenFolder(copyDir(t, cfg).Dir, "")
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			var admission int64
			for _, b := range readAll(t, a) {
				for _, e := range b.Events {
					if e.Admitted != nil {
						admission = b.Height
					}
				}
			}
			r, err := a.blocks.states.LoadFinalizeBlockResponse(admission)
			if err != nil {
				t.Fatal(err)
			}
			change(r)
			if err := a.blocks.states.SaveFinalizeBlockResponse(admission, r); err != nil {
				t.Fatal(err)
			}
			err = a.Blocks(1, a.Height(), func(ledger.Committed) error { return nil })
			if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("block %d", admission)) {
				t.Errorf("block %d reads: %v", admission, err)
			}
		})
	}
}

func TestOtherGenesis(t *testing.T) {
	t.Parallel()
	cfg := ran(t)
	for name, d := range map[string]struct {
		change func(*ledger.Genesis)
		names  string
	}{
		"chain id": {func(g *ledger.Genesis) { g.ChainID = "other" }, `chain "test", not "other"`},
		"quote":    {func(g *ledger.Genesis) { s := *g.Complex.Supplier; s.Sell++; g.Complex.Supplier = &s }, "Complex differs"},
		"tariff":   {func(g *ledger.Genesis) { g.Tariffs = []torg.Tariff{{ID: "x"}} }, "Tariffs differs"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := cfg
			cfg.Genesis = testGenesis()
			d.change(&cfg.Genesis)
			_, err := Open(cfg)
			if err == nil || !strings.Contains(err.Error(), d.names) || !strings.Contains(err.Error(), "genesis.json") {
				t.Errorf("error %v does not say %q", err, d.names)
			}
		})
	}
	cfg.Genesis = ledger.Genesis{}
	c := open(t, cfg)
	if c.Genesis().ChainID != "test" {
		t.Errorf("asked for no genesis, found chain %q", c.Genesis().ChainID)
	}
}

// A set-up that was interrupted is finished, and one that cannot be is not begun.
func TestSetUp(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t, t.TempDir())
	c := open(t, cfg)
	stop(t, c)
	if err := os.Remove(filepath.Join(cfg.Dir, "config", "genesis.json")); err != nil {
		t.Fatal(err)
	}
	c = open(t, cfg)
	start(t, c)
	stop(t, c)

	cfg = testConfig(t, filepath.Join(t.TempDir(), "file"))
	if err := os.WriteFile(cfg.Dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(cfg); err == nil || !strings.Contains(err.Error(), cfg.Dir) {
		t.Errorf("a file in the place of the directory: %v", err)
	}
	cfg = testConfig(t, filepath.Join(t.TempDir(), "new"))
	cfg.Genesis.ChainID = ""
	if _, err := Open(cfg); err == nil {
		t.Error("a chain without an id")
	}
}
