package abci

import (
	"bytes"
	"encoding/json"
	"fmt"

	sm "github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/types"
	cosmosdb "github.com/cosmos/cosmos-db"

	"torg/ledger"
)

// Replay runs an archive's blocks, from the first one on, through a ledger of its own
// in memory. The state has the same form as on disk, so that its hash must be what
// the next header says. It keeps what a running chain keeps, less the blocks.
type Replay struct {
	archive    *Archive
	validators *types.ValidatorSet
	store      *store
	ledger     *ledger.Ledger
	next       *types.Block // ahead of the state; nil: not read yet
	wrongHash  bool         // the newest header has another hash of the state
}

// Replayed is a block that was run again.
type Replayed struct {
	ledger.Block
	Made   ledger.Result  // what the rules make of it
	Said   *ledger.Result // what the chain has stored of it; nil: the same, or nothing readable
	Faults []string       // where the block, its votes, or what headers say of it are not good
}

// Replay begins before the first block. It refuses a genesis that was changed and an
// archive whose first blocks were pruned.
func (a *Archive) Replay() (*Replay, error) {
	if err := unchanged(a.node, a.doc, a.dbs); err != nil {
		return nil, fmt.Errorf("chain: %w", err)
	}
	if base := a.blocks.blocks.Base(); base > 1 {
		return nil, fmt.Errorf("chain: %s: blocks 1 to %d were pruned, and a replay begins with block 1: take a folder that has them; this one has blocks %d to %d",
			a.dir, base-1, base, a.height)
	}
	s, err := openStore(cosmosdb.NewMemDB())
	if err != nil {
		return nil, fmt.Errorf("chain: %w", err)
	}
	r := &Replay{archive: a, store: s, ledger: ledger.New(staged{s})}
	if err := r.ledger.Init(a.genesis); err != nil {
		return nil, fmt.Errorf("chain: %w", err)
	}
	// Torg's validators are those of the genesis for good.
	var list []*types.Validator
	for _, v := range a.doc.Validators {
		list = append(list, types.NewValidator(v.PubKey, v.Power))
	}
	r.validators = types.NewValidatorSet(list)
	return r, nil
}

// Height is that of the newest block whose state is committed; 0: none yet.
func (r *Replay) Height() int64 { return r.store.version }

// View looks at the committed state. It must not be kept beyond Commit.
func (r *Replay) View() ledger.View { return r.ledger.View() }

// Next runs the next block on the committed state and leaves that as it is. Where
// the chain holds something else than the rules make, it goes on with the latter. An
// error ends the replay: the block cannot be read, or the ledger's own rules stop at
// it; then what is returned has no more than its height and time.
func (r *Replay) Next() (Replayed, error) {
	p := Replayed{Block: ledger.Block{Height: r.Height() + 1}}
	err := unharmed(func() error {
		if meta := r.archive.blocks.blocks.LoadBlockMeta(p.Height); meta != nil {
			p.Time = meta.Header.Time.UTC()
		}
		block, err := r.block(p.Height)
		if err != nil {
			return err
		}
		p.Time, p.Txs = block.Time.UTC(), block.Txs.ToSliceOfBytes()
		_ = r.ahead(p.Height + 1) // if it cannot be read, its turn comes
		if fault := r.wrong(block); fault != nil {
			p.fault("%v", fault)
		}
		if p.Made, err = r.apply(p.Block); err != nil {
			return err
		}
		return r.compare(&p)
	})
	return p, err
}

// unharmed runs f, whose panics are how block store and ledger say what they cannot
// go on with, and makes them errors of one line.
func unharmed(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
		if err != nil {
			err = oneLine(err)
		}
	}()
	return f()
}

// Commit makes the state after the block that Next ran the committed one.
func (r *Replay) Commit() error {
	if err := r.store.save(); err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	r.ledger.Commit()
	return r.store.prune()
}

// block returns the block at a height, which may have been read ahead.
func (r *Replay) block(height int64) (*types.Block, error) {
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
	return unharmed(func() error {
		r.next = r.archive.blocks.blocks.LoadBlock(height)
		return nil
	})
}

// wrong says why a block is not the one that was agreed on.
func (r *Replay) wrong(block *types.Block) error {
	height := r.Height() + 1
	if err := block.ValidateBasic(); err != nil {
		return err
	}
	meta := r.archive.blocks.blocks.LoadBlockMeta(height)
	hash := block.Hash()
	if block.Height != height || !bytes.Equal(hash, meta.BlockID.Hash) {
		return fmt.Errorf("not the block with its hash")
	}
	votes := r.archive.blocks.blocks.LoadSeenCommit(height)
	if r.next != nil {
		if !bytes.Equal(r.next.LastBlockID.Hash, hash) {
			return fmt.Errorf("not the block that the next one follows")
		}
		votes = r.next.LastCommit
	}
	if votes == nil {
		return fmt.Errorf("nobody's votes for it are there")
	}
	id := types.BlockID{Hash: hash, PartSetHeader: meta.BlockID.PartSetHeader}
	if err := types.VerifyCommit(r.archive.genesis.ChainID, r.validators, id, height, votes); err != nil {
		return fmt.Errorf("its votes: %w", err)
	}
	return nil
}

// apply runs a block. The ledger's own alarms end the replay, not the process.
func (r *Replay) apply(b ledger.Block) (result ledger.Result, err error) {
	err = unharmed(func() error {
		result = r.ledger.Apply(b)
		return nil
	})
	if err != nil {
		err = fmt.Errorf("the rules stop at it: %w", err)
	}
	return result, err
}

// compare holds what a block did against what is stored of it and what the next
// header says.
func (r *Replay) compare(p *Replayed) error {
	hash := r.store.stage(r.ledger.Changes())
	stored, err := r.archive.blocks.states.LoadFinalizeBlockResponse(p.Height)
	if err != nil {
		p.Faults = append(p.Faults, "its results: "+oneLine(err).Error())
	}
	was := r.wrongHash
	r.wrongHash = false
	if r.next != nil {
		h := r.next.Header
		if r.wrongHash = !bytes.Equal(h.AppHash, hash); r.wrongHash && !was {
			p.fault("app hash %X in the next header, the rules give %X", []byte(h.AppHash), hash)
		}
		if made := sm.TxResultsHash(txResults(p.Made.Codes)); !bytes.Equal(h.LastResultsHash, made) {
			p.fault("results' hash %X in the next header, the rules give %X", []byte(h.LastResultsHash), made)
		}
	}
	if stored == nil {
		return nil
	}
	if !bytes.Equal(stored.AppHash, hash) && !r.wrongHash && !was {
		p.fault("app hash %X in its results, the rules give %X", stored.AppHash, hash)
	}
	made, err := json.Marshal(p.Made.Events)
	if err != nil {
		return err
	}
	said := ledger.Result{Codes: refusals(stored.TxResults)}
	text, err := eventsText(stored.Events)
	switch {
	case err != nil:
		p.fault("its results: %v", err)
		said.Events = p.Made.Events
	case bytes.Equal(text, made) || len(text) == 0 && len(p.Made.Events) == 0:
		said.Events = p.Made.Events
		if bytes.Equal(sm.TxResultsHash(stored.TxResults), sm.TxResultsHash(txResults(p.Made.Codes))) {
			return nil
		}
	default:
		if err := json.Unmarshal(text, &said.Events); err != nil && len(text) > 0 {
			p.fault("its results: events: %v", err)
			said.Events = p.Made.Events
		}
	}
	p.Said = &said
	return nil
}

func (p *Replayed) fault(format string, args ...any) {
	p.Faults = append(p.Faults, fmt.Sprintf(format, args...))
}
