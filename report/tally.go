package report

import (
	"torg"
	"torg/ledger"
	"torg/scenario"
)

// statementState is what became of a statement that was due.
type statementState string

const (
	missing   statementState = "missing"
	signed    statementState = "signed"
	differing statementState = "differing"
)

// party names those of a participant's sites that are settled together.
type party struct {
	participant torg.ParticipantID
	zone        torg.ZoneID
	tariff      torg.TariffID
}

// slotTally is a slot until its interval is settled.
type slotTally struct {
	prices      map[torg.ZoneID]torg.Price // of the first discovery
	contracted  map[party]bool
	statements  map[torg.SiteID]statementState
	inside      torg.Energy // contracts of rounds 1 and 2
	consumption torg.Energy // sites that took energy, net
	generation  torg.Energy // sites that fed energy out, net
}

func newSlotTally() *slotTally {
	return &slotTally{
		prices: map[torg.ZoneID]torg.Price{}, contracted: map[party]bool{}, statements: map[torg.SiteID]statementState{},
	}
}

// totals sum up the run.
type totals struct {
	sites        map[torg.SiteID]scenario.Site
	orders       int
	refused      map[torg.Refusal]int
	unmatched    map[torg.Reason]*left
	cleared      int
	missed       []string
	missedSecond int
	skipped      int
	fallbacks    int
	statements   map[statementState]int
	rounds       [4]roundTotal // by round, 1 to 3
	welfare      torg.Cost
	network      torg.Cost
	imports      torg.Energy // of round 3
	exports      torg.Energy
	consumption  torg.Energy
	generation   torg.Energy
	covered      torg.Energy // of the consumption, contracted inside
	coverable    torg.Energy // of the consumption, fed out inside at the same time
	connection   torg.Energy
	invoice      torg.Cost
	residual     torg.Cost
	loss         torg.Cost // balance of the loss account
	parties      map[torg.ParticipantID]*partyTotal
	forecasts    map[torg.SiteID]*siteTotal
	months       []ledger.MonthClosed
}

// left sums up what did not trade for one reason.
type left struct {
	orders int
	energy torg.Energy
}

type roundTotal struct {
	contracts int
	energy    torg.Energy
}

// partyTotal is a participant's run.
type partyTotal struct {
	bought, sold        [4]torg.Energy // by round
	paid, received      torg.Cost      // for contracts
	metered, contracted torg.Energy
	deviation           torg.Energy // sum of |deviation| over intervals
	imbalance, residual torg.Cost
	corrections         torg.Cost
	cost, baseline      torg.Cost
	topUp               torg.Cost
	errors              torg.Cost // what forecast errors cost
	intervals           int       // settled, of which
	estimated           int       // with an estimated reading
	sessions            int       // with a contract
}

func newTotals(sc *scenario.Scenario) *totals {
	t := &totals{
		sites: map[torg.SiteID]scenario.Site{}, refused: map[torg.Refusal]int{}, unmatched: map[torg.Reason]*left{}, statements: map[statementState]int{},
		parties: map[torg.ParticipantID]*partyTotal{}, forecasts: map[torg.SiteID]*siteTotal{},
	}
	for _, p := range sc.Participants {
		t.parties[p.ID] = &partyTotal{}
	}
	for _, s := range sc.Sites {
		t.sites[s.ID], t.forecasts[s.ID] = s, &siteTotal{}
	}
	return t
}

// party returns who a site is settled with.
func (t *totals) party(id torg.SiteID) party {
	s := t.sites[id]
	return party{s.Participant, s.Zone, s.Tariff}
}

// tallyCleared adds up a discovery.
func (c *Collector) tallyCleared(e *ledger.Cleared) {
	t, slot := c.totals, c.tally(e.Slot)
	if e.Discovery == 1 {
		t.cleared++
		for _, p := range e.Outcome.Prices {
			slot.prices[p.Zone] = p.Price
		}
	}
	t.welfare, t.network = t.welfare.Add(e.Outcome.Welfare), t.network.Add(e.Outcome.Network)
	t.imports, t.exports = t.imports+e.Outcome.Import, t.exports+e.Outcome.Export
	traders := map[torg.ParticipantID]bool{}
	for _, k := range e.Contracts {
		r := &t.rounds[k.Round]
		r.contracts++
		r.energy += k.Energy
		if k.Round < 3 {
			slot.inside += k.Energy
		}
		if k.BuyOrder != "" {
			p := t.parties[k.Buyer]
			p.bought[k.Round] += k.Energy
			p.paid = p.paid.Add(k.Energy.At(k.BuyerPrice))
			slot.contract(t.party(k.BuyerSite), k.BuyerSite, traders)
		}
		if k.SellOrder != "" {
			p := t.parties[k.Seller]
			p.sold[k.Round] += k.Energy
			p.received = p.received.Add(k.Energy.At(k.SellerPrice))
			slot.contract(t.party(k.SellerSite), k.SellerSite, traders)
		}
	}
	for id := range traders {
		t.parties[id].sessions++
	}
	c.series.cleared(e)
	if c.grid != nil {
		c.grid.cleared(e, &c.grid.steps[c.series.index(e.Slot)])
	}
}

// contract notes that a site has a contract, and so owes a statement. traders gets
// its owner at the first one of the session.
func (s *slotTally) contract(p party, site torg.SiteID, traders map[torg.ParticipantID]bool) {
	s.statements[site] = missing
	known := false
	for q := range s.contracted {
		known = known || q.participant == p.participant
	}
	if !known {
		traders[p.participant] = true
	}
	s.contracted[p] = true
}

// reading writes a reading and holds it against what was foretold.
func (c *Collector) reading(r ledger.ReadingTaken) {
	if !c.traded(r.Slot) {
		return
	}
	c.out.row("readings.csv", c.session(r.Slot), string(c.owners[r.Site]), string(r.Site), string(c.zones[r.Site]), wh(r.Energy), string(r.Quality))
	if r.Replaces {
		return
	}
	slot := c.tally(r.Slot)
	if r.Energy > 0 {
		slot.consumption += r.Energy
	} else {
		slot.generation -= r.Energy
	}
	c.came(r.Reading)
}

// settled adds up a settlement interval.
func (c *Collector) settled(e *ledger.Settled) {
	if !c.traded(e.First) {
		return
	}
	c.out.row("intervals.csv", c.session(e.First), c.session(e.Last), wh(e.Connection), e.Invoice.String(), e.Residual.String())
	t := c.totals
	t.connection += e.Connection
	t.invoice, t.residual = t.invoice.Add(e.Invoice), t.residual.Add(e.Residual)
	var slots []*slotTally
	for s := e.First; s <= e.Last; s++ {
		slot := c.tally(s)
		slots = append(slots, slot)
		c.closeStatements(slot)
		covered, coverable := min(slot.inside, slot.consumption), min(slot.generation, slot.consumption)
		t.consumption += slot.consumption
		t.generation += slot.generation
		t.covered += covered
		t.coverable += coverable
		c.series.metered(s, slot, covered, coverable)
		delete(c.slots, s)
		if c.grid != nil {
			c.grid.settled(s)
		}
	}
	for _, p := range e.Parties {
		c.settledParty(p, slots)
		c.series.saved(e.First, p.Participant, p.Baseline.Sub(p.Paid))
	}
}

func (c *Collector) settledParty(p ledger.SettledParty, slots []*slotTally) {
	t := c.totals.parties[p.Participant]
	t.metered += p.Metered
	t.contracted += p.Contracted
	t.deviation += (p.Metered - p.Contracted).Abs()
	t.imbalance, t.residual = t.imbalance.Add(p.Imbalance), t.residual.Add(p.Residual)
	t.cost, t.baseline = t.cost.Add(p.Paid), t.baseline.Add(p.Baseline)
	t.errors = t.errors.Add(errorCost(p, slots))
	t.intervals++
	if p.Estimated {
		t.estimated++
	}
}

// errorCost is what the deviation of one party in one interval costs above its
// worth inside.
func errorCost(p ledger.SettledParty, slots []*slotTally) torg.Cost {
	foretold, n, sum := false, torg.Price(0), torg.Price(0)
	for _, s := range slots {
		foretold = foretold || s.contracted[party{p.Participant, p.Zone, p.Tariff}]
		if price, ok := s.prices[p.Zone]; ok {
			sum += price
			n++
		}
	}
	if !foretold || n == 0 {
		return torg.Cost{}
	}
	mean := sum / n
	if sum%n < 0 {
		mean--
	}
	return p.Imbalance.Sub((p.Metered - p.Contracted).At(mean))
}

// posting adds up what no other event tells of money.
func (t *totals) posting(p torg.Posting) {
	for _, side := range []struct {
		account torg.Account
		amount  torg.Cost
	}{{p.From, p.Amount.Neg()}, {p.To, p.Amount}} {
		if side.account == torg.AccountLoss {
			t.loss = t.loss.Add(side.amount)
		}
		owner := t.parties[torg.ParticipantID(side.account)]
		switch {
		case owner == nil:
		case p.Kind == torg.PostNoWorse:
			owner.topUp = owner.topUp.Add(side.amount)
		case p.Kind == torg.PostCorrection:
			owner.corrections = owner.corrections.Sub(side.amount)
		}
	}
}
