package store

import (
	"context"

	"torg"
	"torg/ledger"
)

const siteColumns = "id, participant, zone, role, tariff, capacity_w"

func siteValues(s torg.Site) []any {
	return []any{text(s.ID), text(s.Participant), text(s.Zone), text(s.Role), text(s.Tariff), s.CapacityW}
}

// admitted writes a participant and its sites. A second admission adds sites.
func (b *block) admitted(ctx context.Context, a ledger.Admit) error {
	err := b.insertOr(ctx, "participants", "id, owner_key, height",
		[][]any{{text(a.Participant), blob(a.OwnerKey), b.height}},
		`ON CONFLICT (id) DO UPDATE SET owner_key = excluded.owner_key`)
	if err == nil {
		err = b.addKeys(ctx, a.Participant, a.OwnerKey)
	}
	if err != nil || len(a.Sites) == 0 {
		return err
	}
	seen := map[torg.SiteID]int{}
	var rows [][]any
	for _, s := range a.Sites {
		row := append(siteValues(s), b.height)
		if i, again := seen[s.ID]; again {
			rows[i] = row
			continue
		}
		seen[s.ID] = len(rows)
		rows = append(rows, row)
	}
	return b.insertOr(ctx, "sites", siteColumns+", height", rows,
		`ON CONFLICT (id) DO UPDATE SET participant = excluded.participant, zone = excluded.zone,
			role = excluded.role, tariff = excluded.tariff, capacity_w = excluded.capacity_w`)
}

// granted writes a mandate and ends the one it replaces.
func (b *block) granted(ctx context.Context, g ledger.Granted) error {
	m, l := g.Mandate, g.Mandate.Limits
	err := b.exec(ctx, `UPDATE mandates SET ended_height = $1 WHERE participant = $2 AND site = $3 AND ended_height = 0`,
		b.height, text(m.Participant), text(m.Site))
	if err != nil {
		return err
	}
	return b.insert(ctx, "mandates",
		"height, n, participant, site, agent, agent_key, may_buy, may_sell, max_energy, max_buy, min_sell, daily_spend, expires, ended_height, partners",
		[][]any{{b.height, b.n + 1, text(m.Participant), text(m.Site), m.AgentKey[:], blob(g.AgentKey), l.Buy, l.Sell,
			int64(l.MaxEnergy), int64(l.MaxBuy), int64(l.MinSell), int64(l.DailySpend), m.Expires.UnixMicro(), int64(0), words(l.Partners)}})
}

// revoked ends the mandate of a key, where it is the site's. Orders that are not
// cleared yet are withdrawn with it, and say so.
func (b *block) revoked(ctx context.Context, r ledger.Revoke) error {
	ended, err := b.ExecContext(ctx, `UPDATE mandates SET ended_height = $1
		WHERE participant = $2 AND site = $3 AND agent = $4 AND ended_height = 0`,
		b.height, text(r.Participant), text(r.Site), r.AgentKey[:])
	if err != nil {
		return err
	}
	if n, err := ended.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return b.exec(ctx, `UPDATE orders SET refused = $1 WHERE participant = $2 AND site = $3 AND refused = ''
		AND NOT EXISTS (SELECT 1 FROM clearings c WHERE c.slot = orders.slot AND c.discovery = orders.discovery)`,
		string(torg.ErrNoMandate), text(r.Participant), text(r.Site))
}
