package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"torg/account"
	"torg/account/gate"
)

// door lets in browsers that have logged in, and sends the others to log in.
func (s *site) door() gate.Door {
	return gate.Door{
		Open: func(r *http.Request) bool { return r.URL.Path == "/login" || strings.HasPrefix(r.URL.Path, "/static/") },
		Changing: func(r *http.Request) bool {
			return r.URL.Path == "/account" || r.URL.Path == "/account/password" || r.URL.Path == "/logout"
		},
		Deny: deny,
	}
}

func deny(w http.ResponseWriter, r *http.Request, err error) {
	page := r.Method == http.MethodGet && r.URL.Path != "/live"
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case errors.Is(err, account.ErrNobody) && page:
		to := "/login"
		if r.URL.Path != "/" {
			to += "?next=" + url.QueryEscape(r.URL.RequestURI())
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
	case errors.Is(err, account.ErrNobody):
		http.Error(w, "log in first", http.StatusUnauthorized)
	case errors.Is(err, account.ErrMustChange):
		http.Redirect(w, r, "/account", http.StatusSeeOther)
	case errors.Is(err, gate.ErrOrigin):
		http.Error(w, "refused: the request does not say that it comes from this server's pages", http.StatusForbidden)
	default:
		http.Error(w, "the server could not answer; its log says why", http.StatusInternalServerError)
	}
}
