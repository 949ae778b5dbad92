package store

import (
	"context"
	"strings"

	"torg"
	"torg/ledger"
	"torg/market"
	"torg/record"
)

const orderColumns = "height, n, slot, discovery, id, participant, site, zone, sequence, side, energy, limit_price, " +
	"source, prefer, avoid, refused, reserved, cut, signature, only_with"

// orders writes what became of submitted orders. An order that replaces one of the
// same site, slot and discovery takes its row away: it never stood at a gate.
func (b *block) orders(ctx context.Context, events []ledger.Event) error {
	type place struct {
		slot      torg.Slot
		discovery int
		site      torg.SiteID
	}
	standing := map[place]int{} // the last of these orders that stands there
	for i, e := range events {
		if o := e.Order; o.Refused == "" {
			standing[place{o.Order.Slot, o.Order.Discovery, o.Order.Site}] = i
		}
	}
	var rows [][]any
	replaced := map[[2]int64][]any{}
	var books [][2]int64 // keys of replaced in the order of events
	for i, e := range events {
		o := e.Order.Order
		if e.Order.Refused == "" {
			if standing[place{o.Slot, o.Discovery, o.Site}] != i {
				continue
			}
			book := [2]int64{int64(o.Slot), int64(o.Discovery)}
			if replaced[book] == nil {
				books = append(books, book)
			}
			replaced[book] = append(replaced[book], text(o.Site))
		}
		rows = append(rows, []any{b.height, b.n + 1 + int64(i), int64(o.Slot), int64(o.Discovery), text(o.ID),
			text(o.Participant), text(o.Site), text(o.Zone), int64(o.Sequence), int64(o.Side), int64(o.Energy),
			int64(o.Limit), text(o.Source), words(o.Prefer), words(o.Avoid), text(e.Order.Refused),
			e.Order.Reserved.String(), int64(e.Order.Cut), blob(e.Order.Signature), words(o.Only)})
	}
	for _, book := range books {
		if err := b.dropReplaced(ctx, book, replaced[book]); err != nil {
			return err
		}
	}
	return b.insert(ctx, "orders", orderColumns, rows)
}

func (b *block) dropReplaced(ctx context.Context, book [2]int64, sites []any) error {
	for len(sites) > 0 {
		n := min(len(sites), maxParams)
		args := append([]any{book[0], book[1]}, sites[:n]...)
		err := b.exec(ctx, `DELETE FROM orders WHERE slot = $1 AND discovery = $2 AND refused = '' AND site IN `+
			placeholders(3, n), args...)
		if err != nil {
			return err
		}
		sites = sites[n:]
	}
	return nil
}

// cleared writes a discovery: its session, prices, flows and contracts, and what of
// the orders is left.
func (b *block) cleared(ctx context.Context, c ledger.Cleared) error {
	if err := b.session(ctx, c.Slot); err != nil {
		return err
	}
	if c.Discovery == 1 {
		if err := b.deliver(ctx, c.Slot); err != nil {
			return err
		}
	}
	state := record.Round2 // discovery 1 leaves the revised orders to come
	if c.Discovery == 2 {
		state = record.Active
	}
	// The height is that of the first contracts, or of the first clearing without any.
	err := b.exec(ctx, `UPDATE sessions SET state = $1,
		height = CASE WHEN EXISTS (SELECT 1 FROM rounds r WHERE r.slot = sessions.slot) THEN height ELSE $2 END
		WHERE slot = $3`, string(state), b.height, int64(c.Slot))
	if err != nil {
		return err
	}
	if err := b.outcome(ctx, c.Slot, c.Discovery, c.Outcome); err != nil {
		return err
	}
	var left [][]any
	for _, u := range c.Outcome.Unmatched {
		left = append(left, []any{int64(c.Slot), int64(c.Discovery), text(u.Order), int64(u.Energy),
			text(u.Reason), int64(u.Best), int64(u.WouldTrade)})
	}
	if err := b.insert(ctx, "unmatched", "slot, discovery, id, energy, reason, best, would_trade", left); err != nil {
		return err
	}
	return b.contracts(ctx, c.Slot, c.Contracts)
}

func (b *block) outcome(ctx context.Context, slot torg.Slot, discovery int, o market.Outcome) error {
	err := b.insert(ctx, "clearings",
		"slot, discovery, missed, import_wh, export_wh, import_full, export_full, welfare, network, height",
		[][]any{{int64(slot), int64(discovery), false, int64(o.Import), int64(o.Export), o.ImportFull, o.ExportFull,
			o.Welfare.String(), o.Network.String(), b.height}})
	if err != nil {
		return err
	}
	var prices, flows [][]any
	for i, p := range o.Prices {
		prices = append(prices, []any{int64(slot), int64(discovery), int64(i), text(p.Zone), int64(p.Price),
			optional(int64(p.Lowest), p.HasLowest), optional(int64(p.Highest), p.HasHighest)})
	}
	for i, f := range o.Flows {
		flows = append(flows, []any{int64(slot), int64(discovery), int64(i), text(f.From), text(f.To), int64(f.Energy)})
	}
	if err := b.insert(ctx, "prices", priceColumns, prices); err != nil {
		return err
	}
	return b.insert(ctx, "flows", flowColumns, flows)
}

const flowColumns = "slot, discovery, n, from_zone, to_zone, energy"

const priceColumns = "slot, discovery, n, zone, price, lowest, highest"

func optional(v int64, has bool) any {
	if has {
		return v
	}
	return nil
}

// missed writes that a discovery did not come in time. Orders that stood in it did
// not trade for that reason.
func (b *block) missed(ctx context.Context, m ledger.Missed) error {
	if err := b.session(ctx, m.Slot); err != nil {
		return err
	}
	if m.Discovery == 1 {
		if err := b.deliver(ctx, m.Slot); err != nil {
			return err
		}
	}
	state := record.Missed
	if m.Discovery == 2 {
		state = record.Active // on what the first discovery made
	}
	err := b.exec(ctx, `UPDATE sessions SET state = $1 WHERE slot = $2`, string(state), int64(m.Slot))
	if err != nil {
		return err
	}
	err = b.insert(ctx, "clearings",
		"slot, discovery, missed, import_wh, export_wh, import_full, export_full, welfare, network, height",
		[][]any{{int64(m.Slot), int64(m.Discovery), true, int64(0), int64(0), false, false, "0", "0", b.height}})
	if err != nil {
		return err
	}
	return b.exec(ctx, `INSERT INTO unmatched (slot, discovery, id, energy, reason, best, would_trade)
		SELECT slot, discovery, id, energy - cut, $1, 0, 0 FROM orders WHERE slot = $2 AND discovery = $3 AND refused = ''`,
		string(torg.ReasonMissed), int64(m.Slot), int64(m.Discovery))
}

// delivered writes that a slot's contracts were paid out.
func (b *block) delivered(ctx context.Context, d ledger.Delivered) error {
	return b.exec(ctx, `UPDATE sessions SET delivered = TRUE, state = CASE WHEN state = $1 THEN state ELSE $2 END
		WHERE slot = $3 AND origin = $4`,
		string(record.Missed), string(record.Active), int64(d.Slot), string(record.OnLedger))
}

// statements writes parties' statements; the newest of a site counts.
func (b *block) statements(ctx context.Context, events []ledger.Event) error {
	type place struct {
		slot torg.Slot
		site torg.SiteID
	}
	at := map[place]int{}
	var rows [][]any
	for _, e := range events {
		st := e.Statement
		row := []any{int64(st.Slot), text(st.Site), st.Root[:], blob(st.Signature), st.Differs, b.height}
		if i, again := at[place{st.Slot, st.Site}]; again {
			rows[i] = row
			continue
		}
		at[place{st.Slot, st.Site}] = len(rows)
		rows = append(rows, row)
	}
	return b.insertOr(ctx, "statements", "slot, site, root, signature, differs, height", rows,
		`ON CONFLICT (slot, site) DO UPDATE SET root = excluded.root, signature = excluded.signature,
			differs = excluded.differs, height = excluded.height`)
}

// placeholders returns "($first, ...)" for n values.
func placeholders(first, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteByte("(,"[min(i, 1)])
		b.WriteString(dollar(first + i))
	}
	b.WriteByte(')')
	return b.String()
}
