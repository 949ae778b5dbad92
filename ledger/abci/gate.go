package abci

import (
	"fmt"

	"torg"
	"torg/ledger"
)

// late refuses orders whose gate has passed by this validator's clock. A block is
// dated by the votes for the block before it, so on a chain that rests it may come
// long after its date, and what is sent after the gate would slip in under it. It is
// asked of what comes to wait, never of a block: there the votes alone decide, on
// all validators alike.
func (a *app) late(tx []byte) error {
	if a.now == nil {
		return nil
	}
	t, err := ledger.Decode(tx)
	if err != nil {
		return err
	}
	b, ok := t.Body.(ledger.Orders)
	if !ok || b.Discovery != 1 && b.Discovery != 2 {
		return nil
	}
	gate := a.ledger.View().Genesis().Calendar.GateClosure(b.Slot, b.Discovery)
	if now := a.now(); !now.Before(gate) {
		return fmt.Errorf("orders for slot %d came %s after their gate: %w", b.Slot, now.Sub(gate), torg.ErrGateClosed)
	}
	return nil
}
