package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"torg"
	"torg/ledger"
	"torg/record"
)

// Settlements returns the settlement intervals that begin in from to before to,
// newest first, then by participant, zone and class. Site stands for its party.
//
// The slots after the last settled interval that have readings already are answered
// for as well, as provisional rows, one a party and interval: what the contracts of
// those slots cost, and the deviation of their readings at the class's two prices
// delivered to the zone. That is the interval's settlement as if it ended now, but for
// what only the whole interval shows (residual, a full way to the zone), so settled and
// provisional rows add up without a slot being counted twice or left out.
func (s *Store) Settlements(ctx context.Context, f record.Filter, from, to time.Time) (all []record.Settlement, err error) {
	g := s.market.Load()
	if g == nil {
		return nil, s.fail("settlements", errNotBound)
	}
	err = s.view(ctx, "settlements", func(q *sql.Tx) error {
		all, err = settlements(ctx, q, *g, f, from, to)
		return err
	})
	return all, err
}

func settlements(ctx context.Context, q querier, g ledger.Genesis, f record.Filter, from, to time.Time) ([]record.Settlement, error) {
	keep := func(p party) bool { return f.Participant == "" || p.participant == f.Participant }
	if f.Site != "" {
		own, err := partyOf(ctx, q, f.Site)
		if err != nil {
			return nil, err
		}
		keep = func(p party) bool { return p == own && (f.Participant == "" || p.participant == f.Participant) }
	}
	first, last := span(g.Calendar, from, to)
	all, err := settledRows(ctx, q, f, first, last)
	if err != nil {
		return nil, err
	}
	if f.Origin == "" || f.Origin == record.OnLedger {
		now, err := provisional(ctx, q, g, first, last)
		if err != nil {
			return nil, err
		}
		all = append(all, now...)
	}
	all = slices.DeleteFunc(all, func(s record.Settlement) bool { return !keep(party{s.Participant, s.Zone, s.Tariff}) })
	for i := range all {
		all[i].Start, all[i].End = g.Calendar.Start(all[i].First), g.Calendar.End(all[i].Last)
	}
	slices.SortFunc(all, func(a, b record.Settlement) int {
		return cmp.Or(cmp.Compare(b.First, a.First), cmp.Compare(a.Participant, b.Participant),
			cmp.Compare(a.Zone, b.Zone), cmp.Compare(a.Tariff, b.Tariff))
	})
	return all, nil
}

// span returns the slots that start in from to before to: first to before last.
func span(cal torg.Calendar, from, to time.Time) (first, last torg.Slot) {
	up := func(t time.Time) torg.Slot {
		s := cal.At(t)
		if cal.Start(s).Before(t) {
			s++
		}
		return s
	}
	return up(from), up(to)
}

func settledRows(ctx context.Context, q querier, f record.Filter, first, last torg.Slot) ([]record.Settlement, error) {
	w := &where{}
	w.and("first_slot >= ? AND first_slot < ?", int64(first), int64(last))
	if f.Participant != "" {
		w.and("participant = ?", text(f.Participant))
	}
	if f.Origin != "" {
		w.and("origin = ?", text(f.Origin))
	}
	return list(ctx, q, func(row func(...any) error) (s record.Settlement, err error) {
		err = row(&s.First, &s.Last, str(&s.Participant), str(&s.Zone), str(&s.Tariff), &s.Metered, &s.Contracted,
			scanCost{&s.Paid}, scanCost{&s.Baseline}, scanCost{&s.Imbalance}, scanCost{&s.Residual}, &s.InsideEnergy,
			&s.Estimated, &s.ForecastError, &s.MeteredAbs, str(&s.Origin))
		return s, err
	}, `SELECT `+settlementColumns+` FROM settlements WHERE `+w.String(), w.args...)
}

func partyOf(ctx context.Context, q querier, site torg.SiteID) (p party, err error) {
	err = q.QueryRowContext(ctx, `SELECT participant, zone, tariff FROM sites WHERE id = $1`, text(site)).
		Scan(str(&p.participant), str(&p.zone), str(&p.tariff))
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("site %q: %w", site, record.ErrNotFound)
	}
	return p, err
}

// provisional computes the rows of intervals that are not settled but have readings.
func provisional(ctx context.Context, q querier, g ledger.Genesis, first, last torg.Slot) ([]record.Settlement, error) {
	length := torg.Slot(g.Settlement / g.Calendar.Interval)
	if length < 1 {
		return nil, fmt.Errorf("settlement interval %s is shorter than a slot of %s", g.Settlement, g.Calendar.Interval)
	}
	type metered struct {
		party
		slot    torg.Slot
		energy  torg.Energy
		quality torg.Quality
		position
		median *torg.Energy
	}
	slots, err := list(ctx, q, func(row func(...any) error) (m metered, err error) {
		err = row(str(&m.participant), str(&m.zone), str(&m.tariff), &m.slot, &m.energy, str(&m.quality), &m.contracted, &m.inside,
			scanCost{&m.paid}, &m.median)
		return m, err
	}, `SELECT s.participant, s.zone, s.tariff, r.slot, r.energy, r.quality,
			COALESCE(p.contracted, 0), COALESCE(p.inside, 0), COALESCE(p.paid, '0'), f.q50
		FROM sites s JOIN readings r ON r.site = s.id AND r.slot >= $1 AND r.slot < $2 AND r.origin = 'ledger'
			AND r.slot > (SELECT COALESCE(MAX(last_slot), -9223372036854775807) FROM intervals)
		LEFT JOIN positions p ON p.site = r.site AND p.slot = r.slot
		LEFT JOIN forecasts f ON f.site = r.site AND f.slot = r.slot`,
		int64(first), int64(last+length)) // an interval may begin inside and end outside
	if err != nil {
		return nil, err
	}
	type place struct {
		party
		first torg.Slot
	}
	sums := map[place]*record.Settlement{}
	for _, m := range slots {
		begin := bucket(m.slot, int(length))
		if begin < first || begin >= last {
			continue
		}
		r := sums[place{m.party, begin}]
		if r == nil {
			r = &record.Settlement{First: begin, Last: m.slot, Participant: m.participant, Zone: m.zone, Tariff: m.tariff,
				Provisional: true, Origin: record.OnLedger}
			sums[place{m.party, begin}] = r
		}
		r.Last = max(r.Last, m.slot)
		r.Metered += m.energy
		r.Contracted += m.contracted
		r.InsideEnergy += m.inside
		r.Paid = r.Paid.Add(m.paid)
		r.Estimated = r.Estimated || m.quality == torg.Estimated
		if m.median != nil {
			r.ForecastError += (m.energy - *m.median).Abs()
			r.MeteredAbs += m.energy.Abs()
		}
	}
	all := make([]record.Settlement, 0, len(sums))
	book, err := ruleBook(ctx, q, g)
	if err != nil {
		return nil, err
	}
	for _, r := range sums {
		sell, buy := book.At(r.First).Prices.Class(torg.Site{Zone: r.Zone, Tariff: r.Tariff}, r.First)
		r.Imbalance = atTwoPrices(r.Metered-r.Contracted, sell, buy)
		r.Paid = r.Paid.Add(r.Imbalance)
		r.Baseline = atTwoPrices(r.Metered, sell, buy)
		all = append(all, *r)
	}
	return all, nil
}

// atTwoPrices is what net energy costs, or earns where it flows back.
func atTwoPrices(net torg.Energy, sell, buy torg.Price) torg.Cost {
	if net > 0 {
		return net.At(sell)
	}
	return net.At(buy)
}

// Savings sums Settlements for every participant that has sites, by id.
func (s *Store) Savings(ctx context.Context, from, to time.Time) (all []record.Saving, err error) {
	g := s.market.Load()
	if g == nil {
		return nil, s.fail("savings", errNotBound)
	}
	sums := map[torg.ParticipantID]*record.Saving{}
	sum := func(p torg.ParticipantID) *record.Saving {
		if sums[p] == nil {
			sums[p] = &record.Saving{Participant: p, From: from, To: to}
		}
		return sums[p]
	}
	err = s.view(ctx, "savings", func(q *sql.Tx) error {
		known, err := sites(ctx, q)
		if err != nil {
			return err
		}
		for _, site := range known {
			sum(site.Participant)
		}
		rows, err := settlements(ctx, q, *g, record.Filter{}, from, to)
		if err != nil {
			return err
		}
		for _, r := range rows {
			v := sum(r.Participant)
			v.Paid, v.Baseline = v.Paid.Add(r.Paid), v.Baseline.Add(r.Baseline)
			v.Metered, v.Inside = v.Metered+r.Metered, v.Inside+r.InsideEnergy
			v.Provisional = v.Provisional || r.Provisional
			v.Simulated = v.Simulated || r.Origin == record.Simulated
		}
		return nil
	})
	for _, v := range sums {
		all = append(all, *v)
	}
	slices.SortFunc(all, func(a, b record.Saving) int { return strings.Compare(string(a.Participant), string(b.Participant)) })
	return all, err
}
