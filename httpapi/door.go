package httpapi

import (
	"net/http"

	"torg"
	"torg/account"
	"torg/account/gate"
)

// open are the paths that whoever watches the process asks without a login.
var open = map[string]bool{"/healthz": true, "/readyz": true}

var unknownCaller = Problem{Status: http.StatusUnauthorized, Code: string(account.ErrNobody),
	Detail: "log in, or send an API key as Authorization: Bearer torg_..."}

// door lets in who has a key or has logged in.
func (a *api) door() gate.Door {
	return gate.Door{
		Open: func(r *http.Request) bool { return open[r.URL.Path] || a.FreeMetrics && r.URL.Path == "/metrics" },
		Keys: true,
		Deny: func(w http.ResponseWriter, r *http.Request, err error) {
			switch refusal := torg.RefusalOf(err); refusal {
			case account.ErrNobody:
				w.Header().Set("WWW-Authenticate", `Bearer realm="torg"`)
				writeProblem(w, unknownCaller)
			case account.ErrMustChange:
				writeProblem(w, Problem{Status: http.StatusForbidden, Code: string(refusal), Detail: "change the one-time password on /account first"})
			case gate.ErrOrigin:
				writeProblem(w, Problem{Status: http.StatusForbidden, Code: string(refusal), Detail: "the request does not say that it comes from this server's pages"})
			default:
				writeProblem(w, Problem{Status: http.StatusInternalServerError, Code: "internal", Detail: "the server could not answer; its log says why"})
			}
		},
	}
}

// forOperator lets the operator alone, or everybody where metrics are free.
func (a *api) forOperator(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.FreeMetrics && !account.From(r.Context()).Operator() {
			writeProblem(w, Problem{Status: http.StatusForbidden, Code: string(torg.ErrNotOperator), Detail: "metrics are the operator's"})
			return
		}
		next.ServeHTTP(w, r)
	})
}
