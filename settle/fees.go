package settle

import "torg"

// SessionFees is what lines' owners are owed for a session: each line's fee on its net
// flow. flows has one element for each line, plus from From to To.
func SessionFees(lines []torg.Line, flows []torg.Energy) torg.Cost {
	var fees torg.Cost
	for i, e := range flows {
		fees = fees.Add(e.Abs().At(lines[i].Fee))
	}
	return fees
}

// DeviationFees is what lines' owners are owed for an interval's deviations: the net
// deviation of each zone goes from or to the supplier's zone for the cheapest fees. A
// zone that no line leads to has none to pay.
func DeviationFees(routes torg.Routes, parties []Party) torg.Cost {
	net := map[torg.ZoneID]torg.Energy{}
	var zones []torg.ZoneID
	for _, p := range parties {
		if _, there := net[p.Zone]; !there {
			zones = append(zones, p.Zone)
		}
		net[p.Zone] += p.Deviation()
	}
	var fees torg.Cost
	for _, z := range zones {
		fees = fees.Add(net[z].Abs().At(routes.Fee(z)))
	}
	return fees
}
