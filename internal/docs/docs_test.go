// Package docs holds the pages for people to what the program does.
package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"torg/config"
	"torg/internal/require"
)

func page(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(require.Root(t), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Every key of the configuration has its row, with its default and its other names.
func TestConfigurationIsWhole(t *testing.T) {
	text := page(t, "docs/configuration.md")
	defaults := reflect.ValueOf(config.Default())
	for i := range defaults.NumField() {
		key := defaults.Type().Field(i).Tag.Get("yaml")
		row := regexp.MustCompile("(?m)^\\| `" + key + "` \\|.*$").FindString(text)
		if row == "" {
			t.Errorf("key %s has no row", key)
			continue
		}
		for _, want := range []string{"`TORG_" + strings.ToUpper(key) + "`", "`--" + strings.ReplaceAll(key, "_", "-") + "`"} {
			if !strings.Contains(row, want) {
				t.Errorf("key %s: no %s in %s", key, want, row)
			}
		}
		if v := defaults.Field(i); !v.IsZero() && !strings.HasPrefix(row, fmt.Sprintf("| `%s` | `%v` |", key, v)) {
			t.Errorf("key %s: the default is %v: %s", key, v, row)
		}
	}
}

// The example is what it says: all defaults.
func TestConfigurationExample(t *testing.T) {
	_, rest, _ := strings.Cut(page(t, "docs/configuration.md"), "```yaml\n")
	example, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("no example")
	}
	c, err := config.Parse([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	if c != config.Default() {
		t.Errorf("the example is %+v, the defaults are %+v", c, config.Default())
	}
	uncommented := strings.ReplaceAll(strings.ReplaceAll(example, "# interval", "interval"), "# database", "database")
	if c, err = config.Parse([]byte(uncommented)); err != nil {
		t.Fatal(err)
	}
	if err := c.Valid(); err != nil || c.Interval == 0 || c.Database == "" {
		t.Errorf("with the last two lines: %+v, %v", c, err)
	}
}

// The glossary has each term once, in both languages, with what it means.
func TestGlossary(t *testing.T) {
	row := regexp.MustCompile(`(?m)^\| (.+?) \| (.+?) \| (.+) \|$`)
	seen := map[string]bool{}
	for _, cells := range row.FindAllStringSubmatch(page(t, "GLOSSARY.md"), -1) {
		if cells[1] == "English" {
			continue
		}
		if seen[cells[1]] {
			t.Errorf("%q is there twice", cells[1])
		}
		seen[cells[1]] = true
		if !regexp.MustCompile(`\p{Cyrillic}`).MatchString(cells[2]) {
			t.Errorf("%q: no Russian term in %q", cells[1], cells[2])
		}
	}
	for _, want := range []string{"slot", "session", "order", "contract", "statement", "mandate", "imbalance", "escrow", "residual"} {
		if !seen[want] {
			t.Errorf("no row for %q", want)
		}
	}
}
