package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"torg"
	"torg/record"
)

// Participants returns everyone that the ledger admitted or that has a name, by id.
func (s *Store) Participants(ctx context.Context) (all []record.Participant, err error) {
	err = s.view(ctx, "participants", func(q *sql.Tx) error {
		all, err = participants(ctx, q)
		return err
	})
	return all, err
}

func participants(ctx context.Context, q querier) ([]record.Participant, error) {
	known, err := list(ctx, q, func(row func(...any) error) (p record.Participant, err error) {
		var key []byte
		err = row(str(&p.ID), &key)
		if len(key) > 0 {
			f := torg.Fingerprint(sha256.Sum256(key))
			p.KeyFingerprint = &f
		}
		return p, err
	}, `SELECT id, owner_key FROM participants`)
	if err != nil {
		return nil, err
	}
	names, err := names(ctx, q, "participant")
	if err != nil {
		return nil, err
	}
	for i := range known {
		n := names[string(known[i].ID)]
		known[i].Name, known[i].NameEN = n.Name, n.NameEN
		delete(names, string(known[i].ID))
	}
	for id, n := range names {
		known = append(known, record.Participant{ID: torg.ParticipantID(id), Name: n.Name, NameEN: n.NameEN})
	}
	slices.SortFunc(known, func(a, b record.Participant) int { return cmp.Compare(a.ID, b.ID) })
	return known, nil
}

func names(ctx context.Context, q querier, kind string) (map[string]Name, error) {
	type named struct {
		id string
		Name
	}
	all, err := list(ctx, q, func(row func(...any) error) (n named, err error) {
		err = row(str(&n.id), str(&n.Name.Name), str(&n.NameEN))
		return n, err
	}, `SELECT id, name, name_en FROM names WHERE kind = $1`, kind)
	byID := make(map[string]Name, len(all))
	for _, n := range all {
		byID[n.id] = n.Name
	}
	return byID, err
}

// Sites returns every site that the ledger admitted or PutSites wrote, by id. What
// the ledger says about a site counts.
func (s *Store) Sites(ctx context.Context) (all []record.Site, err error) {
	err = s.view(ctx, "sites", func(q *sql.Tx) error {
		all, err = sites(ctx, q)
		return err
	})
	return all, err
}

func sites(ctx context.Context, q querier) ([]record.Site, error) {
	scan := func(row func(...any) error) (s record.Site, err error) {
		err = row(str(&s.ID), str(&s.Participant), str(&s.Zone), str(&s.Role), str(&s.Tariff), &s.CapacityW,
			str(&s.Mode), str(&s.Goal), str(&s.Strategy), &s.Running)
		return s, err
	}
	configured, err := list(ctx, q, scan, `SELECT `+settingColumns+` FROM site_settings`)
	if err != nil {
		return nil, err
	}
	admitted, err := list(ctx, q, scan, `SELECT `+siteColumns+`, '', '', '', FALSE FROM sites`)
	if err != nil {
		return nil, err
	}
	names, err := names(ctx, q, "site")
	if err != nil {
		return nil, err
	}
	byID := map[torg.SiteID]record.Site{}
	for _, site := range configured {
		byID[site.ID] = site
	}
	for _, site := range admitted {
		known := byID[site.ID]
		known.Site = site.Site
		byID[site.ID] = known
	}
	all := make([]record.Site, 0, len(byID))
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		site := byID[id]
		n := names[string(id)]
		site.Name, site.NameEN = n.Name, n.NameEN
		all = append(all, site)
	}
	return all, nil
}

// Mandate is a mandate as the ledger granted it.
type Mandate struct {
	torg.Mandate
	PublicKey []byte // the agent's, PKIX DER
	Height    int64  // that it holds from
	Ended     int64  // height that replaced or revoked it; 0: none has
}

// Mandates returns a site's mandates, newest first.
func (s *Store) Mandates(ctx context.Context, site torg.SiteID) (all []Mandate, err error) {
	err = s.view(ctx, "mandates", func(q *sql.Tx) error {
		all, err = list(ctx, q, func(row func(...any) error) (m Mandate, err error) {
			l := &m.Limits
			err = row(str(&m.Participant), str(&m.Site), scan32{(*[32]byte)(&m.AgentKey)}, &m.PublicKey, &l.Buy, &l.Sell,
				&l.MaxEnergy, &l.MaxBuy, &l.MinSell, &l.DailySpend, scanTime{&m.Expires}, &m.Height, &m.Ended, scanWords(&l.Partners))
			return m, err
		}, `SELECT participant, site, agent, agent_key, may_buy, may_sell, max_energy, max_buy, min_sell, daily_spend,
			expires, height, ended_height, partners FROM mandates WHERE site = $1 ORDER BY height DESC, n DESC`, text(site))
		return err
	})
	return all, err
}

// OwnerKey returns the public key that a participant was admitted with, PKIX DER:
// nil on an unsigned chain, record.ErrNotFound for a stranger.
func (s *Store) OwnerKey(ctx context.Context, p torg.ParticipantID) (key []byte, err error) {
	err = s.view(ctx, "owner key", func(q *sql.Tx) error {
		err := q.QueryRowContext(ctx, `SELECT owner_key FROM participants WHERE id = $1`, text(p)).Scan(&key)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("participant %q: %w", p, record.ErrNotFound)
		}
		return err
	})
	if len(key) == 0 {
		key = nil
	}
	return key, err
}
