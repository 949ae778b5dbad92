package abci

import (
	"errors"
	"fmt"
	"time"

	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/types"

	"torg/ledger"
	"torg/ledger/archive"
)

// Folder is a chain on disk while no process runs it.
type Folder struct {
	dir     string
	node    *config.Config
	dbs     *databases
	blocks  history
	doc     *types.GenesisDoc
	genesis ledger.Genesis
	height  int64
	cursors []*archive.Cursor
}

// OpenFolder opens the chain in a directory, with its archive in another; archived empty
// or without an archive: it has none. It refuses a directory without a chain, one that a
// process runs, and an archive that is damaged or another chain's, and changes nothing.
func OpenFolder(dir, archived string) (*Folder, error) {
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
	f := &Folder{dir: n.DBDir(), node: n, dbs: dbs, doc: doc, genesis: g}
	if err := f.open(archived); err != nil {
		dbs.close()
		return nil, fmt.Errorf("chain: %w", err)
	}
	return f, nil
}

// open finds the newest block with results, and the archive.
func (f *Folder) open(archived string) (err error) {
	if f.height, err = newest(f.node, f.dbs); err != nil {
		return err
	}
	f.blocks = newHistory(f.dbs)
	if f.height > 0 {
		// A process that died may have left a block that it did not apply.
		if _, err := f.blocks.states.LoadFinalizeBlockResponse(f.height); err != nil {
			f.height--
		}
	}
	if archived == "" {
		return nil
	}
	f.blocks.archive, err = f.blocks.openArchive(archived, f.node.GenesisFile())
	if errors.Is(err, archive.ErrNone) {
		return nil
	}
	return err
}

// Genesis returns what the chain was born with.
func (f *Folder) Genesis() ledger.Genesis { return f.genesis }

// Height returns the height of the newest block; 0: there is none.
func (f *Folder) Height() int64 { return f.height }

// Archived returns the height of the newest block in the archive; 0: there is none.
func (f *Folder) Archived() int64 {
	if f.blocks.archive == nil {
		return 0
	}
	return f.blocks.archive.Height()
}

// Time returns when the newest block is dated; zero: there is none.
func (f *Folder) Time() (t time.Time) {
	if meta := f.blocks.blocks.LoadBlockMeta(f.height); meta != nil {
		t = meta.Header.Time.UTC()
	}
	return t
}

// Blocks calls do for the blocks from one height to another, both included, with what
// they did, until do returns an error. Those that the chain has pruned come from the
// archive.
func (f *Folder) Blocks(from, to int64, do func(ledger.Committed) error) error {
	if err := f.blocks.each(f.dir, from, to, f.height, do); err != nil {
		return fmt.Errorf("chain: %w", err)
	}
	return nil
}

// Close lets go of the directory.
func (f *Folder) Close() error {
	for _, c := range f.cursors {
		c.Close()
	}
	f.dbs.close()
	return nil
}
