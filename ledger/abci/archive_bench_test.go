package abci

import (
	"io/fs"
	"path/filepath"
	"testing"

	"torg/ledger/archive"
)

// du is how many bytes the files in a folder have.
func du(b *testing.B, dir string) (n float64) {
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

// BenchmarkIdle measures what an hour of blocks in which nothing happens, one a second,
// takes on the disk: in the chain, which forgets it, and in the archive, which does not;
// and how fast such blocks are archived and verified.
func BenchmarkIdle(b *testing.B) {
	const hour = 3600.0
	cfg := testConfig(b, b.TempDir())
	cfg.Archive, cfg.Pause, cfg.Idle = "", 1, 2
	c := open(b, cfg)
	start(b, c)
	commitsTo(b, c, 400)
	if err := c.Stop(); err != nil {
		b.Fatal(err)
	}
	blocks := float64(c.Height())
	chain := map[string]float64{}
	for _, name := range []string{"blockstore.db", "state.db", "application.db", "evidence.db", "cs.wal"} {
		chain[name] = du(b, filepath.Join(cfg.Dir, "data", name)) / blocks * hour
	}
	var last *archive.Archive
	for b.Loop() {
		b.StopTimer()
		cfg.Archive = b.TempDir()
		b.StartTimer()
		stopped := open(b, cfg)
		last = stopped.blocks.archive
		if err := stopped.Stop(); err != nil {
			b.Fatal(err)
		}
	}
	for name, n := range chain {
		b.ReportMetric(n, name+"-bytes/h")
	}
	b.ReportMetric(du(b, cfg.Archive)/blocks*hour, "archive-bytes/h")
	b.ReportMetric(blocks*float64(b.N)/b.Elapsed().Seconds(), "archived-blocks/s")
	if last.Height() != int64(blocks)-1 {
		b.Fatalf("%d blocks of %g", last.Height(), blocks)
	}
	if err := last.Blocks(1, last.Height(), func(x archive.Block) error { _, err := x.Committed(); return err }); err != nil {
		b.Fatal(err)
	}
}
