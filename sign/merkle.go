package sign

import (
	"fmt"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"

	"torg/canon"
)

// Hash is a SHA-256 of RFC 6962: of a leaf, of a node or of a whole tree.
type Hash = [32]byte

var factory = compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}

// LeafHash returns the hash of a leaf, which is never that of a node.
func LeafHash(leaf []byte) Hash { return Hash(rfc6962.DefaultHasher.HashLeaf(leaf)) }

// Root returns the Merkle tree hash of the leaves in their order (RFC 6962, 2.1). No
// leaves have a root too, the SHA-256 of nothing.
func Root(leaves [][]byte) Hash {
	tree := grow(leaves, nil)
	return rootOf(tree)
}

func grow(leaves [][]byte, visit compact.VisitFn) *compact.Range {
	tree := factory.NewEmptyRange(0)
	for i, leaf := range leaves {
		h := rfc6962.DefaultHasher.HashLeaf(leaf)
		if visit != nil {
			visit(compact.NewNodeID(0, uint64(i)), h)
		}
		must(tree.Append(h, visit))
	}
	return tree
}

func rootOf(tree *compact.Range) Hash {
	if tree.End() == 0 {
		return Hash(rfc6962.DefaultHasher.EmptyRoot())
	}
	root, err := tree.GetRootHash(nil)
	must(err)
	return Hash(root)
}

// must is for errors that only a fault of our own can cause.
func must(err error) {
	if err != nil {
		panic("sign: " + err.Error())
	}
}

// Prove returns the audit path from the leaf at index, counted from 0, to the leaves'
// root (RFC 6962, 2.1.1). It refuses an index without a leaf.
func Prove(leaves [][]byte, index uint64) ([]Hash, error) {
	need, err := proof.Inclusion(index, uint64(len(leaves)))
	if err != nil {
		return nil, fmt.Errorf("audit path: %w", err)
	}
	at := make(map[compact.NodeID]int, len(need.IDs))
	for i, id := range need.IDs {
		at[id] = i
	}
	nodes := make([][]byte, len(need.IDs))
	grow(leaves, func(id compact.NodeID, h []byte) {
		if i, ok := at[id]; ok {
			nodes[i] = h
		}
	})
	path, err := need.Rehash(nodes, rfc6962.DefaultHasher.HashChildren)
	must(err)
	return hashes(path), nil
}

// VerifyProof checks that the leaf is at index, counted from 0, in the tree of size
// leaves with this root. The path must have exactly the length that such a tree needs.
func VerifyProof(root Hash, size, index uint64, leaf []byte, path []Hash) error {
	err := proof.VerifyInclusion(rfc6962.DefaultHasher, index, size, rfc6962.DefaultHasher.HashLeaf(leaf), rows(path), root[:])
	if err != nil {
		return fmt.Errorf("audit path: %w", err)
	}
	return nil
}

func hashes(list [][]byte) []Hash {
	out := make([]Hash, len(list))
	for i, b := range list {
		out[i] = Hash(b)
	}
	return out
}

func rows(list []Hash) [][]byte {
	out := make([][]byte, len(list))
	for i, h := range list {
		out[i] = h[:]
	}
	return out
}

// Log is a Merkle tree that only grows, of which it holds what it needs to grow: as
// many hashes as the size has bits set. The zero value is the empty log. It is a value:
// Append returns a longer log and leaves this one as it was.
type Log struct {
	size  uint64
	nodes []Hash // roots of the perfect subtrees, from left to right
}

// Size returns how many leaves the log has.
func (l Log) Size() uint64 { return l.size }

// Root returns what Root returns for all the leaves.
func (l Log) Root() Hash { return rootOf(l.tree()) }

// Append returns the log with one leaf more.
func (l Log) Append(leaf []byte) Log {
	tree := l.tree()
	must(tree.Append(rfc6962.DefaultHasher.HashLeaf(leaf), nil))
	return Log{tree.End(), hashes(tree.Hashes())}
}

func (l Log) tree() *compact.Range {
	tree, err := factory.NewRange(0, l.size, rows(l.nodes))
	must(err)
	return tree
}

// AppendLog writes a log, for the ledger's state.
func AppendLog(w *canon.Writer, l Log) {
	w.U64(l.size)
	for _, h := range l.nodes {
		w.Fixed(h[:])
	}
}

// ReadLog reads a log.
func ReadLog(r *canon.Reader) Log {
	l := Log{size: r.U64()}
	for range compact.RangeSize(0, l.size) {
		var h Hash
		r.Fixed(h[:])
		l.nodes = append(l.nodes, h)
	}
	if r.Err() != nil {
		return Log{}
	}
	return l
}
