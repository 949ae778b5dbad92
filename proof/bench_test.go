package proof_test

import (
	"testing"

	"torg"
	"torg/proof"
	"torg/proof/prooftest"
)

// BenchmarkExport measures the first export after a start, which reads the whole chain,
// and one after it.
func BenchmarkExport(b *testing.B) {
	m := prooftest.New(b, b.TempDir())
	m.Slot = m.Cal.At(m.Now()) + 1
	m.Open()
	m.Admit("factory")
	m.Admit("foundry")
	for range 10 {
		m.Open()
		m.Commit(m.Order("factory", torg.Buy, 5000, 8_00000, 1), m.Order("foundry", torg.Sell, 5000, 3_00000, 1))
		m.Pass(m.Cal.GateClosure(m.Slot, 2))
	}
	id := m.Contracts()[[2]torg.ParticipantID{"factory", "foundry"}].ID
	m.Open()
	export := func(b *testing.B, x *proof.Index) {
		if _, _, err := x.Export(id, 1); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("first", func(b *testing.B) {
		blocks := m.Chain.Height()
		for b.Loop() {
			export(b, proof.NewIndex(m.Chain))
		}
		b.ReportMetric(float64(blocks)*float64(b.N)/b.Elapsed().Seconds(), "blocks/s")
	})
	b.Run("next", func(b *testing.B) {
		x := proof.NewIndex(m.Chain)
		for b.Loop() {
			export(b, x)
		}
	})
}
