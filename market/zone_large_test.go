package market_test

import (
	"fmt"
	"testing"

	"torg"
	"torg/market"
)

// A grid of 64 zones with the largest energies, limits, fees and capacities there are:
// every sum and product stays exact. The rules are checked with big integers.
func TestTheLargestGrid(t *testing.T) {
	b := oneZone()
	c := &b.Complex
	c.Zones = nil
	c.Supplier = &torg.Supplier{Participant: "supplier", Zone: "z07", Sell: torg.MaxPrice, Buy: torg.MinPrice, Import: torg.Unlimited, Export: 1<<63 - 1}
	capacities := []torg.Energy{torg.Unlimited, 1<<63 - 1, torg.MaxSessionEnergy, torg.MaxOrderEnergy, 1}
	fees := []torg.Price{0, torg.MaxPrice, 1, 50_000_000}
	join := func(i, j int) {
		n := len(c.Lines)
		c.Lines = append(c.Lines, torg.Line{From: c.Zones[i], To: c.Zones[j], Capacity: capacities[n%len(capacities)], Fee: fees[n%len(fees)]})
	}
	for i := range 64 {
		c.Zones = append(c.Zones, torg.ZoneID(fmt.Sprintf("z%02d", i)))
		if i > 0 {
			join(i-1, i)
		}
		if i >= 8 {
			join(i, i-8)
		}
		for k, limit := range []torg.Price{torg.MaxPrice, torg.MinPrice, torg.MaxPrice - 1, torg.MinPrice + torg.Price(i), 0} {
			side := torg.Side(1 + (i/3+k)%2)
			id := fmt.Sprintf("o%02d%d", i, k)
			x := order(id, id, side, torg.MaxOrderEnergy-torg.Energy(i*k), limit)
			x.Zone = c.Zones[i]
			b.Orders = append(b.Orders, x)
		}
	}
	keeps := func(b market.Book) {
		t.Helper()
		o := clear(t, b)
		if err := faults(b, o); err != nil {
			t.Fatal(err)
		}
		if err := verify(b, o); err != nil {
			t.Fatal(err)
		}
		if traded(o) < 30*torg.MaxOrderEnergy || len(o.Flows) < 8 {
			t.Fatalf("only %s traded over %d lines", traded(o), len(o.Flows))
		}
	}
	keeps(b)
	b.Complex.Pricing = torg.Uniform
	b.Discovery = 2
	for i := range b.Orders {
		b.Orders[i].Discovery = 2
	}
	b.Used = market.Usage{Lines: make([]torg.Energy, len(c.Lines)), Import: torg.MaxSessionEnergy}
	for i, l := range c.Lines {
		if l.Capacity == torg.Unlimited || l.Capacity >= torg.MaxSessionEnergy {
			b.Used.Lines[i] = []torg.Energy{1, -1, 0}[i%3] * torg.MaxSessionEnergy
		}
	}
	keeps(b)
}
