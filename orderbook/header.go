package orderbook

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// The columns of orders.csv, by their place in names.
const (
	order = iota
	participant
	side
	zone
	energy
	price
	source
	prefer
	avoid
	required = source // columns before this one must be there
)

var names = []string{"order", "participant", "side", "zone", "energy_wh", "price", "source", "prefer", "avoid"}

// unknown is a column that is not ours.
const unknown = -1

// header is the first row: which column each field of a row belongs to.
type header struct {
	columns []int
	names   []string
}

// newHeader reads the first row. The error has no file and line yet.
func newHeader(fields [][]byte) (*header, *Error) {
	h := &header{}
	for _, f := range fields {
		c := slices.Index(names, string(f))
		if c != unknown && slices.Contains(h.columns, c) {
			return nil, &Error{Column: names[c], Err: errors.New("the column is there twice")}
		}
		h.columns, h.names = append(h.columns, c), append(h.names, string(f))
	}
	for c := range required {
		if !slices.Contains(h.columns, c) {
			return nil, &Error{Column: names[c], Err: missing(fields)}
		}
	}
	return h, nil
}

// missing says that a column is missing, and why that may be.
func missing(fields [][]byte) error {
	if len(fields) == 1 {
		for _, other := range []string{";", "\t", "|"} {
			if bytes.Contains(fields[0], []byte(other)) {
				return fmt.Errorf("the column is missing; columns are separated by commas, not by %q", other)
			}
		}
	}
	return errors.New("the column is missing")
}

// name returns the name of the i-th field's column for people.
func (h *header) name(i int) string {
	switch {
	case h == nil || i >= len(h.names):
		return fmt.Sprintf("field %d", i+1)
	case h.columns[i] == unknown:
		return quote([]byte(h.names[i]))
	}
	return h.names[i]
}

// fits refuses a row with more or fewer fields than the header has.
func (h *header) fits(fields int) *Error {
	switch n := len(h.columns); {
	case fields < n:
		return &Error{Column: h.name(fields), Err: fmt.Errorf("missing: the row has %d fields, the header %d", fields, n)}
	case fields > n:
		return &Error{Column: h.name(n), Err: fmt.Errorf("one too many: the row has %d fields, the header %d (a comma inside a field needs quotes)", fields, n)}
	}
	return nil
}

// ignored lists the columns that are not ours, in the order of the file.
func (h *header) ignored() []string {
	var ignored []string
	for i, c := range h.columns {
		if c == unknown {
			ignored = append(ignored, h.names[i])
		}
	}
	return ignored
}
