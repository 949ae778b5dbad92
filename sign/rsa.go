package sign

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"

	"torg"
)

// The sizes of keys, in bits of the modulus: people's keys live for years, agents'
// keys sign every session under a mandate that expires.
const (
	OwnerBits = 3072 // of owners and of the operator
	AgentBits = 2048
)

// maxDER bounds a public key before it is parsed, in bytes: 3072 bits take 422.
const maxDER = 512

// exponent is the only one that keys may have, as in every key that openssl makes.
const exponent = 65537

var pss = rsa.PSSOptions{SaltLength: 32, Hash: crypto.SHA256}

// Sign signs a Message. The signer may be a key of this package or anything else that
// holds an RSA key: torg.ErrBadKey for one that Verify would refuse.
func Sign(s crypto.Signer, msg []byte) ([]byte, error) {
	if _, err := rsaPublic(s.Public()); err != nil {
		return nil, err
	}
	digest := sha256.Sum256(msg)
	sig, err := s.Sign(rand.Reader, digest[:], &pss)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return sig, nil
}

// Verify checks a signature over a Message: torg.ErrBadSignature where it is not one
// of this key over these bytes, torg.ErrBadKey where ParsePublic would have refused
// the key.
func Verify(pub *rsa.PublicKey, msg, sig []byte) error {
	if err := checkPublic(pub); err != nil {
		return err
	}
	digest := sha256.Sum256(msg)
	if rsa.VerifyPSS(pub, crypto.SHA256, digest[:], sig, &pss) != nil {
		return torg.ErrBadSignature
	}
	return nil
}

// checkPublic refuses keys that are weak, and keys that make verifying expensive: a
// modulus of 16,384 bits takes hundreds of times as long as one of 2048.
func checkPublic(pub *rsa.PublicKey) error {
	switch {
	case pub == nil || pub.N == nil:
		return fmt.Errorf("no key: %w", torg.ErrBadKey)
	case pub.N.BitLen() != AgentBits && pub.N.BitLen() != OwnerBits:
		return fmt.Errorf("RSA modulus of %d bits, not %d or %d: %w", pub.N.BitLen(), AgentBits, OwnerBits, torg.ErrBadKey)
	case pub.N.Bit(0) == 0:
		return fmt.Errorf("RSA modulus is even: %w", torg.ErrBadKey)
	case pub.E != exponent:
		return fmt.Errorf("RSA exponent %d, not %d: %w", pub.E, exponent, torg.ErrBadKey)
	}
	return nil
}

// rsaPublic returns the RSA key in pub, or torg.ErrBadKey.
func rsaPublic(pub crypto.PublicKey) (*rsa.PublicKey, error) {
	key, ok := pub.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("a key of type %T, not RSA: %w", pub, torg.ErrBadKey)
	}
	return key, checkPublic(key)
}

// ParsePublic reads a public key as PKIX DER (SubjectPublicKeyInfo of RFC 5280). A key
// has one encoding only, so that it has one fingerprint: torg.ErrBadKey for any other
// form, size, exponent or kind of key.
func ParsePublic(der []byte) (*rsa.PublicKey, error) {
	if len(der) > maxDER {
		return nil, fmt.Errorf("public key of %d bytes, over %d: %w", len(der), maxDER, torg.ErrBadKey)
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, fmt.Errorf("public key: %w: %w", err, torg.ErrBadKey)
	}
	pub, err := rsaPublic(parsed)
	if err != nil {
		return nil, fmt.Errorf("public key: %w", err)
	}
	if again, err := x509.MarshalPKIXPublicKey(pub); err != nil || !bytes.Equal(again, der) {
		return nil, fmt.Errorf("public key in another form than its DER: %w", torg.ErrBadKey)
	}
	return pub, nil
}

// PublicDER returns a public key, such as a signer's Public(), as ParsePublic reads
// it; torg.ErrBadKey for a key that ParsePublic would refuse.
func PublicDER(pub crypto.PublicKey) ([]byte, error) {
	key, err := rsaPublic(pub)
	if err != nil {
		return nil, err
	}
	return x509.MarshalPKIXPublicKey(key)
}

// PublicPEM wraps a key's DER for openssl and for people.
func PublicPEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// Fingerprint returns the name of a public key, the SHA-256 of its DER.
func Fingerprint(der []byte) torg.Fingerprint { return sha256.Sum256(der) }
