package ledger

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"torg"
	"torg/canon"
)

// A table is one kind of record of the state by key: what is committed, decoded
// and shared by all forks of a state, and over it what one fork changed.
type table[K cmp.Ordered, V any] struct {
	*schema[K, V]
	over    map[K]change[V]
	dropped bool // all that is committed is gone in this fork
}

// schema is what all forks of a table share.
type schema[K cmp.Ordered, V any] struct {
	prefix byte // of its keys in the KV; 0: kept in memory only
	base   map[K]V
	key    func(k K) []byte
	parse  func(key []byte) (K, bool) // false: not a key of this table
	write  func(w *canon.Writer, v V)
	read   func(r *canon.Reader) V
}

type change[V any] struct {
	v    V
	gone bool
}

func newTable[K ~string, V any](prefix byte, write func(*canon.Writer, V), read func(*canon.Reader) V) table[K, V] {
	return table[K, V]{schema: &schema[K, V]{
		prefix: prefix, base: map[K]V{}, write: write, read: read,
		key:   func(k K) []byte { return []byte(k) },
		parse: func(key []byte) (K, bool) { return K(key), true },
	}}
}

func newSlotTable[V any](prefix byte, write func(*canon.Writer, V), read func(*canon.Reader) V) table[torg.Slot, V] {
	return table[torg.Slot, V]{schema: &schema[torg.Slot, V]{
		prefix: prefix, base: map[torg.Slot]V{}, write: write, read: read,
		key: func(s torg.Slot) []byte { return binary.BigEndian.AppendUint64(nil, uint64(s)) },
		parse: func(key []byte) (torg.Slot, bool) {
			if len(key) != 8 {
				return 0, false
			}
			return torg.Slot(binary.BigEndian.Uint64(key)), true
		},
	}}
}

// fork returns the table as it is committed, to be changed on its own.
func (t *table[K, V]) fork() table[K, V] { return table[K, V]{schema: t.schema} }

func (t *table[K, V]) get(k K) (V, bool) {
	if c, ok := t.over[k]; ok {
		return c.v, !c.gone
	}
	if t.dropped {
		var none V
		return none, false
	}
	v, ok := t.base[k]
	return v, ok
}

// changed says whether this fork has written the record, so that its memory is its
// own.
func (t *table[K, V]) changed(k K) bool {
	c, ok := t.over[k]
	return ok && !c.gone
}

func (t *table[K, V]) put(k K, v V) {
	if t.over == nil {
		t.over = map[K]change[V]{}
	}
	t.over[k] = change[V]{v: v}
}

func (t *table[K, V]) del(k K) {
	if _, ok := t.base[k]; !ok || t.dropped {
		delete(t.over, k)
		return
	}
	if t.over == nil {
		t.over = map[K]change[V]{}
	}
	t.over[k] = change[V]{gone: true}
}

// drop removes all records.
func (t *table[K, V]) drop() { t.over, t.dropped = nil, true }

// keys returns the keys in order.
func (t *table[K, V]) keys() []K {
	var keys []K
	for k, c := range t.over {
		if !c.gone {
			keys = append(keys, k)
		}
	}
	if !t.dropped {
		for k := range t.base {
			if _, ok := t.over[k]; !ok {
				keys = append(keys, k)
			}
		}
	}
	slices.Sort(keys)
	return keys
}

// count returns how many records f holds for.
func (t *table[K, V]) count(f func(V) bool) int {
	n := 0
	for _, c := range t.over {
		if !c.gone && f(c.v) {
			n++
		}
	}
	if !t.dropped {
		for k, v := range t.base {
			if _, ok := t.over[k]; !ok && f(v) {
				n++
			}
		}
	}
	return n
}

// A write is a change to the KV; a nil value deletes.
type write struct{ key, value []byte }

// changes appends what this fork changes in the KV, in no order.
func (t *table[K, V]) changes(to []write) []write {
	if t.prefix == 0 {
		return to
	}
	if t.dropped {
		for k := range t.base {
			if _, ok := t.over[k]; !ok {
				to = append(to, write{key: t.fullKey(k)})
			}
		}
	}
	for k, c := range t.over {
		if c.gone {
			to = append(to, write{key: t.fullKey(k)})
		} else {
			to = append(to, write{t.fullKey(k), canon.Encode(t.write, c.v)})
		}
	}
	return to
}

func (t *table[K, V]) fullKey(k K) []byte { return append([]byte{t.prefix}, t.key(k)...) }

// commit makes this fork's changes those of every fork made from now on.
func (t *table[K, V]) commit() {
	if t.dropped {
		clear(t.base)
	}
	for k, c := range t.over {
		if c.gone {
			delete(t.base, k)
		} else {
			t.base[k] = c.v
		}
	}
	t.over, t.dropped = nil, false
}

// load reads the committed records. A table that is worked out from others has none,
// whatever stands under its prefix.
func (t *table[K, V]) load(kv KV) error {
	clear(t.base)
	if t.read == nil {
		return nil
	}
	var err error
	kv.Ascend([]byte{t.prefix}, func(key, value []byte) bool {
		k, ok := t.parse(key[1:])
		if !ok {
			err = fmt.Errorf("damaged state: key %x is none of its table's: %w", key, torg.ErrMalformed)
			return false
		}
		var v V
		if v, err = canon.Decode(value, t.read); err != nil {
			err = fmt.Errorf("damaged state under key %x: %w", key, err)
			return false
		}
		t.base[k] = v
		return true
	})
	return err
}
