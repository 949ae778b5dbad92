package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"torg"
	"torg/account"
)

// Accounts is the store as the book of people's accounts. They are on no ledger: who
// backs up the database has them.
func (s *Store) Accounts() *Users { return &Users{s} }

// Users is the book of accounts in the store.
type Users struct{ s *Store }

var _ account.Book = (*Users)(nil)

const userColumns = "name, role, participant, password, must_change, disabled, created, changed"

func scanUser(a *account.Account) []any {
	return []any{str(&a.Name), str(&a.Role), str(&a.Participant), str(&a.Password), &a.MustChange, &a.Disabled, scanTime{&a.Created}, scanTime{&a.Changed}}
}

// missing turns no row into the refusal.
func missing(what string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%s: %w", what, torg.ErrUnknown)
	}
	return err
}

// changed refuses a statement that found no row.
func changed(what string, done sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return fmt.Errorf("%s: %w", what, torg.ErrUnknown)
}

// note adds an entry to the record. The oldest ones beyond account.KeepEntries go.
func (t *tx) note(ctx context.Context, e account.Entry) error {
	id, err := t.number(ctx, "account_events", 1)
	if err != nil {
		return err
	}
	err = t.insert(ctx, "account_events", "id, time, deed, account, by_whom, address, detail",
		[][]any{{id, e.Time.UnixMicro(), text(e.Deed), text(e.Account), text(e.By), text(e.Address), text(e.Detail)}})
	if err != nil {
		return err
	}
	return t.exec(ctx, `DELETE FROM account_events WHERE id <= $1`, id-account.KeepEntries)
}

// HasAccounts says whether anybody was ever admitted.
func (u *Users) HasAccounts(ctx context.Context) (has bool, err error) {
	err = u.s.view(ctx, "accounts", func(q *sql.Tx) error {
		return q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM user_accounts)`).Scan(&has)
	})
	return has, err
}

// Account finds an account.
func (u *Users) Account(ctx context.Context, name string) (a account.Account, err error) {
	err = u.s.view(ctx, "account", func(q *sql.Tx) error {
		err := q.QueryRowContext(ctx, `SELECT `+userColumns+` FROM user_accounts WHERE name = $1`, text(name)).Scan(scanUser(&a)...)
		return missing(fmt.Sprintf("account %q", name), err)
	})
	return a, err
}

// Accounts lists accounts by name.
func (u *Users) Accounts(ctx context.Context) (all []account.Account, err error) {
	err = u.s.view(ctx, "accounts", func(q *sql.Tx) error {
		all, err = list(ctx, q, func(row func(...any) error) (a account.Account, err error) {
			err = row(scanUser(&a)...)
			return a, err
		}, `SELECT `+userColumns+` FROM user_accounts ORDER BY name`)
		return err
	})
	return all, err
}

// AddAccount adds an account.
func (u *Users) AddAccount(ctx context.Context, a account.Account, e account.Entry) error {
	return u.s.update(ctx, "admit", func(t *tx) error {
		done, err := t.ExecContext(ctx, `INSERT INTO user_accounts (`+userColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (name) DO NOTHING`,
			text(a.Name), text(a.Role), text(a.Participant), text(a.Password), a.MustChange, a.Disabled, a.Created.UnixMicro(), a.Changed.UnixMicro())
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return fmt.Errorf("account %q: %w", a.Name, torg.ErrExists)
		}
		return t.note(ctx, e)
	})
}

// SetPassword replaces the password and ends the account's sessions.
func (u *Users) SetPassword(ctx context.Context, name, hash string, mustChange bool, e account.Entry) error {
	return u.s.update(ctx, "password", func(t *tx) error {
		done, err := t.ExecContext(ctx, `UPDATE user_accounts SET password = $1, must_change = $2, changed = $3 WHERE name = $4`,
			text(hash), mustChange, e.Time.UnixMicro(), text(name))
		if err := changed(fmt.Sprintf("account %q", name), done, err); err != nil {
			return err
		}
		return t.endSessions(ctx, name, e)
	})
}

// Rehash replaces a hash by one of the same password, unless it changed meanwhile.
func (u *Users) Rehash(ctx context.Context, name, from, to string) error {
	return u.s.update(ctx, "password", func(t *tx) error {
		return t.exec(ctx, `UPDATE user_accounts SET password = $1 WHERE name = $2 AND password = $3`, text(to), text(name), text(from))
	})
}

// SetDisabled disables an account and ends its sessions, or enables it.
func (u *Users) SetDisabled(ctx context.Context, name string, disabled bool, e account.Entry) error {
	return u.s.update(ctx, "account", func(t *tx) error {
		done, err := t.ExecContext(ctx, `UPDATE user_accounts SET disabled = $1 WHERE name = $2`, disabled, text(name))
		if err := changed(fmt.Sprintf("account %q", name), done, err); err != nil {
			return err
		}
		if disabled {
			return t.endSessions(ctx, name, e)
		}
		return t.note(ctx, e)
	})
}

// Note adds an entry alone.
func (u *Users) Note(ctx context.Context, e account.Entry) error {
	return u.s.update(ctx, "accounts", func(t *tx) error { return t.note(ctx, e) })
}

// Entries lists the last n entries, newest first; of one account, where it is named.
func (u *Users) Entries(ctx context.Context, name string, n int) (all []account.Entry, err error) {
	w := &where{}
	if name != "" {
		w.and("account = ?", text(name))
	}
	err = u.s.view(ctx, "accounts", func(q *sql.Tx) error {
		all, err = list(ctx, q, func(row func(...any) error) (e account.Entry, err error) {
			err = row(&e.ID, scanTime{&e.Time}, str(&e.Deed), str(&e.Account), str(&e.By), str(&e.Address), str(&e.Detail))
			return e, err
		}, `SELECT id, time, deed, account, by_whom, address, detail FROM account_events WHERE `+w.String()+` ORDER BY id DESC LIMIT `+w.value(n), w.args...)
		return err
	})
	return all, err
}

// Sweep forgets sessions that began before, and keys that expired before.
func (u *Users) Sweep(ctx context.Context, sessions, keys time.Time) error {
	return u.s.update(ctx, "accounts", func(t *tx) error {
		if err := t.exec(ctx, `DELETE FROM web_sessions WHERE created < $1`, sessions.UnixMicro()); err != nil {
			return err
		}
		return t.exec(ctx, `DELETE FROM api_keys WHERE expires < $1`, keys.UnixMicro())
	})
}
