package httpapi

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"torg"
	"torg/record"
	"torg/record/export"
)

// longest is the most slots that one question about readings may span.
const longest = 30_000

// series registers readings and savings, which are asked for by time.
func (a *api) series(h huma.API) {
	huma.Get(h, "/api/v1/readings", a.readings)
	huma.Get(h, "/api/v1/savings", a.savings)
}

func (a *api) readings(ctx context.Context, in *struct {
	Paged
	Site string    `query:"site" required:"true" minLength:"1" maxLength:"64"`
	From time.Time `query:"from" doc:"from this slot on; default: an hour before to"`
	To   time.Time `query:"to" doc:"before this slot; default: now and the next slot"`
}) (*listOut[Reading], error) {
	to := a.Calendar.At(a.Live.Now().Time) + 2
	if !in.To.IsZero() {
		to = a.Calendar.At(in.To)
	}
	from := to - torg.Slot(time.Hour/a.Calendar.Interval)
	if !in.From.IsZero() {
		from = a.Calendar.At(in.From)
	}
	if in.Cursor != "" {
		n, err := strconv.ParseInt(in.Cursor, 10, 64)
		if err != nil || torg.Slot(n) < from || torg.Slot(n) > to {
			return nil, a.problem(fmt.Errorf("cursor %q: not of this list: %w", in.Cursor, torg.ErrMalformed))
		}
		to = torg.Slot(n)
	}
	if to-from > longest || to < from {
		return nil, a.problem(fmt.Errorf("from and to span %d slots: 0 to %d are allowed: %w", to-from, longest, torg.ErrMalformed))
	}
	if err := a.known(ctx, torg.SiteID(in.Site)); err != nil {
		return nil, a.problem(err)
	}
	rows, err := a.Reader.Readings(ctx, torg.SiteID(in.Site), from, to)
	if err != nil {
		return nil, a.problem(err)
	}
	slices.SortStableFunc(rows, func(x, y record.Reading) int { return int(y.Slot - x.Slot) })
	next := ""
	if len(rows) > in.Limit {
		rows = rows[:in.Limit]
		next = strconv.FormatInt(int64(rows[in.Limit-1].Slot), 10)
	}
	return list(rows, next, reading, export.Readings), nil
}

func (a *api) known(ctx context.Context, id torg.SiteID) error {
	sites, err := a.Reader.Sites(ctx)
	if err == nil && !slices.ContainsFunc(sites, func(s record.Site) bool { return s.ID == id }) {
		err = fmt.Errorf("site %q: %w", id, torg.ErrUnknown)
	}
	return err
}

// Saving is what a participant paid over a span, and what it would have paid with
// the supplier alone.
type Saving struct {
	Participant string    `json:"participant"`
	From        time.Time `json:"from"`
	To          time.Time `json:"to"`
	Paid        string    `json:"paid" doc:"RUB; minus: received"`
	Baseline    string    `json:"baseline" doc:"RUB, with the supplier alone"`
	Saved       string    `json:"saved" doc:"RUB"`
	Provisional bool      `json:"provisional" doc:"some of it is not settled yet"`
	Simulated   bool      `json:"simulated" doc:"some of it is generated history"`
	MeteredWh   int64     `json:"metered_wh"`
	InsideWh    int64     `json:"inside_wh" doc:"bought or sold inside the complex"`
}

func saving(s record.Saving) Saving {
	return Saving{string(s.Participant), s.From.UTC(), s.To.UTC(), s.Paid.String(), s.Baseline.String(), s.Saved().String(),
		s.Provisional, s.Simulated, int64(s.Metered), int64(s.Inside)}
}

func (a *api) savings(ctx context.Context, in *struct {
	Paged
	From time.Time `query:"from" doc:"default: a day before to"`
	To   time.Time `query:"to" doc:"default: now"`
}) (*listOut[Saving], error) {
	to := in.To
	if to.IsZero() {
		to = a.Live.Now().Time
	}
	from := in.From
	if from.IsZero() {
		from = to.Add(-24 * time.Hour)
	}
	if from.After(to) {
		return nil, a.problem(fmt.Errorf("from is after to: %w", torg.ErrMalformed))
	}
	rows, err := a.Reader.Savings(ctx, from, to)
	if err != nil {
		return nil, a.problem(err)
	}
	rows, next := slice(rows, in.page(), func(s record.Saving) string { return string(s.Participant) })
	return list(rows, next, saving, export.Savings), nil
}
