package account

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// Digest is the SHA-256 of a secret: all that is kept of it.
type Digest [sha256.Size]byte

// KeyPrefix begins the secret of every API key, so that one that leaked is known for
// what it is.
const KeyPrefix = "torg_"

// secretSize is the length of a secret in bytes, and secretLen of its text.
const (
	secretSize = 32
	secretLen  = 43
)

var b64url = base64.RawURLEncoding.Strict()

// newSecret returns 256 random bits as text.
func newSecret() string {
	b := make([]byte, secretSize)
	rand.Read(b)
	return b64url.EncodeToString(b)
}

// digest returns what is kept of a secret; not ok for text that cannot be one.
func digest(secret string) (d Digest, ok bool) {
	if len(secret) != secretLen {
		return d, false
	}
	b, err := b64url.DecodeString(secret)
	if err != nil || len(b) != secretSize {
		return d, false
	}
	return sha256.Sum256(b), true
}

// keyDigest is digest for the secret of an API key.
func keyDigest(secret string) (Digest, bool) {
	text, ok := strings.CutPrefix(secret, KeyPrefix)
	if !ok {
		return Digest{}, false
	}
	return digest(text)
}

// oneTime returns a password of 100 random bits that people can read out.
func oneTime() string {
	const letters = "abcdefghijkmnpqrstuvwxyz23456789" // 32, none that looks like another
	b := make([]byte, 20)
	rand.Read(b)
	var s strings.Builder
	for i, x := range b {
		if i > 0 && i%5 == 0 {
			s.WriteByte('-')
		}
		s.WriteByte(letters[x%32])
	}
	return s.String()
}
