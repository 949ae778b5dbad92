package store

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"torg"
)

const contractColumns = "slot, discovery, n, id, round, buy_order, sell_order, buyer, seller, buyer_site, seller_site, " +
	"buyer_zone, seller_zone, energy, buyer_price, seller_price, height"

func contractValues(c torg.Contract, n int, height int64) []any {
	return []any{int64(c.Slot), int64(c.Discovery), int64(n), text(c.ID), int64(c.Round), text(c.BuyOrder), text(c.SellOrder),
		text(c.Buyer), text(c.Seller), text(c.BuyerSite), text(c.SellerSite), text(c.BuyerZone), text(c.SellerZone),
		int64(c.Energy), int64(c.BuyerPrice), int64(c.SellerPrice), height}
}

// contracts writes a discovery's contracts, in the outcome's order, their sums by
// round and the sites' positions.
func (b *block) contracts(ctx context.Context, slot torg.Slot, contracts []torg.Contract) error {
	if len(contracts) == 0 {
		return nil
	}
	rows := make([][]any, len(contracts))
	for i, c := range contracts {
		rows[i] = contractValues(c, i+1, b.height)
	}
	if err := b.insert(ctx, "contracts", contractColumns, rows); err != nil {
		return err
	}
	if err := b.insert(ctx, "rounds", "slot, discovery, round, contracts, energy", roundRows(contracts)); err != nil {
		return err
	}
	return b.addToPositions(ctx, slot, contracts)
}

// addToPositions adds contracts of a slot to the positions of their sites.
func (b *block) addToPositions(ctx context.Context, slot torg.Slot, contracts []torg.Contract) error {
	before, err := list(ctx, b, func(row func(...any) error) (sited, error) {
		var p sited
		err := row(str(&p.site), &p.contracted, &p.inside, scanCost{&p.paid})
		return p, err
	}, `SELECT site, contracted, inside, paid FROM positions WHERE slot = $1`, int64(slot))
	if err != nil {
		return err
	}
	net := map[torg.SiteID]position{}
	for _, p := range before {
		net[p.site] = p.position
	}
	addPositions(net, contracts)
	return b.insertOr(ctx, "positions", positionColumns, positionRows(slot, net),
		`ON CONFLICT (site, slot) DO UPDATE SET contracted = excluded.contracted, inside = excluded.inside, paid = excluded.paid`)
}

// roundRows sums contracts of one slot by discovery and round.
func roundRows(contracts []torg.Contract) [][]any {
	type key struct{ discovery, round int }
	counts, energy := map[key]int64{}, map[key]torg.Energy{}
	var keys []key
	for _, c := range contracts {
		k := key{c.Discovery, c.Round}
		if counts[k] == 0 {
			keys = append(keys, k)
		}
		counts[k]++
		energy[k] += c.Energy
	}
	var rows [][]any
	for _, k := range keys {
		rows = append(rows, []any{int64(contracts[0].Slot), int64(k.discovery), int64(k.round), counts[k], int64(energy[k])})
	}
	return rows
}

// A position is a site's contracts of one slot, netted.
type position struct {
	contracted torg.Energy // consumption plus
	inside     torg.Energy // bought and sold inside the complex
	paid       torg.Cost   // received: minus
}

type sited struct {
	site torg.SiteID
	position
}

const positionColumns = "site, slot, contracted, inside, paid"

// addPositions adds contracts to the positions of the sites they name. The
// supplier's side names none.
func addPositions(net map[torg.SiteID]position, contracts []torg.Contract) {
	for _, c := range contracts {
		inside := c.Energy
		if c.Round == 3 {
			inside = 0
		}
		if c.BuyerSite != "" {
			p := net[c.BuyerSite]
			net[c.BuyerSite] = position{p.contracted + c.Energy, p.inside + inside, p.paid.Add(c.Energy.At(c.BuyerPrice))}
		}
		if c.SellerSite != "" {
			p := net[c.SellerSite]
			net[c.SellerSite] = position{p.contracted - c.Energy, p.inside + inside, p.paid.Sub(c.Energy.At(c.SellerPrice))}
		}
	}
}

func positionRows(slot torg.Slot, net map[torg.SiteID]position) [][]any {
	var rows [][]any
	for _, site := range slices.Sorted(maps.Keys(net)) {
		p := net[site]
		rows = append(rows, []any{text(site), int64(slot), int64(p.contracted), int64(p.inside), p.paid.String()})
	}
	return rows
}

// dollar returns the n-th placeholder. Both engines number them so; SQLite does it
// by first use, so every statement uses them in order.
func dollar(n int) string { return "$" + strconv.Itoa(n) }
