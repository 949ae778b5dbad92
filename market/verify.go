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
// compared with the rule. Where energy has several ways with the same fees and the
// same energy over lines, flows by any of them pass. Where somebody avoids something,
// what was taken out is not published, and the book is cleared again.
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
	if r == nil || r.sheet == nil || !r.sheet.ids.equal(&s.ids) || len(r.found.flows) != len(s.grid.lines) {
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
	// First of all: around a circle that lowers its fees no prices would ever agree.
	if err := s.grid.leastEnergy(c.flows); err != nil {
		return nil, err
	}
	mem := takeScratch()
	defer mem.giveBack()
	r := s.complete(found{margins: margins, flows: c.flows, imports: c.imports, exports: c.exports}, mem)
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
