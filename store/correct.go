package store

import (
	"context"
	"database/sql"
	"errors"

	"torg"
	"torg/record"
)

// corrected brings a settled interval's row up to a reading that takes an estimate's
// place: its energy and baseline follow from the reading, what it costs from the
// correction that was posted before it. The postings and the interval's own figures
// stay as they were. An interval that is not settled needs nothing.
func (b *block) corrected(ctx context.Context, r torg.Reading) error {
	p, err := partyOf(ctx, b, r.Site)
	if errors.Is(err, record.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var s record.Settlement
	err = b.QueryRowContext(ctx, `SELECT first_slot, last_slot, metered, paid, imbalance FROM settlements
		WHERE participant = $1 AND zone = $2 AND tariff = $3 AND first_slot <= $4 AND last_slot >= $5 AND origin = $6`,
		text(p.participant), text(p.zone), text(p.tariff), int64(r.Slot), int64(r.Slot), string(record.OnLedger)).
		Scan(&s.First, &s.Last, &s.Metered, scanCost{&s.Paid}, scanCost{&s.Imbalance})
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	err = b.exec(ctx, `INSERT INTO corrections (slot, site, height) VALUES ($1, $2, $3) ON CONFLICT (slot, site) DO NOTHING`,
		int64(r.Slot), text(r.Site), b.height)
	if err != nil {
		return err
	}
	var estimate torg.Energy
	err = b.QueryRowContext(ctx, `SELECT energy FROM readings WHERE site = $1 AND slot = $2`, text(r.Site), int64(r.Slot)).Scan(&estimate)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	// The reading counts from here on, so that what is summed below sees it.
	err = b.exec(ctx, `UPDATE readings SET energy = $1, quality = $2 WHERE site = $3 AND slot = $4`,
		int64(r.Energy), text(r.Quality), text(r.Site), int64(r.Slot))
	if err != nil {
		return err
	}
	sums, err := intervalSums(ctx, b, s.First, s.Last)
	if err != nil {
		return err
	}
	var estimates int
	err = b.QueryRowContext(ctx, `SELECT COUNT(*) FROM sites s JOIN readings r ON r.site = s.id AND r.slot BETWEEN $1 AND $2
		WHERE s.participant = $3 AND s.zone = $4 AND s.tariff = $5 AND r.quality = $6`,
		int64(s.First), int64(s.Last), text(p.participant), text(p.zone), text(p.tariff), string(torg.Estimated)).Scan(&estimates)
	if err != nil {
		return err
	}
	cost := b.correct[p.participant.Account()]
	delete(b.correct, p.participant.Account())
	book, err := ruleBook(ctx, b, b.rules)
	if err != nil {
		return err
	}
	sell, buy := book.At(s.First).Prices.Class(torg.Site{Zone: p.zone, Tariff: p.tariff}, s.First)
	s.Metered += r.Energy - estimate
	return b.exec(ctx, `UPDATE settlements SET metered = $1, paid = $2, imbalance = $3, baseline = $4, estimated = $5,
		forecast_error = $6, metered_abs = $7 WHERE first_slot = $8 AND participant = $9 AND zone = $10 AND tariff = $11`,
		int64(s.Metered), s.Paid.Add(cost).String(), s.Imbalance.Add(cost).String(), atTwoPrices(s.Metered, sell, buy).String(),
		estimates > 0, int64(sums[p].forecastError), int64(sums[p].meteredAbs),
		int64(s.First), text(p.participant), text(p.zone), text(p.tariff))
}
