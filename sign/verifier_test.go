package sign

import (
	"bytes"
	"crypto/rsa"
	"encoding/binary"
	"errors"
	"sync"
	"testing"

	"torg"
)

func check(t testing.TB, key *rsa.PrivateKey, body string) Check {
	t.Helper()
	msg := Message(DomainOrder, "torg-demo", []byte(body))
	return Check{mustDER(t, &key.PublicKey), msg, mustSign(t, key, msg)}
}

// A verifier says of every signature what Verify says, the first time and again.
func TestVerifierAgrees(t *testing.T) {
	good, owner := check(t, agentKey(), "a"), check(t, ownerKey(), "b")
	swapped := Check{good.Key, good.Message, owner.Signature}
	flipped := Check{good.Key, good.Message, bytes.Clone(good.Signature)}
	flipped.Signature[7] ^= 1
	badKey := Check{append(bytes.Clone(good.Key), 0), good.Message, good.Signature}
	checks := []Check{good, swapped, owner, flipped, badKey, {}, good}
	want := []error{nil, torg.ErrBadSignature, nil, torg.ErrBadSignature, torg.ErrBadKey, torg.ErrBadKey, nil}
	v := NewVerifier(10)
	for range 3 {
		for i, err := range v.VerifyAll(checks) {
			if !errors.Is(err, want[i]) {
				t.Errorf("check %d: got %v, want %v", i, err, want[i])
			}
		}
	}
	if len(v.VerifyAll(nil)) != 0 {
		t.Error("answers without questions")
	}
	if _, ok := v.good.get(good.id()); !ok || len(v.good.young) != 2 {
		t.Errorf("%d good signatures remembered, want 2 and only good ones", len(v.good.young))
	}
}

// What moves from one part of a check to the next makes another check.
func TestCheckParts(t *testing.T) {
	one := Check{[]byte("ab"), []byte("c"), []byte("d")}
	for _, other := range []Check{
		{[]byte("a"), []byte("bc"), []byte("d")},
		{[]byte("ab"), []byte("cd"), nil},
		{[]byte("ab"), []byte("d"), []byte("c")},
	} {
		if one.id() == other.id() {
			t.Errorf("%q and %q are one", one, other)
		}
	}
}

// The memory is bounded, and what is used stays in it.
func TestRecentIsBounded(t *testing.T) {
	const size = 50
	r := newRecent[int](size)
	key := func(i int) (id [32]byte) { binary.BigEndian.PutUint64(id[:], uint64(i)); return id }
	r.put(key(0), 42)
	for i := 1; i < 1000; i++ {
		r.put(key(i), i)
		if n := len(r.young) + len(r.old); n > 2*size {
			t.Fatalf("%d entries, over %d", n, 2*size)
		}
		if v, ok := r.get(key(0)); !ok || v != 42 {
			t.Fatalf("entry 0 is gone after %d others, although it is in use: %d", i, v)
		}
		if v, ok := r.get(key(max(1, i-size/4))); !ok || v != max(1, i-size/4) {
			t.Fatalf("a recent entry is gone after %d: %d", i, v)
		}
	}
	if _, ok := r.get(key(1)); ok {
		t.Error("an entry that nobody used for long is still there")
	}
}

func TestVerifierSharedByGoroutines(t *testing.T) {
	checks := []Check{check(t, agentKey(), "a"), check(t, agentKey(), "b"), {}}
	v := NewVerifier(1)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 5 {
				if errs := v.VerifyAll(checks); errs[0] != nil || errs[1] != nil || errs[2] == nil {
					t.Errorf("got %v", errs)
				}
			}
		})
	}
	wait.Wait()
}

func BenchmarkVerifier(b *testing.B) {
	checks := make([]Check, 1000)
	for i := range checks {
		checks[i] = check(b, agentKey(), string(rune('a'+i)))
	}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			NewVerifier(len(checks)).VerifyAll(checks)
		}
		b.ReportMetric(float64(b.N*len(checks))/b.Elapsed().Seconds(), "signatures/s")
	})
	v := NewVerifier(len(checks))
	v.VerifyAll(checks)
	b.Run("again", func(b *testing.B) {
		for b.Loop() {
			v.VerifyAll(checks)
		}
		b.ReportMetric(float64(b.N*len(checks))/b.Elapsed().Seconds(), "signatures/s")
	})
}
