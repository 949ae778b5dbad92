package settle

import (
	"fmt"

	"torg"
)

// Deviation is metered minus contracted energy: plus where the party used more or
// made less than its contracts say. It panics where either is larger than
// torg.MaxSessionEnergy, which no legal orders and meters can add up to.
func (p Party) Deviation() torg.Energy {
	for _, e := range []torg.Energy{p.Metered, p.Contracted} {
		if e > torg.MaxSessionEnergy || e < -torg.MaxSessionEnergy {
			panic(fmt.Sprintf("settle: %s in zone %s, tariff %s: %d Wh is no energy of an interval", p.Participant, p.Zone, p.Tariff, e))
		}
	}
	return p.Metered - p.Contracted
}

// Imbalance is what the party's deviation costs; negative: what it earns. By default
// a shortfall costs Sell and a surplus earns Buy. As much of either as the party
// contracted inside while the way to its zone was full, slot by slot, is priced as
// scarce instead: a shortfall at no less than the zone's price of that slot, up to
// priceCap, and a surplus at no more than nothing.
func (p Party) Imbalance(priceCap torg.Price) torg.Cost {
	d := p.Deviation()
	if d < 0 {
		return p.surplus(-d)
	}
	var cost torg.Cost
	for _, t := range p.Tight {
		e := min(d, t.Inside)
		cost = cost.Add(e.At(max(p.Sell, min(t.Price, priceCap))))
		d -= e
	}
	return cost.Add(d.At(p.Sell))
}

// surplus is the cost, as a rule negative, of feeding out e more than contracted.
func (p Party) surplus(e torg.Energy) torg.Cost {
	var earned torg.Cost
	for _, t := range p.Tight {
		scarce := min(e, t.Inside)
		earned = earned.Add(scarce.At(min(p.Buy, 0)))
		e -= scarce
	}
	return earned.Add(e.At(p.Buy)).Neg()
}

// Baseline is what the party would pay for its metered energy if there were no
// market: Sell for net consumption, Buy for what flows back; negative: income.
func (p Party) Baseline() torg.Cost { return twoPrices(p.Metered, p.Sell, p.Buy) }
