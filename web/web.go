// Package web is the market as people see it: pages for owners of five roles and
// for the operator, in Russian and English, that work before any script loads and
// stay live when one does. What it shows comes from record.Reader and record.Live,
// what its buttons do goes to record.Control.
package web

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"torg"
	"torg/access"
	"torg/account/gate"
	"torg/board"
	"torg/internal/guard"
	"torg/record"
)

// Config is what the pages are made of.
type Config struct {
	Reader   record.Reader
	Live     record.Live
	Control  record.Control // nil: the pages only show
	Verifier Verifier       // nil: an unsigned market, and the contract's page says so
	Board    *board.Desk    // nil: the board only shows

	Name, NameEN string                   // of the complex, without quotes
	ZoneNames    map[torg.ZoneID]ZoneName // what people call zones; without one they read the id
	Location     *time.Location           // in which people read times; nil: UTC
	Calendar     torg.Calendar
	HistoryStep  time.Duration // of generated history; 0: 15 minutes
	Strategies   []string      // that an owner may choose, the default first
	Version      string        // of the program, in the footer
	Demo         bool          // the complex is invented, and every page says so

	Surplus, Buyer torg.ParticipantID // the first two cards of the welcome: more generator than plant, and all energy bought

	Hosts []string     // host names that may be asked for; empty: loopback names
	Gate  *gate.Gate   // nil: an open market, without accounts, where a visitor chooses whom to be
	Log   *slog.Logger // nil: nothing is logged
}

// ZoneName is what people call a zone, by language; empty: as its id.
type ZoneName struct{ RU, EN string }

// Verifier checks what stands behind a contract, with the parties' own keys.
type Verifier interface {
	Verify(ctx context.Context, c record.Contract) (Proof, error)
}

// Proof is what checking a contract found.
type Proof struct {
	Buyer, Seller PartyProof
	Height        int64 // of the block on the ledger that holds it
}

// PartyProof is one party's side. The supplier signs nothing in round 3: its quotes
// are part of the complex's rules.
type PartyProof struct {
	Order       Check
	Statement   Check
	Fingerprint *torg.Fingerprint // of the key that signed
}

// Check is the state of one signature.
type Check string

// The checks.
const (
	Valid    Check = "valid"
	Invalid  Check = "invalid"
	Unsigned Check = "unsigned"     // not signed yet
	NoOrder  Check = "not_required" // the supplier's side
)

// site shows in the name of the viewer: its Reader and Control hold more than the
// configured ones did, and nothing here has the others.
type site struct {
	Config
	reader access.Reader // the Reader, for what is published of orders
	words  *words
	static map[string]asset
	frames *frames
}

// New returns the handler of all pages. It panics where the embedded pages'
// own parts do not load, which a test would have noticed.
func New(c Config) http.Handler {
	if len(c.Hosts) == 0 {
		c.Hosts = guard.Loopback
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Location == nil {
		c.Location = time.UTC
	}
	if c.HistoryStep == 0 {
		c.HistoryStep = 15 * time.Minute
	}
	if len(c.Strategies) == 0 {
		c.Strategies = []string{"newsvendor"}
	}
	files, err := fs.Sub(embedded, "static")
	if err != nil {
		panic("web: embedded files: " + err.Error())
	}
	reader := access.NewReader(c.Reader)
	c.Reader, c.Control = reader, access.NewControl(c.Control, reader)
	s := &site{Config: c, reader: reader, words: loadWords(c.Log), static: assets(files), frames: newFrames()}
	return guard.Wrap(secured(c.Gate.Wrap(s.routes(), s.door())), c.Hosts, func(w http.ResponseWriter, r *http.Request, reason string) {
		http.Error(w, "refused: the request's "+reason+" is not this server", http.StatusForbidden)
	})
}

func (s *site) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page(s.home))
	mux.HandleFunc("GET /sessions", s.page(s.sessions))
	mux.HandleFunc("GET /sessions/{id}", s.page(s.session))
	mux.HandleFunc("GET /contracts", s.page(s.contracts))
	mux.HandleFunc("GET /contracts/{id}", s.page(s.contract))
	s.boardRoutes(mux)
	mux.HandleFunc("GET /money", s.page(s.money))
	mux.HandleFunc("GET /sites/{id}", s.page(s.place))
	mux.HandleFunc("GET /log", s.page(s.log))
	mux.HandleFunc("GET /help", s.page(s.help))
	mux.HandleFunc("GET /search", s.page(s.search))
	mux.HandleFunc("GET /live", s.live)
	mux.HandleFunc("GET /static/{name}", s.asset)
	mux.HandleFunc("POST /stop", s.page(s.stop))
	mux.HandleFunc("POST /start", s.page(s.start))
	mux.HandleFunc("POST /sites/{id}/stop", s.page(s.stopSite))
	mux.HandleFunc("POST /sites/{id}/start", s.page(s.startSite))
	mux.HandleFunc("POST /sites/{id}/settings", s.page(s.settings))
	s.accounts(mux)
	mux.HandleFunc("/", s.page(func(p *page) error { return record.ErrNotFound }))
	return mux
}

// secured adds the headers of every answer: no script, style or frame but our own
// files, and nothing inline.
func secured(next http.Handler) http.Handler {
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types torg"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}
