package account

import (
	"context"
	"time"
)

// Deed is what an entry of the accounts' record tells of.
type Deed string

// The deeds.
const (
	DidLogin    Deed = "login"
	DidFail     Deed = "login_failed"
	DidLogout   Deed = "logout"
	DidEnd      Deed = "sessions_ended"
	DidAdmit    Deed = "admitted"
	DidDisable  Deed = "disabled"
	DidEnable   Deed = "enabled"
	DidPassword Deed = "password_changed" // by its holder
	DidReset    Deed = "password_reset"   // to a one-time one, by the operator
	DidKey      Deed = "key_made"
	DidRevoke   Deed = "key_revoked"
)

// Deeds lists them.
var Deeds = []Deed{DidLogin, DidFail, DidLogout, DidEnd, DidAdmit, DidDisable, DidEnable, DidPassword, DidReset, DidKey, DidRevoke}

// Entry is one line of the accounts' record, which is only added to.
type Entry struct {
	ID      int64 // the book's
	Time    time.Time
	Deed    Deed
	Account string // whom it is about; empty: a login under a name that is none
	By      string // who did it: an account, or Console
	Address string // where a browser was; empty at the console
	Detail  string // such as a key's handle
}

// Console is who works on the data folder with the torg command.
const Console = "console"

// Book keeps accounts, sessions and keys. What it writes with an entry it writes with
// it in one transaction. What is not there is torg.ErrUnknown, what is there already
// torg.ErrExists.
type Book interface {
	// HasAccounts says whether anybody was ever admitted.
	HasAccounts(ctx context.Context) (bool, error)
	Account(ctx context.Context, name string) (Account, error)
	Accounts(ctx context.Context) ([]Account, error) // by name
	AddAccount(ctx context.Context, a Account, e Entry) error
	// SetPassword replaces the password and ends the account's sessions.
	SetPassword(ctx context.Context, name, hash string, mustChange bool, e Entry) error
	// Rehash replaces a hash by one of the same password, unless it changed meanwhile.
	Rehash(ctx context.Context, name, from, to string) error
	// SetDisabled disables an account and ends its sessions, or enables it.
	SetDisabled(ctx context.Context, name string, disabled bool, e Entry) error

	// AddSession adds a session and ends the account's oldest ones beyond MaxSessions.
	AddSession(ctx context.Context, s Session, e Entry) error
	Session(ctx context.Context, id Digest) (Session, Account, error)
	Sessions(ctx context.Context, name string) ([]Session, error) // newest first
	Touch(ctx context.Context, id Digest, seen time.Time) error
	EndSession(ctx context.Context, id Digest, e Entry) error
	EndSessions(ctx context.Context, name string, e Entry) error
	// Sweep forgets sessions that began before, and keys that expired before.
	Sweep(ctx context.Context, sessions, keys time.Time) error

	// AddKey refuses one beyond MaxKeys with torg.ErrTooLarge.
	AddKey(ctx context.Context, k Key, e Entry) error
	Key(ctx context.Context, id Digest) (Key, Account, error)
	Keys(ctx context.Context, name string) ([]Key, error) // newest first
	TouchKey(ctx context.Context, id Digest, used time.Time) error
	DropKey(ctx context.Context, id Digest, e Entry) error

	// Note adds an entry alone.
	Note(ctx context.Context, e Entry) error
	// Entries lists the last n entries, newest first; of one account, where it is named.
	Entries(ctx context.Context, name string, n int) ([]Entry, error)
}

// KeepEntries is how many entries a book keeps at least.
const KeepEntries = 100_000
