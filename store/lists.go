package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"torg"
	"torg/record"
)

// narrow adds what a filter says about session and origin; it returns false where
// no row can match.
func (s *Store) narrow(w *where, f record.Filter, slotColumn string) (bool, error) {
	if f.Session != "" {
		slot, err := s.slotOf(f.Session)
		if errors.Is(err, record.ErrNotFound) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		w.and(slotColumn+" = ?", int64(slot))
	}
	return true, nil
}

// owner returns the participant of a site, "" for an unknown one.
func owner(ctx context.Context, q querier, site torg.SiteID) (p torg.ParticipantID, err error) {
	err = q.QueryRowContext(ctx, `SELECT participant FROM sites WHERE id = $1
		UNION ALL SELECT participant FROM site_settings WHERE site = $2 LIMIT 1`, text(site), text(site)).Scan(str(&p))
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return p, err
}

// keyed is a row with the number that its page's key needs beside what it shows.
type keyed[T any] struct {
	row T
	n   int64
}

func rowsOf[T any](all []keyed[T]) []T {
	var rows []T
	for _, k := range all {
		rows = append(rows, k.row)
	}
	return rows
}

const contractRow = `c.slot, c.discovery, c.n, c.id, c.round, c.buy_order, c.sell_order, c.buyer, c.seller, c.buyer_site,
	c.seller_site, c.buyer_zone, c.seller_zone, c.energy, c.buyer_price, c.seller_price, c.height, s.state, s.delivered, s.origin,
	EXISTS (SELECT 1 FROM corrections k WHERE k.slot = c.slot AND k.site IN (c.buyer_site, c.seller_site)) AS corrected,
	EXISTS (SELECT 1 FROM statements t WHERE t.slot = c.slot AND t.site IN (c.buyer_site, c.seller_site) AND t.differs) AS disputed`

// scanContract reads contractRow. A contract is where its slot is.
func scanContract(cal torg.Calendar) func(func(...any) error) (keyed[record.Contract], error) {
	return func(row func(...any) error) (k keyed[record.Contract], err error) {
		c := &k.row
		var state record.State
		var delivered bool
		err = row(&c.Slot, &c.Discovery, &k.n, str(&c.ID), &c.Round, str(&c.BuyOrder), str(&c.SellOrder), str(&c.Buyer), str(&c.Seller),
			str(&c.BuyerSite), str(&c.SellerSite), str(&c.BuyerZone), str(&c.SellerZone), &c.Energy, &c.BuyerPrice,
			&c.SellerPrice, &c.Height, str(&state), &delivered, str(&c.Origin), &c.Corrected, &c.Disputed)
		c.Session = cal.Session(c.Slot)
		switch {
		case state == record.Settled:
			c.State = "settled"
		case delivered:
			c.State = "delivered"
		default:
			c.State = "active"
		}
		return k, err
	}
}

// Contracts returns contracts, newest slot first and inside a session from its last
// to its first. Participant and Site match either side.
func (s *Store) Contracts(ctx context.Context, f record.Filter, p record.Page) (rows []record.Contract, next string, err error) {
	pg, err := readPage(p, 3)
	if err != nil {
		return nil, "", err
	}
	cal, err := s.calendar()
	if err != nil {
		return nil, "", err
	}
	var all []keyed[record.Contract]
	err = s.view(ctx, "contracts", func(q *sql.Tx) error {
		party := f.Participant
		if party == "" && f.Site != "" {
			if party, err = owner(ctx, q, f.Site); err != nil || party == "" {
				return err
			}
		}
		w := &where{}
		query, possible, err := s.contractQuery(w, f, party, pg)
		if err != nil || !possible {
			return err
		}
		all, err = list(ctx, q, scanContract(cal), query, w.args...)
		return err
	})
	all, next = cut(all, pg, func(k keyed[record.Contract]) []int64 {
		return []int64{int64(k.row.Slot), int64(k.row.Discovery), k.n}
	})
	return rowsOf(all), next, err
}

// contractQuery asks each side's index for its newest rows and merges them: an "or"
// over both sides would make either engine read a party's whole history.
func (s *Store) contractQuery(w *where, f record.Filter, party torg.ParticipantID, p page) (string, bool, error) {
	const order = ` ORDER BY slot DESC, discovery DESC, n DESC LIMIT `
	side := func(own, ownSite string, term string, values ...any) (string, bool, error) {
		w.terms = nil
		possible, err := s.narrow(w, f, "c.slot")
		if !possible || err != nil {
			return "", false, err
		}
		w.after(p, "c.slot, c.discovery, c.n")
		if party != "" {
			w.and("c."+own+" = ?", text(party))
		}
		if f.Site != "" {
			w.and("c."+ownSite+" = ?", text(f.Site))
		}
		if f.Origin != "" {
			w.and("s.origin = ?", text(f.Origin))
		}
		if term != "" {
			w.and(term, values...)
		}
		return `SELECT ` + contractRow + ` FROM contracts c JOIN sessions s ON s.slot = c.slot WHERE ` + w.String() +
			` ORDER BY c.slot DESC, c.discovery DESC, c.n DESC LIMIT ` + w.value(p.limit+1), true, nil
	}
	if party == "" {
		return side("", "", "")
	}
	bought, possible, err := side("buyer", "buyer_site", "")
	if err != nil || !possible {
		return "", possible, err
	}
	sold, _, err := side("seller", "seller_site", "c.buyer <> ?", text(party))
	return `SELECT * FROM (SELECT * FROM (` + bought + `) AS bought UNION ALL SELECT * FROM (` + sold + `) AS sold) AS both_sides` +
		order + w.value(p.limit+1), true, err
}

// Contract returns one contract, or record.ErrNotFound.
func (s *Store) Contract(ctx context.Context, id torg.ContractID) (c record.Contract, err error) {
	cal, err := s.calendar()
	if err != nil {
		return c, err
	}
	err = s.view(ctx, "contract", func(q *sql.Tx) error {
		all, err := list(ctx, q, scanContract(cal),
			`SELECT `+contractRow+` FROM contracts c JOIN sessions s ON s.slot = c.slot WHERE c.id = $1`, text(id))
		if err == nil && len(all) == 0 {
			return fmt.Errorf("contract %q: %w", id, record.ErrNotFound)
		}
		if err == nil {
			c = all[0].row
		}
		return err
	})
	return c, err
}

const orderRow = `o.height, o.n, o.slot, o.discovery, o.id, o.participant, o.site, o.zone, o.sequence, o.side, o.energy, o.limit_price,
	o.source, o.prefer, o.avoid, o.refused, o.reserved, o.cut, o.signature, o.only_with,
	COALESCE(u.energy, 0), COALESCE(u.reason, ''), COALESCE(u.best, 0), COALESCE(u.would_trade, 0)
	FROM orders o LEFT JOIN unmatched u ON u.slot = o.slot AND u.discovery = o.discovery AND u.id = o.id AND o.refused = ''`

// scanOrder reads orderRow. What funds do not cover is a reason of its own, told
// where no other holds.
func scanOrder(cal torg.Calendar) func(func(...any) error) (keyed[record.Order], error) {
	return func(row func(...any) error) (k keyed[record.Order], err error) {
		o := &k.row
		err = row(&o.Height, &k.n, &o.Slot, &o.Discovery, str(&o.ID), str(&o.Participant), str(&o.Site), str(&o.Zone), &o.Sequence,
			&o.Side, &o.Energy, &o.Limit, str(&o.Source), scanWords(&o.Prefer), scanWords(&o.Avoid), str(&o.Refused),
			scanCost{&o.Reserved}, &o.Cut, &o.Signature, scanWords(&o.Only), &o.Unmatched, str(&o.Reason), &o.Best, &o.WouldTrade)
		o.Session, o.Origin = cal.Session(o.Slot), record.OnLedger
		if o.Cut > 0 && o.Reason == "" && o.Refused == "" {
			o.Reason = torg.ReasonFunds
		}
		return k, err
	}
}

// Orders returns orders, the last one taken first.
func (s *Store) Orders(ctx context.Context, f record.Filter, p record.Page) (rows []record.Order, next string, err error) {
	pg, err := readPage(p, 2)
	if err != nil {
		return nil, "", err
	}
	cal, err := s.calendar()
	if err != nil {
		return nil, "", err
	}
	if f.Origin != "" && f.Origin != record.OnLedger {
		return nil, "", nil // generated history has no orders
	}
	var all []keyed[record.Order]
	err = s.view(ctx, "orders", func(q *sql.Tx) error {
		w := &where{}
		possible, err := s.narrow(w, f, "o.slot")
		if err != nil || !possible {
			return err
		}
		party := f.Participant
		if f.Site != "" {
			w.and("o.site = ?", text(f.Site))
			if party == "" {
				if party, err = owner(ctx, q, f.Site); err != nil {
					return err
				}
			}
		}
		if party != "" {
			w.and("o.participant = ?", text(party))
		}
		w.after(pg, "o.height, o.n")
		all, err = list(ctx, q, scanOrder(cal), `SELECT `+orderRow+` WHERE `+w.String()+
			` ORDER BY o.height DESC, o.n DESC LIMIT `+w.value(pg.limit+1), w.args...)
		return err
	})
	all, next = cut(all, pg, func(k keyed[record.Order]) []int64 { return []int64{k.row.Height, k.n} })
	return rowsOf(all), next, err
}

// Order returns one order, or record.ErrNotFound. Where an id was also used by
// orders that were refused, it is the one that was taken.
func (s *Store) Order(ctx context.Context, id torg.OrderID) (o record.Order, err error) {
	cal, err := s.calendar()
	if err != nil {
		return o, err
	}
	err = s.view(ctx, "order", func(q *sql.Tx) error {
		all, err := list(ctx, q, scanOrder(cal), `SELECT `+orderRow+` WHERE o.id = $1
			ORDER BY CASE WHEN o.refused = '' THEN 0 ELSE 1 END, o.height DESC, o.n DESC LIMIT 1`, text(id))
		if err == nil && len(all) == 0 {
			return fmt.Errorf("order %q: %w", id, record.ErrNotFound)
		}
		if err == nil {
			o = all[0].row
		}
		return err
	})
	return o, err
}

// Statements returns a session's statements, by site.
func (s *Store) Statements(ctx context.Context, session string) (all []record.Statement, err error) {
	slot, err := s.slotOf(session)
	if err != nil {
		return nil, err
	}
	err = s.view(ctx, "statements", func(q *sql.Tx) error {
		all, err = list(ctx, q, func(row func(...any) error) (st record.Statement, err error) {
			err = row(str(&st.Site), scan32{&st.Root}, &st.Signature, &st.Differs, &st.Height)
			st.Session = session
			return st, err
		}, `SELECT site, root, signature, differs, height FROM statements WHERE slot = $1`, int64(slot))
		return err
	})
	sortBy(all, func(st record.Statement) string { return string(st.Site) })
	return all, err
}
