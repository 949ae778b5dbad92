package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	cmtdb "github.com/cometbft/cometbft-db"

	"torg"
	"torg/datadir"
	"torg/ledger"
	"torg/ledger/abci"
)

// timeline dates a node's votes, so that a test need not wait for a gate. CometBFT takes
// no block from more than a minute ahead.
type timeline struct {
	mu  sync.Mutex
	now time.Time
}

func (c *timeline) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *timeline) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// tradedFolder is the data folder of a chain that a node ran for one session, and that
// session's slot.
func tradedFolder(t *testing.T) (dir string, slot torg.Slot) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir = t.TempDir()
	place, err := datadir.Open(dir, "test", nil, 0)
	check(err)
	check(place.Close())
	clock := &timeline{now: time.Now()}
	g := ledger.Genesis{
		ChainID: place.Meta.ChainID,
		Complex: torg.Complex{Zones: []torg.ZoneID{"z1"}, Pricing: torg.Split, Supplier: &torg.Supplier{
			Participant: "supplier", Zone: "z1", Sell: 7_20000, Buy: 1_10000, Import: torg.Unlimited, Export: torg.Unlimited,
		}},
		Calendar: torg.Calendar{Interval: 30 * time.Second}, Settlement: time.Minute, Deadline: time.Hour,
		PriceCap: 21_60000, Timezone: "UTC", Unsigned: true,
	}
	chain, err := abci.Open(abci.Config{
		Dir: filepath.Join(dir, "chain"), Archive: filepath.Join(dir, "archive"), Genesis: g, Log: slog.New(slog.DiscardHandler),
		Pause: 5 * time.Millisecond, Idle: 20 * time.Millisecond, Now: clock.Now,
	})
	check(err)
	defer chain.Stop()
	blocks := make(chan time.Time, 1<<16)
	chain.Watch(func(c ledger.Committed) { blocks <- c.Time })
	check(chain.Start(t.Context()))
	until := func(at time.Time) {
		for clock.set(at); (<-blocks).Before(at); {
		}
	}
	submit := func(b ledger.Body) {
		t.Helper()
		tx, err := ledger.Encode(g.ChainID, b, nil)
		check(err)
		check(chain.Submit(t.Context(), tx))
	}
	slot = g.Calendar.At(time.Now()) + 2
	until(g.Calendar.Opens(slot))
	for i, p := range []torg.ParticipantID{"foundry", "factory"} {
		submit(ledger.Admit{Participant: p, Sites: []torg.Site{{ID: torg.SiteID(p), Participant: p, Zone: "z1", Role: torg.Plant, CapacityW: 2_000_000}}})
		submit(ledger.Deposit{Participant: p, Amount: 100_000_00, Reference: string(p)})
		until(g.Calendar.Opens(slot).Add(time.Duration(i+1) * time.Second))
		submit(ledger.Orders{Slot: slot, Discovery: 1, Orders: []ledger.SignedOrder{{Order: torg.Order{
			ID: torg.NewOrderID(torg.SiteID(p), g.Calendar.Session(slot), 1), Participant: p, Site: torg.SiteID(p), Zone: "z1",
			Slot: slot, Discovery: 1, Sequence: 1, Side: []torg.Side{torg.Sell, torg.Buy}[i], Energy: 2000, Limit: []torg.Price{2_00000, 6_00000}[i],
		}}}})
	}
	until(g.Calendar.GateClosure(slot, 1).Add(-time.Second))
	until(g.Calendar.GateClosure(slot, 1))
	until(g.Calendar.GateClosure(slot, 2))
	until(g.Calendar.GateClosure(slot, 2).Add(time.Second))
	check(chain.Stop())
	return dir, slot
}

// damage replaces what a database of a stopped chain has under a key; nil deletes it.
func damage(t *testing.T, dir, database, key string, change func([]byte) []byte) {
	t.Helper()
	db, err := cmtdb.NewGoLevelDB(database, filepath.Join(dir, "chain", "data"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	text, err := db.Get([]byte(key))
	if err != nil || len(text) == 0 {
		t.Fatalf("%s has no %s: %v", database, key, err)
	}
	if text = change(text); text == nil {
		err = db.DeleteSync([]byte(key))
	} else {
		err = db.SetSync([]byte(key), text)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// heights are those of the first block with an order, of the one that clears the first
// discovery, and of the newest.
func heights(t *testing.T, dir string) (order, gate, newest int64) {
	t.Helper()
	a, err := abci.OpenFolder(filepath.Join(dir, "chain"), filepath.Join(dir, "archive"))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := a.Blocks(1, a.Height(), func(c ledger.Committed) error {
		for _, e := range c.Events {
			if e.Order != nil && order == 0 {
				order = c.Height
			}
			if e.Cleared != nil && e.Cleared.Discovery == 1 {
				gate = c.Height
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if order == 0 || gate == 0 {
		t.Fatalf("orders in block %d, cleared in %d", order, gate)
	}
	return order, gate, a.Height()
}

func copied(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestLedgerReplay(t *testing.T) {
	dir, slot := tradedFolder(t)
	session := torg.Calendar{Interval: 30 * time.Second}.Session(slot)
	order, gate, newest := heights(t, dir)

	for name, args := range map[string][]string{
		"all": nil, "from": {"--from", session}, "to": {"--to", session}, "one": {"--from", session, "--to", session},
	} {
		status, out, errs := command(t, append([]string{"ledger", "replay", "--data", dir}, args...)...)
		for _, want := range []string{
			fmt.Sprintf("%d of %d blocks replayed in ", newest, newest),
			fmt.Sprintf(": 1 sessions (%s to %s, 0 missed), 2 discoveries verified, 1 contracts, all accounts sum to 0 RUB\n", session, session),
			"Prices, contracts and balances are what the chain says.\n",
		} {
			if status != 0 || errs != "" || !strings.Contains(out, want) {
				t.Errorf("%s: exit status %d, %s%s, want %q", name, status, out, errs, want)
			}
		}
	}
	for name, d := range map[string]struct {
		database, key string
		change        func([]byte) []byte
		want          string
	}{
		"a transaction": {"blockstore", fmt.Sprintf("P:%d:0", order), flipMiddle, fmt.Sprintf("session %s: block %d: ", session, order)},
		"a result": {"state", fmt.Sprintf("abciResponsesKey:%d", gate), func([]byte) []byte { return nil },
			fmt.Sprintf("session %s: block %d: its results: ", session, gate)},
		"a block": {"blockstore", fmt.Sprintf("P:%d:0", gate), func([]byte) []byte { return nil },
			fmt.Sprintf("session %s: block %d: the block is missing; the replay ends here\n", session, gate)},
	} {
		other := copied(t, dir)
		damage(t, other, d.database, d.key, d.change)
		status, out, errs := command(t, "ledger", "replay", "--data", other)
		if status != 1 || !strings.Contains(out, d.want) || !strings.Contains(out, " blocks replayed in ") || !strings.Contains(errs, other) {
			t.Errorf("%s: exit status %d, %s%s, want %q", name, status, out, errs, d.want)
		}
	}
}

// flipMiddle flips a bit in the middle of a block's first part.
func flipMiddle(part []byte) []byte {
	part[len(part)/2] ^= 1
	return part
}

func TestLedgerReplayUsage(t *testing.T) {
	dir, first := tradedFolder(t)
	cal := torg.Calendar{Interval: 30 * time.Second}
	empty := t.TempDir()
	bare := t.TempDir()
	place, err := datadir.Open(bare, "test", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := place.Close(); err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]struct {
		args []string
		want string
	}{
		"no folder":         {[]string{"--data", filepath.Join(empty, "none")}, "no data folder"},
		"another's folder":  {[]string{"--data", empty}, "no data folder"},
		"without a chain":   {[]string{"--data", bare}, "genesis.json"},
		"no session":        {[]string{"--data", dir, "--from", "yesterday"}, `--from: session "yesterday"`},
		"no slot's start":   {[]string{"--data", dir, "--to", "20261122T143031Z"}, "--to: session"},
		"the wrong way":     {[]string{"--data", dir, "--from", cal.Session(first + 1), "--to", cal.Session(first)}, "is after --to"},
		"after the newest":  {[]string{"--data", dir, "--from", cal.Session(first + 1000)}, "the newest block is of session"},
		"before the first":  {[]string{"--data", dir, "--to", cal.Session(first - 1000)}, "no session of the chain is in the range"},
		"an unknown flag":   {[]string{"--data", dir, "--force"}, "unknown flag"},
		"a session too few": {[]string{"--data", dir, "--from"}, "--from"},
	} {
		status, _, errs := command(t, append([]string{"ledger", "replay"}, d.args...)...)
		if status != 2 || !strings.Contains(errs, d.want) {
			t.Errorf("%s: exit status %d, %q, want %q", name, status, errs, d.want)
		}
	}
	meta, err := datadir.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	held, err := datadir.Reopen(dir, meta)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	status, _, errs := command(t, "ledger", "replay", "--data", dir)
	if status != 2 || !strings.Contains(errs, dir+" is used by another torg") {
		t.Errorf("a folder in use: exit status %d, %q", status, errs)
	}
}

// A replay that is interrupted says how far it came.
func TestLedgerReplayInterrupted(t *testing.T) {
	dir, _ := tradedFolder(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := (ledgerReplayCmd{Data: dir}).Run(ctx); err == nil || !strings.Contains(err.Error(), "replayed 0 of ") {
		t.Error(err)
	}
}
