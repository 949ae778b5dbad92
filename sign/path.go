package sign

import "github.com/transparency-dev/merkle/rfc6962"

// Step is one step of an audit path from a leaf up to its root: the hash of the
// subtree beside the way, and on which side of it that is.
type Step struct {
	Left bool
	Hash Hash
}

// Path returns what Prove does, with the side of each hash. VerifyProof knows the
// sides from the size of the tree, and takes some paths for trees of several sizes;
// where the size is not known for certain, a Path leaves nothing open.
func Path(leaves [][]byte, index uint64) ([]Step, error) {
	path, err := Prove(leaves, index)
	if err != nil {
		return nil, err
	}
	steps := make([]Step, len(path))
	last := uint64(len(leaves)) - 1 // of the nodes on the way's level
	for i, h := range path {
		for index == last && index%2 == 0 { // alone: the same node on the next level
			index, last = index/2, last/2
		}
		steps[i] = Step{Left: index%2 == 1, Hash: h}
		index, last = index/2, last/2
	}
	return steps, nil
}

// Climb returns the root to which a path leads from a leaf.
func Climb(leaf []byte, path []Step) Hash {
	h := rfc6962.DefaultHasher.HashLeaf(leaf)
	for _, s := range path {
		if s.Left {
			h = rfc6962.DefaultHasher.HashChildren(s.Hash[:], h)
		} else {
			h = rfc6962.DefaultHasher.HashChildren(h, s.Hash[:])
		}
	}
	return Hash(h)
}
