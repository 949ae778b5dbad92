package abci

import (
	"bytes"
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"
	sm "github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/types"

	"torg"
	"torg/ledger/archive"
)

// stored is a block as the chain's databases have it, with what it did.
type stored struct {
	block   *types.Block
	next    *types.BlockMeta // of the block after it; nil: there is none
	codes   []torg.Refusal
	events  []byte // JSON
	appHash []byte
}

// stored reads a block. Where there is a next one, its header must agree.
func (h history) stored(height int64) (stored, error) {
	block, err := h.block(height)
	if err != nil {
		return stored{}, err
	}
	r, err := h.states.LoadFinalizeBlockResponse(height)
	if err != nil {
		return stored{}, fmt.Errorf("results of block %d: %w", height, err)
	}
	if len(r.TxResults) != len(block.Txs) {
		return stored{}, fmt.Errorf("results of block %d: %d for %d transactions", height, len(r.TxResults), len(block.Txs))
	}
	next := h.blocks.LoadBlockMeta(height + 1)
	if next != nil && (!bytes.Equal(next.Header.LastBlockID.Hash, block.Hash()) || !agrees(next.Header, r.AppHash, r.TxResults)) {
		return stored{}, fmt.Errorf("block %d and its results: not what the next header says", height)
	}
	text, err := eventsText(r.Events)
	if err != nil {
		return stored{}, fmt.Errorf("results of block %d: %w", height, err)
	}
	return stored{block: block, next: next, codes: refusals(r.TxResults), events: text, appHash: r.AppHash}, nil
}

// agrees says whether a header says of the block before it what that block did.
func agrees(h types.Header, appHash []byte, results []*abci.ExecTxResult) bool {
	return bytes.Equal(h.AppHash, appHash) && bytes.Equal(h.LastResultsHash, sm.TxResultsHash(results))
}

// loud says that a block did something: it is not kept as its time alone.
func (s stored) loud() bool {
	return len(s.block.Txs) > 0 || len(s.events) > 0 || !bytes.Equal(s.block.AppHash, s.appHash)
}

// archived is the block as the archive keeps it. It takes the block before and the
// header after it to say whether that is whole: where something happened in it or in the
// one before, so that there is a header with its results, and at both ends of a day.
func (h history) forArchive(height int64, before *stored) (archive.Block, stored, error) {
	s, err := h.stored(height)
	if err != nil {
		return archive.Block{}, s, err
	}
	if s.next == nil {
		return archive.Block{}, s, fmt.Errorf("block %d is the newest, without votes that all agree on", height)
	}
	b := archive.Block{Height: height, Time: s.block.Time.UTC(), AppHash: s.appHash}
	ends := archive.DayOf(s.next.Header.Time) != b.Day()
	begins := before == nil || archive.DayOf(before.block.Time) != b.Day()
	if s.loud() || begins || ends || before.loud() {
		b.Hash, b.Txs, b.Codes, b.Events = s.block.Hash(), s.block.Txs.ToSliceOfBytes(), s.codes, s.events
		b.Light, err = h.lightBlock(height)
	}
	return b, s, err
}
