package store

import (
	"context"
	"fmt"

	"torg"
	"torg/record"
)

// Name is what people call a participant or a site. It is not on the ledger.
type Name struct {
	Participant torg.ParticipantID // one of the two is set
	Site        torg.SiteID
	Name        string // as the operator wrote it
	NameEN      string // in English, where given
}

func (n Name) key() (kind, id string) {
	if n.Site != "" {
		return "site", text(n.Site)
	}
	return "participant", text(n.Participant)
}

// PutNames writes names, in place of earlier ones.
func (s *Store) PutNames(ctx context.Context, names []Name) error {
	return s.update(ctx, "names", func(t *tx) error { return putNames(ctx, t, names) })
}

func putNames(ctx context.Context, t *tx, names []Name) error {
	for _, n := range names {
		kind, id := n.key()
		err := t.exec(ctx, `INSERT INTO names (kind, id, name, name_en) VALUES ($1, $2, $3, $4)
			ON CONFLICT (kind, id) DO UPDATE SET name = excluded.name, name_en = excluded.name_en`,
			kind, id, text(n.Name), text(n.NameEN))
		if err != nil {
			return err
		}
	}
	return nil
}

const settingColumns = "site, participant, zone, role, tariff, capacity_w, mode, goal, strategy, running"

// PutSites writes sites as they are configured, with their names. The settings of a
// site that is there already (mode, goal, strategy, running) stay as people left
// them.
func (s *Store) PutSites(ctx context.Context, sites []record.Site) error {
	return s.update(ctx, "sites", func(t *tx) error {
		for _, site := range sites {
			row := append(siteValues(site.Site), text(site.Mode), text(site.Goal), text(site.Strategy), site.Running)
			err := t.insertOr(ctx, "site_settings", settingColumns, [][]any{row},
				`ON CONFLICT (site) DO UPDATE SET participant = excluded.participant, zone = excluded.zone,
					role = excluded.role, tariff = excluded.tariff, capacity_w = excluded.capacity_w`)
			if err != nil {
				return err
			}
			if err := putNames(ctx, t, []Name{{Site: site.ID, Name: site.Name, NameEN: site.NameEN}}); err != nil {
				return err
			}
		}
		return nil
	})
}

// SetSite changes a site's settings, or returns record.ErrNotFound where PutSites
// never wrote it.
func (s *Store) SetSite(ctx context.Context, site torg.SiteID, mode torg.Mode, goal, strategy string, running bool) error {
	return s.update(ctx, "site", func(t *tx) error {
		done, err := t.ExecContext(ctx, `UPDATE site_settings SET mode = $1, goal = $2, strategy = $3, running = $4 WHERE site = $5`,
			text(mode), text(goal), text(strategy), running, text(site))
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return fmt.Errorf("site %q: %w", site, record.ErrNotFound)
	})
}
