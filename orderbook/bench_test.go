package orderbook

import (
	"bytes"
	"context"
	"math/rand/v2"
	"testing"
)

const benchRows = 100_000

// BenchmarkRead reads a book from memory into the market.
func BenchmarkRead(b *testing.B) {
	text := []byte(head + randomOrders(rand.New(rand.NewPCG(1, 1)), benchRows))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Read(context.Background(), "o.csv", bytes.NewReader(text), twoZones(), nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*benchRows/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkParse is BenchmarkRead without the market.
func BenchmarkParse(b *testing.B) {
	text := []byte(head + randomOrders(rand.New(rand.NewPCG(1, 1)), benchRows))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		_, err := each(context.Background(), newScanner("o.csv", bytes.NewReader(text)), func(b *block) error { n += len(b.rows); return nil })
		if err != nil || n != benchRows {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(b.N)*benchRows/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkWrite writes what clearing a book made to disk.
func BenchmarkWrite(b *testing.B) {
	sheet := read(b, head+randomOrders(rand.New(rand.NewPCG(1, 1)), benchRows))
	result := sheet.Clear()
	dir := b.TempDir()
	for b.Loop() {
		if err := Write(context.Background(), dir, twoZones(), sheet, result); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*benchRows/b.Elapsed().Seconds(), "orders/s")
}
