package orderbook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"

	"torg"
	"torg/market"
)

// Load reads a file of orders; see Read.
func Load(ctx context.Context, path string, c torg.Complex, tell func(orders int)) (*market.Sheet, []string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	return Read(ctx, path, f, c, tell)
}

// Read takes in the orders of a CSV file for the first discovery of a session on a
// complex. The name is the file's in errors; tell, where it is not nil, hears from time
// to time how many orders have been read. Read returns the sheet to clear and the names
// of the columns that it does not know. What is wrong with the file is an *Error about
// its first wrong row; an id that comes twice is told when all rows are read.
func Read(ctx context.Context, name string, in io.Reader, c torg.Complex, tell func(orders int)) (*market.Sheet, []string, error) {
	b, err := market.NewBuilder(c, market.Usage{}, 1)
	if err != nil {
		return nil, nil, err
	}
	places := &places{}
	n := 0
	ignored, err := each(ctx, newScanner(name, in), func(block *block) error {
		for i := range block.rows {
			places.add(n, block.lines[i])
			if err := b.Add(block.rows[i]); err != nil {
				return refused(name, block.lines[i], block.rows[i], c, err)
			}
			n++
		}
		if tell != nil {
			tell(n)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	sheet, err := b.Sheet()
	if d := (*market.DuplicateError)(nil); errors.As(err, &d) {
		return nil, nil, &Error{name, places.line(d.Again), names[order],
			worded{fmt.Errorf("%s is on line %d already", quote([]byte(d.ID)), places.line(d.First)), torg.ErrDuplicate}}
	}
	return sheet, ignored, err
}

// ahead is how many blocks are on their way from the file to the market.
const ahead = 3

// each parses a file in one goroutine and hands its blocks, in order, to take, which
// must not keep them. It returns the columns that are not known.
func each(ctx context.Context, s *scanner, take func(*block) error) ([]string, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	empty, full := make(chan *block, ahead), make(chan *block, ahead)
	for range ahead {
		empty <- &block{}
	}
	go func() {
		defer close(full)
		for {
			select {
			case <-ctx.Done():
				return
			case b := <-empty:
				s.fill(b)
				last := b.err != nil
				full <- b
				if last {
					return
				}
			}
		}
	}()
	for b := range full {
		if ctx.Err() != nil {
			break
		}
		if err := take(b); err != nil {
			return nil, err
		}
		if errors.Is(b.err, io.EOF) {
			return s.header.ignored(), nil
		}
		if b.err != nil {
			return nil, b.err
		}
		empty <- b
	}
	return nil, ctx.Err()
}

// columns are ours for the fields of a row of the market.
var columns = map[string]int{
	"id": order, "participant": participant, "side": side, "zone": zone, "energy": energy,
	"limit": price, "source": source, "prefer": prefer, "avoid": avoid,
}

// refused puts what the market refuses into its place in the file.
func refused(name string, line int, r market.Row, c torg.Complex, err error) error {
	f := (*market.FieldError)(nil)
	switch {
	case !errors.As(err, &f):
		return err
	case !errors.Is(err, torg.ErrBothSides):
		return &Error{name, line, names[columns[f.Field]], f.Err}
	case c.Supplier != nil && c.Supplier.Participant == torg.ParticipantID(r.Participant):
		err = fmt.Errorf("%s is the supplier, which takes part by itself", quote(r.Participant))
	default:
		err = fmt.Errorf("%s has orders on both sides", quote(r.Participant))
	}
	return &Error{name, line, names[participant], worded{err, torg.ErrBothSides}}
}

// worded is a refusal in other words.
type worded struct {
	error
	refusal torg.Refusal
}

func (w worded) Unwrap() error { return w.refusal }

// places knows on which line each row starts, by the rows that do not start on the
// line after the one before.
type places struct{ rows, lines []int }

// add notes the line of a row; rows are added in order.
func (p *places) add(row, line int) {
	if k := len(p.rows) - 1; k >= 0 && line-p.lines[k] == row-p.rows[k] {
		return
	}
	p.rows, p.lines = append(p.rows, row), append(p.lines, line)
}

// line returns the line of a row that was added.
func (p *places) line(row int) int {
	k := sort.SearchInts(p.rows, row+1) - 1
	return p.lines[k] + row - p.rows[k]
}
