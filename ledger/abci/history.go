package abci

import (
	"bytes"
	"errors"
	"fmt"

	sm "github.com/cometbft/cometbft/state"
	blockstore "github.com/cometbft/cometbft/store"
	"github.com/cometbft/cometbft/types"

	"torg/ledger"
	"torg/ledger/archive"
)

// history reads committed blocks and what they did: from the chain's databases, and
// where the chain has pruned them, from the archive.
type history struct {
	blocks  *blockstore.BlockStore
	states  sm.Store
	archive *archive.Archive // nil: there is none
}

func newHistory(dbs *databases) history {
	return history{
		blocks: blockstore.NewBlockStore(dbs.consensus["blockstore"]),
		states: sm.NewStore(dbs.consensus["state"], sm.StoreOptions{}),
	}
}

// errPruned says that the chain no longer has a block.
var errPruned = errors.New("pruned")

// block returns a block that is what its hash says.
func (h history) block(height int64) (*types.Block, error) {
	meta, block := h.blocks.LoadBlockMeta(height), h.blocks.LoadBlock(height)
	if meta == nil || block == nil {
		if base := h.blocks.Base(); height < base {
			return nil, fmt.Errorf("block %d: %w, as all before %d", height, errPruned, base)
		}
		return nil, fmt.Errorf("block %d is missing", height)
	}
	if err := block.ValidateBasic(); err != nil {
		return nil, fmt.Errorf("block %d: %w", height, err)
	}
	if block.Height != height || !bytes.Equal(block.Hash(), meta.BlockID.Hash) {
		return nil, fmt.Errorf("block %d: not the block with its hash", height)
	}
	return block, nil
}

// read returns what a block did, as the chain has it.
func (h history) read(height int64) (ledger.Committed, error) {
	s, err := h.stored(height)
	if err != nil {
		return ledger.Committed{}, err
	}
	txs := s.block.Txs.ToSliceOfBytes()
	events, err := parseEvents(s.events, txs)
	if err != nil {
		return ledger.Committed{}, fmt.Errorf("results of block %d: %w", height, err)
	}
	return ledger.Committed{
		Block:   ledger.Block{Height: height, Time: s.block.Time.UTC(), Txs: txs},
		Result:  ledger.Result{Codes: s.codes, Events: events},
		AppHash: s.appHash,
	}, nil
}

// each calls f for the blocks from one height to another, both included, of a chain
// that has the given height.
func (h history) each(dir string, from, to, height int64, f func(ledger.Committed) error) error {
	if from < 1 || to > height {
		return fmt.Errorf("blocks %d to %d: the chain has 1 to %d", from, to, height)
	}
	if last := min(to, h.blocks.Base()-1); from <= last {
		if err := h.archived(dir, from, last, f); err != nil {
			return err
		}
		from = last + 1
	}
	for ; from <= to; from++ {
		var c ledger.Committed
		err := guard(dir, func() (err error) {
			c, err = h.read(from)
			return err
		})
		if err != nil && from < h.blocks.Base() { // pruned meanwhile
			if err := h.archived(dir, from, from, f); err != nil {
				return err
			}
			continue
		}
		if err == nil {
			err = f(c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// archived calls f for blocks that the chain has pruned.
func (h history) archived(dir string, from, to int64, f func(ledger.Committed) error) error {
	if err := h.whole(dir); err != nil {
		return err
	}
	return h.archive.Blocks(from, to, func(b archive.Block) error {
		c, err := b.Committed()
		if err != nil {
			return fmt.Errorf("archive: %s: %w", h.archive.Dir(), err)
		}
		return f(c)
	})
}

// whole refuses a chain of which blocks are neither in its databases nor in an archive.
func (h history) whole(dir string) error {
	base := h.blocks.Base()
	switch {
	case base <= 1:
	case h.archive == nil:
		return fmt.Errorf("%s: blocks 1 to %d were pruned, and their archive is missing", dir, base-1)
	case h.archive.Height() < base-1:
		return fmt.Errorf("%s: blocks 1 to %d were pruned, and the archive %s ends with block %d",
			dir, base-1, h.archive.Dir(), h.archive.Height())
	}
	return nil
}
