package accounttest

import (
	"context"
	"sync"
	"testing"
	"time"

	"torg"
	"torg/account"
)

// Weak makes hashes in no time. It is for tests alone.
var Weak = account.Params{Memory: 8, Passes: 1, Threads: 1}

// Password is what every person of an office uses.
const Password = "correct horse battery"

// Clock stands still until a test moves it.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the time, Noon at first.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now.IsZero() {
		c.now = Noon
	}
	return c.now
}

// Pass moves the clock on.
func (c *Clock) Pass(d time.Duration) {
	now := c.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now.Add(d)
}

// Office is a desk with some people admitted.
type Office struct {
	*account.Desk
	Book  *Book
	Clock *Clock
}

// NewOffice admits two owners, anna of the foundry and vera of the factory, the
// operator oleg and the approver pavel, all with the same password, and nina, an owner
// of the foundry with a one-time password.
func NewOffice(t testing.TB) Office {
	t.Helper()
	o := Office{Book: &Book{}, Clock: &Clock{}}
	o.Desk = account.NewDesk(o.Book, account.NewHasher(Weak, 4), o.Clock.Now)
	for _, p := range []struct {
		name string
		role account.Role
		of   torg.ParticipantID
	}{{"anna", account.Owner, "foundry"}, {"vera", account.Owner, "factory"}, {"oleg", account.Operator, ""}, {"pavel", account.Approver, ""}} {
		o.Admit(t, p.name, p.role, p.of)
	}
	if _, err := o.Desk.Admit(t.Context(), account.Console, "nina", account.Owner, "foundry"); err != nil {
		t.Fatal(err)
	}
	return o
}

// Admit admits somebody, who has changed the password already.
func (o Office) Admit(t testing.TB, name string, role account.Role, of torg.ParticipantID) {
	t.Helper()
	once, err := o.Desk.Admit(context.Background(), account.Console, name, role, of)
	if err == nil {
		_, err = o.ChangePassword(context.Background(), name, once, Password, account.Place{})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Token logs somebody in.
func (o Office) Token(t testing.TB, name string) string {
	t.Helper()
	token, _, err := o.Login(context.Background(), name, Password, account.Place{Address: "192.0.2.7", Agent: "Firefox"})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// OneTime logs somebody in with a new one-time password.
func (o Office) OneTime(t testing.TB, name string) string {
	t.Helper()
	once, err := o.Reset(context.Background(), account.Console, name)
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := o.Login(context.Background(), name, once, account.Place{})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// Key makes an API key.
func (o Office) Key(t testing.TB, name string, scopes ...account.Scope) string {
	t.Helper()
	secret, _, err := o.MakeKey(context.Background(), account.Console, name, "test", scopes, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}
