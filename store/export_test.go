package store

import (
	"context"
	"fmt"
	"io/fs"

	"torg/ledger"
	"torg/record"
)

// Migrations are the schema's versions.
var Migrations fs.FS = migrations

// OpenWith opens a database with a program that knows another schema.
func OpenWith(ctx context.Context, dsn string, schema fs.FS) (*Store, error) {
	return open(ctx, dsn, schema)
}

// ApplyThen applies a block and calls then before it is committed, with the number
// of the server's process on PostgreSQL.
func (s *Store) ApplyThen(ctx context.Context, c ledger.Committed, then func(pid int)) error {
	return s.update(ctx, fmt.Sprintf("block %d", c.Height), func(t *tx) error {
		if err := newBlock(t, *s.market.Load(), c).apply(ctx, c); err != nil {
			return err
		}
		var pid int
		if s.postgres {
			if err := t.QueryRowContext(ctx, `SELECT pg_backend_pid()`).Scan(&pid); err != nil {
				return err
			}
		}
		then(pid)
		return nil
	})
}

// Terminate ends a process of the PostgreSQL server.
func (s *Store) Terminate(ctx context.Context, pid int) error {
	_, err := s.read.ExecContext(ctx, `SELECT pg_terminate_backend($1)`, pid)
	return err
}

// ReadCursor reads a cursor of n numbers.
func ReadCursor(cursor string, n int) ([]int64, error) {
	p, err := readPage(record.Page{Limit: 1, Cursor: cursor}, n)
	return p.after, err
}

// Text and Untext are how strangers' text is stored and read.
func Text(s string) string            { return text(s) }
func Untext(s string) (string, error) { return untext(s) }
