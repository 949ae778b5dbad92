package account

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"torg"
)

// The refusals of logging in and of being let in.
const (
	ErrLogin      torg.Refusal = "wrong_login"        // name or password, or a disabled account: nobody hears which
	ErrSlow       torg.Refusal = "too_many_attempts"  // wait, then try again
	ErrNobody     torg.Refusal = "not_logged_in"      // no session or key, or one that has ended
	ErrMustChange torg.Refusal = "password_to_change" // a one-time password opens only its own change
	ErrWeak       torg.Refusal = "weak_password"
	ErrScope      torg.Refusal = "out_of_scope" // more than the role or the key may
)

// Account is a person's. It names no key: the keys that bind money are the owner's
// and on the ledger.
type Account struct {
	Name        string // for logging in, as Name makes it
	Role        Role
	Participant torg.ParticipantID // of an owner; empty for the others
	Password    string             // encoded argon2id, see Hasher
	MustChange  bool               // the password is a one-time one
	Disabled    bool
	Created     time.Time
	Changed     time.Time // of the password
}

// MaxName is the longest login name in bytes.
const MaxName = 64

// Name returns a login name as accounts have it, in lower case without spaces around
// it. It refuses other characters than a-z, 0-9, '.', '_', '-' and '@'.
func Name(s string) (string, error) {
	name := strings.ToLower(strings.TrimSpace(s))
	if name == "" || len(name) > MaxName {
		return "", fmt.Errorf("login name: must have 1 to %d characters: %w", MaxName, torg.ErrMalformed)
	}
	for _, c := range []byte(name) {
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("._-@", c) >= 0) {
			return "", fmt.Errorf("login name %q: only letters a-z, digits, '.', '_', '-' and '@': %w", name, torg.ErrMalformed)
		}
	}
	return name, nil
}

// Valid refuses a role that is none, an owner of nobody and anybody else who would
// own somebody.
func (a Account) Valid() error {
	if name, err := Name(a.Name); err != nil || name != a.Name {
		return fmt.Errorf("account %q: not a login name: %w", a.Name, torg.ErrMalformed)
	}
	switch {
	case !slices.Contains(Roles, a.Role):
		return fmt.Errorf("role %q: must be owner, operator or approver: %w", a.Role, torg.ErrMalformed)
	case a.Role == Owner && a.Participant == "":
		return fmt.Errorf("an owner needs a participant: %w", torg.ErrMalformed)
	case a.Role == Owner:
		if err := torg.ValidID(string(a.Participant)); err != nil {
			return fmt.Errorf("participant: %w: %w", err, torg.ErrMalformed)
		}
	case a.Participant != "":
		return fmt.Errorf("only an owner has a participant: %w", torg.ErrMalformed)
	}
	return nil
}

// viewer is the account as a person who has logged in.
func (a Account) viewer() Viewer {
	return Viewer{Account: a.Name, Participant: a.Participant, role: a.Role, scopes: scopes[a.Role], must: a.MustChange}
}

// Viewer is what the account's holder may do with a browser.
func (a Account) Viewer() Viewer {
	if a.Disabled {
		return Viewer{}
	}
	return a.viewer()
}
