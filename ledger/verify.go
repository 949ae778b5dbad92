package ledger

// Verifying returns what verifies a transaction's orders' and statements' signatures
// on all processors, so that they are remembered when Check and Apply come to them. It
// decides nothing and may run when the view is gone; nil: there is nothing to verify.
func (v View) Verifying(tx []byte) func() {
	if v.s.Unsigned {
		return nil
	}
	t, err := Decode(tx)
	if err != nil {
		return nil
	}
	checks := v.s.signatures(nil, t.Body)
	if len(checks) == 0 {
		return nil
	}
	return func() { v.s.verifier.VerifyAll(checks) }
}
