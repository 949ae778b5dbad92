package ledger_test

import (
	"testing"
	"time"

	"torg"
	"torg/ledger"
)

func (b *bench) state(n int, want ledger.SessionState) {
	b.t.Helper()
	if got := b.l.View().SessionState(b.slot(n)); got != want {
		b.t.Errorf("block %d: session %d is %d, want %d", b.height, n, got, want)
	}
}

// Gates close at the beginning of the first block whose time has passed them: what
// is in that block is late.
func TestGates(t *testing.T) {
	b := threeSites(t)
	b.state(0, ledger.SessionOpen)
	b.state(1, ledger.SessionNone)
	buy := func(n, d int, e torg.Energy) ledger.Orders {
		return b.orders(b.order(n, d, "factory", torg.Buy, e, "1"))
	}
	justBefore := func(n, d int) time.Time { return b.g.Calendar.GateClosure(b.slot(n), d).Add(-time.Nanosecond) }
	for _, c := range []struct {
		what string
		at   time.Time
		body ledger.Body
		want torg.Refusal
		then ledger.SessionState
	}{
		{"the next session's order", b.at(0, 0.1), buy(1, 1, kWh), torg.ErrNotOpen, ledger.SessionOpen},
		{"a last session's order", b.at(0, 0.1), buy(-1, 1, kWh), torg.ErrGateClosed, ledger.SessionOpen},
		{"a revision before its time", b.at(0, 0.1), buy(0, 2, kWh), torg.ErrNotOpen, ledger.SessionOpen},
		{"an order in the last moment", justBefore(0, 1), buy(0, 1, 5*kWh), "", ledger.SessionOpen},
		{"an order in the block that passes the gate", b.at(0, 0.5), b.orders(b.order(0, 1, "foundry", torg.Sell, kWh, "5")), torg.ErrGateClosed, ledger.SessionCleared1},
		{"a revision in the last moment", justBefore(0, 2), buy(0, 2, kWh), "", ledger.SessionCleared1},
		{"a revision in the block that passes the gate", b.at(0, 0.75), buy(0, 2, kWh), torg.ErrGateClosed, ledger.SessionCleared2},
		{"an order when all is over", b.at(0, 0.9), buy(0, 1, kWh), torg.ErrGateClosed, ledger.SessionCleared2},
	} {
		if got := b.try(c.at, c.body)[0]; got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
		b.state(0, c.then)
	}
	if n := len(only(b.events, cleared)); n != 2 {
		t.Errorf("%d discoveries cleared, want 2", n)
	}
}

// A block that comes late is late for nothing but what it is late for.
func TestMissedSessions(t *testing.T) {
	orders := func(b *bench) {
		b.block(b.at(0, 0.1), b.orders(b.order(0, 1, "factory", torg.Buy, 50*kWh, "6"), b.order(0, 1, "foundry", torg.Sell, 50*kWh, "7")))
	}
	t.Run("both gates by one block in time", func(t *testing.T) {
		b := threeSites(t)
		orders(b)
		events := b.block(b.at(0, 0.99))
		if c := only(events, cleared); len(c) != 2 || len(only(events, missed)) != 0 {
			t.Errorf("%d cleared, %d missed", len(c), len(only(events, missed)))
		}
		b.state(0, ledger.SessionCleared2)
	})
	t.Run("no block before the slot", func(t *testing.T) {
		b := threeSites(t)
		orders(b)
		b.balance("factory", "700", "300", "0")
		events := b.block(b.at(1, 0))
		if m := only(events, missed); len(m) != 1 || *m[0] != (ledger.Missed{Slot: b.slot(0), Discovery: 1}) || len(only(events, cleared)) != 0 {
			t.Errorf("missed %+v", m)
		}
		b.state(0, ledger.SessionMissed)
		b.state(1, ledger.SessionOpen)
		b.balance("factory", "1000", "0", "0")
		b.balance("foundry", "1000", "0", "0")
		b.block(b.at(1, 0), b.orders(b.order(1, 1, "factory", torg.Buy, 50*kWh, "7.2"))) // the next one runs
		b.block(b.at(1, 0.5))
		b.balance("factory", "640", "0", "360")
	})
	t.Run("the second gate only", func(t *testing.T) {
		b := threeSites(t)
		orders(b)
		b.block(b.at(0, 0.5))
		b.block(b.at(0, 0.6), b.orders(b.order(0, 2, "factory", torg.Buy, 50*kWh, "7.1")))
		b.balance("factory", "645", "355", "0")
		events := b.block(b.at(1, 0))
		if m := only(events, missed); len(m) != 1 || *m[0] != (ledger.Missed{Slot: b.slot(0), Discovery: 2}) {
			t.Errorf("missed %+v", m)
		}
		b.state(0, ledger.SessionCleared2)
		b.balance("factory", "1000", "0", "0")
	})
	t.Run("an outage", func(t *testing.T) {
		b := threeSites(t)
		orders(b)
		events := b.block(b.at(5, 0.2))
		m := only(events, missed)
		if len(m) != 5 || m[4].Slot != b.slot(4) {
			t.Errorf("missed %+v", m)
		}
		b.state(3, ledger.SessionMissed)
		b.state(5, ledger.SessionOpen)
	})
	t.Run("years", func(t *testing.T) {
		b := threeSites(t)
		orders(b)
		if m := only(b.block(b.at(100_000, 0.2)), missed); len(m) != 2881 {
			t.Errorf("%d sessions reported as missed", len(m))
		}
		b.block(b.at(100_000, 0.2), b.readings(500)) // nothing was read, which makes no session
		b.state(500, ledger.SessionMissed)
	})
}

// The first order of a site stands until one with a higher sequence replaces it.
func TestReplacedOrder(t *testing.T) {
	b := threeSites(t)
	first := b.order(0, 1, "factory", torg.Buy, 100*kWh, "7")
	b.block(b.at(0, 0.1), b.orders(first))
	if got := b.try(b.at(0, 0.1), b.orders(first))[0]; got != torg.ErrDuplicate {
		t.Errorf("the same order again: %q", got)
	}
	other := first
	other.Sequence, other.Energy = 2, 20*kWh
	b.block(b.at(0, 0.2), b.orders(other))
	b.balance("factory", "860", "140", "0")
	if got := b.try(b.at(0, 0.2), b.orders(first))[0]; got != torg.ErrDuplicate {
		t.Errorf("a lower sequence: %q", got)
	}
	// What cannot stand does not replace, and the old one stays.
	side := other
	side.Sequence, side.Energy = 3, 5000*kWh
	if got := b.try(b.at(0, 0.3), b.orders(side))[0]; got != torg.ErrTooLarge {
		t.Errorf("too large: %q", got)
	}
	// A site may change sides as long as no other of its participant disagrees.
	side.Side, side.Energy, side.Limit, side.Sequence = torg.Sell, 10*kWh, price("7.2"), 4
	b.block(b.at(0, 0.4), b.orders(side))
	b.balance("factory", "1000", "0", "0")
	c := only(b.block(b.at(0, 0.5)), cleared)
	if len(c[0].Outcome.Unmatched) != 1 || c[0].Outcome.Unmatched[0].Energy != 10*kWh {
		t.Errorf("cleared %+v", c[0].Outcome)
	}
}

// An order is cut to what the balance covers, and the cut has a reason.
func TestCutOrder(t *testing.T) {
	b := newBench(t, genesis())
	b.block(b.at(0, 0), all(admit("poor", 36, ""), admit("broke", 0, ""), admit("seller", 21, ""))...)
	events := b.events[:0:0]
	body := b.orders(
		b.order(0, 1, "poor", torg.Buy, 100*kWh, "7.2"),
		b.order(0, 1, "broke", torg.Buy, 100*kWh, "7.2"),
		b.order(0, 1, "seller", torg.Sell, 10*kWh, "3"))
	events = append(events, b.block(b.at(0, 0.1), body)...)
	o := only(events, taken)
	if len(o) != 3 || o[0].Cut != 95*kWh || o[0].Reserved != rub("36") || o[1].Refused != torg.ErrFunds || o[2].Cut != 5*kWh || o[2].Reserved != rub("21") {
		t.Fatalf("orders %+v %+v %+v", o[0], o[1], o[2])
	}
	c := only(b.block(b.at(0, 0.5)), cleared)[0]
	if len(c.Contracts) != 1 || c.Contracts[0].Energy != 5*kWh || len(c.Outcome.Unmatched) != 0 {
		t.Errorf("cleared %+v", c)
	}
	// What was cut was not accepted, and may be asked for again when money comes.
	b.block(b.at(0, 0.6), ledger.Deposit{Participant: "poor", Amount: 720_00, Reference: "r2"})
	if got := b.try(b.at(0, 0.6), b.orders(b.order(0, 2, "poor", torg.Buy, 96*kWh, "7.2")))[0]; got != torg.ErrRevision {
		t.Errorf("more than is left: %q", got)
	}
	b.block(b.at(0, 0.6), b.orders(b.order(0, 2, "poor", torg.Buy, 95*kWh, "7.2")))
}

// A revocation acts from its place in the block and withdraws what is not cleared.
func TestRevokedOrderIsWithdrawn(t *testing.T) {
	b := threeSites(t)
	m := torg.Mandate{Participant: "factory", Site: "factory", Expires: start.AddDate(1, 0, 0),
		Limits: torg.Limits{Buy: true, MaxEnergy: 100 * kWh, MaxBuy: price("7.2"), DailySpend: 500_00}}
	b.block(b.at(0, 0.1), ledger.Grant{Mandate: m}, b.orders(b.order(0, 1, "factory", torg.Buy, 50*kWh, "7")))
	b.balance("factory", "650", "350", "0")
	next := b.order(0, 1, "factory", torg.Buy, 50*kWh, "7")
	next.Sequence, next.Energy = 2, 60*kWh
	b.block(b.at(0, 0.2), b.orders(next), ledger.Revoke{Participant: "factory", Site: "factory"})
	b.balance("factory", "1000", "0", "0")
	if _, ok := b.l.View().Mandate("factory"); ok {
		t.Error("the mandate is still there")
	}
	if c := only(b.block(b.at(0, 0.5)), cleared); len(c[0].Contracts) != 0 {
		t.Errorf("a withdrawn order traded: %+v", c[0].Contracts)
	}
}

// Buy orders of a day are worth at most what the mandate says; what did not trade
// counts no more.
func TestDailySpend(t *testing.T) {
	b := threeSites(t)
	m := torg.Mandate{Participant: "factory", Site: "factory", Expires: start.AddDate(1, 0, 0),
		Limits: torg.Limits{Buy: true, MaxEnergy: 100 * kWh, MaxBuy: price("7.2"), DailySpend: 400_00}}
	b.block(b.at(0, 0.1), ledger.Grant{Mandate: m})
	if got := b.try(b.at(0, 0.1), b.orders(b.order(0, 1, "factory", torg.Buy, 100*kWh, "5")))[0]; got != torg.ErrMandateMoney {
		t.Errorf("500 of 400: %q", got)
	}
	b.block(b.at(0, 0.1), b.orders(b.order(0, 1, "factory", torg.Buy, 80*kWh, "5"))) // 400, does not trade
	b.block(b.at(0, 0.5))
	b.block(b.at(1, 0.1), b.orders(b.order(1, 1, "factory", torg.Buy, 50*kWh, "7.2"))) // 360, trades
	b.block(b.at(1, 0.5))
	if got := b.try(b.at(2, 0.1), b.orders(b.order(2, 1, "factory", torg.Buy, 6*kWh, "7.2")))[0]; got != torg.ErrMandateMoney {
		t.Errorf("403.20 of 400: %q", got)
	}
	b.block(b.at(2, 0.1), b.orders(b.order(2, 1, "factory", torg.Buy, 5*kWh, "7.2")))
	next := 30 // the first slot of the next UTC day: 15 hours later
	b.block(b.at(next, 0.1), b.orders(b.order(next, 1, "factory", torg.Buy, 50*kWh, "7.2")))
}

// What an order frees covers the one that replaces it.
func TestReplacementUsesWhatItFrees(t *testing.T) {
	b := threeSites(t)
	o := b.order(0, 1, "factory", torg.Buy, 100*kWh, "7")
	b.block(b.at(0, 0.1), b.orders(o))
	o.Sequence, o.Energy, o.Limit = 2, 130*kWh, price("7.2")
	b.block(b.at(0, 0.1), b.orders(o))
	b.balance("factory", "64", "936", "0")
	if c := only(b.events, taken); c[1].Cut != 0 {
		t.Errorf("cut by %d Wh", c[1].Cut)
	}
}

// Nobody can take the id of another's order, and what tries to leaves no trace: the
// one whose id it is trades.
func TestNobodyTakesAnId(t *testing.T) {
	b := threeSites(t)
	stolen := b.order(0, 1, "foundry", torg.Sell, kWh, "5")
	stolen.ID = b.order(0, 1, "factory", torg.Buy, kWh, "5").ID
	n := len(b.events)
	if got := b.try(b.at(0, 0.1), b.orders(stolen))[0]; got != torg.ErrMalformed || len(b.events) != n {
		t.Errorf("another's id: %q and %d events", got, len(b.events)-n)
	}
	b.trade(0)
}

// firstSlot checks which slot is the first that has to be settled, and that there is no
// reading and no session yet or only that slot's.
func (b *bench) firstSlot(n int, session ledger.SessionState) {
	b.t.Helper()
	if v := b.l.View(); v.NextToSettle() != b.slot(n) || v.LastMetered() != 0 {
		b.t.Errorf("block %d: next to settle is %d, last metered %d; want %d and none", b.height, v.NextToSettle()-b.first, v.LastMetered(), n)
	}
	b.state(n, session)
}

// The market begins with its first site, however long the chain has waited for it:
// before, no session is missed and nothing settled.
func TestMarketBeginsWithItsFirstSite(t *testing.T) {
	b := newBench(t, genesis())
	b.block(b.at(0, 0.9))
	b.firstSlot(0, ledger.SessionNone)
	b.block(b.at(9, 0.9), ledger.Admit{Participant: "nobody"}, ledger.Tick{Slot: b.slot(9)}) // four intervals later, a site is still missing
	b.firstSlot(9, ledger.SessionNone)
	if got := b.try(b.at(9, 0.9), b.readings(7), ledger.Bands{Slot: b.slot(9)}, ledger.Close{Slot: b.slot(7)}); got[0] != torg.ErrUnknown || got[1] != torg.ErrNotOpen || got[2] != torg.ErrUnknown {
		t.Errorf("before the market: %q", got)
	}
	for _, e := range b.events {
		if e.Admitted == nil {
			t.Errorf("before the market: %+v", e)
		}
	}
	b.block(b.at(10, 0.1), admit("factory", 1000, "")...)
	b.firstSlot(10, ledger.SessionOpen)
	b.block(b.at(11, 0.1), admit("foundry", 1000, "")...) // after the first slot's session: it does not count in it
	b.firstSlot(10, ledger.SessionMissed)
	b.trade(11)
	if got := b.try(b.at(12, 0), b.readings(9, "factory", kWh)); got[0] != torg.ErrUnknown {
		t.Errorf("a reading before the first session: %q", got)
	}
	b.block(b.at(12, 0), b.readings(10, "factory", kWh))
	s := only(b.block(b.at(13, 0), b.readings(11, "factory", 50*kWh, "foundry", -50*kWh)), settledOf)
	if len(s) != 1 || s[0].First != b.slot(10) || s[0].Last != b.slot(11) || s[0].Parties[0].Estimated {
		t.Errorf("settled %+v", s)
	}
}

// A market that begins after a gate has its first discovery behind it.
func TestMarketBeginsAfterAGate(t *testing.T) {
	b := newBench(t, genesis())
	b.block(b.at(0, 0))
	bodies := append(admit("factory", 1000, ""), b.orders(b.order(0, 1, "factory", torg.Buy, kWh, "7.2")))
	if got := b.try(b.at(0, 0.6), bodies...); got[0] != "" || got[2] != torg.ErrGateClosed {
		t.Errorf("an order after its gate: %q", got)
	}
	b.firstSlot(0, ledger.SessionCleared1)
}
