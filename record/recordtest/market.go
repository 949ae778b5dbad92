// Package recordtest is a small fixed complex for tests of the pages and the API:
// eleven sites, a day of generated history and an hour of sessions, the same rows
// every time. It answers the interfaces of package record from memory.
package recordtest

import (
	"context"
	"sync"
	"time"

	"torg"
	"torg/record"
)

// Noon is the moment at which the fixture stands: 14:30:42 in Moscow, in the middle
// of the session for the slot that starts at 14:31:00.
var Noon = time.Date(2026, 11, 22, 11, 30, 42, 0, time.UTC)

// Interval is the slot length; History is the step of generated history.
const (
	Interval = 30 * time.Second
	History  = 15 * time.Minute
)

// Market holds the rows, oldest first. Tests may change them before they ask.
type Market struct {
	People      []record.Participant
	Places      []record.Site
	SessionRows []record.Session
	Deals       []record.Contract
	OrderRows   []record.Order
	Signed      []record.Statement
	Meter       []record.Reading
	Settled     []record.Settlement
	Log         []record.Message
	Journal     []record.Decision
	Funds       map[torg.Account]torg.Cost
	OfferRows   []record.Offer
	ForwardRows []record.Forward
	Moved       []record.Transfer
	KeyRows     map[torg.ParticipantID][]record.OwnerKey
	Quotes      record.SupplierQuotes
	Fail        error // every read returns it, where set

	mu      sync.Mutex
	now     record.Now
	changed chan struct{}
}

// New builds the complex.
func New() *Market {
	m := &Market{
		Quotes:  record.SupplierQuotes{ID: "supplier", Zone: "z1", Sell: price("7.2"), Buy: price("1.1")},
		Funds:   map[torg.Account]torg.Cost{},
		changed: make(chan struct{}),
	}
	m.people()
	cal := torg.Calendar{Interval: Interval}
	open := cal.At(Noon) + 1
	m.history()
	for s := open - 121; s <= open; s++ {
		m.trade(cal, s, s == open)
	}
	m.board(cal)
	m.transfers()
	m.now = m.present(cal, open)
	return m
}

func (m *Market) present(cal torg.Calendar, open torg.Slot) record.Now {
	last := m.SessionRows[len(m.SessionRows)-2]
	now := record.Now{
		Time: Noon, Speed: 1, Session: cal.Session(open), Slot: open, SlotStart: cal.Start(open), Opened: cal.Opens(open),
		Gate1: cal.GateClosure(open, 1), Gate2: cal.GateClosure(open, 2), State: record.Open,
		Prices: last.Prices, PriceOf: last.ID, Supplier: &m.Quotes, Import: 2140, ImportMax: 12_500, ExportMax: 8_000, Height: 48_211,
	}
	for _, s := range m.Places {
		a := record.AgentNow{Site: s.ID, Running: s.Running, Available: m.Funds[s.Participant.Account()], Reserved: rub("1240.5")}
		for i := len(m.Journal) - 1; i >= 0 && a.Last == nil; i-- {
			if m.Journal[i].Site == s.ID {
				a.Last = &m.Journal[i]
			}
		}
		now.Agents = append(now.Agents, a)
	}
	return now
}

// Now returns the present.
func (m *Market) Now() record.Now {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Changed returns a channel that closes at the next change.
func (m *Market) Changed() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.changed
}

// Set replaces the present by what change makes of it, and wakes who waits.
func (m *Market) Set(change func(*record.Now)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := m.now
	next.Agents = append([]record.AgentNow(nil), next.Agents...)
	change(&next)
	m.now = next
	close(m.changed)
	m.changed = make(chan struct{})
}

// StartAgent lets a site's agent trade.
func (m *Market) StartAgent(_ context.Context, site torg.SiteID) error { return m.run(site, true) }

// StopAgent stops a site's agent.
func (m *Market) StopAgent(_ context.Context, site torg.SiteID) error { return m.run(site, false) }

func (m *Market) run(site torg.SiteID, on bool) error {
	found := false
	m.Set(func(n *record.Now) {
		for i := range n.Agents {
			if n.Agents[i].Site == site {
				n.Agents[i].Running, found = on, true
			}
		}
		for i := range m.Places {
			if m.Places[i].ID == site {
				m.Places[i].Running = on
			}
		}
	})
	if !found {
		return record.ErrNotFound
	}
	return nil
}

// Configure changes a site's settings.
func (m *Market) Configure(_ context.Context, site torg.SiteID, mode torg.Mode, goal, strategy string) error {
	for i := range m.Places {
		if m.Places[i].ID == site {
			m.Places[i].Mode, m.Places[i].Goal, m.Places[i].Strategy = mode, goal, strategy
			return nil
		}
	}
	return record.ErrNotFound
}

// Halt stops or resumes the whole complex.
func (m *Market) Halt(_ context.Context, halted bool) error {
	m.Set(func(n *record.Now) { n.Halted = halted })
	return nil
}

func price(s string) torg.Price {
	p, err := torg.ParsePrice(s)
	if err != nil {
		panic(err)
	}
	return p
}

func rub(s string) torg.Cost {
	c, err := torg.ParseCost(s)
	if err != nil {
		panic(err)
	}
	return c
}

var (
	_ record.Reader  = (*Market)(nil)
	_ record.Live    = (*Market)(nil)
	_ record.Control = (*Market)(nil)
)
