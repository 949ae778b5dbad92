package storetest

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"torg"
	"torg/ledger"
	"torg/record"
)

var signBy = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// offered is the foundry's offer of some energy in each of so many slots from First on.
func offered(n uint64, slots uint32, e torg.Energy) torg.Offer {
	return torg.Offer{Site: "foundry-1", Number: n, Participant: "foundry", Side: torg.Sell, Expires: signBy, Source: "chp",
		Profile: torg.Profile{First: First, Steps: []torg.Step{{Slots: slots, Energy: e, Price: rub("4.8")}}}}
}

// taken is the factory's contract that takes part of an offer.
func taken(n uint64, o torg.Offer, slots uint32, e torg.Energy) torg.Forward {
	return torg.Forward{Proposer: torg.Buy, Number: n, Offer: o.ID(), Buyer: "factory", Seller: o.Participant, BuyerSite: "factory-1",
		SellerSite: o.Site, Profile: torg.Profile{First: First, Steps: []torg.Step{{Slots: slots, Energy: e, Price: rub("4.8")}}},
		MaxFee: rub("0.5"), Source: o.Source, SignBy: signBy}
}

func changed(c torg.Forward, state ledger.ForwardState) ledger.Event {
	return ledger.Event{Forward: &ledger.ForwardChanged{Contract: c, State: state, Fee: rub("0.2"), Path: []torg.ZoneID{"z1"}, Open: c.Profile,
		Covered: c.Profile.First + 2, BuyerSigned: []byte{1}, BuyerKey: torg.Fingerprint{7}}}
}

// testBoard: an offer is taken in part, signed and delivered; another is withdrawn.
func testBoard(t *testing.T, fresh func(testing.TB) string) {
	ctx := context.Background()
	s := open(t, fresh(t))
	first, second := offered(1, 4, 5_000), offered(2, 2, 70)
	left := torg.Profile{First: First + 2, Steps: first.Profile.Steps[:1]}
	left.Steps = []torg.Step{{Slots: 2, Energy: 5_000, Price: rub("4.8")}}
	deal, other := taken(1, first, 2, 5_000), taken(2, second, 1, 70)
	active := changed(deal, ledger.ForwardActive)
	active.Forward.SellerSigned, active.Forward.SellerKey = []byte{2}, torg.Fingerprint{8}
	cutOff := changed(deal, ledger.ForwardActive)
	cutOff.Forward.ClosedOut, cutOff.Forward.Open = torg.ReasonFunds, torg.Profile{First: First, Steps: []torg.Step{{Slots: 1, Energy: 5_000, Price: rub("4.8")}}}
	apply(t, s,
		block(1, admit(foundry), admit(factory)),
		block(2, ledger.Event{Posted: &ledger.Posted{Offer: first, Left: first.Profile}}, ledger.Event{Posted: &ledger.Posted{Offer: second, Left: second.Profile}}),
		block(3, changed(deal, ledger.ForwardProposed), changed(other, ledger.ForwardProposed), ledger.Event{Posted: &ledger.Posted{Offer: first, Left: left}}),
		block(4, active, changed(other, ledger.ForwardRefused), ledger.Event{Unposted: &ledger.Unposted{Offer: second.ID(), Why: ledger.OfferWithdrawn}}),
		block(5, cutOff),
		block(6, cleared(First, 1, "4.5", inside(First, 1, 1, 1, 1_000, "4", "4"))),
		block(7, ledger.Event{Missed: &ledger.Missed{Slot: First + 1, Discovery: 1}}),
	)
	o, err := s.Offer(ctx, first.ID())
	must(t, err)
	if want := (record.Offer{Offer: first, Left: left, State: record.OfferOpen, Posted: 2, Height: 3}); !reflect.DeepEqual(o, want) {
		t.Errorf("the offer is %+v, want %+v", o, want)
	}
	f, err := s.Forward(ctx, deal.ID())
	must(t, err)
	want := record.Forward{Forward: deal, State: "active", Fee: rub("0.2"), Path: []torg.ZoneID{"z1"}, Open: cutOff.Forward.Open, ClosedOut: torg.ReasonFunds,
		Covered: First + 2, BuyerSigned: []byte{1}, BuyerKey: torg.Fingerprint{7}, Proposed: 3, Height: 5,
		History: []record.ForwardStep{{State: "proposed", Height: 3}, {State: "active", Height: 4}, {State: "active", ClosedOut: torg.ReasonFunds, Height: 5}}}
	if !reflect.DeepEqual(f, want) {
		t.Errorf("the contract is %+v, want %+v", f, want)
	}
	if !f.Signed(torg.Buy) || f.Signed(torg.Sell) {
		t.Error("who signed")
	}
	// What it delivers counts in the positions, beside the session's contracts: 6 and 0 kWh.
	for slot, want := range map[torg.Slot]torg.Energy{First: 6_000, First + 1: 0} {
		rows, err := s.Readings(ctx, "factory-1", slot, slot+1)
		must(t, err)
		got := torg.Energy(0)
		if len(rows) == 1 {
			got = rows[0].Contracted
		}
		equal(t, "contracted", got, want)
	}
	boardLists(t, s, first, deal)
	if _, err := s.Offer(ctx, "nobody.o1"); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("an unknown offer: %v", err)
	}
	if _, err := s.Forward(ctx, "nobody.f1"); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("an unknown contract: %v", err)
	}
}

func boardLists(t *testing.T, s record.Reader, first torg.Offer, deal torg.Forward) {
	t.Helper()
	ctx := context.Background()
	for f, want := range map[record.BoardFilter]int{
		{}: 2, {Participant: "foundry"}: 2, {Participant: "factory"}: 0, {Site: "foundry-1", State: "open"}: 1,
		{Side: torg.Buy}: 0, {Side: torg.Sell}: 2, {State: "withdrawn"}: 1, {Offer: first.ID()}: 1,
	} {
		rows, _, err := s.Offers(ctx, f, record.Page{Limit: 10})
		must(t, err)
		if len(rows) != want {
			t.Errorf("offers of %+v: %d, want %d", f, len(rows), want)
		}
	}
	for f, want := range map[record.BoardFilter]int{
		{}: 2, {Participant: "foundry"}: 2, {Participant: "factory"}: 2, {Participant: "supplier"}: 0, {Site: "factory-1"}: 2,
		{State: "refused"}: 1, {Offer: deal.Offer, State: "active"}: 1,
	} {
		rows, _, err := s.Forwards(ctx, f, record.Page{Limit: 10})
		must(t, err)
		if len(rows) != want {
			t.Errorf("contracts of %+v: %d, want %d", f, len(rows), want)
		}
	}
	page, next, err := s.Offers(ctx, record.BoardFilter{}, record.Page{Limit: 1})
	must(t, err)
	rest, end, err := s.Offers(ctx, record.BoardFilter{}, record.Page{Limit: 1, Cursor: next})
	must(t, err)
	if len(page) != 1 || page[0].Number != 2 || len(rest) != 1 || rest[0].Number != 1 || end != "" {
		t.Errorf("two pages of offers: %+v, %+v, %q", page, rest, end)
	}
	deals, next, err := s.Forwards(ctx, record.BoardFilter{}, record.Page{Limit: 1})
	must(t, err)
	older, _, err := s.Forwards(ctx, record.BoardFilter{}, record.Page{Limit: 1, Cursor: next})
	must(t, err)
	if deals[0].Number != 2 || older[0].Number != 1 {
		t.Errorf("two pages of contracts: %+v, %+v", deals, older)
	}
}

// testMarks: a statement that differs and a later reading are said of the contracts
// that they touch, and of no others.
func testMarks(t *testing.T, fresh func(testing.TB) string) {
	ctx := context.Background()
	s := open(t, fresh(t))
	deal := taken(1, offered(1, 4, 5_000), 4, 5_000)
	late := reading("factory-1", First, 900, torg.Measured)
	late.Reading.Replaces = true
	apply(t, s,
		block(1, admit(foundry), admit(factory), changed(deal, ledger.ForwardActive)),
		block(2, cleared(First, 1, "4.5", inside(First, 1, 1, 1, 1_000, "4", "4"))),
		block(3, cleared(First+1, 1, "4.5", inside(First+1, 1, 1, 1, 1_000, "4", "4"))),
		block(4, ledger.Event{Statement: &ledger.StatementTaken{Slot: First + 1, Site: "foundry-1", Differs: true}}),
	)
	marks := func(slot torg.Slot) (corrected, disputed bool) {
		c, err := s.Contract(ctx, torg.NewContractID(Genesis().Calendar.Session(slot), 1, 1))
		must(t, err)
		return c.Corrected, c.Disputed
	}
	if corrected, disputed := marks(First); corrected || disputed {
		t.Error("a contract of another session is marked")
	}
	if corrected, disputed := marks(First + 1); corrected || !disputed {
		t.Error("the contract whose statement differs")
	}
	if f, err := s.Forward(ctx, deal.ID()); err != nil || f.Corrected || !f.Disputed {
		t.Errorf("the forward contract: %+v, %v", f, err)
	}
	apply(t, s,
		block(5, ledger.Event{Statement: &ledger.StatementTaken{Slot: First + 1, Site: "foundry-1"}}),
		block(6, reading("factory-1", First, 1_000, torg.Estimated),
			ledger.Event{Settled: &ledger.Settled{First: First, Last: First + 3, Parties: []ledger.SettledParty{{Participant: "factory", Zone: "z1", Tariff: "base"}}}}),
		block(7, late))
	if corrected, disputed := marks(First); !corrected || disputed {
		t.Error("the contract of the slot that was corrected")
	}
	if corrected, disputed := marks(First + 1); corrected || disputed {
		t.Error("the contract whose statement agrees now")
	}
	if f, err := s.Forward(ctx, deal.ID()); err != nil || !f.Corrected || f.Disputed {
		t.Errorf("the forward contract: %+v, %v", f, err)
	}
}

// randomBoard makes an event of the board.
func randomBoard(t *rapid.T, slot torg.Slot, n int) (ledger.Event, bool) {
	o := offered(uint64(n), 1+uint32(n), 500)
	o.Profile.First = slot
	c := taken(uint64(n), o, 1, 500)
	switch rapid.IntRange(0, 3).Draw(t, "board") {
	case 0:
		return ledger.Event{Posted: &ledger.Posted{Offer: o, Left: o.Profile}}, true
	case 1:
		return ledger.Event{Unposted: &ledger.Unposted{Offer: o.ID(), Why: ledger.OfferExpired}}, true
	case 2:
		return changed(c, rapid.SampledFrom([]ledger.ForwardState{ledger.ForwardProposed, ledger.ForwardActive, ledger.ForwardVoided}).Draw(t, "state")), true
	}
	return ledger.Event{}, false
}
