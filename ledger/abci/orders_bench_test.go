package abci

import (
	"crypto"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"torg"
	"torg/ledger"
	"torg/sign"
)

// 20,000 orders of participants with one site each, signed by their agents before the
// clock starts, 1,000 to a transaction as the exchange sends them: from the first
// submission to the commit of the last, checked, proposed, finalized, on disk and in the
// archive. A session's orders cannot be sent twice, so every round replaces the one
// before. cpu-µs/order is the whole process's, on all cores. GOGC=400 is what torg up
// sets for itself.
func BenchmarkCheckAndCommitOrders(b *testing.B) {
	for _, parties := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(parties), func(b *testing.B) {
			m := newMass(b, parties)
			rounds := 20_000 / parties
			var spent time.Duration
			for b.Loop() {
				b.StopTimer()
				var txs [][]byte
				for range rounds {
					txs = append(txs, m.orders()...)
				}
				runtime.GC()
				began := cpu(b)
				b.StartTimer()
				for _, tx := range txs {
					m.submit(tx)
				}
				if got := m.commit(); got != rounds*parties {
					b.Fatalf("%d orders of %d stand", got, rounds*parties)
				}
				spent += cpu(b) - began
			}
			all := float64(b.N * parties * rounds)
			b.ReportMetric(all/b.Elapsed().Seconds(), "orders/s")
			b.ReportMetric(float64(spent.Microseconds())/all, "cpu-µs/order")
		})
	}
}

// cpu is what the process has spent of all processors.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// mass is a signed chain of many participants with a site and a mandate each.
type mass struct {
	*testing.B
	chain    *Chain
	operator crypto.Signer
	keys     *sign.MemoryKeys
	sites    []torg.Site
	slot     torg.Slot
	round    uint32
	sent     int // transactions
	arrived  chan ledger.Committed
}

func newMass(b *testing.B, parties int) *mass {
	m := &mass{B: b, keys: sign.NewPooledKeys(8), arrived: make(chan ledger.Committed, 1<<16)}
	var err error
	m.operator, err = m.keys.Operator()
	m.must(err)
	cfg := testConfig(b, b.TempDir())
	cfg.Genesis.Unsigned = false
	// A clock that stands early in a slot, so that no gate closes.
	cfg.Genesis.Calendar.Interval = time.Hour
	early := time.Now().Truncate(time.Hour).Add(-23 * time.Hour)
	cfg.Now = func() time.Time { return early }
	cfg.Genesis.Operator = m.der(m.operator)
	m.chain = open(b, cfg)
	m.chain.Watch(func(c ledger.Committed) { m.arrived <- c })
	start(b, m.chain)
	for i := range parties {
		p := torg.ParticipantID(fmt.Sprintf("p%05d", i))
		m.sites = append(m.sites, torg.Site{ID: torg.SiteID(p), Participant: p, Zone: "z1", Role: torg.Plant, CapacityW: 1_000_000})
	}
	m.submitAll(func(s torg.Site) (ledger.Body, crypto.Signer) {
		return ledger.Admit{Participant: s.Participant, OwnerKey: m.der(m.owner(s)), Sites: []torg.Site{s}}, m.operator
	})
	m.submitAll(func(s torg.Site) (ledger.Body, crypto.Signer) {
		return ledger.Deposit{Participant: s.Participant, Amount: 1_000_000_00, Reference: string(s.ID)}, m.operator
	})
	m.submitAll(func(s torg.Site) (ledger.Body, crypto.Signer) {
		key := m.der(m.agent(s))
		return ledger.Grant{AgentKey: key, Mandate: torg.Mandate{
			Participant: s.Participant, Site: s.ID, AgentKey: sign.Fingerprint(key),
			Limits:  torg.Limits{Buy: true, MaxEnergy: 1_000_000, MaxBuy: torg.MaxPrice, DailySpend: 1_000_000_000_00},
			Expires: time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second),
		}}, m.owner(s)
	})
	m.slot = cfg.Genesis.Calendar.At(early) + 1
	return m
}

func (m *mass) must(err error) {
	m.Helper()
	if err != nil {
		m.Fatal(err)
	}
}

func (m *mass) der(s crypto.Signer) []byte {
	der, err := sign.PublicDER(s.Public())
	m.must(err)
	return der
}

func (m *mass) owner(s torg.Site) crypto.Signer {
	key, err := m.keys.Owner(s.Participant)
	m.must(err)
	return key
}

func (m *mass) agent(s torg.Site) crypto.Signer {
	key, err := m.keys.Agent(s.ID)
	m.must(err)
	return key
}

// submitAll submits a transaction of every site and waits until all are committed.
func (m *mass) submitAll(body func(torg.Site) (ledger.Body, crypto.Signer)) {
	txs := make([][]byte, len(m.sites))
	onAllCores(len(txs), func(i int) {
		b, signer := body(m.sites[i])
		tx, err := ledger.Encode("test", b, signer)
		if err != nil {
			m.Error(err)
		}
		txs[i] = tx
	})
	for _, tx := range txs {
		m.submit(tx)
	}
	m.commit()
}

func (m *mass) submit(tx []byte) {
	m.must(m.chain.Submit(m.Context(), tx))
	m.sent++
}

// commit waits until all that was submitted is committed, and returns how many orders
// stand by that.
func (m *mass) commit() int {
	stand := 0
	for m.sent > 0 {
		c := <-m.arrived
		m.sent -= len(c.Txs)
		for _, e := range c.Events {
			if e.Order != nil && e.Order.Refused == "" {
				stand++
			}
		}
	}
	return stand
}

// orders signs an order of every site.
func (m *mass) orders() [][]byte {
	const together = 1000
	m.round++
	signed := make([]ledger.SignedOrder, len(m.sites))
	session := m.chain.Genesis().Calendar.Session(m.slot)
	onAllCores(len(signed), func(i int) {
		s := m.sites[i]
		o := torg.Order{
			ID: torg.NewOrderID(s.ID, session, 1), Participant: s.Participant, Site: s.ID, Zone: s.Zone, Slot: m.slot,
			Discovery: 1, Sequence: m.round, Side: torg.Buy, Energy: torg.Energy(1000 + m.round), Limit: 5_00000,
		}
		signature, err := sign.Sign(m.agent(s), ledger.OrderMessage("test", o))
		if err != nil {
			m.Error(err)
		}
		signed[i] = ledger.SignedOrder{Order: o, Signature: signature}
	})
	var txs [][]byte
	for i := 0; i < len(signed); i += together {
		txs = append(txs, encode(m, ledger.Orders{Slot: m.slot, Discovery: 1, Orders: signed[i:min(i+together, len(signed))]}))
	}
	return txs
}

func onAllCores(n int, f func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	all.Wait()
}
