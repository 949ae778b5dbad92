package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"torg/account"
	"torg/account/accounttest"
	"torg/web"
)

// browser keeps cookies and says where its posts come from, as browsers do.
type browser struct {
	t       *testing.T
	h       http.Handler
	cookies map[string]string
}

func (b *browser) do(method, target string, form url.Values) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	r.Host = "localhost:8080"
	r.Header.Set("Accept-Language", "ru")
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "http://localhost:8080")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return w
}

func (b *browser) goes(what, method, target string, form url.Values, status int, want string) *httptest.ResponseRecorder {
	b.t.Helper()
	w := b.do(method, target, form)
	if w.Code != status || !strings.Contains(w.Header().Get("Location")+w.Body.String(), want) {
		b.t.Errorf("%s: %d to %q, want %d with %q", what, w.Code, w.Header().Get("Location"), status, want)
	}
	return w
}

func visit(t *testing.T, o accounttest.Office) *browser {
	return &browser{t, guarded(market(), o), map[string]string{}}
}

func credentials(name, password, next string) url.Values {
	return url.Values{"name": {name}, "password": {password}, "next": {next}}
}

func TestLoginAndOut(t *testing.T) {
	o := accounttest.NewOffice(t)
	b := visit(t, o)
	b.goes("a page", "GET", "/sessions?cursor=5", nil, 303, "/login?next=%2Fsessions%3Fcursor%3D5")
	page := b.goes("the login", "GET", "/login?next=%2Fsessions%3Fcursor%3D5", nil, 200, "Пароль").Body.String()
	for _, leak := range []string{"СТОП", "/live", "Механический", "/contracts"} {
		if strings.Contains(page, leak) {
			t.Errorf("a stranger reads %q", leak)
		}
	}
	b.goes("a wrong password", "POST", "/login", credentials("anna", "wrong", "/x"), 403, "Имя или пароль не подходят.")
	if len(b.cookies) != 0 {
		t.Errorf("a wrong password leaves %v", b.cookies)
	}
	b.goes("the right one", "POST", "/login", credentials("anna", accounttest.Password, "/sessions?cursor=5"), 303, "/sessions?cursor=5")
	b.goes("the page", "GET", "/sessions", nil, 200, `href="/account"`)
	b.goes("the login again", "GET", "/login?next=/log", nil, 303, "/log")
	token := b.cookies["torg_session"]
	b.goes("logout", "POST", "/logout", url.Values{}, 303, "/login")
	if len(b.cookies) != 0 {
		t.Errorf("logout leaves %v", b.cookies)
	}
	b.cookies["torg_session"] = token
	b.goes("the old cookie", "GET", "/sessions", nil, 303, "/login")
	for _, next := range []string{"//evil.example", "https://evil.example", `/\evil.example`, "javascript:alert(1)", "/a\r\nSet-Cookie: x"} {
		b := visit(t, o)
		if w := b.do("POST", "/login", credentials("anna", accounttest.Password, next)); w.Header().Get("Location") != "/" {
			t.Errorf("next %q leads to %q", next, w.Header().Get("Location"))
		}
	}
}

// A token that somebody planted before the login is worth nothing after it, and a
// login ends the session that the browser had.
func TestFixation(t *testing.T) {
	o := accounttest.NewOffice(t)
	b := visit(t, o)
	planted := o.Token(t, "vera")
	b.cookies["torg_session"] = planted
	b.goes("login", "POST", "/login", credentials("anna", accounttest.Password, ""), 303, "/")
	if b.cookies["torg_session"] == planted {
		t.Error("the login kept the planted token")
	}
	if v, _, err := o.Session(t.Context(), b.cookies["torg_session"]); err != nil || v.Account != "anna" {
		t.Errorf("%+v %v", v, err)
	}
	if _, _, err := o.Session(t.Context(), planted); err == nil {
		t.Error("the session that the browser had goes on")
	}
	b.cookies["torg_session"] = strings.Repeat("A", 43)
	b.goes("login over nonsense", "POST", "/login", credentials("anna", accounttest.Password, ""), 303, "/")
	if b.cookies["torg_session"] == strings.Repeat("A", 43) {
		t.Error("the login kept a token that the browser chose")
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	b := visit(t, accounttest.NewOffice(t))
	for range 10 {
		b.goes("a guess", "POST", "/login", credentials("oleg", "wrong", ""), 403, "")
	}
	w := b.goes("one more", "POST", "/login", credentials("oleg", accounttest.Password, ""), 429, "Слишком много попыток")
	if w.Header().Get("Retry-After") != "60" {
		t.Errorf("retry after %q", w.Header().Get("Retry-After"))
	}
}

func TestFirstLogin(t *testing.T) {
	o := accounttest.NewOffice(t)
	once, err := o.Reset(t.Context(), account.Console, "anna")
	if err != nil {
		t.Fatal(err)
	}
	b := visit(t, o)
	b.goes("login", "POST", "/login", credentials("anna", once, "/log"), 303, "/account")
	page := b.goes("the account", "GET", "/account", nil, 200, "одноразовый").Body.String()
	if strings.Contains(page, "Ключи программ") || strings.Contains(page, "foundry-1") || strings.Contains(page, `data-stream`) {
		t.Error("a one-time password opens more than its change")
	}
	b.goes("another page", "GET", "/log", nil, 303, "/account")
	b.goes("the same again", "POST", "/account/password", url.Values{"old": {once}, "new": {once}, "again": {once}}, 400, "не годится")
	const mine = "совсем другой пароль"
	b.goes("a new one", "POST", "/account/password", url.Values{"old": {once}, "new": {mine}, "again": {mine}}, 303, "/account?done=password")
	b.goes("the account", "GET", "/account?done=password", nil, 200, "Пароль изменён")
	b.goes("another page", "GET", "/log", nil, 200, "")
	b.goes("the one-time password", "POST", "/login", credentials("anna", once, ""), 403, "не подходят")
}

func TestPasswordChangeEndsStolenSessions(t *testing.T) {
	o := accounttest.NewOffice(t)
	b, thief := visit(t, o), visit(t, o)
	b.cookies["torg_session"] = o.Token(t, "anna")
	thief.cookies["torg_session"] = o.Token(t, "anna")
	thief.goes("a thief without the password", "POST", "/account/password", url.Values{"old": {"guess"}, "new": {"a password of a thief"}, "again": {"a password of a thief"}}, 403, "не подходят")
	thief.goes("a thief's key", "POST", "/account/keys", url.Values{"name": {"x"}, "scope": {"read"}, "days": {"90"}, "password": {"guess"}}, 403, "не подходят")
	const next = "a password of her own"
	b.goes("hers", "POST", "/account/password", url.Values{"old": {accounttest.Password}, "new": {next}, "again": {next}}, 303, "/account")
	thief.goes("the thief's page", "GET", "/", nil, 303, "/login")
	b.goes("her page", "GET", "/", nil, 200, "")
	b.goes("sign out everywhere", "POST", "/account/signout", url.Values{}, 303, "/login")
	b.goes("her page", "GET", "/", nil, 303, "/login")
}

func TestKeysOnThePage(t *testing.T) {
	o := accounttest.NewOffice(t)
	b := visit(t, o)
	b.cookies["torg_session"] = o.Token(t, "anna")
	form := url.Values{"name": {`<b>"учёт"</b>`}, "scope": {"trade"}, "days": {"30"}, "password": {accounttest.Password}}
	w := b.goes("a key", "POST", "/account/keys", form, 200, "показан один раз")
	secret := regexp.MustCompile(`torg_[A-Za-z0-9_-]{43}`).FindString(w.Body.String())
	if w.Header().Get("Cache-Control") != "no-store" {
		t.Error("a secret may be cached")
	}
	v, err := o.Desk.Key(t.Context(), secret)
	if err != nil || !v.May(account.Trade) || v.May(account.Operate) {
		t.Errorf("%q: %+v %v", secret, v, err)
	}
	page := b.do("GET", "/account", nil).Body.String()
	if strings.Contains(page, secret) || strings.Contains(page, "<b>\"") {
		t.Error("the secret is shown again, or the name is markup")
	}
	handle := regexp.MustCompile(`name="key" value="([0-9a-f]+)"`).FindStringSubmatch(page)
	if handle == nil {
		t.Fatal("the key is not listed")
	}
	other := visit(t, o)
	other.cookies["torg_session"] = o.Token(t, "vera")
	other.goes("another's key", "POST", "/account/keys/revoke", url.Values{"key": {handle[1]}}, 404, "")
	o.Clock.Pass(29 * 24 * time.Hour)
	if _, err := o.Desk.Key(t.Context(), secret); err != nil {
		t.Errorf("a key of 30 days after 29: %v", err)
	}
	b.cookies["torg_session"] = o.Token(t, "anna")
	b.goes("her key", "POST", "/account/keys/revoke", url.Values{"key": {handle[1]}}, 303, "/account?done=revoked")
	if _, err := o.Desk.Key(t.Context(), secret); err == nil {
		t.Error("a revoked key opens the door")
	}
}

func TestBadForms(t *testing.T) {
	long := strings.Repeat("x", 20_000)
	key := func(name, scope, days, password string) url.Values {
		return url.Values{"name": {name}, "scope": {scope}, "days": {days}, "password": {password}}
	}
	change := func(old, next, again string) url.Values {
		return url.Values{"old": {old}, "new": {next}, "again": {again}}
	}
	const good = accounttest.Password
	for _, c := range []struct {
		what, path string
		form       url.Values
		status     int
	}{
		{"login with nothing", "/login", url.Values{}, 403},
		{"login with a name alone", "/login", url.Values{"name": {"anna"}}, 403},
		{"login with an endless name", "/login", credentials(strings.Repeat("x", 10_000), good, ""), 403},
		{"login with an endless form", "/login", credentials("anna", long, ""), 400},
		{"login with bytes that are no text", "/login", credentials("\xff\x00", "\xff\x00", ""), 403},
		{"a change with nothing", "/account/password", url.Values{}, 403},
		{"a change that differs", "/account/password", change(good, "one password more", "another password"), 400},
		{"a short one", "/account/password", change(good, "short", "short"), 400},
		{"the old one", "/account/password", change(good, good, good), 400},
		{"an endless one", "/account/password", change(good, long, long), 400},
		{"a wrong old one", "/account/password", change("x", "one password more", "one password more"), 403},
		{"a key with nothing", "/account/keys", url.Values{}, 400},
		{"a key wider than the role", "/account/keys", key("x", "operate", "30", good), 400},
		{"a key to approve", "/account/keys", key("x", "approve", "30", good), 400},
		{"a key of other days", "/account/keys", key("x", "read", "31", good), 400},
		{"a key of negative days", "/account/keys", key("x", "read", "-7", good), 400},
		{"a key without a name", "/account/keys", key("", "read", "30", good), 400},
		{"a key with an endless name", "/account/keys", key(strings.Repeat("я", 40), "read", "30", good), 400},
		{"a key with lines in its name", "/account/keys", key("a\nb", "read", "30", good), 400},
		{"a key without a password", "/account/keys", key("x", "read", "30", ""), 403},
		{"a handle that is none", "/account/keys/revoke", url.Values{"key": {"../../etc"}}, 404},
		{"no handle", "/account/keys/revoke", url.Values{}, 404},
	} {
		o := accounttest.NewOffice(t)
		b := visit(t, o)
		if c.path != "/login" {
			b.cookies["torg_session"] = o.Token(t, "anna")
		}
		b.goes(c.what, "POST", c.path, c.form, c.status, "")
		if keys, err := o.Keys(t.Context(), "anna"); err != nil || len(keys) != 0 {
			t.Errorf("%s: %d keys, %v", c.what, len(keys), err)
		}
		if _, _, err := o.Login(t.Context(), "anna", good, account.Place{}); err != nil {
			t.Errorf("%s: the password has changed: %v", c.what, err)
		}
	}
}

// A post from another site's page changes nothing, with the cookie or without.
func TestPostsFromElsewhere(t *testing.T) {
	o := accounttest.NewOffice(t)
	h := guarded(market(), o)
	for _, header := range []http.Header{
		{"Origin": {"https://evil.example"}}, {"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}, {"Origin": {"null"}}, {},
		{"Origin": {"http://localhost:9999"}},
	} {
		for _, path := range []string{"/stop", "/logout", "/account/signout", "/account/keys"} {
			r := httptest.NewRequest("POST", path, nil)
			r.Host, r.Header = "localhost:8080", header.Clone()
			r.AddCookie(&http.Cookie{Name: "torg_session", Value: o.Token(t, "oleg")})
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != 403 {
				t.Errorf("%s with %v: %d", path, header, w.Code)
			}
		}
	}
	r := httptest.NewRequest("POST", "/login", strings.NewReader(credentials("anna", accounttest.Password, "").Encode()))
	r.Host = "localhost:8080"
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != 403 || len(w.Result().Cookies()) != 0 {
		t.Errorf("another site's page logs a visitor in: %d", w.Code)
	}
}

// Every page of accounts has its words in both languages.
func TestAccountWords(t *testing.T) {
	o := accounttest.NewOffice(t)
	for _, lang := range web.Languages {
		for _, who := range []string{"anna", "oleg", "pavel"} {
			b := visit(t, o)
			b.cookies["torg_lang"] = lang
			pages := []string{b.do("GET", "/login", nil).Body.String(), b.do("POST", "/login", credentials(who, "wrong", "")).Body.String()}
			b.cookies["torg_session"] = o.Token(t, who)
			pages = append(pages, b.do("GET", "/account", nil).Body.String(), b.do("POST", "/account/keys", url.Values{}).Body.String(),
				b.do("POST", "/account/keys", url.Values{"name": {"k"}, "scope": {"read"}, "days": {"7"}, "password": {accounttest.Password}}).Body.String(),
				b.do("POST", "/account/password", url.Values{}).Body.String(), b.do("GET", "/account?done=revoked", nil).Body.String(), b.do("GET", "/", nil).Body.String())
			for i, body := range pages {
				if key := regexp.MustCompile(`>\s*[a-z_]+\.[a-z_.]+\s*<|&lt;no value&gt;`).FindString(body); key != "" || !strings.Contains(body, `<html lang="`+lang+`"`) {
					t.Errorf("page %d of %s in %s shows a key: %q", i, who, lang, key)
				}
			}
		}
	}
}

// An open market has no accounts to log in to.
func TestOpenMarketHasNoAccounts(t *testing.T) {
	h := web.New(config(market()))
	for _, x := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/login", 303}, {"POST", "/login", 404}, {"POST", "/logout", 404}, {"GET", "/account", 404}, {"POST", "/account/password", 404},
		{"POST", "/account/signout", 404}, {"POST", "/account/keys", 404}, {"POST", "/account/keys/revoke", 404},
	} {
		if w := send(h, x.method, x.path, url.Values{}, "torg_as=foundry"); w.Code != x.status {
			t.Errorf("%s %s: %d, want %d", x.method, x.path, w.Code, x.status)
		}
	}
}
