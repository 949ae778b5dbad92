// Package guard protects HTTP handlers that answer without a login: it refuses
// requests whose Host header names somebody else (DNS rebinding) and requests that
// change something but come from another site's page.
package guard

import (
	"net"
	"net/http"
	"strings"
)

// Loopback are the host names under which a machine knows itself.
var Loopback = []string{"localhost", "127.0.0.1", "::1"}

// Reject answers a request that the guard refuses; reason is "host" or "origin".
type Reject func(w http.ResponseWriter, r *http.Request, reason string)

// Wrap returns next behind the guard. Hosts are the host names, without ports, that
// requests may be addressed to; a "*" among them lets every host pass.
func Wrap(next http.Handler, hosts []string, reject Reject) http.Handler {
	allowed := map[string]bool{}
	for _, h := range hosts {
		allowed[strings.ToLower(h)] = true
	}
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reject(w, r, "origin")
	}))
	inner := cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !allowed["*"] && !allowed[hostname(r.Host)] {
			reject(w, r, "host")
			return
		}
		inner.ServeHTTP(w, r)
	})
}

// hostname is the Host header in lower case without its port and brackets.
func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.ToLower(strings.Trim(host, "[]"))
}
