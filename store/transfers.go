package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"torg"
	"torg/ledger"
	"torg/record"
)

// deposit writes where a deposit is. One that the chain credited at once, or that it
// told of before, has its row already.
func (b *block) deposit(ctx context.Context, d ledger.DepositTaken) error {
	return b.insertOr(ctx, "deposits", "reference, participant, amount, state, height, changed, began_at, changed_at, n",
		[][]any{{text(d.Reference), text(d.Participant), int64(d.Amount), string(d.State), b.height, b.height, b.at, b.at, b.n + 1}},
		`ON CONFLICT (reference) DO UPDATE SET state = excluded.state, changed = excluded.changed, changed_at = excluded.changed_at`)
}

// withdrawal writes where a withdrawal is.
func (b *block) withdrawal(ctx context.Context, w ledger.WithdrawalTaken) error {
	return b.insertOr(ctx, "withdrawals", "participant, reference, amount, state, bank_reference, height, changed, began_at, changed_at, n",
		[][]any{{text(w.Participant), text(w.Reference), int64(w.Amount), string(w.State), text(w.BankReference), b.height, b.height, b.at, b.at, b.n + 1}},
		`ON CONFLICT (participant, reference) DO UPDATE SET state = excluded.state, bank_reference = excluded.bank_reference,
			changed = excluded.changed, changed_at = excluded.changed_at`)
}

// keys writes keys that came and ends those that went.
func (b *block) keys(ctx context.Context, k ledger.KeysChanged) error {
	if err := b.addKeys(ctx, k.Participant, k.Added...); err != nil {
		return err
	}
	for _, f := range k.Removed {
		err := b.exec(ctx, `UPDATE owner_keys SET ended_height = $1 WHERE participant = $2 AND fingerprint = $3`,
			b.height, text(k.Participant), f[:])
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *block) addKeys(ctx context.Context, p torg.ParticipantID, keys ...[]byte) error {
	var rows [][]any
	for _, key := range keys {
		if len(key) > 0 {
			f := sha256.Sum256(key)
			rows = append(rows, []any{text(p), f[:], key, b.height, int64(0)})
		}
	}
	return b.insertOr(ctx, "owner_keys", "participant, fingerprint, public_key, height, ended_height", rows,
		`ON CONFLICT (participant, fingerprint) DO NOTHING`)
}

// amended writes an amendment and says which one it takes the place of.
func (b *block) amended(ctx context.Context, a ledger.Amend) error {
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	err = b.exec(ctx, `UPDATE amendments SET replaced = $1 WHERE first_slot = $2 AND replaced = 0`, b.height, int64(a.From))
	if err != nil {
		return err
	}
	return b.insert(ctx, "amendments", "sequence, first_slot, body, height, replaced",
		[][]any{{int64(a.Sequence), int64(a.From), string(body), b.height, int64(0)}})
}

// ruleBook returns the rules by slot as the ledger has made them so far.
func ruleBook(ctx context.Context, q querier, g ledger.Genesis) (*ledger.RuleBook, error) {
	made, err := list(ctx, q, func(row func(...any) error) (a ledger.Amend, err error) {
		var body string
		if err := row(&body); err != nil {
			return a, err
		}
		return a, json.Unmarshal([]byte(body), &a)
	}, `SELECT body FROM amendments WHERE replaced = 0 ORDER BY first_slot`)
	if err != nil {
		return nil, fmt.Errorf("amendments: %w", err)
	}
	book := ledger.NewRuleBook(g)
	for _, a := range made {
		book.Amend(a)
	}
	return book, nil
}

// Rules returns the rules in force in a slot, or announced for it.
func (s *Store) Rules(ctx context.Context, k torg.Slot) (r ledger.Rules, err error) {
	g := s.market.Load()
	if g == nil {
		return r, s.fail("rules", errNotBound)
	}
	err = s.view(ctx, "rules", func(q *sql.Tx) error {
		book, err := ruleBook(ctx, q, *g)
		if err == nil {
			r = book.At(k)
		}
		return err
	})
	return r, err
}

// allTransfers are deposits and withdrawals as one table, each with the number of the
// event that told of it in its block.
const allTransfers = `(SELECT 0 AS kind, participant, reference, amount, state, '' AS bank_reference, height, changed, began_at, changed_at, n FROM deposits
	UNION ALL SELECT 1, participant, reference, amount, state, bank_reference, height, changed, began_at, changed_at, n FROM withdrawals) t`

// Transfers returns deposits and withdrawals, the last one taken first.
func (s *Store) Transfers(ctx context.Context, f record.TransferFilter, p record.Page) ([]record.Transfer, string, error) {
	pg, err := readPage(p, 3)
	if err != nil {
		return nil, "", err
	}
	w := &where{}
	w.after(pg, "height, n, kind")
	if f.Participant != "" {
		w.and("participant = ?", text(f.Participant))
	}
	if f.Kind != "" {
		w.and("kind = ?", kindOf(f.Kind))
	}
	if f.State != "" {
		w.and("state = ?", text(f.State))
	}
	if f.Open {
		w.and("state IN (?, ?, ?)", string(ledger.MoneyPending), string(ledger.MoneyRequested), string(ledger.MoneyApproved))
	}
	var all []keyed[record.Transfer]
	err = s.view(ctx, "transfers", func(q *sql.Tx) error {
		all, err = list(ctx, q, scanTransfer, `SELECT kind, participant, reference, amount, state, bank_reference, height, changed, began_at, changed_at, n
			FROM `+allTransfers+` WHERE `+w.String()+` ORDER BY height DESC, n DESC, kind DESC LIMIT `+w.value(pg.limit+1), w.args...)
		return err
	})
	all, next := cut(all, pg, func(k keyed[record.Transfer]) []int64 { return []int64{k.row.Height, k.n, kindOf(k.row.Kind)} })
	return rowsOf(all), next, err
}

func kindOf(k record.TransferKind) int64 {
	if k == record.Withdrawal {
		return 1
	}
	return 0
}

func scanTransfer(row func(...any) error) (k keyed[record.Transfer], err error) {
	t, kind := &k.row, int64(0)
	var began, changed int64
	err = row(&kind, str(&t.Participant), str(&t.Reference), &t.Amount, str(&t.State), str(&t.BankReference), &t.Height, &t.ChangedHeight, &began, &changed, &k.n)
	if t.Kind = record.Deposit; kind == 1 {
		t.Kind = record.Withdrawal
	}
	t.Began, t.Changed = known(began), known(changed)
	return k, err
}

// known is the time of so many microseconds since 1970; none for 0.
func known(micro int64) time.Time {
	if micro == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micro).UTC()
}

// OwnerKeys returns all of a participant's public keys, the oldest first.
func (s *Store) OwnerKeys(ctx context.Context, p torg.ParticipantID) (all []record.OwnerKey, err error) {
	err = s.view(ctx, "owner keys", func(q *sql.Tx) error {
		all, err = list(ctx, q, func(row func(...any) error) (k record.OwnerKey, err error) {
			err = row(scanPrint{&k.Fingerprint}, &k.Height, &k.Ended)
			return k, err
		}, `SELECT fingerprint, height, ended_height FROM owner_keys WHERE participant = $1 ORDER BY height, fingerprint`, text(p))
		return err
	})
	return all, err
}
