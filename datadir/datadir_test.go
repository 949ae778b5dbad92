package datadir

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func open(t *testing.T, path, scenario string) *Dir {
	t.Helper()
	d, err := Open(path, scenario, []byte(scenario), 7)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSameFolderSameChain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	first := open(t, path, "a")
	if !first.New || first.Meta.Offset != 7 {
		t.Errorf("first open: %+v", first)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(path, "a", []byte("a"), 9)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if again.New || again.Meta != first.Meta {
		t.Errorf("got %+v, want %+v", again.Meta, first.Meta)
	}
}

func refused(t *testing.T, path, scenario, want string) {
	t.Helper()
	before := read(t, path)
	d, err := Open(path, scenario, []byte(scenario), 0)
	if err == nil {
		d.Close()
		t.Fatalf("opened, want %q", want)
	}
	if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v, want one line with %q", err, want)
	}
	if after := read(t, path); after != before {
		t.Errorf("the refused folder changed:\n%s\n%s", before, after)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path, metaFile))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRefusals(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	d := open(t, path, "a")
	refused(t, path, "a", "used by another torg")
	if err := Reset(path); err == nil || !strings.Contains(err.Error(), "used by another") {
		t.Errorf("reset of a used folder: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	refused(t, path, "b", `belongs to the scenario "a"`)

	meta := filepath.Join(path, metaFile)
	good := read(t, path)
	write(t, meta, strings.Replace(good, `"version": 2`, `"version": 3`, 1))
	refused(t, path, "a", "has version 3, this program knows up to 2")
	write(t, meta, strings.Replace(good, `"version": 2`, `"version": 1`, 1))
	refused(t, path, "a", "has version 1, this program begins at 2")
	for _, bad := range []string{"", "{", "null", `{"version": 2}`, good[:len(good)/2]} {
		write(t, meta, bad)
		refused(t, path, "a", "damaged")
	}
	if err := Reset(path); err != nil {
		t.Errorf("reset of a damaged folder: %v", err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
}

func TestForeignFoldersAreLeftAlone(t *testing.T) {
	path := t.TempDir()
	write(t, filepath.Join(path, "thesis.txt"), "text")
	refused(t, path, "a", "not empty")
	if err := Reset(path); err == nil || !strings.Contains(err.Error(), "no data folder of torg") {
		t.Errorf("reset: %v", err)
	}
	if _, err := os.Stat(filepath.Join(path, "thesis.txt")); err != nil {
		t.Error(err)
	}
}
