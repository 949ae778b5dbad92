package canon

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"torg"
)

// Every kind of value, at the ends of its range, comes back as it went in.
func TestValuesComeBack(t *testing.T) {
	least := torg.CostFromBig(new(big.Int).Neg(new(big.Int).Lsh(big.NewInt(1), 126)))
	hash := bytes.Repeat([]byte{7}, 32)
	moment := time.Date(2026, 11, 22, 14, 30, 30, 987_000_000, time.FixedZone("MSK", 3*3600))

	var w Writer
	w.U8(255)
	w.U32(math.MaxUint32)
	w.U64(math.MaxUint64)
	w.I64(math.MinInt64)
	w.Int(-3)
	w.Bool(true)
	w.Bool(false)
	w.String("торг")
	w.String("")
	w.Blob([]byte{0, 1})
	w.Blob(nil)
	w.Fixed(hash)
	w.Strings([]string{"b", "a", ""})
	w.Strings(nil)
	w.Energy(torg.MaxSessionEnergy)
	w.Price(torg.MinPrice)
	w.Cost(least)
	w.Money(-1)
	w.Slot(-2)
	w.Time(moment)
	w.Time(time.Time{})

	r := NewReader(w.Bytes())
	got := make([]byte, 32)
	fixed := func() []byte { r.Fixed(got); return got }
	for i, c := range []struct{ got, want any }{
		{r.U8(), uint8(255)},
		{r.U32(), uint32(math.MaxUint32)},
		{r.U64(), uint64(math.MaxUint64)},
		{r.I64(), int64(math.MinInt64)},
		{r.Int(), -3},
		{r.Bool(), true},
		{r.Bool(), false},
		{r.String(8), "торг"},
		{r.String(8), ""},
		{r.Blob(2), []byte{0, 1}},
		{r.Blob(2), []byte(nil)},
		{fixed(), hash},
		{r.Strings(3, 1), []string{"b", "a", ""}},
		{r.Strings(3, 1), []string(nil)},
		{r.Energy(), torg.MaxSessionEnergy},
		{r.Price(), torg.MinPrice},
		{r.Cost(), least},
		{r.Money(), torg.Money(-1)},
		{r.Slot(), torg.Slot(-2)},
		{r.Time(), moment.UTC()},
		{r.Time().IsZero(), true},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("value %d: got %v, want %v", i, c.got, c.want)
		}
	}
	if err := r.Done(); err != nil {
		t.Error(err)
	}
}

// What has a second encoding, no end or too much of it is refused, and the error says
// what is wrong and where.
func TestReaderRefuses(t *testing.T) {
	for _, c := range []struct {
		name, bytes, want string
		read              func(*Reader)
	}{
		{"no byte", "", "byte 0: 1 bytes needed, 0 left", func(r *Reader) { r.U8() }},
		{"half a number", "000000", "byte 0: 4 bytes needed, 3 left", func(r *Reader) { r.U32() }},
		{"a bool of 2", "02", "byte 1: 2 is neither 0 nor 1", func(r *Reader) { r.Bool() }},
		{"a bool of 255", "ff", "byte 1: 255 is neither 0 nor 1", func(r *Reader) { r.Bool() }},
		{"a long string", "000000036162", "length 3, but 2 bytes left", func(r *Reader) { r.String(9) }},
		{"a string over the maximum", "00000003616263", "length 3 is over 2", func(r *Reader) { r.String(2) }},
		{"a huge string", "ffffffff", "length 4294967295 is over 64", func(r *Reader) { r.String(64) }},
		{"half a letter", "00000001d1", "text is not UTF-8", func(r *Reader) { r.String(2) }},
		{"a surrogate", "00000003eda080", "text is not UTF-8", func(r *Reader) { r.String(3) }},
		{"a long blob", "0000000200", "length 2, but 1 bytes left", func(r *Reader) { r.Blob(9) }},
		{"a short hash", "0000", "byte 0: 32 bytes needed, 2 left", func(r *Reader) { r.Fixed(make([]byte, 32)) }},
		{"a long list", "0000000300000000000000000000000000", "length 3 is over 2", func(r *Reader) { r.Strings(2, 9) }},
		{"a list without elements", "7fffffff", "but 0 bytes left", func(r *Reader) { r.Count(math.MaxInt32) }},
		{"a list that stops", "0000000200000000", "4 bytes needed, 0 left", func(r *Reader) { r.Strings(2, 9) }},
		{"an element too long", "0000000100000002aaaa", "length 2 is over 1", func(r *Reader) { r.Strings(2, 1) }},
		{"half a cost", "0000000000000000", "byte 8: 8 bytes needed, 0 left", func(r *Reader) { r.Cost() }},
		{"a time before year 0", "8000000000000000", "outside the years 0 to 9999", func(r *Reader) { r.Time() }},
		{"a time after year 9999", "7fffffffffffffff", "outside the years 0 to 9999", func(r *Reader) { r.Time() }},
		{"a byte too many", "0100", "byte 1: 1 bytes too many", func(r *Reader) { r.Bool() }},
		{"the first error stays", "0261", "2 is neither 0 nor 1", func(r *Reader) { r.Bool(); r.U64(); r.Failf("later") }},
	} {
		b, err := hex.DecodeString(c.bytes)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		r := NewReader(b)
		c.read(r)
		err = r.Done()
		if err == nil || !strings.Contains(err.Error(), c.want) || !errors.Is(err, torg.ErrMalformed) {
			t.Errorf("%s: got error %v, want %q", c.name, err, c.want)
		}
	}
}

// After an error every read returns nothing and moves nothing.
func TestReaderStaysFailed(t *testing.T) {
	var w Writer
	w.Bool(true)
	w.String("x")
	r := NewReader(w.Bytes())
	r.Failf("no")
	if r.Bool() || r.String(9) != "" || r.Blob(9) != nil || r.Count(9) != 0 || !r.Time().IsZero() || r.Cost() != (torg.Cost{}) {
		t.Error("a failed reader returned a value")
	}
	if r.Len() != len(w.Bytes()) {
		t.Errorf("a failed reader moved: %d bytes left of %d", r.Len(), len(w.Bytes()))
	}
}

// A blob is the caller's own, so that a decoded value outlives its message.
func TestBlobIsCopied(t *testing.T) {
	b := Encode((*Writer).Blob, []byte{1, 2})
	got := NewReader(b).Blob(2)
	clear(b)
	if !bytes.Equal(got, []byte{1, 2}) {
		t.Errorf("blob changed with its message: %v", got)
	}
}

// A list announced as long takes memory only for what is there.
func TestListTakesNoMemoryInAdvance(t *testing.T) {
	var w Writer
	w.Count(1 << 20)
	w.Fixed(make([]byte, 1<<20))
	calls := 0
	list := ReadList(NewReader(w.Bytes()), 1<<20, func(r *Reader) [64]byte {
		calls++
		var v [64]byte
		r.Fixed(v[:])
		return v
	})
	if list != nil || calls != 1<<14+1 {
		t.Errorf("%d elements after %d calls, want none after %d", len(list), calls, 1<<14+1)
	}
}
