package abci

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"github.com/cometbft/cometbft/light"
	"github.com/cometbft/cometbft/types"

	"torg/ledger"
	"torg/ledger/archive"
)

// ErrNoHeader says that a trusted header is not there to begin from.
var ErrNoHeader = errors.New("not there to begin from")

// Checks take what VerifyArchive has verified, in the order of the chain.
type Checks struct {
	// Block gets every block.
	Block func(ledger.Committed) error
	// Log gets the record of the log of session roots in the state after the block that
	// came last.
	Log func(record []byte) error
	// Light returns light blocks that are in the chain and not in the archive; nil: there
	// is no chain beside the archive.
	Light func(height int64) ([]byte, error)
}

// Archived is what was verified of an archive.
type Archived struct {
	ChainID string
	Blocks  int64 // the height of the newest
	Whole   int64 // blocks with their headers; nothing happened in the others
	Logs    int   // of session roots that were shown
	// Open says that the newest block did something, and that no header with its results
	// is there.
	Open bool
}

// VerifyArchive checks an archive with nothing but a trusted header: that its files are
// what its blocks give; that every header was signed by the validators that CometBFT's
// light client finds from the trusted one on, or, before that, by the trusted one's own;
// that headers which follow each other are linked by their hashes; that every block's
// transactions are its header's, and its results and the state after it what the next
// header says. Blocks in which nothing happened have no header: that neither the state
// nor the results' hash changed is all that is known of them. An error names file and
// day. It wraps ErrNoHeader where the trusted header is neither in the archive nor in
// the chain.
func VerifyArchive(a *archive.Archive, trust Trust, checks Checks) (Archived, error) {
	v := &verifier{archive: a, trust: trust, checks: checks}
	if err := a.Check(); err != nil {
		return v.shown, err
	}
	if err := unharmed(v.begin); err != nil {
		return v.shown, err
	}
	logs, err := a.Logs()
	if err != nil {
		return v.shown, err
	}
	err = a.Blocks(1, a.Height(), func(b archive.Block) error {
		if err := unharmed(func() error { return v.block(b) }); err != nil {
			return fmt.Errorf("archive: %s: block %d: %w", filepath.Join(a.Dir(), b.Day(), "blocks"), b.Height, err)
		}
		for ; len(logs) > 0 && logs[0].Last == b.Height; logs = logs[1:] {
			if err := unharmed(func() error { return v.log(logs[0]) }); err != nil {
				return fmt.Errorf("archive: %s: %w", logs[0].Path, err)
			}
		}
		return nil
	})
	if err == nil {
		err = unharmed(v.end)
	}
	return v.shown, err
}

// verifier goes through an archive's blocks.
type verifier struct {
	archive *archive.Archive
	trust   Trust
	checks  Checks
	shown   Archived

	doc     *types.GenesisDoc
	trusted *types.LightBlock
	last    *types.LightBlock // the newest that was verified, not before the trusted one

	before archive.Block // zero: none
	loud   bool          // it did something
}

// begin finds the trusted header.
func (v *verifier) begin() (err error) {
	if v.doc, err = types.GenesisDocFromJSON(v.archive.Genesis()); err != nil {
		return fmt.Errorf("archive: %s: %w", filepath.Join(v.archive.Dir(), "genesis.json"), err)
	}
	v.shown.ChainID = v.doc.ChainID
	raw, err := v.light(v.trust.Height)
	if err != nil {
		return err
	}
	if v.trusted, err = parseLight(v.doc.ChainID, raw); err != nil {
		return fmt.Errorf("archive: %s: trusted header %d: %w", v.archive.Dir(), v.trust.Height, err)
	}
	if v.trusted.Height != v.trust.Height || [32]byte(v.trusted.Hash()) != v.trust.Hash {
		return fmt.Errorf("archive: %s: header %d is %x, which is not the trusted %s", v.archive.Dir(), v.trusted.Height, []byte(v.trusted.Hash()), v.trust)
	}
	v.last = v.trusted
	return nil
}

// light returns the light block at a height, from the chain or from the archive.
func (v *verifier) light(height int64) ([]byte, error) {
	if height <= v.archive.Height() {
		if b, err := v.archive.At(height); err != nil || !b.Quiet() {
			return b.Light, err
		}
	}
	if v.checks.Light != nil {
		if raw, err := v.checks.Light(height); err == nil {
			return raw, nil
		}
	}
	return nil, fmt.Errorf("archive: %s: header %d is not in it: take one of a block in which something happened, such as 1: %w",
		v.archive.Dir(), height, ErrNoHeader)
}

// block checks the next block.
func (v *verifier) block(b archive.Block) error {
	first := v.before.Height == 0
	switch {
	case first && b.Height != 1:
		return errors.New("the first block is missing")
	case !first && (b.Height != v.before.Height+1 || !b.Time.After(v.before.Time)):
		return fmt.Errorf("it does not follow block %d of %s", v.before.Height, v.before.Time.Format(time.RFC3339Nano))
	case !first && b.Day() != v.before.Day() && v.before.Quiet():
		return errors.New("the last block of the day before has no header")
	case b.Quiet() && v.loud:
		return errors.New("it has no header, which would have the results of the block before")
	}
	if !b.Quiet() {
		light, err := openLight(v.doc.ChainID, b)
		if err == nil {
			err = v.follows(light)
		}
		if err == nil {
			err = v.holds(light)
		}
		if err != nil {
			return err
		}
		v.shown.Whole++
	}
	c, err := b.Committed()
	if err != nil {
		return err
	}
	v.loud = len(b.Txs) > 0 || len(b.Events) > 0 || !bytes.Equal(b.AppHash, v.before.AppHash)
	v.before = b
	v.shown.Blocks = b.Height
	return v.checks.Block(c)
}

// holds holds a header against the block before it.
func (v *verifier) holds(l *types.LightBlock) error {
	h, b := l.Header, v.before
	switch {
	case b.Height == 0:
		return v.born(h)
	case b.Hash != nil && !bytes.Equal(h.LastBlockID.Hash, b.Hash):
		return errors.New("it is not linked to the block before it")
	case !agrees(*h, b.AppHash, txResults(b.Codes)):
		return errors.New("its header does not say what the block before it did")
	}
	return nil
}

// born holds the first header against the genesis document.
func (v *verifier) born(h *types.Header) error {
	if !h.Time.Equal(v.doc.GenesisTime) || len(h.AppHash) > 0 ||
		!bytes.Equal(h.ValidatorsHash, founders(v.doc).Hash()) || !bytes.Equal(h.ConsensusHash, v.doc.ConsensusParams.Hash()) {
		return errors.New("it does not begin the chain of genesis.json")
	}
	return nil
}

// follows goes from the trusted header to another, forward as CometBFT's light client
// does. Backward it knows no way but through every header between, which are not kept;
// but the trusted header names the validators, and they have signed this one too.
func (v *verifier) follows(l *types.LightBlock) error {
	switch {
	case l.Height == v.trust.Height:
		if [32]byte(l.Hash()) != v.trust.Hash {
			return errors.New("it is not the trusted one")
		}
	case l.Height < v.trust.Height:
		if !bytes.Equal(l.ValidatorsHash, v.trusted.ValidatorsHash) || !l.Time.Before(v.trusted.Time) {
			return errors.New("it was signed by others than the trusted header's validators, or later")
		}
	case l.Height <= v.last.Height:
		if !bytes.Equal(l.Hash(), v.last.Hash()) {
			return errors.New("there are two headers of this height")
		}
	default:
		if err := light.Verify(v.last.SignedHeader, v.last.ValidatorSet, l.SignedHeader, l.ValidatorSet,
			math.MaxInt64, l.Time, time.Nanosecond, light.DefaultTrustLevel); err != nil {
			return err
		}
		v.last = l
	}
	return nil
}

// log checks a day's log.json, which hangs on the header after the day.
func (v *verifier) log(l archive.Log) error {
	var p logProof
	if err := json.Unmarshal(l.Text, &p); err != nil {
		return err
	}
	if !bytes.Equal(p.encode(), l.Text) {
		return errors.New("not in the form in which it is written")
	}
	light, err := parseLight(v.doc.ChainID, p.Light)
	if err == nil && light.Height != l.Last+1 {
		err = fmt.Errorf("its header is %d, and the day ends with block %d", light.Height, l.Last)
	}
	if err == nil {
		err = v.follows(light)
	}
	if err == nil {
		err = v.holds(light)
	}
	if err != nil {
		return err
	}
	record, err := openRecord(light.AppHash, ledger.LogKey(), p.Record)
	if err != nil {
		return err
	}
	v.shown.Logs++
	return v.checks.Log(record)
}

// end holds the newest block against the header after it, if the chain has that.
func (v *verifier) end() error {
	if v.before.Height == 0 {
		return fmt.Errorf("archive: %s: no block is in it", v.archive.Dir())
	}
	v.shown.Open = v.loud
	if v.checks.Light == nil {
		return nil
	}
	raw, gone := v.checks.Light(v.before.Height + 1)
	if gone != nil {
		return nil //nolint:nilerr // the chain does not go on either
	}
	light, err := parseLight(v.doc.ChainID, raw)
	if err == nil {
		err = v.follows(light)
	}
	if err == nil {
		err = v.holds(light)
	}
	if err != nil {
		return fmt.Errorf("header %d, which the chain has after the archive's newest: %w", v.before.Height+1, err)
	}
	v.shown.Open = false
	return nil
}

// Archive returns the archive beside the chain; nil: there is none.
func (f *Folder) Archive() *archive.Archive { return f.blocks.archive }

// Light returns the light block at a height, which the chain or its archive has.
func (f *Folder) Light(height int64) (raw []byte, err error) {
	err = guard(f.dir, func() error {
		raw, err = f.blocks.lightBlock(height)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("chain: header %d: %w", height, err)
	}
	return raw, nil
}
