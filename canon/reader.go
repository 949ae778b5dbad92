package canon

import (
	"encoding/binary"
	"fmt"
	"time"
	"unicode/utf8"

	"torg"
)

// Reader takes values from a byte string in the order a Writer wrote them. The first
// thing that is wrong is kept in Err; from then on every read returns a zero value,
// so that callers check once, at the end. Its errors are torg.ErrMalformed and say
// what was wrong and at which byte.
type Reader struct {
	buf []byte
	off int
	err error
}

// NewReader returns a reader of b, which must not change while it is read.
func NewReader(b []byte) *Reader { return &Reader{buf: b} }

// Err returns the first thing that was wrong, or nil.
func (r *Reader) Err() error { return r.err }

// Len returns how many bytes are left.
func (r *Reader) Len() int { return len(r.buf) - r.off }

// Done returns Err, or an error where bytes are left over.
func (r *Reader) Done() error {
	if r.err == nil && r.Len() > 0 {
		r.Failf("%d bytes too many", r.Len())
	}
	return r.err
}

// Failf makes the reader fail where it stands, for readers of larger values that find
// one of their own rules broken. A reader that failed already keeps its first error.
func (r *Reader) Failf(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("byte %d: %s: %w", r.off, fmt.Sprintf(format, args...), torg.ErrMalformed)
	}
}

// take returns the next n bytes, or nil where the reader failed or there are fewer.
func (r *Reader) take(n int) []byte {
	if r.err != nil {
		return nil
	}
	if n > r.Len() {
		r.Failf("%d bytes needed, %d left", n, r.Len())
		return nil
	}
	r.off += n
	return r.buf[r.off-n : r.off]
}

// U8 reads one byte.
func (r *Reader) U8() uint8 {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

// U32 reads four bytes.
func (r *Reader) U32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

// U64 reads eight bytes.
func (r *Reader) U64() uint64 {
	if b := r.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// I64 reads eight bytes in two's complement.
func (r *Reader) I64() int64 { return int64(r.U64()) }

// Int reads what Writer.Int wrote.
func (r *Reader) Int() int {
	v := r.I64()
	if int64(int(v)) != v {
		r.Failf("number %d is too large for this machine", v)
		return 0
	}
	return int(v)
}

// Bool reads a byte that must be 0 or 1.
func (r *Reader) Bool() bool {
	v := r.U8()
	if v > 1 {
		r.Failf("%d is neither 0 nor 1", v)
	}
	return v == 1
}

// Count reads the length of a list of at most max elements, each of which takes at
// least one byte.
func (r *Reader) Count(max int) int {
	n := r.U32()
	switch {
	case r.err != nil:
		return 0
	case uint64(n) > uint64(max):
		r.Failf("length %d is over %d", n, max)
		return 0
	case uint64(n) > uint64(r.Len()):
		r.Failf("length %d, but %d bytes left", n, r.Len())
		return 0
	}
	return int(n)
}

// String reads a string of at most max bytes of valid UTF-8.
func (r *Reader) String(max int) string {
	s := string(r.take(r.Count(max)))
	if !utf8.ValidString(s) {
		r.Failf("text is not UTF-8")
		return ""
	}
	return s
}

// Blob reads a byte string of at most max bytes into memory of its own; nil if empty.
func (r *Reader) Blob(max int) []byte { return append([]byte(nil), r.take(r.Count(max))...) }

// Fixed fills to with the next bytes; where they are missing, to stays as it is.
func (r *Reader) Fixed(to []byte) { copy(to, r.take(len(to))) }

// Strings reads a list of at most max strings of at most maxLen bytes; nil if empty.
func (r *Reader) Strings(max, maxLen int) []string {
	return ReadList(r, max, func(r *Reader) string { return r.String(maxLen) })
}

// Energy reads watt-hours of any size.
func (r *Reader) Energy() torg.Energy { return torg.Energy(r.I64()) }

// Price reads kopecks per MWh of any size.
func (r *Reader) Price() torg.Price { return torg.Price(r.I64()) }

// Cost reads millionths of a kopeck.
func (r *Reader) Cost() torg.Cost {
	hi := r.U64()
	lo := r.U64()
	if r.err != nil {
		return torg.Cost{}
	}
	return torg.CostFromBits(hi, lo)
}

// Money reads kopecks.
func (r *Reader) Money() torg.Money { return torg.Money(r.I64()) }

// Slot reads a slot's number.
func (r *Reader) Slot() torg.Slot { return torg.Slot(r.I64()) }

// The first and the last millisecond that RFC 3339 can write.
const (
	minTime = -62167219200000 // 0000-01-01T00:00:00.000Z
	maxTime = 253402300799999 // 9999-12-31T23:59:59.999Z
)

// Time reads milliseconds since the Unix epoch, as UTC, of the years 0 to 9999. It
// returns the zero time where the reader failed.
func (r *Reader) Time() time.Time {
	ms := r.I64()
	if ms < minTime || ms > maxTime {
		r.Failf("time %d ms is outside the years 0 to 9999", ms)
	}
	if r.err != nil {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// ReadList reads a list of at most max elements, each of at least one byte; nil if it
// is empty or the reader failed. Memory is taken as elements arrive, not as announced.
func ReadList[T any](r *Reader, max int, read func(*Reader) T) []T {
	var list []T
	for n := r.Count(max); n > 0; n-- {
		v := read(r)
		if r.err != nil {
			return nil
		}
		list = append(list, v)
	}
	return list
}

// Decode reads one value that fills b, as in Decode(b, ReadOrder). With an error
// comes the zero value.
func Decode[T any](b []byte, read func(*Reader) T) (T, error) {
	r := NewReader(b)
	v := read(r)
	if err := r.Done(); err != nil {
		var zero T
		return zero, err
	}
	return v, nil
}
