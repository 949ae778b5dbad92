package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"torg/ledger"
	"torg/record"
)

const genesisKey = "genesis"

// Bind says which complex the projection is of. The first call records it; a later
// one with another genesis is refused, because blocks of two chains must not mix.
// Nothing can be applied or asked by session before.
func (s *Store) Bind(ctx context.Context, g ledger.Genesis) error {
	if err := g.Calendar.Valid(); err != nil {
		return s.fail("bind", err)
	}
	want, err := json.Marshal(g)
	if err != nil {
		return s.fail("bind", err)
	}
	err = s.update(ctx, "bind", func(t *tx) error {
		have, err := meta(ctx, t, genesisKey)
		switch {
		case errors.Is(err, record.ErrNotFound):
			if err := setMeta(ctx, t, genesisKey, string(want)); err != nil {
				return err
			}
		case err != nil:
			return err
		default:
			old, err := parseGenesis(have)
			if err != nil {
				return err
			}
			// Written again, so that a field that is new to the program is no difference.
			again, err := json.Marshal(old)
			if err != nil {
				return err
			}
			if string(again) != string(want) {
				return fmt.Errorf("it belongs to chain %q with slots of %s, not to chain %q with slots of %s and these rules",
					old.ChainID, old.Calendar.Interval, g.ChainID, g.Calendar.Interval)
			}
		}
		return nil
	})
	if err == nil {
		s.market.Store(&g)
	}
	return err
}

// Genesis returns what the store is bound to.
func (s *Store) Genesis() (g ledger.Genesis, bound bool) {
	if p := s.market.Load(); p != nil {
		return *p, true
	}
	return ledger.Genesis{}, false
}

func parseGenesis(text string) (g ledger.Genesis, err error) {
	if err := json.Unmarshal([]byte(text), &g); err != nil {
		return g, fmt.Errorf("its genesis: %w", err)
	}
	return g, nil
}

// loadMarket binds a store that was bound before.
func (s *Store) loadMarket(ctx context.Context) error {
	have, err := meta(ctx, s.read, genesisKey)
	if errors.Is(err, record.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	g, err := parseGenesis(have)
	if err == nil {
		s.market.Store(&g)
	}
	return err
}

// Meta returns what SetMeta or Pin kept under a key, or record.ErrNotFound.
func (s *Store) Meta(ctx context.Context, key string) (value string, err error) {
	err = s.view(ctx, "meta", func(q *sql.Tx) error {
		value, err = meta(ctx, q, key)
		return err
	})
	return value, err
}

// SetMeta keeps a value under a key.
func (s *Store) SetMeta(ctx context.Context, key, value string) error {
	return s.update(ctx, "meta", func(t *tx) error { return setMeta(ctx, t, key, value) })
}

// Pin keeps a value that must never change, such as the fingerprint of the scenario
// that the data belong to: a later call with another value is refused.
func (s *Store) Pin(ctx context.Context, key, value string) error {
	return s.update(ctx, "pin", func(t *tx) error {
		have, err := meta(ctx, t, key)
		switch {
		case errors.Is(err, record.ErrNotFound):
			return setMeta(ctx, t, key, value)
		case err == nil && have != value:
			return fmt.Errorf("its %s is %q, not %q: the data belong to something else", key, have, value)
		}
		return err
	})
}

func meta(ctx context.Context, q querier, key string) (value string, err error) {
	err = q.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = $1`, text(key)).Scan(str(&value))
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("%s: %w", key, record.ErrNotFound)
	}
	return value, err
}

func setMeta(ctx context.Context, t *tx, key, value string) error {
	return t.exec(ctx, `INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
		text(key), text(value))
}
