package ledger_test

import (
	"fmt"
	"testing"

	"torg"
	"torg/ledger"
)

// works is a chain with a participant of three sites and 100 rubles, and a seller.
func works(t *testing.T) *bench {
	b := newBench(t, genesis())
	a := admit("works", 100, "")
	first := a[0].(ledger.Admit)
	for _, id := range []torg.SiteID{"works-2", "works-3"} {
		site := first.Sites[0]
		site.ID = id
		first.Sites = append(first.Sites, site)
	}
	b.block(b.at(0, 0), append(admit("seller", 10_000, ""), first, a[1])...)
	return b
}

// worksOrder buys for one of the works' sites.
func (b *bench) worksOrder(discovery int, site string, e torg.Energy, limit string) torg.Order {
	o := b.order(0, discovery, site, torg.Buy, e, limit)
	o.Participant = "works"
	return o
}

// A balance is spent once: orders of several sites of one participant in one block
// reserve one after the other, and the last is cut to what is left, or refused.
func TestAttackByDoubleSpending(t *testing.T) {
	b := works(t)
	events := b.block(b.at(0, 0.1),
		b.orders(b.worksOrder(1, "works", 12*kWh, "5")), b.orders(b.worksOrder(1, "works-2", 12*kWh, "5")))
	if list := only(events, taken); len(list) != 2 || list[0].Cut != 0 || list[1].Cut != 4*kWh {
		t.Errorf("two orders of 60 rubles on 100: %+v", list)
	}
	if got := b.try(b.at(0, 0.1), b.orders(b.worksOrder(1, "works-3", kWh, "5")))[0]; got != torg.ErrFunds {
		t.Errorf("a third one: %q", got)
	}
	b.balance("works", "0", "100", "0")
	b.block(b.at(0, 0.2), b.orders(b.order(0, 1, "seller", torg.Sell, 20*kWh, "5")))
	b.block(b.at(0, 0.5))
	b.balance("works", "0", "0", "100")
}

// What one discovery put into escrow is not there for the next, in the very block
// that clears the first.
func TestAttackByDoubleSpendingInTwoDiscoveries(t *testing.T) {
	b := works(t)
	b.block(b.at(0, 0.1), b.orders(b.worksOrder(1, "works", 12*kWh, "5")), b.orders(b.order(0, 1, "seller", torg.Sell, 12*kWh, "5")),
		b.orders(b.worksOrder(1, "works-2", 50*kWh, "0.5")))
	b.balance("works", "15", "85", "0")
	events := b.block(b.at(0, 0.5), b.orders(b.worksOrder(2, "works-2", 50*kWh, "8")))
	b.balance("works", "0", "40", "60")
	list := only(events, taken)
	if len(list) != 1 || list[0].Cut != 45*kWh { // 40 are left of 100, at 8
		t.Fatalf("the revision: %+v", list)
	}
	b.block(b.at(0, 0.75))
	b.balance("works", "4", "0", "96") // 5 kWh from the supplier at 7.20
}

// An order that is replaced in one block gives back what it reserved once, not twice.
func TestAttackByReplacing(t *testing.T) {
	b := works(t)
	var bodies []ledger.Body
	for n := range 20 {
		o := b.worksOrder(1, "works", torg.Energy(1+n%3)*kWh, "5")
		o.Sequence = uint32(n + 1)
		bodies = append(bodies, b.orders(o))
	}
	b.block(b.at(0, 0.1), bodies...)
	b.balance("works", "90", "10", "0")
}

// Money comes in with the operator's word and each reference once, whatever else the
// transaction says.
func TestAttackByDeposits(t *testing.T) {
	b := signedBench(t, pool())
	owner, err := b.keys.Owner("school")
	if err != nil {
		t.Fatal(err)
	}
	forged, err := ledger.Encode(chainID, ledger.Deposit{Participant: "school", Amount: 1_000_000_00, Reference: "mine"}, owner)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.raw(b.at(0, 0.1), forged).Codes[0]; got != torg.ErrNotOperator {
		t.Errorf("signed by who gets it: %q", got)
	}
	deposit := ledger.Deposit{Participant: "school", Amount: 5_00, Reference: "order 17"}
	other := deposit
	other.Amount = 6_00
	another := deposit
	another.Participant = "factory"
	if got := b.try(b.at(0, 0.1), deposit, deposit, other, another); got[0] != "" || fmt.Sprint(got[1:]) != "[duplicate duplicate duplicate]" {
		t.Errorf("one reference again and again: %q", got)
	}
	b.balance("school", "1005", "0", "0")
	b.balance("factory", "1000", "0", "0")
}

// A party that signs no statement stops nobody: its contracts are delivered, paid and
// settled as they are, and what it owes stays owed.
func TestAttackByRefusedStatement(t *testing.T) {
	settle := func(differing bool) *bench {
		b := signedBench(t, pool())
		b.trade(0)
		b.block(b.at(0, 0.75))
		if differing {
			b.stateAs(0, "factory", [32]byte{1})
		}
		b.block(b.at(2, 0), b.readings(0, "foundry", -50*kWh, "factory", 50*kWh, "school", 0*kWh))
		b.block(b.at(3, 0), b.readings(1, "foundry", 0*kWh, "factory", 0*kWh, "school", 0*kWh))
		return b
	}
	for name, b := range map[string]*bench{"nobody signs": settle(false), "a differing statement": settle(true)} {
		b.balance("factory", "745", "0", "0") // 50 kWh at 5.10
		b.balance("foundry", "1255", "0", "0")
		if got := len(only(b.events, settledOf)); got != 1 {
			t.Errorf("%s: %d intervals are settled", name, got)
		}
		disputes := 0
		for _, e := range b.events {
			if e.Statement != nil && e.Statement.Differs {
				disputes++
			}
		}
		if want := map[string]int{"a differing statement": 1}[name]; disputes != want {
			t.Errorf("%s: %d disputes, want %d", name, disputes, want)
		}
	}
}

// stateAs sends a site's statement with any root, as its agent can sign it.
func (b *bench) stateAs(n int, site torg.SiteID, root [32]byte) {
	b.t.Helper()
	b.block(b.at(n, 0.8), ledger.Statements{Slot: b.slot(n), Statements: []ledger.SignedStatement{
		{Site: site, Root: root, Signature: b.signAs(site, ledger.StatementMessage(chainID, b.slot(n), site, root))},
	}})
}
