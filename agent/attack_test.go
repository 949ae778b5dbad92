package agent

import (
	"strings"
	"testing"

	"torg"
	"torg/ledger"
	"torg/sign"
)

// signed signs an order with its site's agent's key, as whoever has the key can.
func (m *ledgered) signed(o torg.Order) ledger.SignedOrder {
	m.Helper()
	key, err := m.keys.Agent(o.Site)
	m.must(err)
	signature, err := sign.Sign(key, ledger.OrderMessage(m.genesis.ChainID, o))
	m.must(err)
	return ledger.SignedOrder{Order: o, Signature: signature}
}

// relayed lets the agents decide and hands their orders to a relay; what it makes of
// them is all that the ledger gets.
func (m *ledgered) relayed(relay func([]ledger.SignedOrder) []ledger.SignedOrder) error {
	m.Helper()
	m.open(first)
	orders, _, err := m.host.Decide(m.Context(), first, 1, m.now)
	m.must(err)
	tx, err := ledger.Encode(m.genesis.ChainID, ledger.Orders{Slot: first, Discovery: 1, Orders: relay(orders)}, nil)
	m.must(err)
	refused := m.chain.Submit(m.Context(), tx)
	m.pass(cal.GateClosure(first, 1))
	m.pass(cal.GateClosure(first, 2))
	return refused
}

// Whatever a relay does with the foundry's order, the foundry objects and does not
// sign, and the other agent is not harmed; what the relay makes up never binds.
func TestAttackByRelay(t *testing.T) {
	for name, c := range map[string]struct {
		relay func(*ledgered, []ledger.SignedOrder) []ledger.SignedOrder
		why   string
	}{
		"drops it": {func(_ *ledgered, o []ledger.SignedOrder) []ledger.SignedOrder { return o[1:] }, "not in the session"},
		"drops all of them": {func(*ledgered, []ledger.SignedOrder) []ledger.SignedOrder { return nil },
			"not in the session"},
		"changes its limit": {func(_ *ledgered, o []ledger.SignedOrder) []ledger.SignedOrder {
			o[0].Order.Limit = torg.MaxPrice
			return o
		}, "not in the session"},
		"changes its energy": {func(_ *ledgered, o []ledger.SignedOrder) []ledger.SignedOrder {
			o[0].Order.Energy++
			return o
		}, "not in the session"},
		"gives it another's signature": {func(_ *ledgered, o []ledger.SignedOrder) []ledger.SignedOrder {
			o[0].Signature = o[1].Signature
			return o
		}, "not in the session"},
		"signs one of its own for the site": {func(m *ledgered, o []ledger.SignedOrder) []ledger.SignedOrder {
			o[0].Order.Sequence++
			signature, err := sign.Sign(m.operator, ledger.OrderMessage(m.genesis.ChainID, o[0].Order))
			m.must(err)
			o[0].Signature = signature
			return o
		}, "not in the session"},
		"sends one that the agent signed elsewhere instead": {func(m *ledgered, o []ledger.SignedOrder) []ledger.SignedOrder {
			older := o[0].Order
			older.Energy, older.Sequence = 9_000, older.Sequence+5
			return append([]ledger.SignedOrder{m.signed(older)}, o...)
		}, "another one than this agent sent"},
		"replaces it by one that the agent signed elsewhere": {func(m *ledgered, o []ledger.SignedOrder) []ledger.SignedOrder {
			newer := o[0].Order
			newer.Sequence += 5 // the same order but for that: the same contracts come of it
			return append(o, m.signed(newer))
		}, "another one than this agent sent"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMarket(t, nil, foundry, solar)
			m.relayed(func(o []ledger.SignedOrder) []ledger.SignedOrder { return c.relay(m, o) })
			statements, objections, err := m.host.Statements(first)
			m.must(err)
			for _, s := range statements {
				if s.Site == "foundry-1" {
					t.Error("the foundry signs")
				}
			}
			found := false
			for _, o := range objections {
				found = found || o.Site == "foundry-1" && strings.Contains(o.Why, c.why)
			}
			if !found {
				t.Errorf("objections %v, want %q", objections, c.why)
			}
			m.chain.View(func(v ledger.View) {
				for _, k := range v.Contracts(first) {
					if k.BuyerSite == "foundry-1" && (k.Energy > 10_000 || k.BuyerPrice > rub("7.2")) {
						t.Errorf("contract %+v is beyond what the foundry signed", k)
					}
				}
			})
		})
	}
}

// An order that its agent sent again, because it changed its mind, is its own.
func TestOwnReplacementIsNoAttack(t *testing.T) {
	m := newMarket(t, nil, foundry, solar)
	m.open(first)
	m.order(first, 1)
	m.now = m.now.Add(1e9)
	m.order(first, 1)
	m.pass(cal.GateClosure(first, 1))
	m.pass(cal.GateClosure(first, 2))
	if statements, objections, err := m.host.Statements(first); err != nil || len(statements) != 2 || len(objections) != 0 {
		t.Errorf("%d statements, objections %v, %v", len(statements), objections, err)
	}
}

// A relay that delays orders beyond the gate brings nothing in: the ledger says so,
// and its own agents hear it.
func TestAttackByDelay(t *testing.T) {
	m := newMarket(t, nil, foundry, solar)
	m.open(first)
	orders, _, err := m.host.Decide(t.Context(), first, 1, m.now)
	m.must(err)
	m.pass(cal.GateClosure(first, 1))
	tx, err := ledger.Encode(m.genesis.ChainID, ledger.Orders{Slot: first, Discovery: 1, Orders: orders}, nil)
	m.must(err)
	if err := m.chain.Submit(t.Context(), tx); torg.RefusalOf(err) != torg.ErrGateClosed {
		t.Errorf("late orders: %v", err)
	}
	m.pass(cal.GateClosure(first, 2))
	if _, objections, _ := m.host.Statements(first); len(objections) != 2 {
		t.Errorf("objections %v, want both", objections)
	}
	m.chain.View(func(v ledger.View) {
		if n := len(v.Contracts(first)); n != 0 {
			t.Errorf("%d contracts of late orders", n)
		}
	})
}

// A participant needs no relay: its order binds in whatever transaction it comes.
func TestOrdersNeedNoRelay(t *testing.T) {
	m := newMarket(t, nil, foundry, solar)
	m.open(first)
	orders, _, err := m.host.Decide(t.Context(), first, 1, m.now)
	m.must(err)
	for _, o := range orders { // each by itself, by nobody in particular
		m.submit(ledger.Orders{Slot: first, Discovery: 1, Orders: []ledger.SignedOrder{o}}, nil)
	}
	m.pass(cal.GateClosure(first, 1))
	m.pass(cal.GateClosure(first, 2))
	if statements, objections, err := m.host.Statements(first); err != nil || len(statements) != 2 || len(objections) != 0 {
		t.Errorf("%d statements, objections %v, %v", len(statements), objections, err)
	}
}
