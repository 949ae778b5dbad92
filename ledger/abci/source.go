package abci

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/types"

	"torg/ledger"
	"torg/ledger/archive"
)

// source is a block as a replay finds it: in the chain, in the archive or, where nothing
// happened in it, in the archive as its time alone.
type source struct {
	ledger.Block
	hash   []byte        // nil: not kept
	header *types.Header // nil: not kept
	votes  *types.Commit // in it, for the block before; nil: not kept
	check  func(next *source) error
	did    func() (*results, error) // what is stored of its result
}

// results is what is stored of a block's result.
type results struct {
	AppHash   []byte
	TxResults []*abci.ExecTxResult
	events    func() ([]byte, error) // JSON
}

// time is when a block that may not be readable is dated, as far as its header says.
func (r *Replay) time(height int64) (t time.Time) {
	if meta := r.folder.blocks.blocks.LoadBlockMeta(height); meta != nil {
		t = meta.Header.Time.UTC()
	}
	return t
}

// block returns the block at a height, which may have been read ahead.
func (r *Replay) block(height int64) (*source, error) {
	if r.next == nil {
		if err := r.ahead(height); err != nil {
			return nil, err
		}
	}
	if r.next == nil {
		return nil, fmt.Errorf("the block is missing")
	}
	return r.next, nil
}

// ahead reads a block. There is none behind the newest.
func (r *Replay) ahead(height int64) error {
	r.next = nil
	return unharmed(func() (err error) {
		if height < r.folder.blocks.blocks.Base() {
			r.next, err = r.fromArchive()
		} else {
			r.next = r.fromChain(height)
		}
		return err
	})
}

// wrong says why a block is not the one that was agreed on.
func (r *Replay) wrong(block *source) error {
	// Within the chain, the block before was held against this one.
	if h := block.header; h != nil && r.before != nil && h.Height <= r.folder.blocks.blocks.Base() && !bytes.Equal(h.LastBlockID.Hash, r.before) {
		return fmt.Errorf("it does not follow the block before it")
	}
	return block.check(r.next)
}

func (r *Replay) fromChain(height int64) *source {
	block := r.folder.blocks.blocks.LoadBlock(height)
	if block == nil {
		return nil
	}
	return &source{
		Block:  ledger.Block{Height: height, Time: block.Time.UTC(), Txs: block.Txs.ToSliceOfBytes()},
		hash:   block.Hash(),
		header: &block.Header,
		votes:  block.LastCommit,
		check:  func(next *source) error { return r.wrongInChain(block, height, next) },
		did: func() (*results, error) {
			s, err := r.folder.blocks.states.LoadFinalizeBlockResponse(height)
			if err != nil {
				return nil, err
			}
			return &results{s.AppHash, s.TxResults, func() ([]byte, error) { return eventsText(s.Events) }}, nil
		},
	}
}

// wrongInChain looks at a block of the chain's databases.
func (r *Replay) wrongInChain(block *types.Block, height int64, next *source) error {
	if err := block.ValidateBasic(); err != nil {
		return err
	}
	blocks := r.folder.blocks.blocks
	meta := blocks.LoadBlockMeta(height)
	hash := block.Hash()
	if block.Height != height || !bytes.Equal(hash, meta.BlockID.Hash) {
		return fmt.Errorf("not the block with its hash")
	}
	votes := blocks.LoadSeenCommit(height)
	if next != nil {
		if !bytes.Equal(next.header.LastBlockID.Hash, hash) {
			return fmt.Errorf("not the block that the next one follows")
		}
		votes = next.votes
	}
	if votes == nil {
		return fmt.Errorf("nobody's votes for it are there")
	}
	id := types.BlockID{Hash: hash, PartSetHeader: meta.BlockID.PartSetHeader}
	if err := types.VerifyCommit(r.folder.genesis.ChainID, r.validators, id, height, votes); err != nil {
		return fmt.Errorf("its votes: %w", err)
	}
	return nil
}

// fromArchive reads the next block that was pruned.
func (r *Replay) fromArchive() (*source, error) {
	b, err := r.pruned.Next()
	if err != nil {
		return nil, err
	}
	s := &source{
		Block: ledger.Block{Height: b.Height, Time: b.Time, Txs: b.Txs},
		check: func(*source) error { return nil },
		did: func() (*results, error) {
			return &results{b.AppHash, txResults(b.Codes), func() ([]byte, error) { return b.Events, nil }}, nil
		},
	}
	if b.Quiet() {
		return s, nil
	}
	light, err := openLight(r.folder.genesis.ChainID, b)
	if light != nil {
		s.hash, s.header = light.Hash(), light.Header
	}
	s.check = func(*source) error {
		if err == nil && !bytes.Equal(light.ValidatorsHash, r.validators.Hash()) {
			err = errors.New("signed by other validators than the genesis names")
		}
		return err
	}
	return s, nil
}

// openLight reads the light block of a block in the archive, checks its votes, and holds
// the block against its header.
func openLight(chainID string, b archive.Block) (*types.LightBlock, error) {
	light, err := parseLight(chainID, b.Light)
	if err != nil {
		return nil, err
	}
	var txs types.Txs
	for _, tx := range b.Txs {
		txs = append(txs, tx)
	}
	switch h := light.Header; {
	case h.Height != b.Height || !h.Time.Equal(b.Time) || !bytes.Equal(h.Hash(), b.Hash):
		return light, errors.New("not the block with its header")
	case !bytes.Equal(h.DataHash, txs.Hash()):
		return light, errors.New("its transactions are not those of its header")
	}
	return light, nil
}
