package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"torg"
	"torg/decide"
	"torg/ledger"
	"torg/market"
	"torg/record"
)

// capture decides like the shipped strategies and keeps the last request.
func capture(last *decide.Request) decide.Decider {
	return answers(func(r decide.Request, d []decide.Decision) []decide.Decision {
		*last = r
		return d
	})
}

func (h *Host) must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// What another session's clearing contracts is a position, and nothing to state now.
func TestOtherSessionsAreNotStated(t *testing.T) {
	h := newHost(t, Config{}, first+1, foundry)
	h.Observe(block(ledger.Event{Cleared: &ledger.Cleared{Slot: first, Discovery: 2, Contracts: []torg.Contract{bought(1_000, "5")}}}))
	statements, objections, err := h.Statements(first + 1)
	if len(statements)+len(objections) > 0 || err != nil || h.agents["foundry-1"].position.contracted[first] != 1_000 {
		t.Errorf("statements %v, objections %v, %v", statements, objections, err)
	}
}

func TestWhoSendsNothing(t *testing.T) {
	for name, change := range map[string]func(*Host) error{
		"halted":  func(h *Host) error { h.Halt(true); return nil },
		"stopped": func(h *Host) error { return h.Stop("foundry-1") },
		"manual":  func(h *Host) error { return h.Configure("foundry-1", torg.Manual, "cheapest", "") },
		"semi":    func(h *Host) error { return h.Configure("foundry-1", torg.Semi, "cheapest", "") },
		"removed": func(h *Host) error { return h.Remove("foundry-1") },
	} {
		h := newHost(t, Config{}, first, foundry)
		h.must(t, change(h))
		if orders, journal := sealed(t, h, first); len(orders)+len(journal) > 0 {
			t.Errorf("%s: %v", name, journal)
		}
		if now := h.Now(); len(now) > 0 && now[0].Running {
			t.Errorf("%s: %+v", name, now)
		}

		// The same while the decision program thinks.
		var busy *Host
		busy = newHost(t, Config{Decider: answers(func(_ decide.Request, d []decide.Decision) []decide.Decision {
			busy.must(t, change(busy))
			return d
		})}, first, foundry)
		if orders, journal := sealed(t, busy, first); len(orders)+len(journal) > 0 {
			t.Errorf("%s meanwhile: %v", name, journal)
		}
	}
	h := newHost(t, Config{}, first, foundry)
	h.must(t, h.Stop("foundry-1"))
	h.must(t, h.Start("foundry-1"))
	h.Halt(true)
	h.Halt(false)
	if orders, _ := sealed(t, h, first); len(orders) != 1 || h.Halted() || !h.Now()[0].Running {
		t.Errorf("started again: %v", orders)
	}
}

// An agent that was replaced by another of the same site does not order for it.
func TestReplacedAgentOrdersNothing(t *testing.T) {
	var h *Host
	h = newHost(t, Config{Decider: answers(func(_ decide.Request, d []decide.Decision) []decide.Decision {
		h.must(t, h.Remove("foundry-1"))
		h.must(t, h.Create(foundry, auto, mandate(foundry)))
		return d
	})}, first, foundry)
	if orders, _ := sealed(t, h, first); len(orders) != 0 {
		t.Errorf("orders %v", orders)
	}
}

func TestBadSettings(t *testing.T) {
	h := newHost(t, Config{}, first, foundry)
	for name, err := range map[string]error{
		"mode":     h.Configure("foundry-1", "full", "cheapest", ""),
		"goal":     h.Configure("foundry-1", torg.Auto, "richest", ""),
		"strategy": h.Configure("foundry-1", torg.Auto, "cheapest", "a b"),
		"created":  h.Create(solar, Settings{Mode: "x"}, torg.Mandate{}),
	} {
		if torg.RefusalOf(err) != torg.ErrMalformed {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s, ok := h.Settings("foundry-1"); !ok || s != auto {
		t.Errorf("settings became %+v", s)
	}
	if err := h.Create(foundry, auto, torg.Mandate{}); torg.RefusalOf(err) != torg.ErrExists {
		t.Errorf("a second agent: %v", err)
	}
	for name, err := range map[string]error{
		"remove": h.Remove("nobody"), "start": h.Start("nobody"), "stop": h.Stop("nobody"),
		"configure": h.Configure("nobody", torg.Auto, "cheapest", ""),
	} {
		if torg.RefusalOf(err) != torg.ErrUnknown {
			t.Errorf("%s nobody: %v", name, err)
		}
	}
	if _, ok := h.Settings("nobody"); ok {
		t.Error("nobody has settings")
	}
}

// An answer outside of the mandate is dropped, the safe default takes its place, and
// the journal says why.
func TestMandateIsEnforced(t *testing.T) {
	for want, spoil := range map[torg.Refusal]func(*decide.Decision){
		torg.ErrMandateEnergy: func(d *decide.Decision) { d.Energy = 100_001 }, // the site's connection carries 100 kWh
		torg.ErrMandatePrice:  func(d *decide.Decision) { d.Limit = rub("21.60001") },
		torg.ErrMandateSide:   func(d *decide.Decision) { d.Side = torg.Sell },
		torg.ErrMalformed:     func(d *decide.Decision) { d.Energy = -5 },
	} {
		h := newHost(t, Config{Decider: answers(func(_ decide.Request, d []decide.Decision) []decide.Decision {
			spoil(&d[0])
			return d
		})}, first)
		m := mandate(foundry)
		m.Limits.Sell = false
		h.must(t, h.Create(foundry, auto, m))
		h.must(t, h.Create(solar, auto, mandate(solar)))
		orders, journal := sealed(t, h, first)
		if len(orders) != 2 || orders[0].Energy != 10_000 || orders[0].Limit != rub("7.2") || orders[1].Energy != 4_000 {
			t.Errorf("%s: orders %+v", want, orders)
		}
		d := journal[0]
		if !d.Fallback || !d.Ordered || d.Strategy != "safe" || d.Reason != decide.WhyOutside || d.Args["why"] != string(want) || d.Args["energy"] == "" || d.Args["limit"] == "" {
			t.Errorf("%s: journal %+v", want, d)
		}
		if journal[1].Fallback || !h.Now()[0].Fallback || h.Now()[1].Fallback {
			t.Errorf("%s: %+v", want, journal[1])
		}
	}
}

// A revision that is no step towards trade is dropped, and the safe default revises
// nothing.
func TestRevisionsAreEnforced(t *testing.T) {
	for name, spoil := range map[string]func(*decide.Decision){
		"allowed":        func(*decide.Decision) {},
		"another side":   func(d *decide.Decision) { d.Side = torg.Sell },
		"more energy":    func(d *decide.Decision) { d.Energy = 6_001 },
		"a worse limit":  func(d *decide.Decision) { d.Limit = rub("4.99999") },
		"no energy":      func(d *decide.Decision) { d.Energy = 0 },
		"beyond mandate": func(d *decide.Decision) { d.Limit = rub("30") },
	} {
		h := newHost(t, Config{Decider: answers(func(r decide.Request, d []decide.Decision) []decide.Decision {
			if r.Discovery == 1 {
				d[0].Limit = rub("5")
			} else {
				spoil(&d[0])
			}
			return d
		})}, first, foundry)
		orders, _ := sealed(t, h, first)
		h.Observe(block(
			ledger.Event{Order: &ledger.OrderTaken{Order: orders[0]}},
			ledger.Event{Cleared: &ledger.Cleared{Slot: first, Discovery: 1, Outcome: market.Outcome{
				Unmatched: []market.Unmatched{{Order: "a"}, {Order: orders[0].ID, Energy: 6_000, Reason: torg.ReasonPrice}, {Order: "z"}},
			}}}))
		revised, journal, err := h.Decide(t.Context(), first, 2, cal.GateClosure(first, 1))
		h.must(t, err)
		if name == "allowed" {
			if len(revised) != 1 || revised[0].Order.Energy != 6_000 || revised[0].Order.Limit != rub("7.2") || journal[0].Fallback {
				t.Errorf("%s: %+v", name, revised)
			}
		} else if len(revised) != 0 || len(journal) != 1 || !journal[0].Fallback || journal[0].Ordered || journal[0].Reason != decide.WhyOutside {
			t.Errorf("%s: %+v, journal %+v", name, revised, journal)
		}
	}
}

// Without a mandate nobody is asked, and that is not the decision program's fault.
func TestWithoutAMandate(t *testing.T) {
	expired, others := mandate(foundry), mandate(foundry)
	expired.Expires = cal.Opens(first)
	others.Site = "foundry-2"
	for name, c := range map[string]struct {
		m   torg.Mandate
		why torg.Refusal
	}{
		"none": {torg.Mandate{}, torg.ErrNoMandate}, "expired": {expired, torg.ErrMandateExpired}, "another site's": {others, torg.ErrNoMandate},
	} {
		h := newHost(t, Config{Decider: program(func(context.Context, decide.Request) ([]decide.Decision, error) {
			t.Errorf("%s: the decision program is asked", name)
			return nil, nil
		})}, first)
		h.must(t, h.Create(foundry, auto, c.m))
		orders, journal := sealed(t, h, first)
		if len(orders) != 0 || len(journal) != 1 || journal[0].Fallback || journal[0].Reason != decide.WhyMandate || journal[0].Args["why"] != string(c.why) {
			t.Errorf("%s: %+v", name, journal)
		}
	}
	h := newHost(t, Config{}, first)
	h.must(t, h.Create(foundry, auto, torg.Mandate{}))
	h.Mandate(mandate(foundry))
	h.Mandate(mandate(solar)) // has no agent
	if orders, _ := sealed(t, h, first); len(orders) != 1 {
		t.Errorf("with a mandate: %v", orders)
	}
}

// A mandate that ends while the decision program thinks still ends.
func TestMandateChangesMeanwhile(t *testing.T) {
	var h *Host
	h = newHost(t, Config{Decider: answers(func(_ decide.Request, d []decide.Decision) []decide.Decision {
		h.Observe(block(ledger.Event{Revoked: &ledger.Revoke{Participant: "foundry", Site: "foundry-1"}}))
		return d
	})}, first, foundry)
	orders, journal := sealed(t, h, first)
	if len(orders) != 0 || len(journal) != 1 || journal[0].Ordered || journal[0].Energy != 0 || journal[0].Reason != decide.WhyMandate || journal[0].Args["why"] != "no_mandate" {
		t.Errorf("%v, journal %+v", orders, journal)
	}
}

// The revocation of a key that is not the mandate's, such as the one before it,
// leaves the mandate alone.
func TestOldKeysMayBeRevoked(t *testing.T) {
	h := newHost(t, Config{}, first)
	m := mandate(foundry)
	m.AgentKey = torg.Fingerprint{2}
	h.must(t, h.Create(foundry, auto, mandate(foundry)))
	h.Observe(block(
		ledger.Event{Granted: &ledger.Granted{Mandate: m}},
		ledger.Event{Revoked: &ledger.Revoke{Participant: "foundry", Site: "foundry-1", AgentKey: torg.Fingerprint{1}}},
	))
	if orders, _ := sealed(t, h, first); len(orders) != 1 {
		t.Errorf("orders %v", orders)
	}
}

func TestWithoutAForecast(t *testing.T) {
	unknown := site("unknown-1", "unknown", torg.Plant)
	h := newHost(t, Config{}, first, foundry, unknown)
	orders, journal := sealed(t, h, first)
	if len(orders) != 1 || len(journal) != 2 || journal[1].Site != "unknown-1" || journal[1].Reason != decide.WhyNoForecast || journal[1].Args["why"] != "unknown" {
		t.Errorf("%v, journal %+v", orders, journal)
	}
	if p := h.Publish(first); len(p) != 1 || p[0].Band.Site != "foundry-1" {
		t.Errorf("published %+v", p)
	}
}

// A decision program that contradicts itself about a site has not answered for it;
// what it says of strangers counts for nothing.
func TestDuplicateAndForeignDecisions(t *testing.T) {
	h := newHost(t, Config{Decider: answers(func(_ decide.Request, d []decide.Decision) []decide.Decision {
		second := d[0]
		second.Limit = rub("20")
		return append(d, second, decide.Decision{Site: "nobody", Order: true, Side: torg.Buy, Energy: 1, Limit: 1})
	})}, first, foundry, solar)
	orders, journal := sealed(t, h, first)
	if len(orders) != 2 || orders[0].Limit != rub("7.2") || !journal[0].Fallback || journal[0].Strategy != "safe" || journal[1].Fallback {
		t.Errorf("%v, journal %+v", orders, journal)
	}
}

// A decision program that does not answer in time costs nobody more than its
// decisions: everybody orders by the safe default, and what came in time counts.
func TestLateDecider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, Config{Timeout: 4 * time.Second, Decider: program(func(ctx context.Context, r decide.Request) ([]decide.Decision, error) {
			<-ctx.Done()
			return []decide.Decision{{Site: "solar-1", Strategy: "slow", Reason: "enough"}}, ctx.Err()
		})}, first, foundry, solar)
		began := time.Now()
		orders, journal, err := h.Decide(context.Background(), first, 1, cal.Opens(first))
		if waited := time.Since(began); waited != 4*time.Second {
			t.Errorf("agents waited %s", waited)
		}
		if !errors.Is(err, context.DeadlineExceeded) || len(orders) != 1 || orders[0].Order.Energy != 10_000 {
			t.Errorf("%v, orders %+v", err, orders)
		}
		if len(journal) != 2 || !journal[0].Fallback || journal[0].Reason != decide.WhySafe || journal[0].Strategy != "safe" {
			t.Errorf("journal %+v", journal)
		}
		if journal[1].Fallback || journal[1].Strategy != "slow" || journal[1].Ordered {
			t.Errorf("journal %+v", journal[1])
		}
		if now := h.Now(); !now[0].Fallback || now[1].Fallback {
			t.Errorf("now %+v", now)
		}
	})
}

// Whoever shuts down does not order by the safe default.
func TestShutdownOrdersNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	h := newHost(t, Config{Decider: program(func(context.Context, decide.Request) ([]decide.Decision, error) {
		cancel()
		return nil, ctx.Err()
	})}, first, foundry)
	if orders, journal, err := h.Decide(ctx, first, 1, cal.Opens(first)); !errors.Is(err, context.Canceled) || len(orders)+len(journal) > 0 {
		t.Errorf("%v, %v, %v", orders, journal, err)
	}
}

// Agents come, go and change while decisions are under way, under the race detector.
func TestChangesWhileDeciding(t *testing.T) {
	h := newHost(t, Config{}, first, foundry, solar)
	var all sync.WaitGroup
	const n = 100
	for _, f := range []func(i int){
		func(i int) { _, _, _ = h.Decide(t.Context(), first, 1+i%2, cal.Opens(first)) },
		func(i int) {
			s := site(torg.SiteID(fmt.Sprintf("site-%d", i%3)), "p", torg.Plant)
			_ = h.Create(s, auto, mandate(s))
			_ = h.Remove(torg.SiteID(fmt.Sprintf("site-%d", (i+1)%3)))
		},
		func(i int) { _ = h.Stop("foundry-1"); _ = h.Start("foundry-1") },
		func(i int) { _ = h.Configure("solar-1", torg.Auto, Goals[i%3], "cautious") },
		func(i int) { h.Halt(i%7 == 0); h.Halt(false) },
		func(i int) { h.Observe(block(reading("foundry-1", first-torg.Slot(i), 1))) },
		func(i int) { h.Now(); h.Publish(first) },
		func(i int) { _, _, _ = h.Statements(first) },
		func(i int) { h.Open(first) },
	} {
		all.Go(func() {
			for i := range n {
				f(i)
			}
		})
	}
	all.Wait()
	h.Halt(false)
	h.Open(first)
	if orders, _ := sealed(t, h, first); len(orders) < 2 {
		t.Errorf("after all that only %d orders", len(orders))
	}
}

// BenchmarkDecide asks for the orders of a thousand agents that sign nothing, two
// hours of readings behind them.
func BenchmarkDecide(b *testing.B) {
	var sites []torg.Site
	m := truth{}
	for i := range 1000 {
		s := site(torg.SiteID(fmt.Sprintf("site-%04d", i)), torg.ParticipantID(fmt.Sprintf("p-%04d", i)), torg.Plant)
		sites = append(sites, s)
		m[s.ID] = map[torg.Slot]torg.Energy{first + 3: torg.Energy(i + 1)}
	}
	h := newHost(b, Config{Forecast: perfect(b, m)}, first+3, sites...)
	for b.Loop() {
		orders, _, err := h.Decide(context.Background(), first+3, 1, cal.Opens(first+3))
		if err != nil || len(orders) != len(sites) {
			b.Fatal(len(orders), err)
		}
	}
}

func find(t *testing.T, journal []record.Decision, s torg.SiteID) record.Decision {
	t.Helper()
	i := slices.IndexFunc(journal, func(d record.Decision) bool { return d.Site == s })
	if i < 0 {
		t.Fatalf("no entry of %s in %v", s, journal)
	}
	return journal[i]
}
