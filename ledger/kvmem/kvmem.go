// Package kvmem is a ledger's KV in memory, for the sequencer and for tests.
package kvmem

import (
	"slices"
	"strings"
)

// KV keeps keys and values in memory. The zero value is empty and ready to use.
type KV struct {
	values map[string][]byte
	sorted []string // the keys in order; nil: not known
}

// Get returns a key's value; nil: absent.
func (m *KV) Get(key []byte) []byte { return m.values[string(key)] }

// Set gives a key a value, of which it keeps a copy.
func (m *KV) Set(key, value []byte) {
	if m.values == nil {
		m.values = map[string][]byte{}
	}
	k := string(key)
	if _, ok := m.values[k]; !ok {
		m.sorted = nil
	}
	m.values[k] = append([]byte{}, value...)
}

// Delete removes a key.
func (m *KV) Delete(key []byte) {
	if _, ok := m.values[string(key)]; ok {
		delete(m.values, string(key))
		m.sorted = nil
	}
}

// Ascend calls f for the keys with a prefix in bytewise order until it returns
// false. f must not write.
func (m *KV) Ascend(prefix []byte, f func(key, value []byte) bool) {
	if m.sorted == nil {
		m.sorted = make([]string, 0, len(m.values))
		for k := range m.values {
			m.sorted = append(m.sorted, k)
		}
		slices.Sort(m.sorted)
	}
	i, _ := slices.BinarySearch(m.sorted, string(prefix))
	for _, k := range m.sorted[i:] {
		if !strings.HasPrefix(k, string(prefix)) || !f([]byte(k), m.values[k]) {
			return
		}
	}
}

// Len returns how many keys there are.
func (m *KV) Len() int { return len(m.values) }

// Clone returns a copy that shares nothing that changes.
func (m *KV) Clone() *KV {
	c := &KV{values: make(map[string][]byte, len(m.values))}
	for k, v := range m.values {
		c.values[k] = v
	}
	return c
}
