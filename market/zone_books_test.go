package market_test

import (
	"fmt"
	"math/rand/v2"

	"pgregory.net/rapid"

	"torg"
	"torg/market"
)

// drawZones draws a small book over one to five zones: trees, rings, islands, lines
// without a capacity or without a limit, fees that are often none, a supplier with
// limits both ways, and now and then what an earlier discovery holds. Energies and
// prices have one digit, so that margins, full lines and ties are common.
func drawZones(t *rapid.T, wishes bool) market.Book {
	b := drawOrders(t, drawGrid(t), wishes)
	stretch(&b, torg.Price(rapid.SampledFrom([]int{1, 1, 1, 11_000_000}).Draw(t, "price of 1")),
		torg.Energy(rapid.SampledFrom([]int{1, 1, 1, 1_111_111_111}).Draw(t, "energy of 1")))
	return b
}

// stretch makes the same book out of larger units, up to the largest legal numbers.
func stretch(b *market.Book, price torg.Price, energy torg.Energy) {
	capacity := func(e *torg.Energy) {
		if *e != torg.Unlimited {
			*e *= energy
		}
	}
	for i := range b.Orders {
		b.Orders[i].Limit *= price
		b.Orders[i].Energy *= energy
	}
	for i := range b.Complex.Lines {
		b.Complex.Lines[i].Fee *= price
		capacity(&b.Complex.Lines[i].Capacity)
	}
	for i := range b.Used.Lines {
		b.Used.Lines[i] *= energy
	}
	b.Used.Import *= energy
	b.Used.Export *= energy
	if q := b.Complex.Supplier; q != nil {
		q.Buy *= price
		q.Sell *= price
		capacity(&q.Import)
		capacity(&q.Export)
	}
}

// drawGrid draws a complex and what is used of it.
func drawGrid(t *rapid.T) market.Book {
	b := market.Book{Complex: drawComplex(t), Discovery: 1}
	c := &b.Complex
	for k := range rapid.IntRange(0, 4).Draw(t, "more zones") {
		c.Zones = append(c.Zones, torg.ZoneID(fmt.Sprintf("z%d", k+2)))
	}
	capacity := rapid.OneOf(rapid.Int64Range(1, 12), rapid.Int64Range(1, 12), rapid.Just(int64(torg.Unlimited)), rapid.Just(int64(0)))
	for i := range c.Zones {
		for j := range i {
			// A neighbour is joined more often than not, so that trees and chains are common.
			if rapid.IntRange(0, 9).Draw(t, "line") < []int{3, 7}[btoi(i == j+1)] {
				l := torg.Line{From: c.Zones[i], To: c.Zones[j], Capacity: torg.Energy(capacity.Draw(t, "capacity")),
					Fee: torg.Price(rapid.SampledFrom([]int{0, 0, 1, 1, 2, 4}).Draw(t, "fee"))}
				if rapid.Bool().Draw(t, "turned") {
					l.From, l.To = l.To, l.From
				}
				c.Lines = append(c.Lines, l)
			}
		}
	}
	c.Lines = rapid.Permutation(c.Lines).Draw(t, "lines")
	if c.Supplier != nil {
		c.Supplier.Zone = rapid.SampledFrom(c.Zones).Draw(t, "supplier in")
	}
	if rapid.IntRange(0, 3).Draw(t, "used") == 0 {
		drawUsed(t, &b)
	}
	return b
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// drawUsed draws what is held already: sometimes all of a line, never more.
func drawUsed(t *rapid.T, b *market.Book) {
	b.Discovery = 2
	part := func(capacity torg.Energy, name string) torg.Energy {
		if capacity == torg.Unlimited {
			capacity = 9
		}
		return torg.Energy(rapid.Int64Range(0, int64(capacity)).Draw(t, name))
	}
	for i := range b.Complex.Lines {
		held := part(b.Complex.Lines[i].Capacity, "held")
		b.Used.Lines = append(b.Used.Lines, held*torg.Energy(rapid.IntRange(-1, 1).Draw(t, "way")))
	}
	if s := b.Complex.Supplier; s != nil {
		switch rapid.IntRange(0, 2).Draw(t, "connection") {
		case 1:
			b.Used.Import = part(s.Import, "imported")
		case 2:
			b.Used.Export = part(s.Export, "exported")
		}
	}
}

// drawOrders fills a grid with up to 14 orders.
func drawOrders(t *rapid.T, b market.Book, wishes bool) market.Book {
	top := rapid.SampledFrom([]int{1, 4, 9}).Draw(t, "top") // with few prices most orders are at a margin
	for i := range rapid.IntRange(0, 14).Draw(t, "orders") {
		b.Orders = append(b.Orders, drawOrder(t, b, i, top, wishes))
	}
	return b
}

func drawOrder(t *rapid.T, b market.Book, i, top int, wishes bool) torg.Order {
	side := torg.Side(rapid.IntRange(1, 2).Draw(t, "side"))
	o := torg.Order{
		ID: torg.OrderID(fmt.Sprintf("o%02d", i)), Zone: rapid.SampledFrom(b.Complex.Zones).Draw(t, "zone"), Discovery: b.Discovery, Side: side,
		Participant: torg.ParticipantID(fmt.Sprintf("%s%d", side, rapid.IntRange(0, 5).Draw(t, "party"))),
		Energy:      torg.Energy(rapid.IntRange(1, 9).Draw(t, "energy")),
		Limit:       torg.Price(rapid.IntRange(-3, top).Draw(t, "limit")),
		Source:      rapid.SampledFrom([]string{"", "sun", "coal"}).Draw(t, "source"),
	}
	if wishes {
		name := rapid.SampledFrom([]string{"sun", "coal", "buy0", "buy1", "sell0", "sell1", "sell2", "supplier"})
		o.Avoid = rapid.SliceOfN(name, 0, rapid.IntRange(0, 2).Draw(t, "avoids")).Draw(t, "avoid")
		o.Prefer = rapid.SliceOfN(name, 0, 2).Draw(t, "prefer")
	}
	return o
}

// randomZones is drawZones without rapid's liking for little: as many zones, lines and
// orders as it says, so that flows of several origins meet and routes run short.
func randomZones(r *rand.Rand) market.Book {
	b := oneZone()
	c := &b.Complex
	capacity := func() torg.Energy {
		switch r.IntN(8) {
		case 0:
			return 0
		case 1:
			return torg.Unlimited
		}
		return torg.Energy(1 + r.IntN(15))
	}
	c.Pricing = []torg.Pricing{torg.Split, torg.Split, torg.Uniform}[r.IntN(3)]
	dense, fees, prices, energies := r.IntN(8), 1+r.IntN(4), 1+r.IntN(10), []int{3, 9, 40}[r.IntN(3)]
	for i := 1; i < 2+r.IntN(6); i++ {
		c.Zones = append(c.Zones, torg.ZoneID(fmt.Sprintf("z%d", i+1)))
		for j := range i {
			if r.IntN(10) < dense || j == i-1 {
				ends := []torg.ZoneID{c.Zones[i], c.Zones[j]}
				k := r.IntN(2)
				c.Lines = append(c.Lines, torg.Line{From: ends[k], To: ends[1-k], Capacity: capacity(), Fee: torg.Price(r.IntN(fees))})
			}
		}
	}
	if r.IntN(3) > 0 {
		buy := torg.Price(r.IntN(prices) - 2)
		c.Supplier = &torg.Supplier{Participant: "supplier", Zone: c.Zones[r.IntN(len(c.Zones))], Buy: buy, Sell: buy + torg.Price(r.IntN(5)),
			Import: capacity(), Export: capacity()}
	}
	for i := range 5 + r.IntN(25) {
		side := torg.Side(1 + r.IntN(2))
		o := order(fmt.Sprintf("o%02d", i), fmt.Sprintf("%s%d", side, r.IntN(9)), side, torg.Energy(1+r.IntN(energies)), torg.Price(r.IntN(prices)-2))
		o.Zone = c.Zones[r.IntN(len(c.Zones))]
		b.Orders = append(b.Orders, o)
	}
	return b
}
