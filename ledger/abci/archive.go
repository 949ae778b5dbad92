package abci

import (
	"bytes"
	"fmt"
	"time"

	"github.com/cometbft/cometbft/config"
	sm "github.com/cometbft/cometbft/state"
	blockstore "github.com/cometbft/cometbft/store"
	"github.com/cometbft/cometbft/types"

	"torg/ledger"
)

// archive reads committed blocks and what they did.
type archive struct {
	blocks *blockstore.BlockStore
	states sm.Store
}

func newArchive(dbs *databases) archive {
	return archive{
		blockstore.NewBlockStore(dbs.consensus["blockstore"]),
		sm.NewStore(dbs.consensus["state"], sm.StoreOptions{}),
	}
}

// block returns a block that is what its hash says.
func (a archive) block(height int64) (*types.Block, error) {
	meta, block := a.blocks.LoadBlockMeta(height), a.blocks.LoadBlock(height)
	if meta == nil || block == nil {
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

// read returns what a block did. Where there is a next block, its header must agree.
func (a archive) read(height int64) (ledger.Committed, error) {
	block, err := a.block(height)
	if err != nil {
		return ledger.Committed{}, err
	}
	r, err := a.states.LoadFinalizeBlockResponse(height)
	if err != nil {
		return ledger.Committed{}, fmt.Errorf("results of block %d: %w", height, err)
	}
	if len(r.TxResults) != len(block.Txs) {
		return ledger.Committed{}, fmt.Errorf("results of block %d: %d for %d transactions", height, len(r.TxResults), len(block.Txs))
	}
	if next := a.blocks.LoadBlockMeta(height + 1); next != nil {
		h := next.Header
		if !bytes.Equal(h.LastBlockID.Hash, block.Hash()) || !bytes.Equal(h.AppHash, r.AppHash) ||
			!bytes.Equal(h.LastResultsHash, sm.TxResultsHash(r.TxResults)) {
			return ledger.Committed{}, fmt.Errorf("block %d and its results: not what the next header says", height)
		}
	}
	events, err := decodeEvents(r.Events)
	if err != nil {
		return ledger.Committed{}, fmt.Errorf("results of block %d: %w", height, err)
	}
	return ledger.Committed{
		Block:   ledger.Block{Height: height, Time: block.Time.UTC(), Txs: block.Txs.ToSliceOfBytes()},
		Result:  ledger.Result{Codes: refusals(r.TxResults), Events: events},
		AppHash: r.AppHash,
	}, nil
}

// each calls f for the blocks from one height to another, both included, of a chain
// that has the given height.
func (a archive) each(dir string, from, to, height int64, f func(ledger.Committed) error) error {
	if from < 1 || to > height {
		return fmt.Errorf("blocks %d to %d: the chain has 1 to %d", from, to, height)
	}
	for h := from; h <= to; h++ {
		var c ledger.Committed
		if err := guard(dir, func() (err error) {
			c, err = a.read(h)
			return err
		}); err != nil {
			return err
		}
		if err := f(c); err != nil {
			return err
		}
	}
	return nil
}

// Archive is a chain's blocks on disk while no process runs it.
type Archive struct {
	dir     string
	node    *config.Config
	dbs     *databases
	blocks  archive
	doc     *types.GenesisDoc
	genesis ledger.Genesis
	height  int64
}

// OpenArchive opens the blocks of the chain in a directory. It refuses a directory
// without a chain, or one that a process runs, and changes nothing.
func OpenArchive(dir string) (*Archive, error) {
	n := Config{Dir: dir}.withDefaults().node()
	doc, g, err := readGenesis(n)
	if err != nil {
		return nil, fmt.Errorf("chain: %w", err)
	}
	if err := present(n); err != nil {
		return nil, fmt.Errorf("chain: %w", err)
	}
	dbs, err := openDatabases(n.DBDir())
	if err != nil {
		return nil, fmt.Errorf("chain: %w", err)
	}
	a := &Archive{dir: n.DBDir(), node: n, dbs: dbs, doc: doc, genesis: g}
	if a.height, err = a.top(n); err != nil {
		dbs.close()
		return nil, fmt.Errorf("chain: %w", err)
	}
	return a, nil
}

// top opens the archive's blocks and returns the newest with results.
func (a *Archive) top(n *config.Config) (int64, error) {
	height, err := newest(n, a.dbs)
	if err != nil {
		return 0, err
	}
	a.blocks = newArchive(a.dbs)
	if height > 0 {
		// A process that died may have left a block that it did not apply.
		if _, err := a.blocks.states.LoadFinalizeBlockResponse(height); err != nil {
			height--
		}
	}
	return height, nil
}

// Genesis returns what the chain was born with.
func (a *Archive) Genesis() ledger.Genesis { return a.genesis }

// Height returns the height of the newest block; 0: there is none.
func (a *Archive) Height() int64 { return a.height }

// Time returns when the newest block is dated; zero: there is none.
func (a *Archive) Time() (t time.Time) {
	if meta := a.blocks.blocks.LoadBlockMeta(a.height); meta != nil {
		t = meta.Header.Time.UTC()
	}
	return t
}

// Blocks calls f for the blocks from one height to another, both included, with
// what they did, until f returns an error.
func (a *Archive) Blocks(from, to int64, f func(ledger.Committed) error) error {
	if err := a.blocks.each(a.dir, from, to, a.height, f); err != nil {
		return fmt.Errorf("chain: %w", err)
	}
	return nil
}

// Close lets go of the directory.
func (a *Archive) Close() error {
	a.dbs.close()
	return nil
}
