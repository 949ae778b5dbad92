package settle_test

import (
	"fmt"
	"math/big"

	"torg"
	"torg/settle"

	"pgregory.net/rapid"
)

var (
	someEnergy = rapid.Custom(func(t *rapid.T) torg.Energy { return torg.Energy(rapid.Int64Range(0, 1_000_000).Draw(t, "Wh")) })
	anyPrice   = rapid.Custom(func(t *rapid.T) torg.Price {
		return torg.Price(rapid.Int64Range(int64(torg.MinPrice), int64(torg.MaxPrice)).Draw(t, "price"))
	})
	someCost = rapid.Custom(func(t *rapid.T) torg.Cost { return someEnergy.Draw(t, "energy").At(anyPrice.Draw(t, "price")) })
)

// prices draws a sell and a buy price, sell >= buy.
func prices(t *rapid.T) (sell, buy torg.Price) {
	a, b := anyPrice.Draw(t, "a"), anyPrice.Draw(t, "b")
	return max(a, b), min(a, b)
}

// fairComplex draws an interval whose contracts pair up, whose connection meters
// what the sites do, whose classes have the supplier's prices, and whose network
// account covers the fees. Sessions may be full.
func fairComplex(t *rapid.T) settle.Input {
	in := settle.Input{HasSupplier: true, PriceCap: anyPrice.Draw(t, "cap")}
	in.SupplierSell, in.SupplierBuy = prices(t)
	in.Parties = make([]settle.Party, rapid.IntRange(0, 7).Draw(t, "parties"))
	for i := range in.Parties {
		// Neighbours differ in one of the three ids only, and participants are not sorted.
		in.Parties[i] = settle.Party{
			Participant: torg.ParticipantID(fmt.Sprintf("p%d", 1-i/4)), Zone: torg.ZoneID(fmt.Sprintf("z%d", i%2)), Tariff: torg.TariffID(fmt.Sprintf("t%d", i/2%2)),
			Sell: in.SupplierSell, Buy: in.SupplierBuy,
		}
	}
	for range rapid.IntRange(0, 3).Draw(t, "sessions") {
		session(t, &in)
	}
	for i := range in.Parties {
		p := &in.Parties[i]
		if !rapid.Bool().Draw(t, "on plan") {
			p.Metered = someEnergy.Draw(t, "in") - someEnergy.Draw(t, "out")
		} else {
			p.Metered = p.Contracted
		}
		in.Connection += p.Metered
	}
	in.Fees = someEnergy.Draw(t, "carried").At(torg.Price(rapid.Int64Range(0, 1000).Draw(t, "fee")))
	in.Network = in.Fees.Add(someEnergy.Draw(t, "carried").At(torg.Price(rapid.Int64Range(0, 1000).Draw(t, "rent"))))
	in.LossDebt = someCost.Draw(t, "debt")
	return in
}

// session adds some contracts and, where the way in is full, says so to everybody.
func session(t *rapid.T, in *settle.Input) {
	before := make([]torg.Energy, len(in.Parties))
	for i, p := range in.Parties {
		before[i] = p.Bought + p.Sold
	}
	for range rapid.IntRange(0, 5).Draw(t, "contracts") {
		buyer, seller := anyParty(t, in), anyParty(t, in)
		if buyer != seller {
			trade(in, buyer, seller, someEnergy.Draw(t, "contracted"))
		}
	}
	if rapid.Bool().Draw(t, "full") {
		price := anyPrice.Draw(t, "zone price")
		for i := range in.Parties {
			p := &in.Parties[i]
			p.Tight = append(p.Tight, settle.Tight{Inside: p.Bought + p.Sold - before[i], Price: price})
		}
	}
}

// anyParty draws a party; nil is the supplier.
func anyParty(t *rapid.T, in *settle.Input) *settle.Party {
	i := rapid.IntRange(0, len(in.Parties)).Draw(t, "party")
	if i == len(in.Parties) {
		return nil
	}
	return &in.Parties[i]
}

// anyComplex draws an interval that may also have losses, classes of other prices,
// credit from before, fees that nobody paid, or no supplier.
func anyComplex(t *rapid.T) settle.Input {
	in := fairComplex(t)
	in.HasSupplier = rapid.Bool().Draw(t, "supplier")
	in.Connection += someEnergy.Draw(t, "lost")
	in.Network = someCost.Draw(t, "network")
	in.LossDebt = someCost.Draw(t, "debt").Sub(someCost.Draw(t, "credit"))
	for i := range in.Parties {
		in.Parties[i].Sell, in.Parties[i].Buy = prices(t)
	}
	return in
}

// balances adds up postings per account.
func balances(ps []torg.Posting) map[torg.Account]torg.Cost {
	sum := map[torg.Account]torg.Cost{}
	for _, p := range ps {
		sum[p.From] = sum[p.From].Sub(p.Amount)
		sum[p.To] = sum[p.To].Add(p.Amount)
	}
	return sum
}

// cost is an energy at a price, computed by other means than the code under test.
func cost(e torg.Energy, p torg.Price) torg.Cost {
	return torg.CostFromBig(new(big.Int).Mul(big.NewInt(int64(e)), big.NewInt(int64(p))))
}
