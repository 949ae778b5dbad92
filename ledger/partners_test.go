package ledger_test

import (
	"testing"

	"torg"
	"torg/ledger"
)

// partnered is a mandate of foundry that lets it meet factory only.
func (b *bench) partnered(partners ...torg.ParticipantID) ledger.Grant {
	g := b.grant("foundry")
	g.Mandate.Limits.Partners = partners
	return g
}

// A mandate's partners bind: an order must name some of them and nobody else, and its
// contracts inside are with them. The owner widens it by signing another.
func TestPartners(t *testing.T) {
	b := newBench(t, genesis())
	for _, name := range []string{"foundry", "factory", "school"} {
		b.block(b.at(0, 0), admit(name, 10_000, "base")...)
	}
	b.block(b.at(0, 0), b.partnered("factory", "chp"))
	sell := func(only ...torg.ParticipantID) torg.Order {
		o := b.order(0, 1, "foundry", torg.Sell, 40*kWh, "3")
		o.Only = only
		return o
	}
	for what, only := range map[string][]torg.ParticipantID{"anybody": nil, "another": {"school"}, "one too many": {"factory", "school"}} {
		if c := b.try(b.at(0, 0.1), b.orders(sell(only...)))[0]; c != torg.ErrMandatePartners {
			t.Errorf("an order that may meet %s: %q", what, c)
		}
	}
	b.block(b.at(0, 0.1), b.orders(sell("factory")), b.orders(b.order(0, 1, "school", torg.Buy, 40*kWh, "7.1")))
	b.block(b.at(0, 0.1), b.orders(b.order(0, 1, "factory", torg.Buy, 10*kWh, "7.2")))
	e := only(b.block(b.at(0, 0.5)), cleared)
	if len(e) != 1 || len(e[0].Contracts) == 0 {
		t.Fatalf("cleared %+v", e)
	}
	for _, c := range e[0].Contracts {
		if c.Seller == "foundry" && c.Buyer != "factory" && c.Buyer != "supplier" {
			t.Errorf("foundry sells to %s", c.Buyer)
		}
	}
	b.reloaded()
	b.block(b.at(1, 0.1), b.partnered("factory", "chp", "school"))
	o := b.order(1, 1, "foundry", torg.Sell, 40*kWh, "3")
	o.Only = []torg.ParticipantID{"school"}
	b.block(b.at(1, 0.2), b.orders(o))
	b.block(b.at(1, 0.3), b.grant("foundry"))
	o.Only, o.Sequence = nil, 2
	b.block(b.at(1, 0.3), b.orders(o))
}

// A mandate that somebody widened after its owner signed it is worth nothing.
func TestWidenedMandate(t *testing.T) {
	b := signedBench(t, pool())
	at := b.at(0, 0.01)
	g := b.partnered("factory")
	owner, err := b.keys.Owner("foundry")
	if err != nil {
		t.Fatal(err)
	}
	tx, err := ledger.Encode(chainID, g, owner)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := ledger.Decode(tx)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for i := range tx {
		changed := append([]byte{}, tx...)
		changed[i] ^= 1
		if c := b.code(at, changed); c == "" {
			m, _ := b.l.View().Mandate("foundry")
			t.Fatalf("byte %d of %d changed, and %+v holds", i, len(tx), m)
		}
		refused++
	}
	wide := g
	wide.Mandate.Limits.Partners = nil
	if c := b.code(at, reuse(t, wide, signed.Signature)); c != torg.ErrBadSignature {
		t.Errorf("a mandate without its partners: %q", c)
	}
	if c := b.code(at, tx); c != "" || refused != len(tx) {
		t.Errorf("as it was signed: %q", c)
	}
}

// reuse puts a signature under another body.
func reuse(t *testing.T, body ledger.Body, signature []byte) []byte {
	t.Helper()
	tx, err := ledger.Assemble(body, signature)
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

// Partners that no mandate may have are refused.
func TestBadPartners(t *testing.T) {
	b := newBench(t, genesis())
	b.block(b.at(0, 0), admit("foundry", 1, "")...)
	many := make([]torg.ParticipantID, torg.MaxPartners+1)
	for i := range many {
		many[i] = torg.ParticipantID(rune('a' + i))
	}
	for what, c := range map[string]struct {
		partners []torg.ParticipantID
		want     torg.Refusal
	}{
		"twice": {[]torg.ParticipantID{"a", "a"}, torg.ErrMalformed},
		"no id": {[]torg.ParticipantID{"@bank"}, torg.ErrMalformed},
		"many":  {many, torg.ErrMalformed}, // the form has no room for them
	} {
		if got := b.try(b.at(0, 0.1), b.partnered(c.partners...))[0]; got != c.want {
			t.Errorf("%s: %q", what, got)
		}
	}
}

// A genesis whose approver has nothing to approve, or is the operator, is refused.
func TestBadApprover(t *testing.T) {
	b := signedBench(t, pool())
	for what, change := range map[string]func(*ledger.Genesis){
		"no caps":           func(g *ledger.Genesis) { g.Approver = b.ownerKey("foundry") },
		"no withdrawal cap": func(g *ledger.Genesis) { g.Approver, g.DepositCap = b.ownerKey("foundry"), 1 },
		"the operator":      func(g *ledger.Genesis) { g.Approver, g.DepositCap, g.WithdrawalCap = g.Operator, 1, 1 },
		"no key":            func(g *ledger.Genesis) { g.Approver, g.DepositCap, g.WithdrawalCap = []byte{1}, 1, 1 },
		"deposit cap":       func(g *ledger.Genesis) { g.DepositCap = -1 },
		"withdrawal cap":    func(g *ledger.Genesis) { g.WithdrawalCap = -1 },
	} {
		g := b.g
		change(&g)
		if g.Valid() == nil {
			t.Errorf("%s: the genesis is valid", what)
		}
	}
	g := b.g
	g.Approver, g.DepositCap, g.WithdrawalCap = b.ownerKey("foundry"), 1, 1
	if err := g.Valid(); err != nil {
		t.Error(err)
	}
}
