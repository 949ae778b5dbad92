package settle_test

import (
	"fmt"
	"testing"

	"torg"
	"torg/settle"

	"pgregory.net/rapid"
)

// drawGrid draws up to four zones and lines between them, the supplier in the first.
func drawGrid(t *rapid.T) torg.Complex {
	g := torg.Complex{Supplier: &torg.Supplier{Zone: "z0"}}
	for i := range rapid.IntRange(1, 4).Draw(t, "zones") {
		g.Zones = append(g.Zones, torg.ZoneID(fmt.Sprintf("z%d", i)))
		for j := range i {
			if j == i-1 || rapid.Bool().Draw(t, "line") {
				ends := rapid.Permutation([]torg.ZoneID{g.Zones[i], g.Zones[j]}).Draw(t, "ends")
				g.Lines = append(g.Lines, torg.Line{From: ends[0], To: ends[1], Capacity: torg.Unlimited,
					Fee: torg.Price(rapid.Int64Range(0, 50_000).Draw(t, "fee"))})
			}
		}
	}
	return g
}

// zonalInterval draws an interval of a grid without losses: every class has the
// supplier's prices delivered to its zone, and contracts' gaps cover the fees of what
// sessions sent over lines, and some rent.
func zonalInterval(t *rapid.T) (in settle.Input, rent torg.Cost) {
	g := drawGrid(t)
	in = settle.Input{HasSupplier: true}
	in.SupplierSell, in.SupplierBuy = prices(t)
	routes := g.Routes()
	for i := range rapid.IntRange(1, 6).Draw(t, "parties") {
		zone := rapid.SampledFrom(g.Zones).Draw(t, "zone")
		in.Parties = append(in.Parties, settle.Party{Participant: torg.ParticipantID(fmt.Sprintf("p%d", i)), Zone: zone,
			Sell: in.SupplierSell + routes.Fee(zone), Buy: in.SupplierBuy - routes.Fee(zone)})
	}
	for range rapid.IntRange(0, 5).Draw(t, "contracts") {
		if buyer, seller := anyParty(t, &in), anyParty(t, &in); buyer != seller {
			trade(&in, buyer, seller, someEnergy.Draw(t, "contracted"))
		}
	}
	for range rapid.IntRange(0, 3).Draw(t, "sessions") {
		flows := make([]torg.Energy, len(g.Lines))
		for i, l := range g.Lines {
			flows[i] = someEnergy.Draw(t, "forth") - someEnergy.Draw(t, "back")
			in.Network = in.Network.Add(cost(max(flows[i], -flows[i]), l.Fee))
		}
		in.Fees = in.Fees.Add(settle.SessionFees(g.Lines, flows))
	}
	rent = someEnergy.Draw(t, "carried").At(torg.Price(rapid.Int64Range(0, 1000).Draw(t, "rent")))
	in.Network = in.Network.Add(rent)
	for i := range in.Parties {
		p := &in.Parties[i]
		p.Metered = p.Contracted + someEnergy.Draw(t, "more") - someEnergy.Draw(t, "less")
		in.Connection += p.Metered
	}
	in.Fees = in.Fees.Add(settle.DeviationFees(routes, in.Parties))
	return in, rent
}

// The theorem of doc.go with lines: what gaps and deviations bring in pays the fees,
// and the congestion rent is left for the residual.
func TestLinesAreCovered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, rent := zonalInterval(t)
		r := settle.Interval(in)
		if r.Residual.Cmp(rent) < 0 {
			t.Fatalf("residual %s is below the rent of %s; fees %s of %s", r.Residual, rent, in.Fees, in.Network)
		}
		books := balances(settle.Postings(in, r, 1))
		if got := in.Network.Add(books[torg.AccountNetwork]); got != in.Fees {
			t.Fatalf("the network account is left with %s, lines are owed %s", got, in.Fees)
		}
		if books[torg.AccountImbalance].Sign() != 0 {
			t.Fatalf("the imbalance account is left with %s", books[torg.AccountImbalance])
		}
	})
}

// A zone that no line joins to the supplier's has nobody to pay for deviations.
func TestDeviationsOfAnIslandCarryNoFees(t *testing.T) {
	g := torg.Complex{Zones: []torg.ZoneID{"main", "island"}, Supplier: &torg.Supplier{Zone: "main"},
		Lines: []torg.Line{{From: "main", To: "island", Capacity: 0, Fee: 100_000}}}
	fees := settle.DeviationFees(g.Routes(), []settle.Party{{Zone: "island", Metered: 1000}})
	if fees.Sign() != 0 {
		t.Errorf("fees %s over a line of no capacity", fees)
	}
}
