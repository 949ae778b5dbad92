package account

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"torg"
)

// How many wrong passwords are heard out: a burst, and one more every so often.
const (
	nameBurst    = 10
	nameEvery    = time.Minute
	addressBurst = 30
	addressEvery = 10 * time.Second
	wordsKept    = 20_000
)

// OneTimeLife is how long a one-time password opens its own change.
const OneTimeLife = 14 * 24 * time.Hour

// Desk lets people and programs in. Its methods may be called from several
// goroutines.
type Desk struct {
	book   Book
	hasher *Hasher
	now    func() time.Time
	names  *Limiter
	places *Limiter
}

// NewDesk returns a desk over a book. Now is the clock, of the real world also where
// the market runs faster.
func NewDesk(b Book, h *Hasher, now func() time.Time) *Desk {
	return &Desk{
		book: b, hasher: h, now: now,
		names:  NewLimiter(nameBurst, nameEvery, wordsKept),
		places: NewLimiter(addressBurst, addressEvery, wordsKept),
	}
}

// Place is where a request comes from.
type Place struct {
	Address string // IP address, without a port
	Agent   string // what the browser calls itself
}

// word is the part of an address that one person can choose freely: all of version
// 4, the network of version 6.
func (p Place) word() string {
	a, err := netip.ParseAddr(p.Address)
	if err != nil {
		return p.Address
	}
	if a = a.Unmap().WithZone(""); a.Is6() {
		if net, err := a.Prefix(64); err == nil {
			return net.String()
		}
	}
	return a.String()
}

// Login opens a session with a new token. A wrong password, a name that is none and a
// disabled account are one answer after the same work.
func (d *Desk) Login(ctx context.Context, name, password string, from Place) (token string, a Account, err error) {
	a, err = d.check(ctx, name, password, from)
	if err != nil {
		return "", Account{}, err
	}
	token, err = d.open(ctx, a, from, DidLogin)
	return token, a, err
}

// check finds the account that a password opens.
func (d *Desk) check(ctx context.Context, name, password string, from Place) (Account, error) {
	now := d.now()
	known, nameErr := Name(name)
	if !d.places.Take(from.word(), now) {
		return Account{}, ErrSlow
	}
	if nameErr == nil && !d.names.Take(known, now) {
		return Account{}, ErrSlow
	}
	var a Account
	if nameErr == nil {
		var err error
		if a, err = d.book.Account(ctx, known); err != nil && !errors.Is(err, torg.ErrUnknown) {
			return Account{}, err
		}
	}
	ok, old, err := d.hasher.Verify(ctx, a.Password, password)
	if err != nil {
		return Account{}, err
	}
	if !ok || a.Disabled || a.MustChange && now.Sub(a.Changed) >= OneTimeLife {
		return Account{}, errors.Join(ErrLogin, d.book.Note(ctx, Entry{Time: now, Deed: DidFail, Account: a.Name, Address: from.Address}))
	}
	d.places.Back(from.word(), now)
	d.names.Back(known, now)
	if old {
		if err := d.rehash(ctx, a, password); err != nil {
			return Account{}, err
		}
	}
	return a, nil
}

func (d *Desk) rehash(ctx context.Context, a Account, password string) error {
	hash, err := d.hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	return d.book.Rehash(ctx, a.Name, a.Password, hash)
}

func (d *Desk) open(ctx context.Context, a Account, from Place, did Deed) (token string, err error) {
	now := d.now()
	token = newSecret()
	id, _ := digest(token)
	s := Session{ID: id, Account: a.Name, Created: now, Seen: now, Address: clip(from.Address, 64), Agent: clip(from.Agent, 120)}
	if err := d.book.Sweep(ctx, now.Add(-Absolute), now.Add(-MaxKeyLife)); err != nil {
		return "", err
	}
	return token, d.book.AddSession(ctx, s, Entry{Time: now, Deed: did, Account: a.Name, By: a.Name, Address: s.Address})
}

// clip makes a stranger's text short and printable.
func clip(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	for len(s) > n {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}

// Session returns who a browser's token belongs to. A token that is none, and one
// whose session has ended, is ErrNobody.
func (d *Desk) Session(ctx context.Context, token string) (Viewer, Session, error) {
	id, ok := digest(token)
	if !ok {
		return Viewer{}, Session{}, ErrNobody
	}
	s, a, err := d.book.Session(ctx, id)
	if err != nil {
		return Viewer{}, Session{}, nobody(err)
	}
	now := d.now()
	if s.Over(now) || a.Disabled {
		return Viewer{}, Session{}, ErrNobody
	}
	if now.Sub(s.Seen) >= touchEvery {
		s.Seen = now
		if err := d.book.Touch(ctx, id, now); err != nil {
			return Viewer{}, Session{}, err
		}
	}
	return a.Viewer(), s, nil
}

// nobody turns what is not there into a refusal.
func nobody(err error) error {
	if errors.Is(err, torg.ErrUnknown) {
		return ErrNobody
	}
	return err
}

// Key returns whom a program with an API key speaks for. A key that is none, expired,
// revoked or of a disabled account is ErrNobody.
func (d *Desk) Key(ctx context.Context, secret string) (Viewer, error) {
	id, ok := keyDigest(secret)
	if !ok {
		return Viewer{}, ErrNobody
	}
	k, a, err := d.book.Key(ctx, id)
	if err != nil {
		return Viewer{}, nobody(err)
	}
	now := d.now()
	if a.Disabled || !now.Before(k.Expires) {
		return Viewer{}, ErrNobody
	}
	if now.Sub(k.Used) >= touchEvery {
		if err := d.book.TouchKey(ctx, id, now); err != nil {
			return Viewer{}, err
		}
	}
	return k.viewer(a), nil
}

// Logout ends a browser's session; one that is none has ended already.
func (d *Desk) Logout(ctx context.Context, token string, from Place) error {
	_, s, err := d.Session(ctx, token)
	if errors.Is(err, ErrNobody) {
		return nil
	}
	if err != nil {
		return err
	}
	return d.book.EndSession(ctx, s.ID, Entry{Time: d.now(), Deed: DidLogout, Account: s.Account, By: s.Account, Address: from.Address})
}

// SignOut ends all of an account's sessions, wherever they are.
func (d *Desk) SignOut(ctx context.Context, name string, from Place) error {
	return d.book.EndSessions(ctx, name, Entry{Time: d.now(), Deed: DidEnd, Account: name, By: name, Address: from.Address})
}

// ChangePassword changes a password for who knows the old one, ends all of the
// account's sessions and opens a new one for this browser.
func (d *Desk) ChangePassword(ctx context.Context, name, old, next string, from Place) (token string, err error) {
	a, err := d.check(ctx, name, old, from)
	if err != nil {
		return "", err
	}
	if err := Acceptable(a.Name, next); err != nil {
		return "", err
	}
	if next == old {
		return "", fmt.Errorf("the new password is the old one: %w", ErrWeak)
	}
	hash, err := d.hasher.Hash(ctx, next)
	if err != nil {
		return "", err
	}
	e := Entry{Time: d.now(), Deed: DidPassword, Account: a.Name, By: a.Name, Address: from.Address}
	if err := d.book.SetPassword(ctx, a.Name, hash, false, e); err != nil {
		return "", err
	}
	return d.open(ctx, a, from, DidLogin)
}

// Confirm checks a password again, before something that a stolen browser must not
// do. It is counted as a login is.
func (d *Desk) Confirm(ctx context.Context, name, password string, from Place) error {
	_, err := d.check(ctx, name, password, from)
	return err
}
