package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"torg"
	"torg/ledger"
	"torg/record"
	"torg/store"
)

func testReadings(t *testing.T, fresh func(testing.TB) string) {
	ctx := context.Background()
	s := open(t, fresh(t))
	must(t, s.PutForecasts(ctx, session(0), []store.Forecast{
		{Site: "factory-1", Slot: First, Q10: 1, Q50: 2, Q90: 3}, {Site: "factory-1", Slot: First + 1, Q10: 10, Q50: 20, Q90: 30}}))
	must(t, s.PutForecasts(ctx, session(1), forecast("factory-1", First+1, 11, 22, 33)))
	must(t, s.PutForecasts(ctx, session(0), forecast("factory-1", First+1, 7, 7, 7))) // older: must not win
	if err := s.PutForecasts(ctx, session(1), forecast("factory-1", First, 0, 0, 0)); err == nil {
		t.Error("a forecast of the past was taken")
	}
	apply(t, s, block(1, admit(foundry), admit(factory),
		cleared(First+1, 1, "4", inside(First+1, 1, 1, 1, 70, "4", "4"), imported(First+1, 1, 2, 5)), cleared(First+1, 2, "4", inside(First+1, 2, 1, 2, 30, "4", "4")),
		reading("factory-1", First, 100, torg.Measured), reading("factory-1", First+2, 300, torg.Derived), reading("factory-1", First+3, 400, torg.Estimated)))
	show := func(all []record.Reading) string {
		var b strings.Builder
		for _, r := range all {
			fmt.Fprintf(&b, "%d:", r.Slot-First)
			for _, e := range []*torg.Energy{r.Energy, r.Q10, r.Q50, r.Q90} {
				if e == nil {
					b.WriteString(" -")
				} else {
					fmt.Fprintf(&b, " %d", *e)
				}
			}
			fmt.Fprintf(&b, " %d %s; ", r.Contracted, r.Quality)
		}
		return b.String()
	}
	all, err := s.Readings(ctx, "factory-1", First, First+3)
	must(t, err)
	equal(t, "slots, newest first", show(all), "2: 300 - - - 0 derived; 1: - 11 22 33 105 ; 0: 100 1 2 3 0 measured; ")
	all, err = s.ReadingsBucketed(ctx, "factory-1", First, First+4, 2)
	must(t, err)
	equal(t, "a gap stays a gap, the worst quality shows", show(all), "2: 700 - - - 0 estimated; 0: - 12 24 36 105 measured; ")
	seller, err := s.Readings(ctx, "foundry-1", First, First+4)
	must(t, err)
	equal(t, "selling is minus", show(seller), "1: - - - - -100 ; ")
	equal(t, "start", seller[0].Start, time.Date(2026, 11, 22, 10, 15, 0, 0, time.UTC))
	none, err := s.Readings(ctx, "nowhere", First, First+4)
	must(t, err)
	equal(t, "an unknown site", len(none), 0)
	if _, err := s.ReadingsBucketed(ctx, "factory-1", First, First+4, 0); err == nil {
		t.Error("buckets of no slots were made")
	}
	apply(t, s, block(2, ledger.Event{Reading: &ledger.ReadingTaken{Reading: torg.Reading{Site: "factory-1", Slot: First + 3, Energy: 401, Quality: torg.Measured}, Replaces: true}}))
	all, err = s.Readings(ctx, "factory-1", First+3, First+4)
	must(t, err)
	equal(t, "the truth replaces an estimate", show(all), "3: 401 - - - 0 measured; ")
}

// smallHistory is two generated sessions of the day before.
func smallHistory() store.History {
	slot := First - 96
	return store.History{
		Sessions: []record.Session{
			{Slot: slot, State: record.Settled, Prices: []record.Price{{Discovery: 1, Zone: "z1", Price: rub("4.4")}}},
			{Slot: slot + 1, State: record.Settled}},
		Contracts:   []torg.Contract{inside(slot, 1, 1, 1, 100, "4", "4"), imported(slot, 1, 2, 50)},
		Readings:    []torg.Reading{{Site: "factory-1", Slot: slot, Energy: 140, Quality: torg.Simulated}},
		Forecasts:   forecast("factory-1", slot, 100, 150, 200),
		Settlements: []record.Settlement{{First: slot, Last: slot + 3, Participant: "factory", Zone: "z1", Tariff: "base", Paid: cost("0.75"), Baseline: cost("1.05"), InsideEnergy: 100}},
	}
}

func testHistory(t *testing.T, fresh func(testing.TB) string) {
	ctx := context.Background()
	s := open(t, fresh(t))
	end, err := s.HistoryEnd(ctx)
	must(t, err)
	equal(t, "no history yet", end, time.Time{})
	must(t, s.PutHistory(ctx, smallHistory()))
	before := everything(t, s)
	must(t, s.PutHistory(ctx, smallHistory()))
	equal(t, "loaded again", everything(t, s), before)
	end, err = s.HistoryEnd(ctx)
	must(t, err)
	equal(t, "its end", end, time.Date(2026, 11, 21, 10, 30, 0, 0, time.UTC))

	apply(t, s, story()...)
	contracts, _, err := s.Contracts(ctx, record.Filter{Origin: record.Simulated, Participant: "factory"}, record.Page{Limit: 10})
	must(t, err)
	if len(contracts) != 2 || contracts[0].State != "settled" || contracts[0].Origin != record.Simulated || contracts[0].Height != 0 {
		t.Errorf("generated contracts: %+v", contracts)
	}
	readings, err := s.Readings(ctx, "factory-1", First-96, First-95)
	must(t, err)
	if len(readings) != 1 || readings[0].Origin != record.Simulated || *readings[0].Energy != 140 || *readings[0].Q50 != 150 || readings[0].Contracted != 150 {
		t.Errorf("generated reading: %+v", readings)
	}
	day := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	savings, err := s.Savings(ctx, day, day.Add(24*time.Hour))
	must(t, err)
	equal(t, "saved, in history", savings[0].Saved(), cost("0.3"))
	equal(t, "says that it is generated", savings[0].Simulated, true)
	equal(t, "and is not provisional", savings[0].Provisional, false)
	balance, err := s.Balance(ctx, "factory")
	must(t, err)
	equal(t, "history is on no balance", balance, cost("249915.8"))

	late := smallHistory()
	late.Sessions[1].Slot = First + 50
	if err := s.PutHistory(ctx, late); err == nil {
		t.Error("history reached into the ledger's time")
	}
	orphan := smallHistory()
	orphan.Sessions = orphan.Sessions[1:]
	if err := s.PutHistory(ctx, orphan); err == nil {
		t.Error("contracts without a session were taken")
	}
	left, _, err := s.Contracts(ctx, record.Filter{Origin: record.Simulated}, record.Page{Limit: 10})
	must(t, err)
	equal(t, "refused history changed nothing", len(left), 2)

	// The ledger's session of a generated slot takes its place.
	apply(t, s, block(8, cleared(First-96, 1, "5", inside(First-96, 1, 1, 1, 7, "5", "5"))))
	got, err := s.Session(ctx, Genesis().Calendar.Session(First-96))
	must(t, err)
	if got.Origin != record.OnLedger || len(got.Rounds) != 1 || got.Rounds[0].Energy != 7 || len(got.Prices) != 1 {
		t.Errorf("the ledger's session: %+v", got)
	}
}

// testStrangers: what a stranger writes into an order must not stop the projection.
func testStrangers(t *testing.T, fresh func(testing.TB) string) {
	ctx := context.Background()
	s := open(t, fresh(t))
	apply(t, s, block(1, admit(foundry), admit(factory)))
	for i, id := range []string{"\x00", "a\x00b", "\xff\xfe", `"quoted"`, "'; DROP TABLE orders; --", "заявка", strings.Repeat("я", 64), "<script>"} {
		o := order(torg.OrderID(id), factory, First+torg.Slot(i), torg.Buy, 1, "1")
		o.Source, o.Prefer, o.Avoid = id, []string{id, "solar"}, []string{id}
		apply(t, s, block(int64(i)+2, ledger.Event{Order: &ledger.OrderTaken{Order: o}}))
		got, err := s.Order(ctx, torg.OrderID(id))
		must(t, err)
		equal(t, "id", string(got.ID), id)
		equal(t, "source", got.Source, id)
		equal(t, "prefer", got.Prefer[0], id)
		equal(t, "avoid", got.Avoid[0], id)
		for _, f := range []record.Filter{{Site: torg.SiteID(id)}, {Participant: torg.ParticipantID(id)}, {Session: id}, {Kind: record.MessageKind(id)}, {Origin: record.Origin(id)}} {
			_, _, e1 := s.Contracts(ctx, f, record.Page{Limit: 1})
			_, _, e2 := s.Orders(ctx, f, record.Page{Limit: 1})
			_, _, e3 := s.Messages(ctx, f, record.Page{Limit: 1})
			_, _, e4 := s.Decisions(ctx, f, record.Page{Limit: 1})
			must(t, errors.Join(e1, e2, e3, e4))
		}
		if _, err := s.Session(ctx, id); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("session %q: %v", id, err)
		}
		must(t, s.PutMessages(ctx, []record.Message{{Text: id, Args: map[string]string{id: id}}}))
		must(t, s.PutNames(ctx, []store.Name{{Participant: "factory", Name: id}}))
		people, err := s.Participants(ctx)
		must(t, err)
		equal(t, "name", people[0].Name, id)
	}
	messages, _, err := s.Messages(ctx, record.Filter{}, record.Page{Limit: 100})
	must(t, err)
	equal(t, "messages", len(messages), 8)
}

func testBind(t *testing.T, fresh func(testing.TB) string) {
	ctx := context.Background()
	dsn := fresh(t)
	unbound, err := store.Open(ctx, dsn)
	must(t, err)
	if err := unbound.Apply(ctx, block(1)); err == nil {
		t.Error("a block was applied to a store of no chain")
	}
	if _, _, err := unbound.Sessions(ctx, record.Page{Limit: 1}); err != nil && !strings.Contains(err.Error(), "not bound") {
		t.Errorf("sessions of a store of no chain: %v", err)
	}
	must(t, unbound.Close())
	s := open(t, dsn)
	must(t, s.Bind(ctx, Genesis()))
	other := Genesis()
	other.ChainID = "torg-other"
	if err := s.Bind(ctx, other); err == nil || !strings.Contains(err.Error(), `chain "torg-test"`) {
		t.Errorf("another chain: %v", err)
	}
	other = Genesis()
	other.Complex.Supplier.Sell = rub("7.3")
	if err := s.Bind(ctx, other); err == nil {
		t.Error("other rules of the same chain were taken")
	}
	must(t, s.Close())
	s, err = store.Open(ctx, dsn)
	must(t, err)
	defer s.Close()
	g, bound := s.Genesis()
	equal(t, "bound", bound, true)
	equal(t, "chain", g.ChainID, "torg-test")
	equal(t, "supplier", g.Complex.Supplier.Sell, rub("7.2"))

	if _, err := s.Meta(ctx, "version"); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("an unknown key: %v", err)
	}
	must(t, s.SetMeta(ctx, "version", "1"))
	must(t, s.SetMeta(ctx, "version", "2"))
	v, err := s.Meta(ctx, "version")
	must(t, err)
	equal(t, "meta", v, "2")
	must(t, s.Pin(ctx, "scenario", "abc"))
	must(t, s.Pin(ctx, "scenario", "abc"))
	if err := s.Pin(ctx, "scenario", "def"); err == nil || !strings.Contains(err.Error(), `scenario is "abc", not "def"`) {
		t.Errorf("another scenario: %v", err)
	}
}
