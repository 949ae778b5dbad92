package store

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

const sqliteReaders = 4

// connectSQLite opens the one connection that writes. Nothing is written before the
// file's pages were read and found whole.
func connectSQLite(ctx context.Context, path string) (*Store, error) {
	if path == "" || path == ":memory:" {
		return nil, errors.New("store: sqlite: a file is needed, such as sqlite:torg.db")
	}
	s := &Store{name: path, messages: DefaultMessages}
	if info, err := os.Stat(filepath.Dir(path)); err != nil {
		return nil, s.fail("open", err)
	} else if !info.IsDir() {
		return nil, s.fail("open", errors.New("its folder is a file"))
	}
	db, err := sql.Open("sqlite", sqliteURI(path, "_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)"))
	if err != nil {
		return nil, s.fail("open", err)
	}
	db.SetMaxOpenConns(1)
	s.write = db
	if err := whole(ctx, db); err != nil {
		return nil, errors.Join(s.fail("damaged or not a database", err), db.Close())
	}
	return s, nil
}

// whole reads every page. It costs about a second per gigabyte.
func whole(ctx context.Context, db *sql.DB) error {
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return errors.New(verdict)
	}
	return nil
}

// openReaders turns on write-ahead logging, so that readers and the writer do not
// wait for each other, and opens the connections that only read. A power cut may
// cost the last moments, never a torn state: the ledger is asked again for blocks.
func (s *Store) openReaders(ctx context.Context) error {
	if s.postgres {
		s.read = s.write
		return nil
	}
	for _, pragma := range []string{"PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL"} {
		if _, err := s.write.ExecContext(ctx, pragma); err != nil {
			return err
		}
	}
	db, err := sql.Open("sqlite", sqliteURI(s.name, "_pragma=busy_timeout(10000)&_query_only=1"))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(sqliteReaders)
	db.SetMaxIdleConns(sqliteReaders)
	s.read = db
	return db.PingContext(ctx)
}

// sqliteURI escapes what has a meaning in a URI and may be part of a file's name.
func sqliteURI(path, query string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + query
}
