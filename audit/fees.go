package audit

import (
	"torg"
)

// flowFees is what lines' owners are owed for a discovery's flows.
func (a *audit) flowFees(b *book) (fees torg.Cost) {
	for i, f := range a.lineFlows(b) {
		fees = fees.Add(f.Abs().At(a.grid.lines[i].fee))
	}
	return fees
}

// deviationFees is what they are owed for an interval's deviations, as settled and as
// corrected: what a zone deviates by, all its parties together, comes from the
// supplier's zone or goes there for the cheapest fees.
func (a *audit) deviationFees(parties []partyInterval) (settled, final torg.Cost) {
	told, known := map[torg.ZoneID]torg.Energy{}, map[torg.ZoneID]torg.Energy{}
	for _, p := range parties {
		told[p.zone] += p.settled - p.contracted
		known[p.zone] += p.final - p.contracted
	}
	for _, z := range a.grid.zones {
		settled = settled.Add(told[z].Abs().At(a.grid.delivery(z)))
		final = final.Add(known[z].Abs().At(a.grid.delivery(z)))
	}
	return settled, final
}
