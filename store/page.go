package store

import (
	"fmt"
	"strconv"
	"strings"

	"torg"
	"torg/record"
)

// A where collects conditions and their values, numbered in the order of use.
type where struct {
	terms []string
	args  []any
}

// and adds a condition; each ? in it stands for the next of values.
func (w *where) and(term string, values ...any) {
	for _, v := range values {
		term = strings.Replace(term, "?", w.value(v), 1)
	}
	w.terms = append(w.terms, term)
}

// value numbers a value that is used outside of a condition.
func (w *where) value(v any) string {
	w.args = append(w.args, v)
	return dollar(len(w.args))
}

func (w *where) String() string {
	if len(w.terms) == 0 {
		return "TRUE"
	}
	return strings.Join(w.terms, " AND ")
}

// A page's rows are found by their key, not by counting, so rows that are added
// meanwhile neither repeat nor hide others.
type page struct {
	limit int
	after []int64 // key of the last row of the page before, newest first; nil: none
}

// key names the columns of a page's key.
func (w *where) after(p page, columns string) {
	if p.after == nil {
		return
	}
	values := make([]any, len(p.after))
	for i, v := range p.after {
		values[i] = v
	}
	w.and("("+columns+") < ("+strings.Repeat(", ?", len(values))[2:]+")", values...)
}

// readPage reads a cursor of n numbers.
func readPage(p record.Page, n int) (page, error) {
	if p.Limit < 1 || p.Limit > 1000 {
		return page{}, fmt.Errorf("limit %d: must be 1 to 1000: %w", p.Limit, torg.ErrMalformed)
	}
	if p.Cursor == "" {
		return page{limit: p.Limit}, nil
	}
	parts := strings.Split(p.Cursor, ".")
	after := make([]int64, n)
	for i := range after {
		v, err := int64(0), error(nil)
		if len(parts) == n {
			v, err = strconv.ParseInt(parts[i], 10, 64)
		}
		if err != nil || len(parts) != n {
			return page{}, fmt.Errorf("cursor %q: not one that an answer gave: %w", p.Cursor, torg.ErrMalformed)
		}
		after[i] = v
	}
	return page{limit: p.Limit, after: after}, nil
}

// cut drops the row beyond the page, which was asked for to see whether there is
// one, and makes the next page's cursor from the last row that stays.
func cut[T any](rows []T, p page, key func(T) []int64) ([]T, string) {
	if len(rows) <= p.limit {
		return rows, ""
	}
	rows = rows[:p.limit]
	var parts []string
	for _, v := range key(rows[p.limit-1]) {
		parts = append(parts, strconv.FormatInt(v, 10))
	}
	return rows, strings.Join(parts, ".")
}

// marks returns "(?, ...)" for n values of where.and.
func marks(n int) string { return "(" + strings.Repeat(", ?", n)[2:] + ")" }
