package abci

import (
	"testing"
	"time"

	"torg/ledger"
)

// From a gate to the block that closes it, committed and handed to the watchers.
func BenchmarkPass(b *testing.B) {
	c := open(b, testConfig(b, b.TempDir()))
	start(b, c)
	for b.Loop() {
		if err := c.Pass(b.Context(), time.Now()); err != nil {
			b.Fatal(err)
		}
	}
}

// From a transaction to the block that has it, handed to the watchers.
func BenchmarkSubmit(b *testing.B) {
	c := open(b, testConfig(b, b.TempDir()))
	blocks := make(chan ledger.Committed, 1<<16)
	c.Watch(func(block ledger.Committed) { blocks <- block })
	start(b, c)
	commitAll(b, c, admitAll(b)...)
	for n := 0; b.Loop(); n++ {
		if err := c.Submit(b.Context(), deposit(b, "foundry", n+1)); err != nil {
			b.Fatal(err)
		}
		for paid := false; !paid; {
			block := <-blocks
			for _, e := range block.Events {
				paid = paid || e.Posting != nil
			}
		}
	}
}
