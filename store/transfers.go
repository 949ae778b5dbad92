package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"

	"torg"
	"torg/ledger"
)

// deposit writes where a deposit is. One that the chain credited at once, or that it
// told of before, has its row already.
func (b *block) deposit(ctx context.Context, d ledger.DepositTaken) error {
	return b.insertOr(ctx, "deposits", "reference, participant, amount, state, height, changed",
		[][]any{{text(d.Reference), text(d.Participant), int64(d.Amount), string(d.State), b.height, b.height}},
		`ON CONFLICT (reference) DO UPDATE SET state = excluded.state, changed = excluded.changed`)
}

// withdrawal writes where a withdrawal is.
func (b *block) withdrawal(ctx context.Context, w ledger.WithdrawalTaken) error {
	return b.insertOr(ctx, "withdrawals", "participant, reference, amount, state, bank_reference, height, changed",
		[][]any{{text(w.Participant), text(w.Reference), int64(w.Amount), string(w.State), text(w.BankReference), b.height, b.height}},
		`ON CONFLICT (participant, reference) DO UPDATE SET state = excluded.state, bank_reference = excluded.bank_reference,
			changed = excluded.changed`)
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

// Deposit is a deposit and the blocks that took it and changed it last.
type Deposit struct {
	ledger.DepositTaken
	Height, Changed int64
}

// Deposits returns a participant's deposits, or everybody's for "", the last one taken
// first.
func (s *Store) Deposits(ctx context.Context, p torg.ParticipantID) (all []Deposit, err error) {
	err = s.view(ctx, "deposits", func(q *sql.Tx) error {
		all, err = list(ctx, q, func(row func(...any) error) (d Deposit, err error) {
			err = row(str(&d.Reference), str(&d.Participant), &d.Amount, str(&d.State), &d.Height, &d.Changed)
			return d, err
		}, `SELECT reference, participant, amount, state, height, changed FROM deposits
			WHERE $1 = '' OR participant = $1 ORDER BY height DESC, reference`, text(p))
		return err
	})
	return all, err
}

// Withdrawal is a withdrawal and the blocks that took it and changed it last.
type Withdrawal struct {
	ledger.WithdrawalTaken
	Height, Changed int64
}

// Withdrawals returns a participant's withdrawals, or everybody's for "", the last one
// taken first.
func (s *Store) Withdrawals(ctx context.Context, p torg.ParticipantID) (all []Withdrawal, err error) {
	err = s.view(ctx, "withdrawals", func(q *sql.Tx) error {
		all, err = list(ctx, q, func(row func(...any) error) (w Withdrawal, err error) {
			err = row(str(&w.Participant), str(&w.Reference), &w.Amount, str(&w.State), str(&w.BankReference), &w.Height, &w.Changed)
			return w, err
		}, `SELECT participant, reference, amount, state, bank_reference, height, changed FROM withdrawals
			WHERE $1 = '' OR participant = $1 ORDER BY height DESC, participant, reference`, text(p))
		return err
	})
	return all, err
}

// OwnerKeys returns all of a participant's public keys, the oldest first.
func (s *Store) OwnerKeys(ctx context.Context, p torg.ParticipantID) (all []ledger.KeyOfOwner, err error) {
	err = s.view(ctx, "owner keys", func(q *sql.Tx) error {
		all, err = list(ctx, q, func(row func(...any) error) (k ledger.KeyOfOwner, err error) {
			err = row(&k.Key, &k.Ended)
			return k, err
		}, `SELECT public_key, ended_height FROM owner_keys WHERE participant = $1 ORDER BY height, fingerprint`, text(p))
		return err
	})
	return all, err
}
