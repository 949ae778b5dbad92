package report

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"torg"
	"torg/exchange"
	"torg/ledger"
	"torg/market"
	"torg/record"
	"torg/scenario"
)

var _ exchange.Recorder = (*Collector)(nil)

const tiny = `name: "Малый <АЭК>"
name_en: "Small"
interval: 30m
timezone: UTC
zones: [z1]
supplier: {participant: supplier, zone: z1, sell_price: "7.2", buy_price: "1.1"}
start: 2026-05-01T00:00:00Z
days: 1
no_worse: month
participants:
  - {id: mill, name: "Завод", name_en: "Mill", balance: "1000"}
  - {id: wind, name: "Ветер", name_en: "Wind"}
sites:
  - {id: mill-1, participant: mill, zone: z1, role: plant, capacity_kw: 100, meters: [{flow: load, model: {kind: plant, base_kw: 50, machine_kw: 0}}]}
  - {id: wind-1, participant: wind, zone: z1, role: renewable, capacity_kw: 100, meters: [{flow: generation, model: {kind: wind, rated_kw: 50}}]}
`

func collector(t *testing.T, opts Options) (*Collector, string, torg.Slot) {
	t.Helper()
	sc, err := scenario.Parse("tiny.yaml", []byte(tiny))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "new", "out")
	c, err := NewCollector(dir, sc, ledger.Genesis{NoWorse: true}, opts)
	if err != nil {
		t.Fatal(err)
	}
	from, _ := sc.Slots()
	return c, dir, from
}

func buy(id string, slot torg.Slot, sequence uint32, e torg.Energy) torg.Order {
	return torg.Order{
		ID: torg.OrderID(id), Participant: "mill", Site: "mill-1", Zone: "z1", Slot: slot, Discovery: 1, Sequence: sequence,
		Side: torg.Buy, Energy: e, Limit: 700_000, Prefer: []string{"wind", "solar"},
	}
}

func cost(s string) torg.Cost {
	c, err := torg.ParseCost(s)
	if err != nil {
		panic(err)
	}
	return c
}

// session is what a slot's blocks tell: an order that is replaced, one that is
// refused, a cut, a contract of 8 kWh at 4.15, a statement, and the settlement.
func session(slot torg.Slot) []ledger.Event {
	sell := torg.Order{ID: "w", Participant: "wind", Site: "wind-1", Zone: "z1", Slot: slot, Discovery: 1, Sequence: 1, Side: torg.Sell, Energy: 8000, Limit: 110_000, Source: "wind"}
	trade := torg.Trade{
		Round: 1, BuyOrder: "m2", SellOrder: "w", Buyer: "mill", Seller: "wind", BuyerSite: "mill-1", SellerSite: "wind-1",
		BuyerZone: "z1", SellerZone: "z1", Energy: 8000, BuyerPrice: 415_000, SellerPrice: 415_000,
	}
	contract := torg.Contract{ID: "c1", Slot: slot, Discovery: 1, Trade: trade}
	return []ledger.Event{
		{Order: &ledger.OrderTaken{Order: buy("m1", slot, 1, 5000)}},
		{Order: &ledger.OrderTaken{Order: buy("m2", slot, 2, 10_000), Cut: 1500}},
		{Order: &ledger.OrderTaken{Order: buy("m3", slot, 3, 20_000), Refused: torg.ErrFunds}},
		{Order: &ledger.OrderTaken{Order: sell}},
		{Cleared: &ledger.Cleared{Slot: slot, Discovery: 1, Contracts: []torg.Contract{contract}, Outcome: market.Outcome{
			Prices:    []market.ZonePrice{{Zone: "z1", Price: 405_000}},
			Trades:    []torg.Trade{trade},
			Unmatched: []market.Unmatched{{Order: "m2", Energy: 500, Reason: torg.ReasonPrice}},
			Welfare:   cost("47.2"),
		}}},
		{Cleared: &ledger.Cleared{Slot: slot, Discovery: 2}},
		{Posting: &torg.Posting{Slot: slot, Kind: torg.PostEscrow, From: "mill", To: torg.AccountEscrow, Amount: cost("33.2"), Contract: "c1"}},
		{Statement: &ledger.StatementTaken{Slot: slot, Site: "mill-1"}},
		{Reading: &ledger.ReadingTaken{Reading: torg.Reading{Site: "mill-1", Slot: slot, Energy: 9000, Quality: torg.Measured}}},
		{Reading: &ledger.ReadingTaken{Reading: torg.Reading{Site: "wind-1", Slot: slot, Energy: -8000, Quality: torg.Estimated}}},
		{Settled: &ledger.Settled{First: slot, Last: slot + 1, Connection: 1000, Invoice: cost("7.2"), Parties: []ledger.SettledParty{
			{Participant: "mill", Zone: "z1", Metered: 9000, Contracted: 8000, Paid: cost("40.4"), Baseline: cost("64.8"), Imbalance: cost("7.2")},
			{Participant: "wind", Zone: "z1", Metered: -8000, Contracted: -8000, Paid: cost("-33.2"), Baseline: cost("-8.8"), Estimated: true},
		}}},
	}
}

func TestTablesOfASession(t *testing.T) {
	c, dir, slot := collector(t, Options{Unsigned: true, Forecaster: "naive"})
	mid, low, high := torg.Energy(8500), torg.Energy(7000), torg.Energy(9500)
	c.Forecasts("", slot, []record.Reading{{Site: "mill-1", Slot: slot, Q10: &low, Q50: &mid, Q90: &high}})
	tx, err := ledger.Encode("chain", ledger.Bands{Slot: slot, Bands: []ledger.Band{{Site: "mill-1", Low: -5, High: 99}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Watch(ledger.Committed{Block: ledger.Block{Txs: [][]byte{tx, []byte("junk")}}, Result: ledger.Result{Codes: []torg.Refusal{"", torg.ErrMalformed}}})
	agreed := torg.Forward{Proposer: torg.Buy, Number: 1, Buyer: "mill", BuyerSite: "mill-1", Seller: "wind", SellerSite: "wind-1",
		Profile: torg.NewProfile(slot, torg.Step{Slots: 1, Energy: 100, Price: 300_000}, torg.Step{Slots: 1}, torg.Step{Slots: 9, Energy: 70, Price: -100_000})}
	c.Watch(ledger.Committed{Result: ledger.Result{Events: session(slot)}})
	c.Watch(ledger.Committed{Result: ledger.Result{Events: []ledger.Event{
		{Order: &ledger.OrderTaken{Order: buy("late", slot+2, 1, 700)}},
		{Missed: &ledger.Missed{Slot: slot + 2, Discovery: 1}},
		{Order: &ledger.OrderTaken{Order: buy("gone", slot+3, 1, 700)}},
		{Revoked: &ledger.Revoke{Participant: "mill", Site: "mill-1"}},
		{Missed: &ledger.Missed{Slot: slot + 3, Discovery: 1}},
		{Missed: &ledger.Missed{Slot: slot + 48, Discovery: 1}}, // after the last day
		{Forward: &ledger.ForwardChanged{State: ledger.ForwardActive, Contract: agreed, Fee: 20_000, Open: agreed.Profile}},
		{Forward: &ledger.ForwardChanged{State: ledger.ForwardSettled, Contract: agreed, Fee: 20_000, Open: agreed.Profile.Cut(slot, slot+3)}},
	}}})
	if err := c.Finish(); err != nil {
		t.Fatal(err)
	}
	const s, third = "20260501T000000Z", "20260501T010000Z"
	for file, want := range map[string]string{
		"orders.csv": s + ",1,m2,mill,buy,z1,8500,7,,wind solar,,mill-1,1500\n" + s + ",1,w,wind,sell,z1,8000,1.1,wind,,,wind-1,0\n" +
			"20260501T010000Z,1,late,mill,buy,z1,700,7,,wind solar,,mill-1,0\n",
		"contracts.csv":  s + ",1,c1,1,m2,w,mill,wind,8000,4.15,4.15,mill-1,wind-1\n",
		"unmatched.csv":  s + ",1,m2,1500,funds\n" + s + ",1,m2,500,price\n20260501T010000Z,1,late,700,missed\n",
		"prices.csv":     s + ",1,z1,4.05\n",
		"flows.csv":      "",
		"board.csv":      "mill-1.f1,mill,wind," + s + ",100,3.2,3\nmill-1.f1,mill,wind," + third + ",70,-0.8,-1\n",
		"readings.csv":   s + ",mill,mill-1,z1,9000,measured\n" + s + ",wind,wind-1,z1,-8000,estimated\n",
		"forecasts.csv":  s + ",mill-1,7000,8500,9500,-5,99\n",
		"settlement.csv": s + ",mill,escrow,@escrow,-33.2,c1\n" + s + ",@escrow,escrow,mill,33.2,c1\n",
		"intervals.csv":  s + ",20260501T003000Z,1000,7.2,0\n",
	} {
		got := string(readFile(t, dir, file))
		if want = strings.ReplaceAll(columns[file], " ", ",") + "\n" + want; got != want {
			t.Errorf("%s\n%s\nwant\n%s", file, got, want)
		}
	}
}

func readFile(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSummaryOfASession(t *testing.T) {
	c, dir, slot := collector(t, Options{Forecaster: "naive"})
	mid, low, high := torg.Energy(8500), torg.Energy(7000), torg.Energy(8900)
	c.latest["mill-1"] = 6000
	c.Forecasts("", slot, []record.Reading{{Site: "mill-1", Slot: slot, Q10: &low, Q50: &mid, Q90: &high}})
	c.Watch(ledger.Committed{Result: ledger.Result{Events: session(slot)}})
	c.Watch(ledger.Committed{Result: ledger.Result{Events: []ledger.Event{
		{Posting: &torg.Posting{Slot: slot, Kind: torg.PostNoWorse, From: "wind", To: torg.AccountNoWorse, Amount: cost("2")}},
		{Posting: &torg.Posting{Slot: slot, Kind: torg.PostNoWorse, From: torg.AccountNoWorse, To: "mill", Amount: cost("2")}},
	}}})
	c.Decided([]record.Decision{{Fallback: true}, {}})
	c.NotRun("20260112T000000Z")
	c.NotRun("20260112T001500Z")
	if err := c.Finish(); err != nil {
		t.Fatal(err)
	}
	var s struct {
		Signed     bool
		Consensus  string
		Orders     int
		Contracts  int
		Fallbacks  int
		Sessions   struct{ Total, Cleared, Missed, Skipped int }
		Statements struct{ Due, Signed, Missing, Differing int }
		Refused    []struct {
			Code   string
			Orders int
		}
		Participants []map[string]any
		Sites        []struct {
			Forecast, Persistence struct{ Accuracy, Within float64 }
		}
		Complex map[string]any
	}
	if err := json.Unmarshal(readFile(t, dir, "summary.json"), &s); err != nil {
		t.Fatal(err)
	}
	if !s.Signed || s.Consensus != Consensus || s.Orders != 2 || s.Contracts != 1 || s.Fallbacks != 1 {
		t.Errorf("%+v", s)
	}
	if s.Sessions.Total != 48 || s.Sessions.Cleared != 1 || s.Sessions.Skipped != 2 {
		t.Errorf("sessions %+v", s.Sessions)
	}
	if s.Statements != struct{ Due, Signed, Missing, Differing int }{2, 1, 1, 0} {
		t.Errorf("statements %+v", s.Statements)
	}
	if len(s.Refused) != 1 || s.Refused[0].Code != "funds" || s.Refused[0].Orders != 1 {
		t.Errorf("refused %+v", s.Refused)
	}
	// Mill: 8 kWh at 4.15 and 1 kWh too much at 7.20 make 40.40; 9 kWh at 7.20 are
	// 64.80. The error cost 7.20 where the zone's price was 4.05.
	for k, want := range map[string]any{
		"paid": "33.2", "imbalance": "7.2", "cost": "40.4", "supplier_only": "64.8", "saving_before_no_worse": "24.4", "no_worse": "2",
		"saving_after_no_worse": "26.4", "forecast_error_cost": "3.15", "forecast_error_cost_after_no_worse": "1.15",
		"imbalance_wh": 1000.0, "sessions_traded": 1.0,
	} {
		if got := s.Participants[0][k]; got != want {
			t.Errorf("mill's %s is %v, want %v", k, got, want)
		}
	}
	if got := s.Participants[1]["saving_after_no_worse"]; got != "22.4" {
		t.Errorf("wind saves %v", got)
	}
	if got := s.Sites[0]; got.Forecast.Accuracy != 0.9444 || got.Persistence.Accuracy != 0.6667 {
		t.Errorf("mill's forecasts %+v: 500 and 3000 of 9000 Wh are wrong", got)
	}
	if got := s.Complex["coverage"]; got != 0.8889 {
		t.Errorf("coverage %v: 8 of 9 kWh are contracted inside", got)
	}
}

func TestPageStandsAlone(t *testing.T) {
	now := time.Unix(0, 0)
	c, dir, slot := collector(t, Options{Unsigned: true, Forecaster: "naive", Now: func() time.Time { now = now.Add(time.Second); return now }})
	c.Watch(ledger.Committed{Result: ledger.Result{Events: session(slot)}})
	if err := c.Finish(); err != nil {
		t.Fatal(err)
	}
	page := string(readFile(t, dir, "report.html"))
	for _, word := range []string{"<script", "http:", "https:", "url(", "<link", "NaN", "<АЭК>", "&lt;nil"} {
		if strings.Contains(page, word) {
			t.Errorf("the page has %q in it", word)
		}
	}
	for _, word := range []string{"Малый &lt;АЭК&gt;", "Без подписей RSA", "вместо консенсуса один упорядочиватель", Consensus, "1s", "88,9\u00a0%", "88.9%", "Завод", "Mill"} {
		if !strings.Contains(page, word) {
			t.Errorf("the page lacks %q", word)
		}
	}
	ru, en := len(regexp.MustCompile(`lang="ru"`).FindAllString(page, -1)), len(regexp.MustCompile(`lang="en"`).FindAllString(page, -1))
	if ru != en+1 || en < 50 { // the document itself is Russian
		t.Errorf("%d parts in Russian, %d in English", ru, en)
	}
	for _, tag := range []string{"svg", "div", "section", "table", "span", "dl"} {
		if a, b := strings.Count(page, "<"+tag), strings.Count(page, "</"+tag+">"); a != b || a == 0 {
			t.Errorf("%d <%s> and %d </%s>", a, tag, b, tag)
		}
	}
}

func TestNothingLooksWholeBeforeTheEnd(t *testing.T) {
	c, dir, slot := collector(t, Options{})
	c.Watch(ledger.Committed{Result: ledger.Result{Events: session(slot)}})
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != len(columns) {
		t.Fatalf("%d files (%v), want %d", len(files), err, len(columns))
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), partial) {
			t.Errorf("%s has its name already", f.Name())
		}
	}
	c.Abort()
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Errorf("%d files are left after a run that failed", len(files))
	}
}

func TestARunThatFailsLeavesTheOneBefore(t *testing.T) {
	c, dir, slot := collector(t, Options{})
	c.Watch(ledger.Committed{Result: ledger.Result{Events: session(slot)}})
	if err := c.Finish(); err != nil {
		t.Fatal(err)
	}
	before := readFile(t, dir, "orders.csv")
	again, err := NewCollector(dir, c.sc, c.genesis, Options{})
	if err != nil {
		t.Fatal(err)
	}
	again.Abort()
	if string(readFile(t, dir, "orders.csv")) != string(before) || len(readFile(t, dir, "summary.json")) == 0 {
		t.Error("the run before is damaged")
	}
	again, err = NewCollector(dir, c.sc, c.genesis, Options{})
	if err != nil {
		t.Fatal(err)
	}
	again.out.err = os.ErrClosed // as if the disk were full
	if err := again.Finish(); err == nil {
		t.Error("a run that could not be written is finished")
	}
}

func TestMemoryDoesNotGrowWithTheRun(t *testing.T) {
	c, _, slot := collector(t, Options{})
	defer c.Abort()
	mid := torg.Energy(1)
	for s := slot; s < slot+48; s += 2 {
		c.Forecasts("", s, []record.Reading{{Site: "mill-1", Slot: s, Q10: &mid, Q50: &mid, Q90: &mid}})
		c.Watch(ledger.Committed{Result: ledger.Result{Events: session(s)}})
	}
	if n := len(c.books) + len(c.slots) + len(c.foretold); n != 0 {
		t.Errorf("%d things are kept of sessions that are settled", n)
	}
}

func TestNumbersArePeoples(t *testing.T) {
	for _, c := range []struct{ in, ru, en string }{
		{"0", "0", "0"}, {"-0.00", "0,00", "0.00"}, {"1234567.50", "1\u00a0234\u00a0567,50", "1,234,567.50"},
		{"-12345", "−12\u00a0345", "−12,345"}, {"1234", "1234", "1234"}, {"-0.5", "−0,5", "−0.5"},
	} {
		if got := number(c.in); got != (both{c.ru, c.en}) {
			t.Errorf("%s is %q and %q, want %q and %q", c.in, got.ru, got.en, c.ru, c.en)
		}
	}
	for d, want := range map[time.Duration]string{30 * time.Second: "30s", time.Minute: "1m", 30 * time.Minute: "30m", time.Hour: "1h"} {
		if got := shortest(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestTicksAreRoundAndFew(t *testing.T) {
	for _, span := range []float64{0, 0.003, 1, 7.2, 99, 100, 12345, 3e9} {
		step := tick(span)
		if n := span / step; span > 0 && (n > 5.001 || n < 1) {
			t.Errorf("%g is cut by %g into %g parts", span, step, n)
		}
	}
}

func TestTheMeanPriceRoundsDown(t *testing.T) {
	p := ledger.SettledParty{Participant: "mill", Zone: "z1", Metered: 1000, Contracted: 0, Imbalance: cost("1")}
	slots := []*slotTally{newSlotTally(), newSlotTally()}
	if got := errorCost(p, slots); got.Sign() != 0 {
		t.Errorf("an error of %s where nothing was contracted", got)
	}
	slots[0].contracted[party{"mill", "z1", ""}] = true
	slots[0].prices["z1"], slots[1].prices["z1"] = -1, -2
	if got, want := errorCost(p, slots), cost("1").Add(torg.Energy(1000).At(2)); got != want {
		t.Errorf("error cost %s, want %s", got, want)
	}
}
