package settle

import (
	"cmp"
	"slices"

	"torg"
)

// share splits the residual among those it belongs to:
// Residual = Repaid + Credit + the parties' shares - ToLoss, none of them negative.
func (r *Result) share(in Input) {
	if r.Residual.Sign() < 0 {
		r.ToLoss = r.Residual.Neg()
		return
	}
	if in.LossDebt.Sign() > 0 {
		r.Repaid = torg.MinCost(r.Residual, in.LossDebt)
	}
	// What nobody traded for is not the operator's either, who sets prices and
	// capacities: the loss account keeps it as credit against later losses. Saving it
	// up for the next trader would invite a watt-hour traded for its sake.
	r.Credit = r.Residual.Sub(r.Repaid)

	order := byName(in.Parties)
	inside := make([]torg.Cost, len(order))
	for k, i := range order {
		inside[k] = energyWeight(in.Parties[i].Bought).Add(energyWeight(in.Parties[i].Sold))
	}
	for k, c := range torg.ApportionCost(r.Credit, inside) {
		r.Parties[order[k]].Residual = c
		r.Credit = r.Credit.Sub(c)
	}
}

// energyWeight makes energy a weight that sums without overflow.
func energyWeight(e torg.Energy) torg.Cost { return e.At(1) }

// byName orders the parties' indices by id, so that the order they came in decides
// nothing.
func byName(parties []Party) []int {
	order := make([]int, len(parties))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		p, q := parties[i], parties[j]
		return cmp.Or(cmp.Compare(p.Participant, q.Participant), cmp.Compare(p.Zone, q.Zone), cmp.Compare(p.Tariff, q.Tariff))
	})
	return order
}
