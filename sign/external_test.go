package sign_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"torg/sign"
)

// A key that stays with its owner is read from PKCS#8 and from PKCS#12, and nothing else
// is.
func TestReadSigner(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "owner"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	p12, err := pkcs12.Modern.Encode(key, certificate, nil, "secret")
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := x509.MarshalPKCS8PrivateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	inPEM := func(kind string, der []byte) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	for _, c := range []struct {
		name     string
		data     []byte
		mode     os.FileMode
		password string
		says     string // empty: it is read
	}{
		{"pkcs8", inPEM("PRIVATE KEY", p8), 0o600, "", ""},
		{"pkcs12", p12, 0o600, "secret", ""},
		{"wrong password", p12, 0o600, "guess", "PKCS#12"},
		{"cut", p12[:len(p12)/2], 0o600, "secret", "PKCS#12"},
		{"nothing", nil, 0o600, "", "PKCS#12"},
		{"another kind", inPEM("PRIVATE KEY", other), 0o600, "", "not RSA"},
		{"a public key", inPEM("PUBLIC KEY", p8), 0o600, "", "PRIVATE KEY"},
		{"readable by all", inPEM("PRIVATE KEY", p8), 0o644, "", "chmod 600"},
	} {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, c.data, c.mode); err != nil {
			t.Fatal(err)
		}
		got, err := sign.ReadSigner(path, c.password)
		switch {
		case c.says == "" && (err != nil || !key.PublicKey.Equal(got.Public())):
			t.Errorf("%s: %v, %v", c.name, got, err)
		case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
	if _, err := sign.ReadSigner(filepath.Join(t.TempDir(), "none"), ""); err == nil {
		t.Error("a file that is not there is read")
	}
}
