package proof

import (
	"torg"
)

// side is one of a contract's two sides; its name begins the names of its files.
type side struct {
	name  string
	buyer bool
}

var sides = []side{{"buyer", true}, {"seller", false}}

// of returns the side's site and order; both are empty where it is the supplier's.
func (s side) of(c torg.Contract) (torg.SiteID, torg.OrderID) {
	if s.buyer {
		return c.BuyerSite, c.BuyOrder
	}
	return c.SellerSite, c.SellOrder
}

// partner is who has the other side.
func (s side) partner(c torg.Contract) torg.ParticipantID {
	if s.buyer {
		return c.Seller
	}
	return c.Buyer
}

// order is what the contract needs the side's order to be, at the worst limit and the
// least energy.
func (s side) order(c torg.Contract) torg.Order {
	if s.buyer {
		return torg.Order{
			ID: c.BuyOrder, Participant: c.Buyer, Site: c.BuyerSite, Zone: c.BuyerZone, Slot: c.Slot,
			Discovery: c.Discovery, Side: torg.Buy, Energy: c.Energy, Limit: c.BuyerPrice,
		}
	}
	return torg.Order{
		ID: c.SellOrder, Participant: c.Seller, Site: c.SellerSite, Zone: c.SellerZone, Slot: c.Slot,
		Discovery: c.Discovery, Side: torg.Sell, Energy: c.Energy, Limit: c.SellerPrice,
	}
}

// file names one of the side's files.
func (s side) file(name string) string { return s.name + "." + name }
