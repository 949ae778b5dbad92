package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"torg"
	"torg/account"
)

// endSessions ends an account's sessions and says why.
func (t *tx) endSessions(ctx context.Context, name string, e account.Entry) error {
	if err := t.exec(ctx, `DELETE FROM web_sessions WHERE account = $1`, text(name)); err != nil {
		return err
	}
	return t.note(ctx, e)
}

// AddSession adds a session and ends the account's oldest ones beyond
// account.MaxSessions.
func (u *Users) AddSession(ctx context.Context, s account.Session, e account.Entry) error {
	return u.s.update(ctx, "login", func(t *tx) error {
		err := t.exec(ctx, `DELETE FROM web_sessions WHERE account = $1 AND id NOT IN
			(SELECT id FROM web_sessions WHERE account = $1 ORDER BY created DESC, id LIMIT $2)`, text(s.Account), int64(account.MaxSessions-1))
		if err != nil {
			return err
		}
		err = t.insert(ctx, "web_sessions", "id, account, created, seen, address, agent",
			[][]any{{s.ID[:], text(s.Account), s.Created.UnixMicro(), s.Seen.UnixMicro(), text(s.Address), text(s.Agent)}})
		if err != nil {
			return err
		}
		return t.note(ctx, e)
	})
}

func qualified(prefix, columns string) string {
	return prefix + strings.ReplaceAll(columns, ", ", ", "+prefix)
}

func scanSession(s *account.Session) []any {
	return []any{scan32{(*[32]byte)(&s.ID)}, str(&s.Account), scanTime{&s.Created}, scanTime{&s.Seen}, str(&s.Address), str(&s.Agent)}
}

const sessionFields = "id, account, created, seen, address, agent"

// Session finds a session and its account.
func (u *Users) Session(ctx context.Context, id account.Digest) (s account.Session, a account.Account, err error) {
	err = u.s.view(ctx, "session", func(q *sql.Tx) error {
		err := q.QueryRowContext(ctx, `SELECT `+qualified("w.", sessionFields)+", "+qualified("u.", userColumns)+`
			FROM web_sessions w JOIN user_accounts u ON u.name = w.account WHERE w.id = $1`, id[:]).Scan(append(scanSession(&s), scanUser(&a)...)...)
		return missing("session", err)
	})
	return s, a, err
}

// Sessions lists an account's sessions, newest first.
func (u *Users) Sessions(ctx context.Context, name string) (all []account.Session, err error) {
	err = u.s.view(ctx, "sessions", func(q *sql.Tx) error {
		all, err = list(ctx, q, func(row func(...any) error) (s account.Session, err error) {
			err = row(scanSession(&s)...)
			return s, err
		}, `SELECT `+sessionFields+` FROM web_sessions WHERE account = $1 ORDER BY created DESC, id`, text(name))
		return err
	})
	return all, err
}

// Touch notes a session's last request.
func (u *Users) Touch(ctx context.Context, id account.Digest, seen time.Time) error {
	return u.s.update(ctx, "session", func(t *tx) error {
		return t.exec(ctx, `UPDATE web_sessions SET seen = $1 WHERE id = $2`, seen.UnixMicro(), id[:])
	})
}

// EndSession ends a session.
func (u *Users) EndSession(ctx context.Context, id account.Digest, e account.Entry) error {
	return u.s.update(ctx, "logout", func(t *tx) error {
		if err := t.exec(ctx, `DELETE FROM web_sessions WHERE id = $1`, id[:]); err != nil {
			return err
		}
		return t.note(ctx, e)
	})
}

// EndSessions ends an account's sessions.
func (u *Users) EndSessions(ctx context.Context, name string, e account.Entry) error {
	return u.s.update(ctx, "sessions", func(t *tx) error { return t.endSessions(ctx, name, e) })
}

// keyTime is a time that may be none.
func keyTime(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// scanKeyTime reads what keyTime wrote.
type scanKeyTime struct{ to *time.Time }

func (k scanKeyTime) Scan(src any) error {
	if n, ok := src.(int64); ok && n == 0 {
		*k.to = time.Time{}
		return nil
	}
	return scanTime(k).Scan(src)
}

// scanScopes reads a list of scopes.
type scanScopes struct{ to *[]account.Scope }

func (s scanScopes) Scan(src any) error {
	list, err := asString(src)
	if err == nil {
		*s.to, err = account.ParseScopes(list)
	}
	return err
}

const keyColumns = "id, account, name, scopes, created, expires, used"

func scanKey(k *account.Key) []any {
	return []any{scan32{(*[32]byte)(&k.ID)}, str(&k.Account), str(&k.Name), scanScopes{&k.Scopes}, scanTime{&k.Created}, scanTime{&k.Expires}, scanKeyTime{&k.Used}}
}

// AddKey adds a key.
func (u *Users) AddKey(ctx context.Context, k account.Key, e account.Entry) error {
	return u.s.update(ctx, "key", func(t *tx) error {
		var have int
		if err := t.QueryRowContext(ctx, `SELECT COUNT(*) FROM api_keys WHERE account = $1`, text(k.Account)).Scan(&have); err != nil {
			return err
		}
		if have >= account.MaxKeys {
			return fmt.Errorf("account %q has %d keys: %w", k.Account, have, torg.ErrTooLarge)
		}
		err := t.insert(ctx, "api_keys", keyColumns, [][]any{{k.ID[:], text(k.Account), text(k.Name), k.Scope(), k.Created.UnixMicro(), k.Expires.UnixMicro(), keyTime(k.Used)}})
		if err != nil {
			return err
		}
		return t.note(ctx, e)
	})
}

// Key finds a key and its account.
func (u *Users) Key(ctx context.Context, id account.Digest) (k account.Key, a account.Account, err error) {
	err = u.s.view(ctx, "key", func(q *sql.Tx) error {
		err := q.QueryRowContext(ctx, `SELECT `+qualified("k.", keyColumns)+", "+qualified("u.", userColumns)+`
			FROM api_keys k JOIN user_accounts u ON u.name = k.account WHERE k.id = $1`, id[:]).Scan(append(scanKey(&k), scanUser(&a)...)...)
		return missing("key", err)
	})
	return k, a, err
}

// Keys lists an account's keys, newest first.
func (u *Users) Keys(ctx context.Context, name string) (all []account.Key, err error) {
	err = u.s.view(ctx, "keys", func(q *sql.Tx) error {
		all, err = list(ctx, q, func(row func(...any) error) (k account.Key, err error) {
			err = row(scanKey(&k)...)
			return k, err
		}, `SELECT `+keyColumns+` FROM api_keys WHERE account = $1 ORDER BY created DESC, id`, text(name))
		return err
	})
	return all, err
}

// TouchKey notes a key's last use.
func (u *Users) TouchKey(ctx context.Context, id account.Digest, used time.Time) error {
	return u.s.update(ctx, "key", func(t *tx) error {
		return t.exec(ctx, `UPDATE api_keys SET used = $1 WHERE id = $2`, used.UnixMicro(), id[:])
	})
}

// DropKey drops a key.
func (u *Users) DropKey(ctx context.Context, id account.Digest, e account.Entry) error {
	return u.s.update(ctx, "key", func(t *tx) error {
		if err := t.exec(ctx, `DELETE FROM api_keys WHERE id = $1`, id[:]); err != nil {
			return err
		}
		return t.note(ctx, e)
	})
}
