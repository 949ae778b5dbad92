package market_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"torg"
	"torg/market"
)

// A benchmark's book: n orders over a grid of a kind, with a supplier and plausible
// limits.
type benchKind struct {
	name  string
	zones int
	grid  string // alone, roomy, tree, mesh
	limit func(rng *rand.Rand) torg.Price
}

func anyLimit(rng *rand.Rand) torg.Price  { return torg.Price(110_000 + rng.IntN(610_000)) }
func sameLimit(rng *rand.Rand) torg.Price { return 450_000 }

var benchKinds = []benchKind{
	{"1 zone", 1, "alone", anyLimit},
	{"1 zone, equal limits", 1, "alone", sameLimit},
	{"64 zones with room", 64, "roomy", anyLimit},
	{"64 congested zones", 64, "tree", anyLimit},
	{"64 zones, full mesh", 64, "mesh", anyLimit},
	{"64 zones, full mesh, equal limits", 64, "mesh", sameLimit},
}

// benchComplex is a grid whose congested lines carry about a tenth of a zone's trade.
func benchComplex(k benchKind, n int, rng *rand.Rand) torg.Complex {
	c := torg.Complex{Pricing: torg.Split}
	for z := range k.zones {
		c.Zones = append(c.Zones, torg.ZoneID(fmt.Sprintf("z%d", z+1)))
	}
	c.Supplier = &torg.Supplier{Participant: "supplier", Zone: "z1", Sell: 720_000, Buy: 110_000, Import: torg.Unlimited, Export: 1_000_000}
	join := func(a, b int, capacity torg.Energy) {
		c.Lines = append(c.Lines, torg.Line{From: c.Zones[a], To: c.Zones[b], Capacity: capacity, Fee: torg.Price(5_000 + rng.IntN(40_000))})
	}
	share := max(n/k.zones*1500/10, 1)
	for z := 1; z < k.zones; z++ {
		switch k.grid {
		case "roomy":
			join(rng.IntN(z), z, torg.Unlimited)
		case "tree":
			join(rng.IntN(z), z, torg.Energy(rng.IntN(2*share)))
		case "mesh":
			for a := range z {
				join(a, z, torg.Energy(rng.IntN(max(share/8, 1))))
			}
		}
	}
	return c
}

// benchSheet draws ids in no order and every order of another participant, with
// limits that differ from zone to zone by up to 2 RUB/kWh.
func benchSheet(tb testing.TB, k benchKind, n int) *market.Sheet {
	rng := rand.New(rand.NewPCG(7, uint64(n)))
	c := benchComplex(k, n, rng)
	b, err := market.NewBuilder(c, market.Usage{}, 1)
	if err != nil {
		tb.Fatal(err)
	}
	tilt := make([]torg.Price, k.zones)
	for z := range tilt {
		if z > 0 && k.name != "64 zones, full mesh, equal limits" {
			tilt[z] = torg.Price(rng.IntN(200_000)) - 100_000
		}
	}
	for _, p := range rng.Perm(n) {
		id := fmt.Appendf(nil, "p%07d", p)
		z := rng.IntN(k.zones)
		r := market.Row{
			ID: id, Participant: id, Zone: []byte(c.Zones[z]), Side: torg.Side(1 + rng.IntN(2)),
			Energy: torg.Energy(1 + rng.IntN(3000)), Limit: k.limit(rng) + tilt[z],
		}
		if err := b.Add(r); err != nil {
			tb.Fatal(err)
		}
	}
	s, err := b.Sheet()
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// Clearing, reasons included; reading and the order of ids are BenchmarkEnter's.
func BenchmarkClear(b *testing.B) {
	for _, k := range benchKinds {
		for _, n := range []int{1_000, 10_000, 20_000, 100_000, 1_000_000} {
			b.Run(fmt.Sprintf("%s/%d", k.name, n), func(b *testing.B) {
				s := benchSheet(b, k, n)
				b.ReportAllocs()
				for b.Loop() {
					s.Clear()
				}
			})
		}
	}
}
