package agent

import (
	"slices"

	"torg"
	"torg/ledger"
)

// Observe tells the agents what a block did.
func (h *Host) Observe(c ledger.Committed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range c.Events {
		switch {
		case e.Reading != nil:
			if a := h.agents[e.Reading.Site]; a != nil {
				a.position.meter(e.Reading.Slot, e.Reading.Energy)
			}
			h.cfg.Forecast.Observe(e.Reading.Reading)
		case e.Order != nil:
			if a := h.agents[e.Order.Order.Site]; a != nil {
				a.taken(e.Order)
			}
		case e.Granted != nil:
			if a := h.agents[e.Granted.Mandate.Site]; a != nil {
				a.mandate = e.Granted.Mandate
			}
		case e.Revoked != nil:
			if a := h.agents[e.Revoked.Site]; a != nil && a.mandate.AgentKey == e.Revoked.AgentKey {
				a.withdrawn()
			}
		case e.Cleared != nil:
			h.observeClearing(e.Cleared)
		case e.Amended != nil:
			h.rules.Amend(*e.Amended)
		}
	}
}

func (h *Host) observeClearing(c *ledger.Cleared) {
	bought, sold := map[torg.SiteID][]torg.Contract{}, map[torg.SiteID][]torg.Contract{}
	for _, k := range c.Contracts {
		bought[k.BuyerSite] = append(bought[k.BuyerSite], k) // the supplier has no site
		sold[k.SellerSite] = append(sold[k.SellerSite], k)
	}
	for _, id := range h.sites {
		a := h.agents[id]
		a.learnPrice(torg.Buy, bought[id])
		a.learnPrice(torg.Sell, sold[id])
		for _, k := range bought[id] {
			a.position.contract(c.Slot, k.Energy)
		}
		for _, k := range sold[id] {
			a.position.contract(c.Slot, -k.Energy)
		}
		if c.Slot == h.slot {
			own := slices.Concat(bought[id], sold[id])
			a.mine = append(a.mine, own...)
			a.cleared[c.Discovery] = newOwnOutcome(a, c, own)
		}
	}
}

// Restore hands a site's agent what the ledger knows of a slot, after a restart.
func (h *Host) Restore(site torg.SiteID, slot torg.Slot, contracted torg.Energy, metered *torg.Energy) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.agents[site]
	if a == nil {
		return
	}
	if contracted != 0 {
		a.position.contracted[slot] = contracted
	}
	if metered != nil {
		a.position.meter(slot, *metered)
	}
}
