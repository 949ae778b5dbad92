package abci

import (
	"bytes"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	cosmosdb "github.com/cosmos/cosmos-db"

	"torg"
	"torg/ledger"
)

// clock is a clock that stands until it is set.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
}

// committed submits a transaction and waits for a block with it.
func committed(t *testing.T, c *Chain, tx []byte) ledger.Committed {
	t.Helper()
	from := c.Height()
	if err := c.Submit(t.Context(), tx); err != nil {
		t.Fatal(err)
	}
	for height := from + 1; ; height++ {
		commitsTo(t, c, height)
		var found *ledger.Committed
		if err := c.Blocks(height, height, func(b ledger.Committed) error {
			for _, have := range b.Txs {
				if bytes.Equal(have, tx) {
					found = &b
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if found != nil {
			return *found
		}
	}
}

// A chain that rests dates its next block by votes of long ago. An order that is sent
// after the gate does not slip into such a block: no validator lets it wait.
func TestAttackByLateOrdersOnAnIdleChain(t *testing.T) {
	t.Parallel()
	cal := testGenesis().Calendar
	slot := cal.At(time.Date(2026, 1, 12, 9, 0, 0, 0, time.UTC))
	clock := &clock{t: cal.Opens(slot).Add(time.Second)}
	cfg := testConfig(t, t.TempDir())
	cfg.Pause, cfg.Idle, cfg.Now = 5*time.Millisecond, time.Hour, clock.now
	c := open(t, cfg)
	start(t, c)
	order := func(sequence uint32) []byte {
		return encode(t, ledger.Orders{Slot: slot, Discovery: 1, Orders: []ledger.SignedOrder{{Order: torg.Order{
			ID: torg.NewOrderID("foundry-1", cal.Session(slot), 1), Participant: "foundry", Site: "foundry-1", Zone: "z1",
			Slot: slot, Discovery: 1, Sequence: sequence, Side: torg.Sell, Energy: 1000, Limit: 2_00000,
		}}}})
	}
	committed(t, c, admitAll(t)[0])
	committed(t, c, deposit(t, "foundry", 1_000_00))
	b := committed(t, c, order(1))
	if b.Codes[0] != "" || !b.Time.Before(cal.GateClosure(slot, 1)) {
		t.Fatalf("an order in time: %q in a block of %s", b.Codes, b.Time)
	}
	commitsTo(t, c, b.Height+1) // the block that follows a new hash; then the chain rests
	clock.set(cal.GateClosure(slot, 1))
	if err := c.Submit(t.Context(), order(2)); torg.RefusalOf(err) != torg.ErrGateClosed {
		t.Errorf("an order at the gate, on a chain that rests: %v", err)
	}
	clock.set(cal.GateClosure(slot, 1).Add(5 * time.Second))
	if err := c.Submit(t.Context(), order(3)); torg.RefusalOf(err) != torg.ErrGateClosed {
		t.Errorf("an order after the gate, on a chain that rests: %v", err)
	}
	if b := committed(t, c, deposit(t, "foundry", 1)); !b.Time.Before(cal.GateClosure(slot, 1)) {
		t.Errorf("the next block is of %s, so it had nothing to slip under", b.Time)
	}
}

// The same bytes a thousand times wait once and are in one block; ticks, which
// anybody can make without end, wait one at a time.
func TestAttackByFlood(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t, t.TempDir())
	cfg.Idle = time.Hour
	c := open(t, cfg)
	start(t, c)
	commitAll(t, c, admitAll(t)...)
	tx := deposit(t, "foundry", 1)
	slot := cfg.Genesis.Calendar.At(time.Now()) + 1
	ticks := 0
	for n := range 1000 {
		if err := c.Submit(t.Context(), tx); err != nil && torg.RefusalOf(err) != torg.ErrDuplicate {
			t.Fatal(err)
		}
		switch err := c.Submit(t.Context(), encode(t, ledger.Tick{Slot: slot, Attempt: uint32(n)})); {
		case err == nil:
			ticks++
		case torg.RefusalOf(err) != torg.ErrDuplicate:
			t.Fatal(err)
		}
		if waiting := c.node.Mempool().Size(); waiting > 4 {
			t.Fatalf("%d transactions wait after %d times two", waiting, n)
		}
	}
	if err := c.Pass(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	stop(t, c)
	a, err := OpenFolder(cfg.Dir, cfg.Archive)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	deposits, blocks := 0, 0
	for _, b := range readAll(t, a) {
		blocks++
		for _, have := range b.Txs {
			if bytes.Equal(have, tx) {
				deposits++
			}
		}
	}
	if deposits != 1 || ticks > blocks {
		t.Errorf("%d deposits and %d ticks in %d blocks", deposits, ticks, blocks)
	}
}

// Whoever owns a validator's disk can write a right checksum beside a wrong value.
// The state is then not opened: its hash is recomputed from what it says.
func TestAttackOnTheStateOnDisk(t *testing.T) {
	t.Parallel()
	cfg := ran(t)
	for name, d := range map[string]struct {
		key  string // in the record of the database
		from int    // the byte that is changed, from the end
		says string
	}{
		"a site's capacity":      {"Sfoundry-1", 13, "was changed"},
		"the ledger's head":      {"torg/head", 0, "the ledger's head"},
		"a participant's record": {"Pfoundry", 1, "was changed"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := copyDir(t, cfg)
			db, err := cosmosdb.NewGoLevelDB(applicationDB, filepath.Join(cfg.Dir, "data"), nil)
			if err != nil {
				t.Fatal(err)
			}
			changed := 0
			it, err := db.Iterator(nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			for ; it.Valid(); it.Next() {
				value := bytes.Clone(it.Value())
				switch {
				case bytes.HasPrefix(it.Key(), []byte(d.key)):
					value[15] ^= 1 // of the height, after the version
				case d.from > 0 && value[0] == 0 && bytes.Contains(value, []byte(d.key)): // a leaf: its height is 0
					value[len(value)-d.from] ^= 1
				default:
					continue
				}
				changed++
				if err := db.SetSync(bytes.Clone(it.Key()), value); err != nil {
					t.Fatal(err)
				}
			}
			it.Close()
			db.Close()
			if changed == 0 {
				t.Fatal("there is nothing to change")
			}
			c, err := Open(cfg)
			if err == nil {
				c.Stop()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), "application.db") || !strings.Contains(err.Error(), d.says) {
				t.Errorf("error %v does not say %q", err, d.says)
			}
		})
	}
}
