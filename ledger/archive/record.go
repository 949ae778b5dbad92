package archive

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"time"
)

// The kinds of records.
const (
	kindQuiet = 'q'
	kindBlock = 'b'
)

// Sizes of a record's parts in bytes.
const (
	sizeHead = 12
	sizeSum  = 4
)

// maxQuiet bounds the number in a record's head.
const maxQuiet = 1<<56 - 1

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendHead writes the twelve bytes that every record begins with.
func appendHead(to []byte, kind byte, n uint64) []byte {
	head := binary.BigEndian.AppendUint64(nil, uint64(kind)<<56|n)
	return binary.BigEndian.AppendUint32(append(to, head...), crc32.Checksum(head, castagnoli))
}

// record returns a block's record; before is the time of the block before it in the day.
func (b Block) record(before time.Time) ([]byte, error) {
	if b.Quiet() {
		d := b.Time.Sub(before)
		if d < 0 || d > maxQuiet {
			return nil, fmt.Errorf("block %d: %s after the one before", b.Height, d)
		}
		return appendHead(nil, kindQuiet, uint64(d)), nil
	}
	body, err := b.encode()
	if err != nil {
		return nil, fmt.Errorf("block %d: %w", b.Height, err)
	}
	if len(body) > maxRecord {
		return nil, fmt.Errorf("block %d: %d bytes", b.Height, len(body))
	}
	out := append(appendHead(nil, kindBlock, uint64(len(body))), body...)
	return binary.BigEndian.AppendUint32(out, crc32.Checksum(body, castagnoli)), nil
}

// errTorn says that a file ends within a record: who wrote it was stopped.
var errTorn = errors.New("ends in half a record")

// day reads the records of one file, one after the other.
type day struct {
	path string
	file *os.File
	in   *bufio.Reader
	size int64 // up to which it is read
	at   int64 // where the next record begins

	height int64 // of the last record that was read or skipped; 0: none
	time   time.Time
	hash   []byte // of the state after it, where a record was read
}

// openDay opens a file of blocks; what is behind size is not read.
func openDay(path string, size int64) (*day, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &day{path: path, file: f, in: bufio.NewReaderSize(io.LimitReader(f, size), 64<<10), size: size}, nil
}

func (d *day) close() { d.file.Close() }

// fail says where in a file something is wrong.
func (d *day) fail(format string, args ...any) error {
	return fmt.Errorf("%s: at byte %d: %w", d.path, d.at, fmt.Errorf(format, args...))
}

// next reads a record; io.EOF: there is no other. A block that skip holds for is
// returned with its height and time alone.
func (d *day) next(skip func(height int64) bool) (Block, error) {
	var head [sizeHead]byte
	switch n, err := io.ReadFull(d.in, head[:]); {
	case errors.Is(err, io.EOF):
		return Block{}, io.EOF
	case errors.Is(err, io.ErrUnexpectedEOF):
		return Block{}, d.torn(head[:n], true)
	case err != nil:
		return Block{}, fmt.Errorf("%s: %w", d.path, err)
	}
	if crc32.Checksum(head[:8], castagnoli) != binary.BigEndian.Uint32(head[8:]) {
		return Block{}, d.torn(head[:], false)
	}
	number := binary.BigEndian.Uint64(head[:]) & maxQuiet
	switch head[0] {
	case kindQuiet:
		if d.height == 0 {
			return Block{}, d.fail("damaged: it begins with a time that follows none")
		}
		d.at += sizeHead
		d.height, d.time = d.height+1, d.time.Add(time.Duration(number))
		return Block{Height: d.height, Time: d.time, AppHash: d.hash}, nil
	case kindBlock:
		return d.block(int64(number), skip)
	}
	return Block{}, d.fail("damaged: unknown kind %q of record", head[0])
}

// torn says whether a record that cannot be read, of which these bytes were, is one that
// was not written to its end: that is the file's end too, or nothing but zeros, which a
// disk without power leaves, is in the place of the rest.
func (d *day) torn(begun []byte, short bool) error {
	for last := begun[len(begun)-1]; !short; {
		if last != 0 {
			return d.fail("damaged")
		}
		var err error
		if last, err = d.in.ReadByte(); err != nil {
			break
		}
	}
	return d.fail("%w", errTorn)
}

// block reads the n bytes of a block's record and their sum.
func (d *day) block(n int64, skip func(int64) bool) (Block, error) {
	if n > maxRecord || n < fixed {
		return Block{}, d.fail("damaged: a record of %d bytes", n)
	}
	if d.at+sizeHead+n+sizeSum > d.size {
		return Block{}, d.fail("%w", errTorn)
	}
	first, err := d.in.Peek(fixed)
	if err != nil {
		return Block{}, fmt.Errorf("%s: %w", d.path, err)
	}
	b := begin(first)
	if b.Height < 1 || d.height > 0 && (b.Height != d.height+1 || !b.Time.After(d.time)) {
		return Block{}, d.fail("damaged: block %d of %s after block %d of %s", b.Height, b.Time.Format(time.RFC3339Nano), d.height, d.time.Format(time.RFC3339Nano))
	}
	if skip != nil && skip(b.Height) {
		if _, err := d.in.Discard(int(n + sizeSum)); err != nil {
			return Block{}, fmt.Errorf("%s: %w", d.path, err)
		}
	} else if b, err = d.read(n); err != nil {
		return Block{}, err
	}
	d.at += sizeHead + n + sizeSum
	d.height, d.time, d.hash = b.Height, b.Time, b.AppHash
	return b, nil
}

func (d *day) read(n int64) (Block, error) {
	raw := make([]byte, n+sizeSum)
	if _, err := io.ReadFull(d.in, raw); err != nil {
		return Block{}, fmt.Errorf("%s: %w", d.path, err)
	}
	if sum := binary.BigEndian.Uint32(raw[n:]); crc32.Checksum(raw[:n], castagnoli) != sum {
		return Block{}, d.torn(raw, false)
	}
	b, err := decode(raw[:n])
	if err != nil {
		return Block{}, d.fail("damaged: %w", err)
	}
	return b, nil
}
