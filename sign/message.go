// Package sign makes and checks signatures: which bytes are signed, with which RSA
// keys, where the keys lie, and the Merkle roots that let one signature stand for
// thousands of contracts.
//
// Signatures are RSASSA-PSS of RFC 8017 with SHA-256 for the message and for MGF1,
// 32 bytes of salt and keys of 2048 or 3072 bits with the exponent 65537; nothing
// else is made or accepted. They are random: neither signatures nor keys may enter
// ids, prices or any other result.
package sign

import (
	"fmt"

	"torg"
	"torg/canon"
)

// Domain says what a signature is for, so that one made for one purpose is worth
// nothing for another. The number is the version of what follows it.
type Domain string

// The domains.
const (
	DomainOrder      Domain = "torg/order/1"      // an order, by a site's agent or owner
	DomainMandate    Domain = "torg/mandate/1"    // a mandate, by an owner
	DomainRevocation Domain = "torg/revocation/1" // the end of a mandate, by an owner
	DomainStatement  Domain = "torg/statement/1"  // the root of a party's contracts of a session
	DomainOffer      Domain = "torg/offer/1"      // an offer on the board
	DomainContract   Domain = "torg/contract/1"   // a contract of the board, by both parties
	DomainTx         Domain = "torg/tx/1"         // a transaction of the operator, an owner or the approver
	DomainKey        Domain = "torg/key/1"        // that a key is added to an owner's, by the key itself
)

// maxTag bounds a domain and a chain id in a message, in bytes.
const maxTag = 64

// Message returns the bytes that are signed: the domain and the chain id, each after
// its length in 32 bits, and then the canonical body as it is. A signature is over
// their SHA-256, so a file with these bytes is what openssl verifies.
func Message(domain Domain, chainID string, body []byte) []byte {
	var w canon.Writer
	w.String(string(domain))
	w.String(chainID)
	w.Fixed(body)
	return w.Bytes()
}

// ParseMessage takes a message apart. The body is part of msg's memory. It refuses,
// as torg.ErrMalformed, what Message does not make of a domain and a chain id of 1 to
// 64 bytes each.
func ParseMessage(msg []byte) (domain Domain, chainID string, body []byte, err error) {
	r := canon.NewReader(msg)
	domain, chainID = Domain(r.String(maxTag)), r.String(maxTag)
	if domain == "" || chainID == "" {
		r.Failf("a message without domain or chain id")
	}
	if err := r.Err(); err != nil {
		return "", "", nil, fmt.Errorf("signed message: %w", err)
	}
	return domain, chainID, msg[len(msg)-r.Len():], nil
}

// OpenMessage returns the body of a message made for this domain and chain, and
// refuses any other as torg.ErrMalformed.
func OpenMessage(msg []byte, domain Domain, chainID string) ([]byte, error) {
	d, c, body, err := ParseMessage(msg)
	if err != nil {
		return nil, err
	}
	if d != domain || c != chainID {
		return nil, fmt.Errorf("signed message for %q on chain %q, not %q on %q: %w", d, c, domain, chainID, torg.ErrMalformed)
	}
	return body, nil
}
