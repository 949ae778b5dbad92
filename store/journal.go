package store

import (
	"context"
	"database/sql"
	"fmt"

	"torg"
	"torg/record"
)

// number gives out n ids of an append-only table and returns the first. Two
// programs on one server never get the same.
func (t *tx) number(ctx context.Context, table string, n int) (first int64, err error) {
	var last int64
	err = t.QueryRowContext(ctx, `UPDATE counters SET last = last + $1 WHERE name = $2 RETURNING last`, n, table).Scan(&last)
	return last - int64(n) + 1, err
}

// PutMessages logs messages; their ids are given here. Only the newest ones are
// kept, DefaultMessages or as many as LimitMessages says.
func (s *Store) PutMessages(ctx context.Context, messages []record.Message) error {
	if len(messages) == 0 {
		return nil
	}
	return s.update(ctx, "messages", func(t *tx) error {
		id, err := t.number(ctx, "messages", len(messages))
		if err != nil {
			return err
		}
		var rows [][]any
		for i, m := range messages {
			rows = append(rows, []any{id + int64(i), m.Time.UnixMicro(), text(m.Session), text(m.Kind), text(m.Performative),
				text(m.From), text(m.To), text(m.Text), table(m.Args), text(m.Ref), m.Height})
		}
		if err := t.insert(ctx, "messages", messageColumns, rows); err != nil {
			return err
		}
		last := id + int64(len(messages)) - 1
		return t.exec(ctx, `DELETE FROM messages WHERE id <= $1`, last-int64(s.messages))
	})
}

const messageColumns = "id, time, session, kind, performative, sender, receiver, text, args, ref, height"

// Messages returns messages, the last one logged first. Participant matches what
// the participant or one of its sites sent or got.
func (s *Store) Messages(ctx context.Context, f record.Filter, p record.Page) (all []record.Message, next string, err error) {
	pg, err := readPage(p, 1)
	if err != nil {
		return nil, "", err
	}
	w := &where{}
	w.after(pg, "id")
	if f.Session != "" {
		w.and("session = ?", text(f.Session))
	}
	if f.Kind != "" {
		w.and("kind = ?", text(f.Kind))
	}
	if f.Site != "" {
		w.and("(sender = ? OR receiver = ?)", text(f.Site), text(f.Site))
	}
	err = s.view(ctx, "messages", func(q *sql.Tx) error {
		if f.Participant != "" {
			ids, err := parts(ctx, q, f.Participant)
			if err != nil {
				return err
			}
			w.and("(sender IN "+marks(len(ids))+" OR receiver IN "+marks(len(ids))+")", append(ids, ids...)...)
		}
		all, err = list(ctx, q, func(row func(...any) error) (m record.Message, err error) {
			err = row(&m.ID, scanTime{&m.Time}, str(&m.Session), str(&m.Kind), str(&m.Performative), str(&m.From), str(&m.To),
				str(&m.Text), scanJSON[map[string]string]{&m.Args}, str(&m.Ref), &m.Height)
			return m, err
		}, `SELECT `+messageColumns+` FROM messages WHERE `+w.String()+` ORDER BY id DESC LIMIT `+w.value(pg.limit+1), w.args...)
		return err
	})
	all, next = cut(all, pg, func(m record.Message) []int64 { return []int64{m.ID} })
	return all, next, err
}

// parts returns a participant's id and those of its sites.
func parts(ctx context.Context, q querier, p torg.ParticipantID) ([]any, error) {
	all, err := sites(ctx, q)
	ids := []any{text(p)}
	for _, site := range all {
		if site.Participant == p {
			ids = append(ids, text(site.ID))
		}
	}
	return ids, err
}

// PutDecisions adds entries to the agents' journal; their ids are given here.
func (s *Store) PutDecisions(ctx context.Context, decisions []record.Decision) error {
	if len(decisions) == 0 {
		return nil
	}
	return s.update(ctx, "decisions", func(t *tx) error {
		id, err := t.number(ctx, "decisions", len(decisions))
		if err != nil {
			return err
		}
		var rows [][]any
		for i, d := range decisions {
			if d.Origin == "" {
				return fmt.Errorf("decision %d of site %q has no origin", i, d.Site)
			}
			rows = append(rows, []any{id + int64(i), d.Time.UnixMicro(), text(d.Session), text(d.Site), int64(d.Discovery),
				text(d.Strategy), d.Fallback, d.Ordered, int64(d.Side), int64(d.Energy), int64(d.Limit), d.Quantile,
				text(d.Reason), table(d.Args), text(d.Origin)})
		}
		return t.insert(ctx, "decisions", decisionColumns, rows)
	})
}

const decisionColumns = "id, time, session, site, discovery, strategy, fallback, ordered, side, energy, limit_price, " +
	"quantile, reason, args, origin"

// Decisions returns the journal, the last entry first.
func (s *Store) Decisions(ctx context.Context, f record.Filter, p record.Page) (all []record.Decision, next string, err error) {
	pg, err := readPage(p, 1)
	if err != nil {
		return nil, "", err
	}
	w := &where{}
	w.after(pg, "id")
	if f.Session != "" {
		w.and("session = ?", text(f.Session))
	}
	if f.Site != "" {
		w.and("site = ?", text(f.Site))
	}
	if f.Origin != "" {
		w.and("origin = ?", text(f.Origin))
	}
	err = s.view(ctx, "decisions", func(q *sql.Tx) error {
		if f.Participant != "" {
			ids, err := parts(ctx, q, f.Participant)
			if err != nil {
				return err
			}
			w.and("site IN "+marks(len(ids)), ids...)
		}
		all, err = list(ctx, q, func(row func(...any) error) (d record.Decision, err error) {
			err = row(&d.ID, scanTime{&d.Time}, str(&d.Session), str(&d.Site), &d.Discovery, str(&d.Strategy), &d.Fallback, &d.Ordered,
				&d.Side, &d.Energy, &d.Limit, &d.Quantile, str(&d.Reason), scanJSON[map[string]string]{&d.Args}, str(&d.Origin))
			return d, err
		}, `SELECT `+decisionColumns+` FROM decisions WHERE `+w.String()+` ORDER BY id DESC LIMIT `+w.value(pg.limit+1), w.args...)
		return err
	})
	all, next = cut(all, pg, func(d record.Decision) []int64 { return []int64{d.ID} })
	return all, next, err
}
