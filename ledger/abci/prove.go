package abci

import (
	"fmt"

	"github.com/cometbft/cometbft/types"
)

// StateProof shows records of the ledger's state to whoever trusts one header of the
// chain. It is made of other people's formats, so that other people's programs read it.
type StateProof struct {
	// Records are ICS 23 commitment proofs of records in the IAVL tree, in protobuf.
	Records [][]byte
	// Blocks are CometBFT's light blocks in protobuf: the trusted one first, the one
	// whose header has the state's hash last. One where these are the same.
	Blocks [][]byte
}

// Prove shows records of the newest state that a header commits to. The proof begins
// at the block of the given height, which the reader trusts.
func (c *Chain) Prove(from int64, keys ...[]byte) (p StateProof, err error) {
	err = guard(c.cfg.node().DBDir(), func() error {
		p, err = c.prove(from, keys)
		return err
	})
	if err != nil {
		return StateProof{}, fmt.Errorf("chain: %w", err)
	}
	return p, nil
}

func (c *Chain) prove(from int64, keys [][]byte) (StateProof, error) {
	c.app.mu.Lock()
	height := c.store.version
	records, err := c.store.prove(keys)
	c.app.mu.Unlock()
	if err != nil {
		return StateProof{}, err
	}
	blocks, err := c.blocks.lightBlocks(from, height)
	return StateProof{Records: records, Blocks: blocks}, err
}

// Prove is Chain's, of the state on disk.
func (f *Folder) Prove(from int64, keys ...[]byte) (p StateProof, err error) {
	err = guard(f.dir, func() error {
		s, err := openStore(f.dbs.application)
		if err != nil {
			return err
		}
		defer s.close()
		if p.Records, err = s.prove(keys); err != nil {
			return err
		}
		p.Blocks, err = f.blocks.lightBlocks(from, s.version)
		return err
	})
	if err != nil {
		return StateProof{}, fmt.Errorf("chain: %w", err)
	}
	return p, nil
}

// prove shows records of the version before the newest: a header has the hash of the
// state before its block.
func (s *store) prove(keys [][]byte) ([][]byte, error) {
	if s.version < 2 {
		return nil, fmt.Errorf("block %d is the newest: no header has a state's hash yet", s.version)
	}
	return s.proveAt(s.version-1, keys)
}

// proveAt shows a record of the state after a block, if that state is kept.
func (a *app) proveAt(height int64, key []byte) ([][]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.store.proveAt(height, [][]byte{key})
}

// proveAt shows records of a version that is kept.
func (s *store) proveAt(version int64, keys [][]byte) ([][]byte, error) {
	tree, err := s.tree.GetImmutable(version)
	if err != nil {
		return nil, fmt.Errorf("state of block %d: %w", version, err)
	}
	var proofs [][]byte
	for _, key := range keys {
		p, err := tree.GetMembershipProof(key)
		if err != nil {
			return nil, fmt.Errorf("state of block %d: key %x: %w", version, key, err)
		}
		bytes, err := p.Marshal()
		if err != nil {
			return nil, fmt.Errorf("proof of key %x: %w", key, err)
		}
		proofs = append(proofs, bytes)
	}
	return proofs, nil
}

// lightBlocks are those that lead from one height to another. Validators do not change
// on this ledger, so that there is nothing to show between the two.
func (h history) lightBlocks(from, to int64) ([][]byte, error) {
	if from < 1 || from > to {
		return nil, fmt.Errorf("block %d: the chain has 1 to %d", from, to)
	}
	heights := []int64{from, to}
	if from == to {
		heights = heights[:1]
	}
	var list [][]byte
	for _, at := range heights {
		b, err := h.lightBlock(at)
		if err != nil {
			return nil, fmt.Errorf("block %d: %w", at, err)
		}
		list = append(list, b)
	}
	return list, nil
}

// lightBlock returns a block's header with the votes for it and the validators.
func (h history) lightBlock(height int64) ([]byte, error) {
	meta := h.blocks.LoadBlockMeta(height)
	commit := h.blocks.LoadBlockCommit(height)
	if commit == nil { // the next block, which would have it, is not made yet
		commit = h.blocks.LoadSeenCommit(height)
	}
	if height < h.blocks.Base() {
		return h.archivedLight(height)
	}
	if meta == nil || commit == nil {
		return nil, fmt.Errorf("header or votes are missing")
	}
	validators, err := h.states.LoadValidators(height)
	if err != nil {
		return nil, err
	}
	return marshalLight(&types.LightBlock{
		SignedHeader: &types.SignedHeader{Header: &meta.Header, Commit: commit},
		ValidatorSet: validators,
	})
}

// archivedLight is that of a block that the chain has pruned.
func (h history) archivedLight(height int64) ([]byte, error) {
	if h.archive == nil {
		return nil, fmt.Errorf("%w, and there is no archive", errPruned)
	}
	b, err := h.archive.At(height)
	if err == nil && b.Quiet() {
		err = fmt.Errorf("%w, and nothing happened in it, so that the archive has no header of it: take another, such as 1", errPruned)
	}
	return b.Light, err
}

// marshalLight writes a light block in its one form. What validators' turns to propose
// are is no part of any hash; it is written as for a set that is new.
func marshalLight(b *types.LightBlock) ([]byte, error) {
	fresh := make([]*types.Validator, len(b.ValidatorSet.Validators))
	for i, v := range b.ValidatorSet.Validators {
		fresh[i] = types.NewValidator(v.PubKey, v.VotingPower)
	}
	pb, err := (&types.LightBlock{SignedHeader: b.SignedHeader, ValidatorSet: types.NewValidatorSet(fresh)}).ToProto()
	if err != nil {
		return nil, err
	}
	return pb.Marshal()
}
