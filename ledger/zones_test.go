package ledger_test

import (
	"testing"

	"torg"
	"torg/ledger"
)

// twoZones is the supplier's zone z1 and z2 behind a line of 30 kWh a slot, 0.20 a kWh.
func twoZones() ledger.Genesis {
	g := genesis()
	g.Complex.Zones = []torg.ZoneID{"z1", "z2"}
	g.Complex.Lines = []torg.Line{{From: "z1", To: "z2", Capacity: 30 * kWh, Fee: price("0.2")}}
	return g
}

// in moves the site that admit makes to a zone.
func in(zone torg.ZoneID, bodies []ledger.Body) []ledger.Body {
	bodies[0].(ledger.Admit).Sites[0].Zone = zone
	return bodies
}

// ordered is an order of a site in a zone.
func ordered(o torg.Order, zone torg.ZoneID) torg.Order {
	o.Zone = zone
	return o
}

// An hour over a full line, with every figure worked out by hand.
//
// Slot 0: the wind in z2 sells 50 kWh at 1.00 or better, factory in z1 buys 100 kWh at
// up to 7.20. The line carries 30, the supplier brings 70. z1's price is the supplier's
// 7.20, z2's the wind's 1.00, which is rationed; neither gains at its zone's price, so
// they pay and get just these. The gap of 6.20 on 30 kWh is 186, of which 6 are fees.
func TestOneHourOverAFullLine(t *testing.T) {
	b := newBench(t, twoZones())
	b.block(b.at(0, 0), all(in("z2", admit("wind", 1000, "base")), admit("factory", 1000, "base"), in("z2", admit("lighthouse", 0, "")))...)
	b.block(b.at(0, 0.25),
		b.orders(b.order(0, 1, "factory", torg.Buy, 100*kWh, "7.2"), ordered(b.order(0, 1, "wind", torg.Sell, 50*kWh, "1"), "z2")))
	b.balance("wind", "680", "320", "0") // 50 kWh at 7.20 and 0.20 on the line, less 1.00

	c := only(b.block(b.at(0, 0.5)), cleared)
	if len(c) != 1 || len(c[0].Contracts) != 2 {
		t.Fatalf("cleared %+v", c)
	}
	inside, outside := c[0].Contracts[0], c[0].Contracts[1]
	if inside.Energy != 30*kWh || inside.BuyerPrice != price("7.2") || inside.SellerPrice != price("1") || inside.SellerZone != "z2" || inside.BuyerZone != "z1" {
		t.Errorf("inside contract: %+v", inside)
	}
	if outside.Round != 3 || outside.Energy != 70*kWh || outside.BuyerPrice != price("7.2") || outside.SellerPrice != price("7.2") {
		t.Errorf("supplier's contract: %+v", outside)
	}
	b.balance("wind", "808", "192", "0") // 30 kWh at 7.40 - 1.00
	b.account(torg.AccountEscrow, "720")

	b.block(b.at(0, 0.75))
	b.block(b.at(2, 0), b.readings(0, "factory", 100*kWh, "wind", -50*kWh, "lighthouse", 3*kWh))
	b.account(torg.AccountNetwork, "186")
	b.account(torg.AccountSupplier, "504")

	// The wind made 20 kWh more than it sold. It contracted 30 while no more could leave
	// z2: they earn nothing. lighthouse did not trade and pays 3 kWh at 7.40. z2 sent 17
	// kWh on balance beyond the session: with its 30, the line is owed for 47, 9.40. The
	// connection metered 53 kWh, 381.60, of which 504 are paid. Left over are
	// 22.20 + 186 + 122.40 - 9.40 = 321.20, half each.
	events := b.block(b.at(3, 0), b.readings(1, "factory", torg.Energy(0), "wind", torg.Energy(0), "lighthouse", torg.Energy(0)))
	st := only(events, settledOf)
	if len(st) != 1 {
		t.Fatalf("settled %d intervals", len(st))
	}
	if s := st[0]; s.Connection != 53*kWh || s.Invoice != rub("381.6") || s.Fees != rub("9.4") || s.Residual != rub("321.2") {
		t.Errorf("settled %+v", s)
	}
	for i, want := range []ledger.SettledParty{
		{Participant: "factory", Zone: "z1", Tariff: "base", Metered: 100 * kWh, Contracted: 100 * kWh, Paid: rub("559.4"), Baseline: rub("720"), Residual: rub("160.6")},
		{Participant: "lighthouse", Zone: "z2", Metered: 3 * kWh, Paid: rub("22.2"), Baseline: rub("22.2"), Imbalance: rub("22.2")},
		{Participant: "wind", Zone: "z2", Tariff: "base", Metered: -50 * kWh, Contracted: -30 * kWh, Paid: rub("-190.6"), Baseline: rub("-45"), Residual: rub("160.6")},
	} {
		if got := st[0].Parties[i]; got != want {
			t.Errorf("party %d:\n got %+v\nwant %+v", i, got, want)
		}
	}
	b.account(torg.AccountNetwork, "9.4")
	b.account(torg.AccountSupplier, "381.6")
	b.account(torg.AccountImbalance, "0")
	b.account(torg.AccountLoss, "0")
}

// What a seller may owe for not delivering is reserved at the dearer of its class's
// price and the supplier's quote, both delivered to its zone.
func TestGuaranteesAreDelivered(t *testing.T) {
	b := newBench(t, twoZones())
	b.block(b.at(2, 0), all(in("z2", admit("mill", 1000, "night")))...)
	b.block(b.at(2, 0.2), b.orders(ordered(b.order(2, 1, "mill", torg.Sell, 10*kWh, "1"), "z2")))
	b.balance("mill", "936", "64", "0") // the class's price is 4.20, the quote 7.40
}

// A late reading in a zone behind a line moves what lines are owed as well.
//
// The wind's 30 kWh are estimated as sold. In truth it made 20: 10 kWh short at 7.40
// while z2 was full one way, and on the line 10 kWh, 2.00, against the loss account.
func TestLateReadingBehindALine(t *testing.T) {
	b := newBench(t, twoZones())
	b.block(b.at(0, 0), all(in("z2", admit("wind", 1000, "base")), admit("factory", 1000, "base"))...)
	b.block(b.at(0, 0.25), b.orders(b.order(0, 1, "factory", torg.Buy, 100*kWh, "7.2"), ordered(b.order(0, 1, "wind", torg.Sell, 30*kWh, "1"), "z2")))
	b.block(b.at(0, 0.5))
	b.block(b.at(0, 0.75))
	b.block(b.at(3, 0), b.readings(0, "factory", 100*kWh), b.readings(1, "factory", torg.Energy(0), "wind", torg.Energy(0)))
	s := only(b.block(b.at(7, 0)), settledOf)
	if len(s) != 1 || s[0].Fees != rub("6") || !s[0].Parties[1].Estimated {
		t.Fatalf("settled on an estimate: %+v", s)
	}
	network, loss, supplier := account(b.l, torg.AccountNetwork), account(b.l, torg.AccountLoss), account(b.l, torg.AccountSupplier)

	b.block(b.at(7, 0.1), b.readings(0, "wind", -20*kWh))
	if got := account(b.l, torg.AccountNetwork).Sub(network); got != rub("2") {
		t.Errorf("lines are owed %s more, want 2", got)
	}
	if got := account(b.l, torg.AccountSupplier).Sub(supplier); got != rub("72") {
		t.Errorf("the supplier's invoice is %s more, want 72", got)
	}
	// 74 from the wind, of which 72 go to the supplier and 2 to the line.
	if got := account(b.l, torg.AccountLoss).Sub(loss); got.Sign() != 0 {
		t.Errorf("the loss account moves by %s", got)
	}
}
