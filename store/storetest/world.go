package storetest

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"torg"
	"torg/ledger"
	"torg/market"
	"torg/record"
	"torg/store"
)

// First is the slot of the fixture's first session: 2026-11-22T10:00:00Z.
var First = Genesis().Calendar.At(time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC))

// Genesis is the fixture's market: slots of 15 minutes, settled by the hour, one
// zone, a supplier at 7.2 and 1.1 RUB/kWh and a class at 7.5 and 1.
func Genesis() ledger.Genesis {
	return ledger.Genesis{
		ChainID:    "torg-test",
		Calendar:   torg.Calendar{Interval: 15 * time.Minute},
		Settlement: time.Hour,
		Deadline:   time.Hour,
		Complex: torg.Complex{
			Zones:   []torg.ZoneID{"z1"},
			Pricing: torg.Split,
			Supplier: &torg.Supplier{Participant: "supplier", Zone: "z1", Sell: rub("7.2"), Buy: rub("1.1"),
				Import: torg.Unlimited, Export: 640_000},
		},
		Tariffs: []torg.Tariff{
			{ID: "base", From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Sell: rub("7.5"), Buy: rub("1")},
			{ID: "base", From: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), Sell: rub("9"), Buy: rub("2")},
		},
		NoWorse:  true,
		Timezone: "Europe/Moscow",
		Unsigned: true,
	}
}

// The fixture's sites: who has surplus and who buys.
var (
	foundry = torg.Site{ID: "foundry-1", Participant: "foundry", Zone: "z1", Role: torg.Plant, CapacityW: 2_000_000}
	factory = torg.Site{ID: "factory-1", Participant: "factory", Zone: "z1", Role: torg.Plant, Tariff: "base", CapacityW: 1_000_000}
)

func rub(s string) torg.Price {
	p, err := torg.ParsePrice(s)
	if err != nil {
		panic(err)
	}
	return p
}

func cost(s string) torg.Cost {
	c, err := torg.ParseCost(s)
	if err != nil {
		panic(err)
	}
	return c
}

// session returns the id of the n-th session from First.
func session(n int) string { return Genesis().Calendar.Session(First + torg.Slot(n)) }

// admit is the event of a participant with one site.
func admit(s torg.Site) ledger.Event {
	return ledger.Event{Admitted: &ledger.Admit{Participant: s.Participant, OwnerKey: []byte("key of " + s.Participant), Sites: []torg.Site{s}}}
}

func post(slot torg.Slot, kind torg.PostingKind, from, to torg.Account, amount string, contract torg.ContractID) ledger.Event {
	return ledger.Event{Posting: &torg.Posting{Slot: slot, Kind: kind, From: from, To: to, Amount: cost(amount), Contract: contract}}
}

func reading(site torg.SiteID, slot torg.Slot, e torg.Energy, q torg.Quality) ledger.Event {
	return ledger.Event{Reading: &ledger.ReadingTaken{Reading: torg.Reading{Site: site, Slot: slot, Energy: e, Quality: q}}}
}

func order(id torg.OrderID, s torg.Site, slot torg.Slot, side torg.Side, e torg.Energy, limit string) torg.Order {
	return torg.Order{ID: id, Participant: s.Participant, Site: s.ID, Zone: s.Zone, Slot: slot, Discovery: 1, Side: side, Energy: e, Limit: rub(limit)}
}

// inside is a contract between the two fixture sites, the foundry selling.
func inside(slot torg.Slot, discovery, n, round int, e torg.Energy, buyer, seller string) torg.Contract {
	return torg.Contract{
		ID: torg.NewContractID(Genesis().Calendar.Session(slot), discovery, n), Slot: slot, Discovery: discovery,
		Trade: torg.Trade{Round: round, BuyOrder: "b", SellOrder: "s", Buyer: "factory", Seller: "foundry", BuyerSite: "factory-1",
			SellerSite: "foundry-1", BuyerZone: "z1", SellerZone: "z1", Energy: e, BuyerPrice: rub(buyer), SellerPrice: rub(seller)},
	}
}

// imported is the factory's contract with the supplier.
func imported(slot torg.Slot, discovery, n int, e torg.Energy) torg.Contract {
	c := inside(slot, discovery, n, 3, e, "7.2", "7.2")
	c.SellOrder, c.Seller, c.SellerSite = "", "supplier", ""
	return c
}

// cleared is a discovery at one price with contracts.
func cleared(slot torg.Slot, discovery int, price string, contracts ...torg.Contract) ledger.Event {
	return ledger.Event{Cleared: &ledger.Cleared{Slot: slot, Discovery: discovery, Contracts: contracts, Outcome: market.Outcome{
		Discovery: discovery,
		Prices:    []market.ZonePrice{{Zone: "z1", Price: rub(price), Lowest: rub(price), HasLowest: true}},
	}}}
}

// block is a committed block.
func block(height int64, events ...ledger.Event) ledger.Committed {
	return ledger.Committed{Block: ledger.Block{Height: height}, Result: ledger.Result{Events: events}}
}

func apply(t testing.TB, s *store.Store, blocks ...ledger.Committed) {
	t.Helper()
	for _, b := range blocks {
		if err := s.Apply(context.Background(), b); err != nil {
			t.Fatal(err)
		}
	}
}

// everything reads all that the store tells, as JSON.
func everything(t testing.TB, s *store.Store) string {
	t.Helper()
	ctx := context.Background()
	page := record.Page{Limit: 1000}
	from, to := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC)
	all := map[string]any{}
	keep := func(name string, v any, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[name] = v
	}
	height, err := s.Height(ctx)
	keep("height", height, err)
	sessions, _, err := s.Sessions(ctx, page)
	keep("sessions", sessions, err)
	for _, one := range sessions {
		statements, err := s.Statements(ctx, one.ID)
		keep("statements "+one.ID, statements, err)
		clearings, err := s.Clearings(ctx, one.ID)
		keep("clearings "+one.ID, clearings, err)
	}
	contracts, _, err := s.Contracts(ctx, record.Filter{}, page)
	keep("contracts", contracts, err)
	orders, _, err := s.Orders(ctx, record.Filter{}, page)
	keep("orders", orders, err)
	participants, err := s.Participants(ctx)
	keep("participants", participants, err)
	sites, err := s.Sites(ctx)
	keep("sites", sites, err)
	for _, site := range sites {
		readings, err := s.Readings(ctx, site.ID, First-10_000, First+10_000)
		keep("readings "+string(site.ID), readings, err)
		mandates, err := s.Mandates(ctx, site.ID)
		keep("mandates "+string(site.ID), mandates, err)
	}
	for _, p := range participants {
		own, _, err := s.Contracts(ctx, record.Filter{Participant: p.ID}, page)
		keep("contracts "+string(p.ID), own, err)
	}
	settlements, err := s.Settlements(ctx, record.Filter{}, from, to)
	keep("settlements", settlements, err)
	savings, err := s.Savings(ctx, from, to)
	keep("savings", savings, err)
	messages, _, err := s.Messages(ctx, record.Filter{}, page)
	keep("messages", messages, err)
	decisions, _, err := s.Decisions(ctx, record.Filter{}, page)
	keep("decisions", decisions, err)
	months, err := s.Months(ctx)
	keep("months", months, err)
	intervals, err := s.Intervals(ctx, First-10_000, First+10_000)
	keep("intervals", intervals, err)
	postings, _, err := s.Postings(ctx, "", page)
	keep("postings", postings, err)
	for _, a := range []torg.Account{"foundry", "factory", torg.AccountBank, torg.AccountEscrow, torg.AccountSupplier, torg.AccountLoss} {
		balance, err := s.Balance(ctx, a)
		if err != nil {
			balance = torg.Cost{}
		}
		keep("balance "+string(a), balance, nil)
	}
	offers, _, err := s.Offers(ctx, record.BoardFilter{}, page)
	keep("offers", offers, err)
	forwards, _, err := s.Forwards(ctx, record.BoardFilter{}, page)
	keep("forward contracts", forwards, err)
	for _, f := range forwards {
		one, err := s.Forward(ctx, f.ID())
		keep("forward contract "+string(f.ID()), one, err)
	}
	text, err := json.MarshalIndent(all, "", " ")
	must(t, err)
	return string(text)
}
