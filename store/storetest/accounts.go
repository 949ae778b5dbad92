package storetest

import (
	"context"
	"testing"

	"torg/account"
	"torg/account/accounttest"
	"torg/ledger"
	"torg/store"
)

// testAccounts holds the store to what a book of accounts promises, and a rebuild to
// leaving it alone.
func testAccounts(t *testing.T, fresh func(testing.TB) string) {
	accounttest.Run(t, func(t testing.TB) account.Book { return open(t, fresh(t)).Accounts() })
	t.Run("outlive a rebuild", func(t *testing.T) {
		ctx := context.Background()
		s := open(t, fresh(t))
		must(t, s.Accounts().AddAccount(ctx, accounttest.Owner("anna", "foundry"), account.Entry{Time: accounttest.Noon, Deed: account.DidAdmit}))
		must(t, s.Rebuild(ctx, func(func(ledger.Committed) error) error { return nil }))
		a, err := s.Accounts().Account(ctx, "anna")
		must(t, err)
		equal(t, "participant", a.Participant, "foundry")
	})
	t.Run("a second process on the same database", func(t *testing.T) {
		ctx := context.Background()
		dsn := fresh(t)
		running := open(t, dsn)
		other, err := store.Open(ctx, dsn)
		must(t, err)
		defer other.Close()
		must(t, other.Accounts().AddAccount(ctx, accounttest.Owner("anna", "foundry"), account.Entry{Time: accounttest.Noon, Deed: account.DidAdmit}))
		has, err := running.Accounts().HasAccounts(ctx)
		must(t, err)
		equal(t, "the running one sees the account", has, true)
		must(t, running.Accounts().SetDisabled(ctx, "anna", true, account.Entry{Time: accounttest.Noon, Deed: account.DidDisable}))
		a, err := other.Accounts().Account(ctx, "anna")
		must(t, err)
		equal(t, "the other sees that it is disabled", a.Disabled, true)
	})
}
