package proof_test

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"

	"torg"
	"torg/ledger"
	"torg/ledger/abci"
	"torg/proof"
	"torg/proof/prooftest"
)

// BenchmarkArchive measures sessions of 20 sites that sign orders and statements: bytes
// for a contract in the chain, its state and the archive, and how fast the archive is
// verified.
func BenchmarkArchive(b *testing.B) {
	const sites, sessions = 20, 5
	m := prooftest.New(b, b.TempDir())
	m.Slot = m.Cal.At(m.Now()) + 1
	m.Open()
	for i := range sites {
		m.Admit(torg.ParticipantID(fmt.Sprintf("site-%02d", i)))
	}
	before := map[string]float64{}
	places := map[string]string{
		"blocks": filepath.Join(m.Dir, "data", "blockstore.db"), "results": filepath.Join(m.Dir, "data", "state.db"),
		"iavl": filepath.Join(m.Dir, "data", "application.db"), "archive": m.Archive,
	}
	for name, dir := range places {
		before[name] = folderSize(b, dir)
	}
	contracts, began := 0, m.Chain.Height()
	for range sessions {
		m.Open()
		orders := ledger.Orders{Slot: m.Slot, Discovery: 1}
		for i := range sites {
			side, limit := torg.Buy, torg.Price(8_00000)
			if i%2 == 1 {
				side, limit = torg.Sell, 3_00000
			}
			orders.Orders = append(orders.Orders, m.Order(torg.SiteID(fmt.Sprintf("site-%02d", i)), side, torg.Energy(5000+100*i), limit, 1).Orders...)
		}
		m.Commit(orders)
		m.Pass(m.Cal.GateClosure(m.Slot, 2))
		statements := ledger.Statements{Slot: m.Slot}
		for i := range sites {
			statements.Statements = append(statements.Statements, m.States(torg.SiteID(fmt.Sprintf("site-%02d", i)), false).Statements...)
		}
		m.Commit(statements)
		contracts += len(m.Contracts())
	}
	blocks := float64(m.Chain.Height() - began)
	if err := m.Chain.Stop(); err != nil {
		b.Fatal(err)
	}
	f, err := abci.OpenFolder(m.Dir, m.Archive)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	raw, err := f.Light(1)
	if err != nil {
		b.Fatal(err)
	}
	trust, err := abci.StateProof{Blocks: [][]byte{raw}}.Begins(prooftest.ChainID)
	if err != nil {
		b.Fatal(err)
	}
	var shown proof.Archived
	for b.Loop() {
		if shown, err = proof.VerifyArchive(f.Archive(), trust, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(shown.Blocks)*float64(b.N)/b.Elapsed().Seconds(), "blocks/s")
	b.ReportMetric(float64(shown.Whole)*float64(b.N)/b.Elapsed().Seconds(), "whole-blocks/s")
	for name, dir := range places {
		b.ReportMetric((folderSize(b, dir)-before[name])/float64(contracts), name+"-bytes/contract")
	}
	b.Logf("%d contracts in %g blocks of %d sessions; %+v", contracts, blocks, sessions, shown)
}

func folderSize(b *testing.B, dir string) (n float64) {
	b.Helper()
	if err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		n += float64(info.Size())
		return err
	}); err != nil {
		b.Fatal(err)
	}
	return n
}
