package scenario

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"

	"torg"
)

// Caps are what the operator may credit and pay out on a ledger day (UTC) on its word
// alone, and whose key lets more pass.
type Caps struct {
	Deposit    torg.Money // 0: as much as it wants
	Withdrawal torg.Money // 0: as much as it wants
	Approver   []byte     // public key, PKIX DER; empty: the caps are hard limits
}

// caps reads the caps. The opening balances are credited on the first day, so they must
// fit.
func (s *Scenario) caps(o object) {
	s.Caps.Deposit = parse(o, "deposit_cap", 0, amount)
	s.Caps.Withdrawal = parse(o, "withdrawal_cap", 0, amount)
	s.Caps.Approver = parse(o, "approver", nil, publicKey)
	var opening torg.Money
	for _, p := range s.Participants {
		opening += p.Balance
	}
	switch {
	case s.Caps.Deposit > 0 && opening > s.Caps.Deposit:
		o.fail("deposit_cap", "the opening balances of %s in all are more than %s", opening, s.Caps.Deposit)
	case len(s.Caps.Approver) > 0 && (s.Caps.Deposit == 0 || s.Caps.Withdrawal == 0):
		o.fail("approver", "without deposit_cap and withdrawal_cap there is nothing to approve")
	}
}

// publicKey reads an RSA public key in PEM.
func publicKey(text string) ([]byte, error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "PUBLIC KEY" || strings.TrimSpace(string(rest)) != "" {
		return nil, fmt.Errorf("not one public key in PEM (-----BEGIN PUBLIC KEY-----)")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("broken public key: %w", err)
	}
	if r, ok := key.(*rsa.PublicKey); !ok || r.N.BitLen() != 2048 && r.N.BitLen() != 3072 {
		return nil, fmt.Errorf("not an RSA key of 2048 or 3072 bits")
	}
	return block.Bytes, nil
}

// writeCaps writes the caps that there are: a scenario without any has the text that it
// had before there were caps.
func (s *Scenario) writeCaps(f mapping) {
	if s.Caps.Deposit > 0 {
		f.text("deposit_cap", s.Caps.Deposit.String())
	}
	if s.Caps.Withdrawal > 0 {
		f.text("withdrawal_cap", s.Caps.Withdrawal.String())
	}
	if len(s.Caps.Approver) > 0 {
		f.text("approver", string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: s.Caps.Approver})))
	}
}
