// Package arch holds the layout to its rules: who may import whom, and which
// package alone knows a library that we did not write.
package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"torg/internal/require"
)

// may lists what each package may import of this module, tests left out. A package
// that is not listed here fails the test: say where it belongs.
var may = map[string]string{
	".":                "",
	"internal/require": "",
	"canon":            ".",
	"sign":             ". canon",
	"market":           ".",
	"orderbook":        ". market",
	"settle":           ".",
	"ledger":           ". canon sign market settle",
	"ledger/kvmem":     "ledger",
	"ledger/seq":       ". ledger ledger/kvmem",
	"ledger/archive":   ". canon ledger",
	"ledger/abci":      ". ledger ledger/archive",
	"proof":            ". canon ledger ledger/abci ledger/archive sign",
	"decide":           ". decide/decidepb",
	"decide/decidepb":  "",
	"bus":              "",
	"forecast":         ".",
	"record":           ".",
	"agent":            ". decide forecast ledger market record sign",
	"exchange":         ". agent ledger record",
	"meter/physics":    ".",
	"scenario":         ". meter/physics",
	"meter":            ". meter/physics scenario",
	"config":           ".",
	"certs":            "",
	"datadir":          "",
	"account":          ".",
	"account/gate":     ". account",
	"access":           ". account record",
	"store":            ". account canon ledger market record",
	"internal/guard":   "",
	"record/export":    ". record",
	"board":            ". canon ledger record sign",
	"httpapi":          ". access account account/gate board internal/guard record record/export",
	"web":              ". access account account/gate board internal/guard record record/export",
	"report":           ". exchange ledger market record scenario",
	"audit":            ". scenario",
	"world":            ". agent decide exchange forecast ledger meter scenario sign",
	"sim":              "*",
	"internal/accept":  "*",
	"cmd/torg":         "*",
}

// onlyIn lists the one place for each library that shapes what is around it.
var onlyIn = map[string]string{
	"github.com/cometbft/":          "ledger/abci",
	"github.com/cosmos/":            "ledger/abci",
	"github.com/nats-io/":           "bus",
	"github.com/transparency-dev/":  "sign",
	"software.sslmate.com/":         "sign",
	"modernc.org/sqlite":            "store",
	"github.com/jackc/pgx":          "store",
	"github.com/pressly/goose":      "store",
	"gopkg.in/yaml.v3":              "scenario config cmd/torg",
	"github.com/danielgtaylor/huma": "httpapi",
	"github.com/a-h/templ":          "web",
	"github.com/nicksnyder/go-i18n": "web",
	"github.com/alecthomas/kong":    "cmd/torg",
	"google.golang.org/protobuf":    "decide decide/decidepb",
	"github.com/prometheus/":        "httpapi cmd/torg",
	"golang.org/x/crypto/argon2":    "account",
	"github.com/chromedp/":          "",
	"pgregory.net/rapid":            "",
}

// pure packages have no clock, goroutine, randomness or floating point.
var pure = []string{".", "canon", "market", "settle", "ledger"}

var impure = []string{"math/rand", "math/rand/v2", "crypto/rand", "os", "net", "net/http", "sync/atomic"}

func TestImports(t *testing.T) {
	root := require.Root(t)
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		if d.IsDir() {
			if rel != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules" || rel == "tools") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		pkg := filepath.ToSlash(filepath.Dir(rel))
		if strings.HasSuffix(pkg, "test") { // suites and fixtures that only tests import
			return nil
		}
		seen[pkg] = true
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range f.Imports {
			name, _ := strconv.Unquote(i.Path.Value)
			checkImport(t, rel, pkg, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range may {
		if !seen[pkg] {
			t.Errorf("the rules name package %s, which is not there", pkg)
		}
	}
}

func checkImport(t *testing.T, file, pkg, name string) {
	t.Helper()
	allowed, known := may[pkg]
	if !known {
		t.Errorf("%s: package %s is in no rule", file, pkg)
		return
	}
	own := name == "torg" || strings.HasPrefix(name, "torg/")
	if own && allowed != "*" {
		short := strings.TrimPrefix(strings.TrimPrefix(name, "torg"), "/")
		if short == "" {
			short = "."
		}
		if !slices.Contains(strings.Fields(allowed), short) {
			t.Errorf("%s: package %s may not import %s", file, pkg, name)
		}
	}
	for prefix, places := range onlyIn {
		if strings.HasPrefix(name, prefix) && !slices.Contains(strings.Fields(places), pkg) {
			t.Errorf("%s: only %s may import %s", file, places, name)
		}
	}
	if slices.Contains(pure, pkg) && slices.Contains(impure, name) {
		t.Errorf("%s: package %s is pure and may not import %s", file, pkg, name)
	}
}

// TestPureCodeHasNoFloatsOrGoroutines reads the pure packages' code. The vocabulary
// may convert to floating point for people and plots, and does nothing with it.
func TestPureCodeHasNoFloatsOrGoroutines(t *testing.T) {
	for _, pkg := range pure {
		files, err := filepath.Glob(filepath.Join(require.Root(t), pkg, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no files: %v", pkg, err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			set := token.NewFileSet()
			f, err := parser.ParseFile(set, path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				switch x := n.(type) {
				case *ast.GoStmt:
					t.Errorf("%s: a goroutine", set.Position(x.Pos()))
				case *ast.Ident:
					if (x.Name == "float64" || x.Name == "float32") && pkg != "." {
						t.Errorf("%s: floating point", set.Position(x.Pos()))
					}
				case *ast.SelectorExpr:
					if id, ok := x.X.(*ast.Ident); ok && id.Name == "time" && (x.Sel.Name == "Now" || x.Sel.Name == "Since" || x.Sel.Name == "Until") {
						t.Errorf("%s: a clock", set.Position(x.Pos()))
					}
				}
				return true
			})
		}
	}
}

// TestVocabularyStandsAlone keeps the root package on the standard library.
func TestVocabularyStandsAlone(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(require.Root(t), "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, path := range files {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			name, _ := strconv.Unquote(i.Path.Value)
			first, _, _ := strings.Cut(name, "/")
			if strings.Contains(first, ".") && !strings.HasSuffix(path, "_test.go") {
				t.Errorf("%s imports %s", filepath.Base(path), name)
			}
		}
	}
}
