package meter

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"torg/scenario"
)

// maxRows is the longest series that is read.
const maxRows = 6_000_000

// readFile reads the series that one column of a CSV file holds; the file may be
// compressed, which its name says by .gz.
func readFile(path string, how scenario.CSV) (*series, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var in io.Reader = bufio.NewReader(f)
	if strings.HasSuffix(path, ".gz") {
		if in, err = gzip.NewReader(in); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return read(path, in, how)
}

// read reads a series from the text of a CSV file with a header. Columns other than
// time and the one that is asked for are not this meter's.
func read(file string, in io.Reader, how scenario.CSV) (*series, error) {
	t := table{file: file, csv: csv.NewReader(in), how: how}
	t.csv.ReuseRecord = true
	if err := t.header(); err != nil {
		return nil, err
	}
	rows, err := t.rows()
	if err != nil {
		return nil, err
	}
	return t.series(rows)
}

// table is a file that is being read.
type table struct {
	file        string
	csv         *csv.Reader
	how         scenario.CSV
	time, value int // columns
}

// row is one line of the file.
type row struct {
	line   int
	start  time.Time
	number float64 // as in the file; NaN where it is empty
}

func (t *table) fail(column int, format string, args ...any) error {
	line, col := t.csv.FieldPos(column)
	return fmt.Errorf("%s:%d:%d: %s", t.file, line, col, fmt.Sprintf(format, args...))
}

// broken names the place of what is no CSV.
func (t *table) broken(err error) error {
	if parse := (*csv.ParseError)(nil); errors.As(err, &parse) {
		return fmt.Errorf("%s:%d:%d: not CSV: %w", t.file, parse.Line, parse.Column, parse.Err)
	}
	return fmt.Errorf("%s: %w", t.file, err)
}

func (t *table) header() error {
	names, err := t.csv.Read()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s:1:1: the file is empty", t.file)
	}
	if err != nil {
		return t.broken(err)
	}
	names[0] = strings.TrimPrefix(names[0], "\ufeff")
	for i, name := range names {
		if slices.Contains(names[:i], name) && (name == "time" || name == t.how.Value) {
			return t.fail(i, "column %q is there twice", name)
		}
	}
	t.time, t.value = slices.Index(names, "time"), slices.Index(names, t.how.Value)
	for _, name := range []string{"time", t.how.Value} {
		if !slices.Contains(names, name) {
			return t.fail(0, "column %q is missing; there are %s", name, strings.Join(names, ", "))
		}
	}
	return nil
}

func (t *table) rows() ([]row, error) {
	var rows []row
	for {
		record, err := t.csv.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, t.broken(err)
		}
		var last time.Time
		if len(rows) > 0 {
			last = rows[len(rows)-1].start
		}
		start, err := clock(record[t.time], t.how.Timezone, last)
		if err != nil {
			return nil, t.fail(t.time, "time: %v", err)
		}
		switch {
		case start.Equal(last):
			return nil, t.fail(t.time, "time: %s comes twice", record[t.time])
		case start.Before(last):
			return nil, t.fail(t.time, "time: %s comes after a later time", record[t.time])
		case len(rows) == maxRows:
			return nil, t.fail(t.time, "more than %d rows", maxRows)
		}
		number, err := quantity(record[t.value])
		if err != nil {
			return nil, t.fail(t.value, "%s: %v", t.how.Value, err)
		}
		line, _ := t.csv.FieldPos(t.time)
		rows = append(rows, row{line, start, number})
	}
}

var finiteNumber = regexp.MustCompile(`^[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?$`)

// quantity reads a number that is not negative; empty is NaN, which is missing.
func quantity(s string) (float64, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return math.NaN(), nil
	}
	if !finiteNumber.MatchString(s) {
		return 0, fmt.Errorf("%q is not a number", s)
	}
	v, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is too large", s)
	case v < 0:
		return 0, fmt.Errorf("%s is negative; the meter's flow says which way it counts", s)
	}
	return v, nil
}
