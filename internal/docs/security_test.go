package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"torg/internal/require"
)

// declared says whether a package declares a function or method of that name, among
// its tests or elsewhere.
func declared(t *testing.T, pkg, name string, tests bool) bool {
	t.Helper()
	dir := filepath.Join(require.Root(t), pkg)
	if pkg == "torg" {
		dir = require.Root(t)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	function := regexp.MustCompile(`(?m)^func (\([^)]*\) )?` + regexp.QuoteMeta(name) + `(\[[^\]]*\])?\(`)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") != tests {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if function.Match(text) {
			return true
		}
	}
	return false
}

// Every attack on the page has a test that exists, and every defence that it names is
// a function of the package that it names.
func TestSecurityNamesWhatIsThere(t *testing.T) {
	row := regexp.MustCompile(`(?m)^\| (.+?) \| (.+?) \| (.+?) \|$`)
	named := regexp.MustCompile("`([a-z/]+)\\.([A-Za-z]+)`")
	_, attacks, found := strings.Cut(page(t, "docs/security.md"), "\n## Attacks\n")
	attacks, _, ended := strings.Cut(attacks, "\n## What is left open\n")
	if !found || !ended {
		t.Fatal("no attacks, or nothing after them")
	}
	rows := 0
	for _, cells := range row.FindAllStringSubmatch(attacks, -1) {
		if cells[1] == "attack" {
			continue
		}
		rows++
		tests := named.FindAllStringSubmatch(cells[3], -1)
		if len(tests) == 0 {
			t.Errorf("%q has no test", cells[1])
		}
		for _, n := range tests {
			if !strings.HasPrefix(n[2], "Test") && !strings.HasPrefix(n[2], "Fuzz") || !declared(t, n[1], n[2], true) {
				t.Errorf("%q: package %s has no test %s", cells[1], n[1], n[2])
			}
		}
		for _, n := range named.FindAllStringSubmatch(cells[2], -1) {
			if !declared(t, n[1], n[2], strings.HasPrefix(n[2], "Test")) {
				t.Errorf("%q: package %s has no function %s", cells[1], n[1], n[2])
			}
		}
	}
	if rows < 40 {
		t.Errorf("%d attacks", rows)
	}
}
