package market

// heap hands out the first of its items, as before orders them: a binary heap
// (Williams 1964, Algorithm 232).
type heap[T any] struct {
	items  []T
	before func(a, b T) bool
}

func (h *heap[T]) push(x T) {
	h.items = append(h.items, x)
	i := len(h.items) - 1
	for ; i > 0 && h.before(x, h.items[(i-1)/2]); i = (i - 1) / 2 {
		h.items[i] = h.items[(i-1)/2]
	}
	h.items[i] = x
}

// pop takes out the first of at least one item.
func (h *heap[T]) pop() T {
	first, end := h.items[0], len(h.items)-1
	last := h.items[end]
	h.items = h.items[:end]
	i := 0
	for child := 1; child < end; child = 2*i + 1 {
		if child+1 < end && h.before(h.items[child+1], h.items[child]) {
			child++
		}
		if !h.before(h.items[child], last) {
			break
		}
		h.items[i] = h.items[child]
		i = child
	}
	if end > 0 {
		h.items[i] = last
	}
	return first
}
