package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

const postgresConns = 8

// connectPostgres opens a pool. Host and database name it in errors, never the
// user's password.
func connectPostgres(ctx context.Context, dsn string) (*Store, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("store: postgres: the connection string is malformed")
	}
	s := &Store{
		name:     fmt.Sprintf("postgres %s:%d/%s", cfg.Host, cfg.Port, cfg.Database),
		postgres: true,
		messages: DefaultMessages,
	}
	s.write = stdlib.OpenDB(*cfg)
	s.write.SetMaxOpenConns(postgresConns)
	s.write.SetMaxIdleConns(postgresConns)
	if err := s.write.PingContext(ctx); err != nil {
		return nil, errors.Join(s.fail("open", err), s.write.Close())
	}
	return s, nil
}

// copyRows loads rows with COPY, inside the transaction that conn has open.
func copyRows(ctx context.Context, conn *sql.Conn, table string, columns []string, rows [][]any) error {
	return conn.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("COPY needs pgx, the driver is %T", driver)
		}
		_, err := c.Conn().CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(rows))
		return err
	})
}
