package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// weakening takes one defence out of the source. The tests that docs/security.md names
// for it must then fail: a test that passes with and without a defence shows nothing.
type weakening struct {
	attack   string // what it stops, in the words of docs/security.md
	file     string
	old, new string // old stands in the file once
	tests    string // package and names, such as ./ledger TestA TestB: each of them fails
}

// attacks weakens the source one defence after the other and runs the tests. The source
// itself is not touched: the compiler reads one file from elsewhere.
func attacks(ctx context.Context, r *rig) error {
	for i, w := range weakenings {
		if err := ctx.Err(); err != nil {
			return err
		}
		overlay, err := w.overlay(r.root, filepath.Join(r.tmp, fmt.Sprintf("weak%d", i)))
		if err != nil {
			return err
		}
		words := strings.Fields(w.tests)
		for _, name := range words[1:] {
			why := w.fails(ctx, r.root, overlay, words[0], name)
			r.check(why == "", "%s: without %s, %s fails%s", w.attack, w.where(), name, why)
		}
	}
	return nil
}

// where names the defence by its file and the beginning of its text.
func (w weakening) where() string {
	first, _, _ := strings.Cut(strings.TrimSpace(w.old), "\n")
	return fmt.Sprintf("%s: %s", w.file, first)
}

// overlay writes the weakened file and the list that has go read it in the place of the
// source's.
func (w weakening) overlay(root, dir string) (string, error) {
	source := filepath.Join(root, w.file)
	text, err := os.ReadFile(source)
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(text), w.old); n != 1 {
		return "", fmt.Errorf("%s: %q stands there %d times, not once", w.file, w.old, n)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := write(dir, "weak.go", strings.Replace(string(text), w.old, w.new, 1)); err != nil {
		return "", err
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": {source: filepath.Join(dir, "weak.go")}})
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "overlay.json"), write(dir, "overlay.json", string(list))
}

var built = regexp.MustCompile(`\[(build|setup) failed\]`)

// fails says "" where a test fails on weakened source, or what else it did.
func (w weakening) fails(ctx context.Context, root, overlay, pkg, name string) string {
	cmd := exec.CommandContext(ctx, "go", "test", "-overlay", overlay, "-vet=off", "-count=1", "-run", "^"+name+"$", pkg)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	switch text := string(out); {
	case err == nil:
		return ": it passes"
	case built.MatchString(text):
		return ": it does not build: " + text
	case !strings.Contains(text, "--- FAIL") && !strings.Contains(text, "panic:"):
		return ": " + lastLine(text)
	}
	return ""
}
