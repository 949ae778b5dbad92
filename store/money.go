package store

import (
	"context"
	"maps"
	"slices"

	"torg"
	"torg/ledger"
	"torg/record"
)

// readings writes readings; a later one of a site and slot takes the place of an
// estimate or of a generated one.
func (b *block) readings(ctx context.Context, events []ledger.Event) error {
	type place struct {
		site torg.SiteID
		slot torg.Slot
	}
	at := map[place]int{}
	var rows [][]any
	for _, e := range events {
		r := e.Reading
		if r.Replaces {
			if err := b.corrected(ctx, r.Reading); err != nil {
				return err
			}
		}
		row := []any{text(r.Site), int64(r.Slot), int64(r.Energy), text(r.Quality), string(record.OnLedger), b.height}
		if i, again := at[place{r.Site, r.Slot}]; again {
			rows[i] = row
			continue
		}
		at[place{r.Site, r.Slot}] = len(rows)
		rows = append(rows, row)
	}
	return b.insertOr(ctx, "readings", readingColumns, rows,
		`ON CONFLICT (site, slot) DO UPDATE SET energy = excluded.energy, quality = excluded.quality,
			origin = excluded.origin, height = excluded.height`)
}

const readingColumns = "site, slot, energy, quality, origin, height"

const settlementColumns = "first_slot, last_slot, participant, zone, tariff, metered, contracted, paid, baseline, " +
	"imbalance, residual, inside, estimated, forecast_error, metered_abs, origin"

func settlementValues(s record.Settlement) []any {
	return []any{int64(s.First), int64(s.Last), text(s.Participant), text(s.Zone), text(s.Tariff), int64(s.Metered),
		int64(s.Contracted), s.Paid.String(), s.Baseline.String(), s.Imbalance.String(), s.Residual.String(),
		int64(s.InsideEnergy), s.Estimated, int64(s.ForecastError), int64(s.MeteredAbs), string(s.Origin)}
}

// settled writes a settled interval. Energy traded inside and the forecasts' error
// are summed from the rows of its slots.
func (b *block) settled(ctx context.Context, e ledger.Settled) error {
	err := b.insertOr(ctx, "intervals", "first_slot, last_slot, connection, invoice, residual, height",
		[][]any{{int64(e.First), int64(e.Last), int64(e.Connection), e.Invoice.String(), e.Residual.String(), b.height}},
		`ON CONFLICT (first_slot) DO UPDATE SET connection = excluded.connection, invoice = excluded.invoice,
			residual = excluded.residual, height = excluded.height`)
	if err != nil {
		return err
	}
	sums, err := intervalSums(ctx, b, e.First, e.Last)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, p := range e.Parties {
		sum := sums[party{p.Participant, p.Zone, p.Tariff}]
		rows = append(rows, settlementValues(record.Settlement{
			First: e.First, Last: e.Last, Participant: p.Participant, Zone: p.Zone, Tariff: p.Tariff,
			Metered: p.Metered, Contracted: p.Contracted, Paid: p.Paid, Baseline: p.Baseline,
			Imbalance: p.Imbalance, Residual: p.Residual, Estimated: p.Estimated, Origin: record.OnLedger,
			InsideEnergy: sum.inside, ForecastError: sum.forecastError, MeteredAbs: sum.meteredAbs,
		}))
	}
	err = b.insertOr(ctx, "settlements", settlementColumns, rows,
		`ON CONFLICT (first_slot, participant, zone, tariff) DO UPDATE SET last_slot = excluded.last_slot,
			metered = excluded.metered, contracted = excluded.contracted, paid = excluded.paid, baseline = excluded.baseline,
			imbalance = excluded.imbalance, residual = excluded.residual, inside = excluded.inside, estimated = excluded.estimated,
			forecast_error = excluded.forecast_error, metered_abs = excluded.metered_abs, origin = excluded.origin`)
	if err != nil {
		return err
	}
	return b.exec(ctx, `UPDATE sessions SET state = $1, delivered = TRUE
		WHERE slot BETWEEN $2 AND $3 AND origin = $4 AND state <> $5`,
		string(record.Settled), int64(e.First), int64(e.Last), string(record.OnLedger), string(record.Missed))
}

// A party is a participant's sites of one zone and tariff class.
type party struct {
	participant torg.ParticipantID
	zone        torg.ZoneID
	tariff      torg.TariffID
}

type partySums struct {
	party
	inside, forecastError, meteredAbs torg.Energy
}

// intervalSums sums, by party, the energy traded inside in the slots first to last,
// and over the slots with a reading and a forecast how far off its median was and
// the reading's size, so that their ratio is a weighted absolute percentage error.
func intervalSums(ctx context.Context, q querier, first, last torg.Slot) (map[party]partySums, error) {
	scan := func(row func(...any) error) (p partySums, err error) {
		err = row(str(&p.participant), str(&p.zone), str(&p.tariff), &p.inside, &p.forecastError, &p.meteredAbs)
		return p, err
	}
	all, err := list(ctx, q, scan, `SELECT s.participant, s.zone, s.tariff, CAST(SUM(p.inside) AS BIGINT), 0, 0
		FROM sites s JOIN positions p ON p.site = s.id AND p.slot BETWEEN $1 AND $2
		GROUP BY s.participant, s.zone, s.tariff`, int64(first), int64(last))
	if err != nil {
		return nil, err
	}
	scored, err := list(ctx, q, scan, `SELECT s.participant, s.zone, s.tariff, 0,
		CAST(SUM(ABS(r.energy - f.q50)) AS BIGINT), CAST(SUM(ABS(r.energy)) AS BIGINT)
		FROM sites s JOIN readings r ON r.site = s.id AND r.slot BETWEEN $1 AND $2
		JOIN forecasts f ON f.site = r.site AND f.slot = r.slot
		GROUP BY s.participant, s.zone, s.tariff`, int64(first), int64(last))
	if err != nil {
		return nil, err
	}
	sums := map[party]partySums{}
	for _, p := range append(all, scored...) {
		s := sums[p.party]
		sums[p.party] = partySums{p.party, s.inside + p.inside, s.forecastError + p.forecastError, s.meteredAbs + p.meteredAbs}
	}
	return sums, nil
}

// month writes a month's no_worse settlement.
func (b *block) month(ctx context.Context, m ledger.MonthClosed) error {
	n := b.n + 1
	err := b.insert(ctx, "months", "height, n, month, partial", [][]any{{b.height, n, text(m.Month), m.Partial}})
	if err != nil {
		return err
	}
	var rows [][]any
	for _, p := range m.Balances {
		rows = append(rows, []any{b.height, n, text(p.Participant), p.Paid.String(), p.Baseline.String(),
			p.Eligible.String(), p.TopUp.String()})
	}
	return b.insert(ctx, "month_balances", "height, n, participant, paid, baseline, eligible, top_up", rows)
}

// postings writes postings and the balances they make.
func (b *block) postings(ctx context.Context, events []ledger.Event) error {
	var rows [][]any
	moved := map[torg.Account]torg.Cost{}
	for i, e := range events {
		p := e.Posting
		rows = append(rows, []any{b.height, b.n + 1 + int64(i), int64(p.Slot), text(p.Kind), text(p.From), text(p.To),
			p.Amount.String(), text(p.Contract)})
		moved[p.From] = moved[p.From].Sub(p.Amount)
		moved[p.To] = moved[p.To].Add(p.Amount)
		if p.Kind == torg.PostCorrection {
			b.correct[p.From] = b.correct[p.From].Add(p.Amount)
			b.correct[p.To] = b.correct[p.To].Sub(p.Amount)
		}
	}
	if err := b.insert(ctx, "postings", "height, n, slot, kind, from_account, to_account, amount, contract", rows); err != nil {
		return err
	}
	accounts := slices.Sorted(maps.Keys(moved))
	var after [][]any
	for _, a := range accounts {
		before, _, err := balance(ctx, b, a)
		if err != nil {
			return err
		}
		after = append(after, []any{text(a), before.Add(moved[a]).String()})
	}
	return b.insertOr(ctx, "accounts", "account, balance", after,
		`ON CONFLICT (account) DO UPDATE SET balance = excluded.balance`)
}
