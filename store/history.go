package store

import (
	"context"
	"fmt"
	"time"

	"torg"
	"torg/record"
)

// History is generated history: on no balance, not on the ledger, and marked as
// such wherever it is shown.
type History struct {
	Sessions    []record.Session // Slot, State, Prices and Flows count; the rest is summed from the contracts
	Contracts   []torg.Contract  // each of one of the sessions
	Readings    []torg.Reading
	Forecasts   []Forecast
	Settlements []record.Settlement // First and Last count, Start and End do not
}

// PutHistory loads generated history in the place of what was loaded before. Its
// slots must end before the ledger's first session.
func (s *Store) PutHistory(ctx context.Context, h History) error {
	if _, err := s.calendar(); err != nil {
		return err
	}
	return s.update(ctx, "history", func(t *tx) error {
		for _, statement := range forgetHistory {
			if err := t.exec(ctx, statement); err != nil {
				return err
			}
		}
		if err := h.before(ctx, t); err != nil {
			return err
		}
		if err := h.putSessions(ctx, t); err != nil {
			return err
		}
		return h.putSeries(ctx, t)
	})
}

var forgetHistory = []string{
	`DELETE FROM readings WHERE origin = 'simulated'`,
	`DELETE FROM forecasts WHERE origin = 'simulated'`,
	`DELETE FROM settlements WHERE origin = 'simulated'`,
	`DELETE FROM positions WHERE slot IN (SELECT slot FROM sessions WHERE origin = 'simulated')`,
	`DELETE FROM contracts WHERE slot IN (SELECT slot FROM sessions WHERE origin = 'simulated')`,
	`DELETE FROM prices WHERE slot IN (SELECT slot FROM sessions WHERE origin = 'simulated')`,
	`DELETE FROM flows WHERE slot IN (SELECT slot FROM sessions WHERE origin = 'simulated')`,
	`DELETE FROM rounds WHERE slot IN (SELECT slot FROM sessions WHERE origin = 'simulated')`,
	`DELETE FROM sessions WHERE origin = 'simulated'`,
}

// before refuses history that reaches into the ledger's time.
func (h History) before(ctx context.Context, t *tx) error {
	var first *int64
	if err := t.QueryRowContext(ctx, `SELECT MIN(slot) FROM sessions WHERE origin = 'ledger'`).Scan(&first); err != nil || first == nil {
		return err
	}
	for _, s := range h.Sessions {
		if int64(s.Slot) >= *first {
			return fmt.Errorf("slot %d is generated, but the ledger's sessions begin at slot %d", s.Slot, *first)
		}
	}
	return nil
}

func (h History) putSessions(ctx context.Context, t *tx) error {
	bySlot := map[torg.Slot][]torg.Contract{}
	for _, c := range h.Contracts {
		bySlot[c.Slot] = append(bySlot[c.Slot], c)
	}
	var sessions, prices, flows, rounds, contracts, positions [][]any
	for _, session := range h.Sessions {
		delivered := session.State == record.Settled
		sessions = append(sessions, []any{int64(session.Slot), text(session.State), string(record.Simulated), int64(0), delivered, int64(0), false})
		n := map[int]int64{}
		for _, p := range session.Prices {
			prices = append(prices, []any{int64(session.Slot), int64(p.Discovery), n[p.Discovery], text(p.Zone), int64(p.Price), nil, nil})
			n[p.Discovery]++
		}
		for i, f := range session.Flows {
			flows = append(flows, []any{int64(session.Slot), int64(f.Discovery), int64(i), text(f.From), text(f.To), int64(f.Energy)})
		}
		own := bySlot[session.Slot]
		if len(own) == 0 {
			continue
		}
		delete(bySlot, session.Slot)
		rounds = append(rounds, roundRows(own)...)
		place := map[int]int{}
		for _, c := range own {
			place[c.Discovery]++
			contracts = append(contracts, contractValues(c, place[c.Discovery], 0))
		}
		net := map[torg.SiteID]position{}
		addPositions(net, own)
		positions = append(positions, positionRows(session.Slot, net)...)
	}
	if len(bySlot) > 0 {
		return fmt.Errorf("%d slots have contracts but no session", len(bySlot))
	}
	for _, load := range []struct {
		table, columns string
		rows           [][]any
	}{
		{"sessions", "slot, state, origin, height, delivered, active_after, noted", sessions},
		{"prices", priceColumns, prices},
		{"flows", flowColumns, flows},
		{"rounds", "slot, discovery, round, contracts, energy", rounds},
		{"contracts", contractColumns, contracts},
		{"positions", positionColumns, positions},
	} {
		if err := t.insert(ctx, load.table, load.columns, load.rows); err != nil {
			return err
		}
	}
	return nil
}

// putSeries writes readings, forecasts and settlements. A reading or forecast of the
// ledger's time stays.
func (h History) putSeries(ctx context.Context, t *tx) error {
	var readings [][]any
	for _, r := range h.Readings {
		readings = append(readings, []any{text(r.Site), int64(r.Slot), int64(r.Energy), text(r.Quality), string(record.Simulated), int64(0)})
	}
	if err := t.insertOr(ctx, "readings", readingColumns, readings, `ON CONFLICT (site, slot) DO NOTHING`); err != nil {
		return err
	}
	forecasts := forecastRows(h.Forecasts, maxSlot, record.Simulated)
	if err := t.insertOr(ctx, "forecasts", forecastColumns, forecasts, `ON CONFLICT (site, slot) DO NOTHING`); err != nil {
		return err
	}
	var settlements [][]any
	for _, s := range h.Settlements {
		s.Origin = record.Simulated
		settlements = append(settlements, settlementValues(s))
	}
	return t.insert(ctx, "settlements", settlementColumns, settlements)
}

// maxSlot stands for a forecast that was made for its own slot only.
const maxSlot = torg.Slot(1<<63 - 1)

// HistoryEnd returns when the generated history ends: the end of its last session's
// slot, or the zero time where there is none.
func (s *Store) HistoryEnd(ctx context.Context) (end time.Time, err error) {
	cal, err := s.calendar()
	if err != nil {
		return end, err
	}
	var last *torg.Slot
	err = s.read.QueryRowContext(ctx, `SELECT MAX(slot) FROM sessions WHERE origin = 'simulated'`).Scan(&last)
	if err == nil && last != nil {
		end = cal.End(*last)
	}
	return end, s.fail("history", err)
}
