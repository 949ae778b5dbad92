package market_test

import (
	"fmt"

	"pgregory.net/rapid"

	"torg"
	"torg/market"
)

// drawBook draws a small book with many equal limits: energies and prices of one
// digit, so that margins, ties, full connections and empty sides are common.
func drawBook(t *rapid.T, wishes bool) market.Book {
	b := market.Book{Complex: drawComplex(t), Discovery: 1}
	n := rapid.IntRange(0, 12).Draw(t, "orders")
	for i := range n {
		side := torg.Side(rapid.IntRange(1, 2).Draw(t, "side"))
		o := torg.Order{
			ID: torg.OrderID(fmt.Sprintf("o%d", i)), Zone: "z1", Discovery: 1, Side: side,
			Participant: torg.ParticipantID(fmt.Sprintf("%s%d", side, rapid.IntRange(0, 5).Draw(t, "party"))),
			Energy:      torg.Energy(rapid.IntRange(1, 9).Draw(t, "energy")),
			Limit:       torg.Price(rapid.IntRange(-3, 9).Draw(t, "limit")),
			Source:      rapid.SampledFrom([]string{"", "sun", "coal"}).Draw(t, "source"),
		}
		if wishes {
			name := rapid.SampledFrom([]string{"sun", "coal", "buy0", "buy1", "sell0", "sell1", "sell2", "supplier"})
			o.Avoid = rapid.SliceOfN(name, 0, rapid.IntRange(0, 2).Draw(t, "avoids")).Draw(t, "avoid")
			o.Prefer = rapid.SliceOfN(name, 0, 2).Draw(t, "prefer")
		}
		b.Orders = append(b.Orders, o)
	}
	return b
}

func drawComplex(t *rapid.T) torg.Complex {
	c := torg.Complex{Zones: []torg.ZoneID{"z1"}, Pricing: rapid.SampledFrom([]torg.Pricing{torg.Split, torg.Uniform}).Draw(t, "pricing")}
	if rapid.Bool().Draw(t, "supplier") {
		buy := rapid.IntRange(-2, 6).Draw(t, "buys at")
		capacity := rapid.OneOf(rapid.Just(int64(torg.Unlimited)), rapid.Int64Range(0, 20))
		c.Supplier = &torg.Supplier{
			Participant: "supplier", Zone: "z1",
			Buy: torg.Price(buy), Sell: torg.Price(rapid.IntRange(buy, 9).Draw(t, "sells at")),
			Import: torg.Energy(capacity.Draw(t, "import")), Export: torg.Energy(capacity.Draw(t, "export")),
		}
	}
	return c
}

// revise draws what parties make of what the first discovery left them.
func revise(t *rapid.T, b market.Book, o market.Outcome) market.Book {
	second := market.Book{Complex: b.Complex, Used: o.Used, Discovery: 2}
	for _, u := range o.Unmatched {
		for _, x := range b.Orders {
			if x.ID != u.Order || rapid.Bool().Draw(t, "rests") {
				continue
			}
			x.Discovery = 2
			x.Energy = torg.Energy(rapid.Int64Range(1, int64(u.Energy)).Draw(t, "energy"))
			better := torg.Price(rapid.IntRange(0, 5).Draw(t, "better"))
			if x.Side == torg.Sell {
				better = -better
			}
			x.Limit += better
			second.Orders = append(second.Orders, x)
		}
	}
	return second
}
