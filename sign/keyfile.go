package sign

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// maxKeyFile bounds a key's file, in bytes: 3072 bits take 2,484.
const maxKeyFile = 16 << 10

// openKeyFile reads the key at path, or makes one of so many bits where no file is.
func openKeyFile(path string, bits int) (*rsa.PrivateKey, error) {
	key, err := readKeyFile(path, bits)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	key, err = rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", path, err)
	}
	err = writeKeyFile(path, key)
	if errors.Is(err, fs.ErrExist) { // another process was faster, and its key counts
		return readKeyFile(path, bits)
	}
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", path, err)
	}
	return key, nil
}

// readKeyFile reads a private key of exactly so many bits from a file that only its
// user can read. fs.ErrNotExist is in the error's chain where there is no file.
func readKeyFile(path string, bits int) (*rsa.PrivateKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("key %w", err)
	}
	if err := private(path, info); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("key %w", err)
	}
	key, err := parseKey(text, bits)
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", path, err)
	}
	return key, nil
}

// private refuses a file that others can read, or that is no key by its size.
func private(path string, info fs.FileInfo) error {
	switch perm := info.Mode().Perm(); {
	case !info.Mode().IsRegular():
		return fmt.Errorf("key %s: not a regular file", path)
	case perm&^0o600 != 0:
		return fmt.Errorf("key %s: mode %#o is wider than 0600; chmod 600 it", path, perm)
	case info.Size() > maxKeyFile:
		return fmt.Errorf("key %s: %d bytes, over %d", path, info.Size(), maxKeyFile)
	}
	return nil
}

// parseKey reads a key of so many bits; 0: of any that is taken.
func parseKey(text []byte, bits int) (*rsa.PrivateKey, error) {
	block, rest := pem.Decode(text)
	switch {
	case block == nil:
		return nil, errors.New("no PEM block")
	case block.Type != "PRIVATE KEY":
		return nil, fmt.Errorf("PEM block %q, not \"PRIVATE KEY\" (PKCS#8 without a password)", block.Type)
	case len(bytes.TrimSpace(rest)) > 0:
		return nil, errors.New("more than one key, or text after it")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("broken: %w", err)
	}
	key, ok := parsed.(*rsa.PrivateKey)
	switch {
	case !ok:
		return nil, fmt.Errorf("a key of type %T, not RSA", parsed)
	case bits != 0 && key.N.BitLen() != bits:
		return nil, fmt.Errorf("RSA modulus of %d bits, not %d", key.N.BitLen(), bits)
	}
	return key, checkPublic(&key.PublicKey)
}

// writeKeyFile puts a key at path, whole or not at all, also when the machine stops in
// between. It links the finished file to its name, because renaming would overwrite:
// fs.ErrExist is in the error's chain where the name is taken.
func writeKeyFile(path string, key *rsa.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".new-*") // readable by this user only
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if err := cmp.Or(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return cmp.Or(d.Sync(), d.Close())
}
