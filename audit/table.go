package audit

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"torg"
)

// row is one line of a table while it is read. Its first error stays.
type row struct {
	at     place
	column map[string]int
	cells  []string
	err    error
}

// readTable reads a CSV file that must have these columns, and calls f for every row.
func readTable(dir, name string, columns []string, f func(*row)) error {
	file, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.ReuseRecord = true
	head, err := r.Read()
	if err != nil {
		return fmt.Errorf("%s:1: no header: %w", name, err)
	}
	column := map[string]int{}
	for i, c := range head {
		if _, twice := column[c]; twice {
			return fmt.Errorf("%s:1: column %q is there twice", name, c)
		}
		column[c] = i
	}
	for _, c := range columns {
		if _, ok := column[c]; !ok {
			return fmt.Errorf("%s:1: column %q is missing", name, c)
		}
	}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		line, _ := r.FieldPos(0)
		current := row{at: place{name, line}, column: column, cells: cells}
		f(&current)
		if current.err != nil {
			return current.err
		}
	}
}

func (r *row) fail(column string, err error) {
	if r.err == nil && err != nil {
		r.err = fmt.Errorf("%s:%d: %s: %w", r.at, r.column[column]+1, column, err)
	}
}

func (r *row) text(column string) string { return r.cells[r.column[column]] }

func (r *row) id(column string) string {
	s := r.text(column)
	r.fail(column, torg.ValidID(s))
	return s
}

func (r *row) number(column string) int64 {
	n, err := strconv.ParseInt(r.text(column), 10, 64)
	if err != nil {
		r.fail(column, fmt.Errorf("%q is not a whole number", r.text(column)))
	}
	return n
}

func (r *row) energy(column string) torg.Energy {
	e := torg.Energy(r.number(column))
	if e > torg.MaxSessionEnergy || e < -torg.MaxSessionEnergy {
		r.fail(column, fmt.Errorf("%d Wh is out of range", e))
	}
	return e
}

// positive reads energy above zero, at most that of an order.
func (r *row) positive(column string) torg.Energy {
	e := r.energy(column)
	if e < 1 || e > torg.MaxOrderEnergy {
		r.fail(column, fmt.Errorf("%d Wh is not the energy of an order", e))
	}
	return e
}

// carried reads what a line carries: energy above zero.
func (r *row) carried(column string) torg.Energy {
	e := r.energy(column)
	if e < 1 {
		r.fail(column, fmt.Errorf("%d Wh is no flow", e))
	}
	return e
}

func (r *row) price(column string) torg.Price {
	p, err := torg.ParsePrice(r.text(column))
	r.fail(column, err)
	return p
}

func (r *row) cost(column string) torg.Cost {
	c, err := torg.ParseCost(r.text(column))
	r.fail(column, err)
	return c
}

// small reads one of a few numbers.
func (r *row) small(column string, of ...int) int {
	n := int(r.number(column))
	if !slices.Contains(of, n) {
		r.fail(column, fmt.Errorf("%d is none of %v", n, of))
	}
	return n
}

// word reads one of a few words.
func word[T ~string](r *row, column string, of ...T) T {
	w := T(r.text(column))
	if !slices.Contains(of, w) {
		r.fail(column, fmt.Errorf("%q is none of %v", w, of))
	}
	return w
}
