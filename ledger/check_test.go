package ledger_test

import (
	"math"
	"strings"
	"testing"

	"torg"
	"torg/ledger"
	"torg/ledger/kvmem"
)

// checked runs a story's blocks again under a checker. change may change what the
// rules make before the checker sees it, and what the chain says; either may be nil.
func checked(t *testing.T, b *bench, from, to torg.Slot, made, said func(height int64, e []ledger.Event) []ledger.Event) (ledger.Checked, []string) {
	t.Helper()
	l := ledger.New(&kvmem.KV{})
	if err := l.Init(b.g); err != nil {
		t.Fatal(err)
	}
	c := ledger.NewChecker(b.g, from, to)
	var list []string
	say := func(problems []ledger.Problem) {
		for _, p := range problems {
			list = append(list, p.String())
		}
	}
	for _, block := range b.blocks {
		r := l.Apply(block)
		chain := l.Apply(block) // nothing is shared with what the checker may see changed
		if made != nil {
			r.Events = made(block.Height, r.Events)
			chain.Events = made(block.Height, chain.Events)
		}
		if said != nil {
			chain.Events = said(block.Height, chain.Events)
			say(c.Block(l.View(), block.Height, r, &chain))
		} else {
			say(c.Block(l.View(), block.Height, r, nil))
		}
		l.Commit()
		say(c.Committed(l.View()))
	}
	n, problems := c.End(l.View())
	say(problems)
	return n, list
}

// twoSessions trades two slots and settles their hour.
func twoSessions(t *testing.T) *bench {
	b := threeSites(t)
	for n := range 2 {
		b.block(b.at(n, 0.1), b.orders(b.order(n, 1, "factory", torg.Buy, 50*kWh, "6"), b.order(n, 1, "foundry", torg.Sell, 40*kWh, "3")))
		b.block(b.at(n, 0.5))
		b.block(b.at(n, 0.8))
	}
	b.block(b.at(3, 0.1), b.readings(0, "factory", 50*kWh, "foundry", -40*kWh, "school", kWh))
	b.block(b.at(3, 0.2), b.readings(1, "factory", 50*kWh, "foundry", -40*kWh, "school", kWh))
	return b
}

func first(e []ledger.Event) *ledger.Cleared {
	if list := only(e, cleared); len(list) > 0 {
		return list[0]
	}
	return nil
}

// What the rules make and the chain says alike must hold without the clearing that
// made it: a ledger that clears wrongly does not pass by being wrong twice.
func TestCheckerTrustsNoClearing(t *testing.T) {
	b := twoSessions(t)
	n, problems := checked(t, b, math.MinInt64, math.MaxInt64, nil, nil)
	if len(problems) > 0 || n.Sessions != 3 || n.Missed != 1 || n.Discoveries != 4 || n.Contracts != 2 || n.Blocks != len(b.blocks) || n.Money != (torg.Cost{}) {
		t.Fatalf("as it is: %+v, %q", n, problems)
	}
	session := "session " + b.g.Calendar.Session(b.slot(1)) + ": "
	for what, d := range map[string]struct {
		change func(k *ledger.Cleared)
		want   string
	}{
		"price":     {func(k *ledger.Cleared) { k.Outcome.Prices[0].Price++ }, "discovery 1 does not hold on its 2 orders: "},
		"trade":     {func(k *ledger.Cleared) { k.Outcome.Trades[0].Energy-- }, "discovery 1 does not hold on its 2 orders: "},
		"contract":  {func(k *ledger.Cleared) { k.Contracts[0].BuyerPrice-- }, "contracts are not its"},
		"id":        {func(k *ledger.Cleared) { k.Contracts[0].ID += "x" }, "contracts are not its"},
		"discovery": {func(k *ledger.Cleared) { k.Discovery = 2 }, "does not hold"},
	} {
		_, problems := checked(t, b, math.MinInt64, math.MaxInt64, func(_ int64, e []ledger.Event) []ledger.Event {
			if k := first(e); k != nil && k.Slot == b.slot(1) && k.Discovery == 1 {
				d.change(k)
			}
			return e
		}, nil)
		if len(problems) == 0 || !strings.HasPrefix(problems[0], session) || !strings.Contains(problems[0], d.want) {
			t.Errorf("%s: %q", what, problems)
		}
		_, problems = checked(t, b, b.slot(2), math.MaxInt64, func(_ int64, e []ledger.Event) []ledger.Event {
			if k := first(e); k != nil && k.Slot == b.slot(1) && k.Discovery == 1 {
				d.change(k)
			}
			return e
		}, nil)
		if what != "discovery" && len(problems) > 0 {
			t.Errorf("%s, in a session before the range: %q", what, problems)
		}
	}
}

// Money that postings do not account for is missed in the accounts it touches.
func TestCheckerAddsUpPostings(t *testing.T) {
	b := twoSessions(t)
	_, problems := checked(t, b, math.MinInt64, math.MaxInt64, func(_ int64, e []ledger.Event) []ledger.Event {
		for _, p := range only(e, postingOf) {
			if p.Kind == torg.PostEscrow && p.Slot == b.slot(1) {
				p.Amount = p.Amount.Add(rub("1"))
			}
		}
		return e
	}, nil)
	if len(problems) < 2 || !strings.Contains(problems[0], "its postings add up to") || !strings.Contains(problems[0], b.g.Calendar.Session(b.slot(1))) {
		t.Errorf("%q", problems)
	}
}

// Every event that the chain tells otherwise than the rules is told, if it is of a
// session in the range or of none.
func TestCheckerComparesEvents(t *testing.T) {
	b := twoSessions(t)
	all := func(f func(e *ledger.Event)) func(int64, []ledger.Event) []ledger.Event {
		return func(_ int64, list []ledger.Event) []ledger.Event {
			for i := range list {
				f(&list[i])
			}
			return list
		}
	}
	for what, d := range map[string]struct {
		change func(int64, []ledger.Event) []ledger.Event
		want   string
	}{
		"nothing": {all(func(*ledger.Event) {}), ""},
		"reserved": {all(func(e *ledger.Event) {
			if e.Order != nil && e.Order.Order.Slot == b.slot(0) {
				e.Order.Reserved = rub("5")
			}
		}), "Order.Reserved is "},
		"admitted": {all(func(e *ledger.Event) {
			if e.Admitted != nil {
				e.Admitted.Sites[0].CapacityW++
			}
		}), "block 1: event 0: Admitted.Sites[0].CapacityW is 2000001, the rules give 2000000"},
		"settled": {all(func(e *ledger.Event) {
			if e.Settled != nil {
				e.Settled.Parties = e.Settled.Parties[1:]
			}
		}), " to "},
		"missed": {all(func(e *ledger.Event) {
			if e.Missed != nil {
				e.Missed, e.Delivered = nil, &ledger.Delivered{Slot: e.Missed.Slot}
			}
		}), "Delivered is {"},
		"more": {func(h int64, e []ledger.Event) []ledger.Event {
			if h == 3 {
				e = append(e, ledger.Event{Delivered: &ledger.Delivered{Slot: b.slot(0)}})
			}
			return e
		}, "events, the rules make "},
		"fewer": {func(h int64, e []ledger.Event) []ledger.Event { return e[:len(e)/2*2] }, "events, the rules make "},
	} {
		_, problems := checked(t, b, math.MinInt64, math.MaxInt64, nil, d.change)
		got := strings.Join(problems, "\n")
		if (d.want == "") != (got == "") || !strings.Contains(got, d.want) {
			t.Errorf("%s: %q does not say %q", what, problems, d.want)
		}
	}
	order := all(func(e *ledger.Event) {
		if e.Order != nil && e.Order.Order.Slot == b.slot(0) {
			e.Order.Cut++
		}
	})
	if _, problems := checked(t, b, b.slot(1), math.MaxInt64, nil, order); len(problems) > 0 {
		t.Errorf("an order of a session before the range: %q", problems)
	}
}

// A refusal that the chain tells otherwise is told.
func TestCheckerComparesCodes(t *testing.T) {
	b := newBench(t, genesis())
	r := ledger.Result{Codes: []torg.Refusal{"", torg.ErrFunds}}
	for what, d := range map[string]struct {
		said []torg.Refusal
		want string
	}{
		"none":  {nil, "block 7: results of 0 transactions, it has 2"},
		"other": {[]torg.Refusal{"", torg.ErrGateClosed}, "block 7: transaction 1 is refused as gate_closed, the rules say refused as funds"},
		"good":  {[]torg.Refusal{"", ""}, "block 7: transaction 1 is accepted, the rules say refused as funds"},
	} {
		c := ledger.NewChecker(b.g, math.MinInt64, math.MaxInt64)
		p := c.Block(b.l.View(), 7, r, &ledger.Result{Codes: d.said})
		if len(p) != 1 || p[0].String() != d.want {
			t.Errorf("%s: %v", what, p)
		}
	}
}
