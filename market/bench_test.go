package market_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"torg"
	"torg/market"
)

// benchBook is a book of n orders with a supplier and plausible limits.
func benchBook(n int) market.Book {
	rng := rand.New(rand.NewPCG(7, uint64(n)))
	b := oneZone()
	b.Complex.Supplier = &torg.Supplier{Participant: "supplier", Zone: "z1", Sell: 720_000, Buy: 110_000, Import: torg.Unlimited, Export: 1_000_000}
	b.Orders = make([]torg.Order, n)
	for i := range b.Orders {
		id := fmt.Sprintf("p%07d", i)
		b.Orders[i] = order(id, id, torg.Side(1+rng.IntN(2)), torg.Energy(1+rng.IntN(3000)), torg.Price(110_000+rng.IntN(610_000)))
		b.Orders[i].Source = []string{"", "solar", "chp"}[rng.IntN(3)]
	}
	rng.Shuffle(n, func(i, j int) { b.Orders[i], b.Orders[j] = b.Orders[j], b.Orders[i] })
	return b
}

func BenchmarkClear(b *testing.B) {
	for _, n := range []int{20, 1_000, 20_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { benchClear(b, benchBook(n)) })
	}
}

// A third of the orders avoid a source and another third prefers one.
func BenchmarkClearWithWishes(b *testing.B) {
	for _, n := range []int{1_000, 20_000} {
		book := benchBook(n)
		for i := range book.Orders {
			switch i % 3 {
			case 0:
				book.Orders[i].Avoid = []string{"chp"}
			case 1:
				book.Orders[i].Prefer = []string{"solar"}
			}
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) { benchClear(b, book) })
	}
}

func benchClear(b *testing.B, book market.Book) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := market.Clear(book); err != nil {
			b.Fatal(err)
		}
	}
}
