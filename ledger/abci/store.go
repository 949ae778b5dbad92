package abci

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"slices"

	cosmosdb "github.com/cosmos/cosmos-db"
	"github.com/cosmos/iavl"
	idb "github.com/cosmos/iavl/db"

	"torg/ledger"
)

// How many old versions of the state are kept, and how many are deleted after one
// block where there are more.
const (
	keepVersions = 100
	pruneAtOnce  = 4
)

// The tree's nodes that stay in memory: so many for each key, because a node that has
// to be read costs as much as ten that are there, and at least leastCached. They are
// not more from the start because nodes of old versions fill what room there is.
const (
	cachedPerKey = 4
	leastCached  = 20_000
)

// store is the ledger's state in an IAVL tree: a ledger.KV with a hash and with one
// version for each block. What is set waits in memory for save.
//
// A block in which nothing but the ledger's head moves leaves the tree alone, and
// the head is kept beside it until the next block that does more: it follows from
// the blocks' times, and CometBFT answers a new hash with a new block, so that an
// idle chain would never rest.
type store struct {
	db      cosmosdb.DB
	tree    *iavl.MutableTree
	cached  int    // how many of the tree's nodes stay in memory
	version int64  // the newest that is saved, which is its block's height; 0: none
	oldest  int64  // version
	head    []byte // beside the tree; nil: the tree's is up to date
	saved   []byte // the same of the saved state
}

func openStore(db cosmosdb.DB) (*store, error) {
	s := &store{db: db}
	var err error
	if s.version, err = s.load(leastCached); err != nil {
		return nil, err
	}
	if err := s.makeRoom(); err != nil {
		return nil, err
	}
	if s.saved, err = s.loadHead(); err != nil {
		return nil, err
	}
	s.head = s.saved
	s.oldest = s.version
	if all := s.tree.AvailableVersions(); len(all) > 0 {
		s.oldest = int64(all[0])
	}
	return s, nil
}

// load takes up the saved state with room for so many nodes in memory, and returns its
// version.
func (s *store) load(cached int) (version int64, err error) {
	// A version must reach the disk whole or not at all: one of which some nodes
	// were flushed early would pass for the latest one.
	s.tree = iavl.NewMutableTree(atomicDB{idb.NewWrapper(s.db)}, cached, true,
		iavl.NewNopLogger(), iavl.FlushThresholdOption(math.MaxInt))
	s.cached = cached
	return s.tree.Load()
}

// makeRoom takes the saved state up again with more room in memory, where it has
// outgrown what there is.
func (s *store) makeRoom() error {
	want := cachedPerKey * int(s.tree.Size())
	if want <= s.cached {
		return nil
	}
	version, err := s.load(2 * want)
	if err == nil && version != s.version {
		err = fmt.Errorf("version %d where %d was saved", version, s.version)
	}
	return err
}

// atomicDB is a database whose batches grow as needed: IAVL would make room for as
// much as it may ever flush at once.
type atomicDB struct{ idb.DB }

func (db atomicDB) NewBatchWithSize(int) idb.Batch { return db.NewBatch() }

// hash is that of the saved state.
func (s *store) hash() []byte {
	if s.version == 0 {
		return nil
	}
	return s.tree.Hash()
}

// stage makes the changes to the saved state, in place of what was staged before,
// and returns the hash of the state that results.
func (s *store) stage(changes iter.Seq2[[]byte, []byte]) []byte {
	s.tree.Rollback()
	s.head = s.saved
	if head := onlyHead(changes); head != nil && s.version > 0 {
		s.head = head
		return s.tree.WorkingHash()
	}
	s.head = nil
	for key, value := range changes {
		if value == nil {
			s.Delete(key)
		} else {
			s.Set(key, value)
		}
	}
	return s.tree.WorkingHash()
}

// onlyHead returns the ledger's head, if that is all that changes.
func onlyHead(changes iter.Seq2[[]byte, []byte]) []byte {
	var head []byte
	for key, value := range changes {
		if !ledger.IsHead(key) {
			return nil
		}
		head = value
	}
	return head
}

// save writes what is staged as the next version.
func (s *store) save() error {
	if err := s.saveHead(s.version + 1); err != nil {
		return fmt.Errorf("application state: %w", err)
	}
	_, version, err := s.tree.SaveVersion()
	if err != nil {
		return fmt.Errorf("application state: %w", err)
	}
	s.version = version
	s.saved = s.head
	if s.oldest == 0 {
		s.oldest = s.version
	}
	if err := s.makeRoom(); err != nil {
		return fmt.Errorf("application state: %w", err)
	}
	return nil
}

// besideKey is where the head of a version is kept beside the tree. Two places
// serve by turns: the next version's is written before the version itself.
func besideKey(version int64) []byte { return fmt.Appendf(nil, "torg/head/%d", version%2) }

func (s *store) saveHead(version int64) error {
	if s.head == nil {
		return nil
	}
	return s.db.Set(besideKey(version), append(binary.BigEndian.AppendUint64(nil, uint64(version)), s.head...))
}

// loadHead returns the head beside the saved version, or nil.
func (s *store) loadHead() ([]byte, error) {
	v, err := s.db.Get(besideKey(s.version))
	if err != nil || len(v) < 8 || int64(binary.BigEndian.Uint64(v)) != s.version {
		return nil, err
	}
	return v[8:], nil
}

// prune deletes a few of the versions that are no longer kept, each in one step.
func (s *store) prune() error {
	for range pruneAtOnce {
		if s.oldest == 0 || s.oldest > s.version-keepVersions {
			return nil
		}
		if err := s.tree.DeleteVersionsTo(s.oldest); err != nil {
			return fmt.Errorf("application state: version %d: %w", s.oldest, err)
		}
		s.oldest++
	}
	return nil
}

func (s *store) close() error { return s.tree.Close() }

// staged is the store as the ledger gets it: what a block changes is in the tree since
// the block was finalized, and is not written again when it is committed.
type staged struct{ *store }

// Set does nothing: the value is there.
func (staged) Set(_, _ []byte) {}

// Delete does nothing: the key is gone.
func (staged) Delete([]byte) {}

// Get, Set, Delete and Ascend make the store a ledger.KV. They panic where the
// database cannot be read: a ledger that goes on without its state would fork.

// Get returns the value of a key, or nil.
func (s *store) Get(key []byte) []byte {
	if s.head != nil && ledger.IsHead(key) {
		return s.head
	}
	value, err := s.tree.Get(key)
	if err != nil {
		panic(fmt.Errorf("application state: key %x: %w", key, err))
	}
	return value
}

// Set sets a key. The same value again leaves the tree, and so its hash, alone.
func (s *store) Set(key, value []byte) {
	if old := s.Get(key); old != nil && bytes.Equal(old, value) {
		return
	}
	if _, err := s.tree.Set(slices.Clone(key), append([]byte{}, value...)); err != nil {
		panic(fmt.Errorf("application state: key %x: %w", key, err))
	}
}

// Delete deletes a key, if it is there.
func (s *store) Delete(key []byte) {
	if _, _, err := s.tree.Remove(key); err != nil {
		panic(fmt.Errorf("application state: key %x: %w", key, err))
	}
}

// Ascend calls f for the keys with a prefix, in bytewise order, until it returns
// false.
func (s *store) Ascend(prefix []byte, f func(key, value []byte) bool) {
	it, err := s.tree.Iterator(prefix, after(prefix), true)
	if err != nil {
		panic(fmt.Errorf("application state: keys %x: %w", prefix, err))
	}
	defer it.Close()
	for ; it.Valid(); it.Next() {
		value := it.Value()
		if s.head != nil && ledger.IsHead(it.Key()) {
			value = s.head
		}
		if !f(it.Key(), value) {
			return
		}
	}
	if err := it.Error(); err != nil {
		panic(fmt.Errorf("application state: keys %x: %w", prefix, err))
	}
}

// after returns the first key behind all keys with a prefix; nil: there is none.
func after(prefix []byte) []byte {
	end := slices.Clone(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}
