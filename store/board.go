package store

import (
	"context"
	"fmt"

	"torg"
	"torg/canon"
	"torg/ledger"
	"torg/record"
)

// forgetBoard drops what the board's events wrote.
var forgetBoard = []string{
	`DELETE FROM board_offers`, `DELETE FROM forwards`, `DELETE FROM forward_states`, `DELETE FROM corrections`,
}

// posted writes an offer, or what is left of one that is there.
func (b *block) posted(ctx context.Context, p ledger.Posted) error {
	o := p.Offer
	row := []any{text(o.ID()), b.height, b.n + 1, text(o.Site), text(o.Participant), int64(o.Side),
		canon.Encode(canon.AppendOffer, o), canon.Encode(canon.AppendProfile, p.Left), string(record.OfferOpen), b.height}
	return b.insertOr(ctx, "board_offers", "id, height, n, site, participant, side, body, remains, state, changed", [][]any{row},
		`ON CONFLICT (id) DO UPDATE SET remains = excluded.remains, changed = excluded.changed`)
}

// unposted writes that an offer left the board.
func (b *block) unposted(ctx context.Context, u ledger.Unposted) error {
	return b.exec(ctx, `UPDATE board_offers SET state = $1, changed = $2 WHERE id = $3`, text(u.Why), b.height, text(u.Offer))
}

const forwardColumns = "id, height, n, offer, buyer, seller, buyer_site, seller_site, first_slot, last_slot, body, remains, " +
	"state, fee, path, closed_out, covered, buyer_signed, seller_signed, buyer_key, seller_key, changed"

// forward writes what became of a forward contract, and remembers its states.
func (b *block) forward(ctx context.Context, f ledger.ForwardChanged) error {
	c := f.Contract
	path := make([]string, len(f.Path))
	for i, z := range f.Path {
		path[i] = string(z)
	}
	row := []any{text(c.ID()), b.height, b.n + 1, text(c.Offer), text(c.Buyer), text(c.Seller), text(c.BuyerSite), text(c.SellerSite),
		int64(c.Profile.First), int64(c.Profile.Last()), canon.Encode(canon.AppendForward, c), canon.Encode(canon.AppendProfile, f.Open),
		text(f.State), int64(f.Fee), words(path), text(f.ClosedOut), int64(f.Covered),
		blob(f.BuyerSigned), blob(f.SellerSigned), print(f.BuyerKey), print(f.SellerKey), b.height}
	err := b.insertOr(ctx, "forwards", forwardColumns, [][]any{row}, `ON CONFLICT (id) DO UPDATE SET remains = excluded.remains,
		state = excluded.state, fee = excluded.fee, path = excluded.path, closed_out = excluded.closed_out, covered = excluded.covered,
		buyer_signed = excluded.buyer_signed, seller_signed = excluded.seller_signed, buyer_key = excluded.buyer_key,
		seller_key = excluded.seller_key, changed = excluded.changed`)
	if err != nil {
		return err
	}
	return b.insert(ctx, "forward_states", "id, height, n, state, closed_out",
		[][]any{{text(c.ID()), b.height, b.n + 1, text(f.State), text(f.ClosedOut)}})
}

// print is a key's fingerprint; no key has none.
func print(f torg.Fingerprint) []byte {
	if f == (torg.Fingerprint{}) {
		return []byte{}
	}
	return f[:]
}

// scanPrint reads what print wrote.
type scanPrint struct{ to *torg.Fingerprint }

func (p scanPrint) Scan(src any) error {
	if b, ok := src.([]byte); ok && len(b) == 0 {
		*p.to = torg.Fingerprint{}
		return nil
	}
	return scan32{(*[32]byte)(p.to)}.Scan(src)
}

// scanCanon reads canonical bytes.
type scanCanon[T any] struct {
	to   *T
	read func(*canon.Reader) T
}

func (c scanCanon[T]) Scan(src any) error {
	b, ok := src.([]byte)
	if !ok {
		return fmt.Errorf("canonical bytes are stored as %T", src)
	}
	r := canon.NewReader(b)
	v := c.read(r)
	if err := r.Done(); err != nil {
		return err
	}
	*c.to = v
	return nil
}

// readRemains reads what is left of a profile: takes and cuts may give it more steps
// than one that is signed.
func readRemains(r *canon.Reader) torg.Profile {
	return torg.Profile{First: r.Slot(), Steps: canon.ReadList(r, torg.MaxForwardSlots, func(r *canon.Reader) torg.Step {
		return torg.Step{Slots: r.U32(), Energy: r.Energy(), Price: r.Price()}
	})}
}

// deliver adds what forward contracts deliver in a slot to the positions of their
// sites, when the slot's session is cleared for the first time or missed.
func (b *block) deliver(ctx context.Context, slot torg.Slot) error {
	type due struct {
		f    torg.Forward
		open torg.Profile
		fee  torg.Price
	}
	all, err := list(ctx, b, func(row func(...any) error) (d due, err error) {
		err = row(scanCanon[torg.Forward]{&d.f, canon.ReadForward}, scanCanon[torg.Profile]{&d.open, readRemains}, &d.fee)
		return d, err
	}, `SELECT body, remains, fee FROM forwards WHERE state IN ('active', 'delivered', 'settled') AND first_slot <= $1 AND last_slot >= $2
		ORDER BY height, n`, int64(slot), int64(slot))
	if err != nil || len(all) == 0 {
		return err
	}
	var parts []torg.Contract
	for _, d := range all {
		energy, price := d.open.At(slot)
		if energy == 0 {
			continue
		}
		parts = append(parts, torg.Contract{Slot: slot, Trade: torg.Trade{Round: 1, BuyerSite: d.f.BuyerSite, SellerSite: d.f.SellerSite,
			Energy: energy, BuyerPrice: price + d.fee, SellerPrice: price}})
	}
	return b.addToPositions(ctx, slot, parts)
}
