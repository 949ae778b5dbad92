package kvmem_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"torg/ledger"
	"torg/ledger/kvmem"
)

var _ ledger.KV = (*kvmem.KV)(nil)

// It does what a map does, in the order of the keys.
func TestBehavesAsSortedMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var kv kvmem.KV
		want := map[string]string{}
		key := rapid.StringMatching(`[ab]{0,3}`)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			k := key.Draw(t, "key")
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0, 1:
				v := key.Draw(t, "value")
				kv.Set([]byte(k), []byte(v))
				want[k] = v
			case 2:
				kv.Delete([]byte(k))
				delete(want, k)
			}
			prefix := key.Draw(t, "prefix")
			var got []string
			kv.Ascend([]byte(prefix), func(k, v []byte) bool {
				got = append(got, string(k)+"="+string(v))
				return len(got) < 3
			})
			var list []string
			for _, k := range slices.Sorted(maps.Keys(want)) {
				if strings.HasPrefix(k, prefix) && len(list) < 3 {
					list = append(list, k+"="+want[k])
				}
			}
			if !slices.Equal(got, list) {
				t.Fatalf("ascend %q: got %q, want %q", prefix, got, list)
			}
			value, there := want[k]
			if v := kv.Get([]byte(k)); (v != nil) != there || string(v) != value {
				t.Fatalf("get %q: %q, want %q, %v", k, v, value, there)
			}
		}
		if kv.Len() != len(want) {
			t.Fatalf("%d keys, want %d", kv.Len(), len(want))
		}
	})
}

func TestCloneIsApart(t *testing.T) {
	var kv kvmem.KV
	value := []byte("x")
	kv.Set([]byte("a"), value)
	c := kv.Clone()
	value[0] = 'y'
	kv.Set([]byte("a"), []byte("z"))
	kv.Set([]byte("b"), nil)
	if got := string(c.Get([]byte("a"))); got != "x" || c.Len() != 1 {
		t.Errorf("the copy changed: a=%q, %d keys", got, c.Len())
	}
	if kv.Get([]byte("b")) == nil {
		t.Error("an empty value is taken for an absent one")
	}
}
