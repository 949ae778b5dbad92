package scenario

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
)

func approver(t *testing.T) (string, []byte) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	return "approver: |\n  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ") + "\n", der
}

// Caps and approver come back from the resolved scenario; without them it says nothing
// of them.
func TestCapsComeBack(t *testing.T) {
	text, der := approver(t)
	s, err := Parse("s.yaml", []byte(good+"deposit_cap: \"500000\"\nwithdrawal_cap: \"400.50\"\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	if s.Caps.Deposit != 500_000_00 || s.Caps.Withdrawal != 400_50 || !bytes.Equal(s.Caps.Approver, der) {
		t.Errorf("caps %+v", s.Caps)
	}
	again, err := Parse("s.yaml", s.Resolved())
	if err != nil {
		t.Fatal(err)
	}
	if again.Caps.Deposit != s.Caps.Deposit || again.Caps.Withdrawal != s.Caps.Withdrawal || !bytes.Equal(again.Caps.Approver, der) ||
		!bytes.Equal(again.Resolved(), s.Resolved()) {
		t.Errorf("resolved %+v", again.Caps)
	}
	plain, err := Parse("s.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if r := string(plain.Resolved()); strings.Contains(r, "cap:") && strings.Contains(r, "deposit") || strings.Contains(r, "approver") {
		t.Errorf("a scenario without caps has them:\n%s", r)
	}
}

// Bad caps are errors that name the line.
func TestBadCaps(t *testing.T) {
	text, _ := approver(t)
	for _, c := range []struct{ text, says string }{
		{"deposit_cap: \"-1\"\n", "deposit_cap: -1"},
		{"deposit_cap: much\n", "deposit_cap"},
		{"deposit_cap: \"999.99\"\n", "s.yaml:32:14: deposit_cap: the opening balances of 250000.00 in all are more than 999.99"},
		{"withdrawal_cap: [1]\n", "withdrawal_cap: must be a single value"},
		{"approver: somebody\n", "approver: not one public key in PEM"},
		{text, "approver: without deposit_cap and withdrawal_cap"},
		{"deposit_cap: 500000\nwithdrawal_cap: 1\napprover: |\n  -----BEGIN PUBLIC KEY-----\n  AAAA\n  -----END PUBLIC KEY-----\n", "approver: broken public key"},
	} {
		_, err := Parse("s.yaml", []byte(good+c.text))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.text, err, c.says)
		}
	}
}
