package sign

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"torg"
)

func openKeys(t testing.TB, dir string) *Keys {
	t.Helper()
	keys, err := OpenKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func pkcs8(t testing.TB, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// Keys are made where they are needed, and are the same ones the next time.
func TestKeysLast(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "keys")
	keys := openKeys(t, dir)
	for name, c := range map[string]struct {
		bits int
		open func(*Keys) (crypto.Signer, error)
	}{
		"owner-foundry.pem":   {3072, func(k *Keys) (crypto.Signer, error) { return k.Owner("foundry") }},
		"agent-foundry-1.pem": {2048, func(k *Keys) (crypto.Signer, error) { return k.Agent("foundry-1") }},
		"operator.pem":        {3072, (*Keys).Operator},
	} {
		first, err := c.open(keys)
		if err != nil {
			t.Fatal(err)
		}
		if bits := first.Public().(*rsa.PublicKey).N.BitLen(); bits != c.bits {
			t.Errorf("%s: %d bits, want %d", name, bits, c.bits)
		}
		if again, err := c.open(keys); again != first || err != nil {
			t.Errorf("%s: not the same signer again: %v", name, err)
		}
		later, err := c.open(openKeys(t, dir))
		if err != nil || !later.Public().(*rsa.PublicKey).Equal(first.Public()) {
			t.Errorf("%s: another key after a restart: %v", name, err)
		}
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: mode %v, %v", name, info.Mode(), err)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory: mode %v, %v", info.Mode(), err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 3 {
		t.Errorf("files left over: %v", files)
	}
}

// A file that is not what it should be is named, with what is wrong with it, in one
// line, and stays as it was.
func TestBadKeyFiles(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := pkcs8(t, agentKey())
	block, _ := pem.Decode(good)
	block.Bytes[600] ^= 1
	changed := pem.EncodeToMemory(block)
	for name, c := range map[string]struct {
		text []byte
		mode os.FileMode
		want string
	}{
		"readable by the group": {good, 0o640, "mode 0640 is wider than 0600"},
		"readable by all":       {good, 0o604, "mode 0604 is wider than 0600"},
		"executable":            {good, 0o700, "mode 0700 is wider than 0600"},
		"empty":                 {nil, 0o600, "no PEM block"},
		"text":                  {[]byte("a key"), 0o600, "no PEM block"},
		"half a file":           {good[:len(good)/2], 0o600, "no PEM block"},
		"broken":                {changed, 0o600, "broken: "},
		"large":                 {make([]byte, maxKeyFile+1), 0o600, "bytes, over"},
		"two keys":              {append(bytes.Clone(good), good...), 0o600, "more than one key"},
		"3072 bits":             {pkcs8(t, ownerKey()), 0o600, "RSA modulus of 3072 bits, not 2048"},
		"exponent 3":            {pkcs8(t, exponent3(t)), 0o600, "RSA exponent 3, not 65537"},
		"P-256":                 {pkcs8(t, ec), 0o600, "a key of type *ecdsa.PrivateKey, not RSA"},
		"PKCS #1": {pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(agentKey())}),
			0o600, `PEM block "RSA PRIVATE KEY", not "PRIVATE KEY"`},
		"a password":   {pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte{1}}), 0o600, "without a password"},
		"a public key": {PublicPEM(mustDER(t, &agentKey().PublicKey)), 0o600, `PEM block "PUBLIC KEY"`},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "agent-a.pem")
		if err := os.WriteFile(path, c.text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		key, err := openKeys(t, dir).Agent("a")
		if key != nil || err == nil || !strings.Contains(err.Error(), path+": ") || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got a key: %v, %v, want %q", name, key != nil, err, c.want)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, c.text) {
			t.Errorf("%s: the file was changed, %v", name, err)
		}
	}
}

// exponent3 makes a whole key with the exponent that old programs used.
func exponent3(t *testing.T) *rsa.PrivateKey {
	one, three := big.NewInt(1), big.NewInt(3)
	prime := func() *big.Int {
		for {
			p, err := rand.Prime(rand.Reader, AgentBits/2)
			if err != nil {
				t.Fatal(err)
			}
			if new(big.Int).Mod(p, three).Int64() == 2 {
				return p
			}
		}
	}
	p, q := prime(), prime()
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	key := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 3},
		D:         new(big.Int).ModInverse(three, phi),
		Primes:    []*big.Int{p, q},
	}
	key.Precompute()
	return key
}

func TestBadKeyDirectories(t *testing.T) {
	dir := t.TempDir()
	for _, mode := range []os.FileMode{0o770, 0o702, 0o777} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenKeys(dir); err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("mode %#o: got %v", mode, err)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKeys(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a file in its place: got %v", err)
	}
	dir = t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "operator.pem"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := openKeys(t, dir).Operator(); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a directory as a key: got %v", err)
	}
}

// An id never leads out of the directory.
func TestKeyNames(t *testing.T) {
	for name, keys := range map[string]Keyring{"disk": openKeys(t, t.TempDir()), "memory": NewMemoryKeys()} {
		for _, id := range []string{"", "a/b", "../a", "a\x00", "завод", strings.Repeat("a", 65)} {
			if key, err := keys.Owner(torg.ParticipantID(id)); key != nil || err == nil {
				t.Errorf("%s: owner %q: got %v, %v", name, id, key, err)
			}
			if key, err := keys.Agent(torg.SiteID(id)); key != nil || err == nil {
				t.Errorf("%s: agent %q: got %v, %v", name, id, key, err)
			}
		}
	}
}

// A fault is not remembered: once the file is put right the key opens.
func TestKeyFilePutRight(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "agent-a.pem")
	if err := os.WriteFile(path, pkcs8(t, agentKey()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	keys := openKeys(t, dir)
	if _, err := keys.Agent("a"); err == nil {
		t.Fatal("a key that all can read was taken")
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	if key, err := keys.Agent("a"); err != nil || !agentKey().PublicKey.Equal(key.Public()) {
		t.Errorf("got %v, %v", key, err)
	}
}

// Goroutines and processes that ask for the same key at once all get the same one.
func TestKeysAreMadeOnce(t *testing.T) {
	dir := t.TempDir()
	rings := []*Keys{openKeys(t, dir), openKeys(t, dir)} // two processes
	got := make([]crypto.Signer, 8)
	var wait sync.WaitGroup
	for i := range got {
		wait.Go(func() {
			key, err := rings[i%2].Agent("a")
			if err != nil {
				t.Error(err)
				return
			}
			got[i] = key
		})
	}
	wait.Wait()
	if t.Failed() {
		return
	}
	for i, key := range got {
		if key != got[i%2] || !key.Public().(*rsa.PublicKey).Equal(got[0].Public()) {
			t.Errorf("caller %d got another key", i)
		}
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("files left over: %v", files)
	}
}

// A finished key is never put in the place of another.
func TestKeyFileIsNotOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "agent-a.pem")
	if err := writeKeyFile(path, agentKey()); err != nil {
		t.Fatal(err)
	}
	if err := writeKeyFile(path, ownerKey()); !errors.Is(err, os.ErrExist) {
		t.Errorf("got %v, want %v", err, os.ErrExist)
	}
	if key, err := readKeyFile(path, AgentBits); err != nil || !key.Equal(agentKey()) {
		t.Errorf("the first key is gone: %v", err)
	}
}

// Making one key does not hold up another.
func TestKeysAreMadeSideBySide(t *testing.T) {
	var o opened
	_, err := o.get("a", func() (*rsa.PrivateKey, error) {
		if !o.mu.TryLock() {
			t.Fatal("all keys are locked while one is made")
		}
		o.mu.Unlock()
		if _, err := o.get("b", func() (*rsa.PrivateKey, error) { return ownerKey(), nil }); err != nil {
			t.Error(err)
		}
		return agentKey(), nil
	})
	if err != nil || len(o.keys) != 2 {
		t.Errorf("%d keys, %v", len(o.keys), err)
	}
}

func TestWarm(t *testing.T) {
	keys := NewPooledKeys(1)
	var seen []int
	err := Warm(t.Context(), keys, []torg.ParticipantID{"p", "q"}, []torg.SiteID{"a", "b", "c"}, func(done, total int) {
		if total != 5 {
			t.Errorf("total %d, want 5", total)
		}
		seen = append(seen, done)
	})
	if err != nil || len(seen) != 5 || seen[0] != 1 || seen[4] != 5 {
		t.Errorf("progress %v, %v", seen, err)
	}
	if n := len(keys.opened.keys); n != 5 {
		t.Errorf("%d keys are open, want 5", n)
	}
	if err := Warm(t.Context(), keys, []torg.ParticipantID{"p"}, []torg.SiteID{"no such/id"}, nil); err == nil || !strings.Contains(err.Error(), "no such/id") {
		t.Errorf("a bad id: got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Warm(ctx, keys, []torg.ParticipantID{"p"}, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: got %v", err)
	}
	if err := Warm(t.Context(), keys, nil, nil, nil); err != nil {
		t.Errorf("nothing to do: %v", err)
	}
}

// Pooled keys differ between roles and among the first n names, and then repeat.
func TestPooledKeys(t *testing.T) {
	keys := NewPooledKeys(2)
	named := map[string]torg.Fingerprint{}
	take := func(name string, key crypto.Signer, err error) {
		if err != nil {
			t.Fatal(err)
		}
		named[name] = Fingerprint(mustDER(t, key.Public()))
	}
	for _, id := range []string{"a", "b", "c"} {
		key, err := keys.Owner(torg.ParticipantID(id))
		take("owner "+id, key, err)
		key, err = keys.Agent(torg.SiteID(id))
		take("agent "+id, key, err)
	}
	key, err := keys.Operator()
	take("operator", key, err)
	distinct := map[torg.Fingerprint]bool{}
	for _, f := range named {
		distinct[f] = true
	}
	if len(distinct) != 5 || named["owner a"] != named["owner c"] || named["agent a"] != named["agent c"] {
		t.Errorf("%d different keys, want 5: %x", len(distinct), named)
	}
	again, err := keys.Agent("b")
	if take("agent b again", again, err); named["agent b again"] != named["agent b"] {
		t.Error("an agent's key changed")
	}
}

func TestMemoryKeys(t *testing.T) {
	keys := NewMemoryKeys()
	owner, err := keys.Owner("a")
	if err != nil || owner.Public().(*rsa.PublicKey).N.BitLen() != OwnerBits {
		t.Errorf("owner: %v", err)
	}
	agent, err := keys.Agent("a")
	if err != nil || agent.Public().(*rsa.PublicKey).N.BitLen() != AgentBits {
		t.Errorf("agent: %v", err)
	}
	if again, err := keys.Owner("a"); again != owner || err != nil {
		t.Errorf("the owner's key changed: %v", err)
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add(pkcs8(f, agentKey()))
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		key, err := parseKey(text, AgentBits)
		if err == nil && checkPublic(&key.PublicKey) != nil {
			t.Fatalf("a key that Verify refuses was taken")
		}
	})
}
