package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"torg/ledger/abci"
)

// torg ledger archive verify as people call it: an archive that holds, one that does not,
// and what is wrong usage.
func TestLedgerArchiveVerify(t *testing.T) {
	dir, _ := tradedFolder(t)
	f, err := abci.OpenFolder(filepath.Join(dir, "chain"), filepath.Join(dir, "archive"))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := f.Light(1)
	if err != nil {
		t.Fatal(err)
	}
	first, err := abci.StateProof{Blocks: [][]byte{raw}}.Begins(f.Genesis().ChainID)
	if err != nil {
		t.Fatal(err)
	}
	trust, newest := first.String(), f.Height()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	list, err := filepath.Glob(filepath.Join(dir, "archive", "20*", "blocks"))
	if err != nil || len(list) == 0 {
		t.Fatalf("no day in the archive: %v", err)
	}
	blocks, _ := filepath.Rel(dir, list[0])
	data := func(dir string) []string { return []string{"--data", dir} }
	alone := func(dir string) []string { return []string{"--archive", filepath.Join(dir, "archive")} }
	for name, c := range map[string]struct {
		damage func(dir string) error
		place  func(dir string) []string
		trust  string
		status int
		want   string
	}{
		"beside its chain":   {nil, data, trust, 0, "Of 1 session roots that its contracts give, the first 1 are in a log"},
		"alone":              {nil, alone, trust, 0, "and 1 contracts"},
		"a byte":             {func(dir string) error { return flipAt(filepath.Join(dir, blocks), 100) }, alone, trust, 1, blocks + ": at byte "},
		"a byte, with data":  {func(dir string) error { return flipAt(filepath.Join(dir, blocks), 100) }, data, trust, 1, blocks + ": at byte "},
		"another header":     {nil, alone, "1:" + strings.Repeat("0a", 32), 1, "which is not the trusted 1:0a0a"},
		"a header to come":   {nil, data, "99999999:" + strings.Repeat("0a", 32), 2, "header 99999999 is not in it"},
		"no header":          {nil, data, "1", 2, "--trust"},
		"no archive":         {func(dir string) error { return os.RemoveAll(filepath.Join(dir, "archive")) }, data, trust, 2, "has no archive"},
		"no archive, alone":  {func(dir string) error { return os.RemoveAll(filepath.Join(dir, "archive")) }, alone, trust, 2, "there is no archive"},
		"no data folder":     {nil, func(string) []string { return data(t.TempDir()) }, trust, 2, "is no data folder"},
		"two places at once": {nil, func(dir string) []string { return append(data(dir), alone(dir)...) }, trust, 2, ""},
	} {
		at := copied(t, dir)
		if c.damage != nil {
			if err := c.damage(at); err != nil {
				t.Fatal(err)
			}
		}
		status, out, errs := command(t, append([]string{"ledger", "archive", "verify", "--trust", c.trust}, c.place(at)...)...)
		said := out
		if c.status > 0 {
			said = errs
		}
		if status != c.status || !strings.Contains(said, c.want) || c.status > 0 && strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: exit status %d, want %d with %q: %s%s", name, status, c.status, c.want, out, errs)
		}
	}
	if newest < 5 {
		t.Errorf("a chain of %d blocks", newest)
	}
}

func flipAt(path string, i int) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	b[i] ^= 1
	return os.WriteFile(path, b, 0o600)
}
