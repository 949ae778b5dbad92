package require

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var registered = regexp.MustCompile(`mux\.Handle(?:Func)?\(("(?:[A-Z]+ )?/[^"]*"|"[A-Z]+ "\+[a-z]+)`)

// Routes lists the patterns that the Go files of the test's own folder register on a
// mux, tests left out, so that a test can say that it knows each one. A pattern that
// is put together while the program runs comes as its source.
func Routes(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no Go files: %v", err)
	}
	var all []string
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		body, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		calls := strings.Count(string(body), "mux.Handle")
		found := registered.FindAllStringSubmatch(string(body), -1)
		if calls != len(found) {
			t.Errorf("%s registers %d routes, of which %d can be read", f, calls, len(found))
		}
		for _, m := range found {
			all = append(all, strings.Trim(m[1], `"`))
		}
	}
	slices.Sort(all)
	return all
}
