package account

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"torg"
)

// KeyScopes are the scopes that a key can have.
var KeyScopes = []Scope{Read, Trade, Operate}

// The bounds of keys: how many an account has, how long one lives, how long its name
// is in bytes.
const (
	MaxKeys    = 50
	MaxKeyLife = 366 * 24 * time.Hour
	MaxKeyName = 64
)

// Key lets a program ask in an account's name. Its secret is shown once.
type Key struct {
	ID      Digest // of the secret
	Account string
	Name    string // what its holder calls it
	Scopes  []Scope
	Created time.Time
	Expires time.Time
	Used    time.Time // to a minute; zero: never
}

// Handle names a key among an account's to people: it says nothing of the secret.
func (k Key) Handle() string { return hex.EncodeToString(k.ID[:6]) }

// Scope prints the scopes as ParseScopes reads them.
func (k Key) Scope() string { return FormatScopes(k.Scopes) }

// FormatScopes joins scopes with commas.
func FormatScopes(all []Scope) string {
	words := make([]string, len(all))
	for i, s := range all {
		words[i] = string(s)
	}
	return strings.Join(words, ",")
}

// ParseScopes reads a list of scopes for a key, such as "read,trade". Read comes with
// every other one.
func ParseScopes(s string) ([]Scope, error) {
	asked := map[Scope]bool{}
	for word := range strings.SplitSeq(s, ",") {
		scope := Scope(strings.TrimSpace(word))
		if !slices.Contains(KeyScopes, scope) {
			return nil, fmt.Errorf("scope %q: must be read, trade or operate: %w", word, torg.ErrMalformed)
		}
		asked[scope] = true
	}
	asked[Read] = true
	var all []Scope
	for _, scope := range KeyScopes {
		if asked[scope] {
			all = append(all, scope)
		}
	}
	return all, nil
}

// valid refuses a key that would be wider than its account's role, live too long or
// have no readable name.
func (k Key) valid(role Role, now time.Time) error {
	for _, s := range k.Scopes {
		if !slices.Contains(scopes[role], s) || !slices.Contains(KeyScopes, s) {
			return fmt.Errorf("a key of an account with the role %s cannot have the scope %s: %w", role, s, ErrScope)
		}
	}
	switch life := k.Expires.Sub(now); {
	case len(k.Scopes) == 0:
		return fmt.Errorf("a key needs a scope: %w", torg.ErrMalformed)
	case life <= 0 || life > MaxKeyLife:
		return fmt.Errorf("a key lives up to %d days: %w", int(MaxKeyLife.Hours()/24), torg.ErrMalformed)
	case k.Name == "" || len(k.Name) > MaxKeyName || !utf8.ValidString(k.Name) || strings.ContainsFunc(k.Name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return fmt.Errorf("a key's name has 1 to %d characters: %w", MaxKeyName, torg.ErrMalformed)
	}
	return nil
}

// viewer narrows the account's holder to what the key may. A one-time password is a
// person's affair: keys that were made go on, until they are revoked.
func (k Key) viewer(a Account) Viewer {
	v := a.viewer()
	v.key, v.must = true, false
	v.scopes = slices.DeleteFunc(slices.Clone(v.scopes), func(s Scope) bool { return !slices.Contains(k.Scopes, s) })
	return v
}
