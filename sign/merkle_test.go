package sign

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/bits"
	"testing"

	"torg/canon"
)

// The leaves and roots that the Certificate Transparency project published with its
// first implementation of RFC 6962.
var (
	ctLeaves = []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	ctRoots  = []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
)

func leavesOfCT(t testing.TB) [][]byte {
	t.Helper()
	leaves := make([][]byte, len(ctLeaves))
	for i, s := range ctLeaves {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		leaves[i] = b
	}
	return leaves
}

func numbered(n int) [][]byte {
	leaves := make([][]byte, n)
	for i := range leaves {
		leaves[i] = fmt.Appendf(nil, "contract %d", i)
	}
	return leaves
}

func TestKnownRoots(t *testing.T) {
	leaves := leavesOfCT(t)
	var log Log
	for n, want := range ctRoots {
		if got := hex.EncodeToString(sliced(Root(leaves[:n]))); got != want {
			t.Errorf("root of %d leaves: %s, want %s", n, got, want)
		}
		if got := hex.EncodeToString(sliced(log.Root())); got != want || log.Size() != uint64(n) {
			t.Errorf("log of %d leaves: %s, want %s", n, got, want)
		}
		if n < len(leaves) {
			log = log.Append(leaves[n])
		}
	}
}

func sliced(h Hash) []byte { return h[:] }

// mth and path are RFC 6962's definitions, word for word, to compare with.
func mth(d [][]byte) Hash {
	switch n := len(d); n {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, d[0]...))
	default:
		k := 1 << (bits.Len(uint(n-1)) - 1)
		l, r := mth(d[:k]), mth(d[k:])
		return sha256.Sum256(append(append([]byte{1}, l[:]...), r[:]...))
	}
}

func path(m int, d [][]byte) []Hash {
	n := len(d)
	if n == 1 {
		return nil
	}
	k := 1 << (bits.Len(uint(n-1)) - 1)
	if m < k {
		return append(path(m, d[:k]), mth(d[k:]))
	}
	return append(path(m-k, d[k:]), mth(d[:k]))
}

func TestTreesByDefinition(t *testing.T) {
	var log Log
	for n := range 70 {
		leaves := numbered(n)
		root := Root(leaves)
		if root != mth(leaves) || root != log.Root() {
			t.Errorf("%d leaves: root %x, log %x, want %x", n, root, log.Root(), mth(leaves))
		}
		for m := range leaves {
			got, err := Prove(leaves, uint64(m))
			if err != nil || fmt.Sprint(got) != fmt.Sprint(append([]Hash{}, path(m, leaves)...)) {
				t.Errorf("path of leaf %d of %d: %x, %v", m, n, got, err)
			}
			if err := VerifyProof(root, uint64(n), uint64(m), leaves[m], got); err != nil {
				t.Errorf("leaf %d of %d: %v", m, n, err)
			}
		}
		log = log.Append(fmt.Appendf(nil, "contract %d", n))
	}
}

// A proof is worth nothing for anything else than its leaf at its place.
func TestProofsRefused(t *testing.T) {
	leaves := numbered(11)
	root := Root(leaves)
	proof, err := Prove(leaves, 6)
	if err != nil {
		t.Fatal(err)
	}
	changed := append([]Hash{}, proof...)
	changed[1][5] ^= 1
	node := append(append([]byte{1}, sliced(LeafHash(leaves[6]))...), proof[0][:]...) // an inner node as a leaf
	for name, err := range map[string]error{
		"another leaf":   VerifyProof(root, 11, 6, leaves[5], proof),
		"another place":  VerifyProof(root, 11, 7, leaves[6], proof),
		"another size":   VerifyProof(root, 5, 6, leaves[6], proof),
		"past the end":   VerifyProof(root, 11, 11, leaves[6], proof),
		"another root":   VerifyProof(Root(leaves[:10]), 11, 6, leaves[6], proof),
		"a hash less":    VerifyProof(root, 11, 6, leaves[6], proof[1:]),
		"a hash more":    VerifyProof(root, 11, 6, leaves[6], append(proof, Hash{})),
		"a changed hash": VerifyProof(root, 11, 6, leaves[6], changed),
		"a node":         VerifyProof(root, 11, 3, node, proof[1:]),
		"nothing":        VerifyProof(root, 0, 0, nil, nil),
	} {
		if err == nil {
			t.Errorf("%s: proved", name)
		}
	}
	for _, index := range []uint64{11, 1 << 63} {
		if _, err := Prove(leaves, index); err == nil {
			t.Errorf("a path for leaf %d of 11", index)
		}
	}
}

// A log is a value: a longer one leaves the shorter as it was, and both come back from
// their bytes.
func TestLogIsAValue(t *testing.T) {
	var logs []Log
	for _, leaf := range append(numbered(20), nil) {
		var last Log
		if len(logs) > 0 {
			last = logs[len(logs)-1]
		}
		logs = append(logs, last.Append(leaf))
		last.Append([]byte("a branch not taken"))
	}
	for i, log := range logs[:20] {
		if log.Root() != mth(numbered(i+1)) {
			t.Errorf("log of %d leaves changed", i+1)
		}
		back, err := canon.Decode(canon.Encode(AppendLog, log), ReadLog)
		if err != nil || back.Size() != log.Size() || back.Root() != log.Root() || back.Append(nil).Root() != log.Append(nil).Root() {
			t.Errorf("log of %d leaves: %v, %v", i+1, back, err)
		}
	}
}

func FuzzReadLog(f *testing.F) {
	f.Add(canon.Encode(AppendLog, Log{}))
	f.Add(canon.Encode(AppendLog, Log{}.Append(nil).Append(nil).Append(nil)))
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		log, err := canon.Decode(b, ReadLog)
		if err != nil {
			return
		}
		if string(canon.Encode(AppendLog, log)) != string(b) {
			t.Fatalf("two encodings of %v", log)
		}
		log.Root()
		log.Append(nil)
	})
}

func FuzzVerifyProof(f *testing.F) {
	f.Add(uint64(11), uint64(6), []byte("x"), make([]byte, 4*32))
	f.Fuzz(func(t *testing.T, size, index uint64, leaf, hashes []byte) {
		var proof []Hash
		for len(hashes) >= 32 {
			proof, hashes = append(proof, Hash(hashes[:32])), hashes[32:]
		}
		if err := VerifyProof(Root(numbered(11)), size, index, leaf, proof); err == nil {
			t.Fatalf("leaf %q at %d of %d was proved", leaf, index, size)
		}
	})
}

func BenchmarkRoot(b *testing.B) {
	leaves := numbered(1000)
	for b.Loop() {
		Root(leaves)
	}
}
