package market

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

// idColumn is a column of order ids, one after the other in one piece of memory.
type idColumn struct {
	text []byte
	end  []int64 // where each id ends
}

func (c *idColumn) append(id []byte) {
	c.text = append(c.text, id...)
	c.end = append(c.end, int64(len(c.text)))
}

func (c *idColumn) at(i int32) []byte {
	from, end := c.span(i)
	return c.text[from:end:end]
}

// equal says whether two columns have the same ids.
func (c *idColumn) equal(d *idColumn) bool {
	return bytes.Equal(c.text, d.text) && slices.Equal(c.end, d.end)
}

// span returns where an id begins and ends.
func (c *idColumn) span(i int32) (from, end int64) {
	if i > 0 {
		from = c.end[i-1]
	}
	return from, c.end[i]
}

// sorted returns the ids in another order.
func (c *idColumn) sorted(order []int32) idColumn {
	s := idColumn{make([]byte, 0, len(c.text)), make([]int64, 0, len(c.end))}
	for _, k := range order {
		s.append(c.at(k))
	}
	return s
}

// order returns the places of the ids, sorted bytewise, equal ones in the order they
// came. What all ids share at their start is skipped; the eight bytes after it are
// sorted as a number, and only ids that agree in those are compared.
func (c *idColumn) order() []int32 {
	n := len(c.end)
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	skip, sorted := c.shared()
	if sorted {
		return order
	}
	bytewise := func(a, b int32) int {
		return cmp.Or(bytes.Compare(c.at(a), c.at(b)), cmp.Compare(a, b))
	}
	if n < few {
		slices.SortFunc(order, bytewise)
		return order
	}
	heads := make([]headed, n)
	for i := range heads {
		var head [8]byte
		copy(head[:], c.at(int32(i))[skip:])
		heads[i] = headed{binary.BigEndian.Uint64(head[:]), int32(i)}
	}
	heads = sortHeads(heads)
	for i, h := range heads {
		order[i] = h.at
	}
	for i := 0; i < n; {
		j := i + 1
		for j < n && heads[j].head == heads[i].head {
			j++
		}
		if j-i > 1 {
			slices.SortFunc(order[i:j], bytewise)
		}
		i = j
	}
	return order
}

// shared returns how many bytes all ids have in common at their start, and whether
// they are sorted already.
func (c *idColumn) shared() (skip int, sorted bool) {
	if len(c.end) == 0 {
		return 0, true
	}
	first := c.at(0)
	skip, sorted = len(first), true
	last := first
	for i := 1; i < len(c.end); i++ {
		id := c.at(int32(i))
		skip = min(skip, len(id))
		for !bytes.Equal(id[:skip], first[:skip]) {
			skip--
		}
		sorted = sorted && bytes.Compare(last, id) <= 0
		last = id
	}
	return skip, sorted
}
