package gate

import (
	"net/http"

	"torg/account"
)

// The session's cookie. Over TLS its name holds the browser to what __Host- means:
// set by this host over TLS, for no other host and the whole site. On loopback there
// is no TLS, and a plain name.
const (
	secureCookie = "__Host-torg"
	plainCookie  = "torg_session"
)

func (g *Gate) cookie(value string) *http.Cookie {
	c := &http.Cookie{Name: plainCookie, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: int(account.Absolute.Seconds())}
	if g.tls {
		c.Name, c.Secure = secureCookie, true
	}
	return c
}

// Keep gives a browser its session's token.
func (g *Gate) Keep(w http.ResponseWriter, token string) { http.SetCookie(w, g.cookie(token)) }

// Forget takes the token away.
func (g *Gate) Forget(w http.ResponseWriter) {
	c := g.cookie("")
	c.MaxAge = -1
	http.SetCookie(w, c)
}

// Token returns the token that a browser sent; empty where it sent none, or several,
// of which somebody else may have set one.
func (g *Gate) Token(r *http.Request) string {
	if all := r.CookiesNamed(g.cookie("").Name); len(all) == 1 {
		return all[0].Value
	}
	return ""
}
