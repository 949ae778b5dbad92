package report

import (
	"math"

	"torg"
	"torg/ledger"
	"torg/scenario"
)

// grid sums up what sessions made of zones and lines. A complex of one zone has none.
type grid struct {
	complex torg.Complex
	names   map[torg.ZoneID]both
	at      map[torg.ZoneID]int
	zones   []zoneTotal
	lines   []lineTotal
	steps   []gridStep         // by bucket of the plots
	full    map[torg.Slot]full // until the session is settled

	tie         int // sessions that left the connection full
	fees, rents torg.Cost
}

// zoneTotal is a zone's equilibrium price in first discoveries.
type zoneTotal struct {
	sum       torg.Cost // of prices, each as that of one Wh
	sessions  int
	low, high torg.Price
}

// lineTotal is a line's run.
type lineTotal struct {
	along, back torg.Energy // from From to To, and the other way
	full        int         // sessions that left it full
	fees, rent  torg.Cost
}

// gridStep is one step of the plots.
type gridStep struct {
	prices  []torg.Cost // sums by zone, as in zoneTotal
	priced  []int
	full    []int // sessions by line
	cleared int
}

// full is what a session has left full so far.
type full struct {
	lines []bool
	tie   bool
}

func newGrid(sc *scenario.Scenario, buckets int) *grid {
	c := sc.Complex
	if len(c.Zones) < 2 {
		return nil
	}
	g := &grid{
		complex: c, names: map[torg.ZoneID]both{}, at: map[torg.ZoneID]int{}, zones: make([]zoneTotal, len(c.Zones)), lines: make([]lineTotal, len(c.Lines)),
		steps: make([]gridStep, buckets), full: map[torg.Slot]full{},
	}
	for i, z := range c.Zones {
		g.at[z] = i
		name := sc.ZoneName(z)
		g.names[z] = both{name.Name, name.NameEN}
	}
	for i := range g.steps {
		g.steps[i] = gridStep{prices: make([]torg.Cost, len(c.Zones)), priced: make([]int, len(c.Zones)), full: make([]int, len(c.Lines))}
	}
	return g
}

// cleared adds a discovery, which belongs to a step of the plots.
func (g *grid) cleared(e *ledger.Cleared, step *gridStep) {
	prices := make([]*torg.Price, len(g.zones))
	for _, p := range e.Outcome.Prices {
		prices[g.at[p.Zone]] = &p.Price
		if e.Discovery == 1 {
			g.price(g.at[p.Zone], p.Price, step)
		}
	}
	if e.Discovery == 1 {
		step.cleared++
	}
	g.flows(e, prices)
	g.fill(e, step)
}

func (g *grid) price(zone int, p torg.Price, step *gridStep) {
	z := &g.zones[zone]
	if z.sessions == 0 {
		z.low, z.high = p, p
	}
	z.low, z.high = min(z.low, p), max(z.high, p)
	z.sum = z.sum.Add(torg.Energy(1).At(p))
	z.sessions++
	step.prices[zone] = step.prices[zone].Add(torg.Energy(1).At(p))
	step.priced[zone]++
}

// flows adds what lines carried, what that costs in fees, and the rent of those whose
// ends' prices are further apart.
func (g *grid) flows(e *ledger.Cleared, prices []*torg.Price) {
	for i, l := range g.complex.Lines {
		t := &g.lines[i]
		for _, f := range e.Outcome.Flows {
			switch {
			case f.From == l.From && f.To == l.To:
				t.along += f.Energy
			case f.From == l.To && f.To == l.From:
				t.back += f.Energy
			default:
				continue
			}
			fee, rent := f.Energy.At(l.Fee), torg.Cost{}
			if from, to := prices[g.at[f.From]], prices[g.at[f.To]]; from != nil && to != nil {
				rent = f.Energy.At(*to - *from - l.Fee)
			}
			t.fees, t.rent = t.fees.Add(fee), t.rent.Add(rent)
			g.fees, g.rents = g.fees.Add(fee), g.rents.Add(rent)
		}
	}
}

// fill counts what the session has left full, each once.
func (g *grid) fill(e *ledger.Cleared, step *gridStep) {
	was, ok := g.full[e.Slot]
	if !ok {
		was.lines = make([]bool, len(g.lines))
	}
	for i, used := range e.Outcome.Used.Lines {
		if limit := g.complex.Lines[i].Capacity; limit > 0 && used.Abs() >= limit && !was.lines[i] {
			was.lines[i] = true
			g.lines[i].full++
			step.full[i]++
		}
	}
	if (e.Outcome.ImportFull || e.Outcome.ExportFull) && !was.tie {
		was.tie = true
		g.tie++
	}
	g.full[e.Slot] = was
}

// settled forgets a slot.
func (g *grid) settled(s torg.Slot) { delete(g.full, s) }

// mean is the average of prices of sums, NaN where there are none.
func mean(sum torg.Cost, n int) float64 {
	if n == 0 {
		return math.NaN()
	}
	return sum.Per(torg.Energy(n)).RUBkWh()
}
