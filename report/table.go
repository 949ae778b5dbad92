package report

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"torg"
)

// columns are the tables and their headers. What FORMATS promises stands first; what
// follows helps whoever recomputes.
var columns = map[string]string{
	"orders.csv":     "session discovery order participant side zone energy_wh price source prefer avoid site cut_wh",
	"contracts.csv":  "session discovery contract round buyer_order seller_order buyer seller energy_wh buyer_price seller_price buyer_site seller_site",
	"unmatched.csv":  "session discovery order energy_wh reason",
	"prices.csv":     "session discovery zone price",
	"flows.csv":      "session discovery from to energy_wh",
	"board.csv":      "contract buyer seller slot energy_wh buyer_price seller_price",
	"readings.csv":   "session participant site zone energy_wh quality",
	"settlement.csv": "session account kind counterparty amount contract",
	"forecasts.csv":  "session site q10_wh q50_wh q90_wh band_low_wh band_high_wh",
	"intervals.csv":  "first last connection_wh invoice residual",
}

// partial ends the names of files that are not whole yet.
const partial = ".partial"

// tables are the CSV files of a run while they are written. The first error stays.
type tables struct {
	dir  string
	open map[string]*table
	err  error
}

type table struct {
	file *os.File
	buf  *bufio.Writer
	csv  *csv.Writer
}

func openTables(dir string) (*tables, error) {
	t := &tables{dir: dir, open: map[string]*table{}}
	for name := range columns {
		if err := t.create(name); err != nil {
			t.abort()
			return nil, err
		}
	}
	return t, nil
}

func (t *tables) create(name string) error {
	f, err := os.Create(filepath.Join(t.dir, name+partial))
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(f, 1<<16)
	t.open[name] = &table{f, b, csv.NewWriter(b)}
	return t.open[name].csv.Write(strings.Fields(columns[name]))
}

// row adds a row to a table.
func (t *tables) row(name string, cells ...string) {
	if t.err == nil {
		t.err = t.open[name].csv.Write(cells)
	}
}

// close ends the files; they keep their partial names.
func (t *tables) close() error {
	for name, f := range t.open {
		f.csv.Flush()
		t.err = errors.Join(t.err, f.csv.Error(), f.buf.Flush(), f.file.Close())
		delete(t.open, name)
	}
	return t.err
}

// abort ends the files and deletes them.
func (t *tables) abort() {
	for name, f := range t.open {
		f.file.Close()
		os.Remove(filepath.Join(t.dir, name+partial))
		delete(t.open, name)
	}
}

// publish gives a whole file its name.
func publish(dir, name string) error {
	return os.Rename(filepath.Join(dir, name+partial), filepath.Join(dir, name))
}

// write writes a whole file, whose name appears when it is complete.
func write(dir, name string, content []byte) error {
	if err := os.WriteFile(filepath.Join(dir, name+partial), content, 0o644); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return publish(dir, name)
}

func wh(e torg.Energy) string { return strconv.FormatInt(int64(e), 10) }
