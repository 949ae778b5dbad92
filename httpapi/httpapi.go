// Package httpapi is the market over HTTP for programs: JSON lists of what has been
// recorded, the present as a stream, and the few things that owners and the operator
// may do. Its OpenAPI description is at /api/v1/openapi.json.
//
// Prices are strings in RUB/kWh and money strings in RUB, both exact; energy is an
// integer in Wh; times are RFC 3339 in UTC. Lists come newest first as
// {"items": [...], "next": "cursor, absent on the last page"}, and as CSV with
// ?format=csv. Every error has the same shape, with the market's own word for it.
package httpapi

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"torg"
	"torg/access"
	"torg/account/gate"
	"torg/board"
	"torg/internal/guard"
	"torg/record"
)

// Config is what the API is made of.
type Config struct {
	Reader       record.Reader
	Live         record.Live
	Control      record.Control // nil: what changes something is refused
	Proofs       Proofs         // nil: contracts cannot be proven
	Transactions Transactions   // nil: no transaction is taken
	Board        *board.Desk    // nil: nothing is concluded through this process
	Version      string         // of the program, for the description

	Calendar torg.Calendar               // of the complex, to turn times into slots
	Location *time.Location              // in which people write local times; nil: UTC
	Metrics  prometheus.Gatherer         // nil: /metrics is empty
	Ready    func(context.Context) error // nil: always ready
	Hosts    []string                    // host names that may be asked for; empty: loopback names
	Gate     *gate.Gate                  // nil: an open market, without accounts

	// FreeMetrics lets everybody who reaches the server read /metrics.
	FreeMetrics bool
	Log         *slog.Logger // nil: errors are not logged
}

// api answers in the name of the viewer: its Reader and Control hold more than the
// configured ones did, and nothing here has the others.
type api struct{ Config }

// New returns the handler of /healthz, /readyz, /metrics and /api/v1/.
func New(c Config) http.Handler {
	if len(c.Hosts) == 0 {
		c.Hosts = guard.Loopback
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	reader := access.NewReader(c.Reader)
	c.Reader, c.Control = reader, access.NewControl(c.Control, reader)
	if c.Location == nil {
		c.Location = time.UTC
	}
	a := &api{Config: c}
	mux := http.NewServeMux()
	h := humago.New(mux, description(c.Version))
	a.lists(h)
	a.series(h)
	a.present(h)
	a.control(h)
	a.proof(h)
	a.transactions(h)
	a.board(h)
	a.money(h)
	documentProblem(h.OpenAPI())
	a.openapi(mux, h)
	a.health(mux)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, Problem{Status: http.StatusNotFound, Code: string(torg.ErrUnknown), Detail: "no such resource: " + r.Method + " " + r.URL.Path})
	})
	return guard.Wrap(c.Gate.Wrap(csvAsked(mux), a.door()), c.Hosts, func(w http.ResponseWriter, r *http.Request, reason string) {
		writeProblem(w, Problem{Status: http.StatusForbidden, Code: "wrong_" + reason, Detail: "the request's " + reason + " is not this server"})
	})
}

// description configures huma: no page that loads scripts from elsewhere, no links
// to schemas in bodies, errors of our own shape, CSV beside JSON.
func description(version string) huma.Config {
	c := huma.DefaultConfig("Torg", version)
	c.Info.Description = "The electricity market of an active energy complex."
	c.DocsPath, c.OpenAPIPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil
	c.Transformers = []huma.Transformer{asProblem}
	c.Formats = map[string]huma.Format{
		"application/json": huma.DefaultJSONFormat,
		"json":             huma.DefaultJSONFormat,
		"text/csv":         {Marshal: marshalCSV, Unmarshal: json.Unmarshal},
	}
	return c
}

// openapi serves the description in both versions, computed once.
func (a *api) openapi(mux *http.ServeMux, h huma.API) {
	serve := func(path string, body []byte, err error) {
		if err != nil {
			panic("httpapi: the description of our own routes does not encode: " + err.Error())
		}
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Write(body)
		})
	}
	v31, err := json.Marshal(h.OpenAPI())
	serve("/api/v1/openapi.json", v31, err)
	v30, err := h.OpenAPI().Downgrade()
	serve("/api/v1/openapi-3.0.json", v30, err)
}

// health answers who watches the process: alive, ready for work, and its figures.
func (a *api) health(mux *http.ServeMux) {
	text := func(w http.ResponseWriter, status int, body string) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		w.Write([]byte(body + "\n"))
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) { text(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if a.Ready != nil {
			if err := a.Ready(r.Context()); err != nil {
				text(w, http.StatusServiceUnavailable, err.Error())
				return
			}
		}
		text(w, http.StatusOK, "ready")
	})
	gatherer := a.Metrics
	if gatherer == nil {
		gatherer = prometheus.NewRegistry()
	}
	mux.Handle("GET /metrics", a.forOperator(promhttp.HandlerFor(gatherer, promhttp.HandlerOpts{})))
}
