package account_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"torg"
	"torg/account"
	"torg/account/accounttest"
)

func TestMemoryBook(t *testing.T) {
	accounttest.Run(t, func(testing.TB) account.Book { return &accounttest.Book{} })
}

func refused(t *testing.T, what string, err error, want torg.Refusal) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestLogin(t *testing.T) {
	o := accounttest.NewOffice(t)
	ctx := t.Context()
	token, a, err := o.Login(ctx, " Anna ", accounttest.Password, account.Place{Address: "192.0.2.1"})
	must(t, err)
	if a.Participant != "foundry" {
		t.Errorf("logged in as %+v", a)
	}
	v, s, err := o.Session(ctx, token)
	must(t, err)
	if v.Account != "anna" || v.Participant != "foundry" || !v.May(account.Trade) || v.May(account.Operate) || v.Operator() || s.Address != "192.0.2.1" {
		t.Errorf("%+v %+v", v, s)
	}
	must(t, o.Disable(ctx, "oleg", "vera"))
	for what, c := range map[string][2]string{
		"a wrong password":    {"anna", "correct horse batterz"},
		"nobody":              {"boris", accounttest.Password},
		"a name that is none": {"anna'; DROP TABLE", accounttest.Password},
		"no name":             {"", accounttest.Password},
		"no password":         {"anna", ""},
		"a disabled account":  {"vera", accounttest.Password},
		"an endless password": {"anna", strings.Repeat("x", 1<<16)},
		"the hash":            {"anna", a.Password},
	} {
		token, _, err := o.Login(ctx, c[0], c[1], account.Place{Address: what})
		refused(t, what, err, account.ErrLogin)
		if err.Error() != string(account.ErrLogin) || token != "" {
			t.Errorf("%s: says %q, gives %q", what, err, token)
		}
	}
}

// Each login has a token of its own, and nothing but the token opens its session.
func TestTokens(t *testing.T) {
	o := accounttest.NewOffice(t)
	ctx := t.Context()
	a, b := o.Token(t, "anna"), o.Token(t, "anna")
	if a == b || len(a) != 43 {
		t.Errorf("tokens %q, %q", a, b)
	}
	sessions, err := o.Sessions(ctx, "anna")
	must(t, err)
	for _, bad := range []string{"", "x", a[:42], a + "A", a[:42] + "!", strings.ToUpper(a), string(sessions[0].ID[:]), account.KeyPrefix + a, strings.Repeat("A", 43)} {
		_, _, err := o.Session(ctx, bad)
		refused(t, "token "+bad, err, account.ErrNobody)
		_, err = o.Desk.Key(ctx, bad)
		refused(t, "key "+bad, err, account.ErrNobody)
	}
	must(t, o.Logout(ctx, a, account.Place{}))
	must(t, o.Logout(ctx, a, account.Place{}))
	_, _, err = o.Session(ctx, a)
	refused(t, "a token after logout", err, account.ErrNobody)
	_, _, err = o.Session(ctx, b)
	must(t, err)
	must(t, o.SignOut(ctx, "anna", account.Place{}))
	_, _, err = o.Session(ctx, b)
	refused(t, "a token after signing out everywhere", err, account.ErrNobody)
}

func TestSessionsEnd(t *testing.T) {
	o := accounttest.NewOffice(t)
	ctx := t.Context()
	token := o.Token(t, "anna")
	for range 14 { // asked every 12 hours but a second, it lives until the seventh day
		o.Clock.Pass(account.Idle - time.Second)
		_, _, err := o.Session(ctx, token)
		must(t, err)
	}
	o.Clock.Pass(14 * time.Second)
	_, _, err := o.Session(ctx, token)
	refused(t, "a session after seven days", err, account.ErrNobody)

	token = o.Token(t, "anna")
	o.Clock.Pass(account.Idle)
	_, _, err = o.Session(ctx, token)
	refused(t, "a session without a request for twelve hours", err, account.ErrNobody)
	if left, err := o.Sessions(ctx, "anna"); err != nil || len(left) != 0 {
		t.Errorf("%d ended sessions are listed as open, %v", len(left), err)
	}
}

func TestPasswordChange(t *testing.T) {
	o := accounttest.NewOffice(t)
	ctx := t.Context()
	stolen, other := o.Token(t, "anna"), o.Token(t, "vera")
	const next = "a longer one than before"
	for what, c := range map[string]struct {
		old, next string
		want      torg.Refusal
	}{
		"the wrong old one": {"wrong", next, account.ErrLogin},
		"the same again":    {accounttest.Password, accounttest.Password, account.ErrWeak},
		"a short one":       {accounttest.Password, "elevenchars", account.ErrWeak},
		"one character":     {accounttest.Password, strings.Repeat("a", 20), account.ErrWeak},
		"a long one":        {accounttest.Password, strings.Repeat("ab", 129), account.ErrWeak},
		"no text":           {accounttest.Password, "\xff\xfe" + next, account.ErrWeak},
		"none":              {accounttest.Password, "", account.ErrWeak},
	} {
		_, err := o.ChangePassword(ctx, "anna", c.old, c.next, account.Place{})
		refused(t, what, err, c.want)
	}
	_, _, err := o.Session(ctx, stolen)
	must(t, err)
	fresh, err := o.ChangePassword(ctx, "anna", accounttest.Password, next, account.Place{})
	must(t, err)
	_, _, err = o.Session(ctx, stolen)
	refused(t, "a stolen session after a new password", err, account.ErrNobody)
	for _, token := range []string{fresh, other} {
		_, _, err = o.Session(ctx, token)
		must(t, err)
	}
	_, _, err = o.Login(ctx, "anna", accounttest.Password, account.Place{})
	refused(t, "the old password", err, account.ErrLogin)
	_, _, err = o.Login(ctx, "anna", next, account.Place{})
	must(t, err)
}

func TestOneTimePassword(t *testing.T) {
	o := accounttest.NewOffice(t)
	ctx := t.Context()
	token := o.OneTime(t, "vera")
	v, _, err := o.Session(ctx, token)
	must(t, err)
	if !v.MustChange() || v.May(account.Read) || v.May(account.Trade) || v.Sees("factory") {
		t.Errorf("a one-time password opens more than its change: %+v", v)
	}
	once, err := o.Reset(ctx, "oleg", "vera")
	must(t, err)
	o.Clock.Pass(account.OneTimeLife)
	_, _, err = o.Login(ctx, "vera", once, account.Place{})
	refused(t, "a one-time password after two weeks", err, account.ErrLogin)
	again, err := o.Reset(ctx, "oleg", "vera")
	must(t, err)
	if again == once || len(again) != 23 {
		t.Errorf("one-time passwords %q, %q", once, again)
	}
}

func TestDisabling(t *testing.T) {
	o := accounttest.NewOffice(t)
	ctx := t.Context()
	token, key := o.Token(t, "anna"), o.Key(t, "anna", account.Read)
	must(t, o.Disable(ctx, account.Console, "ANNA"))
	_, _, err := o.Session(ctx, token)
	refused(t, "a disabled account's session", err, account.ErrNobody)
	_, err = o.Desk.Key(ctx, key)
	refused(t, "a disabled account's key", err, account.ErrNobody)
	_, _, err = o.MakeKey(ctx, "anna", "anna", "x", []account.Scope{account.Read}, time.Hour)
	refused(t, "a new key for it", err, account.ErrScope)
	must(t, o.Enable(ctx, account.Console, "anna"))
	_, _, err = o.Session(ctx, token)
	refused(t, "the old session of an enabled account", err, account.ErrNobody)
	_, err = o.Desk.Key(ctx, key)
	must(t, err)
	refused(t, "nobody", o.Disable(ctx, account.Console, "boris"), torg.ErrUnknown)
}

func TestKeys(t *testing.T) {
	o := accounttest.NewOffice(t)
	ctx := t.Context()
	for what, c := range map[string]struct {
		name   string
		label  string
		scopes []account.Scope
		life   time.Duration
		want   torg.Refusal
	}{
		"an owner's key to operate":      {"anna", "x", []account.Scope{account.Read, account.Operate}, time.Hour, account.ErrScope},
		"an owner's key to approve":      {"anna", "x", []account.Scope{account.Approve}, time.Hour, account.ErrScope},
		"an approver's key to approve":   {"pavel", "x", []account.Scope{account.Read, account.Approve}, time.Hour, account.ErrScope},
		"an operator's key to trade":     {"oleg", "x", []account.Scope{account.Trade}, time.Hour, account.ErrScope},
		"a scope that is none":           {"anna", "x", []account.Scope{"root"}, time.Hour, account.ErrScope},
		"no scope":                       {"anna", "x", nil, time.Hour, torg.ErrMalformed},
		"a key without a life":           {"anna", "x", []account.Scope{account.Read}, 0, torg.ErrMalformed},
		"a key that has expired":         {"anna", "x", []account.Scope{account.Read}, -time.Hour, torg.ErrMalformed},
		"a key for ever":                 {"anna", "x", []account.Scope{account.Read}, account.MaxKeyLife + time.Second, torg.ErrMalformed},
		"a key without a name":           {"anna", "", []account.Scope{account.Read}, time.Hour, torg.ErrMalformed},
		"a key with an endless name":     {"anna", strings.Repeat("я", 33), []account.Scope{account.Read}, time.Hour, torg.ErrMalformed},
		"a key with a name on two lines": {"anna", "a\nb", []account.Scope{account.Read}, time.Hour, torg.ErrMalformed},
		"nobody's key":                   {"boris", "x", []account.Scope{account.Read}, time.Hour, torg.ErrUnknown},
	} {
		secret, _, err := o.MakeKey(ctx, account.Console, c.name, c.label, c.scopes, c.life)
		refused(t, what, err, c.want)
		if err != nil && secret != "" && what != "nobody's key" {
			t.Errorf("%s: a secret all the same", what)
		}
	}
	read, trade := o.Key(t, "anna", account.Read), o.Key(t, "anna", account.Read, account.Trade)
	v, err := o.Desk.Key(ctx, read)
	must(t, err)
	if !v.May(account.Read) || v.May(account.Trade) || !v.ByKey() || v.Participant != "foundry" {
		t.Errorf("a key to read may %+v", v)
	}
	if v, err = o.Desk.Key(ctx, trade); err != nil || !v.May(account.Trade) || v.May(account.Operate) || v.May(account.Approve) {
		t.Errorf("a key to trade may %+v, %v", v, err)
	}
	_, _, err = o.Session(ctx, strings.TrimPrefix(read, account.KeyPrefix))
	refused(t, "a key as a browser's session", err, account.ErrNobody)

	keys, err := o.Keys(ctx, "anna")
	must(t, err)
	refused(t, "another's key revoked", o.Revoke(ctx, "vera", "vera", keys[0].Handle()), torg.ErrUnknown)
	for _, k := range keys {
		if strings.Contains(fmt.Sprint(k), strings.TrimPrefix(read, account.KeyPrefix)) {
			t.Error("the book knows a secret")
		}
		must(t, o.Revoke(ctx, "anna", "anna", k.Handle()))
	}
	_, err = o.Desk.Key(ctx, trade)
	refused(t, "a revoked key", err, account.ErrNobody)
	last := o.Key(t, "anna", account.Read)
	o.Clock.Pass(24 * time.Hour)
	_, err = o.Desk.Key(ctx, last)
	refused(t, "an expired key", err, account.ErrNobody)
}

func TestRolesAreNotMixed(t *testing.T) {
	o := accounttest.NewOffice(t)
	for what, c := range map[string]struct {
		name string
		role account.Role
		of   torg.ParticipantID
		want torg.Refusal
	}{
		"an operator who owns":        {"x", account.Operator, "foundry", torg.ErrMalformed},
		"an approver who owns":        {"x", account.Approver, "foundry", torg.ErrMalformed},
		"an owner of nobody":          {"x", account.Owner, "", torg.ErrMalformed},
		"an owner of two":             {"x", account.Owner, "foundry,factory", torg.ErrMalformed},
		"no role":                     {"x", "", "", torg.ErrMalformed},
		"a role that is none":         {"x", "root", "", torg.ErrMalformed},
		"a name twice":                {"Anna", account.Operator, "", torg.ErrExists},
		"a name with a space":         {"an na", account.Operator, "", torg.ErrMalformed},
		"a name in other letters":     {"аnna", account.Operator, "", torg.ErrMalformed},
		"a name longer than 64 bytes": {strings.Repeat("a", 65), account.Operator, "", torg.ErrMalformed},
		"no name":                     {" ", account.Operator, "", torg.ErrMalformed},
	} {
		_, err := o.Desk.Admit(t.Context(), account.Console, c.name, c.role, c.of)
		refused(t, what, err, c.want)
	}
}

func TestRecordOfDeeds(t *testing.T) {
	o := accounttest.NewOffice(t)
	ctx := t.Context()
	o.Token(t, "anna")
	_, _, err := o.Login(ctx, "anna", "wrong", account.Place{Address: "192.0.2.9"})
	refused(t, "wrong", err, account.ErrLogin)
	_, _, err = o.Login(ctx, "my password typed as a name", "x", account.Place{Address: "192.0.2.9"})
	refused(t, "wrong", err, account.ErrLogin)
	must(t, o.Disable(ctx, "oleg", "anna"))
	last, err := o.Book.Entries(ctx, "", 4)
	must(t, err)
	var got []string
	for _, e := range last {
		got = append(got, fmt.Sprintf("%s %s by %s from %s", e.Deed, e.Account, e.By, e.Address))
	}
	want := []string{"disabled anna by oleg from ", "login_failed  by  from 192.0.2.9", "login_failed anna by  from 192.0.2.9", "login anna by anna from 192.0.2.7"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%q, want %q", got, want)
	}
}

// A failing book lets nobody in.
func TestFailingBook(t *testing.T) {
	o := accounttest.NewOffice(t)
	token, key := o.Token(t, "anna"), o.Key(t, "anna", account.Read)
	o.Book.Fail = errors.New("disk on fire")
	ctx := t.Context()
	if _, _, err := o.Login(ctx, "anna", accounttest.Password, account.Place{}); err == nil || torg.RefusalOf(err) != "" {
		t.Errorf("login: %v", err)
	}
	if v, _, err := o.Session(ctx, token); err == nil || v.Known() {
		t.Errorf("session: %v %v", v, err)
	}
	if v, err := o.Desk.Key(ctx, key); err == nil || v.Known() {
		t.Errorf("key: %v %v", v, err)
	}
}
