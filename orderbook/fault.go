package orderbook

import (
	"fmt"
	"unicode/utf8"
)

// Error says what is wrong with a file, and where.
type Error struct {
	File   string // as the caller named it
	Line   int    // the line on which the row starts, from 1
	Column string // the column's name; field 7 where it has none
	Err    error  // what is wrong; wraps a torg.Refusal where the market refused
}

// Error prints file:line: column: what is wrong.
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d: %s: %v", e.File, e.Line, e.Column, e.Err)
}

// Unwrap returns what is wrong, without its place.
func (e *Error) Unwrap() error { return e.Err }

// longest is how much of a value an error shows, in bytes.
const longest = 80

// quote shows a value of the file in an error, cut where it is very long.
func quote(b []byte) string {
	if len(b) <= longest {
		return fmt.Sprintf("%q", b)
	}
	n := longest
	for n > longest-utf8.UTFMax && !utf8.RuneStart(b[n]) {
		n--
	}
	return fmt.Sprintf("%q...", b[:n])
}
