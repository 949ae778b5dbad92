package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"testing"

	"torg/internal/require"
	"torg/store/storetest"
)

func sqliteDSN(t testing.TB) string {
	return "sqlite:" + filepath.Join(t.TempDir(), "торг #1?.db")
}

var databases atomic.Int64

// postgresDSN makes a database on the test server and drops it with the test.
func postgresDSN(t testing.TB) string {
	t.Helper()
	server := require.Postgres(t)
	admin, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	name := fmt.Sprintf("torg_test_%d", databases.Add(1))
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", "CREATE DATABASE " + name} {
		if _, err := admin.ExecContext(context.Background(), statement); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		admin, err := sql.Open("pgx", server)
		if err != nil {
			t.Error(err)
			return
		}
		defer admin.Close()
		if _, err := admin.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("TORG_TEST_POSTGRES is not a URL")
	}
	u.Path = "/" + name
	return u.String()
}

func TestSQLite(t *testing.T) { storetest.Run(t, sqliteDSN) }

func TestPostgres(t *testing.T) {
	require.Postgres(t)
	storetest.Run(t, postgresDSN)
}

func BenchmarkSQLite(b *testing.B) { storetest.Benchmark(b, sqliteDSN) }

func BenchmarkPostgres(b *testing.B) {
	require.Postgres(b)
	storetest.Benchmark(b, postgresDSN)
}
