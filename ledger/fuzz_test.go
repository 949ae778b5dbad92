package ledger_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"torg"
	"torg/ledger"
)

// Whatever stands in a record of the state, the ledger refuses it or goes on with it;
// it stops by its own word only where the books do not balance.
func FuzzState(f *testing.F) {
	b := newBench(f, genesis())
	b.block(b.at(0, 0), all(admit("foundry", 1000, "base"), admit("factory", 1000, ""), admit("school", 1000, "night"))...)
	b.trade(0)
	b.block(b.at(0, 0.75))
	b.block(b.at(2, 0), b.readings(0, "foundry", -50*kWh))
	b.block(b.at(2, 0.1), b.orders(b.order(2, 1, "factory", torg.Buy, kWh, "5")), ledger.Bands{Slot: b.slot(2), Bands: []ledger.Band{{Site: "school", High: 1}}})
	b.kv.Ascend(nil, func(key, value []byte) bool {
		f.Add(key, value)
		return true
	})
	f.Add([]byte("B"), []byte{0, 0, 0, 0}) // the key of no slot
	f.Add([]byte{0}, []byte("0"))          // under the prefix of a table that has no records
	f.Fuzz(func(t *testing.T, key, value []byte) {
		kv := b.kv.Clone()
		kv.Set(key, value)
		defer func() {
			if p := recover(); p != nil && !unbalanced(fmt.Sprint(p)) {
				panic(p)
			}
		}()
		if height, ok := ledger.HeadHeight(value); ok {
			if _, err := ledger.ParseLog(value); err != nil {
				t.Fatalf("a head of block %d without a log: %v", height, err)
			}
		}
		if owners, err := ledger.ParseOwners(value); err == nil && len(slices.Concat(owners...)) > len(value) {
			t.Fatalf("%d keys of more bytes than their record's %d", len(owners), len(value))
		}
		l := ledger.New(kv)
		if err := l.Load(); err != nil {
			return
		}
		if v := l.View(); v.Height() != b.height && !ledger.IsHead(key) {
			t.Fatalf("height %d after record %q, which is not the head", v.Height(), key)
		}
	})
}

// unbalanced says whether a panic stops a ledger whose books do not balance.
func unbalanced(p string) bool {
	return strings.HasPrefix(p, "ledger: all accounts sum to") ||
		strings.HasPrefix(p, "ledger: ") && strings.Contains(p, "its contracts and orders say")
}
