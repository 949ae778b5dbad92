package agent

import (
	"context"
	"crypto"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"torg"
	"torg/decide"
	"torg/forecast"
	"torg/ledger"
	"torg/ledger/seq"
	"torg/record"
	"torg/sign"
)

func rub(s string) torg.Price {
	p, err := torg.ParsePrice(s)
	if err != nil {
		panic(err)
	}
	return p
}

// start is when the tests' first slot starts: an hour of a Monday.
var start = time.Date(2026, 1, 12, 9, 0, 0, 0, time.UTC)

var cal = torg.Calendar{Interval: 15 * time.Minute}

// first is the slot of start; an hour of settlement has four slots.
var first = cal.At(start)

// genesis is an unsigned chain of one zone behind a supplier that sells at 7.20 and
// buys at 1.10.
func genesis() ledger.Genesis {
	return ledger.Genesis{
		ChainID: "test", Calendar: cal, Settlement: time.Hour, Deadline: 2 * time.Hour,
		PriceCap: rub("21.6"), Timezone: "UTC", Unsigned: true,
		Tariffs: []torg.Tariff{{ID: "night", From: start.AddDate(-1, 0, 0), Sell: rub("4"), Buy: rub("1")}},
		Complex: torg.Complex{
			Zones: []torg.ZoneID{"z1"}, Pricing: torg.Split,
			Supplier: &torg.Supplier{
				Participant: "supplier", Zone: "z1", Sell: rub("7.2"), Buy: rub("1.1"), Import: torg.Unlimited, Export: torg.Unlimited,
			},
		},
	}
}

func site(id torg.SiteID, owner torg.ParticipantID, role torg.Role) torg.Site {
	return torg.Site{ID: id, Participant: owner, Zone: "z1", Role: role, CapacityW: 400_000} // 100 kWh a slot
}

var (
	foundry = site("foundry-1", "foundry", torg.Plant)
	solar   = site("solar-1", "solar", torg.Renewable)
)

func mandate(s torg.Site) torg.Mandate {
	return torg.Mandate{
		Participant: s.Participant, Site: s.ID, Expires: start.AddDate(1, 0, 0),
		Limits: torg.Limits{Buy: true, Sell: true, MaxEnergy: 1_000_000, MaxBuy: rub("21.6"), DailySpend: 1e12},
	}
}

var auto = Settings{Mode: torg.Auto, Goal: "cheapest", Strategy: "default", Running: true}

// truth is what sites will have metered, in Wh; what it does not name is 10 kWh of
// consumption in foundry-1 and 4 kWh of generation in solar-1.
type truth map[torg.SiteID]map[torg.Slot]torg.Energy

func (m truth) at(site torg.SiteID, s torg.Slot) (torg.Energy, bool) {
	if e, ok := m[site][s]; ok {
		return e, true
	}
	switch site {
	case "foundry-1":
		return 10_000, true
	case "solar-1":
		return -4_000, true
	}
	_, known := m[site]
	return 0, known
}

// perfect is a forecaster that knows m.
func perfect(t rapid.TB, m truth) forecast.Forecaster {
	t.Helper()
	p, err := forecast.NewPerfect(cal, m.at)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// program is a decision program in a test.
type program func(ctx context.Context, r decide.Request) ([]decide.Decision, error)

func (d program) Decide(ctx context.Context, r decide.Request) ([]decide.Decision, error) {
	return d(ctx, r)
}

// answers decides with the shipped strategies and lets change spoil the answer.
func answers(change func(decide.Request, []decide.Decision) []decide.Decision) decide.Decider {
	return program(func(ctx context.Context, r decide.Request) ([]decide.Decision, error) {
		d, err := decide.Local{}.Decide(ctx, r)
		return change(r, d), err
	})
}

// newHost returns a host of unsigned agents, without a chain, in the session of a slot.
func newHost(t rapid.TB, cfg Config, slot torg.Slot, sites ...torg.Site) *Host {
	t.Helper()
	if cfg.Genesis.ChainID == "" {
		cfg.Genesis = genesis()
	}
	if cfg.Forecast == nil {
		cfg.Forecast = perfect(t, nil)
	}
	if cfg.Decider == nil {
		cfg.Decider = decide.Local{}
	}
	h := NewHost(cfg)
	for _, s := range sites {
		if err := h.Create(s, auto, mandate(s)); err != nil {
			t.Fatal(err)
		}
	}
	h.Open(slot)
	return h
}

// sealed lets a host decide on the sealed orders of a slot.
func sealed(t testing.TB, h *Host, slot torg.Slot) ([]torg.Order, []record.Decision) {
	t.Helper()
	orders, journal, err := h.Decide(t.Context(), slot, 1, cal.Opens(slot))
	if err != nil {
		t.Fatal(err)
	}
	return bare(orders), journal
}

func bare(signed []ledger.SignedOrder) []torg.Order {
	orders := make([]torg.Order, len(signed))
	for i, s := range signed {
		orders[i] = s.Order
	}
	return orders
}

func reading(s torg.SiteID, slot torg.Slot, e torg.Energy) ledger.Event {
	return ledger.Event{Reading: &ledger.ReadingTaken{Reading: torg.Reading{Site: s, Slot: slot, Energy: e, Quality: torg.Measured}}}
}

func block(events ...ledger.Event) ledger.Committed {
	return ledger.Committed{Result: ledger.Result{Events: events}}
}

// ledgered is a host on a chain of its own, signed, with what it has seen.
type ledgered struct {
	testing.TB
	genesis  ledger.Genesis
	now      time.Time
	chain    *seq.Chain
	keys     *sign.MemoryKeys
	operator crypto.Signer
	host     *Host
	tamper   func(*ledger.Cleared) // before the host sees it
	blocks   []ledger.Committed
	journal  []record.Decision
}

// newMarket starts a chain on which the owners of sites have 1000 rubles each and
// their agents a mandate. change may spoil the host's configuration.
func newMarket(t testing.TB, change func(*Config), sites ...torg.Site) *ledgered {
	t.Helper()
	m := &ledgered{TB: t, genesis: genesis(), now: cal.Opens(first), keys: keys()}
	var err error
	m.operator, err = m.keys.Operator()
	m.must(err)
	m.genesis.Unsigned, m.genesis.Operator = false, m.der(m.operator)
	cfg := Config{Genesis: m.genesis, Forecast: perfect(t, nil), Decider: decide.Local{}, Keys: m.keys}
	if change != nil {
		change(&cfg)
	}
	m.genesis = cfg.Genesis
	m.chain, err = seq.New(m.genesis, func() time.Time { return m.now })
	m.must(err)
	m.host = NewHost(cfg)
	for _, s := range sites {
		m.must(m.host.Create(s, auto, torg.Mandate{}))
	}
	m.chain.Watch(func(c ledger.Committed) {
		m.blocks = append(m.blocks, c)
		for _, e := range c.Events {
			if e.Cleared != nil && m.tamper != nil {
				m.tamper(e.Cleared)
			}
		}
		m.host.Observe(c)
	})
	owners := map[torg.ParticipantID][]torg.Site{}
	for _, s := range sites {
		owners[s.Participant] = append(owners[s.Participant], s)
	}
	for _, s := range sites {
		if own := owners[s.Participant]; own[0].ID == s.ID {
			m.admit(own)
		}
		m.grant(mandate(s))
	}
	return m
}

func (m *ledgered) must(err error) {
	m.Helper()
	if err != nil {
		m.Fatal(err)
	}
}

func (m *ledgered) der(s crypto.Signer) []byte {
	m.Helper()
	b, err := sign.PublicDER(s.Public())
	m.must(err)
	return b
}

// verify holds a signature against the key of a site's agent.
func (m *ledgered) verify(s torg.SiteID, msg, signature []byte) {
	m.Helper()
	key, err := m.keys.Agent(s)
	m.must(err)
	m.must(sign.Verify(key.Public().(*rsa.PublicKey), msg, signature))
}

func (m *ledgered) owner(p torg.ParticipantID) crypto.Signer {
	m.Helper()
	key, err := m.keys.Owner(p)
	m.must(err)
	return key
}

func (m *ledgered) admit(sites []torg.Site) {
	m.Helper()
	p := sites[0].Participant
	m.submit(ledger.Admit{Participant: p, OwnerKey: m.der(m.owner(p)), Sites: sites}, m.operator)
	m.submit(ledger.Deposit{Participant: p, Amount: 100_000, Reference: string(p)}, m.operator)
}

func (m *ledgered) grant(g torg.Mandate) {
	m.Helper()
	key, err := m.keys.Agent(g.Site)
	m.must(err)
	der := m.der(key)
	g.AgentKey = sign.Fingerprint(der)
	m.submit(ledger.Grant{Mandate: g, AgentKey: der}, m.owner(g.Participant))
}

func (m *ledgered) submit(b ledger.Body, s crypto.Signer) {
	m.Helper()
	tx, err := ledger.Encode(m.genesis.ChainID, b, s)
	m.must(err)
	m.must(m.chain.Submit(context.Background(), tx))
}

func (m *ledgered) pass(t time.Time) {
	m.Helper()
	m.now = t
	m.must(m.chain.Pass(context.Background(), t))
}

// open opens a slot's session.
func (m *ledgered) open(slot torg.Slot) {
	m.Helper()
	m.host.Open(slot)
	m.pass(cal.Opens(slot))
}

// order lets the agents decide and brings their orders on the ledger.
func (m *ledgered) order(slot torg.Slot, discovery int) []ledger.SignedOrder {
	m.Helper()
	orders, journal, err := m.host.Decide(context.Background(), slot, discovery, m.now)
	m.must(err)
	m.journal = append(m.journal, journal...)
	if len(orders) > 0 {
		m.submit(ledger.Orders{Slot: slot, Discovery: discovery, Orders: orders}, nil)
	}
	return orders
}

// session runs a slot's session up to its second gate.
func (m *ledgered) session(slot torg.Slot) {
	m.Helper()
	m.open(slot)
	for discovery := 1; discovery <= 2; discovery++ {
		m.order(slot, discovery)
		m.pass(cal.GateClosure(slot, discovery))
	}
}

// cleared returns what a discovery published last.
func (m *ledgered) cleared(discovery int) *ledger.Cleared {
	m.Helper()
	for _, c := range slices.Backward(m.blocks) {
		for _, e := range c.Events {
			if e.Cleared != nil && e.Cleared.Discovery == discovery {
				return e.Cleared
			}
		}
	}
	m.Fatalf("discovery %d was not cleared", discovery)
	return nil
}

// keys are made once: they take longer than the tests.
var keys = sync.OnceValue(func() *sign.MemoryKeys { return sign.NewPooledKeys(2) })

// failing are keys of which those of one site are lost.
type failing struct {
	Keys
	site torg.SiteID
}

func (f failing) Agent(s torg.SiteID) (crypto.Signer, error) {
	if s == f.site {
		return nil, errors.New("the key is lost")
	}
	return f.Keys.Agent(s)
}

func said(d record.Decision) string {
	if !d.Ordered {
		return fmt.Sprintf("%s: nothing, %s", d.Site, d.Reason)
	}
	return fmt.Sprintf("%s: %s %d at %s, %s", d.Site, d.Side, d.Energy, d.Limit, d.Reason)
}
