package sim_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"

	"torg"
	"torg/internal/require"
	"torg/ledger"
	"torg/market"
	"torg/record"
	"torg/scenario"
	"torg/sim"
)

// threeZones is the example's first day: the coast's lines are full while the wind
// blows, and are not in the evening.
func threeZones(t testing.TB) *scenario.Scenario {
	t.Helper()
	sc, err := scenario.Load(filepath.Join(require.Root(t), "examples", "three-zones.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	sc.Days = 1
	return sc
}

// objections collects what agents object to.
type objections struct {
	sim.Silent
	why []string
}

// Said keeps objections.
func (o *objections) Said(m []record.Message) {
	for _, m := range m {
		if m.Text == record.SaidObjected {
			o.why = append(o.why, m.From+": "+m.Args["why"])
		}
	}
}

// zonesSeen is what a run showed of its grid.
type zonesSeen struct {
	congested, joined, apart int // prices of a line's ends differ by more than its fee; by just it, with flow; by less, without
	across, full             int // contracts between zones; sessions with zones that are full
	behind, second           int // orders that a full line kept from trading; contracts of second discoveries
	network, fees            torg.Cost
	paid, baseline, owed     torg.Cost
}

func TestThreeZones(t *testing.T) {
	sc := threeZones(t)
	said := &objections{}
	var seen zonesSeen
	used := map[torg.Slot][]torg.Energy{}
	for _, e := range trace(t, sim.Config{Scenario: sc, Unsigned: true, Recorder: said}) {
		switch {
		case e.Cleared != nil:
			checkZones(t, sc, e.Cleared, used)
			seen.cleared(sc.Complex, e.Cleared)
		case e.Order != nil && e.Order.Refused != "":
			t.Errorf("order %s is refused: %s", e.Order.Order.ID, e.Order.Refused)
		case e.Missed != nil:
			t.Errorf("slot %d is missed", e.Missed.Slot)
		case e.Settled != nil:
			seen.fees = seen.fees.Add(e.Settled.Fees)
			if e.Settled.Residual.Sign() < 0 { // nothing is lost, and every class has the quotes
				t.Errorf("interval from slot %d: residual %s", e.Settled.First, e.Settled.Residual)
			}
			for _, p := range e.Settled.Parties {
				seen.paid, seen.baseline = seen.paid.Add(p.Paid), seen.baseline.Add(p.Baseline)
			}
		case e.Posting != nil && e.Posting.To == torg.AccountNetwork:
			seen.owed = seen.owed.Add(e.Posting.Amount)
		case e.Posting != nil && e.Posting.From == torg.AccountNetwork:
			seen.owed = seen.owed.Sub(e.Posting.Amount)
		}
	}
	t.Logf("%+v", seen)
	if len(said.why) > 0 {
		t.Errorf("%d agents do not sign, the first: %s", len(said.why), said.why[0])
	}
	if seen.congested == 0 || seen.joined == 0 || seen.across == 0 || seen.full == 0 {
		t.Errorf("lines full, lines with room, contracts across, full zones: %d, %d, %d, %d: some are missing", seen.congested, seen.joined, seen.across, seen.full)
	}
	if seen.behind == 0 || seen.second == 0 {
		t.Errorf("orders behind a full line: %d, contracts of the second discovery: %d", seen.behind, seen.second)
	}
	if seen.owed != seen.fees || seen.fees.Sign() <= 0 {
		t.Errorf("the network account is left with %s, lines are owed %s", seen.owed, seen.fees)
	}
	if seen.network.Cmp(seen.fees) <= 0 {
		t.Errorf("contracts left %s between zones, no more than the fees of %s: where is the congestion rent", seen.network, seen.fees)
	}
	if seen.paid.Cmp(seen.baseline) >= 0 {
		t.Errorf("together %s was paid, the supplier alone costs %s", seen.paid.Round(), seen.baseline.Round())
	}
}

func (s *zonesSeen) cleared(c torg.Complex, e *ledger.Cleared) {
	if len(e.Outcome.FullZones) > 0 {
		s.full++
	}
	for _, u := range e.Outcome.Unmatched {
		if u.Reason == torg.ReasonLine && e.Discovery == 1 {
			s.behind++
		}
	}
	if e.Discovery == 2 {
		s.second += len(e.Contracts)
	}
	s.network = s.network.Add(e.Outcome.Network)
	for _, k := range e.Contracts {
		if k.Round < 3 && k.BuyerZone != k.SellerZone {
			s.across++
		}
	}
	prices, flows := zonePrices(e.Outcome), lineFlows(c, e.Outcome)
	for i, l := range c.Lines {
		from, hasFrom := prices[l.From]
		to, hasTo := prices[l.To]
		if !hasFrom || !hasTo || e.Discovery == 2 {
			continue
		}
		switch gap := max(to-from, from-to); {
		case gap > l.Fee:
			s.congested++
		case flows[i] != 0:
			s.joined++
		default:
			s.apart++
		}
	}
}

// sameEnds says whether two zones' prices have the same ends. Where lines were used one
// way only, a second discovery may find one end for a zone without orders and two for the
// next; then it is their ends, not their prices, that a fee joins.
func sameEnds(o market.Outcome, a, b torg.ZoneID) bool {
	ends := map[torg.ZoneID][2]bool{}
	for _, p := range o.Prices {
		ends[p.Zone] = [2]bool{p.HasLowest, p.HasHighest}
	}
	return ends[a] == ends[b]
}

func zonePrices(o market.Outcome) map[torg.ZoneID]torg.Price {
	prices := map[torg.ZoneID]torg.Price{}
	for _, p := range o.Prices {
		prices[p.Zone] = p.Price
	}
	return prices
}

// lineFlows are a discovery's net flows by line, plus from From to To.
func lineFlows(c torg.Complex, o market.Outcome) []torg.Energy {
	flows := make([]torg.Energy, len(c.Lines))
	for _, f := range o.Flows {
		for i, l := range c.Lines {
			switch [2]torg.ZoneID{f.From, f.To} {
			case [2]torg.ZoneID{l.From, l.To}:
				flows[i] += f.Energy
			case [2]torg.ZoneID{l.To, l.From}:
				flows[i] -= f.Energy
			}
		}
	}
	return flows
}

// checkZones holds a discovery against its grid: zones balance, lines carry no more than
// they can over both discoveries and one way only, and their ends' prices differ by the
// fee where they have room.
func checkZones(t *testing.T, sc *scenario.Scenario, e *ledger.Cleared, used map[torg.Slot][]torg.Energy) {
	t.Helper()
	c, o := sc.Complex, e.Outcome
	net := map[torg.ZoneID]torg.Energy{}
	for _, k := range e.Contracts {
		net[k.BuyerZone] += k.Energy
		net[k.SellerZone] -= k.Energy
	}
	prices, flows := zonePrices(o), lineFlows(c, o)
	if used[e.Slot] == nil {
		used[e.Slot] = make([]torg.Energy, len(c.Lines))
	}
	for i, l := range c.Lines {
		net[l.To] -= flows[i]
		net[l.From] += flows[i]
		before := used[e.Slot][i]
		used[e.Slot][i] += flows[i]
		now := used[e.Slot][i]
		if before > 0 && flows[i] < 0 || before < 0 && flows[i] > 0 || now.Abs() > l.Capacity {
			t.Errorf("slot %d, discovery %d: line %s-%s carries %d Wh of %d after %d", e.Slot, e.Discovery, l.From, l.To, now, l.Capacity, before)
		}
		// Up to 1: prices are rounded midpoints.
		from, hasFrom := prices[l.From]
		to, hasTo := prices[l.To]
		if gap := to - from; hasFrom && hasTo && now.Abs() < l.Capacity && sameEnds(o, l.From, l.To) &&
			(gap > l.Fee+1 && now >= 0 || gap < -l.Fee-1 && now <= 0 || flows[i] > 0 && gap < l.Fee-1 || flows[i] < 0 && gap > 1-l.Fee) {
			t.Errorf("slot %d, discovery %d: line %s-%s has room at %d Wh, prices %s and %s", e.Slot, e.Discovery, l.From, l.To, now, from, to)
		}
	}
	for z, left := range net {
		if left != 0 {
			t.Errorf("slot %d, discovery %d: %d Wh of zone %s go nowhere", e.Slot, e.Discovery, left, z)
		}
	}
	if got := gaps(e); got != o.Network {
		t.Errorf("slot %d, discovery %d: contracts leave %s, the outcome says %s", e.Slot, e.Discovery, got, o.Network)
	}
}

func gaps(e *ledger.Cleared) (sum torg.Cost) {
	for _, k := range e.Contracts {
		sum = sum.Add(k.Energy.At(k.BuyerPrice)).Sub(k.Energy.At(k.SellerPrice))
	}
	return sum
}

func TestThreeZonesAgain(t *testing.T) {
	run := func() []byte {
		b, err := json.Marshal(trace(t, sim.Config{Scenario: threeZones(t), Unsigned: true}))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if first := run(); !bytes.Equal(run(), first) {
		t.Error("two runs of one scenario differ")
	}
}

// The lines are full on this day, so that nothing is promised to anybody; but what they
// cost in rent comes back, and with perfect forecasts nobody is worse off.
func TestPerfectForecastsHarmNobodyInZones(t *testing.T) {
	sc := threeZones(t)
	sc.NoWorse = scenario.NoWorseNone
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
