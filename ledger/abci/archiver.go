package abci

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"torg/ledger"
	"torg/ledger/archive"
)

// How the archive follows the chain and the chain is pruned behind it, in blocks.
const (
	syncEvery  = 64    // that are in the archive are made to outlast the machine at once
	pruneEvery = 64    // are pruned at once; each time waits for the disk
	pruneMost  = 1_000 // so that consensus does not wait for long
	tellEvery  = 5_000 // to report progress
)

// archiver copies blocks into the archive, behind consensus' back: a block can be copied
// once the next one has the votes for it. It alone says what may be pruned.
type archiver struct {
	chain  *Chain
	to     *archive.Writer
	before *stored // the newest archived block; nil: none or not read yet
	synced int64   // height up to which the archive is on the disk
	oldest int64   // the lowest height that is to be kept
	broken bool    // the last try failed

	retain atomic.Int64
	wake   chan struct{} // holds one token when there is news
	quit   chan struct{}
	done   chan struct{} // closed when run has returned; nil: it does not run
}

// openArchive opens an archive, which must be the chain's.
func (h history) openArchive(dir, genesis string) (*archive.Archive, error) {
	a, err := archive.Open(dir)
	if err != nil {
		return nil, err
	}
	own, err := os.ReadFile(genesis)
	if err != nil {
		return nil, err
	}
	top, height := a.Height(), h.blocks.Height()
	if !bytes.Equal(own, a.Genesis()) {
		if top == 0 { // of a set-up that was interrupted
			return nil, archive.ErrNone
		}
		return nil, fmt.Errorf("archive: %s: its genesis.json is not the chain's: it is another chain's, or changed", dir)
	}
	if top > height {
		return nil, fmt.Errorf("archive: %s: it ends with block %d and the chain with %d: one is a copy from another time", dir, top, height)
	}
	if top == 0 || top < h.blocks.Base() {
		return a, nil
	}
	newest, err := a.At(top)
	if err != nil {
		return nil, err
	}
	meta := h.blocks.LoadBlockMeta(top)
	if meta == nil || !meta.Header.Time.Equal(newest.Time) || !newest.Quiet() && !bytes.Equal(meta.BlockID.Hash, newest.Hash) {
		return nil, fmt.Errorf("archive: %s: its block %d is not the chain's: it is another chain's", dir, top)
	}
	return a, nil
}

// keepArchive opens or begins the archive and copies into it what it does not have.
func (c *Chain) keepArchive() error {
	if c.cfg.Archive == "" {
		return nil
	}
	n := c.cfg.node()
	a, err := c.blocks.openArchive(c.cfg.Archive, n.GenesisFile())
	if errors.Is(err, archive.ErrNone) {
		if err := c.blocks.whole(n.DBDir()); err != nil {
			return err
		}
		genesis, err := os.ReadFile(n.GenesisFile())
		if err != nil {
			return err
		}
		if a, err = archive.Begin(c.cfg.Archive, genesis); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	c.blocks.archive = a
	if err := c.blocks.whole(n.DBDir()); err != nil {
		return err
	}
	if torn := a.Torn(); torn > 0 {
		c.cfg.Log.Warn("the archive ends in half a block, as a process that was killed leaves it: copied again from the chain",
			"chain", c.cfg.Genesis.ChainID, "bytes", torn)
	}
	w, err := a.Writer()
	if err != nil {
		return err
	}
	r := &archiver{chain: c, to: w, oldest: 1, wake: make(chan struct{}, 1), quit: make(chan struct{})}
	c.archive, c.app.retain = r, r.retain.Load
	return r.follow(c.cfg.Progress)
}

// follow copies what the archive does not have. tell, if it is not nil, hears how far
// it is.
func (r *archiver) follow(tell func(height, of int64)) error {
	blocks := r.chain.blocks.blocks
	from := r.to.Height()
	for {
		h, top := r.to.Height()+1, blocks.Height()-1
		if tell != nil && (h-from)%tellEvery == 0 && top > h+tellEvery {
			tell(h, top)
		}
		if h > top {
			break
		}
		if err := unharmed(func() error { return r.copy(h) }); err != nil {
			return err
		}
		if h-r.synced >= syncEvery {
			if err := r.sync(); err != nil {
				return err
			}
		}
	}
	return nil
}

// copy takes a block into the archive, after closing the day before it.
func (r *archiver) copy(height int64) error {
	if r.before == nil && height > 1 && height-1 >= r.chain.blocks.blocks.Base() {
		s, err := r.chain.blocks.stored(height - 1)
		if err != nil {
			return err
		}
		r.before = &s
	}
	b, s, err := r.chain.blocks.forArchive(height, r.before)
	if err != nil {
		return err
	}
	if day := r.to.Day(); day != "" && day != b.Day() {
		if err := r.to.CloseDay(r.log(height)); err != nil {
			return err
		}
	}
	if err := r.to.Append(b); err != nil {
		return err
	}
	r.before = &s
	return nil
}

// log shows the log of session roots in the state before a block. There is nothing where
// that state is no longer kept, because the day ended long ago: a later day's shows more.
func (r *archiver) log(height int64) []byte {
	records, err := r.chain.app.proveAt(height-1, ledger.LogKey())
	if err != nil {
		return nil
	}
	light, err := r.chain.blocks.lightBlock(height)
	if err != nil {
		return nil
	}
	return logProof{records[0], light}.encode()
}

// sync makes what is in the archive outlast the machine, and then lets the chain forget.
func (r *archiver) sync() error {
	height := r.to.Height()
	if err := r.to.Sync(); err != nil {
		return err
	}
	r.synced = height
	r.forget()
	return nil
}

// forget moves the height from which on blocks are kept: those younger than Keep, those
// that CometBFT may still take evidence about, the newest states' and all that are not
// safe in the archive. What CometBFT keeps of a pruned block for evidence it would keep
// for ever.
func (r *archiver) forget() {
	c := r.chain
	blocks := c.blocks.blocks
	if c.cfg.Keep == 0 || c.node == nil {
		return
	}
	evidence := c.node.GenesisDoc().ConsensusParams.Evidence
	keep := max(c.cfg.Keep, evidence.MaxAgeDuration, leastSessions*c.cfg.Genesis.Calendar.Interval)
	newest := blocks.LoadBlockMeta(blocks.Height())
	limit := min(r.synced, blocks.Height()-max(keepVersions, evidence.MaxAgeNumBlocks)-1)
	base := blocks.Base()
	r.oldest = max(r.oldest, base)
	for r.oldest < min(limit, base+pruneMost) {
		meta := blocks.LoadBlockMeta(r.oldest)
		if meta == nil || newest == nil || newest.Header.Time.Sub(meta.Header.Time) <= keep {
			break
		}
		r.oldest++
	}
	if r.oldest-base >= pruneEvery {
		r.retain.Store(r.oldest)
	}
}

// leastSessions is for how many slots blocks are kept at least.
const leastSessions = 10

// start follows the chain in a goroutine of its own.
func (r *archiver) start() {
	r.done = make(chan struct{})
	go func() {
		defer close(r.done)
		for {
			select {
			case <-r.wake:
				r.try()
			case <-r.quit:
				r.try()
				return
			}
		}
	}()
}

// stop copies what there is and lets go of the archive, before the node closes its
// databases. What is committed meanwhile is copied at the next start. A second stop
// does nothing.
func (r *archiver) stop() {
	if r.done != nil {
		close(r.quit)
		<-r.done
		r.done = nil
	}
	if err := r.to.Close(); err != nil {
		r.fail(err)
	}
}

// try copies what is new. Where the archive cannot be written, nothing is pruned and the
// market goes on.
func (r *archiver) try() {
	if err := unharmed(func() error { return r.follow(nil) }); err != nil {
		r.fail(err)
		return
	}
	if r.broken {
		r.chain.cfg.Log.Warn("the archive is written again", "chain", r.chain.cfg.Genesis.ChainID)
	}
	r.broken = false
}

func (r *archiver) fail(err error) {
	if !r.broken {
		r.chain.cfg.Log.Error("the archive cannot be written; old blocks stay in the chain", "chain", r.chain.cfg.Genesis.ChainID, "err", oneLine(err))
	}
	r.broken = true
}

// news says that there is a new block.
func (r *archiver) news() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Pruned returns the height of the newest block that is in the archive alone; 0: none is.
func (c *Chain) Pruned() int64 { return max(c.blocks.blocks.Base()-1, 0) }
