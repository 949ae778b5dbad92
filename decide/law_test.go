package decide

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"torg"
)

func drawQuantiles(t *rapid.T) [7]torg.Energy {
	q := rapid.SliceOfN(rapid.Int64Range(-1_000_000, 1_000_000), 7, 7).Draw(t, "quantiles")
	slices.Sort(q)
	var out [7]torg.Energy
	for i, e := range q {
		out[i] = torg.Energy(e)
	}
	return out
}

func drawPrice(t *rapid.T, name string, low, high torg.Price) torg.Price {
	return torg.Price(rapid.Int64Range(int64(low), int64(high)).Draw(t, name))
}

func drawEnergy(t *rapid.T, name string, low, high torg.Energy) torg.Energy {
	return torg.Energy(rapid.Int64Range(int64(low), int64(high)).Draw(t, name))
}

func drawSide(t *rapid.T) torg.Side {
	return rapid.SampledFrom([]torg.Side{torg.Buy, torg.Sell}).Draw(t, "side")
}

func drawSituation(t *rapid.T) Situation {
	s := Situation{
		Site: torg.SiteID(rapid.StringMatching(`[a-z0-9.-]{1,12}`).Draw(t, "site")), Participant: "p", Role: torg.Heating,
		Goal:      rapid.SampledFrom([]string{"", "cheapest", "greener", "reliable"}).Draw(t, "goal"),
		Strategy:  rapid.SampledFrom([]string{"", "default", "newsvendor", "cautious", "median", "other"}).Draw(t, "strategy"),
		Quantiles: drawQuantiles(t),
		Carry:     drawEnergy(t, "carry", -2_000_000, 2_000_000),
		Rest:      drawEnergy(t, "rest", -2_000_000, 2_000_000),
		Limits: torg.Limits{
			Buy: rapid.Bool().Draw(t, "may buy"), Sell: rapid.Bool().Draw(t, "may sell"),
			MaxEnergy: drawEnergy(t, "max energy", 0, 3_000_000),
			MaxBuy:    drawPrice(t, "max buy", torg.MinPrice, torg.MaxPrice), MinSell: drawPrice(t, "min sell", torg.MinPrice, torg.MaxPrice),
		},
	}
	s.Long = drawPrice(t, "long", torg.MinPrice, torg.MaxPrice)
	s.Short = drawPrice(t, "short", s.Long, torg.MaxPrice)
	if s.HasExpected = rapid.Bool().Draw(t, "has expected"); s.HasExpected {
		s.Expected = drawPrice(t, "expected", torg.MinPrice, torg.MaxPrice)
	}
	return s
}

func drawRefused(t *rapid.T) *Refused {
	return &Refused{
		Side: drawSide(t), Left: drawEnergy(t, "left", 1, 3_000_000), Limit: drawPrice(t, "refused limit", torg.MinPrice, torg.MaxPrice),
		Reason: torg.ReasonRationed, WouldTrade: drawPrice(t, "would trade", torg.MinPrice, torg.MaxPrice),
	}
}

// allows says whether the market and the mandate would take an order.
func allows(s Situation, discovery int, d Decision) error {
	o := torg.Order{
		ID: "o", Participant: s.Participant, Site: s.Site, Discovery: discovery,
		Side: d.Side, Energy: d.Energy, Limit: d.Limit, Prefer: d.Prefer,
	}
	if err := o.Valid(); err != nil {
		return err
	}
	now := time.Unix(0, 0)
	return torg.Mandate{Participant: s.Participant, Site: s.Site, Limits: s.Limits, Expires: now.Add(1)}.Allows(o, now)
}

func TestOrdersNeverLeaveTheLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSituation(t)
		for name, d := range map[string]Decision{"strategy": decideOne(t, 1, s), "safe default": Safe(1, s)} {
			if d.Reason == "" {
				t.Fatalf("%s: no reason", name)
			}
			if !d.Order {
				continue
			}
			if err := allows(s, 1, d); err != nil {
				t.Fatalf("%s: %+v: %v", name, d, err)
			}
			if d.Side == torg.Buy && d.Limit > s.Short || d.Side == torg.Sell && d.Limit < s.Long {
				t.Fatalf("%s: worse than the supplier: %+v", name, d)
			}
		}
	})
}

func TestRevisionsGoTowardsTradeOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSituation(t)
		s.Refused = drawRefused(t)
		d := decideOne(t, 2, s)
		if !d.Order {
			return
		}
		if err := allows(s, 2, d); err != nil {
			t.Fatalf("%+v: %v", d, err)
		}
		r := s.Refused
		if d.Side != r.Side || d.Energy > r.Left || d.Side == torg.Buy && d.Limit <= r.Limit || d.Side == torg.Sell && d.Limit >= r.Limit {
			t.Fatalf("%+v revises %+v", d, *r)
		}
	})
}

// A site that knows its interval, whatever it flips to within it, never pays more
// than the supplier alone would take for the interval's net energy, however much of
// its orders trades and at whatever prices between its own two. If all of them trade,
// nothing is left to settle.
func TestKnowingTheIntervalNeverCosts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Situation{
			Site: "s", Strategy: rapid.SampledFrom(Names()).Draw(t, "strategy"), Goal: rapid.SampledFrom([]string{"", "reliable"}).Draw(t, "goal"),
			Limits: torg.Limits{Buy: true, Sell: true, MaxEnergy: torg.MaxOrderEnergy, MaxBuy: torg.MaxPrice, MinSell: torg.MinPrice},
		}
		s.Long = drawPrice(t, "long", rub("-5"), rub("20"))
		s.Short = drawPrice(t, "short", s.Long, rub("20"))
		liquid := rapid.Bool().Draw(t, "liquid")
		if !liquid {
			s.Limits.MaxEnergy = drawEnergy(t, "max energy", 0, 2000)
		}
		energies := rapid.SliceOfN(rapid.Int64Range(-1000, 1000), 1, 12).Draw(t, "energies")
		var net torg.Energy
		for _, e := range energies {
			net += torg.Energy(e)
		}
		var paid torg.Cost
		var bought, before torg.Energy
		for _, e := range energies {
			now := torg.Energy(e)
			s.Quantiles = [7]torg.Energy{now, now, now, now, now, now, now}
			s.Carry, s.Rest = before-bought, net-before-now
			s.Refused = nil
			for discovery := 1; discovery <= 2; discovery++ {
				d := decideOne(t, discovery, s)
				if !d.Order {
					break
				}
				low, high := s.Long, d.Limit
				if d.Side == torg.Sell {
					low, high = d.Limit, s.Short
				}
				filled, price := d.Energy, drawPrice(t, "price", low, high)
				if !liquid {
					filled = drawEnergy(t, "filled", 0, d.Energy)
				}
				signed := filled
				if d.Side == torg.Sell {
					signed = -filled
				}
				bought += signed
				paid = paid.Add(signed.At(price))
				if filled == d.Energy {
					break
				}
				s.Carry -= signed
				s.Refused = &Refused{Side: d.Side, Left: d.Energy - filled, Limit: d.Limit}
			}
			before += now
		}
		settled := twoPrices(net-bought, s)
		if total, alone := paid.Add(settled), twoPrices(net, s); total.Cmp(alone) > 0 {
			t.Fatalf("%v: %s with the market, %s without", energies, total, alone)
		}
		if liquid && bought != net {
			t.Fatalf("%v: %d Wh are contracted, %d are needed", energies, bought, net)
		}
	})
}

func twoPrices(net torg.Energy, s Situation) torg.Cost {
	if net > 0 {
		return net.At(s.Short)
	}
	return net.At(s.Long)
}
