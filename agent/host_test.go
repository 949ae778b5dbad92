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
	"torg/record"
)

// capture decides like the shipped strategies and keeps the last request.
func capture(last *decide.Request) decide.Decider {
	return answers(func(r decide.Request, d []decide.Decision) []decide.Decision {
		*last = r
		return d
	})
}

// The third slot of an hour: the first is metered, the second is not and counts as
// its forecast, of both a part is contracted, and the fourth is still to come.
func TestSituation(t *testing.T) {
	var r decide.Request
	m := truth{"foundry-1": {first: 9_000, first + 1: 8_000, first + 2: 7_000, first + 3: 6_000}}
	h := newHost(t, Config{Decider: capture(&r), Forecast: perfect(t, m)}, first+2, foundry)
	h.Observe(block(
		reading("foundry-1", first, 9_500),
		ledger.Event{Cleared: &ledger.Cleared{Slot: first, Discovery: 1, Contracts: []torg.Contract{bought(1_000, "5")}}},
		ledger.Event{Cleared: &ledger.Cleared{Slot: first + 1, Discovery: 1, Contracts: []torg.Contract{bought(2_000, "5")}}},
		ledger.Event{Cleared: &ledger.Cleared{Slot: first + 1, Discovery: 2, Contracts: []torg.Contract{bought(500, "5")}}},
	))
	orders, _ := sealed(t, h, first+2)
	s := r.Situations[0]
	if s.Carry != (9_500-1_000)+(8_000-2_500) || s.Rest != 6_000 || s.Quantiles[3] != 7_000 {
		t.Errorf("carry %d, now %d, rest %d", s.Carry, s.Quantiles[3], s.Rest)
	}
	if s.Short != rub("7.2") || s.Long != rub("1.1") || !s.HasExpected || s.Expected != rub("5") || s.Limits.MaxEnergy != 100_000 {
		t.Errorf("prices %s and %s, expected %s, limits %+v", s.Short, s.Long, s.Expected, s.Limits)
	}
	if r.Session != cal.Session(first+2) || r.Discovery != 1 || !r.Deadline.Equal(cal.GateClosure(first+2, 1)) || r.Interval != cal.Interval {
		t.Errorf("request %+v", r)
	}
	if len(orders) != 1 || orders[0].Energy != 21_000 || orders[0].Side != torg.Buy {
		t.Errorf("orders %+v", orders)
	}
}

func bought(e torg.Energy, price string) torg.Contract {
	return torg.Contract{Trade: torg.Trade{
		Round: 3, BuyOrder: "o", Buyer: "foundry", BuyerSite: "foundry-1", BuyerZone: "z1", Seller: "supplier",
		Energy: e, BuyerPrice: rub(price), SellerPrice: rub(price),
	}}
}

// A reading that never came is filled by its forecast although a later one did.
func TestHolesInReadingsAreForecast(t *testing.T) {
	var r decide.Request
	m := truth{"foundry-1": {first: 9_000, first + 1: 8_000, first + 2: 7_000}}
	h := newHost(t, Config{Decider: capture(&r), Forecast: perfect(t, m)}, first+3, foundry)
	h.Observe(block(reading("foundry-1", first, 9_100), reading("foundry-1", first+2, 7_200)))
	sealed(t, h, first+3)
	if got := r.Situations[0].Carry; got != 9_100+8_000+7_200 {
		t.Errorf("carry %d", got)
	}
}

// Settlement intervals are apart: what one left open is not traded in the next. And
// what lies before the market is nobody's to trade.
func TestCarryEndsWithItsInterval(t *testing.T) {
	var r decide.Request
	h := newHost(t, Config{Decider: capture(&r)}, first+4, foundry)
	h.Observe(block(reading("foundry-1", first+3, 50_000)))
	sealed(t, h, first+4)
	if s := r.Situations[0]; s.Carry != 0 || s.Rest != 30_000 {
		t.Errorf("carry %d, rest %d", s.Carry, s.Rest)
	}
	h.Since(first + 6)
	sealed(t, h, first+7)
	if s := r.Situations[0]; s.Carry != 10_000 || s.Rest != 0 {
		t.Errorf("since the second half of the hour: carry %d, rest %d", s.Carry, s.Rest)
	}
}

func TestPositionsAreForgotten(t *testing.T) {
	h := newHost(t, Config{}, first, foundry)
	for k := first; k < first+20; k++ {
		h.Open(k)
		h.Observe(block(reading("foundry-1", k-2, 1), ledger.Event{Cleared: &ledger.Cleared{Slot: k, Discovery: 1, Contracts: []torg.Contract{bought(1, "5")}}}))
	}
	if p := h.agents["foundry-1"].position; len(p.contracted) > 8 || len(p.metered) > 8 {
		t.Errorf("%d contracted and %d metered slots are kept", len(p.contracted), len(p.metered))
	}
}

func TestRestore(t *testing.T) {
	var r decide.Request
	h := newHost(t, Config{Decider: capture(&r)}, first+2, foundry)
	metered := torg.Energy(12_000)
	h.Restore("foundry-1", first, 3_000, &metered)
	h.Restore("foundry-1", first, 3_000, &metered) // twice is once
	h.Restore("foundry-1", first+1, 4_000, nil)
	h.Restore("foundry-1", first+2, 500, nil)
	h.Restore("nobody", first, 1, nil)
	sealed(t, h, first+2)
	if got := r.Situations[0].Carry; got != (12_000-3_000)+(10_000-4_000)-500 {
		t.Errorf("carry %d", got)
	}
}

func TestPublishedBands(t *testing.T) {
	h := newHost(t, Config{Forecast: perfect(t, truth{"solar-1": {first + 1: -5_000}})}, first+1, foundry, solar)
	h.must(t, h.Configure("solar-1", torg.Manual, "", ""))
	h.Observe(block(reading("foundry-1", first, 9_000)))
	p := h.Publish(first + 1)
	if len(p) != 2 || p[0].Band != (ledger.Band{Site: "foundry-1", Low: 19_000, High: 19_000}) ||
		p[1].Band != (ledger.Band{Site: "solar-1", Low: -9_000, High: -9_000}) || p[1].Forecast.Median() != -5_000 {
		t.Errorf("published %+v", p)
	}
}

func (h *Host) must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Expected prices go an eighth of the way, for each side by itself.
func TestExpectedPriceIsLearnt(t *testing.T) {
	a := &agent{}
	a.learnPrice(torg.Buy, nil)
	if a.has[torg.Buy] {
		t.Error("something is learnt from nothing")
	}
	a.learnPrice(torg.Buy, []torg.Contract{bought(1_000, "5"), bought(3_000, "6")})
	if !a.has[torg.Buy] || a.expected[torg.Buy] != rub("5.75") {
		t.Errorf("first %s", a.expected[torg.Buy])
	}
	a.learnPrice(torg.Buy, []torg.Contract{bought(10, "3.75")})
	if a.expected[torg.Buy] != rub("5.5") || a.has[torg.Sell] {
		t.Errorf("then %s", a.expected[torg.Buy])
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
