package ledger_test

import (
	"testing"
	"time"

	"torg"
	"torg/ledger"
)

// trade lets factory buy 50 kWh from foundry at 5.10 for slot n.
func (b *bench) trade(n int) {
	b.t.Helper()
	b.block(b.at(n, 0.1), b.orders(b.order(n, 1, "factory", torg.Buy, 50*kWh, "7.2"), b.order(n, 1, "foundry", torg.Sell, 50*kWh, "3")))
	if c := only(b.block(b.at(n, 0.5)), cleared); len(c[0].Contracts) != 1 || c[0].Contracts[0].BuyerPrice != price("5.1") {
		b.t.Fatalf("contracts %+v", c[0].Contracts)
	}
}

// A dead meter delays the others by the deadline and no more; its site is taken to
// have done what it contracted. The truth replaces that by a correction.
func TestDeadMeter(t *testing.T) {
	b := threeSites(t)
	b.trade(0)
	b.block(b.at(2, 0), b.readings(0, "foundry", -50*kWh, "school", 5*kWh))
	b.block(b.at(3, 0), b.readings(1, "foundry", -1*kWh, "school", 5*kWh))
	b.balance("foundry", "1150", "105", "0") // 50 kWh at 7.20 - 5.10, paid though the factory has no reading

	deadline := start.Add(3 * time.Hour)
	if e := b.block(deadline.Add(-time.Nanosecond)); len(only(e, settledOf)) != 0 {
		t.Error("settled before the deadline")
	}
	events := b.block(deadline)
	if r := only(events, readingOf); len(r) != 2 || r[0].Energy != 50*kWh || r[0].Quality != torg.Estimated || r[1].Energy != 0 {
		t.Errorf("estimates %+v", r)
	}
	s := only(events, settledOf)
	if len(s) != 1 || !s[0].Parties[0].Estimated || s[0].Parties[1].Estimated || s[0].Parties[0].Paid != rub("251.95") { // a half of 6.10 left over comes back
		t.Fatalf("settled %+v", s)
	}
	b.balance("factory", "748.05", "0", "0")
	b.account(torg.AccountSupplier, "64.8") // 50 - 51 + 10 = 9 kWh at 7.20
	b.account(torg.AccountLoss, "0")

	// It used 58 and 3: 11 kWh more, at 7.20 = 79.20, which the supplier bills too.
	events = b.block(deadline.Add(time.Minute), b.readings(0, "factory", 58*kWh))
	if r := only(events, readingOf); len(r) != 1 || !r[0].Replaces {
		t.Errorf("reading %+v", r)
	}
	p := only(events, postingOf)
	if len(p) != 2 || *p[0] != (torg.Posting{Slot: b.slot(0), Kind: torg.PostCorrection, From: "factory", To: torg.AccountLoss, Amount: rub("57.6")}) ||
		*p[1] != (torg.Posting{Slot: b.slot(0), Kind: torg.PostCorrection, From: torg.AccountLoss, To: torg.AccountSupplier, Amount: rub("57.6")}) {
		t.Errorf("postings %+v", p)
	}
	b.block(deadline.Add(2*time.Minute), b.readings(1, "factory", 3*kWh))
	b.balance("factory", "668.85", "0", "0")
	b.account(torg.AccountSupplier, "144")
	if got := b.try(deadline.Add(2*time.Minute), b.readings(1, "factory", 3*kWh), b.readings(0, "foundry", -50*kWh)); got[0] != torg.ErrAlreadySettled || got[1] != torg.ErrAlreadySettled {
		t.Errorf("second true readings: %q", got)
	}
}

// Corrections are taken for 35 days.
func TestCorrectionsEnd(t *testing.T) {
	b := threeSites(t)
	b.trade(0)
	late := start.Add(time.Hour).AddDate(0, 0, 35)
	for at := start.Add(3 * time.Hour); at.Before(late); at = at.Add(8 * time.Hour) {
		b.block(at) // settles eight intervals
	}
	b.block(late.Add(-time.Minute), b.readings(0, "factory", 58*kWh))
	for range 3 {
		b.block(late.Add(4 * time.Hour))
	}
	if got := b.try(late.Add(4*time.Hour), b.readings(0, "foundry", -50*kWh))[0]; got != torg.ErrAlreadySettled {
		t.Errorf("after 35 days: %q", got)
	}
}

// One reading that is not good does not harm the others.
func TestBadReadingAmongGood(t *testing.T) {
	b := threeSites(t)
	body := b.readings(0, "factory", 5*kWh, "nobody", kWh, "foundry", torg.MaxOrderEnergy+1)
	body.Readings = append(body.Readings, torg.Reading{Site: "school", Slot: b.slot(0), Quality: torg.Estimated})
	if got := b.try(start, body)[0]; got != torg.ErrTooEarly {
		t.Errorf("before the slot's end: %q", got)
	}
	if r := only(b.block(b.at(2, 0), body), readingOf); len(r) != 1 || r[0].Site != "factory" {
		t.Errorf("taken %+v", r)
	}
	if e, ok := b.l.View().Reading("factory", b.slot(0)); !ok || e != 5*kWh {
		t.Errorf("reading %d, %v", e, ok)
	}
	if _, ok := b.l.View().Reading("school", b.slot(0)); ok {
		t.Error("an estimate was taken for a reading")
	}
	if got := b.try(b.at(2, 0), body, b.readings(0, "factory", 6*kWh)); got[0] != torg.ErrUnknown || got[1] != torg.ErrAlreadySettled {
		t.Errorf("nothing good in them: %q", got)
	}
}

// What the connection's own meter reads beyond the sites is lost, and the loss
// account bears it until a residual repays it.
func TestLosses(t *testing.T) {
	b := threeSites(t)
	body := func(n int, connection torg.Energy) ledger.Readings {
		r := b.readings(n, "factory", 50*kWh, "foundry", -50*kWh, "school", torg.Energy(0))
		r.Connection = &connection
		return r
	}
	b.trade(0)
	b.block(b.at(2, 0), body(0, 2*kWh))
	b.block(b.at(3, 0), b.readings(1, "factory", torg.Energy(0), "foundry", torg.Energy(0), "school", torg.Energy(0)))
	b.account(torg.AccountLoss, "-14.4")
	b.account(torg.AccountSupplier, "14.4")
	// In the next interval factory uses 10 kWh less and the school 10 more: each pays
	// the supplier's prices, the connection carries nothing, and 61 are left over, of
	// which 14.40 repay the loss and 23.30 go to each of the two who traded.
	b.trade(3)
	b.block(b.at(4, 0), b.readings(2, "factory", torg.Energy(0), "foundry", torg.Energy(0), "school", torg.Energy(0)))
	s := only(b.block(b.at(5, 0), b.readings(3, "factory", 40*kWh, "foundry", -50*kWh, "school", 10*kWh)), settledOf)
	if s[0].Residual != rub("61") || s[0].Parties[0].Residual != rub("23.3") || s[0].Parties[2].Residual != (torg.Cost{}) {
		t.Errorf("settled %+v", s[0])
	}
	b.account(torg.AccountLoss, "0")
}

// While the connection is full, not delivering costs at least the zone's price, up
// to the price cap.
func TestFullConnection(t *testing.T) {
	g := genesis()
	g.Complex.Supplier.Import = 10 * kWh
	b := newBench(t, g)
	b.block(b.at(0, 0), all(admit("foundry", 1000, "base"), admit("factory", 5000, "base"))...)
	b.block(b.at(0, 0.1), b.orders(b.order(0, 1, "factory", torg.Buy, 100*kWh, "15"), b.order(0, 1, "foundry", torg.Sell, 20*kWh, "3")))
	c := only(b.block(b.at(0, 0.5)), cleared)[0]
	if c.Outcome.Import != 10*kWh || c.Outcome.Prices[0].Price != price("15") {
		t.Fatalf("cleared %+v", c.Outcome)
	}
	b.block(b.at(2, 0), b.readings(0, "foundry", -15*kWh, "factory", 25*kWh))
	s := only(b.block(b.at(3, 0), b.readings(1, "foundry", torg.Energy(0), "factory", torg.Energy(0))), settledOf)[0]
	if got := s.Parties[1].Imbalance; got != rub("75") { // 5 kWh at 15
		t.Errorf("foundry's imbalance %s", got)
	}
	if got := s.Parties[0].Imbalance; got != (torg.Cost{}) { // 5 kWh less than 30, at most at 0
		t.Errorf("factory's imbalance %s", got)
	}
}

// An interval is settled at the prices in force at its start.
func TestTariffByDate(t *testing.T) {
	b := newBench(t, genesis())
	b.block(b.at(0, 0), admit("school", 0, "night")...)
	b.block(b.at(2, 0), b.readings(0, "school", 10*kWh))
	b.block(b.at(3, 0), b.readings(1, "school", torg.Energy(0)))
	b.balance("school", "-72", "0", "0")
	b.block(b.at(4, 0), b.readings(2, "school", 10*kWh))
	b.block(b.at(5, 0), b.readings(3, "school", torg.Energy(0)))
	b.balance("school", "-112", "0", "0")
}

// lossMonth makes factory lose and foundry gain: factory buys 50 kWh that it does not
// use. banded publishes the band that its order is in.
func lossMonth(t *testing.T, banded bool) *bench {
	b := threeSites(t)
	if banded {
		b.block(b.at(0, 0.05), ledger.Bands{Slot: b.slot(0), Bands: []ledger.Band{
			{Site: "foundry", Low: -60 * kWh, High: -40 * kWh}, {Site: "factory", Low: 10 * kWh, High: 50 * kWh}}})
	}
	b.trade(0)
	b.block(b.at(2, 0), b.readings(0, "factory", torg.Energy(0), "foundry", -50*kWh, "school", torg.Energy(0)))
	b.block(b.at(3, 0), b.readings(1, "factory", torg.Energy(0), "foundry", torg.Energy(0), "school", torg.Energy(0)))
	// factory pays 255, gets 55 for its surplus; foundry gets 255 where the supplier
	// would have paid 55. The supplier pays 55 for what leaves; nothing is left over.
	b.balance("factory", "800", "0", "0")
	b.balance("foundry", "1255", "0", "0")
	return b
}

// At the close of a month, who lost on orders within its band is made whole from the
// others' gains.
func TestNoWorse(t *testing.T) {
	b := lossMonth(t, true)
	m := only(b.block(b.at(3, 0.1), ledger.Close{Slot: b.slot(1)}), monthOf)
	if len(m) != 1 || m[0].Month != "2026-01" || !m[0].Partial || len(m[0].Balances) != 3 {
		t.Fatalf("month %+v", m)
	}
	if got := m[0].Balances[0]; got != (ledger.MonthBalance{Participant: "factory", Paid: rub("200"), Eligible: rub("200"), TopUp: rub("200")}) {
		t.Errorf("factory's month %+v", got)
	}
	if got := m[0].Balances[1]; got.TopUp != rub("-200") || got.Paid != rub("-255") || got.Baseline != rub("-55") {
		t.Errorf("foundry's month %+v", got)
	}
	b.balance("factory", "1000", "0", "0")
	b.balance("foundry", "1055", "0", "0")
	b.account(torg.AccountNoWorse, "0")
	// Closing again closes nothing, and the rest of the month is a month of its own.
	if m := only(b.block(b.at(3, 0.2), ledger.Close{Slot: b.slot(1)}), monthOf); len(m) != 0 {
		t.Errorf("closed again: %+v", m)
	}
}

// Losses on orders outside the published band, or without one, are one's own.
func TestNoWorseOutsideBand(t *testing.T) {
	b := lossMonth(t, false)
	m := only(b.block(b.at(3, 0.1), ledger.Close{Slot: b.slot(1)}), monthOf)
	if got := m[0].Balances[0]; got.Eligible != (torg.Cost{}) || got.TopUp != (torg.Cost{}) {
		t.Errorf("factory's month %+v", got)
	}
	b.balance("factory", "800", "0", "0")
}

// A close inside an interval cuts it there; what is left of it settles on its own.
func TestCloseCutsInterval(t *testing.T) {
	b := threeSites(t)
	b.trade(0)
	if got := b.try(b.at(1, 0), ledger.Close{Slot: b.slot(0)}, ledger.Close{Slot: b.slot(-3)}); got[0] != torg.ErrTooEarly || got[1] != torg.ErrUnknown {
		t.Errorf("closing what is not over or never was: %q", got)
	}
	b.block(b.at(2, 0), ledger.Close{Slot: b.slot(0)})
	events := b.block(b.at(2, 0), b.readings(0, "factory", 50*kWh, "foundry", -50*kWh, "school", 10*kWh))
	s, m := only(events, settledOf), only(events, monthOf)
	if len(s) != 1 || s[0].First != b.slot(0) || s[0].Last != b.slot(0) || len(m) != 1 || !m[0].Partial {
		t.Fatalf("settled %+v, month %+v", s, m)
	}
	events = b.block(b.at(3, 0), b.readings(1, "factory", 50*kWh, "foundry", torg.Energy(0), "school", 10*kWh))
	if s = only(events, settledOf); len(s) != 1 || s[0].First != b.slot(1) || s[0].Last != b.slot(1) || s[0].Parties[2].Paid != rub("72") {
		t.Errorf("the rest: %+v", s)
	}
}

// Months end in the complex's own time zone.
func TestMonthEndsInItsZone(t *testing.T) {
	b := newBench(t, genesis())
	end := time.Date(2026, 1, 31, 21, 0, 0, 0, time.UTC) // midnight in Moscow
	n := int(b.g.Calendar.At(end) - b.first)
	b.block(b.at(n-4, 0), admit("school", 0, "")...)
	var closed []*ledger.MonthClosed
	for k := n - 4; k <= n; k++ {
		closed = append(closed, only(b.block(b.at(k+2, 0), b.readings(k, "school", kWh)), monthOf)...)
		if k < n-1 && len(closed) > 0 {
			t.Fatalf("closed after slot %d", k)
		}
	}
	if len(closed) != 1 || closed[0].Month != "2026-01" || closed[0].Partial || closed[0].Balances[0].Paid != rub("28.8") {
		t.Errorf("closed %+v", closed)
	}
}

// Corrections move the supplier's invoice along its own two prices: what one site fed
// out and another used never crossed the connection.
func TestCorrectionsMeetInTheInvoice(t *testing.T) {
	b := threeSites(t)
	at := start.Add(3 * time.Hour)
	b.block(at)
	b.block(at, b.readings(0, "foundry", -10*kWh))
	b.account(torg.AccountSupplier, "-11")
	b.account(torg.AccountLoss, "0")
	b.block(at, b.readings(0, "school", 10*kWh))
	b.account(torg.AccountSupplier, "0")
	b.account(torg.AccountLoss, "61") // 72 from the school, 11 to the foundry
	b.balance("school", "-72", "0", "0")
	b.balance("foundry", "1011", "0", "0")
	// The month that is still running counts them.
	m := only(b.block(at, ledger.Close{Slot: b.slot(1)}), monthOf)[0]
	if p := m.Balances[1]; p.Paid != rub("-11") || p.Baseline != rub("-11") {
		t.Errorf("foundry's month: %+v", p)
	}
	// And no later one.
	b.block(at, b.readings(1, "foundry", -10*kWh))
	if m := only(b.block(at, ledger.Close{Slot: b.slot(1)}), monthOf); len(m) != 0 {
		t.Errorf("a month from a correction alone: %+v", m[0])
	}
}

// After an outage beyond the deadline, the newest slot that readings were taken for
// moves on with corrections too, and with those that bring nothing.
func TestLateReadingsMoveOn(t *testing.T) {
	b := threeSites(t)
	b.block(start.Add(5 * time.Hour)) // slots 0 to 5 are settled by estimates
	at := start.Add(5*time.Hour + time.Minute)
	last := func(n int) {
		t.Helper()
		if got := b.l.View().LastMetered(); got != b.slot(n) {
			t.Errorf("block %d: last metered is %d, want %d", b.height, got-b.first, n)
		}
	}
	if next := b.l.View().NextToSettle(); next != b.slot(6) {
		t.Fatalf("next to settle is %d", next-b.first)
	}
	b.block(at, b.readings(0, "factory", kWh))
	last(0)
	b.block(at, b.readings(1)) // settled
	last(1)
	b.block(at, b.readings(3, "factory", kWh), b.readings(2, "factory", kWh))
	last(3)
	b.block(at, b.readings(7)) // not settled
	last(7)
	connection := kWh
	late := b.readings(5)
	late.Connection = &connection
	if got := b.try(at, b.readings(0, "factory", kWh), late, b.readings(10), b.readings(-2)); got[0] != torg.ErrAlreadySettled ||
		got[1] != torg.ErrAlreadySettled || got[2] != torg.ErrTooEarly || got[3] != torg.ErrUnknown {
		t.Errorf("again, the connection's, before the end and before the market: %q", got)
	}
	last(7)
	if _, ok := b.l.View().Reading("factory", b.slot(7)); ok {
		t.Error("an empty transaction brought a reading")
	}
	b.state(7, ledger.SessionMissed)
}
