package main

import (
	"context"
	"time"

	"torg"
	"torg/ledger"
	"torg/record"
	"torg/scenario"
	"torg/sim"
	"torg/store"
	"torg/world"
)

// Generated history: how long, and in what slots.
const (
	historyDays     = 14
	historyInterval = 15 * time.Minute
)

// makeHistory trades the last fortnight before now on the scenario's models: rows
// that are on no balance and not on the ledger. Their slots are counted in the
// market's own interval.
func makeHistory(ctx context.Context, sc *scenario.Scenario, now time.Time) (store.History, error) {
	var h store.History
	past, err := world.WithInterval(sc, max(historyInterval, sc.Calendar.Interval))
	if err != nil {
		return h, err
	}
	past.Days = historyDays
	end := past.Calendar.At(now)
	first, _ := past.Calendar.Settlement(end, past.SettlementInterval)
	past.Start = past.Calendar.Start(first).AddDate(0, 0, -historyDays)
	ratio := torg.Slot(past.Calendar.Interval / sc.Calendar.Interval)
	c := &historian{
		rows: &h, ratio: ratio, calendar: sc.Calendar, party: map[torg.SiteID]party{},
		forecasts: map[place]torg.Energy{}, sums: map[party]*sums{},
	}
	for _, s := range sc.Sites {
		c.party[s.ID] = party{s.Participant, s.Zone, s.Tariff}
	}
	_, err = sim.Run(ctx, sim.Config{Scenario: past, Unsigned: true, Watch: c.block, Recorder: c})
	return h, err
}

type place struct {
	site torg.SiteID
	slot torg.Slot
}

// party is what is settled as one: a participant's sites of a zone and class.
type party struct {
	participant torg.ParticipantID
	zone        torg.ZoneID
	tariff      torg.TariffID
}

// historian turns a simulation into rows.
type historian struct {
	sim.Silent
	rows      *store.History
	ratio     torg.Slot
	calendar  torg.Calendar
	party     map[torg.SiteID]party
	forecasts map[place]torg.Energy // medians that wait for their readings
	sums      map[party]*sums       // of the interval that is not settled yet
}

// sums are what a party's sites did in an interval, in Wh.
type sums struct{ inside, errors, metered torg.Energy }

func (c *historian) of(p party) *sums {
	if c.sums[p] == nil {
		c.sums[p] = &sums{}
	}
	return c.sums[p]
}

// Forecasts keeps what was forecast.
func (c *historian) Forecasts(_ string, slot torg.Slot, f []record.Reading) {
	for _, q := range f {
		c.forecasts[place{q.Site, slot}] = *q.Q50
		c.rows.Forecasts = append(c.rows.Forecasts, store.Forecast{
			Site: q.Site, Slot: slot * c.ratio, Q10: *q.Q10, Q50: *q.Q50, Q90: *q.Q90,
		})
	}
}

// block keeps what a block did.
func (c *historian) block(b ledger.Committed) {
	for _, e := range b.Events {
		switch {
		case e.Cleared != nil:
			c.cleared(e.Cleared)
		case e.Reading != nil && e.Reading.Quality != torg.Estimated:
			c.reading(e.Reading.Reading)
		case e.Settled != nil:
			c.settled(e.Settled)
		}
	}
}

func (c *historian) cleared(k *ledger.Cleared) {
	slot := k.Slot * c.ratio
	session := c.calendar.Session(slot)
	if k.Discovery == 1 {
		c.rows.Sessions = append(c.rows.Sessions, record.Session{ID: session, Slot: slot, State: record.Settled})
	}
	row := &c.rows.Sessions[len(c.rows.Sessions)-1]
	for _, p := range k.Outcome.Prices {
		row.Prices = append(row.Prices, record.Price{Discovery: k.Discovery, Zone: p.Zone, Price: p.Price})
	}
	for _, f := range k.Outcome.Flows {
		row.Flows = append(row.Flows, record.Flow{Discovery: k.Discovery, From: f.From, To: f.To, Energy: f.Energy})
	}
	for i, contract := range k.Contracts {
		contract.Slot, contract.ID = slot, torg.NewContractID(session, k.Discovery, i+1)
		c.rows.Contracts = append(c.rows.Contracts, contract)
		if contract.Round < 3 {
			c.of(c.party[contract.BuyerSite]).inside += contract.Energy
			c.of(c.party[contract.SellerSite]).inside += contract.Energy
		}
	}
}

func (c *historian) reading(r torg.Reading) {
	at := place{r.Site, r.Slot}
	if median, ok := c.forecasts[at]; ok {
		sum := c.of(c.party[r.Site])
		sum.errors += (r.Energy - median).Abs()
		sum.metered += r.Energy.Abs()
		delete(c.forecasts, at)
	}
	r.Slot *= c.ratio
	r.Quality = torg.Simulated
	c.rows.Readings = append(c.rows.Readings, r)
}

func (c *historian) settled(s *ledger.Settled) {
	for _, p := range s.Parties {
		sum := c.of(party{p.Participant, p.Zone, p.Tariff})
		c.rows.Settlements = append(c.rows.Settlements, record.Settlement{
			First: s.First * c.ratio, Last: (s.Last+1)*c.ratio - 1, Participant: p.Participant, Zone: p.Zone, Tariff: p.Tariff,
			Metered: p.Metered, Contracted: p.Contracted, Paid: p.Paid, Baseline: p.Baseline, Imbalance: p.Imbalance,
			Residual: p.Residual, InsideEnergy: sum.inside, ForecastError: sum.errors, MeteredAbs: sum.metered,
			Estimated: p.Estimated, Origin: record.Simulated,
		})
	}
	clear(c.sums)
}
