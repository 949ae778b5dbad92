package torg_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"torg"
)

// ring is a supplier in a, and two ways to c: straight for 0.50, or over b for 0.40.
func ring() torg.Complex {
	return torg.Complex{
		Zones: []torg.ZoneID{"c", "b", "a", "island"},
		Lines: []torg.Line{
			{From: "b", To: "c", Capacity: 1, Fee: 30_000},
			{From: "a", To: "c", Capacity: torg.Unlimited, Fee: 50_000},
			{From: "b", To: "a", Capacity: 1, Fee: 10_000},
			{From: "a", To: "island", Capacity: 0, Fee: 10},
		},
		Supplier: &torg.Supplier{Participant: "supplier", Zone: "a"},
	}
}

func TestRoutesAreCheapest(t *testing.T) {
	r := ring().Routes()
	for zone, want := range map[torg.ZoneID]torg.Price{"a": 0, "b": 10_000, "c": 40_000, "island": 0} {
		if got := r.Fee(zone); got != want {
			t.Errorf("fee to %s is %s, want %s", zone, got, want)
		}
	}
	if _, reached := r["island"]; reached || len(r) != 3 {
		t.Errorf("routes %v lead over a line of no capacity", r)
	}
	c := ring()
	c.Supplier = nil
	if r := c.Routes(); len(r) != 0 || r.Fee("c") != 0 {
		t.Errorf("routes %v without a supplier", r)
	}
}

// On random grids, the cheapest fees are those of the best of all simple paths.
func TestRoutesOnRandomGrids(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		c := torg.Complex{Supplier: &torg.Supplier{Zone: "z0"}}
		for i := range 1 + random.IntN(6) {
			c.Zones = append(c.Zones, torg.ZoneID(fmt.Sprintf("z%d", i)))
			for j := range i {
				if random.IntN(2) == 0 {
					c.Lines = append(c.Lines, torg.Line{From: c.Zones[i], To: c.Zones[j],
						Capacity: torg.Energy(random.IntN(4) - 1), Fee: torg.Price(random.IntN(9))})
				}
			}
		}
		best := map[torg.ZoneID]torg.Price{}
		walk(c, "z0", 0, map[torg.ZoneID]bool{}, best)
		r := c.Routes()
		for _, z := range c.Zones {
			want, reached := best[z]
			if _, there := r[z]; r.Fee(z) != want || there != reached {
				t.Fatalf("%+v: fee to %s is %s (%v), want %s (%v)", c, z, r.Fee(z), there, want, reached)
			}
		}
	}
}

// walk tries every simple path.
func walk(c torg.Complex, at torg.ZoneID, fee torg.Price, seen map[torg.ZoneID]bool, best map[torg.ZoneID]torg.Price) {
	if b, there := best[at]; !there || fee < b {
		best[at] = fee
	}
	seen[at] = true
	for _, l := range c.Lines {
		for _, ends := range [][2]torg.ZoneID{{l.From, l.To}, {l.To, l.From}} {
			if l.Capacity != 0 && ends[0] == at && !seen[ends[1]] {
				walk(c, ends[1], fee+l.Fee, seen, best)
			}
		}
	}
	delete(seen, at)
}
