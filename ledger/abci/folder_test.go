package abci

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"torg"
	"torg/ledger"
)

func mustCost(s string) torg.Cost {
	c, err := torg.ParseCost(s)
	if err != nil {
		panic(err)
	}
	return c
}

func balance(c *Chain, p torg.ParticipantID) (available, reserved, escrowed torg.Cost) {
	c.View(func(v ledger.View) { available, reserved, escrowed = v.Balance(p) })
	return available, reserved, escrowed
}

// describe says what a chain's state is: height, hash and every account.
func describe(c *Chain) string {
	var s strings.Builder
	fmt.Fprintf(&s, "height %d\nhash %x\n", c.Height(), c.store.hash())
	c.View(func(v ledger.View) {
		size, root := v.SessionLog()
		fmt.Fprintf(&s, "sessions %d %x\n", size, root)
		for _, a := range v.Accounts() {
			fmt.Fprintf(&s, "%s %s %s %s\n", a.Account, a.Balance, a.Reserved, a.Escrowed)
		}
	})
	return s.String()
}

// writeFolder makes the pinned folder: a chain on which random blocks' transactions
// were committed at their times, without its keys.
func writeFolder(t *testing.T) {
	w := newRandomWorld(t, 11, nil)
	clock := &clock{t: w.at}
	cfg := Config{Dir: t.TempDir(), Genesis: w.g, Now: clock.now, Pause: 5 * time.Millisecond, Idle: time.Hour}
	layFolderKeys(t, cfg)
	c := open(t, cfg)
	start(t, c)
	for range 30 {
		b, _ := w.block()
		clock.set(b.Time)
		for _, tx := range b.Txs {
			_ = c.Submit(t.Context(), tx) // some are bad, which is as it should be
		}
		committed(t, c, deposit(t, "foundry", int(b.Height)))
	}
	stop(t, c)
	var z bytes.Buffer
	out := zip.NewWriter(&z)
	err := filepath.WalkDir(cfg.Dir, func(path string, e fs.DirEntry, err error) error {
		name, _ := filepath.Rel(cfg.Dir, path)
		if err != nil || e.IsDir() || strings.HasPrefix(name, "keys") || e.Name() == "LOG" || e.Name() == "LOCK" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f, err := out.Create(filepath.ToSlash(name))
		if err != nil {
			return err
		}
		_, err = f.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	writeFile(t, pinnedFile("folder.zip"), z.Bytes())
	c = open(t, cfg)
	writeFile(t, pinnedFile("folder.txt"), []byte(describe(c)))
	stop(t, c)
}

// unzip unpacks an archive into a folder.
func unzip(t *testing.T, path, dir string) {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if err := os.CopyFS(dir, z); err != nil {
		t.Fatal(err)
	}
}
