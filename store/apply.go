package store

import (
	"context"
	"fmt"
	"slices"

	"torg"
	"torg/ledger"
	"torg/record"
)

// Height returns the height of the last block applied, 0 for none.
func (s *Store) Height(ctx context.Context) (height int64, err error) {
	err = s.fail("height", s.read.QueryRowContext(ctx, `SELECT height FROM projection`).Scan(&height))
	return height, err
}

// Apply writes what a committed block did and its height in one transaction. A
// block that was applied before changes nothing; one that leaves a gap is refused.
func (s *Store) Apply(ctx context.Context, c ledger.Committed) error {
	rules := s.market.Load()
	if rules == nil {
		return s.fail("apply", errNotBound)
	}
	return s.update(ctx, fmt.Sprintf("block %d", c.Height), func(t *tx) error {
		return newBlock(t, *rules, c).apply(ctx, c)
	})
}

// Rebuild makes everything that comes from the ledger anew: blocks hands every
// block from the first one on to apply. Journal, messages, settings, forecasts and
// generated history stay. It is one transaction: readers see the old rows until it
// is done, and an error leaves them.
func (s *Store) Rebuild(ctx context.Context, blocks func(apply func(ledger.Committed) error) error) error {
	rules := s.market.Load()
	if rules == nil {
		return s.fail("rebuild", errNotBound)
	}
	return s.update(ctx, "rebuild", func(t *tx) error {
		for _, statement := range slices.Concat(forget, forgetBoard) {
			if err := t.exec(ctx, statement); err != nil {
				return err
			}
		}
		return blocks(func(c ledger.Committed) error {
			if err := newBlock(t, *rules, c).apply(ctx, c); err != nil {
				return fmt.Errorf("block %d: %w", c.Height, err)
			}
			return nil
		})
	})
}

// forget drops what Apply wrote, what refers to other rows first.
var forget = []string{
	`DELETE FROM participants`, `DELETE FROM sites`, `DELETE FROM mandates`, `DELETE FROM orders`,
	`DELETE FROM unmatched`, `DELETE FROM statements`, `DELETE FROM intervals`, `DELETE FROM months`,
	`DELETE FROM month_balances`, `DELETE FROM postings`, `DELETE FROM accounts`,
	`DELETE FROM owner_keys`, `DELETE FROM deposits`, `DELETE FROM withdrawals`, `DELETE FROM amendments`,
	`DELETE FROM readings WHERE origin = 'ledger'`,
	`DELETE FROM settlements WHERE origin = 'ledger'`,
	`DELETE FROM positions WHERE slot IN (SELECT slot FROM sessions WHERE origin = 'ledger')`,
	`DELETE FROM contracts WHERE slot IN (SELECT slot FROM sessions WHERE origin = 'ledger')`,
	`DELETE FROM flows WHERE slot IN (SELECT slot FROM sessions WHERE origin = 'ledger')`,
	`DELETE FROM prices WHERE slot IN (SELECT slot FROM sessions WHERE origin = 'ledger')`,
	`DELETE FROM rounds WHERE slot IN (SELECT slot FROM sessions WHERE origin = 'ledger')`,
	`DELETE FROM clearings WHERE slot IN (SELECT slot FROM sessions WHERE origin = 'ledger')`,
	`DELETE FROM sessions WHERE origin = 'ledger' AND NOT noted`,
	`UPDATE sessions SET state = 'open', height = 0, delivered = FALSE WHERE origin = 'ledger'`,
	`UPDATE projection SET height = 0`,
}

// A block is being applied.
type block struct {
	*tx
	rules   ledger.Genesis
	height  int64
	at      int64                      // its time, microseconds since 1970; 0: none
	n       int64                      // how many of its events are applied
	correct map[torg.Account]torg.Cost // what corrections cost participants, until the readings that they are for
}

func newBlock(t *tx, rules ledger.Genesis, c ledger.Committed) *block {
	b := &block{tx: t, rules: rules, height: c.Height, correct: map[torg.Account]torg.Cost{}}
	if !c.Time.IsZero() {
		b.at = c.Time.UnixMicro()
	}
	return b
}

func (b *block) apply(ctx context.Context, c ledger.Committed) error {
	var done int64
	if err := b.QueryRowContext(ctx, `SELECT height FROM projection`).Scan(&done); err != nil {
		return err
	}
	if c.Height >= 1 && c.Height <= done {
		return nil
	}
	if c.Height != done+1 {
		return fmt.Errorf("blocks %d to %d are missing", done+1, c.Height-1)
	}
	for events := c.Events; len(events) > 0; {
		n := run(events)
		if err := b.events(ctx, events[:n]); err != nil {
			return fmt.Errorf("event %d: %w", b.n+1, err)
		}
		events, b.n = events[n:], b.n+int64(n)
	}
	return b.exec(ctx, `UPDATE projection SET height = $1`, c.Height)
}

// run returns how many of the first events are of one kind that is written in bulk.
func run(events []ledger.Event) int {
	same := func(e ledger.Event) bool {
		f := events[0]
		return f.Order != nil && e.Order != nil || f.Posting != nil && e.Posting != nil ||
			f.Reading != nil && e.Reading != nil || f.Statement != nil && e.Statement != nil
	}
	n := 1
	for n < len(events) && same(events[n]) {
		n++
	}
	return n
}

// events applies one event, or several of one kind. Event 0 of them is number b.n+1.
func (b *block) events(ctx context.Context, events []ledger.Event) error {
	switch e := events[0]; {
	case e.Admitted != nil:
		return b.admitted(ctx, *e.Admitted)
	case e.Granted != nil:
		return b.granted(ctx, *e.Granted)
	case e.Revoked != nil:
		return b.revoked(ctx, *e.Revoked)
	case e.Order != nil:
		return b.orders(ctx, events)
	case e.Cleared != nil:
		return b.cleared(ctx, *e.Cleared)
	case e.Missed != nil:
		return b.missed(ctx, *e.Missed)
	case e.Statement != nil:
		return b.statements(ctx, events)
	case e.Reading != nil:
		return b.readings(ctx, events)
	case e.Delivered != nil:
		return b.delivered(ctx, *e.Delivered)
	case e.Settled != nil:
		return b.settled(ctx, *e.Settled)
	case e.Month != nil:
		return b.month(ctx, *e.Month)
	case e.Posting != nil:
		return b.postings(ctx, events)
	case e.Keys != nil:
		return b.keys(ctx, *e.Keys)
	case e.Deposit != nil:
		return b.deposit(ctx, *e.Deposit)
	case e.Withdrawal != nil:
		return b.withdrawal(ctx, *e.Withdrawal)
	case e.Amended != nil:
		return b.amended(ctx, *e.Amended)
	case e.Posted != nil:
		return b.posted(ctx, *e.Posted)
	case e.Unposted != nil:
		return b.unposted(ctx, *e.Unposted)
	case e.Forward != nil:
		return b.forward(ctx, *e.Forward)
	}
	return fmt.Errorf("this program does not know its kind: use a newer torg")
}

// session makes the slot's row where there is none. The ledger's session takes the
// place of a generated one of the same slot.
func (b *block) session(ctx context.Context, slot torg.Slot) error {
	return takeOver(ctx, b.tx, slot, false)
}

func takeOver(ctx context.Context, t *tx, slot torg.Slot, noted bool) error {
	var generated int
	err := t.QueryRowContext(ctx, `SELECT COUNT(*) FROM sessions WHERE slot = $1 AND origin = $2`,
		int64(slot), string(record.Simulated)).Scan(&generated)
	if err != nil {
		return err
	}
	if generated > 0 {
		for _, table := range []string{"positions", "contracts", "flows", "prices", "rounds", "clearings", "sessions"} {
			if err := t.exec(ctx, `DELETE FROM `+table+` WHERE slot = $1`, int64(slot)); err != nil {
				return err
			}
		}
	}
	return t.exec(ctx, `INSERT INTO sessions (slot, state, origin, height, delivered, active_after, noted)
		VALUES ($1, $2, $3, 0, FALSE, 0, $4) ON CONFLICT (slot) DO UPDATE SET noted = sessions.noted OR excluded.noted`,
		int64(slot), string(record.Open), string(record.OnLedger), noted)
}
