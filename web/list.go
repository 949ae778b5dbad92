package web

import (
	"io"

	"torg/record"
)

// perPage is how many rows a list shows at once, and exported how many its CSV has
// at most.
const (
	perPage  = 50
	exported = 1000
)

// asked is the page of a list that the address asks for.
func (p *page) asked() record.Page {
	limit := perPage
	if p.wantsCSV() {
		limit = exported
	}
	return record.Page{Limit: limit, Cursor: p.r.URL.Query().Get("cursor")}
}

func (p *page) wantsCSV() bool { return p.r.URL.Query().Get("format") == "csv" }

// csv sends rows as a file.
func csv[T any](p *page, name string, rows []T, write func(io.Writer, []T) error) error {
	p.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	p.w.Header().Set("Content-Disposition", "attachment; filename=torg-"+name+".csv")
	return write(p.w, rows)
}
