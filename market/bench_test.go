package market

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"torg"
)

// A benchmark's book: n orders over a grid of a kind, with a supplier and plausible
// limits.
type benchKind struct {
	name  string
	zones int
	grid  string // alone, roomy, tree, mesh, chain, star
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
	{"1024 zones in a chain", 1024, "chain", anyLimit},
	{"1024 zones in a star", 1024, "star", anyLimit},
}

// benchComplex is a grid whose congested lines carry about a tenth of a zone's trade. In
// chains and stars energy goes wherever it likes, at no fee, as far as it can.
func benchComplex(k benchKind, n int, rng *rand.Rand) torg.Complex {
	c := torg.Complex{Pricing: torg.Split}
	for z := range k.zones {
		c.Zones = append(c.Zones, torg.ZoneID(fmt.Sprintf("z%d", z+1)))
	}
	c.Supplier = &torg.Supplier{Participant: "supplier", Zone: "z1", Sell: 720_000, Buy: 110_000, Import: torg.Unlimited, Export: 1_000_000}
	join := func(a, b int, capacity torg.Energy) {
		c.Lines = append(c.Lines, torg.Line{From: c.Zones[a], To: c.Zones[b], Capacity: capacity, Fee: torg.Price(5_000 + rng.IntN(40_000))})
	}
	free := func(a, b int) {
		c.Lines = append(c.Lines, torg.Line{From: c.Zones[a], To: c.Zones[b], Capacity: torg.Unlimited})
	}
	share := max(n/k.zones*1500/10, 1)
	for z := 1; z < k.zones; z++ {
		switch k.grid {
		case "roomy":
			join(rng.IntN(z), z, torg.Unlimited)
		case "chain":
			free(z-1, z)
		case "star":
			free(0, z)
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

// benchRows draws ids in no order and every order of another participant, with limits
// that differ from zone to zone by up to 2 RUB/kWh.
func benchRows(k benchKind, n int) (torg.Complex, []Row) {
	rng := rand.New(rand.NewPCG(7, uint64(n)))
	c := benchComplex(k, n, rng)
	tilt := make([]torg.Price, k.zones)
	for z := range tilt {
		if z > 0 && !strings.HasSuffix(k.name, "equal limits") {
			tilt[z] = torg.Price(rng.IntN(200_000)) - 100_000
		}
	}
	rows := make([]Row, n)
	for i, p := range rng.Perm(n) {
		id, z := fmt.Appendf(nil, "p%07d", p), rng.IntN(k.zones)
		rows[i] = Row{
			ID: id, Participant: id, Zone: []byte(c.Zones[z]), Side: torg.Side(1 + rng.IntN(2)),
			Energy: torg.Energy(1 + rng.IntN(3000)), Limit: k.limit(rng) + tilt[z],
		}
	}
	return c, rows
}

func benchEnter(tb testing.TB, c torg.Complex, rows []Row) *Sheet {
	b, err := NewBuilder(c, Usage{}, 1)
	if err != nil {
		tb.Fatal(err)
	}
	for _, r := range rows {
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

func benchSheet(tb testing.TB, k benchKind, n int) *Sheet {
	c, rows := benchRows(k, n)
	return benchEnter(tb, c, rows)
}

var benchSizes = []int{1_000, 10_000, 20_000, 100_000, 1_000_000}

// Clearing, reasons included; reading and the order of ids are BenchmarkEnter's.
func BenchmarkClear(b *testing.B) {
	benchEach(b, func(b *testing.B, s *Sheet) {
		for b.Loop() {
			s.Clear()
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	benchEach(b, func(b *testing.B, s *Sheet) {
		r := s.Clear()
		for b.Loop() {
			if err := s.Verify(r); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// The phases of Clear, each in nanoseconds an operation. They are its steps called
// one by one.
func BenchmarkPhases(b *testing.B) {
	benchEach(b, func(b *testing.B, s *Sheet) {
		var spent [5]time.Duration
		for b.Loop() {
			at, last := 0, time.Now()
			lap := func() {
				now := time.Now()
				spent[at] += now.Sub(last)
				at, last = at+1, now
			}
			mem := takeScratch()
			quotes := s.quotes()
			curves := s.curves(quotes, mem)
			lap()
			f := s.between(quotes, curves)
			lap()
			r := s.complete(f, mem)
			lap()
			p := r.pair(false)
			lap()
			r.finish(p)
			mem.giveBack()
			lap()
		}
		for i, name := range []string{"sort", "flow", "accept+price", "share+pair", "rounds+reasons"} {
			b.ReportMetric(float64(spent[i].Nanoseconds())/float64(b.N), name+"-ns/op")
		}
	})
}

func benchEach(b *testing.B, run func(b *testing.B, s *Sheet)) {
	for _, k := range benchKinds {
		for _, n := range benchSizes {
			b.Run(fmt.Sprintf("%s/%d", k.name, n), func(b *testing.B) {
				s := benchSheet(b, k, n)
				b.ReportAllocs()
				run(b, s)
			})
		}
	}
}

// Every order avoids most of the sources of the others: hardly anybody may trade with
// anybody, and partners are looked for along chains.
func BenchmarkAvoids(b *testing.B) {
	for _, n := range []int{300, 1_000, 4_000, 20_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 2))
			c, rows := benchRows(benchKinds[1], n)
			for i := range rows {
				rows[i].Source = fmt.Appendf(nil, "s%d", rng.IntN(17))
				for k := range torg.MaxPreferences {
					if rng.IntN(8) > 0 {
						rows[i].Avoid = append(rows[i].Avoid, fmt.Sprintf("s%d", k))
					}
				}
			}
			s := benchEnter(b, c, rows)
			for b.Loop() {
				s.Clear()
			}
		})
	}
}

// Taking in rows that are read already: checks, names to numbers, ids in order.
func BenchmarkEnter(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c, rows := benchRows(benchKinds[0], n)
			b.ReportAllocs()
			for b.Loop() {
				benchEnter(b, c, rows)
			}
		})
	}
}
