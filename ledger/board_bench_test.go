package ledger_test

import (
	"fmt"
	"testing"

	"torg"
	"torg/ledger"
)

// Concluding, signed by both at once, beside 1,000 contracts on the same line: how long a
// block of 500 takes, for each contract.
func BenchmarkConclude(b *testing.B) {
	for _, steps := range []int{1, 96} {
		b.Run(fmt.Sprintf("%d steps", steps), func(b *testing.B) {
			w, blocked := manyForwards(b, 1000, 500, steps)
			for b.Loop() {
				r := w.l.Apply(blocked)
				w.l.Discard()
				for _, code := range r.Codes {
					if code != "" {
						b.Fatal(code)
					}
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/500*1e6, "µs/contract")
		})
	}
}

// manyForwards opens a chain with contracts on one line, and a block that concludes more.
func manyForwards(t testing.TB, open, more, steps int) (*bench, ledger.Block) {
	g := twoZones()
	g.Complex.Lines[0].Capacity = 1_000_000 * kWh
	b := newBench(t, g)
	var bodies []ledger.Body
	for i := range 20 {
		bodies = append(bodies, in("z2", admit(fmt.Sprintf("s%02d", i), 1_000_000_000, "base"))...)
		bodies = append(bodies, admit(fmt.Sprintf("b%02d", i), 1_000_000_000, "base")...)
	}
	b.block(b.at(0, 0), bodies...)
	contract := func(i int) ledger.Body {
		var parts []any
		for k := range steps {
			parts = append(parts, 1+k%3, torg.Energy(1000+k%2), "3")
		}
		f := b.forward(i/20+1, fmt.Sprintf("b%02d", i%20), fmt.Sprintf("s%02d", i/3%20), b.steps(2+i%500, parts...))
		return b.conclude(f, torg.Buy, torg.Sell)
	}
	for i := 0; i < open; i += 500 {
		var list []ledger.Body
		for k := i; k < i+500; k++ {
			list = append(list, contract(k))
		}
		b.block(b.at(0, 0.1), list...)
	}
	var txs [][]byte
	for k := open; k < open+more; k++ {
		txs = append(txs, b.encode(contract(k)))
	}
	return b, ledger.Block{Height: b.height + 1, Time: b.at(0, 0.2), Txs: txs}
}

// A session's opening with 1,000 active contracts, all in its slot.
func BenchmarkOpenForwards(b *testing.B) {
	w, _ := manyForwards(b, 1000, 0, 96)
	block := ledger.Block{Height: w.height + 1, Time: w.at(600, 0)}
	for b.Loop() {
		w.l.Apply(block)
		w.l.Discard()
	}
}

// A block of 40 orders in a session with 2,000 active contracts, all of later slots.
func BenchmarkOrdersBesideForwards(b *testing.B) {
	w, _ := manyForwards(b, 2000, 0, 96)
	body := ledger.Orders{Slot: w.slot(1), Discovery: 1}
	w.block(w.at(1, 0.1))
	for i := range 20 {
		for zone, name := range map[torg.ZoneID]string{"z2": fmt.Sprintf("s%02d", i), "z1": fmt.Sprintf("b%02d", i)} {
			o := w.order(1, 1, name, torg.Buy, kWh, "5")
			o.Zone = zone
			body.Orders = append(body.Orders, ledger.SignedOrder{Order: o})
		}
	}
	block := ledger.Block{Height: w.height + 1, Time: w.at(1, 0.2), Txs: [][]byte{w.encode(body)}}
	for b.Loop() {
		if r := w.l.Apply(block); r.Codes[0] != "" {
			b.Fatal(r.Codes)
		}
		w.l.Discard()
	}
}
