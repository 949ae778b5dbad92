package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"torg"
	"torg/ledger"
	"torg/record"
	"torg/store"
)

// sessionBlock is a block with one session's contracts and orders.
func sessionBlock(height int64, slot torg.Slot, contracts int) ledger.Committed {
	b := block(height)
	var own []torg.Contract
	for i := range contracts {
		own = append(own, inside(slot, 1, i+1, 1, 10, "4", "4"))
		o := order(torg.OrderID(fmt.Sprintf("o-%d-%d", slot, i)), torg.Site{ID: torg.SiteID(fmt.Sprintf("s%d", i)), Participant: "factory", Zone: "z1"}, slot, torg.Buy, 10, "5")
		b.Events = append(b.Events, ledger.Event{Order: &ledger.OrderTaken{Order: o}})
	}
	b.Events = append(b.Events, cleared(slot, 1, "4", own...), post(slot, torg.PostEscrow, "factory", torg.AccountEscrow, "1", ""))
	return b
}

// walk reads every page of a list, adding rows between two pages, and checks that
// it saw exactly the rows that were there when it began, in the same order.
func walk(t *testing.T, name string, all func(record.Page) ([]string, string, error), add func()) {
	t.Helper()
	want, _, err := all(record.Page{Limit: 1000})
	must(t, err)
	if len(want) < 10 {
		t.Fatalf("%s: only %d rows", name, len(want))
	}
	var got []string
	for cursor, pages := "", 0; ; pages++ {
		rows, next, err := all(record.Page{Limit: 3, Cursor: cursor})
		must(t, err)
		got = append(got, rows...)
		if next == "" {
			break
		}
		if len(rows) != 3 {
			t.Fatalf("%s: a page of %d rows in the middle", name, len(rows))
		}
		if pages < 3 {
			add()
		}
		cursor = next
	}
	if len(got) != len(want) {
		t.Fatalf("%s: %d rows page by page, %d at once", name, len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("%s: row %d is %s, want %s", name, i, got[i], want[i])
		}
	}
}

func ids[T any](all []T, next string, err error, id func(T) string) ([]string, string, error) {
	var list []string
	for _, v := range all {
		list = append(list, id(v))
	}
	return list, next, err
}

func testPages(t *testing.T, fresh func(testing.TB) string) {
	ctx := context.Background()
	s := open(t, fresh(t))
	height := int64(1)
	apply(t, s, block(1, admit(foundry), admit(factory)))
	add := func() {
		height++
		apply(t, s, sessionBlock(height, First+torg.Slot(height), 2))
		must(t, s.PutMessages(ctx, []record.Message{{Kind: record.Information, From: "factory-1", Ref: fmt.Sprint(height)}, {Kind: record.Financial, To: "factory"}}))
		must(t, s.PutDecisions(ctx, []record.Decision{{Site: "factory-1", Origin: record.OnLedger}, {Site: "factory-1", Origin: record.OnLedger}}))
	}
	for range 12 {
		add()
	}
	for name, all := range map[string]func(record.Page) ([]string, string, error){
		"sessions": func(p record.Page) ([]string, string, error) {
			rows, next, err := s.Sessions(ctx, p)
			return ids(rows, next, err, func(v record.Session) string { return v.ID })
		},
		"contracts": func(p record.Page) ([]string, string, error) {
			rows, next, err := s.Contracts(ctx, record.Filter{}, p)
			return ids(rows, next, err, func(v record.Contract) string { return string(v.ID) })
		},
		"contracts of a participant": func(p record.Page) ([]string, string, error) {
			rows, next, err := s.Contracts(ctx, record.Filter{Participant: "foundry"}, p)
			return ids(rows, next, err, func(v record.Contract) string { return string(v.ID) })
		},
		"orders": func(p record.Page) ([]string, string, error) {
			rows, next, err := s.Orders(ctx, record.Filter{Participant: "factory"}, p)
			return ids(rows, next, err, func(v record.Order) string { return string(v.ID) })
		},
		"messages": func(p record.Page) ([]string, string, error) {
			rows, next, err := s.Messages(ctx, record.Filter{Participant: "factory"}, p)
			return ids(rows, next, err, func(v record.Message) string { return fmt.Sprint(v.ID) })
		},
		"decisions": func(p record.Page) ([]string, string, error) {
			rows, next, err := s.Decisions(ctx, record.Filter{Site: "factory-1"}, p)
			return ids(rows, next, err, func(v record.Decision) string { return fmt.Sprint(v.ID) })
		},
		"postings": func(p record.Page) ([]string, string, error) {
			rows, next, err := s.Postings(ctx, "factory", p)
			return ids(rows, next, err, func(v store.Posting) string { return fmt.Sprint(v.Height) })
		},
	} {
		walk(t, name, all, add)
	}
	all, next, err := s.Sessions(ctx, record.Page{Limit: 1000})
	must(t, err)
	equal(t, "nothing after the last row", next, "")
	_, next, err = s.Sessions(ctx, record.Page{Limit: len(all)})
	must(t, err)
	equal(t, "nothing after a page that is just full", next, "")
	newest, _, err := s.Contracts(ctx, record.Filter{}, record.Page{Limit: 1})
	must(t, err)
	equal(t, "newest first", newest[0].Slot, First+torg.Slot(height))
}

func testBadPages(t *testing.T, fresh func(testing.TB) string) {
	ctx := context.Background()
	s := open(t, fresh(t))
	apply(t, s, story()...)
	for _, p := range []record.Page{
		{}, {Limit: -1}, {Limit: 1001}, {Limit: 10, Cursor: "x"}, {Limit: 10, Cursor: "1.2.3.4"}, {Limit: 10, Cursor: "1."},
		{Limit: 10, Cursor: "99999999999999999999"}, {Limit: 10, Cursor: "1 OR 1=1"}, {Limit: 10, Cursor: "\x00"}, {Limit: 10, Cursor: "1,2"},
	} {
		_, _, e1 := s.Sessions(ctx, p)
		_, _, e2 := s.Contracts(ctx, record.Filter{}, p)
		_, _, e3 := s.Orders(ctx, record.Filter{}, p)
		_, _, e4 := s.Messages(ctx, record.Filter{}, p)
		_, _, e5 := s.Decisions(ctx, record.Filter{}, p)
		for i, err := range []error{e1, e2, e3, e4, e5} {
			if !errors.Is(err, torg.ErrMalformed) {
				t.Errorf("page %+v of list %d: %v", p, i+1, err)
			}
		}
	}
}

func testSettings(t *testing.T, fresh func(testing.TB) string) {
	ctx := context.Background()
	s := open(t, fresh(t))
	must(t, s.PutNames(ctx, []store.Name{{Participant: "foundry", Name: "Литейный завод", NameEN: "Foundry"}, {Participant: "supplier", Name: "Гарантирующий поставщик"}}))
	configured := record.Site{Site: foundry, Name: "Цех 1", NameEN: "Shop 1", Mode: torg.Auto, Goal: "cheapest", Strategy: "newsvendor", Running: true}
	must(t, s.PutSites(ctx, []record.Site{configured}))
	sites, err := s.Sites(ctx)
	must(t, err)
	equal(t, "a site that nobody admitted yet", sites[0], configured)

	must(t, s.SetSite(ctx, "foundry-1", torg.Manual, "greener", "flat", false))
	moved := foundry
	moved.CapacityW = 5
	apply(t, s, block(1, admit(moved), admit(factory)))
	must(t, s.PutSites(ctx, []record.Site{configured})) // the next start must not start the agent again
	sites, err = s.Sites(ctx)
	must(t, err)
	equal(t, "sites", len(sites), 2)
	want := record.Site{Site: moved, Name: "Цех 1", NameEN: "Shop 1", Mode: torg.Manual, Goal: "greener", Strategy: "flat"}
	equal(t, "as people left it", sites[1], want)
	equal(t, "a site without settings", sites[0], record.Site{Site: factory})
	if err := s.SetSite(ctx, "nowhere", torg.Auto, "", "", true); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("settings of an unknown site: %v", err)
	}
	people, err := s.Participants(ctx)
	must(t, err)
	if len(people) != 3 || people[0].ID != "factory" || people[1].NameEN != "Foundry" || people[2].Name != "Гарантирующий поставщик" || people[2].KeyFingerprint != nil {
		t.Errorf("participants: %+v", people)
	}
}

func testJournal(t *testing.T, fresh func(testing.TB) string) {
	ctx := context.Background()
	s := open(t, fresh(t))
	apply(t, s, block(1, admit(foundry), admit(factory)))
	at := time.Date(2026, 11, 22, 10, 0, 0, 123_456_000, time.UTC)
	d := record.Decision{Time: at, Session: session(0), Site: "foundry-1", Discovery: 1, Strategy: "newsvendor", Fallback: true, Ordered: true,
		Side: torg.Sell, Energy: 3_400, Limit: rub("4.82"), Quantile: 0.62, Reason: "journal.sold", Args: map[string]string{"энергия": "3,4"}, Origin: record.OnLedger}
	must(t, s.PutDecisions(ctx, []record.Decision{d, {Site: "factory-1", Origin: record.Simulated}}))
	if err := s.PutDecisions(ctx, []record.Decision{{Site: "foundry-1"}}); err == nil {
		t.Error("a decision without an origin was taken")
	}
	for filter, want := range map[record.Filter]int{{}: 2, {Site: "foundry-1"}: 1, {Participant: "factory"}: 1, {Participant: "nobody"}: 0,
		{Session: session(0)}: 1, {Origin: record.Simulated}: 1} {
		got, _, err := s.Decisions(ctx, filter, record.Page{Limit: 10})
		must(t, err)
		if len(got) != want {
			t.Errorf("decisions of %+v: %d, want %d", filter, len(got), want)
		}
		if filter.Site == "foundry-1" {
			equal(t, "args", got[0].Args["энергия"], "3,4")
			got[0].Args, got[0].ID = nil, 0
			want := d
			want.Args = nil
			if fmt.Sprintf("%+v", got[0]) != fmt.Sprintf("%+v", want) {
				t.Errorf("decision: %+v, want %+v", got[0], want)
			}
		}
	}
	m := record.Message{Time: at, Session: session(0), Kind: record.EnergyMsg, Performative: "propose", From: "foundry-1", To: "exchange", Text: "message.order", Ref: "b", Height: 2}
	must(t, s.PutMessages(ctx, []record.Message{m, {Kind: record.Financial, From: "ledger", To: "factory"}}))
	for filter, want := range map[record.Filter]int{{}: 2, {Kind: record.EnergyMsg}: 1, {Kind: record.Information}: 0, {Participant: "foundry"}: 1,
		{Site: "foundry-1"}: 1, {Participant: "factory"}: 1, {Session: session(0)}: 1, {Session: session(1)}: 0} {
		got, _, err := s.Messages(ctx, filter, record.Page{Limit: 10})
		must(t, err)
		if len(got) != want {
			t.Errorf("messages of %+v: %d, want %d", filter, len(got), want)
		}
	}
	s.LimitMessages(5)
	for range 4 {
		must(t, s.PutMessages(ctx, []record.Message{m, m, m}))
	}
	got, _, err := s.Messages(ctx, record.Filter{}, record.Page{Limit: 100})
	must(t, err)
	equal(t, "messages kept", len(got), 5)
	equal(t, "the newest are kept", got[0].ID, 14)
	m.ID = 14
	if fmt.Sprintf("%+v", got[0]) != fmt.Sprintf("%+v", m) {
		t.Errorf("message: %+v, want %+v", got[0], m)
	}
}
