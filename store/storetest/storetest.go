// Package storetest is the suite that every database engine under the store passes.
package storetest

import (
	"context"
	"testing"

	"torg/store"
)

// Run tests the store on databases that fresh makes: each call returns the
// connection string of a new, empty one, which goes away with its test.
func Run(t *testing.T, fresh func(testing.TB) string) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, func(testing.TB) string)
	}{
		{"a session from admission to settlement", testStory},
		{"orders that did not trade say why", testReasons},
		{"missed sessions", testMissed},
		{"a block counts once and leaves no gap", testOnce},
		{"a block that fails leaves everything as it was", testAtomic},
		{"a database outlives its process", testReopen},
		{"large blocks", testLarge},
		{"readers see whole blocks", testWholeBlocks},
		{"a rebuild keeps what is not the ledger's", testRebuild},
		{"random blocks, applied and rebuilt", testRebuildLaw},
		{"pages stand still while rows are added", testPages},
		{"pages that nobody gave", testBadPages},
		{"savings to the last digit", testSavings},
		{"a later reading corrects", testCorrection},
		{"amounts beyond 64 bits", testLargeAmounts},
		{"names and settings", testSettings},
		{"journal and messages", testJournal},
		{"readings beside forecasts", testReadings},
		{"generated history", testHistory},
		{"zones and lines", testZones},
		{"the board", testBoard},
		{"what sessions say of contracts", testMarks},
		{"text that strangers choose", testStrangers},
		{"one database, one chain", testBind},
		{"keys, money on its way and rules", testTransfers},
		{"accounts", testAccounts},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, fresh) })
	}
}

// open opens a database and binds it to the fixture's market.
func open(t testing.TB, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Bind(context.Background(), Genesis()); err != nil {
		t.Fatal(err)
	}
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// equal compares what was got with what was wanted.
func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
