package sign

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"fmt"
	"os"

	"software.sslmate.com/src/go-pkcs12"

	"torg"
)

// ReadSigner reads somebody's own private key from a file that only its user can read:
// PKCS#8 in PEM without a password, or PKCS#12 with one. It must be RSA of 2048 or 3072
// bits with the exponent 65537; torg.ErrBadKey for any other. The error says what is
// wrong with the file and never what is in it.
func ReadSigner(path, password string) (crypto.Signer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("key %w", err)
	}
	if err := private(path, info); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("key %w", err)
	}
	key, err := parseSigner(data, password)
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", path, err)
	}
	return key, nil
}

func parseSigner(data []byte, password string) (*rsa.PrivateKey, error) {
	if bytes.Contains(data, []byte("-----BEGIN ")) {
		return parseKey(data, 0)
	}
	parsed, _, _, err := pkcs12.DecodeChain(data, password)
	if err != nil {
		return nil, fmt.Errorf("neither PKCS#8 in PEM nor PKCS#12 that this password opens: %w: %w", err, torg.ErrBadKey)
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("a key of type %T, not RSA: %w", parsed, torg.ErrBadKey)
	}
	return key, checkPublic(&key.PublicKey)
}
