package account

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

var weak = Params{Memory: 8, Passes: 1, Threads: 1}

func TestHash(t *testing.T) {
	h := NewHasher(weak, 1)
	a, err := h.Hash(t.Context(), "пароль из слов")
	if err != nil {
		t.Fatal(err)
	}
	b, _ := h.Hash(t.Context(), "пароль из слов")
	if a == b || !strings.HasPrefix(a, "$argon2id$v=19$m=8,t=1,p=1$") {
		t.Errorf("%s\n%s", a, b)
	}
	for password, want := range map[string]bool{"пароль из слов": true, "пароль из слов ": false, "": false} {
		if ok, old, err := h.Verify(t.Context(), a, password); ok != want || old || err != nil {
			t.Errorf("%q: %v %v %v", password, ok, old, err)
		}
	}
	stronger := NewHasher(Params{Memory: 16, Passes: 1, Threads: 1}, 1)
	if ok, old, err := stronger.Verify(t.Context(), a, "пароль из слов"); !ok || !old || err != nil {
		t.Errorf("a hash of weaker parameters: %v %v %v", ok, old, err)
	}
	for _, damaged := range []string{"x", a[:len(a)-1], a + "A", strings.Replace(a, "argon2id", "argon2i", 1), strings.Replace(a, "v=19", "v=18", 1),
		strings.Replace(a, "m=8", "m=4294967295", 1), strings.Replace(a, "t=1", "t=0", 1), strings.Replace(a, "p=1", "p=0", 1), strings.Replace(a, "m=8", "m=08", 1)} {
		if ok, _, err := h.Verify(t.Context(), damaged, "пароль из слов"); ok || err == nil {
			t.Errorf("%q is taken for a hash", damaged)
		}
	}
}

// The test vector of argon2's reference implementation.
func TestKnownHash(t *testing.T) {
	sum := NewHasher(weak, 1).derive([]byte("password"), []byte("somesalt"), Params{Memory: 64 << 10, Passes: 2, Threads: 1})
	if got := hex.EncodeToString(sum); got != "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7" {
		t.Error(got)
	}
}

// A name that is none costs the same hash as a wrong password: the work is counted,
// not the time.
func TestSameWork(t *testing.T) {
	h := NewHasher(weak, 1)
	var done []Params
	derive := h.derive
	h.derive = func(password, salt []byte, p Params) []byte {
		done = append(done, p)
		return derive(password, salt, p)
	}
	real, _ := h.Hash(t.Context(), "the right password")
	done = nil
	for _, hash := range []string{real, ""} {
		for _, password := range []string{"a wrong password", "", strings.Repeat("x", 10*MaxPassword)} {
			if ok, _, err := h.Verify(t.Context(), hash, password); ok || err != nil {
				t.Errorf("%q opens %q: %v", password, hash, err)
			}
		}
	}
	for _, p := range done {
		if p != weak {
			t.Errorf("work of %+v", p)
		}
	}
	if len(done) != 6 {
		t.Errorf("%d hashes for 6 logins", len(done))
	}
	if ok, _, _ := h.Verify(t.Context(), h.decoy, "x"); ok {
		t.Error("nobody's hash opens something")
	}
	long := strings.Repeat("y", MaxPassword)
	exact, _ := h.Hash(t.Context(), long)
	if ok, _, _ := h.Verify(t.Context(), exact, long+"more"); ok {
		t.Error("a password that is too long opens what its beginning does")
	}
}

// A flood waits its turn, a few hashes at once, and beyond a queue is refused.
func TestFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHasher(weak, 2)
		gate := make(chan struct{})
		var mu sync.Mutex
		running, most := 0, 0
		h.derive = func([]byte, []byte, Params) []byte {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			<-gate
			mu.Lock()
			running--
			mu.Unlock()
			return make([]byte, hashSize)
		}
		answers := make(chan error, 100)
		for range 100 {
			go func() {
				_, _, err := h.Verify(context.Background(), "", "x")
				answers <- err
			}()
		}
		synctest.Wait()
		close(gate)
		refused := 0
		for range 100 {
			if err := <-answers; errors.Is(err, ErrSlow) {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		}
		if most != 2 || refused != 100-2*17 {
			t.Errorf("%d hashes at once, %d of 100 refused", most, refused)
		}
	})
}

func TestWaitingEndsWithTheRequest(t *testing.T) {
	h := NewHasher(weak, 1)
	h.running <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func FuzzEncodedHash(f *testing.F) {
	h := NewHasher(weak, 1)
	good, _ := h.Hash(f.Context(), "password")
	for _, seed := range []string{good, "", "$argon2id$v=19$m=8,t=1,p=1$$", "$$$$$", strings.Repeat("$", 300), good + "\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, salt, sum, err := decode(s)
		if err != nil {
			return
		}
		if again := encode(p, salt, sum); again != s {
			t.Errorf("%q is read as %q", s, again)
		}
		if p.Memory > maxMemory || p.Passes > maxPasses {
			t.Errorf("%q asks for %+v", s, p)
		}
	})
}

func FuzzSecret(f *testing.F) {
	for _, seed := range []string{newSecret(), KeyPrefix + newSecret(), "", strings.Repeat("A", 43), strings.Repeat("A", 42) + "B", "torg_"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if _, ok := digest(s); ok {
			raw, err := b64url.DecodeString(s)
			if err != nil || len(raw) != secretSize || b64url.EncodeToString(raw) != s {
				t.Errorf("%q is a secret, and is another one too", s)
			}
		}
		if a, ok := keyDigest(s); ok {
			b, plain := digest(strings.TrimPrefix(s, KeyPrefix))
			if !plain || !bytes.Equal(a[:], b[:]) {
				t.Errorf("%q", s)
			}
		}
	})
}

func BenchmarkStrength(b *testing.B) {
	h := NewHasher(Strength, 1)
	for b.Loop() {
		if _, err := h.Hash(b.Context(), "correct horse battery"); err != nil {
			b.Fatal(err)
		}
	}
}
