package settle_test

import (
	"strings"
	"testing"

	"torg"
	"torg/settle"
)

// Imbalance is netted per party, never per contract: a buyer that meets its plan
// with two contracts is not fined once, let alone twice, and what a buyer does not
// use is no fault of its seller.
func TestImbalanceIsNettedNeverPerContract(t *testing.T) {
	const sell, buy = 6 * torg.PricePerRUBkWh, 2 * torg.PricePerRUBkWh
	in := settle.Input{HasSupplier: true, SupplierSell: sell, SupplierBuy: buy, Parties: []settle.Party{
		{Participant: "foundry", Metered: 100_000, Sell: sell, Buy: buy},
		{Participant: "chp", Metered: -40_000, Sell: sell, Buy: buy},
		{Participant: "solar", Metered: -60_000, Sell: sell, Buy: buy},
	}}
	trade(&in, &in.Parties[0], &in.Parties[1], 40_000)
	trade(&in, &in.Parties[0], &in.Parties[2], 60_000)
	r := settle.Interval(in)
	for i, p := range r.Parties {
		if p.Deviation != 0 || p.Imbalance.Sign() != 0 {
			t.Errorf("on plan: %s deviates %s for %s", in.Parties[i].Participant, p.Deviation, p.Imbalance)
		}
	}
	if ps := settle.Postings(in, r, 1); len(ps) > 0 {
		t.Errorf("on plan: postings %v", ps)
	}

	in.Parties[0].Metered, in.Connection = 70_000, -30_000
	r = settle.Interval(in)
	if got := r.Parties[0].Imbalance; got != cost(-30_000, buy) {
		t.Errorf("under-use of 30 kWh costs the buyer %s, want %s", got, cost(-30_000, buy))
	}
	for i := 1; i <= 2; i++ {
		if got := r.Parties[i]; got.Deviation != 0 || got.Imbalance.Sign() != 0 {
			t.Errorf("under-use: seller %s deviates %s for %s", in.Parties[i].Participant, got.Deviation, got.Imbalance)
		}
	}
}

// One participant's sites of two zones or classes are two parties: a shortage here
// is not netted with a surplus there.
func TestPartiesOfOneParticipantAreNotNetted(t *testing.T) {
	const sell, buy = 6 * torg.PricePerRUBkWh, 2 * torg.PricePerRUBkWh
	r := settle.Interval(settle.Input{Parties: []settle.Party{
		{Participant: "works", Zone: "east", Metered: 10_000, Sell: sell, Buy: buy},
		{Participant: "works", Zone: "west", Metered: -10_000, Sell: sell, Buy: buy},
	}})
	if a, b := r.Parties[0].Imbalance, r.Parties[1].Imbalance; a.String() != "60" || b.String() != "-20" {
		t.Errorf("imbalances %s and %s, want 60 and -20", a, b)
	}
}

// A credit from an interval in which nobody traded bears later losses first.
func TestCreditBearsLaterLosses(t *testing.T) {
	var debt torg.Cost
	for i, step := range []struct{ network, debt string }{
		{"10", "-10"}, // nobody traded: credit
		{"-4", "-6"},
		{"-9", "3"},
		{"2", "1"},
		{"5", "-4"}, // 1 repaid, 4 credit
	} {
		network, err := torg.ParseCost(step.network)
		if err != nil {
			t.Fatal(err)
		}
		debt = settle.Interval(settle.Input{Network: network, LossDebt: debt}).LossDebt(debt)
		if debt.String() != step.debt {
			t.Errorf("step %d: debt %s, want %s", i, debt, step.debt)
		}
	}
}

// The largest sessions there can be, at the largest prices, in 10,000 parties.
func TestLargestInputsDoNotOverflow(t *testing.T) {
	const n = 10_000
	in := settle.Input{HasSupplier: true, SupplierSell: torg.MaxPrice, SupplierBuy: torg.MinPrice, PriceCap: torg.MaxPrice,
		Connection: torg.MaxSessionEnergy, Import: torg.MaxSessionEnergy, Export: torg.MaxSessionEnergy}
	for i := range n {
		p := settle.Party{Participant: torg.ParticipantID(rune('a' + i%26)), Metered: torg.MaxSessionEnergy, Contracted: -torg.MaxSessionEnergy,
			Bought: torg.MaxSessionEnergy, Sold: torg.MaxSessionEnergy, Sell: torg.MaxPrice, Buy: torg.MinPrice}
		if i%2 == 1 {
			p.Metered, p.Contracted = p.Contracted, p.Metered
			p.Buy = torg.MaxPrice
		}
		in.Parties = append(in.Parties, p)
	}
	r := settle.Interval(in)
	// 8e18 Wh x 1000 RUB/kWh = 8e18 RUB for each, paid by one half, earned by the other.
	if got := r.Parties[0].Imbalance.String(); got != "8000000000000000000" {
		t.Errorf("shortfall costs %s", got)
	}
	if got := r.Parties[1].Imbalance.String(); got != "-8000000000000000000" {
		t.Errorf("surplus costs %s", got)
	}
	// Invoice 4e18 RUB, less 8e18 that round 3 paid: the supplier returns 4e18.
	if got := r.Residual.String(); got != "4000000000000000000" {
		t.Errorf("residual %s", got)
	}
	if got := r.Parties[0].Residual.String(); got != "400000000000000" {
		t.Errorf("given back %s", got)
	}
	if got := balances(settle.Postings(in, r, 1))[torg.AccountImbalance]; got.Sign() != 0 {
		t.Errorf("imbalance account ends at %s", got)
	}
}

func TestImpossibleEnergyPanics(t *testing.T) {
	for name, p := range map[string]settle.Party{
		"metered":    {Participant: "chp", Metered: torg.MaxSessionEnergy + 1},
		"contracted": {Participant: "chp", Contracted: -torg.MaxSessionEnergy - 1},
		"smallest":   {Participant: "chp", Metered: -1 << 63},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if s, _ := recover().(string); !strings.Contains(s, "chp") {
					t.Errorf("recovered %q, want the party's name", s)
				}
			}()
			settle.Interval(settle.Input{Parties: []settle.Party{p}})
		})
	}
}

func TestNothingSettlesToNothing(t *testing.T) {
	r := settle.Interval(settle.Input{})
	if len(r.Parties) != 0 || r.Residual.Sign() != 0 || len(settle.Postings(settle.Input{}, r, 1)) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestIslandGetsNoInvoice(t *testing.T) {
	in := settle.Input{SupplierSell: 600, SupplierBuy: 200, Connection: 5, Import: 3, Export: 1}
	if r := settle.Interval(in); r.Invoice.Sign() != 0 || r.Extra.Sign() != 0 || r.Residual.Sign() != 0 {
		t.Errorf("without a supplier: %+v", r)
	}
}
