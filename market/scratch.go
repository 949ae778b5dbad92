package market

import "sync"

// scratch is memory that one clearing works in and the next one may have again: most of
// what it needs, and nothing of what it found. Whoever takes it writes before it reads.
type scratch struct {
	a, b  []uint64 // for sorting, one number per order and quote each
	lots  []lot
	deals []deal
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func takeScratch() *scratch { return scratches.Get().(*scratch) }

func (m *scratch) giveBack() { scratches.Put(m) }

// sort sees to it that there is room to sort n numbers.
func (m *scratch) sort(n int) {
	if cap(m.a) < n {
		m.a, m.b = make([]uint64, n), make([]uint64, n)
	}
	m.a, m.b = m.a[:n], m.b[:n]
}
