package ledger_test

import (
	"fmt"
	"testing"

	"torg"
	"torg/ledger"
)

// manySites opens an unsigned chain with n participants of one site each.
func manySites(t testing.TB, n int) *bench {
	b := newBench(t, genesis())
	var bodies []ledger.Body
	for i := range n {
		bodies = append(bodies, admit(fmt.Sprintf("p%05d", i), 1_000_000, "base")...)
	}
	b.block(b.at(0, 0), bodies...)
	return b
}

// session makes the blocks of one whole session of n sites: bands, orders,
// gates, statements and readings.
func (b *bench) session(slot, n int) {
	orders := make([]torg.Order, n)
	bands := ledger.Bands{Slot: b.slot(slot)}
	readings := ledger.Readings{Slot: b.slot(slot - 2)}
	for i := range n {
		name := fmt.Sprintf("p%05d", i)
		side, limit := torg.Buy, fmt.Sprintf("%d.%03d", 4+i%4, (i*slot+i)%200)
		if i%2 == 1 {
			side, limit = torg.Sell, fmt.Sprintf("%d.%03d", 2+i%3, (i*slot+i)%1000)
		}
		orders[i] = b.order(slot, 1, name, side, torg.Energy(1000+i%77*100), limit)
		bands.Bands = append(bands.Bands, ledger.Band{Site: torg.SiteID(name), Low: -10_000, High: 10_000})
		readings.Readings = append(readings.Readings, torg.Reading{Site: torg.SiteID(name), Slot: b.slot(slot - 2), Energy: 900, Quality: torg.Measured})
	}
	if slot > 1 {
		b.block(b.at(slot, 0), readings)
	}
	b.block(b.at(slot, 0.1), bands)
	for len(orders) > 0 {
		k := min(len(orders), 1000)
		b.block(b.at(slot, 0.2), b.orders(orders[:k]...))
		orders = orders[k:]
	}
	b.block(b.at(slot, 0.5), ledger.Tick{Slot: b.slot(slot)})
	b.block(b.at(slot, 0.75), ledger.Tick{Slot: b.slot(slot), Attempt: 1})
	statements := ledger.Statements{Slot: b.slot(slot)}
	v := b.l.View()
	for _, s := range v.Sites() {
		if root, ok := v.StatementRoot(s.ID, b.slot(slot)); ok {
			statements.Statements = append(statements.Statements, ledger.SignedStatement{Site: s.ID, Root: root})
		}
	}
	if n <= ledger.MaxOrders && len(statements.Statements) > 0 {
		b.block(b.at(slot, 0.8), statements)
	}
}

// A whole session, from bands to readings, unsigned.
func BenchmarkSession(b *testing.B) {
	for _, n := range []int{20, 1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			w := manySites(b, n)
			slot := 0
			for b.Loop() {
				w.session(slot, n)
				w.blocks, w.events = nil, nil
				slot++
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "orders/s")
		})
	}
}

// One block with a batch of orders, applied and not committed.
func BenchmarkApplyOrders(b *testing.B) {
	for _, n := range []int{20, 1_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			w := manySites(b, n)
			orders := make([]torg.Order, n)
			for i := range orders {
				orders[i] = w.order(0, 1, fmt.Sprintf("p%05d", i), torg.Buy, kWh, "5")
			}
			block := ledger.Block{Height: w.height + 1, Time: w.at(0, 0.1), Txs: [][]byte{w.encode(w.orders(orders...))}}
			for b.Loop() {
				w.l.Apply(block)
				w.l.Discard()
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "orders/s")
		})
	}
}
