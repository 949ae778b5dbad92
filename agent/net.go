package agent

import (
	"strconv"

	"torg"
	"torg/decide"
)

// netOwn keeps each participant's orders of one discovery on one side, as the ledger
// asks for: nobody trades with itself. The smaller side's orders are left out. Where
// they are of the zone and tariff class of the larger side's, settlement nets the
// sites: their energy is taken off those and counts as handed over, so that neither
// site asks for it again. The journal says so.
func netOwn(all []*asked) {
	byOwner := map[torg.ParticipantID][]*asked{}
	for _, q := range all {
		if q.order != nil {
			owner := q.order.Participant
			byOwner[owner] = append(byOwner[owner], q)
		}
	}
	for _, own := range byOwner {
		oneSide(own)
	}
}

// pool is where settlement nets a participant's sites.
type pool struct {
	zone  torg.ZoneID
	class torg.TariffID
}

// oneSide nets one participant's orders.
func oneSide(own []*asked) {
	var total [3]torg.Energy
	pools := map[pool]*[3][]*asked{}
	for _, q := range own {
		o := q.order
		total[o.Side] += o.Energy
		p := pool{o.Zone, q.agent.site.Tariff}
		if pools[p] == nil {
			pools[p] = new([3][]*asked)
		}
		pools[p][o.Side] = append(pools[p][o.Side], q)
	}
	larger, smaller := torg.Buy, torg.Sell
	if total[torg.Sell] > total[torg.Buy] {
		larger, smaller = torg.Sell, torg.Buy
	}
	if total[smaller] == 0 {
		return
	}
	for _, p := range pools {
		handed := min(energy(p[larger]), energy(p[smaller]))
		handOver(p[larger], handed)
		handOver(p[smaller], handed)
		for _, q := range p[smaller] {
			q.order = nil
		}
	}
	for _, q := range own {
		q.netted()
	}
}

func energy(all []*asked) torg.Energy {
	var sum torg.Energy
	for _, q := range all {
		sum += q.order.Energy
	}
	return sum
}

// handOver shares handed energy among orders of one side, pro rata, and takes it off
// them.
func handOver(all []*asked, handed torg.Energy) {
	weights := make([]torg.Energy, len(all))
	for i, q := range all {
		weights[i] = q.order.Energy
	}
	for i, e := range torg.ApportionEnergy(handed, weights) {
		q := all[i]
		q.order.Energy -= e
		if q.order.Side == torg.Sell {
			e = -e
		}
		q.handed = e
	}
}

// netted drops an order that nothing is left of, and tells the owner.
func (q *asked) netted() {
	if q.order != nil && q.handed == 0 {
		return
	}
	q.entry.Energy = 0
	if q.order != nil {
		q.entry.Energy = q.order.Energy
	}
	if q.entry.Energy == 0 {
		q.order = nil
	}
	q.entry.Ordered, q.entry.Reason = q.order != nil, decide.WhyNetted
	q.entry.Args = map[string]string{"netted": strconv.FormatInt(int64(q.handed.Abs()), 10)}
}
