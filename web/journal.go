package web

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"torg"
	"torg/record"
)

// entry is one thing that an agent did, in words: what it ordered, why, and what
// came of it.
type entry struct {
	record.Decision
	Did     string
	Why     string
	Outcome string
	First   torg.ContractID // of the contracts it led to; empty: none
}

// journal reads the last n decisions of the viewer's sites, or of one site.
func (p *page) journal(ctx context.Context, f record.Filter, pg record.Page) ([]entry, string, error) {
	rows, next, err := p.site.Reader.Decisions(ctx, f, pg)
	if err != nil {
		return nil, "", err
	}
	deals := map[string][]record.Contract{}
	var entries []entry
	for _, d := range rows {
		own, asked := deals[d.Session+string(d.Site)]
		if !asked && d.Ordered {
			own, _, err = p.site.Reader.Contracts(ctx, record.Filter{Session: d.Session, Site: d.Site}, record.Page{Limit: exported})
			if err != nil {
				return nil, "", err
			}
			deals[d.Session+string(d.Site)] = own
		}
		entries = append(entries, p.entry(d, own))
	}
	return entries, next, nil
}

func (p *page) entry(d record.Decision, deals []record.Contract) entry {
	e := entry{Decision: d, Did: p.did(d), Why: p.Tell(reasonKey(d.Reason), d.Args)}
	own := slices.DeleteFunc(slices.Clone(deals), func(c record.Contract) bool { return c.Discovery != d.Discovery })
	slices.SortFunc(own, func(a, b record.Contract) int { return cmp.Compare(a.ID, b.ID) })
	if len(own) > 0 {
		e.First, e.Outcome = own[0].ID, p.outcome(own, d.Site)
	}
	return e
}

// outcome says what contracts of one site gave, the first three by name, and how
// much better than the supplier they are together.
func (p *page) outcome(deals []record.Contract, at torg.SiteID) string {
	side, energy, cost := torg.Buy, torg.Energy(0), torg.Cost{}
	var parts []string
	for i, c := range deals {
		key, price, partner := "deal.buy", c.BuyerPrice, c.Seller
		if c.SellerSite == at {
			side, key, price, partner = torg.Sell, "deal.sell", c.SellerPrice, c.Buyer
		}
		energy, cost = energy+c.Energy, cost.Add(c.Energy.At(price))
		if i > 0 {
			key = "deal.next"
		}
		if i < 3 {
			parts = append(parts, p.T(key, "Energy", p.Energy(c.Energy), "Price", p.Price(price), "Partner", p.Who(partner)))
		}
	}
	text := strings.Join(parts, "; ")
	if more := len(deals) - len(parts); more > 0 {
		text += " " + p.T("deal.more", "Count", more)
	}
	if better, ok := p.better(side, cost.Per(energy), p.zoneOf(at)); ok {
		text += " — " + better
	}
	return text
}

// reasonKey is the catalogue's key of a decision's reason.
func reasonKey(reason string) string {
	if strings.HasPrefix(reason, "journal.") {
		return reason
	}
	return "journal." + reason
}

func (p *page) did(d record.Decision) string {
	if !d.Ordered {
		return p.T("did.nothing")
	}
	return p.T("did."+d.Side.String(), "Energy", p.Energy(d.Energy), "Limit", p.PriceUnit(d.Limit))
}

// better says by how much a price beats the supplier's, delivered to the zone.
func (p *page) better(side torg.Side, price torg.Price, zone torg.ZoneID) (string, bool) {
	s := p.quotes(zone)
	switch {
	case s == nil:
		return "", false
	case side == torg.Buy && s.Sell > 0 && price < s.Sell:
		return p.T("better.buy", "Share", p.Percent(1-price.RUBkWh()/s.Sell.RUBkWh())), true
	case side == torg.Sell && price > s.Buy && s.Buy > 0:
		return p.T("better.sell", "Times", p.Number(price.RUBkWh()/s.Buy.RUBkWh(), 1)), true
	case side == torg.Sell && price > s.Buy:
		return p.T("better.sell_by", "Price", p.PriceUnit(price-s.Buy)), true
	}
	return "", false
}
