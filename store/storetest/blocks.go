package storetest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"torg"
	"torg/ledger"
	"torg/market"
	"torg/record"
	"torg/store"
)

// reader is what the suite asks of a store beside record.Reader.
type reader interface {
	record.Reader
	Months(context.Context) ([]ledger.MonthClosed, error)
	Intervals(ctx context.Context, first, last torg.Slot) ([]store.Interval, error)
	Postings(context.Context, torg.Account, record.Page) ([]store.Posting, string, error)
}

func forecast(site torg.SiteID, slot torg.Slot, q10, q50, q90 torg.Energy) []store.Forecast {
	return []store.Forecast{{Site: site, Slot: slot, Q10: q10, Q50: q50, Q90: q90}}
}

func testReasons(t *testing.T, fresh func(testing.TB) string) {
	ctx := context.Background()
	s := open(t, fresh(t))
	taken := func(o torg.Order, refused torg.Refusal, cut torg.Energy) ledger.Event {
		return ledger.Event{Order: &ledger.OrderTaken{Order: o, Refused: refused, Cut: cut}}
	}
	second := order("again", factory, First, torg.Buy, 9_000, "6")
	second.Sequence = 1
	other := order("stands", foundry, First, torg.Sell, 1_000, "3")
	later := order("withdrawn", foundry, First+1, torg.Sell, 1_000, "3")
	out := cleared(First, 1, "5")
	out.Cleared.Outcome.Unmatched = []market.Unmatched{{Order: "stands", Energy: 1_000, Reason: torg.ReasonNoOtherSide}}
	granted := ledger.Event{Granted: &ledger.Granted{Mandate: torg.Mandate{Participant: "foundry", Site: "foundry-1", AgentKey: torg.Fingerprint{1}}}}
	revoke := func(key byte) ledger.Event {
		return ledger.Event{Revoked: &ledger.Revoke{Participant: "foundry", Site: "foundry-1", AgentKey: torg.Fingerprint{key}}}
	}
	apply(t, s,
		block(1, admit(foundry), admit(factory), granted, taken(order("early", factory, First, torg.Buy, 8_000, "5"), "", 0),
			taken(order("early", factory, First, torg.Buy, 8_000, "5"), torg.ErrDuplicate, 0)),
		block(2, taken(order("middle", factory, First, torg.Buy, 7_000, "5"), "", 0), taken(second, "", 400), taken(other, "", 0),
			taken(later, "", 0), taken(order("poor", factory, First+1, torg.Buy, 1, "5"), torg.ErrFunds, 0)),
		block(3, out, revoke(2)), // a key that holds no mandate
	)
	o, err := s.Order(ctx, "withdrawn")
	must(t, err)
	equal(t, "before its key is revoked", o.Refused, "")
	apply(t, s, block(4, revoke(1)))
	apply(t, s, block(5, taken(order("twice", factory, First+2, torg.Buy, 5, "5"), "", 0)),
		block(6, taken(order("twice", factory, First+2, torg.Buy, 6, "5"), torg.ErrDuplicate, 0)))
	o, err = s.Order(ctx, "twice")
	must(t, err)
	equal(t, "the one that was taken", o.Energy, 5)
	type told struct {
		refused   torg.Refusal
		reason    torg.Reason
		unmatched torg.Energy
	}
	want := map[torg.OrderID]told{
		"early":     {refused: torg.ErrDuplicate}, // the one that was taken was replaced
		"again":     {reason: torg.ReasonFunds},
		"stands":    {reason: torg.ReasonNoOtherSide, unmatched: 1_000},
		"withdrawn": {refused: torg.ErrNoMandate},
		"poor":      {refused: torg.ErrFunds},
	}
	all, _, err := s.Orders(ctx, record.Filter{Session: session(0)}, record.Page{Limit: 100})
	must(t, err)
	next, _, err := s.Orders(ctx, record.Filter{Session: session(1)}, record.Page{Limit: 100})
	must(t, err)
	all = append(all, next...)
	equal(t, "orders", len(all), len(want))
	for _, o := range all {
		equal(t, "order "+string(o.ID), told{o.Refused, o.Reason, o.Unmatched}, want[o.ID])
		one, err := s.Order(ctx, o.ID)
		must(t, err)
		equal(t, "height of "+string(o.ID), one.Height, o.Height)
	}
	own, _, err := s.Orders(ctx, record.Filter{Site: "foundry-1"}, record.Page{Limit: 100})
	must(t, err)
	equal(t, "orders of the foundry", len(own), 2)
}

func testMissed(t *testing.T, fresh func(testing.TB) string) {
	ctx := context.Background()
	s := open(t, fresh(t))
	apply(t, s,
		block(1, admit(foundry), admit(factory), ledger.Event{Order: &ledger.OrderTaken{Order: order("late", factory, First, torg.Buy, 8_000, "5"), Cut: 500}}),
		block(2, ledger.Event{Missed: &ledger.Missed{Slot: First, Discovery: 1}}),
		block(3, cleared(First+1, 1, "4", inside(First+1, 1, 1, 1, 100, "4", "4")), ledger.Event{Missed: &ledger.Missed{Slot: First + 1, Discovery: 2}}),
		block(4, ledger.Event{Delivered: &ledger.Delivered{Slot: First}}, ledger.Event{Delivered: &ledger.Delivered{Slot: First + 1}},
			ledger.Event{Settled: &ledger.Settled{First: First, Last: First + 3}}),
	)
	missed, err := s.Session(ctx, session(0))
	must(t, err)
	equal(t, "a missed session stays missed", missed.State, record.Missed)
	half, err := s.Session(ctx, session(1))
	must(t, err)
	equal(t, "a session with one discovery", half.State, record.Settled)
	o, err := s.Order(ctx, "late")
	must(t, err)
	equal(t, "reason", o.Reason, torg.ReasonMissed)
	equal(t, "left", o.Unmatched, 7_500)
}

func testOnce(t *testing.T, fresh func(testing.TB) string) {
	ctx := context.Background()
	s := open(t, fresh(t))
	blocks := story()
	if err := s.Apply(ctx, blocks[1]); err == nil || !strings.Contains(err.Error(), "blocks 1 to 1 are missing") {
		t.Errorf("block 2 on nothing: %v", err)
	}
	for _, b := range blocks {
		apply(t, s, b, b)
	}
	before := everything(t, s)
	apply(t, s, blocks...)
	if everything(t, s) != before {
		t.Error("blocks that were applied before changed something")
	}
	for _, height := range []int64{9, 100, 0, -1} {
		if err := s.Apply(ctx, block(height)); err == nil {
			t.Errorf("block %d after block 7 was taken", height)
		}
	}
	if err := s.Apply(ctx, block(8, ledger.Event{})); err == nil {
		t.Error("an event without a kind was taken")
	}
	if everything(t, s) != before {
		t.Error("refused blocks changed something")
	}
}

func testAtomic(t *testing.T, fresh func(testing.TB) string) {
	ctx := context.Background()
	s := open(t, fresh(t))
	blocks := story()
	apply(t, s, blocks[:2]...)
	before := everything(t, s)
	bad := blocks[2]
	twice := cleared(First, 1, "4.5", inside(First, 1, 1, 1, 10_000, "4", "4"), inside(First, 1, 1, 1, 10_000, "4", "4"))
	bad.Events = append([]ledger.Event{reading("foundry-1", First, 1, torg.Measured), post(First, torg.PostDeposit, torg.AccountBank, "foundry", "1", "")}, twice)
	if err := s.Apply(ctx, bad); err == nil {
		t.Fatal("a contract was counted twice")
	}
	if got := everything(t, s); got != before {
		t.Errorf("a failed block left something:\n%s", got)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if err := s.Apply(canceled, blocks[2]); err == nil {
		t.Error("a canceled block was taken")
	}
	if everything(t, s) != before {
		t.Error("a canceled block left something")
	}
	apply(t, s, blocks[2:]...)
	whole := open(t, fresh(t))
	apply(t, whole, blocks...)
	if everything(t, s) != everything(t, whole) {
		t.Error("after a failed block the rest differs")
	}
}

func testReopen(t *testing.T, fresh func(testing.TB) string) {
	dsn := fresh(t)
	s := open(t, dsn)
	apply(t, s, story()[:5]...)
	before := everything(t, s)
	must(t, s.Close())
	again, err := store.Open(context.Background(), dsn)
	must(t, err)
	defer again.Close()
	if everything(t, again) != before {
		t.Error("reopened, it tells something else")
	}
	apply(t, again, story()[5:]...)
	if err := s.Apply(context.Background(), story()[5]); err == nil {
		t.Error("a closed store took a block")
	}
}

// testWholeBlocks reads while blocks are applied: each block adds a session with two
// contracts and a deposit, and no reader ever sees a part of one.
func testWholeBlocks(t *testing.T, fresh func(testing.TB) string) {
	ctx := context.Background()
	s := open(t, fresh(t))
	apply(t, s, block(1, admit(foundry), admit(factory)))
	const blocks = 25
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				sessions, _, err := s.Sessions(ctx, record.Page{Limit: 100})
				if err != nil {
					t.Error(err)
					return
				}
				for _, one := range sessions {
					if len(one.Rounds) != 2 || len(one.Prices) != 1 {
						t.Errorf("a part of session %s: %+v", one.ID, one)
						return
					}
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for n := range int64(blocks) {
		slot := First + torg.Slot(n)
		if err := s.Apply(ctx, block(n+2, cleared(slot, 1, "4", inside(slot, 1, 1, 1, 10, "4", "4"), imported(slot, 1, 2, 10)),
			post(slot, torg.PostDeposit, torg.AccountBank, "factory", "1", ""))); err != nil {
			t.Error(err)
		}
	}
	close(done)
	readers.Wait()
	got, err := s.Balance(ctx, "factory")
	must(t, err)
	equal(t, "balance", got, cost("25"))
}

// testLarge: blocks too large for one statement are written whole.
func testLarge(t *testing.T, fresh func(testing.TB) string) {
	ctx := context.Background()
	s := open(t, fresh(t))
	const contracts = 317
	apply(t, s, block(1, admit(foundry), admit(factory)), sessionBlock(2, First, contracts))
	got, err := s.Session(ctx, session(0))
	must(t, err)
	equal(t, "round", got.Rounds[0], record.Round{Round: 1, Contracts: contracts, Energy: 10 * contracts})
	all, _, err := s.Contracts(ctx, record.Filter{}, record.Page{Limit: 1000})
	must(t, err)
	equal(t, "contracts", len(all), contracts)
	orders, _, err := s.Orders(ctx, record.Filter{}, record.Page{Limit: 1000})
	must(t, err)
	equal(t, "orders", len(orders), contracts)
	again := sessionBlock(3, First, contracts) // the same sites' orders replace them all
	for i := range again.Events[:contracts] {
		again.Events[i].Order.Order.Sequence = 1
	}
	again.Events = again.Events[:contracts]
	apply(t, s, again)
	orders, _, err = s.Orders(ctx, record.Filter{}, record.Page{Limit: 1000})
	must(t, err)
	equal(t, "orders that stand", len(orders), contracts)
	equal(t, "the newer ones", orders[contracts-1].Sequence, 1)
}

var errStop = errors.New("stop")
