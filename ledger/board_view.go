package ledger

import "torg"

// Offers returns the offers on the board with what is left of each, by id.
func (v View) Offers() []Posted {
	var list []Posted
	for _, id := range v.s.offers.keys() {
		o, _ := v.s.offers.get(id)
		list = append(list, Posted{Offer: o.Offer, Left: v.s.left(o)})
	}
	return list
}

// Offer returns an offer on the board with what is left of it.
func (v View) Offer(id torg.OfferID) (Posted, bool) {
	o, there := v.s.offers.get(id)
	if !there {
		return Posted{}, false
	}
	return Posted{Offer: o.Offer, Left: v.s.left(o)}, true
}

// Forwards returns the forward contracts that are proposed, active, or delivered and not
// settled, by id, as their last events would say.
func (v View) Forwards() []ForwardChanged {
	var list []ForwardChanged
	for _, id := range v.s.forwardIDs() {
		f, _ := v.Forward(id)
		list = append(list, f)
	}
	return list
}

// Forward returns a forward contract that is not settled and has not ended.
func (v View) Forward(id torg.ContractID) (ForwardChanged, bool) {
	f, there := v.s.forwards.get(id)
	if !there {
		return ForwardChanged{}, false
	}
	return *v.s.shown(f, v.s.covered()), true
}

// BoardNumbers returns the last numbers that a site has used for offers and for forward
// contracts; the next ones must be higher.
func (v View) BoardNumbers(site torg.SiteID) (offer, forward uint64) {
	d, _ := v.s.desks.get(site)
	return d.offer, d.forward
}

// ForwardNet returns a site's net energy of forward contracts, consumption plus, in a
// slot that is not settled; in slots ahead also of proposals that it has signed.
func (v View) ForwardNet(site torg.SiteID, slot torg.Slot) torg.Energy {
	return v.s.forwardNet(site, slot)
}

// ForwardNets returns the net energy of active forward contracts, consumption plus, of
// all sites that have any in a slot that is not settled.
func (v View) ForwardNets(slot torg.Slot) map[torg.SiteID]torg.Energy {
	return v.s.forwardNets(slot)
}

// Grid returns the complex as a slot's session clears it: the lines without what active
// forward contracts hold.
func (v View) Grid(slot torg.Slot) torg.Complex { return v.s.grid(slot) }

// Quote says what concluding a contract now would cost the buyer for lines, per kWh, and
// the path from the seller's zone to the buyer's, or why it cannot be concluded: whoever
// signs it, with what both parties have of connection and money.
func (v View) Quote(c torg.Forward) (fee torg.Price, path []torg.ZoneID, err error) {
	f, _, err := v.s.draft(c)
	if err != nil {
		return 0, nil, err
	}
	for _, side := range bothSides {
		if err := v.s.ableTo(f, side); err != nil {
			return f.fee, v.s.zonesOn(f), err
		}
	}
	return f.fee, v.s.zonesOn(f), nil
}

// Traded returns the net energy, consumption plus, that a site has contracted in the
// session for a slot that is not settled: its position without forward contracts.
func (v View) Traded(site torg.SiteID, slot torg.Slot) torg.Energy {
	if slot > v.s.head.session.slot {
		return 0
	}
	return v.Position(site, slot) - v.s.forwardNet(site, slot)
}
