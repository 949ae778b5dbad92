package abci

import (
	"crypto"
	"fmt"
	"testing"
	"time"

	"torg"
	"torg/ledger"
	"torg/sign"
)

// From a gate to the block that closes it, committed and handed to the watchers.
func BenchmarkPass(b *testing.B) {
	c := open(b, testConfig(b, b.TempDir()))
	start(b, c)
	for b.Loop() {
		if err := c.Pass(b.Context(), time.Now()); err != nil {
			b.Fatal(err)
		}
	}
}

// From a transaction to the block that has it, handed to the watchers.
func BenchmarkSubmit(b *testing.B) {
	c := open(b, testConfig(b, b.TempDir()))
	blocks := make(chan ledger.Committed, 1<<16)
	c.Watch(func(block ledger.Committed) { blocks <- block })
	start(b, c)
	commitAll(b, c, admitAll(b)...)
	for n := 0; b.Loop(); n++ {
		if err := c.Submit(b.Context(), deposit(b, "foundry", n+1)); err != nil {
			b.Fatal(err)
		}
		for paid := false; !paid; {
			block := <-blocks
			for _, e := range block.Events {
				paid = paid || e.Posting != nil
			}
		}
	}
}

// Orders of 1,000 sites, each signed by its agent, 100 to a transaction, from the
// first submission to the last commit. A session's orders cannot be sent twice, so
// each round replaces those before it.
func BenchmarkSignedOrders(b *testing.B) {
	const sites, together = 1000, 100
	keys := sign.NewPooledKeys(4)
	operator, err := keys.Operator()
	if err != nil {
		b.Fatal(err)
	}
	cfg := testConfig(b, b.TempDir())
	cfg.Genesis.Unsigned = false
	cfg.Genesis.Calendar.Interval = freshInterval(b)
	if cfg.Genesis.Operator, err = sign.PublicDER(operator.Public()); err != nil {
		b.Fatal(err)
	}
	c := open(b, cfg)
	start(b, c)

	owner, err := keys.Owner("p")
	if err != nil {
		b.Fatal(err)
	}
	ownerKey, err := sign.PublicDER(owner.Public())
	if err != nil {
		b.Fatal(err)
	}
	submit := func(body ledger.Body, s crypto.Signer) {
		tx, err := ledger.Encode("test", body, s)
		if err != nil {
			b.Fatal(err)
		}
		if err := c.Submit(b.Context(), tx); err != nil {
			b.Fatal(err)
		}
	}
	pass := func() {
		if err := c.Pass(b.Context(), time.Now()); err != nil {
			b.Fatal(err)
		}
	}
	agents := make([]crypto.Signer, sites)
	id := func(i int) torg.SiteID { return torg.SiteID(fmt.Sprintf("s%04d", i)) }
	for i := 0; i < sites; i += ledger.MaxSites {
		admit := ledger.Admit{Participant: "p", OwnerKey: ownerKey}
		for k := i; k < min(i+ledger.MaxSites, sites); k++ {
			admit.Sites = append(admit.Sites, torg.Site{ID: id(k), Participant: "p", Zone: "z1", Role: torg.Plant, CapacityW: 1_000_000})
		}
		submit(admit, operator)
	}
	submit(ledger.Deposit{Participant: "p", Amount: 1_000_000_000_00, Reference: "1"}, operator)
	pass()
	for i := range sites {
		if agents[i], err = keys.Agent(id(i)); err != nil {
			b.Fatal(err)
		}
		key, err := sign.PublicDER(agents[i].Public())
		if err != nil {
			b.Fatal(err)
		}
		submit(ledger.Grant{AgentKey: key, Mandate: torg.Mandate{
			Participant: "p", Site: id(i), AgentKey: sign.Fingerprint(key),
			Limits:  torg.Limits{Buy: true, MaxEnergy: 1_000_000, MaxBuy: torg.MaxPrice, DailySpend: 1_000_000_000_00},
			Expires: time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second),
		}}, owner)
	}
	pass()

	slot := cfg.Genesis.Calendar.At(time.Now()) + 1
	taken := 0
	var round uint32
	for b.Loop() {
		b.StopTimer()
		round++
		var txs [][]byte
		for i := 0; i < sites; i += together {
			orders := ledger.Orders{Slot: slot, Discovery: 1}
			for k := i; k < i+together; k++ {
				o := torg.Order{
					ID: torg.NewOrderID(id(k), cfg.Genesis.Calendar.Session(slot), 1), Participant: "p", Site: id(k), Zone: "z1", Slot: slot,
					Discovery: 1, Sequence: round, Side: torg.Buy, Energy: 1000, Limit: 5_00000,
				}
				signature, err := sign.Sign(agents[k], ledger.OrderMessage("test", o))
				if err != nil {
					b.Fatal(err)
				}
				orders.Orders = append(orders.Orders, ledger.SignedOrder{Order: o, Signature: signature})
			}
			txs = append(txs, encode(b, orders))
		}
		from := c.Height()
		b.StartTimer()
		for _, tx := range txs {
			if err := c.Submit(b.Context(), tx); err != nil {
				b.Fatal(err)
			}
		}
		pass()
		b.StopTimer()
		if err := c.Blocks(from+1, c.Height(), func(block ledger.Committed) error {
			for _, e := range block.Events {
				if e.Order != nil && e.Order.Refused == "" {
					taken++
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	if want := sites * int(round); taken != want {
		b.Fatalf("%d orders of %d stand", taken, want)
	}
	b.ReportMetric(float64(taken)/b.Elapsed().Seconds(), "orders/s")
}

// freshInterval is the longest slot that is in its first third now, so that no gate
// closes meanwhile.
func freshInterval(b *testing.B) time.Duration {
	for i := len(torg.Intervals) - 1; i >= 0; i-- {
		if d := torg.Intervals[i]; d > time.Minute && time.Since(time.Now().Truncate(d)) < d/3 {
			return d
		}
	}
	b.Skip("a gate is about to close")
	return 0
}
