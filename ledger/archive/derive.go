package archive

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"torg/ledger"
)

// born is what an archive reads of the genesis document.
type born struct {
	ChainID string         `json:"chain_id"`
	Ledger  ledger.Genesis `json:"app_state"`
}

func parseGenesis(text []byte) (b born, err error) {
	if err := json.Unmarshal(text, &b); err != nil {
		return b, err
	}
	if b.ChainID == "" || b.ChainID != b.Ledger.ChainID {
		return b, fmt.Errorf("chain %q with a ledger of chain %q", b.ChainID, b.Ledger.ChainID)
	}
	return b, b.Ledger.Calendar.Valid()
}

// derive makes the tables of a day from its blocks, and its manifest but for the files.
func (a *Archive) derive(s span, orders, contracts io.Writer) (m manifest, err error) {
	g, err := parseGenesis(a.genesis)
	if err != nil {
		return m, fmt.Errorf("%s: %w", filepath.Join(a.dir, fileGenesis), err)
	}
	m = manifest{Format: format, ChainID: g.ChainID, Genesis: hexSum(a.genesis), Day: s.name, First: s.first, Last: s.last}
	t := newTables(g.Ledger.Calendar, orders, contracts)
	d, err := openDay(a.path(s.name, fileBlocks), s.size)
	if err != nil {
		return m, err
	}
	defer d.close()
	for h := s.first; h <= s.last; h++ {
		b, err := d.next(nil)
		switch {
		case errors.Is(err, io.EOF):
			return m, d.fail("damaged: block %d is missing", h)
		case err != nil:
			return m, err
		case b.Height != h || b.Day() != s.name:
			return m, d.fail("damaged: block %d of %s in the place of block %d", b.Height, b.Day(), h)
		}
		m.Time, m.Hash = b.Time, hex.EncodeToString(b.Hash)
		if b.Quiet() {
			continue
		}
		m.Whole++
		c, err := b.Committed()
		if err != nil {
			return m, d.fail("damaged: %w", err)
		}
		t.add(c)
	}
	if d.at != s.size {
		return m, d.fail("damaged: %d bytes behind block %d", s.size-d.at, s.last)
	}
	return m, t.flush()
}

// Check makes everything in the archive that is derived from its blocks anew and
// compares it byte for byte. What the blocks themselves are, and log.json, is for who
// knows headers. Its error names file and day.
func (a *Archive) Check() error {
	if a.torn > 0 {
		s := a.days[len(a.days)-1]
		return fmt.Errorf("archive: %s: at byte %d: %w", a.path(s.name, fileBlocks), s.size, errTorn)
	}
	if err := a.strangers(a.dir, append(a.dayNames(), fileGenesis)); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	for _, s := range a.days {
		if err := a.checkDay(s); err != nil {
			return fmt.Errorf("archive: %w", err)
		}
	}
	return nil
}

func (a *Archive) dayNames() (names []string) {
	for _, s := range a.days {
		names = append(names, s.name)
	}
	return names
}

// strangers refuses files that no archive has: nothing vouches for them.
func (a *Archive) strangers(dir string, known []string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !slices.Contains(known, e.Name()) {
			return fmt.Errorf("%s: no file of an archive", filepath.Join(dir, e.Name()))
		}
	}
	return nil
}

func (a *Archive) checkDay(s span) error {
	dir := filepath.Join(a.dir, s.name)
	if !s.closed {
		_, err := a.derive(s, io.Discard, io.Discard)
		if s.last == 0 {
			err = nil
		}
		// What a writer that was stopped while closing the day left is made anew.
		return err
	}
	have, err := readManifest(a.path(s.name, fileManifest))
	if err != nil {
		return err
	}
	var known []string
	for _, f := range have.Files {
		known = append(known, f.Name)
		now, err := list(dir, f.Name)
		if err != nil {
			return err
		}
		if now != f {
			return fmt.Errorf("%s: changed: its SHA-256 is not the one in %s", a.path(s.name, f.Name), a.path(s.name, fileManifest))
		}
	}
	if err := a.strangers(dir, append(known, fileManifest)); err != nil {
		return err
	}
	var orders, contracts bytes.Buffer
	m, err := a.derive(s, &orders, &contracts)
	if err != nil {
		return err
	}
	m.Files = []listed{
		{fileBlocks, s.size, have.Files[0].SHA256},
		{fileOrders, int64(orders.Len()), hexSum(orders.Bytes())},
		{fileContracts, int64(contracts.Len()), hexSum(contracts.Bytes())},
	}
	for i, f := range m.Files {
		if have.Files[i] != f {
			return fmt.Errorf("%s: not what the day's blocks give", a.path(s.name, f.Name))
		}
	}
	m.Files = append(m.Files, have.Files[len(m.Files):]...)
	if want, err := m.encode(); err != nil || !sameFile(a.path(s.name, fileManifest), want) {
		return fmt.Errorf("%s: not what the day's blocks give", a.path(s.name, fileManifest))
	}
	return nil
}

func sameFile(path string, want []byte) bool {
	have, err := readFile(path, maxManifest)
	return err == nil && bytes.Equal(have, want)
}

// Log is a day's log.json, which shows the log of session roots after the day.
type Log struct {
	Day  string
	Path string
	Text []byte
	Last int64 // height of the day's last block
}

// Logs returns what shows the log of session roots, day by day.
func (a *Archive) Logs() (list []Log, err error) {
	for _, s := range a.days {
		path := a.path(s.name, fileLog)
		if !s.closed {
			continue
		}
		text, err := readFile(path, maxManifest)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("archive: %w", err)
		}
		list = append(list, Log{Day: s.name, Path: path, Text: text, Last: s.last})
	}
	return list, nil
}
