package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"

	"torg"
	"torg/ledger"
	"torg/record"
)

// DefaultMessages is how many messages are kept unless LimitMessages says otherwise.
const DefaultMessages = 200_000

// Store is an open projection. Its methods may be called from several goroutines:
// writers take turns, readers see the state between two of them.
type Store struct {
	name     string // of the database, for errors: a path, or host and database without the password
	postgres bool
	write    *sql.DB
	read     *sql.DB // on PostgreSQL the same

	mu       sync.Mutex // one writer at a time
	messages int        // how many are kept
	market   atomic.Pointer[ledger.Genesis]
}

var _ record.Reader = (*Store)(nil)

// Open opens the database that dsn names, "sqlite:PATH" or a "postgres://" URL,
// makes it where it is absent and brings an older one up to date. It refuses a
// database that is damaged, that another program made, or whose schema is newer
// than this program, in one line that names it, and leaves such a one as it is.
func Open(ctx context.Context, dsn string) (*Store, error) {
	return open(ctx, dsn, migrations)
}

func open(ctx context.Context, dsn string, schema fs.FS) (*Store, error) {
	s, err := connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	err = s.migrate(ctx, schema)
	if err == nil {
		err = s.openReaders(ctx)
	}
	if err == nil {
		err = s.loadMarket(ctx)
	}
	if err != nil {
		return nil, errors.Join(s.fail("open", err), s.Close())
	}
	return s, nil
}

func connect(ctx context.Context, dsn string) (*Store, error) {
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		return connectSQLite(ctx, path)
	}
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return connectPostgres(ctx, dsn)
	}
	// The text may hold a password: it is not repeated.
	return nil, errors.New("store: the database must be sqlite:PATH or postgres://USER@HOST/NAME")
}

// Close closes the database. What is not committed is lost.
func (s *Store) Close() error {
	var err error
	if s.read != nil && s.read != s.write {
		err = s.read.Close()
	}
	return errors.Join(err, s.write.Close())
}

// LimitMessages says how many messages are kept from now on; at least 1.
func (s *Store) LimitMessages(rows int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = max(rows, 1)
}

// fail names the database and what was being done, on one line.
func (s *Store) fail(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("store: %s: %s: %w", s.name, doing, oneLine{err})
}

// oneLine joins the lines that some drivers' errors have.
type oneLine struct{ error }

func (e oneLine) Error() string { return strings.Join(strings.Fields(e.error.Error()), " ") }
func (e oneLine) Unwrap() error { return e.error }

var errNotBound = errors.New("it is not bound to a complex yet")

// calendar returns the complex's calendar, which turns slots into sessions.
func (s *Store) calendar() (torg.Calendar, error) {
	g := s.market.Load()
	if g == nil {
		return torg.Calendar{}, s.fail("calendar", errNotBound)
	}
	return g.Calendar, nil
}
