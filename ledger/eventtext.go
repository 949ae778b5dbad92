package ledger

import (
	"bytes"
	"encoding/json"

	"torg"
)

// EventText returns what a block did as JSON, to be kept beside the block: nil for no
// events. The signatures under orders and statements, which are most of such a block,
// are in its transactions and are left out.
func EventText(events []Event, txs [][]byte) ([]byte, error) {
	if len(events) == 0 {
		return nil, nil
	}
	return json.Marshal(bare(events, txs))
}

// ReadEventText is the inverse of EventText. It also reads texts with all signatures in
// them, as earlier builds wrote them.
func ReadEventText(text []byte, txs [][]byte) ([]Event, error) {
	if len(text) == 0 {
		return nil, nil
	}
	var events []Event
	if err := json.Unmarshal(text, &events); err != nil {
		return nil, err
	}
	var in signatures
	for _, e := range events {
		if signature := e.signature(); signature != nil && len(*signature) == 0 {
			*signature = in.of(e, txs)
		}
	}
	return events, nil
}

// bare returns events without the signatures that reading finds in the transactions.
func bare(events []Event, txs [][]byte) []Event {
	out := make([]Event, len(events))
	var in signatures
	for i, e := range events {
		if signature := e.signature(); signature != nil && len(*signature) > 0 && bytes.Equal(*signature, in.of(e, txs)) {
			if e.Order != nil {
				o := *e.Order
				e.Order = &o
			} else {
				s := *e.Statement
				e.Statement = &s
			}
			*e.signature() = nil
		}
		out[i] = e
	}
	return out
}

// signature is where an order's or a statement's signature is; nil for other events.
func (e Event) signature() *[]byte {
	switch {
	case e.Order != nil:
		return &e.Order.Signature
	case e.Statement != nil:
		return &e.Statement.Signature
	}
	return nil
}

// signatures are those in a block's transactions, the first under each order and each
// statement. They are read when one is asked for.
type signatures struct {
	read       bool
	orders     map[numbered][]byte
	statements map[torg.SiteID][]byte
}

// numbered is what tells the orders in a block apart: a later one takes the place of an
// earlier one by its sequence.
type numbered struct {
	id       torg.OrderID
	sequence uint32
}

func (in *signatures) of(e Event, txs [][]byte) []byte {
	if !in.read {
		in.read, in.orders, in.statements = true, map[numbered][]byte{}, map[torg.SiteID][]byte{}
		for _, raw := range txs {
			in.add(raw)
		}
	}
	if e.Order != nil {
		return in.orders[numbered{e.Order.Order.ID, e.Order.Order.Sequence}]
	}
	return in.statements[e.Statement.Site]
}

func (in *signatures) add(raw []byte) {
	t, err := Decode(raw)
	if err != nil {
		return
	}
	switch b := t.Body.(type) {
	case Orders:
		for _, o := range b.Orders {
			if at := (numbered{o.Order.ID, o.Order.Sequence}); in.orders[at] == nil {
				in.orders[at] = o.Signature
			}
		}
	case Statements:
		for _, s := range b.Statements {
			if in.statements[s.Site] == nil {
				in.statements[s.Site] = s.Signature
			}
		}
	}
}
