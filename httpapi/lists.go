package httpapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"torg"
	"torg/record"
	"torg/record/export"
)

// lists registers what is recorded: sessions, contracts, orders, participants,
// sites, the journal and the log.
func (a *api) lists(h huma.API) {
	huma.Get(h, "/api/v1/sessions", func(ctx context.Context, in *Paged) (*listOut[Session], error) {
		rows, next, err := a.Reader.Sessions(ctx, in.page())
		if err != nil {
			return nil, a.problem(err)
		}
		return list(rows, next, session, export.Sessions), nil
	})
	huma.Get(h, "/api/v1/sessions/{id}", func(ctx context.Context, in *struct {
		ID string `path:"id" maxLength:"64"`
	}) (*struct{ Body Session }, error) {
		row, err := a.Reader.Session(ctx, in.ID)
		if err != nil {
			return nil, a.problem(err)
		}
		return &struct{ Body Session }{session(row)}, nil
	})
	huma.Get(h, "/api/v1/contracts", func(ctx context.Context, in *struct {
		Paged
		Trading
	}) (*listOut[Contract], error) {
		rows, next, err := a.Reader.Contracts(ctx, in.filter(), in.page())
		if err != nil {
			return nil, a.problem(err)
		}
		return list(rows, next, contract, export.Contracts), nil
	})
	huma.Get(h, "/api/v1/contracts/{id}", func(ctx context.Context, in *struct {
		ID string `path:"id" maxLength:"128"`
	}) (*struct{ Body Contract }, error) {
		row, err := a.Reader.Contract(ctx, torg.ContractID(in.ID))
		if err != nil {
			return nil, a.noContract(in.ID, err)
		}
		return &struct{ Body Contract }{contract(row)}, nil
	})
	huma.Get(h, "/api/v1/orders", a.orders)
	huma.Get(h, "/api/v1/decisions", func(ctx context.Context, in *struct {
		Paged
		Trading
	}) (*listOut[Decision], error) {
		rows, next, err := a.Reader.Decisions(ctx, in.filter(), in.page())
		if err != nil {
			return nil, a.problem(err)
		}
		return list(unsealed(a, rows, func(d record.Decision) string { return d.Session }), next, decision, export.Decisions), nil
	})
	huma.Get(h, "/api/v1/messages", func(ctx context.Context, in *struct {
		Paged
		Session string `query:"session" maxLength:"64"`
		Site    string `query:"site" maxLength:"64"`
		Kind    string `query:"kind" enum:"information,energy,financial"`
	}) (*listOut[Message], error) {
		f := record.Filter{Session: in.Session, Site: torg.SiteID(in.Site), Kind: record.MessageKind(in.Kind)}
		rows, next, err := a.Reader.Messages(ctx, f, in.page())
		if err != nil {
			return nil, a.problem(err)
		}
		return list(unsealed(a, rows, func(m record.Message) string { return m.Session }), next, message, export.Messages), nil
	})
	a.people(h)
}

// noContract answers for a contract that cannot be shown, in words of our own: the
// reader's name its database, and tell what is not the viewer's from what is not there.
func (a *api) noContract(id string, err error) error {
	if errors.Is(err, record.ErrNotFound) {
		return Problem{Status: http.StatusNotFound, Code: string(torg.ErrUnknown), Detail: fmt.Sprintf("no contract %q", id)}
	}
	return a.problem(err)
}

// Trading are the parameters that narrow lists of orders, contracts and decisions.
type Trading struct {
	Session     string `query:"session" maxLength:"64" doc:"only this session"`
	Participant string `query:"participant" maxLength:"64" doc:"only where this participant is a party"`
	Site        string `query:"site" maxLength:"64" doc:"only this site"`
}

func (t Trading) filter() record.Filter {
	return record.Filter{Session: t.Session, Participant: torg.ParticipantID(t.Participant), Site: torg.SiteID(t.Site)}
}

func (a *api) orders(ctx context.Context, in *struct {
	Paged
	Trading
}) (*listOut[Order], error) {
	rows, next, err := a.Reader.Orders(ctx, in.filter(), in.page())
	if err != nil {
		return nil, a.problem(err)
	}
	return list(unsealed(a, rows, func(o record.Order) string { return o.Session }), next, order, export.Orders), nil
}

// unsealed leaves out what belongs to the session whose gates are still open:
// orders are sealed from others until then, and so is what tells of them.
func unsealed[T any](a *api, rows []T, of func(T) string) []T {
	now := a.Live.Now()
	if now.State != record.Open && now.State != record.Round1 && now.State != record.Round2 {
		return rows
	}
	out := make([]T, 0, len(rows))
	for _, r := range rows {
		if of(r) != now.Session {
			out = append(out, r)
		}
	}
	return out
}

// people registers participants and sites, by id.
func (a *api) people(h huma.API) {
	huma.Get(h, "/api/v1/participants", func(ctx context.Context, in *Paged) (*listOut[Participant], error) {
		rows, err := a.Reader.Participants(ctx)
		if err != nil {
			return nil, a.problem(err)
		}
		sites, err := a.Reader.Sites(ctx)
		if err != nil {
			return nil, a.problem(err)
		}
		rows, next := slice(rows, in.page(), func(p record.Participant) string { return string(p.ID) })
		return list(rows, next, participant(sites), export.Participants), nil
	})
	huma.Get(h, "/api/v1/sites", func(ctx context.Context, in *Paged) (*listOut[Site], error) {
		rows, err := a.Reader.Sites(ctx)
		if err != nil {
			return nil, a.problem(err)
		}
		rows, next := slice(rows, in.page(), func(s record.Site) string { return string(s.ID) })
		return list(rows, next, site, export.Sites), nil
	})
}

// slice cuts a page out of rows that are all at hand, sorted by id; the cursor is
// the id of the last row before it.
func slice[T any](rows []T, p record.Page, id func(T) string) ([]T, string) {
	rows = slices.SortedFunc(slices.Values(rows), func(a, b T) int { return cmp.Compare(id(a), id(b)) })
	for len(rows) > 0 && p.Cursor != "" && id(rows[0]) <= p.Cursor {
		rows = rows[1:]
	}
	if len(rows) <= p.Limit {
		return rows, ""
	}
	return rows[:p.Limit], id(rows[p.Limit-1])
}
