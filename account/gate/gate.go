// Package gate is accounts over HTTP: it finds out who a request comes from, by the
// cookie of a browser or the key of a program, puts that account.Viewer into the
// request's context, and turns strangers away. Nothing behind it looks at cookies or
// keys.
package gate

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"torg"
	"torg/account"
)

// Gate lets requests in. A nil gate is that of an open market: everybody may come in.
type Gate struct {
	desk     *account.Desk
	required bool
	tls      bool
	log      *slog.Logger
	closed   atomic.Bool // there are accounts, for good
}

// Config is what a gate is made of.
type Config struct {
	Desk *account.Desk
	// Required says that login is needed also while there are no accounts: the
	// market can be reached from other machines.
	Required bool
	TLS      bool         // requests come over TLS, and cookies go over nothing else
	Log      *slog.Logger // nil: nothing is logged
}

// New returns a gate. It is open, unless login is required, until the first account
// is there.
func New(c Config) *Gate {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Gate{desk: c.Desk, required: c.Required, tls: c.TLS, log: c.Log}
}

// Desk returns what lets people in; nil for an open market's gate.
func (g *Gate) Desk() *account.Desk {
	if g == nil {
		return nil
	}
	return g.desk
}

// ErrOrigin refuses a request that changes something with a browser's cookie and does
// not say which page it comes from.
const ErrOrigin torg.Refusal = "wrong_origin"

// Deny answers a request that is not let in. The refusal is account.ErrNobody,
// account.ErrMustChange or ErrOrigin; any other error is ours.
type Deny func(w http.ResponseWriter, r *http.Request, err error)

// Door is how one part of the site lets people in.
type Door struct {
	// Open says which requests even strangers may make.
	Open func(*http.Request) bool
	// Changing says which requests somebody with a one-time password may make.
	Changing func(*http.Request) bool
	// Keys says that programs come here, with a key in the Authorization header.
	Keys bool
	Deny Deny
}

// Wrap returns next behind the gate.
func (g *Gate) Wrap(next http.Handler, d Door) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, s, err := g.who(r, d)
		if err == nil {
			err = g.passes(r, d, v)
		}
		if errors.Is(err, account.ErrNobody) && d.open(r) {
			v, err = account.Viewer{}, nil
		}
		if err != nil {
			if torg.RefusalOf(err) == "" && r.Context().Err() == nil {
				g.logger().Error("login not checked", "err", err)
			}
			d.Deny(w, r, err)
			return
		}
		ctx := account.With(r.Context(), v)
		if s.Account != "" {
			ctx = context.WithValue(ctx, sessionKey{}, s)
		}
		ctx, done := g.while(ctx, r, d)
		defer done()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (d Door) open(r *http.Request) bool { return d.Open != nil && d.Open(r) }

func (g *Gate) logger() *slog.Logger { return g.log }

// who finds out who asks.
func (g *Gate) who(r *http.Request, d Door) (account.Viewer, account.Session, error) {
	if open, err := g.open(r.Context()); err != nil || open {
		return account.Everybody(), account.Session{}, err
	}
	if header := r.Header.Values("Authorization"); d.Keys && len(header) > 0 {
		secret, ok := bearer(header)
		if !ok {
			return account.Viewer{}, account.Session{}, account.ErrNobody
		}
		v, err := g.desk.Key(r.Context(), secret)
		return v, account.Session{}, err
	}
	return g.desk.Session(r.Context(), g.Token(r))
}

// open says whether the market needs no login. Once it does, it does for good.
func (g *Gate) open(ctx context.Context) (bool, error) {
	switch {
	case g == nil:
		return true, nil
	case g.required || g.closed.Load():
		return false, nil
	}
	has, err := g.desk.HasAccounts(ctx)
	if has {
		g.closed.Store(true)
	}
	return !has && err == nil, err
}

// passes holds somebody who is known to what they may ask.
func (g *Gate) passes(r *http.Request, d Door, v account.Viewer) error {
	switch {
	case v.MustChange() && !d.open(r) && (d.Changing == nil || !d.Changing(r)):
		return account.ErrMustChange
	case !v.Open() && !v.ByKey() && changes(r.Method) && r.Header.Get("Origin") == "" && r.Header.Get("Sec-Fetch-Site") == "":
		return ErrOrigin
	}
	return nil
}

func changes(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

// bearer takes the secret out of an Authorization header that is there once.
func bearer(header []string) (string, bool) {
	if len(header) != 1 {
		return "", false
	}
	scheme, secret, ok := strings.Cut(header[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || len(secret) > 256 {
		return "", false
	}
	return strings.TrimSpace(secret), true
}

// recheck is how often a request that goes on, such as a live stream, is asked again
// who makes it: a session that ended elsewhere ends its streams within this time.
const recheck = 15 * time.Second

// while returns a context that ends when whoever asks is no longer let in.
func (g *Gate) while(ctx context.Context, r *http.Request, d Door) (context.Context, func()) {
	if g == nil {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	asked := account.From(ctx)
	timer := time.AfterFunc(recheck, func() {
		for ctx.Err() == nil {
			v, _, err := g.who(r, d)
			if torg.RefusalOf(err) != "" || err == nil && !v.Same(asked) {
				cancel()
				return
			}
			select {
			case <-ctx.Done():
			case <-time.After(recheck):
			}
		}
	})
	return ctx, func() {
		timer.Stop()
		cancel()
	}
}

type sessionKey struct{}

// SessionOf returns the browser's session that a request came in with.
func SessionOf(ctx context.Context) (account.Session, bool) {
	s, ok := ctx.Value(sessionKey{}).(account.Session)
	return s, ok
}

// PlaceOf returns where a request comes from. Headers that a proxy would add are not
// believed: anybody can send them.
func PlaceOf(r *http.Request) account.Place {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	return account.Place{Address: host, Agent: r.UserAgent()}
}
