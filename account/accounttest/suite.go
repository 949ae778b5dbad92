package accounttest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"torg"
	"torg/account"
)

// Noon is where the suite's clock stands.
var Noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// Run holds a book to what account.Book promises. Fresh returns an empty one.
func Run(t *testing.T, fresh func(testing.TB) account.Book) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, account.Book)
	}{
		{"accounts", accounts},
		{"a new password ends the account's sessions only", passwords},
		{"disabled and enabled", disabled},
		{"sessions", sessions},
		{"keys", keys},
		{"the record of deeds", deeds},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, fresh(t)) })
	}
}

// Owner returns an owner's account.
func Owner(name string, p torg.ParticipantID) account.Account {
	return account.Account{Name: name, Role: account.Owner, Participant: p, Password: "hash of " + name, MustChange: true, Created: Noon, Changed: Noon}
}

func did(d account.Deed, name string) account.Entry {
	return account.Entry{Time: Noon, Deed: d, Account: name, By: account.Console}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

func refused(t *testing.T, what string, err error, want torg.Refusal) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}

func accounts(t *testing.T, b account.Book) {
	ctx := context.Background()
	has, err := b.HasAccounts(ctx)
	must(t, err)
	equal(t, "an empty book has accounts", has, false)
	_, err = b.Account(ctx, "anna")
	refused(t, "nobody", err, torg.ErrUnknown)
	boris, anna := account.Account{Name: "boris", Role: account.Operator, Password: "x", Created: Noon, Changed: Noon}, Owner("anna", "foundry")
	must(t, b.AddAccount(ctx, boris, did(account.DidAdmit, "boris")))
	must(t, b.AddAccount(ctx, anna, did(account.DidAdmit, "anna")))
	refused(t, "twice", b.AddAccount(ctx, Owner("anna", "factory"), did(account.DidAdmit, "anna")), torg.ErrExists)
	got, err := b.Account(ctx, "anna")
	must(t, err)
	equal(t, "account", got, anna)
	all, err := b.Accounts(ctx)
	must(t, err)
	equal(t, "accounts by name", all, []account.Account{anna, boris})
	if has, err = b.HasAccounts(ctx); err != nil || !has {
		t.Errorf("has accounts: %v %v", has, err)
	}
	log, err := b.Entries(ctx, "", 10)
	must(t, err)
	equal(t, "a refused admission leaves no entry", len(log), 2)
}

func open(t *testing.T, b account.Book, name string, n byte, created time.Time) account.Session {
	t.Helper()
	s := account.Session{ID: account.Digest{n}, Account: name, Created: created, Seen: created, Address: "192.0.2.1", Agent: "браузер"}
	must(t, b.AddSession(context.Background(), s, did(account.DidLogin, name)))
	return s
}

func two(t *testing.T, b account.Book) {
	t.Helper()
	must(t, b.AddAccount(context.Background(), Owner("anna", "foundry"), did(account.DidAdmit, "anna")))
	must(t, b.AddAccount(context.Background(), Owner("vera", "factory"), did(account.DidAdmit, "vera")))
}

func passwords(t *testing.T, b account.Book) {
	ctx := context.Background()
	two(t, b)
	open(t, b, "anna", 1, Noon)
	hers := open(t, b, "vera", 2, Noon)
	e := did(account.DidPassword, "anna")
	e.Time = Noon.Add(time.Hour)
	must(t, b.SetPassword(ctx, "anna", "new", false, e))
	a, err := b.Account(ctx, "anna")
	must(t, err)
	equal(t, "password", []any{a.Password, a.MustChange, a.Changed}, []any{"new", false, Noon.Add(time.Hour)})
	_, _, err = b.Session(ctx, account.Digest{1})
	refused(t, "a session after a new password", err, torg.ErrUnknown)
	s, _, err := b.Session(ctx, hers.ID)
	must(t, err)
	equal(t, "another's session", s, hers)
	refused(t, "nobody's password", b.SetPassword(ctx, "nobody", "new", false, e), torg.ErrUnknown)

	must(t, b.Rehash(ctx, "anna", "old", "stale"))
	must(t, b.Rehash(ctx, "vera", "hash of vera", "stronger"))
	a, _ = b.Account(ctx, "anna")
	v, _ := b.Account(ctx, "vera")
	equal(t, "hashes", []any{a.Password, v.Password, v.Changed}, []any{"new", "stronger", Noon})
	_, _, err = b.Session(ctx, hers.ID)
	must(t, err)
}

func disabled(t *testing.T, b account.Book) {
	ctx := context.Background()
	two(t, b)
	open(t, b, "anna", 1, Noon)
	open(t, b, "vera", 2, Noon)
	must(t, b.SetDisabled(ctx, "anna", true, did(account.DidDisable, "anna")))
	_, _, err := b.Session(ctx, account.Digest{1})
	refused(t, "a session of a disabled account", err, torg.ErrUnknown)
	_, _, err = b.Session(ctx, account.Digest{2})
	must(t, err)
	a, _ := b.Account(ctx, "anna")
	equal(t, "disabled", a.Disabled, true)
	must(t, b.SetDisabled(ctx, "anna", false, did(account.DidEnable, "anna")))
	a, _ = b.Account(ctx, "anna")
	equal(t, "enabled", a.Disabled, false)
	refused(t, "nobody", b.SetDisabled(ctx, "nobody", true, did(account.DidDisable, "nobody")), torg.ErrUnknown)
}

func sessions(t *testing.T, b account.Book) {
	ctx := context.Background()
	two(t, b)
	first := open(t, b, "anna", 1, Noon)
	for i := range account.MaxSessions {
		open(t, b, "anna", byte(i+2), Noon.Add(time.Duration(i+1)*time.Second))
	}
	all, err := b.Sessions(ctx, "anna")
	must(t, err)
	equal(t, "sessions kept", len(all), account.MaxSessions)
	equal(t, "the newest first", all[0].ID, account.Digest{byte(account.MaxSessions + 1)})
	_, _, err = b.Session(ctx, first.ID)
	refused(t, "the oldest of too many", err, torg.ErrUnknown)

	must(t, b.Touch(ctx, account.Digest{2}, Noon.Add(time.Hour)))
	s, a, err := b.Session(ctx, account.Digest{2})
	must(t, err)
	equal(t, "seen", s.Seen, Noon.Add(time.Hour))
	equal(t, "its account", a.Name, "anna")
	must(t, b.EndSession(ctx, account.Digest{2}, did(account.DidLogout, "anna")))
	_, _, err = b.Session(ctx, account.Digest{2})
	refused(t, "an ended session", err, torg.ErrUnknown)
	must(t, b.Touch(ctx, account.Digest{2}, Noon.Add(2*time.Hour)))
	_, _, err = b.Session(ctx, account.Digest{2})
	refused(t, "a request late for an ended session brings it back", err, torg.ErrUnknown)
	open(t, b, "vera", 99, Noon)
	must(t, b.EndSessions(ctx, "anna", did(account.DidEnd, "anna")))
	if all, err = b.Sessions(ctx, "anna"); err != nil || len(all) != 0 {
		t.Errorf("%d sessions after all were ended, %v", len(all), err)
	}
	must(t, b.Sweep(ctx, Noon.Add(-time.Second), Noon))
	_, _, err = b.Session(ctx, account.Digest{99})
	must(t, err)
	must(t, b.Sweep(ctx, Noon.Add(time.Second), Noon))
	_, _, err = b.Session(ctx, account.Digest{99})
	refused(t, "a swept session", err, torg.ErrUnknown)
}

func keys(t *testing.T, b account.Book) {
	ctx := context.Background()
	two(t, b)
	k := account.Key{ID: account.Digest{1}, Account: "anna", Name: "учёт", Scopes: []account.Scope{account.Read, account.Trade}, Created: Noon, Expires: Noon.Add(time.Hour)}
	must(t, b.AddKey(ctx, k, did(account.DidKey, "anna")))
	got, a, err := b.Key(ctx, k.ID)
	must(t, err)
	equal(t, "key", got, k)
	equal(t, "its account", a.Name, "anna")
	must(t, b.TouchKey(ctx, k.ID, Noon.Add(time.Minute)))
	got, _, err = b.Key(ctx, k.ID)
	must(t, err)
	equal(t, "used", got.Used, Noon.Add(time.Minute))
	for i := 1; i < account.MaxKeys; i++ {
		must(t, b.AddKey(ctx, account.Key{ID: account.Digest{1, byte(i)}, Account: "anna", Name: fmt.Sprint(i), Scopes: k.Scopes, Created: Noon.Add(time.Duration(i)), Expires: Noon.Add(time.Hour)}, did(account.DidKey, "anna")))
	}
	refused(t, "one more", b.AddKey(ctx, account.Key{ID: account.Digest{2}, Account: "anna", Name: "more", Scopes: k.Scopes, Created: Noon, Expires: Noon.Add(time.Hour)}, did(account.DidKey, "anna")), torg.ErrTooLarge)
	all, err := b.Keys(ctx, "anna")
	must(t, err)
	equal(t, "keys", len(all), account.MaxKeys)
	must(t, b.DropKey(ctx, k.ID, did(account.DidRevoke, "anna")))
	_, _, err = b.Key(ctx, k.ID)
	refused(t, "a dropped key", err, torg.ErrUnknown)
	must(t, b.Sweep(ctx, Noon, Noon.Add(2*time.Hour)))
	if all, err = b.Keys(ctx, "anna"); err != nil || len(all) != 0 {
		t.Errorf("%d keys after a sweep, %v", len(all), err)
	}
}

func deeds(t *testing.T, b account.Book) {
	ctx := context.Background()
	two(t, b)
	for _, d := range account.Deeds {
		must(t, b.Note(ctx, account.Entry{Time: Noon, Deed: d, Account: "vera", By: "vera", Address: "2001:db8::1", Detail: "\x00 так"}))
	}
	last, err := b.Entries(ctx, "vera", 2)
	must(t, err)
	equal(t, "entries", len(last), 2)
	equal(t, "the newest", []any{last[0].Deed, last[0].Detail, last[0].Time, last[0].Address, last[0].By}, []any{account.DidRevoke, "\x00 так", Noon, "2001:db8::1", "vera"})
	if last[0].ID <= last[1].ID {
		t.Errorf("ids %d, %d do not grow", last[1].ID, last[0].ID)
	}
	all, err := b.Entries(ctx, "", 100)
	must(t, err)
	equal(t, "all", len(all), len(account.Deeds)+2)
}
