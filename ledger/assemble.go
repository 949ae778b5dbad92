package ledger

import (
	"fmt"

	"torg"
	"torg/canon"
)

// Assemble makes a transaction of a body and a signature over its TxMessage that was
// made elsewhere; none where the kind needs none. Whether it is good is for the ledger
// to say. It refuses, as torg.ErrTooLarge, what no ledger would read.
func Assemble(b Body, signature []byte) ([]byte, error) {
	if err := fits(b); err != nil {
		return nil, err
	}
	if len(signature) > maxSignature {
		return nil, fmt.Errorf("signature of %d bytes, more than %d: %w", len(signature), maxSignature, torg.ErrTooLarge)
	}
	var w canon.Writer
	w.U8(txV1)
	w.U8(uint8(b.kind()))
	w.Blob(signature)
	b.append(&w)
	if len(w.Bytes()) > MaxTxBytes {
		return nil, fmt.Errorf("transaction of %d bytes, more than %d: %w", len(w.Bytes()), MaxTxBytes, torg.ErrTooLarge)
	}
	return w.Bytes(), nil
}
