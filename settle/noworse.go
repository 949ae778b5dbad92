package settle

import (
	"cmp"
	"slices"

	"torg"
)

// Month is what one participant's month came to; a participant occurs once.
type Month struct {
	Participant torg.ParticipantID
	Paid        torg.Cost // for everything; negative: income
	Baseline    torg.Cost // what it would have paid without the market
	Eligible    torg.Cost // losses that the others answer for; negative counts as none
}

// NoWorse returns each participant's top-up, in the order of months: plus is
// received, minus is paid, and all sum to zero. Who lost against the baseline gets
// the loss back as far as it is eligible; who gained pays for it pro rata to the
// gain. Where all gains together do not suffice, top-ups are scaled down pro rata
// instead. Nobody pays more than its gain or is lifted above its baseline. Shares
// are rounded by largest remainder, ties to the bytewise smaller participant.
func NoWorse(months []Month) []torg.Cost {
	order := make([]int, len(months))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(months[i].Participant, months[j].Participant) })

	claims, gains := make([]torg.Cost, len(months)), make([]torg.Cost, len(months))
	var claimed, gained torg.Cost
	for k, i := range order {
		claims[k], gains[k] = months[i].claimAndGain()
		claimed, gained = claimed.Add(claims[k]), gained.Add(gains[k])
	}
	moved := torg.MinCost(claimed, gained)
	received, paid := torg.ApportionCost(moved, claims), torg.ApportionCost(moved, gains)
	topUps := make([]torg.Cost, len(months))
	for k, i := range order {
		topUps[i] = received[k].Sub(paid[k])
	}
	return topUps
}

// claimAndGain is what the month may ask of the others, or what it is above the
// baseline; at most one of the two is not zero.
func (m Month) claimAndGain() (claim, gain torg.Cost) {
	loss := m.Paid.Sub(m.Baseline)
	if loss.Sign() < 0 {
		return torg.Cost{}, loss.Neg()
	}
	if m.Eligible.Sign() < 0 {
		return torg.Cost{}, torg.Cost{}
	}
	return torg.MinCost(loss, m.Eligible), torg.Cost{}
}
