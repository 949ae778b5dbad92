package market

import "torg"

// Book is what one discovery of a session clears. The order of Orders means
// nothing: the outcome is a function of their set.
type Book struct {
	Complex   torg.Complex
	Orders    []torg.Order // all of one slot and of this discovery
	Used      Usage        // what earlier discoveries of the same slot hold already
	Discovery int          // 1: the sealed orders; 2: what was revised in round 2
}

// Usage is energy that discoveries of one slot hold on the grid. What is used one
// way has no capacity left the other way in that slot.
type Usage struct {
	Lines          []torg.Energy // net flow per line of Complex.Lines, plus is From to To; nil: none
	Import, Export torg.Energy   // on the connection, not negative, at most one of them positive
}

// Outcome is everything that a discovery decides.
type Outcome struct {
	Discovery int
	Prices    []ZonePrice // by zone, in the order of Complex.Zones; none for a zone without orders
	Shares    []Share     // the published ends of the curves: buyers and sellers of each zone with orders
	Flows     []Flow      // of this discovery, in the order of Complex.Lines
	Import    torg.Energy // of this discovery
	Export    torg.Energy // of this discovery

	// ImportFull and ExportFull say that all discoveries so far have used up what
	// capacity the connection has that way. A connection that has none is never full,
	// nor is one that is used the other way. Without a supplier both are false.
	ImportFull, ExportFull bool
	FullZones              []FullZone // zones that the supplier cannot reach with more, one way or both

	Trades    []torg.Trade // round 1 from the largest down, round 2, round 3 by order id
	Unmatched []Unmatched  // by order id: every order that is not wholly contracted
	Welfare   torg.Cost    // buyers' limits - sellers' limits - fees, the supplier at its quotes
	Network   torg.Cost    // what buyers pay minus what sellers get
	Used      Usage        // Book.Used and this discovery together
}

// ZonePrice is a zone's equilibrium price and the two ends it lies between.
type ZonePrice struct {
	Zone                  torg.ZoneID
	Price                 torg.Price // the midpoint, rounded towards minus infinity; the only end where there is one
	Lowest, Highest       torg.Price
	HasLowest, HasHighest bool
}

// Share is what one side of a zone got. With the zone's price it is all that a
// party needs to check its own part of the outcome.
type Share struct {
	Zone         torg.ZoneID
	Side         torg.Side
	Offered      torg.Energy // by orders that took part, without what their avoids took out
	Accepted     torg.Energy
	Inside       torg.Energy // of the accepted, contracted with participants; the rest is the supplier's
	Last         torg.Price  // the worst limit that was accepted, where Accepted is positive
	LastOffered  torg.Energy // offered at that limit
	LastAccepted torg.Energy // accepted at that limit: shared pro rata
}

// Flow is the net energy that a line carries from one zone to another, positive.
type Flow struct {
	From, To torg.ZoneID
	Energy   torg.Energy
}

// FullZone is a zone that the connection or a full line cuts off from the supplier:
// In where no more energy can reach it, Out where no more can leave it.
type FullZone struct {
	Zone    torg.ZoneID
	In, Out bool
}

// Unmatched is what is left of an order and why.
type Unmatched struct {
	Order  torg.OrderID
	Energy torg.Energy // what is left, positive
	Reason torg.Reason
	// HasBest says whether some limit would have traded (more). It is false where the
	// other side is absent, and for what an order's own avoid took out.
	HasBest    bool
	Best       torg.Price // the price that was available
	WouldTrade torg.Price // the nearest limit that would have traded; beyond the price where that was rationed
}
