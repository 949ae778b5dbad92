package ledger

import (
	"time"

	"torg"
)

// PriceList tells what the supplier alone would charge: the prices of deviations and of
// what a site's bill would be without a market.
type PriceList struct {
	complex  torg.Complex
	calendar torg.Calendar
	tariffs  []torg.Tariff
	routes   torg.Routes
}

// PriceList returns the chain's.
func (g Genesis) PriceList() PriceList {
	return PriceList{g.Complex, g.Calendar, g.Tariffs, g.Complex.Routes()}
}

// Class returns the supplier's two prices for a site in a slot, delivered to its zone:
// its tariff class's, or the complex's quotes where it has none, and the cheapest fees
// on the way to the supplier's zone, which consumption pays on top and what flows back
// pays out of its price.
func (l PriceList) Class(site torg.Site, s torg.Slot) (sell, buy torg.Price) {
	if q := l.complex.Supplier; q != nil {
		sell, buy = q.Sell, q.Buy
	}
	if site.Tariff != "" {
		start, since := l.calendar.Start(s), time.Time{}
		for _, t := range l.tariffs {
			if t.ID == site.Tariff && !t.From.After(start) && !t.From.Before(since) {
				sell, buy, since = t.Sell, t.Buy, t.From
			}
		}
	}
	fee := l.routes.Fee(site.Zone)
	return sell + fee, buy - fee
}

// Fee is the cheapest fees between a zone and the supplier's, per kWh; 0 where no line
// leads there.
func (l PriceList) Fee(z torg.ZoneID) torg.Price { return l.routes.Fee(z) }
