package orderbook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"torg/market"
)

// blockSize is how much of a file is parsed at a time, and the longest row, in bytes.
const blockSize = 1 << 16

// block is a part of the file, whole rows only, and what they say.
type block struct {
	text  []byte // what the rows point into
	rows  []market.Row
	lines []int // the line on which each row starts, from 1
	err   error // what comes after the rows: an *Error, a failure to read, or io.EOF
}

// scanner cuts a CSV file into rows as RFC 4180 says. Lines end with LF or CRLF, the
// last one need not end, and empty lines are no rows. A byte order mark is skipped.
type scanner struct {
	in     io.Reader
	name   string // of the file, for errors
	size   int    // of a block
	header *header
	carry  []byte // the start of a row whose end has not been read yet
	line   int    // on which the next row starts
	begun  bool
	eof    bool

	fields  [][]byte // of the row that was cut last
	escaped []int    // those in which a quote is doubled
	open    int      // the quoted field without an end in a row that is not whole, or -1
}

func newScanner(name string, in io.Reader) *scanner {
	return &scanner{in: in, name: name, size: blockSize, line: 1}
}

// fill reads the next part of the file into b and parses its rows.
func (s *scanner) fill(b *block) {
	b.rows, b.lines, b.err = b.rows[:0], b.lines[:0], nil
	if b.text == nil {
		b.text = make([]byte, s.size)
	}
	n := copy(b.text, s.carry)
	m, err := io.ReadFull(s.in, b.text[n:])
	switch s.eof = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF); {
	case s.eof:
	case err != nil:
		b.err = err
		return
	}
	rest := b.text[:n+m]
	if !s.begun {
		rest, s.begun = bytes.TrimPrefix(rest, []byte("\uFEFF")), true
	}
	for len(rest) > 0 {
		size, fault := s.cut(rest)
		if fault == nil && size == 0 {
			break
		}
		lines := bytes.Count(rest[:size], []byte{'\n'})
		if fault == nil {
			fault = s.row(b, rest[:size])
		}
		if fault != nil {
			fault.File, fault.Line = s.name, s.line
			b.err = fault
			return
		}
		s.line += lines
		rest = rest[size:]
	}
	s.carry, b.err = rest, s.end(len(rest))
}

// end says what comes after the last whole row of a block.
func (s *scanner) end(left int) error {
	at := func(column string, format string, args ...any) error {
		return &Error{s.name, s.line, column, fmt.Errorf(format, args...)}
	}
	switch {
	case left == s.size && s.open >= 0:
		return at(s.header.name(s.open), "the quote is not closed within %d bytes", s.size)
	case left == s.size:
		return at(s.header.name(len(s.fields)-1), "the row is longer than %d bytes", s.size)
	case s.eof && s.header == nil:
		return at(names[order], "the column is missing: the file has no header row")
	case s.eof:
		return io.EOF
	}
	return nil
}

// cut finds the fields of the row that text begins with, and returns its length with
// the line's end; 0 where the row is not whole yet.
func (s *scanner) cut(text []byte) (size int, fault *Error) {
	s.fields, s.escaped, s.open = s.fields[:0], s.escaped[:0], -1
	for i := 0; ; i++ { // one field a turn, i at its start
		if i < len(text) && text[i] == '"' {
			n := s.quoted(text[i:])
			if n == 0 && s.eof {
				return 0, s.fault("a quote is opened and not closed")
			}
			if n == 0 {
				return 0, nil
			}
			i += n
		} else {
			start := i
			for i < len(text) && !special[text[i]] {
				i++
			}
			s.fields = append(s.fields, text[start:i])
		}
		if i == len(text) {
			if s.eof {
				return i, nil
			}
			return 0, nil
		}
		switch c := text[i]; {
		case c == ',':
		case c == '\n':
			return i + 1, nil
		case c == '\r' && i+1 < len(text) && text[i+1] == '\n':
			return i + 2, nil
		case c == '\r' && i+1 == len(text) && !s.eof:
			return 0, nil
		case c == '\r':
			return 0, s.fault("a carriage return without a line feed")
		case c == '"':
			return 0, s.fault("a quote inside a field that does not begin with one")
		default:
			return 0, s.fault("text after the closing quote")
		}
	}
}

// special bytes end a field without quotes.
var special = [256]bool{',': true, '\n': true, '\r': true, '"': true}

// quoted takes the field in quotes that text begins with, and returns its length with
// the quotes; 0 where it has no end yet. Doubled quotes stay until the row is whole.
func (s *scanner) quoted(text []byte) int {
	s.open = len(s.fields)
	doubled := false
	for i := 1; ; {
		k := bytes.IndexByte(text[i:], '"')
		if k < 0 {
			return 0
		}
		i += k + 1
		if i < len(text) && text[i] == '"' {
			doubled = true
			i++
			continue
		}
		if doubled {
			s.escaped = append(s.escaped, len(s.fields))
		}
		s.fields = append(s.fields, text[1:i-1])
		s.open = -1
		return i
	}
}

// fault says what is wrong with the field that was cut last.
func (s *scanner) fault(format string, args ...any) *Error {
	i := len(s.fields) - 1
	if s.open >= 0 {
		i = s.open
	}
	return &Error{Column: s.header.name(i), Err: fmt.Errorf(format, args...)}
}

// row takes in the row that was cut last, whose text with the line's end is raw.
func (s *scanner) row(b *block, raw []byte) *Error {
	if len(s.fields) == 1 && (raw[0] == '\n' || raw[0] == '\r') {
		return nil // an empty line
	}
	for _, i := range s.escaped {
		s.fields[i] = unescape(s.fields[i])
	}
	if !utf8.Valid(raw) {
		for i, f := range s.fields {
			if !utf8.Valid(f) {
				return &Error{Column: s.header.name(i), Err: fmt.Errorf("%s is not UTF-8", quote(f))}
			}
		}
	}
	if s.header == nil {
		h, fault := newHeader(s.fields)
		s.header = h
		return fault
	}
	if fault := s.header.fits(len(s.fields)); fault != nil {
		return fault
	}
	var r market.Row
	for i, f := range s.fields {
		if err := set(&r, s.header.columns[i], f); err != nil {
			return &Error{Column: s.header.name(i), Err: err}
		}
	}
	b.rows, b.lines = append(b.rows, r), append(b.lines, s.line)
	return nil
}

// unescape turns doubled quotes into single ones, in place.
func unescape(b []byte) []byte {
	out := b[:0]
	for i := 0; i < len(b); i++ {
		out = append(out, b[i])
		if b[i] == '"' {
			i++
		}
	}
	return out
}
