package market

import (
	"fmt"
	"math"
	"slices"

	"torg"
)

// Verify checks a published outcome against its book without discovering again. That
// it is an optimum follows from complementary slackness: prices exist at which
// everything accepted wants to trade and nothing left does, lines with room carry
// nothing more with gain, and no flow can be had with less energy over lines. Shares,
// routes, pairs, prices and reasons follow from what is accepted by rule and are
// compared with the rule. Where somebody avoids something, what was taken out is not
// published, and the book is cleared again.
//
// This is what validators and auditors do; a party that knows only its own orders
// uses OwnPart. It refuses what NewSheet refuses.
func Verify(b Book, o Outcome) error {
	s, err := NewSheet(b)
	if err != nil {
		return err
	}
	c, err := s.claimed(o)
	if err != nil {
		return fmt.Errorf("outcome: %w", err)
	}
	r, err := s.verified(c)
	if err != nil {
		return fmt.Errorf("outcome: %w", err)
	}
	return differs(o, r.Outcome())
}

// Verify checks a result against its sheet as the function Verify does.
func (s *Sheet) Verify(r *Result) error {
	if len(r.accepted) != s.Len() || len(r.found.flows) != len(s.grid.lines) {
		return fmt.Errorf("result: of another book: %w", torg.ErrMalformed)
	}
	c := claim{r.accepted, slices.Clone(r.found.flows), r.Import, r.Export}
	want, err := s.verified(c)
	if err != nil {
		return fmt.Errorf("result: %w", err)
	}
	for round := range want.Rounds {
		if err := firstDifference(r.Rounds[round], want.Rounds[round]); err != nil {
			return fmt.Errorf("result: round %d: %w", round+1, err)
		}
	}
	if err := firstDifference(r.why, want.why); err != nil {
		return fmt.Errorf("result: reasons: %w", err)
	}
	return differs(r.terms(), want.terms())
}

// terms is a result as an outcome without what goes by order.
func (r *Result) terms() Outcome {
	return Outcome{
		Discovery: r.sheet.discovery, Prices: r.Prices, Shares: r.Shares, Flows: r.Flows,
		Import: r.Import, Export: r.Export, ImportFull: r.ImportFull, ExportFull: r.ExportFull, FullZones: r.FullZones,
		Welfare: r.Welfare, Network: r.Network, Used: r.Used,
	}
}

// claim is what an outcome says was accepted; everything else follows from it.
type claim struct {
	accepted         []torg.Energy
	flows            []torg.Energy
	imports, exports torg.Energy
}

// claimed reads what an outcome says was accepted: all that it does not list as
// left.
func (s *Sheet) claimed(o Outcome) (claim, error) {
	c := claim{slices.Clone(s.energy), make([]torg.Energy, len(s.grid.lines)), o.Import, o.Export}
	i := 0
	for n, u := range o.Unmatched {
		for ; i < s.Len() && string(s.ID(int32(i))) < string(u.Order); i++ {
		}
		switch {
		case i == s.Len() || string(s.ID(int32(i))) != string(u.Order):
			return claim{}, fmt.Errorf("unmatched: [%d]: there is no order %s, or not in this place", n, u.Order)
		case u.Energy <= 0 || u.Energy > s.energy[i]:
			return claim{}, fmt.Errorf("unmatched: [%d]: %d of %d Wh are left of order %s", n, u.Energy, s.energy[i], u.Order)
		}
		c.accepted[i] = s.energy[i] - u.Energy
		i++
	}
	return c, s.claimedFlows(o, c.flows)
}

func (s *Sheet) claimedFlows(o Outcome, flows []torg.Energy) error {
	lines := s.grid.complex.Lines
	at := make(map[[2]torg.ZoneID]int, len(s.grid.lines))
	for i := range s.grid.lines {
		l := &lines[s.grid.lines[i].at]
		at[[2]torg.ZoneID{l.From, l.To}] = i
	}
	for n, f := range o.Flows {
		i, forward := at[[2]torg.ZoneID{f.From, f.To}]
		j, back := at[[2]torg.ZoneID{f.To, f.From}]
		switch {
		case !forward && !back:
			return fmt.Errorf("flows: [%d]: there is no line from %s to %s", n, f.From, f.To)
		case forward:
			flows[i] = f.Energy
		case f.Energy == math.MinInt64:
			return fmt.Errorf("flows: [%d]: %d Wh", n, f.Energy)
		default:
			flows[j] = -f.Energy
		}
	}
	return nil
}

// verified checks that what is claimed is the optimum, and returns the result that
// follows from it.
func (s *Sheet) verified(c claim) (*Result, error) {
	if s.avoids {
		return s.Clear(), nil
	}
	margins, next, err := s.marginsOf(c.accepted)
	if err != nil {
		return nil, err
	}
	r := s.complete(found{margins: margins, flows: c.flows, imports: c.imports, exports: c.exports}, new(scratch))
	if err := r.feasible(); err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(r.zones, func(z zone) bool { return z.hasLowest && z.hasHighest && z.lowest > z.highest }); i >= 0 {
		return nil, fmt.Errorf("zone %s: no price lets everybody accepted trade and nobody left: it would be at least %s and at most %s",
			s.grid.complex.Zones[i], r.zones[i].lowest, r.zones[i].highest)
	}
	for i := range c.accepted {
		if c.accepted[i] != r.accepted[i] {
			return nil, fmt.Errorf("order %s: %d Wh accepted, its share is %d", s.ID(int32(i)), c.accepted[i], r.accepted[i])
		}
	}
	if err := s.best(c, margins, next); err != nil {
		return nil, err
	}
	r.finish(r.pair(s.prefers))
	r.mem = nil
	return r, nil
}

// marginsOf finds where what is accepted cuts each zone's curve, and the key of the
// step that comes next there.
func (s *Sheet) marginsOf(accepted []torg.Energy) ([]margin, []int64, error) {
	margins, next := make([]margin, len(s.grid.part)), make([]int64, len(s.grid.part))
	for z := range margins {
		margins[z].key, next[z] = math.MinInt32, int64(far)
	}
	for i, k := range s.key {
		z, passed, open := s.zone[i], accepted[i], s.open[i]
		if k&3 == 1 {
			passed = open - passed
		}
		if passed > 0 && k > margins[z].key {
			margins[z] = margin{k, 1, 1} // wholly passed, whatever it offers
		}
		if passed < open && int64(k) < next[z] {
			next[z] = int64(k)
		}
	}
	partly := false
	for z := range margins {
		switch {
		case int64(margins[z].key) > next[z]:
			return nil, nil, fmt.Errorf("zone %s: limit %s is worse than %s, and was served before it",
				s.grid.complex.Zones[z], keyLimit(margins[z].key), keyLimit(int32(next[z])))
		case int64(margins[z].key) == next[z]:
			margins[z].passed, margins[z].offered = 0, 0
			partly = true
		}
	}
	for i, k := range s.key {
		if !partly {
			break
		}
		if m := &margins[s.zone[i]]; k == m.key && int64(k) == next[s.zone[i]] {
			m.offered += s.open[i]
			if k&3 == 3 {
				m.passed += accepted[i]
			} else {
				m.passed += s.open[i] - accepted[i]
			}
		}
	}
	return margins, next, nil
}

// feasible checks capacities and that every zone's energy balances.
func (r *Result) feasible() error {
	g := r.sheet.grid
	if r.Import < 0 || r.Import > g.imports || r.Export < 0 || r.Export > g.exports || r.Import > 0 && r.Export > 0 {
		return fmt.Errorf("import of %d and export of %d Wh, where %d and %d are left", r.Import, r.Export, g.imports, g.exports)
	}
	net := make([]wide, len(g.part))
	for z := range net {
		net[z].add(r.zones[z].share[1].Accepted)
		net[z].add(-r.zones[z].share[0].Accepted)
	}
	if g.supplier >= 0 {
		net[g.supplier].add(r.Import)
		net[g.supplier].add(-r.Export)
	}
	for i, f := range r.found.flows {
		l := &g.lines[i]
		if f > l.out || f < -l.back {
			return fmt.Errorf("line %s to %s: %d Wh, where %d and %d back are left", g.complex.Zones[l.from], g.complex.Zones[l.to], f, l.out, l.back)
		}
		net[l.from].add(-f)
		net[l.to].add(f)
	}
	for z, n := range net {
		if n != (wide{}) {
			return fmt.Errorf("zone %s: energy does not balance", g.complex.Zones[z])
		}
	}
	return nil
}

// best checks what a welfare optimum leaves open: the most energy of participants,
// equal shares of the zones at the margin, the least energy over lines.
func (s *Sheet) best(c claim, margins []margin, next []int64) error {
	g := s.grid
	last := s.withQuotes(c, margins, next)
	price := g.potentials(c.flows, next)
	for z, p := range price {
		if last[z] != math.MinInt64 && last[z] > p {
			return fmt.Errorf("zone %s: participants could trade more at the same welfare", g.complex.Zones[z])
		}
	}
	if len(g.lines) == 0 {
		return nil
	}
	blocks := s.blocks(c, price)
	was := slices.Clone(blocks)
	g.equalize(slices.Clone(c.flows), price, blocks)
	for i, b := range blocks {
		if b != was[i] {
			return fmt.Errorf("zone %s: %d of %d Wh at the margin, its share is %d", g.complex.Zones[b.zone], was[i].accepted(), b.offered, b.accepted())
		}
	}
	return g.leastEnergy(c.flows)
}

// withQuotes puts the supplier's quotes among the steps that come next, and returns
// the key of the last step that is passed, if in part, of each zone.
func (s *Sheet) withQuotes(c claim, margins []margin, next []int64) []int64 {
	last := make([]int64, len(margins))
	for z, m := range margins {
		last[z] = math.MinInt64
		if m.passed > 0 {
			last[z] = int64(m.key)
		}
	}
	if z := s.grid.supplier; z >= 0 {
		q := s.grid.complex.Supplier
		for _, x := range []struct {
			passed, left bool
			quote        torg.Price
		}{{c.imports > 0, c.imports < s.grid.imports, q.Sell}, {c.exports < s.grid.exports, c.exports > 0, q.Buy}} {
			if x.passed {
				last[z] = max(last[z], 4*int64(x.quote))
			}
			if x.left {
				next[z] = min(next[z], 4*int64(x.quote))
			}
		}
	}
	return last
}

// blocks returns the orders whose limit is their zone's price, zone by zone.
func (s *Sheet) blocks(c claim, price []int64) []block {
	at := make([]block, len(price))
	for i, k := range s.key {
		if z := s.zone[i]; int64(k) == price[z] {
			b := &at[z]
			b.zone, b.sells = int32(z), k&3 == 3
			b.offered += s.open[i]
			if b.sells {
				b.passed += c.accepted[i]
			} else {
				b.passed += s.open[i] - c.accepted[i]
			}
		}
	}
	return slices.DeleteFunc(at, func(b block) bool { return b.offered == 0 })
}

// leastEnergy checks that no circle of lines could carry the same with lower fees,
// or with the same fees and less energy: there are prices at which every line that
// carries energy costs what it brings (no negative circle, Bellman 1958).
func (g *grid) leastEnergy(flow []torg.Energy) error {
	price := make([]int64, len(g.part))
	small := int64(len(g.part)) + 2
	for range len(g.part) + 1 {
		changed := false
		lower := func(from, to int32, cost int64) {
			if price[from]+cost < price[to] {
				price[to] = price[from] + cost
				changed = true
			}
		}
		for i := range g.lines {
			l, f := &g.lines[i], flow[i]
			cost := 4*int64(l.fee)*small + 1
			switch {
			case f < 0:
				lower(l.from, l.to, -cost)
			case f < l.out:
				lower(l.from, l.to, cost)
			}
			switch {
			case f > 0:
				lower(l.to, l.from, -cost)
			case -f < l.back:
				lower(l.to, l.from, cost)
			}
		}
		if !changed {
			return nil
		}
	}
	return fmt.Errorf("flows: the same could be carried with lower fees or less energy over lines")
}

// differs says where o is not what the rules give.
func differs(o, want Outcome) error {
	for _, c := range []struct {
		what string
		err  error
	}{
		{"prices", firstDifference(o.Prices, want.Prices)},
		{"shares", firstDifference(o.Shares, want.Shares)},
		{"flows", firstDifference(o.Flows, want.Flows)},
		{"full zones", firstDifference(o.FullZones, want.FullZones)},
		{"trades", firstDifference(o.Trades, want.Trades)},
		{"unmatched", firstDifference(o.Unmatched, want.Unmatched)},
		{"lines used", firstDifference(o.Used.Lines, want.Used.Lines)},
		{"discovery", difference(o.Discovery, want.Discovery)},
		{"import", difference(o.Import, want.Import)},
		{"export", difference(o.Export, want.Export)},
		{"import used", difference(o.Used.Import, want.Used.Import)},
		{"export used", difference(o.Used.Export, want.Used.Export)},
		{"import full", difference(o.ImportFull, want.ImportFull)},
		{"export full", difference(o.ExportFull, want.ExportFull)},
		{"welfare", difference(o.Welfare, want.Welfare)},
		{"network", difference(o.Network, want.Network)},
	} {
		if c.err != nil {
			return fmt.Errorf("outcome: %s: %w", c.what, c.err)
		}
	}
	return nil
}

func difference[T comparable](got, want T) error {
	if got != want {
		return fmt.Errorf("%+v, the rules give %+v", got, want)
	}
	return nil
}

func firstDifference[T comparable](got, want []T) error {
	if slices.Equal(got, want) {
		return nil
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Errorf("[%d] is %+v, the rules give %+v", i, got[i], want[i])
		}
	}
	return fmt.Errorf("%d of them, the rules give %d", len(got), len(want))
}
