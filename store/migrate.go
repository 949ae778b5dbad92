package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema to the newest version that the program knows. It looks
// before it writes.
func (s *Store) migrate(ctx context.Context, schema fs.FS) error {
	files, err := fs.Sub(schema, "migrations")
	if err != nil {
		return err
	}
	dialect, options := goose.DialectSQLite3, []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if s.postgres {
		// Two programs may start at once on one server; the second waits.
		l, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
		if err != nil {
			return err
		}
		dialect, options = goose.DialectPostgres, append(options, goose.WithSessionLocker(l))
	}
	p, err := goose.NewProvider(dialect, s.write, files, options...)
	if err != nil {
		return err
	}
	sources := p.ListSources()
	known := sources[len(sources)-1].Version
	have, err := s.schema(ctx)
	switch {
	case err != nil:
		return err
	case have > known:
		return fmt.Errorf("its schema is version %d, this program knows versions up to %d: use a newer torg", have, known)
	case have == known:
		return nil
	}
	_, err = p.Up(ctx)
	return err
}

// schema returns the version of the database's schema, 0 for an empty database. A
// database with tables of others is refused.
func (s *Store) schema(ctx context.Context) (version int64, err error) {
	tables := `SELECT COUNT(*), COUNT(CASE WHEN name = 'goose_db_version' THEN 1 END) FROM sqlite_master WHERE type = 'table'`
	if s.postgres {
		tables = `SELECT COUNT(*), COUNT(CASE WHEN table_name = 'goose_db_version' THEN 1 END)
			FROM information_schema.tables WHERE table_schema = current_schema()`
	}
	var all, ours int
	if err := s.write.QueryRowContext(ctx, tables).Scan(&all, &ours); err != nil {
		return 0, err
	}
	switch {
	case all == 0:
		return 0, nil
	case ours == 0:
		return 0, fmt.Errorf("it holds %d tables of another program", all)
	}
	err = s.write.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version`).Scan(&version)
	return version, err
}
