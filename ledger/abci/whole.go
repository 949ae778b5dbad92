package abci

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cosmos/iavl"

	"torg/ledger"
)

// whole recomputes the hash of the saved state from its leaves, and refuses a state
// in which somebody changed a value behind the hashes of the tree: IAVL believes the
// inner hashes that it finds, and the change would show in some later block's hash
// only. CometBFT holds the tree's own hash against the blocks.
func (s *store) whole() error {
	if s.head != nil {
		if height, ok := ledger.HeadHeight(s.head); !ok || height != s.version {
			return fmt.Errorf("the ledger's head is not that of block %d", s.version)
		}
	}
	if s.tree.IsEmpty() {
		return nil
	}
	nodes, err := s.tree.Export()
	if err != nil {
		return err
	}
	defer nodes.Close()
	var stack []subtree
	for {
		n, err := nodes.Next()
		if errors.Is(err, iavl.ErrorExportDone) {
			break
		}
		if err != nil {
			return err
		}
		if n.Height == 0 {
			stack = append(stack, leaf(n))
			continue
		}
		if len(stack) < 2 {
			return errors.New("the state's tree is not one")
		}
		at := len(stack) - 2
		stack = append(stack[:at], inner(n, stack[at], stack[at+1]))
	}
	if len(stack) != 1 || !bytes.Equal(stack[0].hash, s.tree.Hash()) {
		return fmt.Errorf("the state of block %d was changed: it does not have the hash in its tree", s.version)
	}
	return nil
}

// subtree is how many leaves a part of the tree has, and its hash.
type subtree struct {
	leaves int64
	hash   []byte
}

func leaf(n *iavl.ExportNode) subtree {
	value := sha256.Sum256(n.Value)
	return subtree{1, nodeHash(n, 1, n.Key, value[:])}
}

func inner(n *iavl.ExportNode, left, right subtree) subtree {
	leaves := left.leaves + right.leaves
	return subtree{leaves, nodeHash(n, leaves, left.hash, right.hash)}
}

// nodeHash is IAVL's: height, leaves and version as varints, then key and value's
// hash or both children's hashes, each after its length.
func nodeHash(n *iavl.ExportNode, leaves int64, parts ...[]byte) []byte {
	text := binary.AppendVarint(nil, int64(n.Height))
	text = binary.AppendVarint(text, leaves)
	text = binary.AppendVarint(text, n.Version)
	for _, p := range parts {
		text = binary.AppendUvarint(text, uint64(len(p)))
		text = append(text, p...)
	}
	sum := sha256.Sum256(text)
	return sum[:]
}
