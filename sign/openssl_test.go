package sign

import (
	"crypto/rsa"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// openssl runs the program in dir, and says whether it was content.
func openssl(t *testing.T, dir string, args ...string) error {
	t.Helper()
	cmd := exec.Command("openssl", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	t.Logf("openssl %v: %v\n%s", args, err, out)
	return err
}

func needOpenSSL(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("needs openssl on the PATH")
	}
}

func write(t *testing.T, dir, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Every exported signature verifies with the command in the documentation.
func TestOpenSSLVerifiesOurs(t *testing.T) {
	needOpenSSL(t)
	for _, key := range []*rsa.PrivateKey{agentKey(), ownerKey()} {
		dir := t.TempDir()
		write(t, dir, "pub.pem", PublicPEM(mustDER(t, &key.PublicKey)))
		write(t, dir, "f.bin", message)
		write(t, dir, "f.sig", mustSign(t, key, message))
		verify := []string{"dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32",
			"-verify", "pub.pem", "-signature", "f.sig", "f.bin"}
		if err := openssl(t, dir, verify...); err != nil {
			t.Errorf("%d bits: openssl refuses our signature", key.N.BitLen())
		}
		write(t, dir, "f.bin", append([]byte("x"), message...))
		if err := openssl(t, dir, verify...); err == nil {
			t.Errorf("%d bits: openssl takes our signature for another message", key.N.BitLen())
		}
	}
}

// An owner may make the key and the signature with openssl alone.
func TestWeVerifyOpenSSLs(t *testing.T) {
	needOpenSSL(t)
	dir := t.TempDir()
	if err := openssl(t, dir, "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072", "-out", "owner-foundry.pem"); err != nil {
		t.Fatal("openssl makes no key")
	}
	owner, err := openKeys(t, dir).Owner("foundry")
	if err != nil {
		t.Fatal(err)
	}
	if err := openssl(t, dir, "pkey", "-in", "owner-foundry.pem", "-pubout", "-outform", "DER", "-out", "pub.der"); err != nil {
		t.Fatal("openssl exports no key")
	}
	der, err := os.ReadFile(filepath.Join(dir, "pub.der"))
	if err != nil {
		t.Fatal(err)
	}
	pub, err := ParsePublic(der)
	if err != nil || !pub.Equal(owner.Public()) {
		t.Fatalf("openssl's public key: %v", err)
	}
	write(t, dir, "f.bin", message)
	for salt, want := range map[string]bool{"32": true, "0": false, "max": false} {
		if err := openssl(t, dir, "dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:"+salt,
			"-sign", "owner-foundry.pem", "-out", "f.sig", "f.bin"); err != nil {
			t.Fatal("openssl does not sign")
		}
		sig, err := os.ReadFile(filepath.Join(dir, "f.sig"))
		if err != nil {
			t.Fatal(err)
		}
		if err := Verify(pub, message, sig); (err == nil) != want {
			t.Errorf("a salt of %s: got %v, want good: %v", salt, err, want)
		}
	}
}
