package archive

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"time"

	"torg"
	"torg/canon"
	"torg/ledger"
)

// Block is a block with what it did.
type Block struct {
	Height  int64
	Time    time.Time // UTC
	AppHash []byte    // of the state after it

	// The rest is empty for a quiet block: one that did nothing.
	Hash   []byte // of the block
	Light  []byte // its header, votes and validators in CometBFT's protobuf
	Txs    [][]byte
	Codes  []torg.Refusal // one per transaction
	Events []byte         // ledger.EventText
}

// Quiet says that a block did nothing and is kept as its time alone.
func (b Block) Quiet() bool { return b.Light == nil }

// Day is the day of the archive that a block is in.
func (b Block) Day() string { return DayOf(b.Time) }

// DayOf is the name of the day of a moment.
func DayOf(t time.Time) string { return t.UTC().Format(dayForm) }

const dayForm = "2006-01-02"

// Committed returns the block as chains hand it over.
func (b Block) Committed() (ledger.Committed, error) {
	c := ledger.Committed{
		Block:   ledger.Block{Height: b.Height, Time: b.Time, Txs: b.Txs},
		Result:  ledger.Result{Codes: b.Codes},
		AppHash: b.AppHash,
	}
	if c.Txs == nil {
		c.Txs = [][]byte{}
	}
	if c.Codes == nil {
		c.Codes = []torg.Refusal{}
	}
	var err error
	if c.Events, err = ledger.ReadEventText(b.Events, b.Txs); err != nil {
		return c, fmt.Errorf("block %d: events: %w", b.Height, err)
	}
	return c, nil
}

// Largest sizes in bytes: of what a record unfolds to, and of what is in it.
const (
	maxRecord = 1 << 31
	maxBody   = 1 << 31
	maxLight  = 1 << 24
	maxTx     = 1 << 24
	maxTxs    = 1 << 22
	maxCode   = 256
)

// compressors are used again: each has a megabyte of tables.
var compressors = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic("archive: " + err.Error()) // the level is a constant
	}
	return w
}}

// encode returns the n bytes of a block's record.
func (b Block) encode() ([]byte, error) {
	var w canon.Writer
	w.Blob(b.Hash)
	w.Blob(b.Light)
	canon.AppendList(&w, b.Txs, (*canon.Writer).Blob)
	canon.AppendList(&w, b.Codes, func(w *canon.Writer, c torg.Refusal) { w.String(string(c)) })
	w.Blob(b.Events)
	var out bytes.Buffer
	begin := binary.BigEndian.AppendUint64(nil, uint64(b.Height))
	begin = binary.BigEndian.AppendUint64(begin, uint64(b.Time.UnixNano()))
	if len(b.AppHash) != sizeHash {
		return nil, fmt.Errorf("hash of %d bytes", len(b.AppHash))
	}
	out.Write(append(begin, b.AppHash...))
	small := compressors.Get().(*flate.Writer)
	defer compressors.Put(small)
	small.Reset(&out)
	if _, err := small.Write(w.Bytes()); err != nil {
		return nil, err
	}
	if err := small.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// sizeHash is how long hashes are in bytes, and fixed how many bytes of a record stand
// before what is compressed.
const (
	sizeHash = 32
	fixed    = 8 + 8 + sizeHash
)

// begin reads the bytes before what is compressed.
func begin(raw []byte) Block {
	return Block{
		Height:  int64(binary.BigEndian.Uint64(raw)),
		Time:    nanos(int64(binary.BigEndian.Uint64(raw[8:]))),
		AppHash: append([]byte{}, raw[16:fixed]...),
	}
}

// decode reads what encode wrote.
func decode(raw []byte) (Block, error) {
	if len(raw) < fixed {
		return Block{}, fmt.Errorf("a record of %d bytes", len(raw))
	}
	b := begin(raw)
	rest := bytes.NewReader(raw[fixed:])
	body, err := io.ReadAll(io.LimitReader(flate.NewReader(rest), maxBody+1))
	if err == nil && rest.Len() > 0 {
		err = fmt.Errorf("%d bytes too many", rest.Len())
	}
	if err == nil && len(body) > maxBody {
		err = fmt.Errorf("more than %d bytes", maxBody)
	}
	if err != nil {
		return Block{}, fmt.Errorf("block %d: %w", b.Height, err)
	}
	r := canon.NewReader(body)
	b.Hash, b.Light = r.Blob(sizeHash), r.Blob(maxLight)
	b.Txs = canon.ReadList(r, maxTxs, func(r *canon.Reader) []byte { return r.Blob(maxTx) })
	b.Codes = canon.ReadList(r, maxTxs, func(r *canon.Reader) torg.Refusal { return torg.Refusal(r.String(maxCode)) })
	b.Events = r.Blob(maxBody)
	if err := r.Done(); err != nil {
		return Block{}, fmt.Errorf("block %d: %w", b.Height, err)
	}
	if len(b.Light) == 0 || len(b.Codes) != len(b.Txs) {
		return Block{}, fmt.Errorf("block %d: %d results of %d transactions, light block of %d bytes", b.Height, len(b.Codes), len(b.Txs), len(b.Light))
	}
	return b, nil
}

func nanos(n int64) time.Time { return time.Unix(0, n).UTC() }
