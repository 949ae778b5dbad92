package abci

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"torg"
	"torg/canon"
	"torg/ledger"
	"torg/ledger/kvmem"
)

// testGenesis is an unsigned market of one zone, in which signatures do not get in
// the way of what is tested here.
func testGenesis() ledger.Genesis {
	return ledger.Genesis{
		ChainID: "test",
		Complex: torg.Complex{
			Zones:   []torg.ZoneID{"z1"},
			Pricing: torg.Split,
			Supplier: &torg.Supplier{
				Participant: "supplier", Zone: "z1", Sell: 7_20000, Buy: 1_10000,
				Import: torg.Unlimited, Export: torg.Unlimited,
			},
		},
		Calendar:   torg.Calendar{Interval: 30 * time.Second},
		Settlement: time.Hour,
		Deadline:   time.Hour,
		PriceCap:   21_60000,
		Timezone:   "UTC",
		Unsigned:   true,
	}
}

func testConfig(t testing.TB, dir string) Config {
	return Config{Dir: dir, Archive: filepath.Join(dir, "archive"), Genesis: testGenesis(), Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
}

// open opens a chain that stops when the test ends.
func open(t testing.TB, cfg Config) *Chain {
	t.Helper()
	c, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Stop() })
	return c
}

func start(t testing.TB, c *Chain) {
	t.Helper()
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func stop(t testing.TB, c *Chain) {
	t.Helper()
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
}

func encode(t testing.TB, b ledger.Body) []byte {
	t.Helper()
	tx, err := ledger.Encode("test", b, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

// deposit is a transaction of its own for every n.
func deposit(t testing.TB, p torg.ParticipantID, n int) []byte {
	return encode(t, ledger.Deposit{Participant: p, Amount: torg.Money(n), Reference: fmt.Sprintf("payment %d", n)})
}

// admitAll are the transactions that admit two participants with a site each.
func admitAll(t testing.TB) [][]byte {
	var txs [][]byte
	for _, p := range []torg.ParticipantID{"foundry", "factory"} {
		txs = append(txs, encode(t, ledger.Admit{Participant: p, Sites: []torg.Site{{
			ID: torg.SiteID(p + "-1"), Participant: p, Zone: "z1", Role: torg.Plant, CapacityW: 2_000_000,
		}}}))
	}
	return txs
}

// commitAll submits transactions and waits until they are committed.
func commitAll(t testing.TB, c *Chain, txs ...[]byte) {
	t.Helper()
	for _, tx := range txs {
		if err := c.Submit(t.Context(), tx); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Pass(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
}

// seen collects what a chain's watcher gets.
type seen struct {
	mu     sync.Mutex
	blocks []ledger.Committed
}

func watch(c *Chain) *seen {
	s := &seen{}
	c.Watch(func(b ledger.Committed) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.blocks = append(s.blocks, b)
	})
	return s
}

func (s *seen) all() []ledger.Committed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.blocks)
}

// readAll returns all blocks of a chain.
func readAll(t testing.TB, c interface {
	Height() int64
	Blocks(from, to int64, f func(ledger.Committed) error) error
}) []ledger.Committed {
	t.Helper()
	var list []ledger.Committed
	if err := c.Blocks(1, c.Height(), func(b ledger.Committed) error {
		list = append(list, b)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

func asJSON(t testing.TB, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// dump is a KV's content in order.
func dump(kv ledger.KV) []byte {
	var w canon.Writer
	kv.Ascend(nil, func(key, value []byte) bool {
		w.Blob(key)
		w.Blob(value)
		return true
	})
	return w.Bytes()
}

// sameAsReplay compares a chain's state with that of a fresh ledger in memory which
// gets all its blocks, and their results with what that ledger says they do.
func sameAsReplay(t testing.TB, c *Chain) {
	t.Helper()
	kv := &kvmem.KV{}
	l := ledger.New(kv)
	if err := l.Init(c.Genesis()); err != nil {
		t.Fatal(err)
	}
	blocks := readAll(t, c)
	for i, b := range blocks {
		if b.Height != int64(i+1) {
			t.Fatalf("block %d is in the place of %d", b.Height, i+1)
		}
		r := l.Apply(b.Block)
		l.Commit()
		if got, want := asJSON(t, b.Result), asJSON(t, r); !bytes.Equal(got, want) {
			t.Fatalf("block %d did\n%s, a replay\n%s", b.Height, got, want)
		}
	}
	c.app.mu.Lock()
	defer c.app.mu.Unlock()
	if c.store.version != int64(len(blocks)) {
		t.Fatalf("state of block %d after %d blocks", c.store.version, len(blocks))
	}
	if !bytes.Equal(dump(c.store), dump(kv)) {
		t.Fatalf("the state after %d blocks differs from that of a replay", len(blocks))
	}
}
