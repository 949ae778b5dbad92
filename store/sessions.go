package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"torg"
	"torg/record"
)

// MarkOpen makes a session's row before any block speaks of it.
func (s *Store) MarkOpen(ctx context.Context, session string) error {
	return s.note(ctx, session, 0)
}

// SetActiveAfter records how long after the first gate a session's contracts were
// committed, by this machine's clock.
func (s *Store) SetActiveAfter(ctx context.Context, session string, d time.Duration) error {
	return s.note(ctx, session, d)
}

func (s *Store) note(ctx context.Context, session string, activeAfter time.Duration) error {
	slot, err := s.slotOf(session)
	if err != nil {
		return err
	}
	return s.update(ctx, "session "+session, func(t *tx) error {
		if err := takeOver(ctx, t, slot, true); err != nil || activeAfter == 0 {
			return err
		}
		return t.exec(ctx, `UPDATE sessions SET active_after = $1 WHERE slot = $2`, activeAfter.Microseconds(), int64(slot))
	})
}

func (s *Store) slotOf(session string) (torg.Slot, error) {
	cal, err := s.calendar()
	if err != nil {
		return 0, err
	}
	slot, err := cal.SlotOf(session)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", err, record.ErrNotFound)
	}
	return slot, nil
}

// Sessions returns sessions, newest slot first.
func (s *Store) Sessions(ctx context.Context, p record.Page) (all []record.Session, next string, err error) {
	pg, err := readPage(p, 1)
	if err != nil {
		return nil, "", err
	}
	w := &where{}
	w.after(pg, "slot")
	err = s.view(ctx, "sessions", func(q *sql.Tx) error {
		all, err = s.sessions(ctx, q, w, pg.limit+1)
		return err
	})
	all, next = cut(all, pg, func(s record.Session) []int64 { return []int64{int64(s.Slot)} })
	return all, next, err
}

// Session returns one session, or record.ErrNotFound.
func (s *Store) Session(ctx context.Context, id string) (record.Session, error) {
	slot, err := s.slotOf(id)
	if err != nil {
		return record.Session{}, err
	}
	w := &where{}
	w.and("slot = ?", int64(slot))
	var all []record.Session
	err = s.view(ctx, "session", func(q *sql.Tx) error {
		all, err = s.sessions(ctx, q, w, 1)
		return err
	})
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("session %q: %w", id, record.ErrNotFound)
	}
	if err != nil {
		return record.Session{}, err
	}
	return all[0], nil
}

func (s *Store) sessions(ctx context.Context, q querier, w *where, limit int) ([]record.Session, error) {
	cal, err := s.calendar()
	if err != nil {
		return nil, err
	}
	all, err := list(ctx, q, func(row func(...any) error) (r record.Session, err error) {
		var us int64
		err = row(&r.Slot, str(&r.State), str(&r.Origin), &r.LedgerHeight, &us)
		r.ID, r.SlotStart, r.ActiveAfter = cal.Session(r.Slot), cal.Start(r.Slot), time.Duration(us)*time.Microsecond
		return r, err
	}, `SELECT slot, state, origin, height, active_after FROM sessions WHERE `+w.String()+
		` ORDER BY slot DESC LIMIT `+w.value(limit), w.args...)
	if err != nil || len(all) == 0 {
		return all, err
	}
	at := make(map[torg.Slot]*record.Session, len(all))
	for i := range all {
		at[all[i].Slot] = &all[i]
	}
	newest, oldest := int64(all[0].Slot), int64(all[len(all)-1].Slot)
	type rounded struct {
		slot torg.Slot
		record.Round
	}
	rounds, err := list(ctx, q, func(row func(...any) error) (r rounded, err error) {
		err = row(&r.slot, &r.Round.Round, &r.Contracts, &r.Energy)
		return r, err
	}, `SELECT slot, round, CAST(SUM(contracts) AS BIGINT), CAST(SUM(energy) AS BIGINT) FROM rounds
		WHERE slot BETWEEN $1 AND $2 GROUP BY slot, round ORDER BY slot, round`, oldest, newest)
	if err != nil {
		return nil, err
	}
	for _, r := range rounds {
		if session := at[r.slot]; session != nil {
			session.Rounds = append(session.Rounds, r.Round)
		}
	}
	type priced struct {
		slot torg.Slot
		record.Price
	}
	prices, err := list(ctx, q, func(row func(...any) error) (p priced, err error) {
		err = row(&p.slot, &p.Discovery, str(&p.Zone), &p.Price.Price)
		return p, err
	}, `SELECT slot, discovery, zone, price FROM prices WHERE slot BETWEEN $1 AND $2 ORDER BY slot, discovery, n`, oldest, newest)
	for _, p := range prices {
		if session := at[p.slot]; session != nil {
			session.Prices = append(session.Prices, p.Price)
		}
	}
	if err != nil {
		return nil, err
	}
	return all, network(ctx, q, at, oldest, newest)
}

// network adds what sessions sent over lines and what that left between buyers and
// sellers.
func network(ctx context.Context, q querier, at map[torg.Slot]*record.Session, oldest, newest int64) error {
	type flowed struct {
		slot torg.Slot
		record.Flow
	}
	flows, err := list(ctx, q, func(row func(...any) error) (f flowed, err error) {
		err = row(&f.slot, &f.Discovery, str(&f.From), str(&f.To), &f.Energy)
		return f, err
	}, `SELECT slot, discovery, from_zone, to_zone, energy FROM flows WHERE slot BETWEEN $1 AND $2 ORDER BY slot, discovery, n`, oldest, newest)
	if err != nil {
		return err
	}
	for _, f := range flows {
		if session := at[f.slot]; session != nil {
			session.Flows = append(session.Flows, f.Flow)
		}
	}
	// Of generated history there are contracts and no clearings.
	gaps, err := list(ctx, q, func(row func(...any) error) (g gap, err error) {
		err = row(&g.slot, scanCost{&g.cost}, &g.energy, &g.buyer, &g.seller)
		return g, err
	}, `SELECT slot, network, 0, 0, 0 FROM clearings WHERE slot BETWEEN $1 AND $2
		UNION ALL SELECT c.slot, '0', c.energy, c.buyer_price, c.seller_price FROM contracts c JOIN sessions s ON s.slot = c.slot
		WHERE c.slot BETWEEN $3 AND $4 AND s.origin = 'simulated' AND c.buyer_price <> c.seller_price`, oldest, newest, oldest, newest)
	for _, g := range gaps {
		if session := at[g.slot]; session != nil {
			session.Network = session.Network.Add(g.cost).Add(g.energy.At(g.buyer)).Sub(g.energy.At(g.seller))
		}
	}
	return err
}

// gap is what a discovery or a contract leaves between buyers and sellers.
type gap struct {
	slot          torg.Slot
	cost          torg.Cost
	energy        torg.Energy
	buyer, seller torg.Price
}

// Clearing is what a discovery made of the grid.
type Clearing struct {
	Discovery              int
	Missed                 bool // it did not come in time, and the rest is empty
	Import, Export         torg.Energy
	ImportFull, ExportFull bool
	Welfare, Network       torg.Cost
	Flows                  []Flow
	Height                 int64
}

// Flow is the net energy over a line, in the direction from From to To.
type Flow struct {
	From, To torg.ZoneID
	Energy   torg.Energy
}

// Clearings returns a session's discoveries, the first one first.
func (s *Store) Clearings(ctx context.Context, session string) (all []Clearing, err error) {
	slot, err := s.slotOf(session)
	if err != nil {
		return nil, err
	}
	err = s.view(ctx, "clearings", func(q *sql.Tx) error {
		all, err = list(ctx, q, func(row func(...any) error) (c Clearing, err error) {
			err = row(&c.Discovery, &c.Missed, &c.Import, &c.Export, &c.ImportFull, &c.ExportFull,
				scanCost{&c.Welfare}, scanCost{&c.Network}, &c.Height)
			return c, err
		}, `SELECT discovery, missed, import_wh, export_wh, import_full, export_full, welfare, network, height
			FROM clearings WHERE slot = $1 ORDER BY discovery`, int64(slot))
		if err != nil {
			return err
		}
		for i := range all {
			all[i].Flows, err = list(ctx, q, func(row func(...any) error) (f Flow, err error) {
				err = row(str(&f.From), str(&f.To), &f.Energy)
				return f, err
			}, `SELECT from_zone, to_zone, energy FROM flows WHERE slot = $1 AND discovery = $2 ORDER BY n`,
				int64(slot), all[i].Discovery)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}
