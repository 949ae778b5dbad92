package ledger_test

import (
	"testing"

	"torg"
	"torg/ledger"
)

// Whoever saw a signed order may wrap it in as many transactions as it likes: one of them
// waits for a block, until somebody signs another order. What waits is forgotten with the
// block, and an order that stands by then is no news either.
func TestAttackByWrappingAnOrderAgain(t *testing.T) {
	b := signedBench(t, pool())
	b.block(b.at(0, 0.1), b.grant("school"))
	seen := b.orders(b.order(0, 1, "factory", torg.Buy, 9*kWh, "7")).Orders[0]
	wrap := func(junk int, seed byte) []byte {
		list := []ledger.SignedOrder{seen}
		for n := range junk {
			strange := seen
			strange.Order.Sequence, strange.Signature = uint32(100+n), []byte{seed, byte(n)}
			list = append(list, strange)
		}
		return b.encode(ledger.Orders{Slot: seen.Order.Slot, Discovery: 1, Orders: list})
	}
	waits := 0
	for seed := range byte(50) {
		if b.l.Check(wrap(1, seed)) == nil {
			waits++
		}
	}
	if waits != 1 {
		t.Errorf("%d transactions with one order wait", waits)
	}
	other := b.order(0, 1, "foundry", torg.Sell, 7*kWh, "3")
	if err := b.l.Check(b.encode(b.orders(b.order(0, 1, "factory", torg.Buy, 9*kWh, "7"), other))); err != nil {
		t.Errorf("one new order beside one that waits: %v", err)
	}
	if err := b.l.Check(b.encode(b.orders(other))); torg.RefusalOf(err) != torg.ErrDuplicate {
		t.Errorf("an order that waits in another transaction: %v", err)
	}
	b.block(b.at(0, 0.2), ledger.Orders{Slot: seen.Order.Slot, Discovery: 1, Orders: []ledger.SignedOrder{seen}})
	if err := b.l.Check(wrap(1, 99)); torg.RefusalOf(err) != torg.ErrDuplicate {
		t.Errorf("an order that stands: %v", err)
	}
	if err := b.l.Check(b.encode(b.orders(other))); err != nil {
		t.Errorf("an order that no block took may come again: %v", err)
	}
	if err := b.l.Check(wrap(3, 1)); err == nil {
		t.Error("a transaction waits in which most orders are nobody's word")
	}
}
