package web

import (
	"context"
	"net/http"
	"slices"

	"torg"
	"torg/record"
	"torg/record/export"
)

func (s *site) sessions(p *page) error {
	p.Nav, p.Title = "sessions", p.T("sessions.title")
	rows, next, err := s.Reader.Sessions(p.r.Context(), p.asked())
	if err != nil {
		return err
	}
	if p.wantsCSV() {
		return csv(p, "sessions", rows, export.Sessions)
	}
	return p.show(http.StatusOK, sessionsPage(p, rows, next))
}

// sessionView is one session in full.
type sessionView struct {
	record.Session
	Now       bool // it is the open one
	Contracts []record.Contract
	More      bool // there are more contracts than shown
	Orders    []record.Order
	Signed    int       // statements that are signed
	Differ    int       // and those that differ
	Grid      *gridView // nil: one zone
	Curves    *curves
}

func (s *site) session(p *page) error {
	ctx := p.r.Context()
	p.Nav = "sessions"
	row, err := s.Reader.Session(ctx, p.r.PathValue("id"))
	if err != nil {
		return err
	}
	p.Title = p.T("session.title", "Time", p.DayTime(row.SlotStart))
	v := sessionView{Session: row, Now: row.ID == p.Now.Session}
	if v.Now {
		v.State, v.Rounds = p.Now.State, p.Now.Rounds
	}
	f := record.Filter{Session: row.ID, Participant: p.Viewer.ID}
	var next string
	if v.Contracts, next, err = s.Reader.Contracts(ctx, f, record.Page{Limit: 200}); err != nil {
		return err
	}
	v.More = next != ""
	slices.Reverse(v.Contracts) // as they came out of the rounds
	if v.Orders, err = p.orders(ctx, f, v.Now); err != nil {
		return err
	}
	signed, err := s.Reader.Statements(ctx, row.ID)
	if err != nil {
		return err
	}
	v.Signed = len(signed)
	for _, x := range signed {
		if x.Differs {
			v.Differ++
		}
	}
	v.Grid = p.grid(v.Session)
	curve, err := s.reader.Curve(ctx, row.ID, v.Now && sealed(p.Now.State), exported)
	if err != nil {
		return err
	}
	if len(curve) > 0 {
		v.Curves = p.curves(curve, p.asksZone(curve))
	}
	return p.show(http.StatusOK, sessionPage(p, v))
}

// orders are the viewer's own; the operator sees all of them once the gates are
// closed, because they are sealed until then.
func (p *page) orders(ctx context.Context, f record.Filter, open bool) ([]record.Order, error) {
	if open && p.Viewer.Operator && sealed(p.Now.State) {
		return nil, nil
	}
	rows, _, err := p.site.Reader.Orders(ctx, f, record.Page{Limit: exported})
	return rows, err
}

func sealed(s record.State) bool {
	return s == record.Open || s == record.Round1 || s == record.Round2
}

// Round returns what a round of a session has so far.
func roundOf(rounds []record.Round, n int) record.Round {
	sum := record.Round{Round: n}
	for _, r := range rounds {
		if r.Round == n {
			sum.Contracts += r.Contracts
			sum.Energy += r.Energy
		}
	}
	return sum
}

// total sums the rounds of a session.
func total(rounds []record.Round) (contracts int, inside, supplier torg.Energy) {
	for _, r := range rounds {
		contracts += r.Contracts
		if r.Round == 3 {
			supplier += r.Energy
		} else {
			inside += r.Energy
		}
	}
	return contracts, inside, supplier
}

// Left says in words and numbers why part of an order did not trade.
func (p *page) Left(o record.Order) string {
	switch {
	case o.Refused != "":
		return p.known("refusal.", string(o.Refused))
	case o.Unmatched == 0 && o.Cut == 0:
		return ""
	case o.Reason == "":
		return p.T("reason.funds")
	}
	text := p.known("reason.", string(o.Reason))
	if priced(o) {
		text += ": " + p.T("reason.price_is", "Best", p.PriceUnit(o.Best), "Would", p.PriceUnit(o.WouldTrade))
	}
	return text
}

// priced says that there was a price at which an order would have traded.
func priced(o record.Order) bool {
	switch o.Reason {
	case torg.ReasonPrice:
		return true
	case torg.ReasonLine, torg.ReasonConnection:
		return o.Best != 0 || o.WouldTrade != 0 // both are zero where no limit helps
	}
	return false
}
