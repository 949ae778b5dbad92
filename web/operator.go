package web

import (
	"context"
	"net/http"
	"slices"

	"torg"
	"torg/record"
)

// overviewView is what the operator's first screen shows.
type overviewView struct {
	Savings  spans
	Rows     []row
	Running  int
	Sessions []record.Session
	Missed   int
	Prices   chart
	Grid     *gridView // of the last session with prices; nil: one zone, or no such session
	GridOf   string    // that session
	Log      []record.Message
}

// row is a site in the operator's table.
type row struct {
	record.Site
	Agent   record.AgentNow
	Last    *record.Reading
	Next    *record.Reading
	Balance torg.Cost
	Stale   bool
}

func (s *site) overview(p *page) error {
	ctx := p.r.Context()
	p.Title = p.T("operator.title")
	var v overviewView
	var err error
	if v.Savings, err = p.savings(ctx); err != nil {
		return err
	}
	if v.Rows, err = p.rows(ctx); err != nil {
		return err
	}
	for _, r := range v.Rows {
		if r.Agent.Running {
			v.Running++
		}
	}
	if v.Sessions, _, err = s.Reader.Sessions(ctx, record.Page{Limit: 120}); err != nil {
		return err
	}
	for _, x := range v.Sessions {
		if x.State == record.Missed {
			v.Missed++
		}
	}
	v.Prices = p.priceChart(v.Sessions)
	if i := slices.IndexFunc(v.Sessions, func(x record.Session) bool { return len(x.Prices) > 0 }); i >= 0 {
		v.Grid, v.GridOf = p.grid(v.Sessions[i]), v.Sessions[i].ID
	}
	recent, _, err := s.Reader.Messages(ctx, record.Filter{}, record.Page{Limit: 200})
	if err != nil {
		return err
	}
	v.Log = p.unsealed(recent)
	v.Log = v.Log[:min(len(v.Log), 6)]
	return p.show(http.StatusOK, operatorPage(p, v))
}

func (p *page) rows(ctx context.Context) ([]row, error) {
	recent := p.span()
	recent.length = spanList[0].length
	var rows []row
	for _, at := range p.places {
		sp, err := p.spot(ctx, at, recent)
		if err != nil {
			return nil, err
		}
		r := row{Site: at, Agent: sp.Agent, Last: sp.Last, Next: sp.Next, Stale: sp.Stale}
		if r.Balance, err = p.site.Reader.Balance(ctx, at.Participant.Account()); err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// modelled says whether some reading comes from a model.
func modelled(rows []row) bool {
	return slices.ContainsFunc(rows, func(r row) bool { return r.Last != nil && r.Last.Quality == torg.Simulated })
}

// Tie is the share of the connection's limit that is used, in the direction of the
// last session; not ok where it has no limit.
func (p *page) Tie() (share float64, out, ok bool) {
	n := p.Now
	used, limit := n.Import, n.ImportMax
	if n.Export > n.Import {
		used, limit, out = n.Export, n.ExportMax, true
	}
	if limit <= 0 {
		return 0, out, false
	}
	return float64(used) / float64(limit), out, true
}
