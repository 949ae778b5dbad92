package ledger_test

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"torg"
	"torg/ledger"
	"torg/sign"
)

// signedTxs is a good transaction of each kind that somebody signs, one after the
// other good in the session for slot 0 of signedBench.
func signedTxs(b *bench) map[string][]byte {
	newcomer := admit("newcomer", 0, "")[0].(ledger.Admit)
	newcomer.OwnerKey = b.ownerKey("newcomer")
	mandate := b.grant("school")
	txs := map[string][]byte{}
	for _, body := range []ledger.Body{
		newcomer, ledger.Deposit{Participant: "school", Amount: 1, Reference: "another"}, mandate,
		ledger.Revoke{Participant: "foundry", Site: "foundry", AgentKey: b.grant("foundry").Mandate.AgentKey},
		b.orders(b.order(0, 1, "factory", torg.Buy, kWh, "5")),
		ledger.Bands{Slot: b.slot(0), Bands: []ledger.Band{{Site: "factory", High: kWh}}},
	} {
		txs[reflect.TypeOf(body).Name()] = b.encode(body)
	}
	return txs
}

// signAs signs as a site's agent can.
func (b *bench) signAs(site torg.SiteID, msg []byte) []byte {
	b.t.Helper()
	agent, err := b.keys.Agent(site)
	if err != nil {
		b.t.Fatal(err)
	}
	signature, err := sign.Sign(agent, msg)
	if err != nil {
		b.t.Fatal(err)
	}
	return signature
}

// refusedAll applies a block of transactions without committing it, and fails where
// one of them is accepted or leaves a word but that of an order refused.
func (b *bench) refusedAll(what string, txs [][]byte) {
	b.t.Helper()
	r := b.l.Apply(ledger.Block{Height: b.height + 1, Time: b.at(0, 0.2), Txs: txs})
	for key, value := range b.l.Changes() {
		if !ledger.IsHead(key) {
			b.t.Errorf("%s: changes %q to %q", what, key, value)
		}
	}
	b.l.Discard()
	for i, code := range r.Codes {
		if code == "" {
			b.t.Errorf("%s: number %d is accepted", what, i)
		}
	}
	for _, tx := range txs {
		if b.l.Check(tx) == nil {
			b.t.Errorf("%s: checked and found good", what)
			b.l.ForgetChecks()
		}
	}
}

// No byte of a signed transaction can be another one, be missing or be there twice,
// whatever it says: forged, re-encoded and truncated ones do nothing.
func TestAttackByForgedBytes(t *testing.T) {
	b := signedBench(t, pool())
	for name, tx := range signedTxs(b) {
		step := 1
		if testing.Short() {
			step = 7
		}
		var forged [][]byte
		for i := 0; i < len(tx); i += step {
			flipped := bytes.Clone(tx)
			flipped[i] ^= 1 << (i % 8)
			forged = append(forged, flipped, slices.Insert(bytes.Clone(tx), i, tx[i]), slices.Delete(bytes.Clone(tx), i, i+1))
		}
		forged = append(forged, append(bytes.Clone(tx), 0))
		b.refusedAll(name+" changed", forged)
		if code := b.raw(b.at(0, 0.2), tx).Codes[0]; code != "" {
			t.Errorf("%s as it was signed: %s", name, code)
		}
	}
}

// Nobody signs the envelope of orders, ticks and statements, so nothing may stand in
// it: each other signature would be another transaction with the same orders.
func TestAttackByAnotherEnvelope(t *testing.T) {
	b := signedBench(t, pool())
	stranger, err := b.keys.Owner("school")
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []ledger.Body{
		b.orders(b.order(0, 1, "factory", torg.Buy, kWh, "5")), ledger.Tick{Slot: b.slot(0)}, ledger.Statements{Slot: b.slot(0)},
	} {
		tx, err := ledger.Encode(chainID, body, stranger)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ledger.Decode(tx); torg.RefusalOf(err) != torg.ErrMalformed {
			t.Errorf("%T with a signature: %v", body, err)
		}
		b.refusedAll(fmt.Sprintf("%T in another envelope", body), [][]byte{tx})
	}
}

// One tick makes a block, so one is enough until there is one: ticks are the only
// transactions that anybody can make without end.
func TestAttackByTicks(t *testing.T) {
	b := signedBench(t, pool())
	tick := func(n uint32) error { return b.l.Check(b.encode(ledger.Tick{Slot: b.slot(0), Attempt: n})) }
	if err := tick(1); err != nil {
		t.Fatal(err)
	}
	for n := uint32(2); n < 50; n++ {
		if err := tick(n); torg.RefusalOf(err) != torg.ErrDuplicate {
			t.Fatalf("tick %d: %v", n, err)
		}
	}
	b.block(b.at(0, 0.2))
	if err := tick(50); err != nil {
		t.Errorf("after a block: %v", err)
	}
}

// What was taken once is never taken again: in the same block, in the next one, in
// the next session, after a restart, by whoever sends it.
func TestAttackByReplay(t *testing.T) {
	b := signedBench(t, pool())
	txs := signedTxs(b)
	delete(txs, "Revoke") // it would make the foundry's order void; TestRevokedKeyStaysDead
	first := b.orders(b.order(0, 1, "foundry", torg.Sell, kWh, "5"))
	txs["Orders of another"] = b.encode(first)
	for name, tx := range txs {
		if codes := b.raw(b.at(0, 0.2), tx, tx).Codes; codes[0] != "" || codes[1] == "" {
			t.Errorf("%s twice in a block: %q", name, codes)
		}
	}
	again := func(when string) {
		for name, tx := range txs {
			b.refusedAll(name+" again "+when, [][]byte{tx, tx})
		}
	}
	again("in the next block")
	b.l = ledger.New(b.kv)
	if err := b.l.Load(); err != nil {
		t.Fatal(err)
	}
	again("after a restart")
	b.block(b.at(0, 0.5))
	b.block(b.at(0, 0.75))
	b.block(b.at(1, 0.1))
	for name, tx := range txs {
		r := b.l.Apply(ledger.Block{Height: b.height + 1, Time: b.at(1, 0.2), Txs: [][]byte{tx}})
		b.l.Discard()
		if r.Codes[0] == "" {
			t.Errorf("%s again in the next session: accepted", name)
		}
	}
	// The same order under the next session's name is not what was signed.
	moved := first
	moved.Slot++
	moved.Orders = slices.Clone(first.Orders)
	moved.Orders[0].Order.Slot++
	moved.Orders[0].Order.ID = b.order(1, 1, "foundry", torg.Sell, kWh, "5").ID
	if got := b.try(b.at(1, 0.2), moved)[0]; got != torg.ErrBadSignature {
		t.Errorf("an order moved to the next session: %q", got)
	}
	double := ledger.Orders{Slot: b.slot(1), Discovery: 1, Orders: b.orders(b.order(1, 1, "factory", torg.Buy, kWh, "5")).Orders}
	double.Orders = append(double.Orders, double.Orders[0])
	n := len(b.events)
	b.try(b.at(1, 0.2), double)
	if list := only(b.events[n:], taken); len(list) != 2 || list[0].Refused != "" || list[1].Refused != torg.ErrDuplicate {
		t.Errorf("an order twice in a transaction: %+v", list)
	}
}

// The order of transactions in a block changes nothing about what clears, and an
// older order never takes a newer one's place.
func TestAttackByReordering(t *testing.T) {
	keys := pool()
	outcome := func(order []int) *ledger.Cleared {
		b := signedBench(t, keys)
		b.block(b.at(0, 0.1), b.grant("school"))
		revised := b.order(0, 1, "factory", torg.Buy, 3*kWh, "6")
		revised.Sequence = 2
		bodies := []ledger.Body{
			b.orders(b.order(0, 1, "foundry", torg.Sell, 7*kWh, "3")), b.orders(b.order(0, 1, "factory", torg.Buy, 9*kWh, "7")),
			b.orders(revised), b.orders(b.order(0, 1, "school", torg.Buy, 5*kWh, "4")),
		}
		var txs [][]byte
		for _, i := range order {
			txs = append(txs, b.encode(bodies[i]))
		}
		b.raw(b.at(0, 0.2), txs...)
		b.block(b.at(0, 0.5))
		return only(b.events, cleared)[0]
	}
	want := outcome([]int{0, 1, 2, 3})
	if len(want.Contracts) == 0 {
		t.Fatal("nothing was cleared")
	}
	for _, order := range [][]int{{3, 2, 1, 0}, {2, 1, 0, 3}, {2, 3, 1, 0}, {1, 0, 3, 2}} {
		if got := outcome(order); !reflect.DeepEqual(got, want) {
			t.Errorf("in the order %v there is cleared\n%+v, want\n%+v", order, got, want)
		}
	}
}

// What was signed for another chain is worth nothing on this one, whoever owns it.
func TestAttackFromAnotherChain(t *testing.T) {
	b := signedBench(t, pool())
	signed := func(msg []byte) []byte { return b.signAs("factory", msg) }
	o := b.order(0, 1, "factory", torg.Buy, kWh, "5")
	body := ledger.Orders{Slot: o.Slot, Discovery: 1, Orders: []ledger.SignedOrder{{Order: o, Signature: signed(ledger.OrderMessage("another", o))}}}
	if got := b.try(b.at(0, 0.1), body)[0]; got != torg.ErrBadSignature {
		t.Errorf("an order: %q", got)
	}
	mandate := b.grant("school")
	tx, err := ledger.Encode("another", mandate, b.signer(mandate))
	if err != nil {
		t.Fatal(err)
	}
	if got := b.raw(b.at(0, 0.1), tx).Codes[0]; got != torg.ErrBadSignature {
		t.Errorf("a mandate: %q", got)
	}
	b.trade(0)
	b.block(b.at(0, 0.75))
	root, ok := b.l.View().StatementRoot("factory", b.slot(0))
	if !ok {
		t.Fatal("no root")
	}
	statement := ledger.SignedStatement{Site: "factory", Root: root, Signature: signed(ledger.StatementMessage("another", b.slot(0), "factory", root))}
	if got := b.try(b.at(0, 0.8), ledger.Statements{Slot: b.slot(0), Statements: []ledger.SignedStatement{statement}})[0]; got != torg.ErrBadSignature {
		t.Errorf("a statement: %q", got)
	}
}

// A gate closes by the block's time: an order in the first block at the gate is late,
// the nanosecond before it is not, whatever its sender's clock says.
func TestAttackByLateOrders(t *testing.T) {
	for _, c := range []struct {
		before time.Duration
		want   torg.Refusal
	}{{time.Nanosecond, ""}, {0, torg.ErrGateClosed}, {-time.Nanosecond, torg.ErrGateClosed}, {-15 * time.Minute, torg.ErrGateClosed}} {
		b := signedBench(t, pool())
		gate := b.g.Calendar.GateClosure(b.slot(0), 1)
		if got := b.try(gate.Add(-c.before), b.orders(b.order(0, 1, "factory", torg.Buy, kWh, "5")))[0]; got != c.want {
			t.Errorf("an order %s before the gate: %q, want %q", c.before, got, c.want)
		}
	}
}
