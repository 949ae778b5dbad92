package recordtest

import (
	"context"
	"strconv"
	"time"

	"torg"
	"torg/record"
)

// page returns rows newest first that keep keeps, from the cursor on; the cursor
// counts the rows that were there before.
func page[T any](m *Market, rows []T, p record.Page, keep func(T) bool) ([]T, string, error) {
	if m.Fail != nil {
		return nil, "", m.Fail
	}
	start := len(rows)
	if p.Cursor != "" {
		n, err := strconv.Atoi(p.Cursor)
		if err != nil || n < 0 || n > len(rows) {
			return nil, "", torg.ErrMalformed
		}
		start = n
	}
	var out []T
	for i := start - 1; i >= 0; i-- {
		if !keep(rows[i]) {
			continue
		}
		if len(out) == p.Limit {
			return out, strconv.Itoa(i + 1), nil
		}
		out = append(out, rows[i])
	}
	return out, "", nil
}

func find[T any](m *Market, rows []T, is func(T) bool) (T, error) {
	got, _, err := page(m, rows, record.Page{Limit: 1}, is)
	if err != nil || len(got) == 0 {
		var none T
		if err == nil {
			err = record.ErrNotFound
		}
		return none, err
	}
	return got[0], nil
}

// Sessions lists sessions, newest first.
func (m *Market) Sessions(_ context.Context, p record.Page) ([]record.Session, string, error) {
	return page(m, m.SessionRows, p, func(record.Session) bool { return true })
}

// Session finds a session.
func (m *Market) Session(_ context.Context, id string) (record.Session, error) {
	return find(m, m.SessionRows, func(s record.Session) bool { return s.ID == id })
}

// Contracts lists contracts, newest first.
func (m *Market) Contracts(_ context.Context, f record.Filter, p record.Page) ([]record.Contract, string, error) {
	return page(m, m.Deals, p, func(c record.Contract) bool {
		return (f.Session == "" || c.Session == f.Session) && (f.Participant == "" || c.Buyer == f.Participant || c.Seller == f.Participant) &&
			(f.Site == "" || c.BuyerSite == f.Site || c.SellerSite == f.Site) && (f.Origin == "" || c.Origin == f.Origin)
	})
}

// Contract finds a contract.
func (m *Market) Contract(_ context.Context, id torg.ContractID) (record.Contract, error) {
	return find(m, m.Deals, func(c record.Contract) bool { return c.ID == id })
}

// Orders lists orders, newest first.
func (m *Market) Orders(_ context.Context, f record.Filter, p record.Page) ([]record.Order, string, error) {
	return page(m, m.OrderRows, p, func(o record.Order) bool {
		return (f.Session == "" || o.Session == f.Session) && (f.Participant == "" || o.Participant == f.Participant) && (f.Site == "" || o.Site == f.Site)
	})
}

// Order finds an order.
func (m *Market) Order(_ context.Context, id torg.OrderID) (record.Order, error) {
	return find(m, m.OrderRows, func(o record.Order) bool { return o.ID == id })
}

// Statements lists a session's statements.
func (m *Market) Statements(_ context.Context, session string) ([]record.Statement, error) {
	rows, _, err := page(m, m.Signed, record.Page{Limit: 1000}, func(s record.Statement) bool { return s.Session == session })
	return rows, err
}

// Participants lists participants by id.
func (m *Market) Participants(context.Context) ([]record.Participant, error) {
	return m.People, m.Fail
}

// Sites lists sites.
func (m *Market) Sites(context.Context) ([]record.Site, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]record.Site(nil), m.Places...), m.Fail
}

// Readings lists a site's readings from the slot from up to before to.
func (m *Market) Readings(_ context.Context, site torg.SiteID, from, to torg.Slot) ([]record.Reading, error) {
	var out []record.Reading
	for _, r := range m.Meter {
		if r.Site == site && r.Slot >= from && r.Slot < to {
			out = append(out, r)
		}
	}
	return out, m.Fail
}

// Settlements lists settled intervals that start in the span.
func (m *Market) Settlements(_ context.Context, f record.Filter, from, to time.Time) ([]record.Settlement, error) {
	var out []record.Settlement
	for _, s := range m.Settled {
		if (f.Participant == "" || s.Participant == f.Participant) && (f.Origin == "" || s.Origin == f.Origin) && !s.Start.Before(from) && s.Start.Before(to) {
			out = append(out, s)
		}
	}
	return out, m.Fail
}

// Savings sums settled intervals by participant.
func (m *Market) Savings(ctx context.Context, from, to time.Time) ([]record.Saving, error) {
	var out []record.Saving
	for _, p := range m.People {
		sum := record.Saving{Participant: p.ID, From: from, To: to}
		rows, _ := m.Settlements(ctx, record.Filter{Participant: p.ID}, from, to)
		for _, s := range rows {
			sum.Paid, sum.Baseline = sum.Paid.Add(s.Paid), sum.Baseline.Add(s.Baseline)
			sum.Metered, sum.Inside = sum.Metered+s.MeteredAbs, sum.Inside+s.InsideEnergy
			sum.Provisional = sum.Provisional || s.Provisional
			sum.Simulated = sum.Simulated || s.Origin == record.Simulated
		}
		out = append(out, sum)
	}
	return out, m.Fail
}

// Messages lists messages, newest first.
func (m *Market) Messages(_ context.Context, f record.Filter, p record.Page) ([]record.Message, string, error) {
	parts := map[string]bool{string(f.Participant): true}
	for _, s := range m.Places {
		if s.Participant == f.Participant {
			parts[string(s.ID)] = true
		}
	}
	return page(m, m.Log, p, func(x record.Message) bool {
		return (f.Participant == "" || parts[x.From] || parts[x.To]) && (f.Session == "" || x.Session == f.Session) && (f.Kind == "" || x.Kind == f.Kind) &&
			(f.Site == "" || x.From == string(f.Site) || x.To == string(f.Site))
	})
}

// Decisions lists the journal, newest first.
func (m *Market) Decisions(_ context.Context, f record.Filter, p record.Page) ([]record.Decision, string, error) {
	owner := map[torg.SiteID]torg.ParticipantID{}
	for _, s := range m.Places {
		owner[s.ID] = s.Participant
	}
	return page(m, m.Journal, p, func(d record.Decision) bool {
		return (f.Session == "" || d.Session == f.Session) && (f.Site == "" || d.Site == f.Site) && (f.Participant == "" || owner[d.Site] == f.Participant)
	})
}

// Balance returns what an account holds.
func (m *Market) Balance(_ context.Context, a torg.Account) (torg.Cost, error) {
	return m.Funds[a], m.Fail
}
