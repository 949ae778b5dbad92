package sim_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"torg"
	"torg/ledger"
	"torg/scenario"
	"torg/sim"
	"torg/world"
)

// day is one day of the demonstration at 15-minute slots.
func day(t testing.TB, days int) *scenario.Scenario {
	t.Helper()
	sc, err := world.WithInterval(scenario.Demo(), 15*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	sc.Days = days
	return sc
}

// trace runs a scenario and returns its events as JSON, without signatures.
func trace(t testing.TB, cfg sim.Config) []ledger.Event {
	t.Helper()
	var events []ledger.Event
	cfg.Watch = func(c ledger.Committed) { events = append(events, c.Events...) }
	if _, err := sim.Run(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	return events
}

func TestTheMarketTrades(t *testing.T) {
	rounds := map[int]int{}
	var missed, statements, differing, revised int
	paid, baseline := torg.Cost{}, torg.Cost{}
	for _, e := range trace(t, sim.Config{Scenario: day(t, 2), Unsigned: true}) {
		switch {
		case e.Cleared != nil:
			for _, c := range e.Cleared.Contracts {
				rounds[c.Round]++
			}
			if e.Cleared.Discovery == 2 {
				revised += len(e.Cleared.Contracts)
			}
		case e.Missed != nil:
			missed++
		case e.Statement != nil && e.Statement.Differs:
			differing++
		case e.Statement != nil:
			statements++
		case e.Settled != nil:
			for _, p := range e.Settled.Parties {
				paid, baseline = paid.Add(p.Paid), baseline.Add(p.Baseline)
			}
		case e.Order != nil && e.Order.Refused != "":
			t.Errorf("order %s is refused: %s", e.Order.Order.ID, e.Order.Refused)
		}
	}
	t.Logf("contracts %v, revised %d, statements %d, paid %s, baseline %s", rounds, revised, statements, paid.Round(), baseline.Round())
	if rounds[1] == 0 || rounds[2] == 0 || rounds[3] == 0 || revised == 0 || statements == 0 {
		t.Errorf("contracts by round %v, %d revised, %d statements: some are missing", rounds, revised, statements)
	}
	if missed > 0 || differing > 0 {
		t.Errorf("%d sessions missed, %d statements differ", missed, differing)
	}
	if paid.Cmp(baseline) >= 0 {
		t.Errorf("together %s was paid, the supplier alone costs %s", paid.Round(), baseline.Round())
	}
}

func TestSameSeedSameEvents(t *testing.T) {
	run := func(unsigned bool) string {
		events := trace(t, sim.Config{Scenario: day(t, 1), Unsigned: unsigned})
		for i := range events {
			e := &events[i]
			switch {
			case e.Admitted != nil:
				e.Admitted.OwnerKey = nil
			case e.Granted != nil:
				e.Granted.AgentKey, e.Granted.Mandate.AgentKey = nil, torg.Fingerprint{}
			case e.Order != nil:
				e.Order.Signature = nil
			case e.Statement != nil:
				e.Statement.Signature = nil
			}
		}
		b, err := json.Marshal(events)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	first := run(true)
	if run(true) != first {
		t.Error("two runs of one scenario differ")
	}
	if !testing.Short() && run(false) != first {
		t.Error("a signed and an unsigned run differ")
	}
}

// With perfect forecasts and room on the connection nobody is worse off than with
// the supplier alone.
func TestPerfectForecastsHarmNobody(t *testing.T) {
	sc := day(t, 3)
	sc.NoWorse = scenario.NoWorseNone
	supplier := *sc.Complex.Supplier
	supplier.Import, supplier.Export = torg.Unlimited, torg.Unlimited
	sc.Complex.Supplier = &supplier
	sums := map[torg.ParticipantID]torg.Cost{}
	for _, e := range trace(t, sim.Config{Scenario: sc, Unsigned: true, Perfect: true}) {
		if e.Settled == nil {
			continue
		}
		for _, p := range e.Settled.Parties {
			sums[p.Participant] = sums[p.Participant].Add(p.Baseline).Sub(p.Paid)
		}
	}
	if len(sums) != len(sc.Participants) {
		t.Fatalf("%d of %d participants are settled", len(sums), len(sc.Participants))
	}
	for id, saved := range sums {
		if saved.Sign() < 0 {
			t.Errorf("%s paid %s more than with the supplier alone", id, saved.Neg().Round())
		}
	}
}

func BenchmarkFortnight(b *testing.B) {
	for b.Loop() {
		if _, err := sim.Run(context.Background(), sim.Config{Scenario: day(b, 14), Unsigned: true}); err != nil {
			b.Fatal(err)
		}
	}
}
