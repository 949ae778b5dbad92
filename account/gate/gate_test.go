package gate_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"torg"
	"torg/account"
	"torg/account/accounttest"
	"torg/account/gate"
)

// behind is a page that says who came in, behind a gate that says why not.
func behind(g *gate.Gate, keys bool) http.Handler {
	return g.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := account.From(r.Context())
		switch {
		case v.Open():
			w.Write([]byte("everybody"))
		case !v.Known():
			w.Write([]byte("stranger"))
		default:
			w.Write([]byte(v.Account))
		}
	}), gate.Door{
		Open:     func(r *http.Request) bool { return r.URL.Path == "/open" },
		Changing: func(r *http.Request) bool { return r.URL.Path == "/change" },
		Keys:     keys,
		Deny: func(w http.ResponseWriter, r *http.Request, err error) {
			w.WriteHeader(http.StatusTeapot)
			w.Write([]byte("denied " + string(torg.RefusalOf(err))))
		},
	})
}

func ask(h http.Handler, method, path string, header ...string) string {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Body.String()
}

func says(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestOpenUntilTheFirstAccount(t *testing.T) {
	says(t, "no gate", ask(behind(nil, true), "POST", "/", "Authorization", "Bearer nonsense"), "everybody")
	book, clock := &accounttest.Book{}, &accounttest.Clock{}
	desk := account.NewDesk(book, account.NewHasher(accounttest.Weak, 1), clock.Now)
	says(t, "beyond loopback", ask(behind(gate.New(gate.Config{Desk: desk, Required: true}), true), "GET", "/"), "denied not_logged_in")
	h := behind(gate.New(gate.Config{Desk: desk}), true)
	says(t, "no accounts", ask(h, "POST", "/"), "everybody")
	if _, err := desk.Admit(t.Context(), account.Console, "anna", account.Owner, "foundry"); err != nil {
		t.Fatal(err)
	}
	says(t, "an account while it runs", ask(h, "GET", "/"), "denied not_logged_in")
	*book = accounttest.Book{}
	says(t, "accounts that went away", ask(h, "GET", "/"), "denied not_logged_in")
	fails := &accounttest.Book{Fail: errors.New("disk on fire")}
	desk = account.NewDesk(fails, account.NewHasher(accounttest.Weak, 1), clock.Now)
	says(t, "a book that fails", ask(behind(gate.New(gate.Config{Desk: desk}), true), "GET", "/"), "denied ")
}

func TestWhoComesIn(t *testing.T) {
	o := accounttest.NewOffice(t)
	h := behind(gate.New(gate.Config{Desk: o.Desk}), true)
	token, key := o.Token(t, "anna"), o.Key(t, "vera", account.Read)
	cookie := "torg_session=" + token
	for what, c := range map[string]struct {
		header []string
		want   string
	}{
		"nothing":                           {nil, "denied not_logged_in"},
		"a cookie":                          {[]string{"Cookie", cookie}, "anna"},
		"a cookie among others":             {[]string{"Cookie", "torg_lang=ru; " + cookie + "; x=y"}, "anna"},
		"two cookies":                       {[]string{"Cookie", cookie + "; " + cookie}, "denied not_logged_in"},
		"two cookies, one planted":          {[]string{"Cookie", "torg_session=planted; " + cookie}, "denied not_logged_in"},
		"the cookie of a site over TLS":     {[]string{"Cookie", "__Host-torg=" + token}, "denied not_logged_in"},
		"an empty cookie":                   {[]string{"Cookie", "torg_session="}, "denied not_logged_in"},
		"a key":                             {[]string{"Authorization", "Bearer " + key}, "vera"},
		"a key in small letters":            {[]string{"Authorization", "bearer " + key}, "vera"},
		"a key before a cookie":             {[]string{"Authorization", "Bearer " + key, "Cookie", cookie}, "vera"},
		"a wrong key with a cookie":         {[]string{"Authorization", "Bearer " + key + "x", "Cookie", cookie}, "denied not_logged_in"},
		"a token as a key":                  {[]string{"Authorization", "Bearer " + token}, "denied not_logged_in"},
		"a key as a cookie":                 {[]string{"Cookie", "torg_session=" + key}, "denied not_logged_in"},
		"a key without its prefix":          {[]string{"Authorization", "Bearer " + strings.TrimPrefix(key, account.KeyPrefix)}, "denied not_logged_in"},
		"two keys":                          {[]string{"Authorization", "Bearer " + key, "Authorization", "Bearer " + key}, "denied not_logged_in"},
		"a key without a scheme":            {[]string{"Authorization", key}, "denied not_logged_in"},
		"a password":                        {[]string{"Authorization", "Basic YW5uYTpwYXNz"}, "denied not_logged_in"},
		"an endless key":                    {[]string{"Authorization", "Bearer " + strings.Repeat("x", 1<<16)}, "denied not_logged_in"},
		"an empty key":                      {[]string{"Authorization", "Bearer ", "Cookie", cookie}, "denied not_logged_in"},
		"who says to be another in a proxy": {[]string{"Cookie", cookie, "X-Forwarded-User", "oleg", "X-Remote-User", "oleg"}, "anna"},
	} {
		says(t, what, ask(h, "GET", "/", c.header...), c.want)
	}
	says(t, "an open page", ask(h, "GET", "/open"), "stranger")
	says(t, "an open page for who is known", ask(h, "GET", "/open", "Cookie", cookie), "anna")
	says(t, "pages take no keys", ask(behind(gate.New(gate.Config{Desk: o.Desk}), false), "GET", "/", "Authorization", "Bearer "+key), "denied not_logged_in")
}

func TestOneTimePasswordOpensItsChange(t *testing.T) {
	o := accounttest.NewOffice(t)
	h := behind(gate.New(gate.Config{Desk: o.Desk}), true)
	cookie := "torg_session=" + o.OneTime(t, "nina")
	for path, want := range map[string]string{"/": "denied password_to_change", "/change": "nina", "/open": "nina", "/change/x": "denied password_to_change"} {
		says(t, path, ask(h, "GET", path, "Cookie", cookie), want)
	}
}

// A browser says where a post comes from; a cookie without that is somebody else's.
func TestChangesSayWhereTheyComeFrom(t *testing.T) {
	o := accounttest.NewOffice(t)
	h := behind(gate.New(gate.Config{Desk: o.Desk}), true)
	cookie, key := "torg_session="+o.Token(t, "anna"), "Bearer "+o.Key(t, "anna", account.Trade, account.Read)
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
		says(t, method+" with a cookie alone", ask(h, method, "/", "Cookie", cookie), "denied wrong_origin")
		says(t, method+" from a page", ask(h, method, "/", "Cookie", cookie, "Origin", "http://example.com"), "anna")
		says(t, method+" with a key", ask(h, method, "/", "Authorization", key), "anna")
	}
}

func TestCookie(t *testing.T) {
	o := accounttest.NewOffice(t)
	for tls, want := range map[bool]string{true: "__Host-torg", false: "torg_session"} {
		g := gate.New(gate.Config{Desk: o.Desk, TLS: tls})
		w := httptest.NewRecorder()
		g.Keep(w, "secret")
		c := w.Result().Cookies()[0]
		if c.Name != want || c.Secure != tls || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.Value != "secret" || c.MaxAge != int(account.Absolute.Seconds()) {
			t.Errorf("%+v", c)
		}
		w = httptest.NewRecorder()
		g.Forget(w)
		if c := w.Result().Cookies()[0]; c.Name != want || c.MaxAge >= 0 || c.Value != "" || c.Secure != tls {
			t.Errorf("%+v", c)
		}
	}
}

// A stream of a session that was ended elsewhere ends within seconds.
func TestStreamsEndWithTheirSession(t *testing.T) {
	for what, end := range map[string]func(accounttest.Office) error{
		"signed out": func(o accounttest.Office) error { return o.SignOut(context.Background(), "anna", account.Place{}) },
		"disabled":   func(o accounttest.Office) error { return o.Disable(context.Background(), account.Console, "anna") },
		"expired":    func(o accounttest.Office) error { o.Clock.Pass(account.Absolute); return nil },
	} {
		synctest.Test(t, func(t *testing.T) {
			o := accounttest.NewOffice(t)
			g := gate.New(gate.Config{Desk: o.Desk})
			ended := make(chan time.Time, 1)
			h := g.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				<-r.Context().Done()
				ended <- time.Now()
			}), gate.Door{Deny: func(http.ResponseWriter, *http.Request, error) { t.Error("denied") }})
			r := httptest.NewRequest("GET", "/live", nil)
			r.AddCookie(&http.Cookie{Name: "torg_session", Value: o.Token(t, "anna")})
			go h.ServeHTTP(httptest.NewRecorder(), r)
			time.Sleep(time.Hour) // of the bubble: the stream stays while the session does
			synctest.Wait()
			if len(ended) != 0 {
				t.Fatalf("%s: the stream ended by itself", what)
			}
			if err := end(o); err != nil {
				t.Fatal(err)
			}
			from := time.Now()
			if at := <-ended; at.Sub(from) > 20*time.Second {
				t.Errorf("%s: the stream went on for %s", what, at.Sub(from))
			}
		})
	}
}

func TestPlace(t *testing.T) {
	for remote, want := range map[string]string{"192.0.2.1:1234": "192.0.2.1", "[2001:db8::1]:80": "2001:db8::1", "@": "@", "": ""} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = remote
		r.Header.Set("X-Forwarded-For", "198.51.100.9")
		says(t, remote, gate.PlaceOf(r).Address, want)
	}
}

func FuzzHeaders(f *testing.F) {
	o := accounttest.NewOffice(f)
	token, key := o.Token(f, "anna"), o.Key(f, "vera", account.Read)
	h := behind(gate.New(gate.Config{Desk: o.Desk}), true)
	f.Add("Bearer "+key, "torg_session="+token)
	f.Add("bearer  "+key, "torg_session=\""+token+"\"")
	f.Add("Bearer", "torg_session")
	f.Add("", "torg_session="+token+";torg_session=")
	f.Add("Bearer "+token, "torg_session="+key)
	f.Fuzz(func(t *testing.T, authorization, cookie string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Cookie"] = []string{cookie}
		if authorization != "" {
			r.Header["Authorization"] = []string{authorization}
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		switch got := w.Body.String(); {
		case got == "denied not_logged_in":
		case got == "anna" && authorization == "" && strings.Contains(cookie, token):
		case got == "vera" && strings.Contains(authorization, key):
		default:
			t.Errorf("%q with %q: %s", authorization, cookie, got)
		}
	})
}
