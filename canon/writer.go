// Package canon is the one encoding of everything that is signed, hashed, sent to
// the ledger or kept in its state. A value has exactly one encoding and an encoding
// exactly one value, so that bytes can be compared in place of meanings.
//
// Integers have a fixed width and are big-endian, signed ones in two's complement.
// Strings, byte strings and lists start with their length in 32 bits. There are no
// optional parts, no padding and no self-description: the reader knows what it reads,
// and a version byte at the front of each torg value says which form that is.
package canon

import (
	"encoding/binary"
	"math"
	"time"

	"torg"
)

// Writer appends values to a byte string. The zero value is ready to use. It does
// not judge what it writes: a value that no market may take is refused by the Reader
// or by the value's own Valid.
type Writer struct{ buf []byte }

// Bytes returns what was written so far. It is the writer's own memory until the
// next write.
func (w *Writer) Bytes() []byte { return w.buf }

// U8 writes one byte.
func (w *Writer) U8(v uint8) { w.buf = append(w.buf, v) }

// U32 writes four bytes.
func (w *Writer) U32(v uint32) { w.buf = binary.BigEndian.AppendUint32(w.buf, v) }

// U64 writes eight bytes.
func (w *Writer) U64(v uint64) { w.buf = binary.BigEndian.AppendUint64(w.buf, v) }

// I64 writes eight bytes in two's complement.
func (w *Writer) I64(v int64) { w.U64(uint64(v)) }

// Int writes a small number, such as a round, in the eight bytes of I64.
func (w *Writer) Int(v int) { w.I64(int64(v)) }

// Bool writes a byte, 0 or 1.
func (w *Writer) Bool(v bool) {
	if v {
		w.U8(1)
	} else {
		w.U8(0)
	}
}

// Count writes the length of a list, whose elements follow.
func (w *Writer) Count(n int) {
	if n < 0 || uint64(n) > math.MaxUint32 {
		panic("canon: a length that does not fit 32 bits")
	}
	w.U32(uint32(n))
}

// String writes a string after its length in bytes. Readers refuse invalid UTF-8.
func (w *Writer) String(s string) {
	w.Count(len(s))
	w.buf = append(w.buf, s...)
}

// Blob writes a byte string after its length.
func (w *Writer) Blob(b []byte) {
	w.Count(len(b))
	w.Fixed(b)
}

// Fixed writes bytes whose number the reader knows, such as a hash.
func (w *Writer) Fixed(b []byte) { w.buf = append(w.buf, b...) }

// Strings writes a list of strings, in the order they are in.
func (w *Writer) Strings(list []string) { AppendList(w, list, (*Writer).String) }

// Energy writes watt-hours in eight bytes.
func (w *Writer) Energy(e torg.Energy) { w.I64(int64(e)) }

// Price writes kopecks per MWh in eight bytes.
func (w *Writer) Price(p torg.Price) { w.I64(int64(p)) }

// Cost writes millionths of a kopeck in sixteen bytes.
func (w *Writer) Cost(c torg.Cost) {
	hi, lo := c.Bits()
	w.U64(hi)
	w.U64(lo)
}

// Money writes kopecks in eight bytes.
func (w *Writer) Money(m torg.Money) { w.I64(int64(m)) }

// Slot writes the slot's number in eight bytes.
func (w *Writer) Slot(s torg.Slot) { w.I64(int64(s)) }

// Time writes the milliseconds since the Unix epoch in eight bytes; what is finer
// than a millisecond is dropped.
func (w *Writer) Time(t time.Time) { w.I64(t.UnixMilli()) }

// AppendList writes a list's length and each of its elements.
func AppendList[T any](w *Writer, list []T, write func(*Writer, T)) {
	w.Count(len(list))
	for _, v := range list {
		write(w, v)
	}
}

// Encode returns the encoding of one value, as in Encode(AppendOrder, o).
func Encode[T any](write func(*Writer, T), v T) []byte {
	var w Writer
	write(&w, v)
	return w.Bytes()
}
