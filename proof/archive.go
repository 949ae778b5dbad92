package proof

import (
	"errors"
	"fmt"

	"torg/ledger"
	"torg/ledger/abci"
	"torg/ledger/archive"
	"torg/sign"
)

// Archived is what an archive shows to whoever trusts one header.
type Archived struct {
	abci.Archived
	Contracts int64
	Sessions  uint64 // in the log of session roots, as the contracts give it
	Proven    uint64 // of them, the first so many, whose log is in a state that a header commits to
}

// VerifyArchive checks an archive down to its last byte, and makes every session's root
// anew from its contracts: the log of these roots must be the one in the state after
// each day that shows it. chain is the chain beside the archive, whose newest state then
// shows the log to the end; nil: there is none.
func VerifyArchive(a *archive.Archive, trust abci.Trust, chain *abci.Folder) (Archived, error) {
	r := roots{index: NewIndex(nil)}
	checks := abci.Checks{Block: r.take, Log: r.compare}
	if chain != nil {
		checks.Light = chain.Light
	}
	shown, err := abci.VerifyArchive(a, trust, checks)
	if err == nil && chain != nil {
		err = r.newest(chain, trust)
	}
	return Archived{Archived: shown, Contracts: r.contracts, Sessions: r.log.Size(), Proven: r.proven}, err
}

// roots makes the log of session roots from blocks.
type roots struct {
	index     *Index
	log       sign.Log
	contracts int64
	proven    uint64
}

// take follows the chain through a block.
func (r *roots) take(c ledger.Committed) error {
	for _, e := range c.Events {
		if err := r.index.take(c, e); err != nil {
			return err
		}
		if e.Cleared != nil {
			r.contracts += int64(len(e.Cleared.Contracts))
		}
	}
	for _, leaf := range r.index.leaves {
		r.log = r.log.Append(leaf)
	}
	r.index.leaves = nil
	return nil
}

// compare holds the log against the one in a state.
func (r *roots) compare(record []byte) error {
	log, err := ledger.ParseLog(record)
	if err != nil {
		return err
	}
	if log.Size() != r.log.Size() || log.Root() != r.log.Root() {
		return fmt.Errorf("the log of %d session roots in the state is not the one of %d that the contracts give", log.Size(), r.log.Size())
	}
	r.proven = log.Size()
	return nil
}

// newest goes on through the chain to its newest state that a header commits to.
func (r *roots) newest(chain *abci.Folder, trust abci.Trust) error {
	state, err := chain.Prove(trust.Height, ledger.LogKey())
	if err != nil {
		return err
	}
	shown, err := state.Verify(chain.Genesis().ChainID, trust, ledger.LogKey())
	if err != nil {
		return fmt.Errorf("the newest state: %w", err)
	}
	from := chain.Archived() + 1
	if shown.Height < from {
		return errors.New("the newest state is older than the archive")
	}
	if err := chain.Blocks(from, shown.Height-1, r.take); err != nil {
		return err
	}
	if err := r.compare(shown.Records[0]); err != nil {
		return fmt.Errorf("state after block %d: %w", shown.Height-1, err)
	}
	return nil
}
