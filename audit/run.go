package audit

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"torg"
	"torg/scenario"
)

// Dir audits the output of a simulation. It fails where a file is missing or cannot
// be read, naming file, line and column; what can be read and is wrong is in the
// report.
func Dir(dir string) (Report, error) {
	r, err := load(dir)
	if err != nil {
		return Report{}, err
	}
	return Report{Checks: r.checks()}, nil
}

// book is one discovery of a session.
type book struct {
	session   string
	slot      torg.Slot
	discovery int
	orders    []*order
	contracts []contract
	prices    []price
	flows     []flow
	left      []unmatched
	sorted    map[zoneSide][]*order // see sides
}

// order is a row of orders.csv, with what the other files say of it.
type order struct {
	at        place
	id        torg.OrderID
	party     torg.ParticipantID
	site      torg.SiteID
	zone      torg.ZoneID
	side      torg.Side
	energy    torg.Energy // at the gate
	cut       torg.Energy // not covered by the balance before
	limit     torg.Price
	source    string
	prefer    bool // it would rather be paired with some than with others
	avoid     []string
	traded    torg.Energy
	inside    torg.Energy // of it with participants
	unmatched torg.Energy // left, for other reasons than funds
	reason    torg.Reason // why
	avoided   bool        // its own avoid took something out
}

type contract struct {
	at                      place
	id                      torg.ContractID
	round                   int
	buyOrder, sellOrder     torg.OrderID
	buyer, seller           torg.ParticipantID
	buyerSite, sellerSite   torg.SiteID
	energy                  torg.Energy
	buyerPrice, sellerPrice torg.Price
}

type unmatched struct {
	at     place
	order  torg.OrderID
	energy torg.Energy
	reason torg.Reason
}

type price struct {
	at    place
	zone  torg.ZoneID
	price torg.Price
}

// flow is what a line carries in a discovery.
type flow struct {
	at       place
	from, to torg.ZoneID
	energy   torg.Energy
}

type reading struct {
	at      place
	slot    torg.Slot
	party   torg.ParticipantID
	site    torg.SiteID
	zone    torg.ZoneID
	energy  torg.Energy
	quality torg.Quality
}

type posting struct {
	at           place
	slot         torg.Slot
	account      torg.Account
	kind         torg.PostingKind
	counterparty torg.Account
	amount       torg.Cost
	contract     torg.ContractID
	lossBefore   torg.Cost // balance of the loss account before this row
}

type interval struct {
	at          place
	first, last torg.Slot
	connection  torg.Energy
	invoice     torg.Cost
	residual    torg.Cost
}

type forecast struct {
	at        place
	slot      torg.Slot
	site      torg.SiteID
	median    torg.Energy
	banded    bool
	low, high torg.Energy
}

// run is everything that the files say.
type run struct {
	sc        *scenario.Scenario
	from, to  torg.Slot
	books     map[torg.Slot]*[3]*book // by slot and discovery
	readings  []reading
	postings  []posting
	intervals []interval
	forecasts []forecast
	board     int
	contracts int
	orders    int
	summary   summary
}

func newRun(sc *scenario.Scenario) *run {
	r := &run{sc: sc, books: map[torg.Slot]*[3]*book{}}
	r.from, r.to = sc.Slots()
	return r
}

func load(dir string) (*run, error) {
	sc, err := scenario.Load(filepath.Join(dir, "scenario.yaml"))
	if err != nil {
		return nil, err
	}
	r := newRun(sc)
	for _, read := range []func(string) error{
		r.readOrders, r.readContracts, r.readUnmatched, r.readPrices, r.readFlows, r.readBoard,
		r.readReadings, r.readForecasts, r.readPostings, r.readIntervals,
	} {
		if err := read(dir); err != nil {
			return nil, err
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, "summary.json"))
	if err != nil {
		return nil, fmt.Errorf("summary.json: %w", err)
	}
	if err := json.Unmarshal(b, &r.summary); err != nil {
		return nil, fmt.Errorf("summary.json: %w", err)
	}
	return r, nil
}

// slot reads the session of a row, which must be one of the scenario's.
func (r *run) slot(row *row) torg.Slot {
	s, err := r.sc.Calendar.SlotOf(row.text("session"))
	if err == nil && (s < r.from || s >= r.to) {
		err = fmt.Errorf("session %q is outside the scenario's days", row.text("session"))
	}
	row.fail("session", err)
	return s
}

// book returns the discovery that a row belongs to, made if it is the first one.
func (r *run) book(row *row) *book {
	slot, d := r.slot(row), row.small("discovery", 1, 2)
	if row.err != nil {
		return &book{}
	}
	if r.books[slot] == nil {
		r.books[slot] = &[3]*book{}
	}
	if r.books[slot][d] == nil {
		r.books[slot][d] = &book{session: row.text("session"), slot: slot, discovery: d}
	}
	return r.books[slot][d]
}

func (r *run) readOrders(dir string) error {
	return readTable(dir, "orders.csv", strings.Fields("session discovery order participant side zone energy_wh price source prefer avoid site cut_wh"), func(row *row) {
		b := r.book(row)
		o := &order{
			at: row.at, id: torg.OrderID(row.text("order")), party: torg.ParticipantID(row.id("participant")),
			site: torg.SiteID(row.id("site")), zone: torg.ZoneID(row.id("zone")), energy: row.positive("energy_wh"),
			cut: row.energy("cut_wh"), limit: row.price("price"), source: row.text("source"), prefer: row.text("prefer") != "", avoid: strings.Fields(row.text("avoid")),
		}
		side, err := torg.ParseSide(row.text("side"))
		row.fail("side", err)
		o.side = side
		b.orders = append(b.orders, o)
		r.orders++
	})
}

func (r *run) readContracts(dir string) error {
	return readTable(dir, "contracts.csv", strings.Fields("session discovery contract round buyer_order seller_order buyer seller energy_wh buyer_price seller_price buyer_site seller_site"), func(row *row) {
		b := r.book(row)
		b.contracts = append(b.contracts, contract{
			at: row.at, id: torg.ContractID(row.text("contract")), round: row.small("round", 1, 2, 3),
			buyOrder: torg.OrderID(row.text("buyer_order")), sellOrder: torg.OrderID(row.text("seller_order")),
			buyer: torg.ParticipantID(row.id("buyer")), seller: torg.ParticipantID(row.id("seller")),
			buyerSite: torg.SiteID(row.text("buyer_site")), sellerSite: torg.SiteID(row.text("seller_site")),
			energy: row.positive("energy_wh"), buyerPrice: row.price("buyer_price"), sellerPrice: row.price("seller_price"),
		})
		r.contracts++
	})
}

// reasons are the words that unmatched.csv may hold.
var reasons = []torg.Reason{
	torg.ReasonFunds, torg.ReasonAvoided, torg.ReasonRationed, torg.ReasonLine, torg.ReasonConnection,
	torg.ReasonNoOtherSide, torg.ReasonPrice, torg.ReasonMissed,
}

func (r *run) readUnmatched(dir string) error {
	return readTable(dir, "unmatched.csv", strings.Fields("session discovery order energy_wh reason"), func(row *row) {
		b := r.book(row)
		b.left = append(b.left, unmatched{
			at: row.at, order: torg.OrderID(row.text("order")), energy: row.positive("energy_wh"),
			reason: word(row, "reason", reasons...),
		})
	})
}

func (r *run) readPrices(dir string) error {
	return readTable(dir, "prices.csv", strings.Fields("session discovery zone price"), func(row *row) {
		b := r.book(row)
		b.prices = append(b.prices, price{at: row.at, zone: torg.ZoneID(row.id("zone")), price: row.price("price")})
	})
}

func (r *run) readFlows(dir string) error {
	return readTable(dir, "flows.csv", strings.Fields("session discovery from to energy_wh"), func(row *row) {
		b := r.book(row)
		b.flows = append(b.flows, flow{row.at, torg.ZoneID(row.id("from")), torg.ZoneID(row.id("to")), row.carried("energy_wh")})
	})
}

func (r *run) readBoard(dir string) error {
	return readTable(dir, "board.csv", strings.Fields("contract buyer seller slot energy_wh buyer_price seller_price"), func(*row) { r.board++ })
}

func (r *run) readReadings(dir string) error {
	return readTable(dir, "readings.csv", strings.Fields("session participant site zone energy_wh quality"), func(row *row) {
		r.readings = append(r.readings, reading{
			at: row.at, slot: r.slot(row), party: torg.ParticipantID(row.id("participant")), site: torg.SiteID(row.id("site")),
			zone: torg.ZoneID(row.id("zone")), energy: row.energy("energy_wh"),
			quality: word(row, "quality", torg.Measured, torg.Derived, torg.Estimated, torg.Simulated),
		})
	})
}

func (r *run) readForecasts(dir string) error {
	return readTable(dir, "forecasts.csv", strings.Fields("session site q10_wh q50_wh q90_wh band_low_wh band_high_wh"), func(row *row) {
		f := forecast{at: row.at, slot: r.slot(row), site: torg.SiteID(row.id("site")), median: row.energy("q50_wh")}
		if f.banded = row.text("band_low_wh") != ""; f.banded {
			f.low, f.high = row.energy("band_low_wh"), row.energy("band_high_wh")
		}
		r.forecasts = append(r.forecasts, f)
	})
}

// kinds are the words for postings.
var kinds = []torg.PostingKind{
	torg.PostDeposit, torg.PostEscrow, torg.PostPayout, torg.PostNetwork, torg.PostImbalance, torg.PostInvoice,
	torg.PostResidual, torg.PostNoWorse, torg.PostCorrection, torg.PostWithdrawal,
}

func (r *run) readPostings(dir string) error {
	var loss torg.Cost
	return readTable(dir, "settlement.csv", strings.Fields("session account kind counterparty amount contract"), func(row *row) {
		slot, err := r.sc.Calendar.SlotOf(row.text("session")) // a month may be closed after the last session
		row.fail("session", err)
		p := posting{
			at: row.at, slot: slot, account: torg.Account(row.text("account")), kind: word(row, "kind", kinds...),
			counterparty: torg.Account(row.text("counterparty")), amount: row.cost("amount"),
			contract: torg.ContractID(row.text("contract")), lossBefore: loss,
		}
		if p.account == torg.AccountLoss {
			loss = loss.Add(p.amount)
		}
		r.postings = append(r.postings, p)
	})
}

func (r *run) readIntervals(dir string) error {
	return readTable(dir, "intervals.csv", strings.Fields("first last connection_wh invoice residual"), func(row *row) {
		first, err := r.sc.Calendar.SlotOf(row.text("first"))
		row.fail("first", err)
		last, err := r.sc.Calendar.SlotOf(row.text("last"))
		row.fail("last", err)
		r.intervals = append(r.intervals, interval{
			at: row.at, first: first, last: last, connection: row.energy("connection_wh"),
			invoice: row.cost("invoice"), residual: row.cost("residual"),
		})
	})
}
