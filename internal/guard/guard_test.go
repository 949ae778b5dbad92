package guard

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestWrap(t *testing.T) {
	ok := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	h := Wrap(ok, Loopback, func(w http.ResponseWriter, r *http.Request, reason string) {
		w.Header().Set("Reason", reason)
		w.WriteHeader(http.StatusForbidden)
	})
	cases := []struct {
		name, method, host string
		header             map[string]string
		reason             string
	}{
		{"own name", "GET", "localhost:8080", nil, ""},
		{"own address", "GET", "127.0.0.1:8080", nil, ""},
		{"own address, version 6", "GET", "[::1]:8080", nil, ""},
		{"no port", "GET", "LocalHost", nil, ""},
		{"rebound name", "GET", "evil.example:8080", nil, "host"},
		{"name that starts like ours", "GET", "localhost.evil.example", nil, "host"},
		{"empty host", "GET", "", nil, "host"},
		{"post from the page", "POST", "localhost:8080", map[string]string{"Sec-Fetch-Site": "same-origin"}, ""},
		{"post from a program", "POST", "localhost:8080", nil, ""},
		{"post from another site", "POST", "localhost:8080", map[string]string{"Sec-Fetch-Site": "cross-site"}, "origin"},
		{"post from another port", "POST", "localhost:8080", map[string]string{"Origin": "http://localhost:9999"}, "origin"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, "/", nil)
			r.Host = c.host
			for k, v := range c.header {
				r.Header.Set(k, v)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if got := w.Header().Get("Reason"); got != c.reason || (c.reason == "") != (w.Code == http.StatusNoContent) {
				t.Errorf("answered %d for reason %q, want reason %q", w.Code, got, c.reason)
			}
		})
	}
}
