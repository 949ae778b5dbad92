package proof_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"torg"
	"torg/ledger/abci"
	"torg/ledger/archive"
	"torg/proof"
	"torg/proof/prooftest"
)

// trade runs a session of two parties, with statements, and returns their contract.
func trade(m *prooftest.Market) torg.ContractID {
	m.Open()
	m.Commit(m.Order("factory", torg.Buy, 5000, 8_00000, 1), m.Order("foundry", torg.Sell, 5000, 3_00000, 1))
	m.Pass(m.Cal.GateClosure(m.Slot, 2))
	m.Commit(m.States("factory", false))
	return m.Contracts()[[2]torg.ParticipantID{"factory", "foundry"}].ID
}

// TestPruned exports a contract whose blocks the chain has pruned, and verifies a proof
// that was exported before. Of the archive, every byte counts.
func TestPruned(t *testing.T) {
	t.Parallel()
	m := prooftest.Begin(t, t.TempDir(), 50*time.Hour, time.Hour)
	m.Slot = m.Cal.At(m.Now()) + 1
	m.Open()
	m.Admit("factory")
	m.Admit("foundry")
	var ids []torg.ContractID
	for range 3 {
		ids = append(ids, trade(m))
	}
	m.Open()
	traded := m.Chain.Height()
	before, trust, err := proof.NewIndex(m.Chain).Export(ids[1], 1)
	if err != nil {
		t.Fatal(err)
	}
	// A day and an hour later. Blocks are pruned by the dozen.
	m.Until("much is there to be pruned", func() bool { return m.Height > 80 })
	m.Pass(m.Now().Add(25 * time.Hour))
	m.Slot = m.Cal.At(m.Now()) + 1
	m.Commit(m.Mandate("factory", 1000), m.Mandate("foundry", 1000)) // the first have expired
	ids = append(ids, trade(m))
	m.Pass(m.Now().Add(2 * time.Hour))
	from := m.Chain.Height()
	m.Until("much was pruned", func() bool { return m.Height > from+400 || m.Chain.Pruned() >= traded })
	if m.Chain.Pruned() < traded {
		t.Fatalf("blocks up to %d are pruned, not up to %d", m.Chain.Pruned(), traded)
	}
	if _, err := proof.Verify(before, trust); err != nil {
		t.Errorf("exported before its blocks were pruned: %v", err)
	}
	export := func(where string, x *proof.Index) {
		for _, id := range ids {
			files, begins, err := x.Export(id, 1)
			if err != nil || begins != trust {
				t.Fatalf("%s: contract %s: %v", where, id, err)
			}
			for name, b := range before {
				if id == ids[1] && name != "proof.json" && !slices.Equal(files[name], b) {
					t.Errorf("%s: %s is another than before", where, name)
				}
			}
		}
	}
	export("pruned", proof.NewIndex(m.Chain))
	if err := m.Chain.Stop(); err != nil {
		t.Fatal(err)
	}

	f, err := abci.OpenFolder(m.Dir, m.Archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	export("stopped", proof.NewIndex(f))
	for what, chain := range map[string]*abci.Folder{"beside its chain": f, "alone": nil} {
		shown, err := proof.VerifyArchive(f.Archive(), trust, chain)
		if err != nil || shown.Contracts != 4 || shown.Sessions != 4 || shown.Blocks != f.Archived() {
			t.Fatalf("%s: %+v, %v", what, shown, err)
		}
		if want := map[bool]uint64{true: 4, false: 3}[chain != nil]; shown.Proven < want {
			t.Errorf("%s: %d of %d roots are proven, want %d", what, shown.Proven, shown.Sessions, want)
		}
	}
	t.Run("bytes", func(t *testing.T) { flipArchive(t, m.Archive, trust) })
	t.Run("forged", func(t *testing.T) { forgeArchive(t, f.Archive(), trust) })
}

// flipArchive changes bytes of every file, of which about forty each are tried, at
// even distances.
func flipArchive(t *testing.T, dir string, trust abci.Trust) {
	verify := func() error {
		a, err := archive.Open(dir)
		if err != nil {
			return err
		}
		_, err = proof.VerifyArchive(a, trust, nil)
		return err
	}
	if err := verify(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(files) < 6 {
		t.Fatalf("files %q: %v", files, err)
	}
	for _, path := range append(files, filepath.Join(dir, "genesis.json")) {
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, _ := filepath.Rel(dir, path)
		for i := 0; i < len(whole); i += 1 + len(whole)/40 {
			changed := bytes.Clone(whole)
			changed[i] ^= 1 << (i % 8)
			if err := os.WriteFile(path, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := verify(); err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s, byte %d: %v", name, i, err)
			}
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// forgeArchive changes a contract and writes all files anew, so that they fit: the log of
// session roots tells.
func forgeArchive(t *testing.T, a *archive.Archive, trust abci.Trust) {
	to, err := archive.Begin(filepath.Join(t.TempDir(), "archive"), a.Genesis())
	if err != nil {
		t.Fatal(err)
	}
	w, err := to.Writer()
	if err != nil {
		t.Fatal(err)
	}
	logs, err := a.Logs()
	if err != nil || len(logs) == 0 {
		t.Fatalf("%d days with a log: %v", len(logs), err)
	}
	changed := false
	if err := a.Blocks(1, a.Height(), func(b archive.Block) error {
		if day := w.Day(); day != "" && day != b.Day() {
			var log []byte
			if len(logs) > 0 && logs[0].Day == day {
				log, logs = logs[0].Text, logs[1:]
			}
			if err := w.CloseDay(log); err != nil {
				return err
			}
		}
		c, err := b.Committed()
		if err != nil {
			return err
		}
		for _, e := range c.Events {
			if e.Cleared != nil && len(e.Cleared.Contracts) > 0 && !changed {
				e.Cleared.Contracts[0].Energy++
				changed = true
				if b.Events, err = json.Marshal(c.Events); err != nil {
					return err
				}
			}
		}
		return w.Append(b)
	}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = proof.VerifyArchive(to, trust, nil)
	if !changed || err == nil || !strings.Contains(err.Error(), "session roots in the state is not the one") {
		t.Errorf("changed %v: %v", changed, err)
	}
}
