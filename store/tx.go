package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// A tx is the one transaction that writes.
type tx struct {
	*sql.Tx
	conn     *sql.Conn
	postgres bool
}

// update runs f in a transaction that is committed when f returns nil, and leaves
// everything as it was otherwise.
func (s *Store) update(ctx context.Context, doing string, f func(*tx) error) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { err = s.fail(doing, err) }()
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	t, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rollback(t)) }()
	if err := f(&tx{Tx: t, conn: conn, postgres: s.postgres}); err != nil {
		return err
	}
	return t.Commit()
}

// view runs f on one snapshot of what is committed.
func (s *Store) view(ctx context.Context, reading string, f func(*sql.Tx) error) (err error) {
	defer func() { err = s.fail(reading, err) }()
	options := &sql.TxOptions{ReadOnly: true}
	if s.postgres {
		options.Isolation = sql.LevelRepeatableRead // SQLite's transactions are snapshots anyway
	}
	t, err := s.read.BeginTx(ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rollback(t)) }()
	return f(t)
}

// rollback ends t unless it has ended, by a commit or with its context.
func rollback(t *sql.Tx) error {
	if err := t.Rollback(); !errors.Is(err, sql.ErrTxDone) {
		return err
	}
	return nil
}

// exec runs a statement.
func (t *tx) exec(ctx context.Context, query string, args ...any) error {
	_, err := t.ExecContext(ctx, query, args...)
	return err
}

// How many rows make COPY pay, and how many parameters one statement may have: more
// would only make the text longer to parse.
const (
	copyFrom  = 32
	maxParams = 1500
)

// insert adds rows to a table, all of them or none. columns are separated by ", ";
// values are int64, string, []byte, bool, float64 or nil.
func (t *tx) insert(ctx context.Context, table, columns string, rows [][]any) error {
	if t.postgres && len(rows) >= copyFrom {
		return copyRows(ctx, t.conn, table, strings.Split(columns, ", "), rows)
	}
	return t.insertOr(ctx, table, columns, rows, "")
}

// insertOr is insert with what to do about rows that are there already, such as
// "ON CONFLICT (id) DO UPDATE ..."; no two of the rows may conflict with each other.
func (t *tx) insertOr(ctx context.Context, table, columns string, rows [][]any, conflict string) error {
	width := strings.Count(columns, ",") + 1
	most := max(1, maxParams/width)
	var full *sql.Stmt
	for len(rows) > 0 {
		n := min(len(rows), most)
		args := make([]any, 0, n*width)
		for _, row := range rows[:n] {
			args = append(args, row...)
		}
		rows = rows[n:]
		query := t.insertSQL(table, columns, width, n, conflict)
		if n < most || len(rows) < most && full == nil {
			if err := t.exec(ctx, query, args...); err != nil {
				return fmt.Errorf("%s: %w", table, err)
			}
			continue
		}
		if full == nil {
			var err error
			if full, err = t.PrepareContext(ctx, query); err != nil {
				return fmt.Errorf("%s: %w", table, err)
			}
			defer full.Close()
		}
		if _, err := full.ExecContext(ctx, args...); err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
	}
	return nil
}

// insertSQL numbers the values for PostgreSQL only: SQLite looks a numbered one up by
// name, one after the other, which is dear where there are a thousand.
func (t *tx) insertSQL(table, columns string, width, rows int, conflict string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "INSERT INTO %s (%s) VALUES ", table, columns)
	for i := range rows * width {
		switch {
		case i == 0:
			b.WriteByte('(')
		case i%width == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		if t.postgres {
			b.WriteString(dollar(i + 1))
		} else {
			b.WriteByte('?')
		}
	}
	b.WriteString(") ")
	b.WriteString(conflict)
	return b.String()
}

// A querier is a transaction that can be asked.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// list collects what scan makes of each row.
func list[T any](ctx context.Context, q querier, scan func(row func(...any) error) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, errors.Join(rows.Err(), rows.Close())
}
