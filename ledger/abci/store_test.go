package abci

import (
	"bytes"
	"fmt"
	"iter"
	"slices"
	"testing"

	cosmosdb "github.com/cosmos/cosmos-db"
	"pgregory.net/rapid"

	"torg/ledger/kvmem"

	"torg/ledger"
)

// pairs are changes as a ledger makes them: key, value, key, value; "-" deletes.
func pairs(list ...string) iter.Seq2[[]byte, []byte] {
	return func(yield func(k, v []byte) bool) {
		for i := 0; i < len(list); i += 2 {
			v := []byte(list[i+1])
			if list[i+1] == "-" {
				v = nil
			}
			if !yield([]byte(list[i]), v) {
				return
			}
		}
	}
}

func openMem(t testing.TB, db cosmosdb.DB) *store {
	t.Helper()
	s, err := openStore(db)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func save(t testing.TB, s *store) {
	t.Helper()
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	db := cosmosdb.NewMemDB()
	s := openMem(t, db)
	if s.version != 0 || s.hash() != nil || s.Get([]byte("a")) != nil {
		t.Error("a new store has something in it")
	}
	s.stage(pairs("a", "lost"))
	one := s.stage(pairs("H", "1", "a", "1", "ab", "2", "b", "3", "empty", ""))
	save(t, s)
	two := s.stage(pairs("H", "2", "ab", "-", "nothing", "-"))
	if bytes.Equal(one, two) {
		t.Error("a deletion leaves the hash as it was")
	}
	save(t, s)
	s = openMem(t, db)
	if s.version != 2 || !bytes.Equal(s.hash(), two) {
		t.Errorf("height %d and hash %x, want 2 and %x", s.version, s.hash(), two)
	}
	var got []string
	s.Ascend([]byte("a"), func(k, v []byte) bool {
		got = append(got, string(k)+"="+string(v))
		return true
	})
	if !slices.Equal(got, []string{"a=1"}) {
		t.Errorf("under a there is %v", got)
	}
	if v := s.Get([]byte("empty")); v == nil || len(v) != 0 {
		t.Errorf("an empty value is %v", v)
	}
	if same := s.stage(pairs("H", "2", "a", "1")); !bytes.Equal(same, two) {
		t.Error("writing the same again changes the hash")
	}
}

// The head alone does not touch the tree, and is never lost by it.
func TestHeadBesideTree(t *testing.T) {
	t.Parallel()
	db := cosmosdb.NewMemDB()
	s := openMem(t, db)
	hash := s.stage(pairs("H", "1", "a", "1"))
	save(t, s)
	for n := 2; n <= 5; n++ {
		s.stage(pairs("H", "wrong"))
		if again := s.stage(pairs("H", fmt.Sprint(n))); !bytes.Equal(again, hash) {
			t.Errorf("block %d changes the hash", n)
		}
		save(t, s)
		if s = openMem(t, db); string(s.Get(headKey)) != fmt.Sprint(n) || s.version != int64(n) {
			t.Errorf("head %q after block %d", s.Get(headKey), n)
		}
	}
	// A process that dies between the head and the tree finds the head before it.
	s.stage(pairs("H", "6"))
	if err := s.saveHead(6); err != nil {
		t.Fatal(err)
	}
	if s = openMem(t, db); string(s.Get(headKey)) != "5" {
		t.Errorf("head %q after half of a block", s.Get(headKey))
	}
	if next := s.stage(pairs("H", "6", "b", "2")); bytes.Equal(next, hash) {
		t.Error("a block with more than the head leaves the hash as it was")
	}
	save(t, s)
	if s = openMem(t, db); string(s.Get(headKey)) != "6" {
		t.Errorf("head %q in the tree", s.Get(headKey))
	}
	var seen string
	s.Ascend(headKey, func(_, v []byte) bool { seen = string(v); return true })
	if seen != "6" {
		t.Errorf("head %q on the way through the keys", seen)
	}
}

func TestPrune(t *testing.T) {
	t.Parallel()
	db := cosmosdb.NewMemDB()
	s := openMem(t, db)
	for n := range keepVersions + 40 {
		s.stage(pairs("H", fmt.Sprint(n), "a", fmt.Sprint(n), fmt.Sprint("k", n%7), fmt.Sprint(n)))
		save(t, s)
		if n == keepVersions+5 {
			s = openMem(t, db) // a restart loses no count
		}
		if n > keepVersions+5 {
			if err := s.prune(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := len(s.tree.AvailableVersions()); n != keepVersions {
		t.Errorf("%d versions are kept, want %d", n, keepVersions)
	}
	s = openMem(t, db)
	if got, want := string(s.Get([]byte("a"))), fmt.Sprint(keepVersions+39); got != want {
		t.Errorf("value %s after pruning, want %s", got, want)
	}
	if s.oldest != 41 {
		t.Errorf("the oldest version is %d, want 41", s.oldest)
	}
}

// A store does what a map does, over any blocks, restarts and repetitions, and its
// hash is that of its content's history.
func TestStoreIsAMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		db, other := cosmosdb.NewMemDB(), cosmosdb.NewMemDB()
		s, err := openStore(db)
		if err != nil {
			t.Fatal(err)
		}
		twin, err := openStore(other)
		if err != nil {
			t.Fatal(err)
		}
		model := &kvmem.KV{}
		for n := range rapid.IntRange(1, 12).Draw(t, "blocks") {
			change := map[string]string{"H": fmt.Sprint(n)}
			for k, v := range rapid.MapOfN(rapid.StringMatching("[a-c]{1,3}"), rapid.StringMatching("[-xyz]?"), 0, 6).Draw(t, "change") {
				change[k] = v
			}
			var list []string
			for k, v := range change {
				list = append(list, k, v)
				if v == "-" {
					model.Delete([]byte(k))
				} else {
					model.Set([]byte(k), []byte(v))
				}
			}
			sorted := sortPairs(list)
			if rapid.Bool().Draw(t, "repeated") {
				s.stage(pairs("a", "wrong", "zzz", "wrong"))
			}
			hash := s.stage(pairs(sorted...))
			if err := s.save(); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(hash, twin.stage(pairs(sorted...))) {
				t.Fatal("two stores disagree")
			}
			if err := twin.save(); err != nil {
				t.Fatal(err)
			}
			if rapid.Bool().Draw(t, "restart") {
				if s, err = openStore(db); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(dump(s), dump(model)) {
				t.Fatalf("after block %d the store is not the map", n+1)
			}
		}
	})
}

func sortPairs(list []string) []string {
	keys := make([]int, 0, len(list)/2)
	for i := 0; i < len(list); i += 2 {
		keys = append(keys, i)
	}
	slices.SortFunc(keys, func(a, b int) int { return bytes.Compare([]byte(list[a]), []byte(list[b])) })
	var sorted []string
	for _, i := range keys {
		sorted = append(sorted, list[i], list[i+1])
	}
	return sorted
}

func TestAfter(t *testing.T) {
	t.Parallel()
	for prefix, want := range map[string][]byte{"a": []byte("b"), "a\xff": []byte("b"), "\xff\xff": nil, "": nil} {
		if got := after([]byte(prefix)); !bytes.Equal(got, want) {
			t.Errorf("after %q comes %q, want %q", prefix, got, want)
		}
	}
}

// writesDB counts how often something is written.
type writesDB struct {
	cosmosdb.DB
	n *int
}

type writesBatch struct {
	cosmosdb.Batch
	n *int
}

func (db writesDB) NewBatch() cosmosdb.Batch            { return writesBatch{db.DB.NewBatch(), db.n} }
func (db writesDB) NewBatchWithSize(int) cosmosdb.Batch { return db.NewBatch() }
func (b writesBatch) Write() error                      { *b.n++; return b.Batch.Write() }

// However much a block changes, and whatever is pruned, it is written at once.
func TestAtomicVersions(t *testing.T) {
	t.Parallel()
	var writes int
	s := openMem(t, writesDB{cosmosdb.NewMemDB(), &writes})
	for n := range 3 {
		var list []string
		for i := range 1000 {
			list = append(list, fmt.Sprintf("%06d", i), fmt.Sprintf("%01000d", n))
		}
		s.stage(pairs(list...))
		writes = 0
		save(t, s)
		if writes != 1 {
			t.Errorf("a block of a million bytes took %d writes", writes)
		}
	}
	writes = 0
	if err := s.tree.DeleteVersionsTo(1); err != nil {
		t.Fatal(err)
	}
	if writes != 1 {
		t.Errorf("a version of a million bytes took %d writes to delete", writes)
	}
}

// A block's writes: 200 of 2,000 keys.
func BenchmarkStore(b *testing.B) {
	db, err := cosmosdb.NewGoLevelDB("bench", b.TempDir(), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	s := openMem(b, db)
	for n := 0; b.Loop(); n++ {
		list := []string{"H", fmt.Sprint(n)}
		for i := range 200 {
			list = append(list, fmt.Sprintf("key %06d", (n*200+i*7)%2000), fmt.Sprintf("%0200d", n))
		}
		s.stage(pairs(list...))
		save(b, s)
		if err := s.prune(); err != nil {
			b.Fatal(err)
		}
	}
}

// headKey is the one that ledger.IsHead knows.
var headKey = []byte("H")

func TestTheHeadIsKnown(t *testing.T) {
	if !ledger.IsHead(headKey) || ledger.IsHead([]byte("Ha")) || ledger.IsHead(nil) {
		t.Error("the ledger's head is another key")
	}
}

// A state that outgrows its room in memory is taken up again with more, and is the
// same, with its old versions.
func TestStoreMakesRoom(t *testing.T) {
	t.Parallel()
	db := cosmosdb.NewMemDB()
	s := openMem(t, db)
	put := func(from, n int) []byte {
		list := []string{"H", fmt.Sprint(from)}
		for i := range n {
			list = append(list, fmt.Sprintf("k%06d", from+i), fmt.Sprint(i))
		}
		hash := s.stage(pairs(list...))
		save(t, s)
		return hash
	}
	put(0, 10)
	if s.cached != leastCached {
		t.Fatalf("room for %d nodes for ten keys", s.cached)
	}
	before := s.tree
	hash := put(10, leastCached)
	if s.tree == before || s.cached < cachedPerKey*leastCached {
		t.Fatalf("room for %d nodes for %d keys", s.cached, leastCached)
	}
	if !bytes.Equal(s.hash(), hash) || s.version != 2 || string(s.Get([]byte("k000009"))) != "9" || string(s.Get([]byte("H"))) != "10" {
		t.Errorf("version %d has changed", s.version)
	}
	after := s.tree
	for i := range keepVersions + 10 {
		put(50_000+i, 1)
		if err := s.prune(); err != nil {
			t.Fatal(err)
		}
	}
	if s.tree != after {
		t.Error("taken up again without need")
	}
	again := openMem(t, db)
	if !bytes.Equal(again.hash(), s.hash()) || again.oldest != s.oldest || again.oldest == 1 || again.cached < cachedPerKey*leastCached {
		t.Errorf("after a restart the oldest version is %d, was %d; room for %d nodes", again.oldest, s.oldest, again.cached)
	}
}
