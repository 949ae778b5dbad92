package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"torg"
	"torg/record"
)

// Forecast is the forecast of a site's net energy in a slot, consumption plus: its
// median and the band that holds four readings of five.
type Forecast struct {
	Site          torg.SiteID
	Slot          torg.Slot
	Q10, Q50, Q90 torg.Energy
}

// PutForecasts writes forecasts that were made in a session: for its own slot and
// any later ones. A newer session's forecast of a slot replaces an older one's.
func (s *Store) PutForecasts(ctx context.Context, session string, forecasts []Forecast) error {
	made, err := s.slotOf(session)
	if err != nil {
		return err
	}
	for _, f := range forecasts {
		if f.Slot < made {
			return s.fail("forecasts", fmt.Errorf("site %s: slot %d is before session %s that made it", f.Site, f.Slot, session))
		}
	}
	return s.update(ctx, "forecasts", func(t *tx) error {
		return t.insertOr(ctx, "forecasts", forecastColumns, forecastRows(forecasts, made, record.OnLedger),
			`ON CONFLICT (site, slot) DO UPDATE SET made = excluded.made, q10 = excluded.q10, q50 = excluded.q50,
				q90 = excluded.q90, origin = excluded.origin WHERE excluded.made >= forecasts.made`)
	})
}

const forecastColumns = "site, slot, made, q10, q50, q90, origin"

// forecastRows keeps the last forecast of each site and slot.
func forecastRows(forecasts []Forecast, made torg.Slot, origin record.Origin) [][]any {
	type place struct {
		site torg.SiteID
		slot torg.Slot
	}
	at := make(map[place]int, len(forecasts))
	rows := make([][]any, 0, len(forecasts))
	for _, f := range forecasts {
		row := []any{text(f.Site), int64(f.Slot), int64(min(made, f.Slot)), int64(f.Q10), int64(f.Q50), int64(f.Q90), string(origin)}
		if i, again := at[place{f.Site, f.Slot}]; again {
			rows[i] = row
			continue
		}
		at[place{f.Site, f.Slot}] = len(rows)
		rows = append(rows, row)
	}
	return rows
}

// slotsOf lists a site's slots that have a reading, a forecast or a contract. The
// values of its parameters are the site and the bounds, three times.
const slotsOf = `SELECT slot, MAX(energy) AS energy, MAX(quality) AS quality, MAX(origin) AS origin,
	MAX(q10) AS q10, MAX(q50) AS q50, MAX(q90) AS q90, MAX(contracted) AS contracted FROM (
		SELECT slot, energy, quality, origin, CAST(NULL AS BIGINT) AS q10, CAST(NULL AS BIGINT) AS q50,
			CAST(NULL AS BIGINT) AS q90, CAST(NULL AS BIGINT) AS contracted
			FROM readings WHERE site = $1 AND slot >= $2 AND slot < $3
		UNION ALL SELECT slot, NULL, NULL, NULL, q10, q50, q90, NULL
			FROM forecasts WHERE site = $4 AND slot >= $5 AND slot < $6
		UNION ALL SELECT slot, NULL, NULL, NULL, NULL, NULL, NULL, contracted
			FROM positions WHERE site = $7 AND slot >= $8 AND slot < $9
	) AS parts GROUP BY slot`

// Readings returns a site's slots from from to before to, newest first: each one
// that has a reading, a forecast or a contract.
func (s *Store) Readings(ctx context.Context, site torg.SiteID, from, to torg.Slot) ([]record.Reading, error) {
	return s.ReadingsBucketed(ctx, site, from, to, 1)
}

// ReadingsBucketed is Readings with slots added up in buckets of n, counted from the
// epoch; a bucket has the slot it begins with and the worst quality in it. Gaps are
// not filled: a bucket has energy only where each of its slots was read, and a band
// only where each was forecast. The sum of quantiles is wider than the quantile of
// the sum, so a bucket's band errs on the wide side.
func (s *Store) ReadingsBucketed(ctx context.Context, site torg.SiteID, from, to torg.Slot, n int) ([]record.Reading, error) {
	cal, err := s.calendar()
	if err != nil {
		return nil, err
	}
	if n < 1 {
		return nil, s.fail("readings", fmt.Errorf("a bucket of %d slots", n))
	}
	type slot struct {
		slot            torg.Slot
		energy          *torg.Energy
		quality, origin sql.NullString
		q10, q50, q90   *torg.Energy
		contracted      *torg.Energy
	}
	var slots []slot
	err = s.view(ctx, "readings", func(q *sql.Tx) error {
		slots, err = list(ctx, q, func(row func(...any) error) (r slot, err error) {
			err = row(&r.slot, &r.energy, &r.quality, &r.origin, &r.q10, &r.q50, &r.q90, &r.contracted)
			return r, err
		}, slotsOf+` ORDER BY slot DESC`,
			text(site), int64(from), int64(to), text(site), int64(from), int64(to), text(site), int64(from), int64(to))
		return err
	})
	var all []record.Reading
	for i := 0; i < len(slots); {
		start := bucket(slots[i].slot, n)
		r := record.Reading{Site: site, Slot: start, Start: cal.Start(start), Origin: record.OnLedger}
		var energy, q10, q50, q90 tally
		for ; i < len(slots) && bucket(slots[i].slot, n) == start; i++ {
			sl := slots[i]
			energy.add(sl.energy)
			q10.add(sl.q10)
			q50.add(sl.q50)
			q90.add(sl.q90)
			if sl.contracted != nil {
				r.Contracted += *sl.contracted
			}
			r.Quality = worse(r.Quality, torg.Quality(sl.quality.String))
			if sl.origin.String == string(record.Simulated) {
				r.Origin = record.Simulated
			}
		}
		r.Energy, r.Q10, r.Q50, r.Q90 = energy.of(n), q10.of(n), q50.of(n), q90.of(n)
		all = append(all, r)
	}
	return all, err
}

// bucket returns the first slot of the bucket of n that s lies in.
func bucket(s torg.Slot, n int) torg.Slot {
	r := s % torg.Slot(n)
	if r < 0 {
		r += torg.Slot(n)
	}
	return s - r
}

// A tally adds up what is there.
type tally struct {
	sum torg.Energy
	n   int
}

func (t *tally) add(e *torg.Energy) {
	if e != nil {
		t.sum, t.n = t.sum+*e, t.n+1
	}
}

// of returns the sum where nothing of n is missing.
func (t *tally) of(n int) *torg.Energy {
	if t.n < n {
		return nil
	}
	return &t.sum
}

// qualities from the best to the worst.
var qualities = []torg.Quality{"", torg.Measured, torg.Derived, torg.Estimated, torg.Simulated}

func worse(a, b torg.Quality) torg.Quality {
	if slices.Index(qualities, b) > slices.Index(qualities, a) {
		return b
	}
	return a
}

func sortBy[T any, K cmp.Ordered](all []T, key func(T) K) {
	slices.SortStableFunc(all, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
}
