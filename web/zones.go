package web

import (
	"slices"

	"torg"
	"torg/record"
)

// Zoned says that the complex has a grid of several zones.
func (p *page) Zoned() bool { return len(p.Now.Zones) > 1 }

// ZoneName returns what people call a zone: its id where it has no name.
func (p *page) ZoneName(id torg.ZoneID) string {
	switch n, ok := p.site.ZoneNames[id]; {
	case ok && p.Lang == "en" && n.EN != "":
		return n.EN
	case ok && n.RU != "":
		return n.RU
	}
	return string(id)
}

// zone is the viewer's, by the first site; empty for the operator.
func (p *page) zone() torg.ZoneID {
	if len(p.Viewer.Sites) > 0 {
		return p.Viewer.Sites[0].Zone
	}
	return ""
}

// livesIn says whether a site of the viewer is in the zone.
func (p *page) livesIn(z torg.ZoneID) bool {
	return slices.ContainsFunc(p.Viewer.Sites, func(s record.Site) bool { return s.Zone == z })
}

// zoneOf is a site's zone.
func (p *page) zoneOf(id torg.SiteID) torg.ZoneID {
	s, _ := p.place(id)
	return s.Zone
}

// spread prints the price of a session's first discovery: the owner's zone's, or for
// the operator those of all zones.
func (p *page) spread(prices []record.Price) string {
	if p.zone() == "" {
		return p.everywhere(prices)
	}
	for _, x := range prices {
		if x.Discovery == 1 && x.Zone == p.zone() {
			return p.Price(x.Price)
		}
	}
	return "—"
}

// everywhere prints the prices of a session's first discovery from the lowest to the
// highest.
func (p *page) everywhere(prices []record.Price) string {
	var all []torg.Price
	for _, x := range prices {
		if x.Discovery == 1 {
			all = append(all, x.Price)
		}
	}
	if len(all) == 0 {
		return "—"
	}
	low, high := slices.Min(all), slices.Max(all)
	if low == high {
		return p.Price(low)
	}
	return p.Price(low) + " … " + p.Price(high)
}

// quotes are the supplier's two prices as delivered to a zone, with the cheapest
// fees on the way; nil in an islanded complex. Of no zone in particular: as quoted.
func (p *page) quotes(zone torg.ZoneID) *record.SupplierQuotes {
	q := p.Now.Supplier
	if q == nil || zone == "" || zone == q.Zone || !p.Zoned() {
		return q
	}
	c := torg.Complex{Zones: p.Now.Zones, Lines: p.Now.Lines, Supplier: &torg.Supplier{Zone: q.Zone}}
	fee := c.Routes().Fee(zone)
	return &record.SupplierQuotes{ID: q.ID, Zone: zone, Sell: q.Sell + fee, Buy: q.Buy - fee}
}

// delivered is the key of a quote: its words say so where it holds fees.
func (p *page) delivered(key string, q *record.SupplierQuotes) string {
	if p.Now.Supplier != nil && q.Sell != p.Now.Supplier.Sell {
		return key + ".there"
	}
	return key
}
