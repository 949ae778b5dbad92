package recordtest

import (
	"cmp"
	"slices"
	"time"

	"torg"
	"torg/record"
)

// lot is what a place still wants to trade in a session.
type lot struct {
	place
	left torg.Energy
}

// pair contracts the largest with the largest once, then the rest with several,
// then what is left with the supplier. It makes rows that look right; the market's
// own rules live in package market.
func (m *Market) pair(row *record.Session, p torg.Price) {
	var buyers, sellers []*lot
	for _, pl := range places {
		if pl.mode != torg.Auto || pl.site == "scooter-1" && row.Slot%3 == 0 {
			continue
		}
		e := *pl.reading(row.SlotStart, Interval, row.Slot, record.OnLedger, false).Q50
		if e >= 0 {
			buyers = append(buyers, &lot{pl, e})
		} else {
			sellers = append(sellers, &lot{pl, -e})
		}
	}
	largest := func(a, b *lot) int { return cmp.Compare(b.left, a.left) }
	slices.SortFunc(buyers, largest)
	slices.SortFunc(sellers, largest)
	row.Rounds = []record.Round{{Round: 1}, {Round: 2}, {Round: 3}}
	for i := range min(len(buyers), len(sellers)) {
		m.contract(row, 1, buyers[i], sellers[i], p)
	}
	for _, b := range buyers {
		for _, s := range sellers {
			m.contract(row, 2, b, s, p)
		}
	}
	for _, l := range append(buyers, sellers...) {
		m.contract(row, 3, l, nil, p)
	}
}

func (m *Market) contract(row *record.Session, round int, a, b *lot, p torg.Price) {
	e := a.left
	if b != nil {
		e = min(e, b.left)
	}
	if e == 0 {
		return
	}
	order := func(l *lot) torg.OrderID { return torg.OrderID(row.ID + "-" + l.site + "-1") }
	t := torg.Trade{Round: round, Energy: e, BuyerZone: "z1", SellerZone: "z1", BuyerPrice: p, SellerPrice: p,
		BuyOrder: order(a), Buyer: torg.ParticipantID(a.who), BuyerSite: torg.SiteID(a.site), Seller: m.Quotes.ID}
	a.left -= e
	switch {
	case b != nil:
		b.left -= e
		t.SellOrder, t.Seller, t.SellerSite = order(b), torg.ParticipantID(b.who), torg.SiteID(b.site)
	case a.kw < 0:
		t.SellOrder, t.Seller, t.SellerSite, t.SellerPrice = t.BuyOrder, t.Buyer, t.BuyerSite, m.Quotes.Buy
		t.BuyOrder, t.Buyer, t.BuyerSite, t.BuyerPrice = "", m.Quotes.ID, "", m.Quotes.Buy
	default:
		t.BuyerPrice, t.SellerPrice = m.Quotes.Sell, m.Quotes.Sell
	}
	row.Rounds[round-1].Contracts++
	row.Rounds[round-1].Energy += e
	n := row.Rounds[0].Contracts + row.Rounds[1].Contracts + row.Rounds[2].Contracts
	c := record.Contract{Contract: torg.Contract{ID: torg.NewContractID(row.ID, 1, n), Slot: row.Slot, Discovery: 1, Trade: t},
		Session: row.ID, State: "active", Origin: record.OnLedger, Height: row.LedgerHeight}
	if row.State == record.Settled {
		c.State = "settled"
	}
	m.Deals = append(m.Deals, c)
}

// say logs a few messages of each kind.
func (m *Market) say(row record.Session) {
	add := func(after time.Duration, kind record.MessageKind, verb, from, to, text string, args map[string]string) {
		m.Log = append(m.Log, record.Message{ID: int64(len(m.Log) + 1), Time: row.SlotStart.Add(-30*time.Second + after), Session: row.ID,
			Kind: kind, Performative: verb, From: from, To: to, Text: text, Args: args, Height: row.LedgerHeight})
	}
	add(0, record.Information, "cfp", "exchange", "agents", record.SaidOpened, nil)
	add(time.Second, record.Information, "inform", "forecast", "foundry-1", record.SaidForecast, map[string]string{"low": "-5100", "median": "-4300", "high": "-3600"})
	add(2*time.Second, record.EnergyMsg, "propose", "foundry-1", "ledger", record.SaidOrder, map[string]string{"side": "sell", "energy": "4300", "limit": "2.4"})
	switch row.State {
	case record.Active, record.Settled:
		add(16*time.Second, record.EnergyMsg, "accept-proposal", "ledger", "foundry-1", record.SaidAccepted, map[string]string{"contracts": "2", "energy": "4300"})
		add(16*time.Second, record.Financial, "inform", "factory", "@escrow", record.SaidEscrow, map[string]string{"amount": "20.7512"})
		for _, pl := range places {
			if pl.mode == torg.Auto {
				m.Signed = append(m.Signed, record.Statement{Session: row.ID, Site: torg.SiteID(pl.site), Root: [32]byte{byte(row.Slot)}, Signature: []byte{1}, Height: row.LedgerHeight + 1})
			}
		}
	case record.Missed:
		add(29*time.Second, record.EnergyMsg, "failure", "ledger", "agents", record.SaidMissed, map[string]string{"discovery": "1"})
	}
}
