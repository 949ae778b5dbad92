// Package prooftest is a market on a real chain for tests: one validator, whose clock
// the test sets, so that a session takes a moment.
package prooftest

import (
	"context"
	"crypto"
	"log/slog"
	"sync"
	"testing"
	"time"

	"torg"
	"torg/ledger"
	"torg/ledger/abci"
	"torg/sign"
)

// ChainID is the chain's.
const ChainID = "test-proof"

// Supplied is the supplier.
var Supplied = torg.Supplier{
	Participant: "supplier", Zone: "z1", Sell: 7_20000, Buy: 1_10000, Import: torg.Unlimited, Export: torg.Unlimited,
}

// Market is a real chain of one validator whose clock the test sets.
type Market struct {
	t     testing.TB
	Keys  sign.Keyring
	Cal   torg.Calendar
	Chain *abci.Chain
	Dir   string
	Slot  torg.Slot // whose session trades

	mu    sync.Mutex
	clock time.Time     // what votes are dated
	at    time.Time     // of the newest block
	moved chan struct{} // closed with each block
	codes map[string]torg.Refusal
}

// New starts a chain in a folder; it stops when the test ends.
func New(t testing.TB, dir string) *Market {
	m := &Market{t: t, Keys: sign.NewPooledKeys(4), Cal: torg.Calendar{Interval: 30 * time.Second}, Dir: dir,
		clock: time.Now().Add(-24 * time.Hour).Truncate(time.Hour), moved: make(chan struct{}), codes: map[string]torg.Refusal{}}
	operator, err := m.Keys.Operator()
	m.must(err)
	der, err := sign.PublicDER(operator.Public())
	m.must(err)
	m.Chain, err = abci.Open(abci.Config{
		Dir: m.Dir, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Now: m.Now,
		Pause: 5 * time.Millisecond, Idle: 10 * time.Millisecond,
		Genesis: ledger.Genesis{
			ChainID:  ChainID,
			Complex:  torg.Complex{Zones: []torg.ZoneID{"z1"}, Pricing: torg.Split, Supplier: &Supplied},
			Calendar: m.Cal, Settlement: time.Hour, Deadline: time.Hour, PriceCap: 21_60000, Timezone: "UTC", Operator: der,
		},
	})
	m.must(err)
	t.Cleanup(func() { m.must(m.Chain.Stop()) })
	m.Chain.Watch(m.committed)
	m.must(m.Chain.Start(t.Context()))
	return m
}

func (m *Market) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// Now is what the clock shows.
func (m *Market) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.clock
}

func (m *Market) committed(c ledger.Committed) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, tx := range c.Txs {
		m.codes[string(tx)] = c.Codes[i]
	}
	m.at = c.Time
	close(m.moved)
	m.moved = make(chan struct{})
}

// Until waits for a block after which a condition holds.
func (m *Market) Until(what string, holds func() bool) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), 20*time.Second)
	defer cancel()
	for {
		m.mu.Lock()
		done, moved := holds(), m.moved
		m.mu.Unlock()
		if done {
			return
		}
		select {
		case <-moved:
		case <-ctx.Done():
			m.t.Fatalf("no block in which %s", what)
		}
	}
}

// Pass sets the clock and waits for the first block of that time.
func (m *Market) Pass(t time.Time) {
	m.t.Helper()
	m.mu.Lock()
	m.clock = t
	m.mu.Unlock()
	m.Until("it is "+t.String(), func() bool { return !m.at.Before(t) })
}

// Commit submits transactions and waits until all are in blocks and accepted.
func (m *Market) Commit(bodies ...ledger.Body) {
	m.t.Helper()
	for _, b := range bodies {
		tx, err := ledger.Encode(ChainID, b, m.signer(b))
		m.must(err)
		m.must(m.Chain.Submit(m.t.Context(), tx))
		m.Until("the transaction is", func() bool { _, in := m.codes[string(tx)]; return in })
		if code := m.codes[string(tx)]; code != "" {
			m.t.Fatalf("%T: refused, %s", b, code)
		}
	}
}

func (m *Market) signer(b ledger.Body) (s crypto.Signer) {
	var err error
	switch b := b.(type) {
	case ledger.Orders, ledger.Statements, ledger.Conclude:
		return nil
	case ledger.Grant:
		s, err = m.Keys.Owner(b.Mandate.Participant)
	case ledger.Revoke:
		s, err = m.Keys.Owner(b.Participant)
	default:
		s, err = m.Keys.Operator()
	}
	m.must(err)
	return s
}

// Admit brings in a participant with a site of its name, money and an agent.
func (m *Market) Admit(name torg.ParticipantID) {
	m.t.Helper()
	owner, err := m.Keys.Owner(name)
	m.must(err)
	der, err := sign.PublicDER(owner.Public())
	m.must(err)
	site := torg.SiteID(name)
	m.Commit(
		ledger.Admit{Participant: name, OwnerKey: der, Sites: []torg.Site{{ID: site, Participant: name, Zone: "z1", Role: torg.Plant, CapacityW: 2_000_000}}},
		ledger.Deposit{Participant: name, Amount: 100_000_00, Reference: "opening " + string(name)},
		m.Mandate(site, 1000),
	)
}

// Mandate grants a site's agent orders up to an energy.
func (m *Market) Mandate(site torg.SiteID, most torg.Energy) ledger.Grant {
	der := m.Agent(site)
	return ledger.Grant{AgentKey: der, Mandate: torg.Mandate{
		Participant: torg.ParticipantID(site), Site: site, AgentKey: sign.Fingerprint(der), Expires: m.Cal.Start(m.Slot).Add(24 * time.Hour),
		Limits: torg.Limits{Buy: true, Sell: true, MaxEnergy: 10 * most, MaxBuy: 9_00000, MinSell: 1_00000, DailySpend: 90_000_00},
	}}
}

// Agent is the public key of a site's agent.
func (m *Market) Agent(site torg.SiteID) []byte {
	key, err := m.Keys.Agent(site)
	m.must(err)
	der, err := sign.PublicDER(key.Public())
	m.must(err)
	return der
}

// Sign signs as a site's agent.
func (m *Market) Sign(site torg.SiteID, message []byte) []byte {
	key, err := m.Keys.Agent(site)
	m.must(err)
	sig, err := sign.Sign(key, message)
	m.must(err)
	return sig
}

// Order is a signed order in the session that trades.
func (m *Market) Order(site torg.SiteID, side torg.Side, e torg.Energy, limit torg.Price, sequence uint32) ledger.Orders {
	o := torg.Order{
		ID: torg.NewOrderID(site, m.Cal.Session(m.Slot), 1), Participant: torg.ParticipantID(site), Site: site, Zone: "z1",
		Slot: m.Slot, Discovery: 1, Sequence: sequence, Side: side, Energy: e, Limit: limit,
	}
	return ledger.Orders{Slot: m.Slot, Discovery: 1, Orders: []ledger.SignedOrder{{Order: o, Signature: m.Sign(site, ledger.OrderMessage(ChainID, o))}}}
}

// States has a site sign what its contracts of the session are; a wrong one opens a
// dispute.
func (m *Market) States(site torg.SiteID, wrong bool) ledger.Statements {
	var root [32]byte
	m.Chain.View(func(v ledger.View) { root, _ = v.StatementRoot(site, m.Slot) })
	if wrong {
		root[0] ^= 1
	}
	return ledger.Statements{Slot: m.Slot, Statements: []ledger.SignedStatement{
		{Site: site, Root: root, Signature: m.Sign(site, ledger.StatementMessage(ChainID, m.Slot, site, root))},
	}}
}

// Open begins the next session.
func (m *Market) Open() {
	m.Slot++
	m.Pass(m.Cal.Opens(m.Slot))
}

// Contracts are those of the session, by buyer and seller.
func (m *Market) Contracts() map[[2]torg.ParticipantID]torg.Contract {
	all := map[[2]torg.ParticipantID]torg.Contract{}
	m.Chain.View(func(v ledger.View) {
		for _, c := range v.Contracts(m.Slot) {
			all[[2]torg.ParticipantID{c.Buyer, c.Seller}] = c
		}
	})
	return all
}
