// Package accounttest has a book of accounts in memory, and the suite that every book
// passes.
package accounttest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"torg"
	"torg/account"
)

// Book keeps accounts in memory. Its zero value is an empty one.
type Book struct {
	Fail error // everything returns it, where set

	mu       sync.Mutex
	accounts map[string]account.Account
	sessions map[account.Digest]account.Session
	keys     map[account.Digest]account.Key
	entries  []account.Entry
}

var _ account.Book = (*Book)(nil)

// do runs f alone on a book that is made.
func (b *Book) do(f func() error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.accounts == nil {
		b.accounts, b.sessions, b.keys = map[string]account.Account{}, map[account.Digest]account.Session{}, map[account.Digest]account.Key{}
	}
	if b.Fail != nil {
		return b.Fail
	}
	return f()
}

func (b *Book) note(e account.Entry) {
	e.ID = int64(len(b.entries) + 1)
	b.entries = append(b.entries, e)
}

func (b *Book) find(name string) (account.Account, error) {
	a, ok := b.accounts[name]
	if !ok {
		return a, fmt.Errorf("account %q: %w", name, torg.ErrUnknown)
	}
	return a, nil
}

// HasAccounts says whether anybody was ever admitted.
func (b *Book) HasAccounts(context.Context) (has bool, err error) {
	err = b.do(func() error { has = len(b.accounts) > 0; return nil })
	return has, err
}

// Account finds an account.
func (b *Book) Account(_ context.Context, name string) (a account.Account, err error) {
	err = b.do(func() error { a, err = b.find(name); return err })
	return a, err
}

// Accounts lists accounts by name.
func (b *Book) Accounts(context.Context) (all []account.Account, err error) {
	err = b.do(func() error {
		for _, name := range slices.Sorted(maps.Keys(b.accounts)) {
			all = append(all, b.accounts[name])
		}
		return nil
	})
	return all, err
}

// AddAccount adds an account.
func (b *Book) AddAccount(_ context.Context, a account.Account, e account.Entry) error {
	return b.do(func() error {
		if _, there := b.accounts[a.Name]; there {
			return fmt.Errorf("account %q: %w", a.Name, torg.ErrExists)
		}
		b.accounts[a.Name] = a
		b.note(e)
		return nil
	})
}

// SetPassword replaces the password and ends the account's sessions.
func (b *Book) SetPassword(_ context.Context, name, hash string, mustChange bool, e account.Entry) error {
	return b.do(func() error {
		a, err := b.find(name)
		if err != nil {
			return err
		}
		a.Password, a.MustChange, a.Changed = hash, mustChange, e.Time
		b.accounts[name] = a
		b.end(name)
		b.note(e)
		return nil
	})
}

// Rehash replaces a hash by one of the same password, unless it changed meanwhile.
func (b *Book) Rehash(_ context.Context, name, from, to string) error {
	return b.do(func() error {
		if a, ok := b.accounts[name]; ok && a.Password == from {
			a.Password = to
			b.accounts[name] = a
		}
		return nil
	})
}

// SetDisabled disables an account and ends its sessions, or enables it.
func (b *Book) SetDisabled(_ context.Context, name string, disabled bool, e account.Entry) error {
	return b.do(func() error {
		a, err := b.find(name)
		if err != nil {
			return err
		}
		a.Disabled = disabled
		b.accounts[name] = a
		if disabled {
			b.end(name)
		}
		b.note(e)
		return nil
	})
}

func (b *Book) end(name string) {
	maps.DeleteFunc(b.sessions, func(_ account.Digest, s account.Session) bool { return s.Account == name })
}

// AddSession adds a session.
func (b *Book) AddSession(_ context.Context, s account.Session, e account.Entry) error {
	return b.do(func() error {
		if _, err := b.find(s.Account); err != nil {
			return err
		}
		if all := b.of(s.Account); len(all) >= account.MaxSessions {
			for _, old := range all[account.MaxSessions-1:] {
				delete(b.sessions, old.ID)
			}
		}
		b.sessions[s.ID] = s
		b.note(e)
		return nil
	})
}

func (b *Book) of(name string) (all []account.Session) {
	for _, s := range b.sessions {
		if s.Account == name {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(x, y account.Session) int {
		return cmp.Or(y.Created.Compare(x.Created), slices.Compare(x.ID[:], y.ID[:]))
	})
	return all
}

// Session finds a session and its account.
func (b *Book) Session(_ context.Context, id account.Digest) (s account.Session, a account.Account, err error) {
	err = b.do(func() error {
		var ok bool
		if s, ok = b.sessions[id]; !ok {
			return fmt.Errorf("session: %w", torg.ErrUnknown)
		}
		a, err = b.find(s.Account)
		return err
	})
	return s, a, err
}

// Sessions lists an account's sessions, newest first.
func (b *Book) Sessions(_ context.Context, name string) (all []account.Session, err error) {
	err = b.do(func() error { all = b.of(name); return nil })
	return all, err
}

// Touch notes a session's last request.
func (b *Book) Touch(_ context.Context, id account.Digest, seen time.Time) error {
	return b.do(func() error {
		if s, ok := b.sessions[id]; ok {
			s.Seen = seen
			b.sessions[id] = s
		}
		return nil
	})
}

// EndSession ends a session.
func (b *Book) EndSession(_ context.Context, id account.Digest, e account.Entry) error {
	return b.do(func() error { delete(b.sessions, id); b.note(e); return nil })
}

// EndSessions ends an account's sessions.
func (b *Book) EndSessions(_ context.Context, name string, e account.Entry) error {
	return b.do(func() error { b.end(name); b.note(e); return nil })
}

// Sweep forgets old sessions and keys.
func (b *Book) Sweep(_ context.Context, sessions, keys time.Time) error {
	return b.do(func() error {
		maps.DeleteFunc(b.sessions, func(_ account.Digest, s account.Session) bool { return s.Created.Before(sessions) })
		maps.DeleteFunc(b.keys, func(_ account.Digest, k account.Key) bool { return k.Expires.Before(keys) })
		return nil
	})
}

// AddKey adds a key.
func (b *Book) AddKey(_ context.Context, k account.Key, e account.Entry) error {
	return b.do(func() error {
		if _, err := b.find(k.Account); err != nil {
			return err
		}
		if len(b.keysOf(k.Account)) >= account.MaxKeys {
			return fmt.Errorf("account %q has %d keys: %w", k.Account, account.MaxKeys, torg.ErrTooLarge)
		}
		b.keys[k.ID] = k
		b.note(e)
		return nil
	})
}

func (b *Book) keysOf(name string) (all []account.Key) {
	for _, k := range b.keys {
		if k.Account == name {
			all = append(all, k)
		}
	}
	slices.SortFunc(all, func(x, y account.Key) int {
		return cmp.Or(y.Created.Compare(x.Created), slices.Compare(x.ID[:], y.ID[:]))
	})
	return all
}

// Key finds a key and its account.
func (b *Book) Key(_ context.Context, id account.Digest) (k account.Key, a account.Account, err error) {
	err = b.do(func() error {
		var ok bool
		if k, ok = b.keys[id]; !ok {
			return fmt.Errorf("key: %w", torg.ErrUnknown)
		}
		a, err = b.find(k.Account)
		return err
	})
	return k, a, err
}

// Keys lists an account's keys, newest first.
func (b *Book) Keys(_ context.Context, name string) (all []account.Key, err error) {
	err = b.do(func() error { all = b.keysOf(name); return nil })
	return all, err
}

// TouchKey notes a key's last use.
func (b *Book) TouchKey(_ context.Context, id account.Digest, used time.Time) error {
	return b.do(func() error {
		if k, ok := b.keys[id]; ok {
			k.Used = used
			b.keys[id] = k
		}
		return nil
	})
}

// DropKey drops a key.
func (b *Book) DropKey(_ context.Context, id account.Digest, e account.Entry) error {
	return b.do(func() error { delete(b.keys, id); b.note(e); return nil })
}

// Note adds an entry.
func (b *Book) Note(_ context.Context, e account.Entry) error {
	return b.do(func() error { b.note(e); return nil })
}

// Entries lists the last entries, newest first.
func (b *Book) Entries(_ context.Context, name string, n int) (all []account.Entry, err error) {
	err = b.do(func() error {
		for _, e := range slices.Backward(b.entries) {
			if len(all) < n && (name == "" || e.Account == name) {
				all = append(all, e)
			}
		}
		return nil
	})
	return all, err
}
