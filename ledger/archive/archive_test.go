package archive

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"torg"
	"torg/ledger"
)

var genesis = []byte(`{"chain_id": "test", "app_state": {"ChainID": "test", "Calendar": {"Interval": 30000000000}}}`)

// began is when the tests' chain begins: ten seconds before a day ends.
var began = time.Date(2026, 11, 26, 23, 59, 50, 123, time.UTC)

// sample are blocks, one a second, over three days; every fifth does something.
func sample(t *testing.T) []Block {
	t.Helper()
	var list []Block
	at := began
	hash := bytes.Repeat([]byte{7}, sizeHash)
	for h := int64(1); h <= 45; h++ {
		if h == 31 {
			at = at.Add(24 * time.Hour)
		}
		b := Block{Height: h, Time: at, AppHash: hash}
		if n := len(list); h%5 == 1 || h%5 == 2 || n > 0 && list[n-1].Day() != b.Day() || DayOf(at.Add(time.Second)) != b.Day() {
			b.Hash, b.Light = bytes.Repeat([]byte{byte(h)}, sizeHash), []byte("light")
		}
		if h%5 == 1 {
			hash = bytes.Repeat([]byte{byte(h)}, sizeHash)
			b.AppHash = hash
			b.Txs, b.Codes = [][]byte{[]byte("order"), {byte(h)}}, []torg.Refusal{"", torg.ErrGateClosed}
			var err error
			if b.Events, err = json.Marshal(events(h)); err != nil {
				t.Fatal(err)
			}
		}
		list = append(list, b)
		at = at.Add(time.Second)
	}
	return list
}

func events(h int64) []ledger.Event {
	o := torg.Order{ID: "mill.x.1", Participant: "mill", Site: "mill", Zone: "z1", Slot: 7, Discovery: 1, Side: torg.Buy, Energy: torg.Energy(h), Limit: 5_00000, Source: "a, \"b\""}
	k := torg.Contract{ID: torg.NewContractID("x", 1, int(h)), Slot: 7, Discovery: 1, Trade: torg.Trade{Round: 1, Buyer: "mill", Seller: "wind", Energy: 5, BuyerPrice: -3}}
	return []ledger.Event{{Order: &ledger.OrderTaken{Order: o, Refused: torg.ErrGateClosed}}, {Cleared: &ledger.Cleared{Slot: 7, Discovery: 1, Contracts: []torg.Contract{k, k}}}}
}

// write adds blocks, with their days closed.
func write(t *testing.T, w *Writer, blocks []Block) {
	t.Helper()
	for _, b := range blocks {
		if day := w.Day(); day != "" && day != b.Day() {
			if err := w.CloseDay([]byte("{}\n")); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Append(b); err != nil {
			t.Fatal(err)
		}
	}
}

func mustOpen(t *testing.T, dir string) *Archive {
	t.Helper()
	a, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func mustWriter(t *testing.T, a *Archive) *Writer {
	t.Helper()
	w, err := a.Writer()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

// written is an archive of the sample.
func written(t *testing.T) (dir string, blocks []Block) {
	t.Helper()
	dir, blocks = filepath.Join(t.TempDir(), "archive"), sample(t)
	a, err := Begin(dir, genesis)
	if err != nil {
		t.Fatal(err)
	}
	w := mustWriter(t, a)
	write(t, w, blocks)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, blocks
}

// same compares what an archive has from a height on.
func same(t *testing.T, a *Archive, from int64, want []Block) {
	t.Helper()
	var got []Block
	if err := a.Blocks(from, a.Height(), func(b Block) error {
		got = append(got, b)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("%d blocks from %d on, want %d", len(got), from, len(want))
	}
	for i := range want {
		g, err := json.Marshal(got[i])
		w, err2 := json.Marshal(want[i])
		if err != nil || err2 != nil || string(g) != string(w) {
			t.Fatalf("block %d is\n%s, want\n%s", want[i].Height, g, w)
		}
	}
}

func TestBlocksComeBack(t *testing.T) {
	dir, blocks := written(t)
	a := mustOpen(t, dir)
	for _, from := range []int64{1, 2, 3, 10, 11, 12, 30, 31, 42, 45} {
		same(t, a, from, blocks[from-1:])
	}
	if err := a.Check(); err != nil {
		t.Error(err)
	}
	if b, err := a.At(8); err != nil || !b.Quiet() || !bytes.Equal(b.AppHash, blocks[5].AppHash) {
		t.Errorf("block 8: %+v, %v", b, err)
	}
	if _, err := a.At(46); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("block 46: %v", err)
	}
	logs, err := a.Logs()
	if err != nil || len(logs) != 2 || logs[0].Last != 10 || string(logs[1].Text) != "{}\n" {
		t.Errorf("logs %+v, %v", logs, err)
	}
	c, err := blocks[0].Committed()
	if err != nil || len(c.Events) != 2 || c.Events[0].Order.Order.Source != "a, \"b\"" || c.Codes[1] != torg.ErrGateClosed {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestTablesForPeople(t *testing.T) {
	dir, _ := written(t)
	for name, want := range map[string]string{
		"2026-11-26/orders.csv": "height,time,session,discovery,order,participant,site,zone,side,energy_wh,price,source,prefer,avoid,sequence,reserved,cut_wh,refused\n" +
			"1,2026-11-26T23:59:50.000000123Z,19700101T000330Z,1,mill.x.1,mill,mill,z1,buy,1,5,\"a, \"\"b\"\"\",,,0,0,0,gate_closed\n" +
			"6,2026-11-26T23:59:55.000000123Z,19700101T000330Z,1,mill.x.1,mill,mill,z1,buy,6,5,\"a, \"\"b\"\"\",,,0,0,0,gate_closed\n",
		"2026-11-26/contracts.csv": "height,time,session,discovery,contract,round,buyer_order,seller_order,buyer,seller,energy_wh,buyer_price,seller_price,buyer_site,seller_site,buyer_zone,seller_zone,slots\n" +
			strings.Repeat("1,2026-11-26T23:59:50.000000123Z,19700101T000330Z,1,x-1-00001,1,,,mill,wind,5,-0.00003,0,,,,,1\n", 2) +
			strings.Repeat("6,2026-11-26T23:59:55.000000123Z,19700101T000330Z,1,x-1-00006,1,,,mill,wind,5,-0.00003,0,,,,,1\n", 2),
	} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(got) != want {
			t.Errorf("%s is\n%s, want\n%s: %v", name, got, want, err)
		}
	}
}

// A process may die at any byte. What it left is read up to its last whole block, and the
// next process writes the rest; nothing is there twice.
func TestCutAnywhere(t *testing.T) {
	t.Parallel()
	dir, blocks := written(t)
	path := filepath.Join(dir, "2026-11-28", "blocks")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(whole) {
		// Every other time with zeros behind it, as after a power failure.
		if err := os.WriteFile(path, append(bytes.Clone(whole[:n]), make([]byte, n%2*40)...), 0o600); err != nil {
			t.Fatal(err)
		}
		a := mustOpen(t, dir)
		have := a.Height()
		if have < 30 || have >= 45 {
			t.Fatalf("cut at byte %d: %d blocks", n, have)
		}
		if n%16 == 0 {
			if same(t, a, 1, blocks[:have]); (a.Torn() > 0) != (a.Check() != nil) {
				t.Fatalf("cut at byte %d: torn by %d, %v", n, a.Torn(), a.Check())
			}
		}
		w, err := a.Writer()
		if err != nil {
			t.Fatal(err)
		}
		write(t, w, blocks[have:])
		if err := w.file.Close(); err != nil { // not waiting for the disk
			t.Fatal(err)
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, whole) {
			t.Fatalf("cut at byte %d: written to another end: %v", n, err)
		}
	}
}

// A day whose closing was interrupted is closed again, to the same bytes.
func TestClosingInterrupted(t *testing.T) {
	dir, blocks := written(t)
	names := []string{"manifest.json", "log.json", "contracts.csv", "orders.csv"}
	day := filepath.Join(dir, "2026-11-26")
	want := map[string]string{}
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(day, name))
		if err != nil {
			t.Fatal(err)
		}
		want[name] = string(b)
	}
	for _, later := range []string{"2026-11-27", "2026-11-28"} {
		if err := os.RemoveAll(filepath.Join(dir, later)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range names {
		for _, name := range names[:i+1] {
			if err := os.Remove(filepath.Join(day, name)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(day, "manifest.json.part"), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		a := mustOpen(t, dir)
		w := mustWriter(t, a)
		if w.Day() != "2026-11-26" {
			t.Fatalf("day %q is open", w.Day())
		}
		if err := w.CloseDay([]byte("{}\n")); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if b, err := os.ReadFile(filepath.Join(day, name)); err != nil || string(b) != want[name] {
				t.Errorf("%s is another: %v", name, err)
			}
		}
		if err := a.Check(); err != nil {
			t.Error(err)
		}
	}
	w := mustWriter(t, mustOpen(t, dir))
	write(t, w, blocks[10:])
	same(t, w.Archive, 1, blocks)
}

// Every byte of every file counts (of the larger files every second, third, ... is
// tried), and who changed one is told which file of which day.
func TestEveryByteCounts(t *testing.T) {
	t.Parallel()
	dir, _ := written(t)
	var files []string
	for _, pattern := range []string{"*/*", "*.json"} {
		list, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, list...)
	}
	if len(files) != 5+5+1+1 {
		t.Fatalf("files %q", files)
	}
	check := func() error {
		a, err := Open(dir)
		if err != nil {
			return err
		}
		return a.Check()
	}
	for _, path := range files {
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		rel, _ := filepath.Rel(dir, path)
		for i := 0; i < len(whole); i += 1 + len(whole)/1000 {
			changed := bytes.Clone(whole)
			changed[i] ^= 1 << (i % 8)
			if err := os.WriteFile(path, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			err := check()
			if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), rel) {
				t.Fatalf("%s, byte %d: %v", rel, i, err)
			}
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := check(); err != nil {
		t.Error(err)
	}
}

// A day or a file that is not there is named, and so is one that is too much.
func TestWhatIsMissing(t *testing.T) {
	for name, d := range map[string]struct {
		damage func(dir string) error
		want   string
	}{
		"a day": {func(dir string) error { return os.RemoveAll(filepath.Join(dir, "2026-11-27")) },
			"2026-11-28/blocks: its first block is 31, and the last in "},
		"the first day": {func(dir string) error { return os.RemoveAll(filepath.Join(dir, "2026-11-26")) },
			"2026-11-27/manifest.json: its first block is 11: the days before it are missing"},
		"a manifest": {func(dir string) error { return os.Remove(filepath.Join(dir, "2026-11-26", "manifest.json")) },
			"2026-11-26/manifest.json: missing"},
		"blocks":      {func(dir string) error { return os.Remove(filepath.Join(dir, "2026-11-26", "blocks")) }, "2026-11-26/blocks: missing"},
		"orders":      {func(dir string) error { return os.Remove(filepath.Join(dir, "2026-11-26", "orders.csv")) }, "2026-11-26/orders.csv: missing"},
		"the genesis": {func(dir string) error { return os.Remove(filepath.Join(dir, "genesis.json")) }, "genesis.json: missing"},
		"a file's end": {func(dir string) error { return os.Truncate(filepath.Join(dir, "2026-11-27", "blocks"), 100) },
			"2026-11-27/blocks: damaged: 100 bytes"},
		"everything": {os.RemoveAll, "there is no archive"},
		"a newer program's": {func(dir string) error {
			path := filepath.Join(dir, "2026-11-26", "manifest.json")
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, bytes.Replace(b, []byte("archive 1"), []byte("archive 2"), 1), 0o600)
		}, `2026-11-26/manifest.json: format "torg archive 2", this program knows "torg archive 1"`},
	} {
		dir, _ := written(t)
		if err := d.damage(dir); err != nil {
			t.Fatal(err)
		}
		_, err := Open(dir)
		if err == nil || !strings.Contains(err.Error(), d.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one line with %q", name, err, d.want)
		}
	}
	dir, _ := written(t)
	if err := os.WriteFile(filepath.Join(dir, "2026-11-26", "notes"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := mustOpen(t, dir).Check(); err == nil || !strings.Contains(err.Error(), "2026-11-26/notes: no file of an archive") {
		t.Errorf("a stranger's file: %v", err)
	}
}

func TestWriterRefuses(t *testing.T) {
	dir, blocks := written(t)
	w := mustWriter(t, mustOpen(t, dir))
	next := blocks[len(blocks)-1]
	next.Time = next.Time.Add(time.Second)
	for what, b := range map[string]Block{
		"the same block again": blocks[44],
		"a block too far":      {Height: 47, Time: next.Time, AppHash: next.AppHash},
		"a block of the past":  {Height: 46, Time: blocks[43].Time, AppHash: next.AppHash},
		"another day":          {Height: 46, Time: next.Time.Add(24 * time.Hour), AppHash: next.AppHash, Light: []byte("light")},
		"no hash":              {Height: 46, Time: next.Time, Light: []byte("light")},
	} {
		if err := w.Append(b); err == nil {
			t.Errorf("%s: taken", what)
		}
	}
	if err := w.CloseDay(nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Append(Block{Height: 46, Time: next.Time.Add(24 * time.Hour), AppHash: next.AppHash}); err == nil {
		t.Error("a day begins with a block without a header")
	}
	if err := w.Append(Block{Height: 46, Time: next.Time.Add(-48 * time.Hour), AppHash: next.AppHash, Light: []byte("light")}); err == nil {
		t.Error("a day before the newest")
	}
	for _, text := range []string{"", "{}", `{"chain_id": "a", "app_state": {"ChainID": "b"}}`} {
		if _, err := Begin(t.TempDir(), []byte(text)); err == nil {
			t.Errorf("genesis %q", text)
		}
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, ErrNone) {
		t.Errorf("an empty folder: %v", err)
	}
}

// Readers see whole blocks while a writer adds some.
func TestReadWhileWriting(t *testing.T) {
	blocks := sample(t)
	a, err := Begin(t.TempDir(), genesis)
	if err != nil {
		t.Fatal(err)
	}
	w := mustWriter(t, a)
	done := make(chan error)
	go func() {
		c, err := a.From(1)
		for n := 0; err == nil && n < len(blocks); {
			var b Block
			switch b, err = c.Next(); {
			case err == nil && b.Height != int64(n+1):
				err = fmt.Errorf("block %d in the place of %d", b.Height, n+1)
			case err == nil:
				n++
			case errors.Is(err, io.EOF):
				err = nil // not there yet
			}
		}
		c.Close()
		done <- err
	}()
	write(t, w, blocks)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// FuzzRecord reads a stranger's bytes: it says no and never panics.
func FuzzRecord(f *testing.F) {
	b := Block{Height: 1, Time: began, AppHash: make([]byte, sizeHash), Hash: make([]byte, sizeHash), Light: []byte("light"), Txs: [][]byte{{1}}, Codes: []torg.Refusal{""}}
	raw, err := b.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := decode(raw)
		if err != nil {
			return
		}
		again, err := b.encode()
		if err != nil {
			t.Fatal(err)
		}
		if c, err := decode(again); err != nil || c.Height != b.Height || len(c.Txs) != len(b.Txs) {
			t.Errorf("%+v comes back as %+v: %v", b, c, err)
		}
	})
}
