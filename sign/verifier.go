package sign

import (
	"crypto/rsa"
	"crypto/sha256"
	"hash"
	"runtime"
	"sync"
	"sync/atomic"

	"torg"
	"torg/canon"
)

// Check is a signature to verify: the public key as PKIX DER, the Message and what is
// claimed to be its signature.
type Check struct{ Key, Message, Signature []byte }

// Verifier verifies signatures on all processors and remembers those that were good,
// so that a transaction that was verified when it came costs next to nothing when its
// block comes. Its answers are always those of ParsePublic and Verify: what it
// remembers changes only how long they take. Many goroutines may use it at once.
type Verifier struct {
	good *recent[struct{}]
	keys *recent[*rsa.PublicKey]
}

// NewVerifier returns a verifier that remembers the last size to 2*size signatures and
// as many keys, about 100 bytes a signature and 500 a key. Size is at least 1.
func NewVerifier(size int) *Verifier {
	return &Verifier{good: newRecent[struct{}](size), keys: newRecent[*rsa.PublicKey](size)}
}

// Verify checks one signature: torg.ErrBadKey, torg.ErrBadSignature or nil.
func (v *Verifier) Verify(c Check) error {
	id := c.id()
	if _, ok := v.good.get(id); ok {
		return nil
	}
	key, err := v.key(c.Key)
	if err != nil {
		return err
	}
	if err := Verify(key, c.Message, c.Signature); err != nil {
		return err
	}
	v.good.put(id, struct{}{})
	return nil
}

// VerifyAll checks many signatures in parallel and returns what is wrong with each, in
// their order; nil for a good one.
func (v *Verifier) VerifyAll(checks []Check) []error {
	errs := make([]error, len(checks))
	var next atomic.Int64
	work := func() {
		for i := int(next.Add(1)) - 1; i < len(checks); i = int(next.Add(1)) - 1 {
			errs[i] = v.Verify(checks[i])
		}
	}
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(checks)) - 1 {
		workers.Go(work)
	}
	work()
	workers.Wait()
	return errs
}

// key parses a public key, once.
func (v *Verifier) key(der []byte) (*rsa.PublicKey, error) {
	name := Fingerprint(der)
	if key, ok := v.keys.get(name); ok {
		return key, nil
	}
	key, err := ParsePublic(der)
	if err == nil {
		v.keys.put(name, key)
	}
	return key, err
}

// id is the SHA-256 of the three parts, each after its length: no other three parts
// have the same.
func (c Check) id() (id torg.Fingerprint) {
	h := sha256.New()
	for _, part := range [][]byte{c.Key, c.Message, c.Signature} {
		writePart(h, part)
	}
	h.Sum(id[:0])
	return id
}

func writePart(h hash.Hash, part []byte) {
	var w canon.Writer
	w.Count(len(part))
	h.Write(w.Bytes())
	h.Write(part)
}

// recent remembers values by their hash, the last size to 2*size that were used: the
// young in one map, and when that is full it becomes the old one and the old one goes.
type recent[V any] struct {
	mu         sync.Mutex
	size       int
	young, old map[[32]byte]V
}

func newRecent[V any](size int) *recent[V] {
	return &recent[V]{size: max(size, 1), young: map[[32]byte]V{}}
}

func (r *recent[V]) get(id [32]byte) (V, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.young[id]
	if ok {
		return v, true
	}
	if v, ok = r.old[id]; ok {
		r.add(id, v)
	}
	return v, ok
}

func (r *recent[V]) put(id [32]byte, v V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.add(id, v)
}

func (r *recent[V]) add(id [32]byte, v V) {
	if len(r.young) >= r.size {
		r.young, r.old = map[[32]byte]V{}, r.young
	}
	r.young[id] = v
}
