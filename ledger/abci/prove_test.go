package abci

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"torg/ledger"
)

// foundryKeys are the records that these tests look at.
func foundryKeys() [][]byte { return [][]byte{ledger.LogKey(), ledger.OwnerKey("foundry")} }

// proven is a chain with participants, and a proof of two records from header 1.
func proven(t testing.TB) (*Chain, StateProof, Trust) {
	t.Helper()
	c := open(t, testConfig(t, t.TempDir()))
	start(t, c)
	commitAll(t, c, admitAll(t)...)
	commitAll(t, c) // and a header after them
	p, err := c.Prove(1, foundryKeys()...)
	if err != nil {
		t.Fatal(err)
	}
	trust, err := p.Begins("test")
	if err != nil {
		t.Fatal(err)
	}
	return c, p, trust
}

func TestProve(t *testing.T) {
	t.Parallel()
	c, p, trust := proven(t)
	shown, err := p.Verify("test", trust, foundryKeys()...)
	if err != nil || shown.Height < 3 || len(p.Blocks) != 2 {
		t.Fatalf("%+v, %v", shown, err)
	}
	if log, err := ledger.ParseLog(shown.Records[0]); err != nil || log.Size() != 0 {
		t.Errorf("log of %d: %v", log.Size(), err)
	}
	if keys, err := ledger.ParseOwners(shown.Records[1]); err != nil || len(keys) != 1 || len(keys[0]) != 0 { // an unsigned chain
		t.Errorf("keys %x: %v", keys, err)
	}
	for what, try := range map[string]func() error{
		"a participant that is not there": func() error { _, err := c.Prove(1, ledger.OwnerKey("nobody")); return err },
		"a header 0":                      func() error { _, err := c.Prove(0); return err },
		"a header to come":                func() error { _, err := c.Prove(c.Height() + 1000); return err },
		"another chain's id":              func() error { _, err := p.Verify("other", trust, foundryKeys()...); return err },
		"other keys": func() error {
			_, err := p.Verify("test", trust, slices.Insert(foundryKeys()[:1], 0, ledger.OwnerKey("factory"))...)
			return err
		},
		"keys in another order": func() error {
			k := foundryKeys()
			slices.Reverse(k)
			_, err := p.Verify("test", trust, k...)
			return err
		},
		"fewer keys": func() error { _, err := p.Verify("test", trust, ledger.LogKey()); return err },
		"a record with a field more": func() error {
			q := p
			q.Records = [][]byte{append(slices.Clone(p.Records[0]), 0x78, 1), p.Records[1]}
			_, err := q.Verify("test", trust, foundryKeys()...)
			return err
		},
		"a block with a field more": func() error {
			return changed(p, func(b [][]byte) { b[1] = append(slices.Clone(b[1]), 0x78, 1) }, trust)
		},
		"no blocks": func() error {
			_, err := StateProof{Records: p.Records}.Verify("test", trust, foundryKeys()...)
			return err
		},
		"no start":                func() error { _, err := StateProof{}.Begins("test"); return err },
		"blocks in another order": func() error { return changed(p, func(b [][]byte) { slices.Reverse(b) }, trust) },
		"the first block alone":   func() error { return changed(p, func(b [][]byte) { b[1] = b[0] }, trust) },
	} {
		if err := try(); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}

// changed verifies a proof with other blocks.
func changed(p StateProof, change func([][]byte), trust Trust) error {
	p.Blocks = slices.Clone(p.Blocks)
	change(p.Blocks)
	_, err := p.Verify("test", trust, foundryKeys()...)
	return err
}

// A chain of the same name with another validator does not follow from our header,
// however well it is signed.
func TestProofOfAnotherChain(t *testing.T) {
	t.Parallel()
	_, ours, trust := proven(t)
	_, theirs, other := proven(t)
	if _, err := theirs.Verify("test", other, foundryKeys()...); err != nil {
		t.Fatal(err)
	}
	mixed := StateProof{Records: theirs.Records, Blocks: [][]byte{ours.Blocks[0], theirs.Blocks[1]}}
	if _, err := mixed.Verify("test", trust, foundryKeys()...); err == nil || !strings.Contains(err.Error(), "light block 2") {
		t.Errorf("their block after ours: %v", err)
	}
}

// A chain on which nothing happens keeps its head beside the tree, and its records are
// proven as ever; so are those of a chain that does not run.
func TestProveWhileIdle(t *testing.T) {
	t.Parallel()
	c, before, trust := proven(t)
	for range 3 {
		commitAll(t, c)
	}
	after, err := c.Prove(1, foundryKeys()...)
	if err != nil {
		t.Fatal(err)
	}
	a, err := before.Verify("test", trust, foundryKeys()...)
	if err != nil {
		t.Fatal(err)
	}
	b, err := after.Verify("test", trust, foundryKeys()...)
	if err != nil || b.Height <= a.Height || !bytes.Equal(a.Records[1], b.Records[1]) {
		t.Errorf("header %d, then %d: %v", a.Height, b.Height, err)
	}
	stop(t, c)
	folder, err := OpenFolder(c.cfg.Dir, "")
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	for range 2 { // and once more from the same folder
		p, err := folder.Prove(2, foundryKeys()...)
		if err != nil {
			t.Fatal(err)
		}
		second, err := p.Begins("test")
		if err != nil || second.Height != 2 {
			t.Fatalf("begins at %s: %v", second, err)
		}
		if shown, err := p.Verify("test", second, foundryKeys()...); err != nil || !bytes.Equal(shown.Records[1], b.Records[1]) {
			t.Errorf("from the folder: %v", err)
		}
	}
}

// FuzzStateProof gives the verifier a stranger's bytes: it says no and never panics.
func FuzzStateProof(f *testing.F) {
	_, p, trust := proven(f)
	f.Add(p.Records[0], p.Blocks[0], p.Blocks[1])
	f.Add([]byte{}, []byte{}, []byte{})
	f.Add([]byte{0x0a, 0}, []byte{0x0a, 2, 0x0a, 0}, []byte{0x12, 0})
	f.Fuzz(func(t *testing.T, record, first, second []byte) {
		same := bytes.Equal(record, p.Records[0]) && bytes.Equal(first, p.Blocks[0]) && bytes.Equal(second, p.Blocks[1])
		_, err := StateProof{Records: [][]byte{record}, Blocks: [][]byte{first, second}}.Verify("test", trust, ledger.LogKey())
		if (err == nil) != same {
			t.Errorf("%v where the bytes are the proof's: %v", err, same)
		}
	})
}

func TestParseTrust(t *testing.T) {
	hash := strings.Repeat("a0", 32)
	if got, err := ParseTrust("7:" + hash); err != nil || got.Height != 7 || got.Hash[0] != 0xa0 || got.String() != "7:"+hash {
		t.Errorf("%v, %v", got, err)
	}
	for _, s := range []string{"", ":", "7", "7:", ":" + hash, "0:" + hash, "-1:" + hash, "7:" + hash[1:], "7:" + hash + "a0", "7:" + hash[2:] + "zz", "7:7:" + hash, "99999999999999999999:" + hash} {
		if got, err := ParseTrust(s); err == nil {
			t.Errorf("%q is read as %s", s, got)
		}
	}
}
