package exchange_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"torg"
	"torg/decide"
	"torg/ledger"
	"torg/record"
	"torg/scenario"
)

// relay is what stands between the exchange and the ledger, and may do with its
// transactions what it likes.
type relay struct {
	ledger.Chain
	t      *testing.T
	orders func([]ledger.SignedOrder) []ledger.SignedOrder
	states func([]ledger.SignedStatement) []ledger.SignedStatement
}

func (r *relay) Submit(ctx context.Context, tx []byte) error {
	decoded, err := ledger.Decode(tx)
	if err != nil {
		r.t.Fatal(err)
	}
	var changed ledger.Body
	switch b := decoded.Body.(type) {
	case ledger.Orders:
		if r.orders == nil {
			return r.Chain.Submit(ctx, tx)
		}
		b.Orders = r.orders(b.Orders)
		changed = b
	case ledger.Statements:
		if r.states == nil {
			return r.Chain.Submit(ctx, tx)
		}
		b.Statements = r.states(b.Statements)
		changed = b
	default:
		return r.Chain.Submit(ctx, tx)
	}
	if tx, err = ledger.Encode("test", changed, nil); err != nil {
		r.t.Fatal(err)
	}
	return r.Chain.Submit(ctx, tx)
}

// A relay that loses one site's orders is found out in that very session: the site's
// agent objects, everybody reads it in the messages, and the others go on.
func TestAttackByLossyExchange(t *testing.T) {
	var victim torg.SiteID
	r := &relay{t: t, orders: func(list []ledger.SignedOrder) []ledger.SignedOrder {
		if victim == "" {
			victim = list[0].Order.Site
		}
		return slices.DeleteFunc(list, func(o ledger.SignedOrder) bool { return o.Order.Site == victim })
	}}
	m := openRelayed(t, scenario.Demo(), decide.Local{}, 0, func(c ledger.Chain) ledger.Chain { r.Chain = c; return r })
	m.run(t, 1)
	objected := 0
	for _, said := range m.kept.messages {
		if said.Text == record.SaidObjected {
			objected++
			if said.From != string(victim) || !strings.Contains(said.Args["why"], "not in the session") {
				t.Errorf("objection %+v", said)
			}
		}
	}
	if objected != 1 {
		t.Errorf("%d objections, want that of %s", objected, victim)
	}
	for _, e := range m.events {
		if e.Statement != nil && e.Statement.Site == victim {
			t.Errorf("%s signed", victim)
		}
	}
	if n := count(m.events, func(e ledger.Event) bool { return e.Statement != nil && !e.Statement.Differs }); n < 5 {
		t.Errorf("%d others signed", n)
	}
}

// Statements that never arrive void nothing and hold up nobody: the next session
// trades, and what was contracted is delivered.
func TestAttackByLostStatements(t *testing.T) {
	r := &relay{t: t, states: func([]ledger.SignedStatement) []ledger.SignedStatement { return nil }}
	m := openRelayed(t, scenario.Demo(), decide.Local{}, 0, func(c ledger.Chain) ledger.Chain { r.Chain = c; return r })
	m.run(t, 4)
	if n := count(m.events, func(e ledger.Event) bool { return e.Statement != nil }); n != 0 {
		t.Errorf("%d statements came", n)
	}
	traded := count(m.events, func(e ledger.Event) bool { return e.Cleared != nil && len(e.Cleared.Contracts) > 0 })
	delivered := count(m.events, func(e ledger.Event) bool { return e.Delivered != nil })
	if traded < 4 || delivered != 2 {
		t.Errorf("%d discoveries of 4 sessions traded, %d of 2 slots are delivered", traded, delivered)
	}
}
