package agent

import (
	"crypto"
	"fmt"
	"slices"
	"sync"
	"time"

	"torg"
	"torg/decide"
	"torg/forecast"
	"torg/ledger"
	"torg/record"
)

// Keys gives agents' private keys.
type Keys interface {
	Agent(site torg.SiteID) (crypto.Signer, error)
}

// Config is what a host works with.
type Config struct {
	Genesis  ledger.Genesis
	Forecast forecast.Forecaster
	Decider  decide.Decider
	Keys     Keys          // nil on an unsigned chain
	Timeout  time.Duration // for the decision program's answer; 0: none
}

// Host runs the agents of many sites. Its methods may be called from several
// goroutines; it never holds its lock while it waits for the decision program.
type Host struct {
	cfg    Config
	prices ledger.PriceList

	mu     sync.Mutex
	agents map[torg.SiteID]*agent
	sites  []torg.SiteID // sorted
	halted bool
	slot   torg.Slot    // of the running session
	since  torg.Slot    // first slot that is not settled
	grid   torg.Complex // that the running session clears on
}

// NewHost returns a host without agents.
func NewHost(cfg Config) *Host {
	return &Host{cfg: cfg, grid: cfg.Genesis.Complex, prices: cfg.Genesis.PriceList(), agents: map[torg.SiteID]*agent{}}
}

// Create makes a site's agent. Its mandate must be granted on the ledger as m.
func (h *Host) Create(site torg.Site, s Settings, m torg.Mandate) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.agents[site.ID] != nil {
		return fmt.Errorf("agent of site %s: %w", site.ID, torg.ErrExists)
	}
	if err := s.Valid(); err != nil {
		return fmt.Errorf("agent of site %s: %w", site.ID, err)
	}
	h.agents[site.ID] = &agent{site: site, settings: s, mandate: m, position: newPosition()}
	i, _ := slices.BinarySearch(h.sites, site.ID)
	h.sites = slices.Insert(h.sites, i, site.ID)
	return nil
}

// Remove ends a site's agent. What it has contracted stays contracted.
func (h *Host) Remove(site torg.SiteID) error {
	return h.change(site, func(*agent) {
		delete(h.agents, site)
		i, _ := slices.BinarySearch(h.sites, site)
		h.sites = slices.Delete(h.sites, i, i+1)
	})
}

// Start lets a site's agent trade from the next decision on; Stop ends that. An
// order that it has already sent stands.
func (h *Host) Start(site torg.SiteID) error {
	return h.change(site, func(a *agent) { a.settings.Running = true })
}

// Stop makes a site's agent send no more orders.
func (h *Host) Stop(site torg.SiteID) error {
	return h.change(site, func(a *agent) { a.settings.Running = false })
}

// Configure changes mode, goal and strategy from the next decision on.
func (h *Host) Configure(site torg.SiteID, mode torg.Mode, goal, strategy string) error {
	if err := (Settings{Mode: mode, Goal: goal, Strategy: strategy}).Valid(); err != nil {
		return fmt.Errorf("agent of site %s: %w", site, err)
	}
	return h.change(site, func(a *agent) {
		a.settings.Mode, a.settings.Goal, a.settings.Strategy = mode, goal, strategy
	})
}

// Mandate tells a site's agent the mandate that the ledger holds.
func (h *Host) Mandate(m torg.Mandate) {
	_ = h.change(m.Site, func(a *agent) { a.mandate = m }) // a site without an agent needs none
}

// Halt stops all agents at once, or lets them trade again.
func (h *Host) Halt(halted bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.halted = halted
}

// Halted says whether all agents are stopped.
func (h *Host) Halted() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.halted
}

// Settings returns a site's settings.
func (h *Host) Settings(site torg.SiteID) (Settings, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.agents[site]
	if a == nil {
		return Settings{}, false
	}
	return a.settings, true
}

func (h *Host) change(site torg.SiteID, f func(*agent)) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.agents[site]
	if a == nil {
		return fmt.Errorf("agent of site %s: %w", site, torg.ErrUnknown)
	}
	f(a)
	return nil
}

// Now returns every agent's state, by site id.
func (h *Host) Now() []record.AgentNow {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]record.AgentNow, 0, len(h.sites))
	for _, id := range h.sites {
		a := h.agents[id]
		out = append(out, record.AgentNow{
			Site: id, Running: a.settings.Trades() && !h.halted, Fallback: a.fallback, Last: a.last,
		})
	}
	return out
}

// Since tells the agents the first slot that is not settled: what lies before is not
// theirs to trade any more, or lies before the market's first session.
func (h *Host) Since(first torg.Slot) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.since = first
}

// Forwards tells the agents what their sites' forward contracts deliver in a slot, net,
// consumption plus. Sites that have none are not in nets.
func (h *Host) Forwards(slot torg.Slot, nets map[torg.SiteID]torg.Energy) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range h.sites {
		a := h.agents[id]
		delete(a.position.forwards, slot)
		if net := nets[id]; net != 0 {
			a.position.forwards[slot] = net
		}
	}
}

// Grid tells the agents the grid that a session clears on: the lines without what forward
// contracts hold.
func (h *Host) Grid(slot torg.Slot, grid torg.Complex) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if slot == h.slot {
		h.grid = grid
	}
}

// Open starts a session: what agents remember of the last one is dropped.
func (h *Host) Open(slot torg.Slot) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.slot = slot
	first, _ := h.cfg.Genesis.Calendar.Settlement(slot-2, h.cfg.Genesis.Settlement)
	for _, id := range h.sites {
		h.agents[id].open(first)
	}
}
