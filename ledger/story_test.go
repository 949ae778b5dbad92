package ledger_test

import (
	"slices"
	"testing"

	"torg"
	"torg/canon"
	"torg/ledger"
	"torg/sign"
)

// threeSites opens a chain with a seller, a buyer and a school that does not trade.
func threeSites(t *testing.T) *bench {
	b := newBench(t, genesis())
	b.block(b.at(0, 0), all(admit("foundry", 1000, "base"), admit("factory", 1000, "base"), admit("school", 0, ""))...)
	return b
}

// One hour from admission to settlement, with every figure worked out by hand.
//
// Slot 0: foundry sells 60 kWh at 3.00 or better, factory buys 100 kWh at up to 7.20.
// The supplier serves the margin, so the price is 7.20. Foundry and factory share
// their gain of 4.20 evenly: 60 kWh at 5.10 = 306. The other 40 kWh come from the
// supplier at 7.20 = 288. Nobody trades for slot 1.
func TestOneHour(t *testing.T) {
	b := threeSites(t)
	b.balance("factory", "1000", "0", "0")

	b.block(b.at(0, 0.25),
		b.orders(b.order(0, 1, "factory", torg.Buy, 100*kWh, "7.2"), b.order(0, 1, "foundry", torg.Sell, 60*kWh, "3")))
	b.balance("factory", "280", "720", "0") // 100 kWh at its limit
	b.balance("foundry", "748", "252", "0") // 60 kWh at 7.20 - 3.00, if it does not deliver

	events := b.block(b.at(0, 0.5))
	c := only(events, cleared)
	if len(c) != 1 || len(c[0].Contracts) != 2 || c[0].Discovery != 1 {
		t.Fatalf("cleared %+v", c)
	}
	inside, outside := c[0].Contracts[0], c[0].Contracts[1]
	if inside.ID != "20260112T090000Z-1-00001" || inside.Round != 1 || inside.Energy != 60*kWh || inside.BuyerPrice != price("5.1") || inside.SellerPrice != price("5.1") {
		t.Errorf("inside contract: %+v", inside)
	}
	if outside.Round != 3 || outside.Energy != 40*kWh || outside.BuyerPrice != price("7.2") || outside.Seller != "supplier" {
		t.Errorf("supplier's contract: %+v", outside)
	}
	b.balance("factory", "406", "0", "594")
	b.balance("foundry", "874", "126", "0") // 60 kWh at 7.20 - 5.10
	b.account(torg.AccountEscrow, "594")

	b.block(b.at(0, 0.75))
	v := b.l.View()
	if got := v.SessionState(b.slot(0)); got != ledger.SessionCleared2 {
		t.Errorf("session is %d", got)
	}
	root, ok := v.StatementRoot("factory", b.slot(0))
	want := sign.Root([][]byte{canon.Encode(canon.AppendContract, inside), canon.Encode(canon.AppendContract, outside)})
	if !ok || root != want {
		t.Errorf("factory's root %x, %v; want %x", root, ok, want)
	}
	b.block(b.at(0, 0.8), ledger.Statements{Slot: b.slot(0), Statements: []ledger.SignedStatement{{Site: "factory", Root: root}}})

	b.block(b.at(2, 0), b.readings(0, "factory", 110*kWh, "foundry", -55*kWh, "school", 20*kWh))
	b.balance("factory", "406", "0", "0")
	b.balance("foundry", "1180", "126", "0")
	b.account(torg.AccountSupplier, "288")
	if v := b.l.View(); len(v.Contracts(b.slot(0))) != 0 || v.Position("factory", b.slot(0)) != 100*kWh {
		t.Error("delivered contracts are still there, or the position is not")
	}
	if p := b.l.View().IntervalPosition("factory", b.slot(1)); p.Contracted != 100*kWh || p.Metered != 110*kWh || p.LastMetered != b.slot(0) || p.First != b.slot(0) || p.Last != b.slot(1) {
		t.Errorf("factory's interval: %+v", p)
	}

	// factory used 160 and had 100: 60 at 7.20 = 432. foundry fed out 65 and had sold
	// 60: 5 at 1.10. school used 30 at 7.20 = 216. The supplier bills 125 kWh = 900, of
	// which 288 are paid. What is left over, 642.5 - 612 = 30.5, goes back by inside
	// energy, half each.
	events = b.block(b.at(3, 0), b.readings(1, "factory", 50*kWh, "foundry", -10*kWh, "school", 10*kWh))
	st := only(events, settledOf)
	if len(st) != 1 {
		t.Fatalf("settled %d intervals", len(st))
	}
	if s := st[0]; s.First != b.slot(0) || s.Last != b.slot(1) || s.Connection != 125*kWh || s.Invoice != rub("900") || s.Residual != rub("30.5") {
		t.Errorf("settled %+v", s)
	}
	for i, want := range []ledger.SettledParty{
		{Participant: "factory", Zone: "z1", Tariff: "base", Metered: 160 * kWh, Contracted: 100 * kWh, Paid: rub("1010.75"), Baseline: rub("1152"), Imbalance: rub("432"), Residual: rub("15.25")},
		{Participant: "foundry", Zone: "z1", Tariff: "base", Metered: -65 * kWh, Contracted: -60 * kWh, Paid: rub("-326.75"), Baseline: rub("-71.5"), Imbalance: rub("-5.5"), Residual: rub("15.25")},
		{Participant: "school", Zone: "z1", Metered: 30 * kWh, Paid: rub("216"), Baseline: rub("216"), Imbalance: rub("216")},
	} {
		if got := st[0].Parties[i]; got != want {
			t.Errorf("party %d:\n got %+v\nwant %+v", i, got, want)
		}
	}
	b.balance("factory", "-10.75", "0", "0")
	b.balance("foundry", "1326.75", "0", "0")
	b.balance("school", "-216", "0", "0")
	b.account(torg.AccountSupplier, "900")
	b.account(torg.AccountImbalance, "0")
	b.account(torg.AccountEscrow, "0")
	b.account(torg.AccountBank, "-2000")

	// Its balance is negative now: the factory's orders wait, its supply does not.
	if codes := b.try(b.at(3, 0.1), b.orders(b.order(3, 1, "factory", torg.Buy, kWh, "0"))); codes[0] != torg.ErrFunds {
		t.Errorf("an order on a negative balance: %q", codes[0])
	}
	if s := b.l.View().SessionState(b.slot(0)); s != ledger.SessionSettled {
		t.Errorf("a settled session is %d", s)
	}
}

// In the second discovery, who got nothing in the first comes closer, once.
func TestRevision(t *testing.T) {
	g := genesis()
	g.Complex.Supplier.Import, g.Complex.Supplier.Export = 0, 0
	b := newBench(t, g)
	b.block(b.at(0, 0), all(admit("foundry", 1000, "base"), admit("factory", 1000, "base"))...)
	b.block(b.at(0, 0.1), b.orders(b.order(0, 1, "factory", torg.Buy, 100*kWh, "4"), b.order(0, 1, "foundry", torg.Sell, 60*kWh, "5")))
	b.block(b.at(0, 0.5))
	b.balance("factory", "1000", "0", "0") // nothing traded: nothing is held

	b.block(b.at(0, 0.6), b.orders(b.order(0, 2, "factory", torg.Buy, 80*kWh, "5.5"), b.order(0, 2, "foundry", torg.Sell, 60*kWh, "4.5")))
	c := only(b.block(b.at(0, 0.75)), cleared)
	if len(c) != 1 || c[0].Discovery != 2 || len(c[0].Contracts) != 1 {
		t.Fatalf("second discovery: %+v", c)
	}
	k := c[0].Contracts[0]
	if k.ID != "20260112T090000Z-2-00001" || k.Energy != 60*kWh || k.BuyerPrice != price("5") || k.Round != 2 {
		t.Errorf("contract %+v", k)
	}
	b.balance("factory", "700", "0", "300")
	if root, ok := b.l.View().StatementRoot("foundry", b.slot(0)); !ok || root != sign.Root([][]byte{canon.Encode(canon.AppendContract, k)}) {
		t.Error("the statement does not cover the second discovery's contracts")
	}
}

// The second discovery finds the connection as the first one left it.
func TestRevisionOnFullConnection(t *testing.T) {
	g := genesis()
	g.Complex.Supplier.Import = 50 * kWh
	b := newBench(t, g)
	b.block(b.at(0, 0), all(admit("factory", 1000, ""), admit("school", 1000, ""))...)
	b.block(b.at(0, 0.1), b.orders(b.order(0, 1, "factory", torg.Buy, 40*kWh, "7.2"), b.order(0, 1, "school", torg.Buy, 40*kWh, "5")))
	if c := only(b.block(b.at(0, 0.5)), cleared)[0]; c.Outcome.Import != 40*kWh {
		t.Fatalf("first discovery imports %d Wh", c.Outcome.Import)
	}
	if got := b.try(b.at(0, 0.6), b.orders(b.order(0, 2, "factory", torg.Buy, kWh, "7.2")),
		b.orders(b.order(0, 2, "school", torg.Buy, 41*kWh, "7.2")),
		b.orders(b.order(0, 2, "school", torg.Buy, 40*kWh, "4.9")),
		b.orders(b.order(0, 2, "school", torg.Sell, 40*kWh, "5"))); !slices.Equal(got, slices.Repeat([]torg.Refusal{torg.ErrRevision}, 4)) {
		t.Errorf("not towards trade: %q", got)
	}
	b.block(b.at(0, 0.6), b.orders(b.order(0, 2, "school", torg.Buy, 40*kWh, "7.2")))
	c := only(b.block(b.at(0, 0.75)), cleared)[0]
	if c.Outcome.Import != 10*kWh || len(c.Contracts) != 1 || c.Contracts[0].BuyerSite != "school" {
		t.Errorf("second discovery: %+v", c)
	}
}

// At a negative price the seller pays, and from the start: its reservation covers it.
func TestNegativePrice(t *testing.T) {
	g := genesis()
	g.Complex.Supplier.Sell, g.Complex.Supplier.Buy = price("2"), price("-4")
	b := newBench(t, g)
	b.block(b.at(0, 0), all(admit("wind", 1000, ""), admit("pump", 1000, ""))...)
	b.block(b.at(0, 0.1), b.orders(b.order(0, 1, "wind", torg.Sell, 100*kWh, "-4"), b.order(0, 1, "pump", torg.Buy, 50*kWh, "-2")))
	b.balance("wind", "400", "600", "0") // 100 kWh at 2 - (-4)
	b.balance("pump", "1000", "0", "0")
	// The supplier takes the margin at -4; wind and pump share their 2 evenly, at -3.
	c := only(b.block(b.at(0, 0.5)), cleared)
	if k := c[0].Contracts; len(k) != 2 || k[0].BuyerPrice != price("-3") || k[1].SellerPrice != price("-4") {
		t.Fatalf("contracts %+v", k)
	}
	b.account(torg.AccountEscrow, "350")   // 50 kWh at 3 and 50 kWh at 4, all from the wind
	b.balance("wind", "450", "200", "350") // and 100 kWh at 2, if the wind does not blow
	b.block(b.at(2, 0), b.readings(0, "wind", -100*kWh, "pump", 50*kWh))
	b.balance("pump", "1150", "0", "0")
	b.account(torg.AccountSupplier, "200")
	b.account(torg.AccountEscrow, "0")
	b.block(b.at(3, 0), b.readings(1, "wind", torg.Energy(0), "pump", torg.Energy(0)))
	b.balance("wind", "650", "0", "0")
	b.account(torg.AccountImbalance, "0")
}

// What nobody inside buys goes out: the supplier pays into escrow, and its invoice
// counts what it has paid.
func TestExport(t *testing.T) {
	b := threeSites(t)
	b.block(b.at(0, 0.1), b.orders(b.order(0, 1, "foundry", torg.Sell, 60*kWh, "1")))
	k := only(b.block(b.at(0, 0.5)), cleared)[0].Contracts
	if len(k) != 1 || k[0].Round != 3 || k[0].Buyer != "supplier" || k[0].SellerPrice != price("1.1") {
		t.Fatalf("contracts %+v", k)
	}
	b.account(torg.AccountSupplier, "-66")
	b.account(torg.AccountEscrow, "66")
	b.balance("foundry", "634", "366", "0") // 60 kWh at 7.20 - 1.10
	b.block(b.at(2, 0), b.readings(0, "foundry", -60*kWh, "factory", torg.Energy(0), "school", torg.Energy(0)))
	b.balance("foundry", "700", "366", "0")
	s := only(b.block(b.at(3, 0), b.readings(1, "foundry", torg.Energy(0), "factory", torg.Energy(0), "school", torg.Energy(0))), settledOf)[0]
	if s.Invoice != rub("-66") || s.Residual != (torg.Cost{}) || s.Parties[1].Paid != rub("-66") {
		t.Errorf("settled %+v", s)
	}
	b.balance("foundry", "1066", "0", "0")
	b.account(torg.AccountSupplier, "-66")
	b.account(torg.AccountLoss, "0")
}
