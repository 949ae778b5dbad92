// Package require finds what some tests need beside Go. Where it is missing the
// test skips and says why; where TORG_TEST_REQUIRE names it (a list of chromium,
// postgres, netns, shared, axe), the skip is a failure.
package require

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func missing(t testing.TB, what, why string) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv("TORG_TEST_REQUIRE"), ","), what) {
		t.Fatalf("%s is required here: %s", what, why)
	}
	t.Skipf("needs %s: %s", what, why)
}

// Root returns the folder of the module's go.mod.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test's folder")
		}
		dir = parent
	}
}

// Shared returns the folder of measurements, cases and checkers that stands beside
// the project's.
func Shared(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(Root(t), "..", "shared")
	if _, err := os.Stat(filepath.Join(dir, "data")); err != nil {
		missing(t, "shared", "no folder ../shared beside the project")
	}
	return dir
}

// Chromium returns the path of a Chromium to drive.
func Chromium(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	missing(t, "chromium", "no chromium on the PATH")
	return ""
}

// Axe returns the script of axe-core, which checks pages for accessibility. It comes
// with `npm ci`.
func Axe(t testing.TB) string {
	t.Helper()
	path := filepath.Join(Root(t), "node_modules", "axe-core", "axe.min.js")
	b, err := os.ReadFile(path)
	if err != nil {
		missing(t, "axe", "no node_modules/axe-core: run npm ci")
	}
	return string(b)
}

// Postgres returns the connection string of a PostgreSQL server on which the test
// may create databases, from TORG_TEST_POSTGRES.
func Postgres(t testing.TB) string {
	t.Helper()
	dsn := os.Getenv("TORG_TEST_POSTGRES")
	if dsn == "" {
		missing(t, "postgres", "TORG_TEST_POSTGRES has no connection string")
	}
	return dsn
}

// Python returns the path of a Python 3 that runs the shared checkers.
func Python(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("needs python3 for the shared checkers")
	}
	return path
}
