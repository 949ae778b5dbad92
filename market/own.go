package market

import (
	"fmt"
	"math/bits"
	"slices"

	"torg"
)

// OwnPart is the small check that a party makes before it signs: whether what its
// order o got agrees with its limits, with its zone's published price z and with the
// published ends h of its side's curve. The trades are all those of o in that
// discovery. It sees no other order, so it finds a wrong share or price of one's
// own, not a curve that was made up: that takes Verify.
//
// An order with an avoid, or that may meet some only, may have lost a part to it, so it is only checked for not
// getting more than its share.
func OwnPart(c torg.Complex, o torg.Order, z ZonePrice, h Share, trades []torg.Trade) error {
	if h.Zone != o.Zone || h.Side != o.Side || (len(trades) > 0 || h.Accepted > 0) && z.Zone != o.Zone {
		return fmt.Errorf("order %s: the published price or share is another zone's or side's", o.ID)
	}
	at := slices.Index(c.Zones, o.Zone)
	if at < 0 {
		return fmt.Errorf("order %s: the complex has no zone %q", o.ID, o.Zone)
	}
	delivered := newGrid(c, Usage{}).deliveredTo(uint16(at))
	counted := countedLimit(c.Supplier, delivered, o.Side, o.Limit, z.Price)
	var got, inside torg.Energy
	for i, t := range trades {
		if err := ownTrade(c, o, z.Price, counted, t); err != nil {
			return fmt.Errorf("order %s: trade %d: %w", o.ID, i+1, err)
		}
		if t.Energy > o.Energy-got {
			return fmt.Errorf("order %s: more than its %d Wh is contracted", o.ID, o.Energy)
		}
		got += t.Energy
		if t.Round < 3 {
			inside += t.Energy
		}
	}
	if err := ownEnergy(o, h, got); err != nil {
		return err
	}
	if h.Accepted > 0 && !proRata(inside, h.Inside, got, h.Accepted) {
		return fmt.Errorf("order %s: %d of %d Wh inside, its zone's share is %d of %d", o.ID, inside, got, h.Inside, h.Accepted)
	}
	if h.Accepted > 0 && worse(o.Side, h.Last, z.Price) {
		return fmt.Errorf("zone %s: limit %s was accepted at price %s", z.Zone, h.Last, z.Price)
	}
	return nil
}

// ownTrade checks one trade of an order: side, limit and price. counted is the limit
// as far as it counts for sharing the gain.
func ownTrade(c torg.Complex, o torg.Order, zone, counted torg.Price, t torg.Trade) error {
	id, party, price, other, quote := t.BuyOrder, t.Buyer, t.BuyerPrice, t.Seller, t.SellerPrice
	if o.Side == torg.Sell {
		id, party, price, other, quote = t.SellOrder, t.Seller, t.SellerPrice, t.Buyer, t.BuyerPrice
	}
	switch {
	case id != o.ID || party != o.Participant || t.Energy <= 0:
		return fmt.Errorf("not a trade of this order")
	case worse(o.Side, o.Limit, price):
		return fmt.Errorf("price %s is beyond the limit %s", price, o.Limit)
	case names(o.Avoid, string(other), ""):
		return fmt.Errorf("with %s, whom the order avoids", other)
	case t.Round != 3 && !o.May(other):
		return fmt.Errorf("with %s, who is none of those that the order may meet", other)
	case t.Round == 3:
		return ownSupplier(c.Supplier, o, zone, price, other, quote)
	case t.Round != 1 && t.Round != 2:
		return fmt.Errorf("there is no round %d", t.Round)
	case c.Pricing == torg.Uniform && price != zone:
		return fmt.Errorf("price %s, the zone's is %s", price, zone)
	}
	// Split leaves each side at least half of what it gains at the zone's price.
	half := torg.FloorHalf(counted - zone)
	if c.Pricing == torg.Split && worse(o.Side, zone+half, price) {
		return fmt.Errorf("price %s leaves less than half of the gain at the zone's price %s", price, zone)
	}
	return nil
}

func ownSupplier(q *torg.Supplier, o torg.Order, zone, price torg.Price, other torg.ParticipantID, quote torg.Price) error {
	switch {
	case q == nil || other != q.Participant:
		return fmt.Errorf("%s is not the supplier", other)
	case price != zone:
		return fmt.Errorf("price %s with the supplier, the zone's is %s", price, zone)
	case o.Side == torg.Buy && quote != q.Sell || o.Side == torg.Sell && quote != q.Buy:
		return fmt.Errorf("%s is not the supplier's quote", quote)
	}
	return nil
}

// ownEnergy checks how much of the order was accepted.
func ownEnergy(o torg.Order, h Share, got torg.Energy) error {
	picks := len(o.Avoid)+len(o.Only) > 0
	switch {
	case got == 0 && picks:
		return nil
	case h.Accepted == 0 || worse(o.Side, o.Limit, h.Last):
		if got > 0 {
			return fmt.Errorf("order %s: %d Wh accepted beyond the margin", o.ID, got)
		}
	case o.Limit == h.Last && h.LastAccepted < h.LastOffered:
		if !picks && !proRata(got, h.LastAccepted, o.Energy, h.LastOffered) {
			return fmt.Errorf("order %s: %d of %d Wh at the margin, which has %d of %d", o.ID, got, o.Energy, h.LastAccepted, h.LastOffered)
		}
	case got < o.Energy && !picks:
		return fmt.Errorf("order %s: %d of %d Wh, though its limit is better than the margin", o.ID, got, o.Energy)
	}
	return nil
}

// worse says whether limit a gives the other side less than b does.
func worse(side torg.Side, a, b torg.Price) bool {
	return side == torg.Buy && a < b || side == torg.Sell && a > b
}

// proRata says whether part is total * of / all, rounded down or up.
func proRata(part, total, of, all torg.Energy) bool {
	hi, lo := bits.Mul64(uint64(total), uint64(of))
	if all <= 0 || hi >= uint64(all) {
		return false
	}
	q, r := bits.Div64(hi, lo, uint64(all))
	return part == torg.Energy(q) || r > 0 && part == torg.Energy(q)+1
}
