package forecast

// ring holds the latest values of something counted by whole numbers (slots, days),
// in bounded memory. Putting a newer one forgets what falls out at the other end.
type ring[T comparable] struct {
	cells []T
	none  T     // what an empty cell holds
	last  int64 // the newest number put
	any   bool
}

func newRing[T comparable](size int64, none T) ring[T] {
	r := ring[T]{cells: make([]T, size), none: none}
	for i := range r.cells {
		r.cells[i] = none
	}
	return r
}

// cell returns where i is kept, or nil where it is out of reach.
func (r *ring[T]) cell(i int64) *T {
	n := int64(len(r.cells))
	if !r.any || i > r.last || i <= r.last-n {
		return nil
	}
	return &r.cells[floorMod(i, n)]
}

// reach makes room for i and returns where it is kept, or nil where i is too old.
func (r *ring[T]) reach(i int64) *T {
	n := int64(len(r.cells))
	if !r.any {
		r.last, r.any = i, true
	}
	for j := max(r.last, i-n) + 1; j <= i; j++ {
		r.cells[floorMod(j, n)] = r.none
	}
	r.last = max(r.last, i)
	return r.cell(i)
}

// get returns the value at i; false where there is none.
func (r *ring[T]) get(i int64) (T, bool) {
	if c := r.cell(i); c != nil && *c != r.none {
		return *c, true
	}
	return r.none, false
}

// put sets the value at i, unless i is too old to be kept.
func (r *ring[T]) put(i int64, v T) {
	if c := r.reach(i); c != nil {
		*c = v
	}
}
