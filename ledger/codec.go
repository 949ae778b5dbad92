package ledger

import (
	"crypto"
	"fmt"

	"torg"
	"torg/canon"
	"torg/sign"
)

// txV1 is the form of transactions; it is their first byte.
const txV1 = 1

// maxSignature bounds a signature in bytes: RSA-3072 makes 384.
const maxSignature = 512

// maxKey bounds a public key in bytes: PKIX DER of RSA-3072 has 422.
const maxKey = 1024

// Tx is a decoded transaction.
type Tx struct {
	Body      Body
	Signature []byte // of whoever has to sign this kind; empty where nobody has to
}

// Encode makes a transaction and has it signed by s: the operator for Admit,
// Deposit, Bands, Readings, Close, Pay, Return and Amend, one of the participant's
// owners for Grant, Revoke, Keys, Withdraw and Cancel, the approver for Approve, the
// site's owner or agent for Post, Unpost and Decline. With s nil it stays unsigned, as
// Orders, Tick, Statements and Conclude are on every chain
// and all transactions on an unsigned one. It refuses, as torg.ErrTooLarge, what no
// ledger would read.
func Encode(chainID string, b Body, s crypto.Signer) ([]byte, error) {
	if err := fits(b); err != nil {
		return nil, err
	}
	var sig []byte
	if s != nil {
		var err error
		if sig, err = sign.Sign(s, TxMessage(chainID, b)); err != nil {
			return nil, fmt.Errorf("transaction: %w", err)
		}
	}
	return Assemble(b, sig)
}

// Assemble makes a transaction of a body and a signature over its TxMessage that was
// made elsewhere; none where the kind needs none. Whether it is good is for the ledger
// to say. It refuses, as torg.ErrTooLarge, what no ledger would read.
func Assemble(b Body, sig []byte) ([]byte, error) {
	if err := fits(b); err != nil {
		return nil, err
	}
	if len(sig) > maxSignature {
		return nil, fmt.Errorf("signature of %d bytes, more than %d: %w", len(sig), maxSignature, torg.ErrTooLarge)
	}
	var w canon.Writer
	w.U8(txV1)
	w.U8(uint8(b.kind()))
	w.Blob(sig)
	b.append(&w)
	if len(w.Bytes()) > MaxTxBytes {
		return nil, fmt.Errorf("transaction of %d bytes, more than %d: %w", len(w.Bytes()), MaxTxBytes, torg.ErrTooLarge)
	}
	return w.Bytes(), nil
}

// BuiltOn says whether others that wait may be good because of a transaction: an
// admission, a deposit, a mandate or its end. It looks at the kind alone, of bytes that
// Decode has read before.
func BuiltOn(tx []byte) bool {
	if len(tx) < 2 || tx[0] != txV1 {
		return false
	}
	switch kind(tx[1]) {
	case kindAdmit, kindDeposit, kindGrant, kindRevoke:
		return true
	}
	return false
}

// fits refuses a body that has more of something than one transaction carries.
func fits(b Body) error {
	var n, most int
	var what string
	switch b := b.(type) {
	case Admit:
		n, most, what = len(b.Sites), MaxSites, "sites"
	case Deposit:
		n, most, what = len(b.Reference), MaxReference, "bytes of reference"
	case Orders:
		n, most, what = len(b.Orders), MaxOrders, "orders"
	case Bands:
		n, most, what = len(b.Bands), MaxReadings, "bands"
	case Statements:
		n, most, what = len(b.Statements), MaxOrders, "statements"
	case Readings:
		n, most, what = len(b.Readings), MaxReadings, "readings"
	default:
		n, most, what = ownSizes(b)
	}
	if n > most {
		return fmt.Errorf("transaction %T of %d %s, more than %d: %w", b, n, what, most, torg.ErrTooLarge)
	}
	return nil
}

// Decode reads a transaction and refuses, as torg.ErrMalformed or torg.ErrTooLarge,
// whatever Encode does not write: one transaction has one encoding but for its
// signature.
func Decode(tx []byte) (Tx, error) {
	if len(tx) > MaxTxBytes {
		return Tx{}, fmt.Errorf("transaction of %d bytes, more than %d: %w", len(tx), MaxTxBytes, torg.ErrTooLarge)
	}
	r := canon.NewReader(tx)
	if v := r.U8(); v != txV1 {
		r.Failf("transaction of version %d, not %d", v, txV1)
	}
	k := kind(r.U8())
	t := Tx{Signature: r.Blob(maxSignature)}
	if read := readers[k]; read != nil {
		t.Body = read(r)
	} else {
		r.Failf("unknown kind %d of transaction", k)
	}
	if nobodySigns(t.Body) && len(t.Signature) > 0 {
		r.Failf("a signature on a transaction that nobody signs")
	}
	if err := r.Done(); err != nil {
		return Tx{}, fmt.Errorf("transaction: %w", err)
	}
	return t, nil
}

// nobodySigns says whether a body's envelope has no signature: one that it may have or
// not would be a second encoding, and each of them would wait for a block of its own.
func nobodySigns(b Body) bool {
	switch b.(type) {
	case Orders, Tick, Statements, Conclude:
		return true
	}
	return false
}

// TxMessage returns the bytes that a transaction's signature is over. A grant's are
// the mandate itself, so that it proves the mandate wherever it is shown.
func TxMessage(chainID string, b Body) []byte {
	var w canon.Writer
	switch b := b.(type) {
	case Grant:
		return MandateMessage(chainID, b.Mandate)
	case Post:
		return OfferMessage(chainID, b.Offer)
	case Revoke:
		b.append(&w)
		return sign.Message(sign.DomainRevocation, chainID, w.Bytes())
	}
	w.U8(uint8(b.kind()))
	b.append(&w)
	return sign.Message(sign.DomainTx, chainID, w.Bytes())
}

// MandateMessage returns the bytes that an owner signs to grant a mandate.
func MandateMessage(chainID string, m torg.Mandate) []byte {
	return sign.Message(sign.DomainMandate, chainID, canon.Encode(canon.AppendMandate, m))
}

// OrderMessage returns the bytes that an agent signs to bind its site to an order.
func OrderMessage(chainID string, o torg.Order) []byte {
	return sign.Message(sign.DomainOrder, chainID, canon.Encode(canon.AppendOrder, o))
}

// StatementMessage returns the bytes that an agent signs for its site's contracts of
// a session: slot, site and the root of StatementRoot.
func StatementMessage(chainID string, slot torg.Slot, site torg.SiteID, root [32]byte) []byte {
	var w canon.Writer
	w.Slot(slot)
	w.String(string(site))
	w.Fixed(root[:])
	return sign.Message(sign.DomainStatement, chainID, w.Bytes())
}
