package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"torg"
	"torg/board"
)

// A contract of others answers like one that is not there, whatever is asked of the desk.
func TestContractsOfOthersAreNotThere(t *testing.T) {
	m := newBoardMarket(t)
	if status, out, errs := command(t, "board", "post", "--site", "foundry-1", "--side", "sell", "--from", "2026-12-03T08:00", "--to", "2026-12-03T09:00",
		"--power", "100kW", "--price", "4,80", "--key", m.foundry, "--url", m.url); status != 0 {
		t.Fatal(out, errs)
	}
	if status, out, errs := command(t, "board", "take", "foundry-1.o1", "--site", "factory-1", "--key", m.factory, "--url", m.url); status != 0 {
		t.Fatal(out, errs)
	}
	ctx := context.Background()
	is := func(p torg.ParticipantID) func(torg.ParticipantID) bool {
		return func(q torg.ParticipantID) bool { return p == q }
	}
	for _, kind := range []string{board.KindSign, board.KindDecline} {
		for _, side := range []string{"", "buy", "sell"} {
			ask := board.Ask{Kind: kind, Contract: "factory-1.f1", Side: side}
			if d, err := m.desk.Draft(ctx, ask, time.UTC, is("stranger")); !errors.Is(err, torg.ErrUnknown) || d.Contract != nil || d.Party != "" {
				t.Errorf("%s of side %q by a stranger: %+v, %v", kind, side, d, err)
			}
			if d, err := m.desk.Draft(ctx, ask, time.UTC, is("foundry")); err != nil || d.Contract == nil {
				t.Errorf("%s of side %q by a party: %v", kind, side, err)
			}
		}
	}

	// Who names another's site with its own name learns nothing of that site's numbers.
	d, err := m.desk.Draft(ctx, board.Ask{Kind: board.KindSign, Contract: "factory-1.f1"}, time.UTC, is("foundry"))
	if err != nil {
		t.Fatal(err)
	}
	for _, number := range []uint64{1, 2} {
		c := *d.Contract
		c.Buyer, c.Number = "foundry", number
		if _, err := m.desk.Conclude(ctx, c, torg.Buy, []byte("signed"), nil); !errors.Is(err, torg.ErrNotYours) {
			t.Errorf("number %d: %v", number, err)
		}
	}
}
