package account

import (
	"context"
	"fmt"
	"time"

	"torg"
)

// HasAccounts says whether anybody was ever admitted.
func (d *Desk) HasAccounts(ctx context.Context) (bool, error) { return d.book.HasAccounts(ctx) }

// Admit adds an account and returns the one-time password that opens it. By is who
// does it, an operator's account or Console.
func (d *Desk) Admit(ctx context.Context, by, name string, role Role, p torg.ParticipantID) (password string, err error) {
	name, err = Name(name)
	if err != nil {
		return "", err
	}
	now := d.now()
	a := Account{Name: name, Role: role, Participant: p, MustChange: true, Created: now, Changed: now}
	if err := a.Valid(); err != nil {
		return "", err
	}
	password = oneTime()
	if a.Password, err = d.hasher.Hash(ctx, password); err != nil {
		return "", err
	}
	return password, d.book.AddAccount(ctx, a, Entry{Time: now, Deed: DidAdmit, Account: name, By: by, Detail: string(role)})
}

// Reset gives an account a new one-time password, and ends its sessions.
func (d *Desk) Reset(ctx context.Context, by, name string) (password string, err error) {
	name, err = Name(name)
	if err != nil {
		return "", err
	}
	password = oneTime()
	hash, err := d.hasher.Hash(ctx, password)
	if err != nil {
		return "", err
	}
	return password, d.book.SetPassword(ctx, name, hash, true, Entry{Time: d.now(), Deed: DidReset, Account: name, By: by})
}

// Disable disables an account: its sessions end, its keys are refused, nobody logs in
// with it.
func (d *Desk) Disable(ctx context.Context, by, name string) error {
	return d.set(ctx, by, name, true, DidDisable)
}

// Enable undoes Disable. Sessions that ended stay so.
func (d *Desk) Enable(ctx context.Context, by, name string) error {
	return d.set(ctx, by, name, false, DidEnable)
}

func (d *Desk) set(ctx context.Context, by, name string, disabled bool, did Deed) error {
	name, err := Name(name)
	if err != nil {
		return err
	}
	return d.book.SetDisabled(ctx, name, disabled, Entry{Time: d.now(), Deed: did, Account: name, By: by})
}

// MakeKey adds an API key to an account and returns its secret, which is kept
// nowhere. Life is from now on.
func (d *Desk) MakeKey(ctx context.Context, by, name, label string, scopes []Scope, life time.Duration) (secret string, k Key, err error) {
	if name, err = Name(name); err != nil {
		return "", Key{}, err
	}
	a, err := d.book.Account(ctx, name)
	if err != nil {
		return "", Key{}, err
	}
	now := d.now()
	k = Key{Account: a.Name, Name: label, Scopes: scopes, Created: now, Expires: now.Add(life)}
	if err := k.valid(a.Role, now); err != nil {
		return "", Key{}, err
	}
	if a.Disabled {
		return "", Key{}, fmt.Errorf("account %s is disabled: %w", name, ErrScope)
	}
	secret = KeyPrefix + newSecret()
	k.ID, _ = keyDigest(secret)
	return secret, k, d.book.AddKey(ctx, k, Entry{Time: now, Deed: DidKey, Account: a.Name, By: by, Detail: k.Handle() + " " + k.Scope()})
}

// Keys lists an account's keys, newest first.
func (d *Desk) Keys(ctx context.Context, name string) ([]Key, error) { return d.book.Keys(ctx, name) }

// Sessions lists an account's sessions that have not ended, newest first.
func (d *Desk) Sessions(ctx context.Context, name string) ([]Session, error) {
	all, err := d.book.Sessions(ctx, name)
	now := d.now()
	var open []Session
	for _, s := range all {
		if !s.Over(now) {
			open = append(open, s)
		}
	}
	return open, err
}

// Revoke drops an account's key by its handle.
func (d *Desk) Revoke(ctx context.Context, by, name, handle string) error {
	name, err := Name(name)
	if err != nil {
		return err
	}
	keys, err := d.book.Keys(ctx, name)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if k.Handle() == handle {
			return d.book.DropKey(ctx, k.ID, Entry{Time: d.now(), Deed: DidRevoke, Account: name, By: by, Detail: handle})
		}
	}
	return fmt.Errorf("account %s has no key %q: %w", name, clip(handle, 16), torg.ErrUnknown)
}

// Operators says whether an account is there that can operate the market.
func (d *Desk) Operators(ctx context.Context) (bool, error) {
	all, err := d.book.Accounts(ctx)
	for _, a := range all {
		if a.Role == Operator && !a.Disabled {
			return true, err
		}
	}
	return false, err
}

// Accounts lists accounts by name.
func (d *Desk) Accounts(ctx context.Context) ([]Account, error) { return d.book.Accounts(ctx) }
