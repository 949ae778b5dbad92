package httpapi

import (
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"torg/record"
)

// List is a page of things, newest first.
type List[T any] struct {
	Items []T    `json:"items" doc:"newest first" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"cursor of the next page; absent on the last"`

	csv func(io.Writer) error
}

func (l List[T]) writeCSV(w io.Writer) error { return l.csv(w) }

type listOut[T any] struct{ Body List[T] }

// list makes the answer from recorded rows: each as JSON, all as CSV.
func list[R, T any](rows []R, next string, item func(R) T, csv func(io.Writer, []R) error) *listOut[T] {
	out := &listOut[T]{Body: List[T]{Items: make([]T, 0, len(rows)), Next: next}}
	for _, r := range rows {
		out.Body.Items = append(out.Body.Items, item(r))
	}
	out.Body.csv = func(w io.Writer) error { return csv(w, rows) }
	return out
}

// Paged are the parameters of every list.
type Paged struct {
	Limit  int    `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"most items of a page"`
	Cursor string `query:"cursor" maxLength:"256" doc:"next of an earlier answer"`
	Format string `query:"format" enum:"json,csv" default:"json" doc:"json, or csv with a header row"`
}

func (p Paged) page() record.Page { return record.Page{Limit: p.Limit, Cursor: p.Cursor} }

// csvAsked makes ?format=csv the same as Accept: text/csv.
func csvAsked(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("format") == "csv" {
			r.Header.Set("Accept", "text/csv")
			w.Header().Set("Content-Disposition", "attachment; filename=torg.csv")
		}
		next.ServeHTTP(w, r)
	})
}

// marshalCSV writes a list as CSV; errors that huma found keep their words.
func marshalCSV(w io.Writer, v any) error {
	switch v := v.(type) {
	case interface{ writeCSV(io.Writer) error }:
		return v.writeCSV(w)
	case Problem:
		out := csv.NewWriter(w)
		out.Write([]string{"status", "code", "detail"})
		out.Write([]string{strconv.Itoa(v.Status), v.Code, v.Detail})
		out.Flush()
		return out.Error()
	}
	return fmt.Errorf("%T has no CSV form", v)
}
