package market_test

import (
	"fmt"
	"math/big"

	"torg"
)

// sum is exact money: energies times prices.
type sum struct{ big.Int }

func (s *sum) add(e torg.Energy, p torg.Price) {
	s.Add(&s.Int, new(big.Int).Mul(big.NewInt(int64(e)), big.NewInt(int64(p))))
}

// money: prices follow from limits and zones, a contract's gap is its zones', and what
// buyers pay beyond what sellers get covers the fees, exactly as published.
func (a *audit) money() error {
	var network, welfare, fees sum
	for _, t := range a.o.Trades {
		buyer, seller := a.fairPrices(t)
		if t.BuyerPrice != buyer || t.SellerPrice != seller {
			return fmt.Errorf("prices of %+v: want %s and %s", t, buyer, seller)
		}
		way, ok := a.fees[t.SellerZone][t.BuyerZone]
		if !ok || t.BuyerPrice-t.SellerPrice < way {
			return fmt.Errorf("%+v leaves less than the fees of %s", t, way)
		}
		network.add(t.Energy, t.BuyerPrice)
		network.add(-t.Energy, t.SellerPrice)
		// What it is worth: the parties' limits, the supplier's quotes.
		bid, ask := t.BuyerPrice, t.SellerPrice
		if t.BuyOrder != "" {
			bid = a.orders[t.BuyOrder].Limit
		}
		if t.SellOrder != "" {
			ask = a.orders[t.SellOrder].Limit
		}
		welfare.add(t.Energy, bid)
		welfare.add(-t.Energy, ask)
	}
	for i, l := range a.b.Complex.Lines {
		fees.add(a.flow[i].Abs(), l.Fee)
		welfare.add(-a.flow[i].Abs(), l.Fee)
	}
	switch {
	case network.Cmp(a.o.Network.Big()) != 0:
		return fmt.Errorf("network %s, contracts leave %s", a.o.Network.Big(), &network.Int)
	case network.Cmp(&fees.Int) < 0:
		return fmt.Errorf("network %s does not cover the fees of %s", &network.Int, &fees.Int)
	case welfare.Cmp(a.o.Welfare.Big()) != 0:
		return fmt.Errorf("welfare %s, contracts say %s", a.o.Welfare.Big(), &welfare.Int)
	}
	return nil
}

// fairPrices are what a contract's buyer pays and its seller gets.
func (a *audit) fairPrices(t torg.Trade) (buyer, seller torg.Price) {
	c, q := a.b.Complex, a.b.Complex.Supplier
	buyer, seller = a.prices[t.BuyerZone].Price, a.prices[t.SellerZone].Price
	switch {
	case t.BuyOrder == "":
		return q.Buy, seller
	case t.SellOrder == "":
		return buyer, q.Sell
	case c.Pricing == torg.Uniform:
		return buyer, seller
	}
	bid, ask := a.orders[t.BuyOrder].Limit, a.orders[t.SellOrder].Limit
	if q != nil {
		if way, ok := a.fees[q.Zone][t.BuyerZone]; ok && q.Import != 0 {
			bid = min(bid, max(buyer, q.Sell+way))
		}
		if way, ok := a.fees[q.Zone][t.SellerZone]; ok && q.Export != 0 {
			ask = max(ask, min(seller, q.Buy-way))
		}
	}
	shift := torg.Price(floorDiv2(int64(bid-buyer) - int64(seller-ask)))
	return buyer + shift, seller + shift
}
