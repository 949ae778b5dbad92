package settle_test

import (
	"fmt"
	"testing"

	"torg"
	"torg/settle"
)

// bigInterval is an hour of 10,000 parties, half of them off plan, ten full sessions.
func bigInterval() settle.Input {
	const sell, buy = 6 * torg.PricePerRUBkWh, 2 * torg.PricePerRUBkWh
	in := settle.Input{HasSupplier: true, SupplierSell: sell, SupplierBuy: buy, PriceCap: 3 * sell}
	for i := range 10_000 {
		p := settle.Party{Participant: torg.ParticipantID(fmt.Sprintf("p%05d", i*7919%10_000)), Zone: "main", Sell: sell, Buy: buy}
		sign := torg.Energy(1 - 2*(i%2))
		p.Contracted = sign * torg.Energy(1000+i/2)
		p.Metered = p.Contracted + torg.Energy(i*31%401-200)
		if sign > 0 {
			p.Bought = p.Contracted
		} else {
			p.Sold = -p.Contracted
		}
		for range 10 {
			p.Tight = append(p.Tight, settle.Tight{Inside: 7, Price: 2 * sell})
		}
		in.Connection += p.Metered
		in.Parties = append(in.Parties, p)
	}
	return in
}

func BenchmarkInterval(b *testing.B) {
	in := bigInterval()
	for b.Loop() {
		if r := settle.Interval(in); r.Residual.Sign() <= 0 || r.Credit.Sign() != 0 {
			b.Fatalf("residual %s, credit %s", r.Residual, r.Credit)
		}
	}
}

func BenchmarkPostings(b *testing.B) {
	in := bigInterval()
	r := settle.Interval(in)
	for b.Loop() {
		if ps := settle.Postings(in, r, 1); len(ps) < 10_000 {
			b.Fatalf("%d postings", len(ps))
		}
	}
}

func BenchmarkNoWorse(b *testing.B) {
	var months []settle.Month
	for i := range 10_000 {
		months = append(months, settle.Month{Participant: torg.ParticipantID(fmt.Sprintf("p%05d", i)),
			Paid: cost(torg.Energy(i*7919%10_000), torg.MaxPrice), Baseline: cost(6_000, torg.MaxPrice), Eligible: cost(2_000, torg.MaxPrice)})
	}
	for b.Loop() {
		if c := settle.NoWorse(months); len(c) != len(months) {
			b.Fatal(len(c))
		}
	}
}
