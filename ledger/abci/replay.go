package abci

import (
	"bytes"
	"fmt"

	sm "github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/types"
	cosmosdb "github.com/cosmos/cosmos-db"

	"torg/ledger"
	"torg/ledger/archive"
)

// Replay runs a chain's blocks, from the first one on, through a ledger of its own in
// memory; those that were pruned come from the archive. The state has the same form as
// on disk, so that its hash must be what the next header says. It keeps what a running
// chain keeps, less the blocks.
type Replay struct {
	folder     *Folder
	validators *types.ValidatorSet
	store      *store
	ledger     *ledger.Ledger
	pruned     *archive.Cursor // before next; nil: nothing was pruned
	next       *source         // ahead of the state; nil: not read yet
	before     []byte          // hash of the block that was run last; nil: not known
	wrongHash  bool            // the newest header has another hash of the state
}

// Replayed is a block that was run again.
type Replayed struct {
	ledger.Block
	Made   ledger.Result  // what the rules make of it
	Said   *ledger.Result // what the chain has stored of it; nil: the same, or nothing readable
	Faults []string       // where the block, its votes, or what headers say of it are not good
}

// Replay begins before the first block. It refuses a genesis that was changed and a chain
// whose first blocks are nowhere.
func (f *Folder) Replay() (*Replay, error) {
	r, err := f.replay()
	if err != nil {
		return nil, fmt.Errorf("chain: %w", err)
	}
	return r, nil
}

func (f *Folder) replay() (*Replay, error) {
	if err := unchanged(f.node, f.doc, f.dbs); err != nil {
		return nil, err
	}
	if err := f.blocks.whole(f.dir); err != nil {
		return nil, err
	}
	s, err := openStore(cosmosdb.NewMemDB())
	if err != nil {
		return nil, err
	}
	r := &Replay{folder: f, validators: founders(f.doc), store: s, ledger: ledger.New(staged{s})}
	if f.blocks.blocks.Base() > 1 {
		if r.pruned, err = f.blocks.archive.From(1); err != nil {
			return nil, err
		}
		f.cursors = append(f.cursors, r.pruned)
	}
	return r, r.ledger.Init(f.genesis)
}

// founders are the validators of the genesis, who are Torg's for good.
func founders(doc *types.GenesisDoc) *types.ValidatorSet {
	var list []*types.Validator
	for _, v := range doc.Validators {
		list = append(list, types.NewValidator(v.PubKey, v.Power))
	}
	return types.NewValidatorSet(list)
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
		p.Time = r.time(p.Height)
		block, err := r.block(p.Height)
		if err != nil {
			return err
		}
		p.Block = block.Block
		_ = r.ahead(p.Height + 1) // if it cannot be read, its turn comes
		if fault := r.wrong(block); fault != nil {
			p.fault("%v", fault)
		}
		if p.Made, err = r.apply(p.Block); err != nil {
			return err
		}
		r.before = block.hash
		return r.compare(&p, block)
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
func (r *Replay) compare(p *Replayed, block *source) error {
	hash := r.store.stage(r.ledger.Changes())
	stored, err := block.did()
	if err != nil {
		p.Faults = append(p.Faults, "its results: "+oneLine(err).Error())
	}
	was := r.wrongHash
	r.wrongHash = false
	if r.next != nil && r.next.header != nil {
		h := r.next.header
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
	return p.say(stored)
}

// say sets what is stored of a block's result where it is another than was made.
func (p *Replayed) say(stored *results) error {
	made, err := ledger.EventText(p.Made.Events, p.Block.Txs)
	if err != nil {
		return err
	}
	said := ledger.Result{Codes: refusals(stored.TxResults)}
	text, err := stored.events()
	switch {
	case err != nil:
		p.fault("its results: %v", err)
		said.Events = p.Made.Events
	case bytes.Equal(text, made):
		said.Events = p.Made.Events
		if bytes.Equal(sm.TxResultsHash(stored.TxResults), sm.TxResultsHash(txResults(p.Made.Codes))) {
			return nil
		}
	default:
		if said.Events, err = parseEvents(text, p.Block.Txs); err != nil {
			p.fault("its results: %v", err)
			said.Events = p.Made.Events
		}
	}
	p.Said = &said
	return nil
}

func (p *Replayed) fault(format string, args ...any) {
	p.Faults = append(p.Faults, fmt.Sprintf(format, args...))
}
