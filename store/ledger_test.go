package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"torg"
	"torg/ledger"
	"torg/ledger/seq"
	"torg/record"
	"torg/store"
	"torg/store/storetest"
)

// TestFollowsTheLedger runs a market of three hours and six sites on a real ledger,
// with readings that come late, and compares what the store tells with what the
// ledger knows: every balance, and for every participant that the settlements
// (corrections and the month's top-up included) are what the balance moved by.
func TestFollowsTheLedger(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		ctx := context.Background()
		g := storetest.Genesis()
		s, err := store.Open(ctx, dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.Bind(ctx, g); err != nil {
			t.Fatal(err)
		}
		m := &miniature{t: t, g: g, clock: g.Calendar.Opens(storetest.First)}
		if m.chain, err = seq.New(g, func() time.Time { return m.clock }); err != nil {
			t.Fatal(err)
		}
		var blocks []ledger.Committed
		m.chain.Watch(func(c ledger.Committed) {
			blocks = append(blocks, c)
			if err := s.Apply(ctx, c); err != nil {
				t.Error(err)
			}
		})
		m.run()
		compare(t, s, m.chain)

		before := storetest.Everything(t, s)
		err = s.Rebuild(ctx, func(apply func(ledger.Committed) error) error {
			for _, b := range blocks {
				if err := apply(b); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if storetest.Everything(t, s) != before {
			t.Error("rebuilt, it tells something else")
		}
	})
}

// miniature is a small market on virtual time.
type miniature struct {
	t     *testing.T
	g     ledger.Genesis
	chain *seq.Chain
	clock time.Time
	sites []torg.Site
}

const (
	slotsRun = 12
	deposit  = torg.Money(10_000_000)
)

func (m *miniature) send(body ledger.Body) {
	m.t.Helper()
	tx, err := ledger.Encode(m.g.ChainID, body, nil)
	if err == nil {
		err = m.chain.Submit(context.Background(), tx)
	}
	if err != nil {
		m.t.Fatalf("%T: %v", body, err)
	}
}

func (m *miniature) pass(to time.Time) {
	m.t.Helper()
	m.clock = to
	if err := m.chain.Pass(context.Background(), to); err != nil {
		m.t.Fatal(err)
	}
}

func (m *miniature) run() {
	random := rand.New(rand.NewPCG(7, 7))
	for i := range 6 {
		site := torg.Site{ID: torg.SiteID(fmt.Sprintf("site-%d", i)), Participant: torg.ParticipantID(fmt.Sprintf("owner-%d", i/2*2)),
			Zone: "z1", Role: torg.Plant, CapacityW: 2_000_000, Tariff: []torg.TariffID{"", "base"}[i%2]}
		m.sites = append(m.sites, site)
		m.send(ledger.Admit{Participant: site.Participant, Sites: []torg.Site{site}})
		if i%2 == 0 {
			m.send(ledger.Deposit{Participant: site.Participant, Amount: deposit, Reference: fmt.Sprint("bank ", i)})
		}
	}
	cal := m.g.Calendar
	for n := range slotsRun {
		slot := storetest.First + torg.Slot(n)
		m.pass(cal.Opens(slot))
		if n >= 2 {
			m.readings(slot-2, random, false)
		}
		m.send(ledger.Orders{Slot: slot, Discovery: 1, Orders: m.orders(slot, random)})
		m.pass(cal.GateClosure(slot, 1))
		m.pass(cal.GateClosure(slot, 2))
	}
	last := storetest.First + slotsRun - 1
	m.pass(cal.End(last))
	m.readings(last-1, random, false)
	m.readings(last, random, false)
	m.pass(cal.End(last).Add(m.g.Deadline + time.Minute)) // the missing ones are estimated
	for slot := storetest.First; slot <= last; slot++ {
		m.readings(slot, random, true)
	}
	m.send(ledger.Close{Slot: last})
	m.pass(m.clock.Add(2 * time.Hour))
}

func (m *miniature) orders(slot torg.Slot, random *rand.Rand) (all []ledger.SignedOrder) {
	for i, site := range m.sites {
		o := torg.Order{ID: torg.NewOrderID(site.ID, m.g.Calendar.Session(slot), 1), Participant: site.Participant, Site: site.ID, Zone: site.Zone,
			Slot: slot, Discovery: 1, Side: torg.Buy, Energy: torg.Energy(random.Int64N(90_000) + 1), Limit: torg.Price(400_000 + random.Int64N(320_000))}
		if i >= 4 {
			o.Side, o.Limit = torg.Sell, torg.Price(110_000+random.Int64N(400_000))
		}
		all = append(all, ledger.SignedOrder{Order: o})
	}
	return all
}

// readings brings a slot's readings: of the sites that are in time, or of the late
// one, every third slot of the last site.
func (m *miniature) readings(slot torg.Slot, random *rand.Rand, late bool) {
	var all []torg.Reading
	for i, site := range m.sites {
		if isLate := i == 5 && slot%3 == 0; isLate != late {
			continue
		}
		e := torg.Energy(random.Int64N(90_000))
		if i >= 4 {
			e = -e
		}
		all = append(all, torg.Reading{Site: site.ID, Slot: slot, Energy: e, Quality: torg.Measured})
	}
	if len(all) > 0 {
		m.send(ledger.Readings{Slot: slot, Readings: all})
	}
}

func compare(t *testing.T, s *store.Store, chain *seq.Chain) {
	t.Helper()
	ctx := context.Background()
	chain.View(func(v ledger.View) {
		if height, err := s.Height(ctx); err != nil || height != v.Height() {
			t.Errorf("height %d (%v), the ledger's is %d", height, err, v.Height())
		}
		for _, a := range v.Accounts() {
			if got, err := s.Balance(ctx, a.Account); err != nil || got != a.Balance {
				t.Errorf("balance of %s: %s (%v), the ledger's is %s", a.Account, got, err, a.Balance)
			}
		}
	})
	from := storetest.Genesis().Calendar.Start(storetest.First - 100)
	savings, err := s.Savings(ctx, from, from.AddDate(0, 0, 7))
	if err != nil {
		t.Fatal(err)
	}
	months, err := s.Months(ctx)
	if err != nil || len(months) == 0 {
		t.Fatalf("closed months: %d, %v", len(months), err)
	}
	var inside torg.Energy
	for _, v := range savings {
		if v.Provisional {
			t.Errorf("%s: something is not settled", v.Participant)
		}
		want := deposit.Cost().Sub(v.Paid)
		for _, month := range months {
			for _, b := range month.Balances {
				if b.Participant == v.Participant {
					want = want.Add(b.TopUp)
				}
			}
		}
		if got, err := s.Balance(ctx, v.Participant.Account()); err != nil || got != want {
			t.Errorf("%s has %s (%v); what was deposited and settled makes %s", v.Participant, got, err, want)
		}
		inside += v.Inside
	}
	orders, _, err := s.Orders(ctx, record.Filter{}, record.Page{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var left, corrected int
	for _, o := range orders {
		if o.Unmatched > 0 || o.Cut > 0 || o.Refused != "" {
			left++
			if o.Reason == "" && o.Refused == "" {
				t.Errorf("order %s did not trade, and nothing says why", o.ID)
			}
		}
	}
	postings, _, err := s.Postings(ctx, torg.AccountLoss, record.Page{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range postings {
		if p.Kind == torg.PostCorrection {
			corrected++
		}
	}
	if len(orders) != 6*slotsRun || inside == 0 || left == 0 || corrected == 0 {
		t.Errorf("the run is too tame: %d orders, %d with something left, %s inside, %d corrections", len(orders), left, inside, corrected)
	}
}
