package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"torg"
	"torg/canon"
	"torg/record"
)

const offerRow = `body, remains, state, height, changed, n`

func scanOffer(row func(...any) error) (k keyed[record.Offer], err error) {
	o := &k.row
	err = row(scanCanon[torg.Offer]{&o.Offer, canon.ReadOffer}, scanCanon[torg.Profile]{&o.Left, readRemains},
		str(&o.State), &o.Posted, &o.Height, &k.n)
	return k, err
}

// Offers returns offers, the newest first.
func (s *Store) Offers(ctx context.Context, f record.BoardFilter, p record.Page) ([]record.Offer, string, error) {
	pg, err := readPage(p, 2)
	if err != nil {
		return nil, "", err
	}
	w := &where{}
	w.after(pg, "height, n")
	if f.Participant != "" {
		w.and("participant = ?", text(f.Participant))
	}
	if f.Site != "" {
		w.and("site = ?", text(f.Site))
	}
	if f.Side != 0 {
		w.and("side = ?", int64(f.Side))
	}
	if f.State != "" {
		w.and("state = ?", text(f.State))
	}
	if f.Offer != "" {
		w.and("id = ?", text(f.Offer))
	}
	var all []keyed[record.Offer]
	err = s.view(ctx, "offers", func(q *sql.Tx) error {
		all, err = list(ctx, q, scanOffer, `SELECT `+offerRow+` FROM board_offers WHERE `+w.String()+
			` ORDER BY height DESC, n DESC LIMIT `+w.value(pg.limit+1), w.args...)
		return err
	})
	all, next := cut(all, pg, func(k keyed[record.Offer]) []int64 { return []int64{k.row.Posted, k.n} })
	return rowsOf(all), next, err
}

// Offer returns one offer.
func (s *Store) Offer(ctx context.Context, id torg.OfferID) (record.Offer, error) {
	var k keyed[record.Offer]
	err := s.view(ctx, "offer", func(q *sql.Tx) (err error) {
		k, err = scanOffer(q.QueryRowContext(ctx, `SELECT `+offerRow+` FROM board_offers WHERE id = $1`, text(id)).Scan)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("offer %q: %w", id, record.ErrNotFound)
		}
		return err
	})
	return k.row, err
}

// forwardRow ends with what sessions say of a contract.
const forwardRow = `f.body, f.remains, f.state, f.fee, f.path, f.closed_out, f.covered, f.buyer_signed, f.seller_signed, f.buyer_key, f.seller_key,
	f.height, f.changed, f.n,
	EXISTS (SELECT 1 FROM corrections k WHERE k.slot BETWEEN f.first_slot AND f.last_slot AND k.site IN (f.buyer_site, f.seller_site)),
	EXISTS (SELECT 1 FROM statements t WHERE t.slot BETWEEN f.first_slot AND f.last_slot AND t.site IN (f.buyer_site, f.seller_site) AND t.differs)`

func scanForward(row func(...any) error) (k keyed[record.Forward], err error) {
	f := &k.row
	var path []string
	err = row(scanCanon[torg.Forward]{&f.Forward, canon.ReadForward}, scanCanon[torg.Profile]{&f.Open, readRemains},
		str(&f.State), &f.Fee, scanWords(&path), str(&f.ClosedOut), &f.Covered, &f.BuyerSigned, &f.SellerSigned,
		scanPrint{&f.BuyerKey}, scanPrint{&f.SellerKey}, &f.Proposed, &f.Height, &k.n, &f.Corrected, &f.Disputed)
	f.BuyerSigned, f.SellerSigned = some(f.BuyerSigned), some(f.SellerSigned)
	for _, z := range path {
		f.Path = append(f.Path, torg.ZoneID(z))
	}
	return k, err
}

// some is nil for no bytes: engines give them in different ways.
func some(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

// Forwards returns forward contracts, the newest proposed first. Participant and Site
// match either side.
func (s *Store) Forwards(ctx context.Context, f record.BoardFilter, p record.Page) ([]record.Forward, string, error) {
	pg, err := readPage(p, 2)
	if err != nil {
		return nil, "", err
	}
	w := &where{}
	w.after(pg, "f.height, f.n")
	if f.Participant != "" {
		w.and("(f.buyer = ? OR f.seller = ?)", text(f.Participant), text(f.Participant))
	}
	if f.Site != "" {
		w.and("(f.buyer_site = ? OR f.seller_site = ?)", text(f.Site), text(f.Site))
	}
	if f.State != "" {
		w.and("f.state = ?", text(f.State))
	}
	if f.Offer != "" {
		w.and("f.offer = ?", text(f.Offer))
	}
	var all []keyed[record.Forward]
	err = s.view(ctx, "forward contracts", func(q *sql.Tx) error {
		all, err = list(ctx, q, scanForward, `SELECT `+forwardRow+` FROM forwards f WHERE `+w.String()+
			` ORDER BY f.height DESC, f.n DESC LIMIT `+w.value(pg.limit+1), w.args...)
		return err
	})
	all, next := cut(all, pg, func(k keyed[record.Forward]) []int64 { return []int64{k.row.Proposed, k.n} })
	return rowsOf(all), next, err
}

// Forward returns one forward contract with its history.
func (s *Store) Forward(ctx context.Context, id torg.ContractID) (record.Forward, error) {
	var k keyed[record.Forward]
	err := s.view(ctx, "forward contract", func(q *sql.Tx) (err error) {
		k, err = scanForward(q.QueryRowContext(ctx, `SELECT `+forwardRow+` FROM forwards f WHERE f.id = $1`, text(id)).Scan)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("contract %q: %w", id, record.ErrNotFound)
		}
		if err != nil {
			return err
		}
		k.row.History, err = list(ctx, q, func(row func(...any) error) (h record.ForwardStep, err error) {
			err = row(str(&h.State), str(&h.ClosedOut), &h.Height)
			return h, err
		}, `SELECT state, closed_out, height FROM forward_states WHERE id = $1 ORDER BY height, n`, text(id))
		return err
	})
	return k.row, err
}
