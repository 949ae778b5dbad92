package ledger_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"torg"
	"torg/ledger"
)

// What is kept of a block's events has no signature that the block's transactions have,
// and gives them all back.
func TestEventTextLeavesSignaturesInTransactions(t *testing.T) {
	order := func(id torg.OrderID, sequence uint32) torg.Order {
		return torg.Order{ID: id, Participant: "p", Site: "s", Zone: "z", Slot: 5, Discovery: 1, Sequence: sequence, Side: torg.Buy, Energy: 7, Limit: 9}
	}
	first, second, other, mine, strange := bytes.Repeat([]byte{1}, 256), bytes.Repeat([]byte{2}, 256), bytes.Repeat([]byte{3}, 256), bytes.Repeat([]byte{4}, 256), bytes.Repeat([]byte{5}, 256)
	encode := func(b ledger.Body) []byte {
		tx, err := ledger.Encode("chain", b, nil)
		if err != nil {
			t.Fatal(err)
		}
		return tx
	}
	txs := [][]byte{
		encode(ledger.Orders{Slot: 5, Discovery: 1, Orders: []ledger.SignedOrder{{Order: order("a", 1), Signature: first}, {Order: order("a", 2), Signature: second}}}),
		{0xff}, // what is no transaction takes part in nothing
		encode(ledger.Orders{Slot: 5, Discovery: 1, Orders: []ledger.SignedOrder{{Order: order("a", 1), Signature: other}}}),
		encode(ledger.Statements{Slot: 4, Statements: []ledger.SignedStatement{{Site: "s", Signature: mine}}}),
	}
	taken := func(o torg.Order, signature []byte) ledger.Event {
		return ledger.Event{Order: &ledger.OrderTaken{Order: o, Signature: signature}}
	}
	events := []ledger.Event{
		taken(order("a", 1), first), taken(order("a", 2), second),
		taken(order("a", 1), other),   // under another signature than the first of its name
		taken(order("b", 1), strange), // in no transaction
		{Statement: &ledger.StatementTaken{Slot: 4, Site: "s", Signature: mine}},
		{Missed: &ledger.Missed{Slot: 3, Discovery: 2}},
	}
	before, err := json.Marshal(events)
	if err != nil {
		t.Fatal(err)
	}
	text, err := ledger.EventText(events, txs)
	if err != nil {
		t.Fatal(err)
	}
	if after, _ := json.Marshal(events); !bytes.Equal(before, after) {
		t.Error("the events were changed")
	}
	if n := bytes.Count(text, []byte(`"Signature"`)); n != 2 {
		t.Errorf("%d signatures are kept, want the two that reading would not find: %s", n, text)
	}
	for what, text := range map[string][]byte{"bare": text, "with all signatures": before} {
		got, err := ledger.ReadEventText(text, txs)
		if err != nil || !reflect.DeepEqual(got, events) {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
	if got, err := ledger.ReadEventText(nil, txs); got != nil || err != nil {
		t.Errorf("no text: %v, %v", got, err)
	}
	if _, err := ledger.ReadEventText([]byte("{"), nil); err == nil {
		t.Error("half a text was read")
	}
}
