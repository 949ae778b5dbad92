package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"torg/internal/require"
	"torg/store"
	"torg/store/storetest"
)

// newer is the schema of a program that is one version ahead.
func newer(t *testing.T) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	names, err := fs.Glob(store.Migrations, "migrations/*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	for _, name := range names {
		body, err := fs.ReadFile(store.Migrations, name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: body}
	}
	files["migrations/99999_later.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nALTER TABLE meta ADD COLUMN note TEXT;\n")}
	return files
}

func engines(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, sqliteDSN(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, postgresDSN(t)) })
}

func TestOlderSchemaIsBroughtUp(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		ctx := context.Background()
		s, err := store.Open(ctx, dsn)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.SetMeta(ctx, "key", "kept"); err != nil {
			t.Fatal(err)
		}
		s.Close()
		s, err = store.OpenWith(ctx, dsn, newer(t))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if v, err := s.Meta(ctx, "key"); err != nil || v != "kept" {
			t.Errorf("after the migration: %q, %v", v, err)
		}
	})
}

func TestNewerSchemaIsRefused(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		ctx := context.Background()
		s, err := store.OpenWith(ctx, dsn, newer(t))
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
		path, isFile := strings.CutPrefix(dsn, "sqlite:")
		var before []byte
		if isFile {
			before = read(t, path)
		}
		_, err = store.Open(ctx, dsn)
		oneLineWith(t, err, "version 99999", "versions up to")
		if isFile && !bytes.Equal(before, read(t, path)) {
			t.Error("a newer database was written to")
		}
	})
}

// oneLineWith checks that an error says what it should, on one line.
func oneLineWith(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	if strings.ContainsAny(err.Error(), "\n\r") {
		t.Errorf("more than one line: %q", err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// filled is the path of a closed database with a few hundred pages.
func filled(t *testing.T) string {
	t.Helper()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "torg.db")
	s, err := store.Open(ctx, "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Bind(ctx, storetest.Genesis()); err != nil {
		t.Fatal(err)
	}
	if err := s.PutHistory(ctx, storetest.History(1, 10, 10)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDamagedFileIsRefusedAndKept(t *testing.T) {
	const page = 4096
	fill := func(b []byte, from, to int) []byte {
		for i := from; i < to; i++ {
			b[i] = 0xff
		}
		return b
	}
	whole := read(t, filled(t))
	for name, damage := range map[string]func([]byte) []byte{
		"not a database":          func([]byte) []byte { return []byte(strings.Repeat("time,value\n", 1000)) },
		"a page in the middle":    func(b []byte) []byte { return fill(b, len(b)/2/page*page, len(b)/2/page*page+page) },
		"the schema's page":       func(b []byte) []byte { return fill(b, 100, page) },
		"the header":              func(b []byte) []byte { return fill(b, 0, 16) },
		"cut off":                 func(b []byte) []byte { return b[:len(b)/page/3*page] },
		"cut off inside the page": func(b []byte) []byte { return b[:page+99] },
		"a short text":            func([]byte) []byte { return []byte("{}") },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "torg.db")
			damaged := damage(bytes.Clone(whole))
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := store.Open(context.Background(), "sqlite:"+path)
			oneLineWith(t, err, path)
			if !bytes.Equal(read(t, path), damaged) {
				t.Error("the damaged file was changed")
			}
		})
	}
}

func TestWrongPlacesAreRefused(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	foreign := filepath.Join(dir, "foreign.db")
	db, err := sql.Open("sqlite", foreign)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE somebody (else TEXT)"); err == nil {
		t.Fatal("else is a word of SQL")
	}
	if _, err := db.Exec("CREATE TABLE somebody (name TEXT)"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	before := read(t, foreign)
	for dsn, words := range map[string][]string{
		"sqlite:" + foreign: {foreign, "another program"},
		"sqlite:" + dir:     {dir},
		"sqlite:" + filepath.Join(dir, "no", "torg.db"): {"no"},
		"sqlite:" + filepath.Join(foreign, "torg.db"):   {"folder"},
		"sqlite:":                     {"file is needed"},
		"sqlite::memory:":             {"file is needed"},
		"mysql://user:secret@host/db": {"sqlite:PATH"},
		"":                            {"sqlite:PATH"},
		"postgres://user:secret@127.0.0.1:1/torg?connect_timeout=1": {"127.0.0.1:1/torg"},
		"postgres://user:secret@[::1/torg":                          {"malformed"},
	} {
		_, err := store.Open(ctx, dsn)
		oneLineWith(t, err, words...)
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error tells the password: %v", err)
		}
	}
	if !bytes.Equal(read(t, foreign), before) {
		t.Error("another program's database was written to")
	}
}

// TestCrash opens what is on the disk in the middle of a block's transaction, and
// again after its commit, as after a power cut or a kill.
func TestCrash(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "torg.db")
	s, err := store.Open(ctx, "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Bind(ctx, storetest.Genesis()); err != nil {
		t.Fatal(err)
	}
	blocks := storetest.Story()
	for _, b := range blocks[:2] {
		if err := s.Apply(ctx, b); err != nil {
			t.Fatal(err)
		}
	}
	before := storetest.Everything(t, s)
	var during *store.Store
	if err := s.ApplyThen(ctx, blocks[2], func(int) { during = openCopy(t, path) }); err != nil {
		t.Fatal(err)
	}
	if storetest.Everything(t, during) != before {
		t.Error("a crash in the middle of a block leaves a part of it")
	}
	if err := during.Apply(ctx, blocks[2]); err != nil {
		t.Errorf("the block again, after the crash: %v", err)
	}
	after := openCopy(t, path)
	if storetest.Everything(t, after) != storetest.Everything(t, s) || storetest.Everything(t, during) != storetest.Everything(t, s) {
		t.Error("a crash after a block loses a part of it")
	}
}

// openCopy opens a copy of the database's files as they are.
func openCopy(t *testing.T, path string) *store.Store {
	t.Helper()
	to := filepath.Join(t.TempDir(), "torg.db")
	for _, suffix := range []string{"", "-wal"} {
		if err := os.WriteFile(to+suffix, read(t, path+suffix), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := store.Open(context.Background(), "sqlite:"+to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestServerEnds ends the server's process in the middle of a block.
func TestServerEnds(t *testing.T) {
	require.Postgres(t)
	ctx := context.Background()
	s, err := store.Open(ctx, postgresDSN(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Bind(ctx, storetest.Genesis()); err != nil {
		t.Fatal(err)
	}
	blocks := storetest.Story()
	if err := s.Apply(ctx, blocks[0]); err != nil {
		t.Fatal(err)
	}
	before := storetest.Everything(t, s)
	err = s.ApplyThen(ctx, blocks[1], func(pid int) {
		if err := s.Terminate(ctx, pid); err != nil {
			t.Error(err)
		}
	})
	if err == nil {
		t.Error("a block was committed by a server that ended")
	}
	if storetest.Everything(t, s) != before {
		t.Error("a part of the block stayed")
	}
	if err := s.Apply(ctx, blocks[1]); err != nil {
		t.Errorf("the block again: %v", err)
	}
}

// TestTwoProgramsAtOnce: both find the database ready.
func TestTwoProgramsAtOnce(t *testing.T) {
	require.Postgres(t)
	dsn := postgresDSN(t)
	errs := make(chan error, 2)
	for range 2 {
		go func() {
			s, err := store.Open(context.Background(), dsn)
			if err == nil {
				err = s.Close()
			}
			errs <- err
		}()
	}
	for range 2 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func FuzzCursor(f *testing.F) {
	for _, s := range []string{"", "1", "1.2.3", "-5.0.1", "9223372036854775808.1.1", "1..2", "1.2.3.4", "\x00", "1.2. 3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		for n := 1; n <= 3; n++ {
			after, err := store.ReadCursor(cursor, n)
			if err == nil && cursor != "" && (len(after) != n || strings.Count(cursor, ".") != n-1) {
				t.Errorf("cursor %q of %d numbers: %v", cursor, n, after)
			}
		}
	})
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "foundry-1", "\x00", "\xff", `"`, `"a"`, "я", "\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		stored := store.Text(s)
		if strings.ContainsRune(stored, 0) || strings.ToValidUTF8(stored, "") != stored {
			t.Errorf("%q is stored as %q, which PostgreSQL refuses", s, stored)
		}
		if back, err := store.Untext(stored); err != nil || back != s {
			t.Errorf("%q is read back as %q (%v)", s, back, err)
		}
	})
}
