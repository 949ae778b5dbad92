package ledger_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"torg"
	"torg/ledger"
)

// reach brings a contract of shop's for factory into a state, and returns it.
var reach = map[string]func(b *bench) torg.Forward{
	"none": func(b *bench) torg.Forward { return b.small() },
	"proposed": func(b *bench) torg.Forward {
		f := b.small()
		b.block(b.at(0, 0.1), b.conclude(f, torg.Buy))
		return f
	},
	"active": func(b *bench) torg.Forward {
		f := b.small()
		b.block(b.at(0, 0.1), b.conclude(f, torg.Buy, torg.Sell))
		return f
	},
	"delivered": func(b *bench) torg.Forward {
		f := b.small()
		b.block(b.at(0, 0.1), b.conclude(f, torg.Buy, torg.Sell))
		b.block(b.at(4, 0), b.readings(2, "mill", kWh))
		return f
	},
	"settled": func(b *bench) torg.Forward {
		f := b.small()
		b.block(b.at(0, 0.1), b.conclude(f, torg.Buy, torg.Sell))
		b.block(b.at(9, 0))
		return f
	},
	"refused": func(b *bench) torg.Forward {
		f := b.small()
		b.block(b.at(0, 0.1), b.conclude(f, torg.Buy), ledger.Decline{Contract: f.ID(), Side: torg.Sell})
		return f
	},
	"withdrawn": func(b *bench) torg.Forward {
		f := b.small()
		b.block(b.at(0, 0.1), b.conclude(f, torg.Buy), ledger.Decline{Contract: f.ID(), Side: torg.Buy})
		return f
	},
	"expired": func(b *bench) torg.Forward {
		f := b.small()
		f.SignBy = b.at(0, 0.2)
		b.block(b.at(0, 0.1), b.conclude(f, torg.Buy))
		b.block(b.at(0, 0.2))
		return f
	},
	"voided": func(b *bench) torg.Forward { // nothing of it is covered when its day comes
		f := b.small()
		f.Profile = b.steps(5*48, 1, 1000*kWh, "3")
		b.block(b.at(0, 0.1), b.conclude(f, torg.Buy, torg.Sell))
		b.block(b.at(3*48, 0))
		b.block(b.at(6*48, 0))
		return f
	},
}

// small is a contract for slot 2 inside one zone.
func (b *bench) small() torg.Forward {
	return b.forward(1, "factory", "shop", b.steps(2, 1, 10*kWh, "3"))
}

var boardMoves = map[string]func(b *bench, f torg.Forward) ledger.Body{
	"again": func(b *bench, f torg.Forward) ledger.Body { return b.conclude(f, torg.Buy) },
	"other terms": func(b *bench, f torg.Forward) ledger.Body {
		f.Profile = torg.NewProfile(f.Profile.First, torg.Step{Slots: 1, Energy: kWh, Price: price("4")})
		return b.conclude(f, torg.Buy, torg.Sell)
	},
	"the other signs":   func(b *bench, f torg.Forward) ledger.Body { return b.conclude(f, torg.Sell) },
	"both sign":         func(b *bench, f torg.Forward) ledger.Body { return b.conclude(f, torg.Buy, torg.Sell) },
	"proposer declines": func(_ *bench, f torg.Forward) ledger.Body { return ledger.Decline{Contract: f.ID(), Side: torg.Buy} },
	"other declines":    func(_ *bench, f torg.Forward) ledger.Body { return ledger.Decline{Contract: f.ID(), Side: torg.Sell} },
}

// boardTable reads the table of docs/board.md: move and result by state.
func boardTable(t *testing.T) map[string]map[string]string {
	t.Helper()
	page, err := os.ReadFile("../docs/board.md")
	if err != nil {
		t.Fatal(err)
	}
	table, moves := map[string]map[string]string{}, []string(nil)
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case cells[0] == "state" && cells[1] == "again":
			moves = cells
		case moves != nil && len(cells) == len(moves) && !strings.HasPrefix(cells[0], "-"):
			table[cells[0]] = map[string]string{}
			for i, c := range cells[1:] {
				table[cells[0]][moves[i+1]] = c
			}
		case moves != nil && len(cells) < len(moves):
			return table
		}
	}
	return table
}

// Every cell of the documentation's table of transitions, and every refusal leaves the
// books as they were.
func TestBoardTable(t *testing.T) {
	table := boardTable(t)
	if len(table) != len(reach) {
		t.Fatalf("the table has %d states, there are %d", len(table), len(reach))
	}
	for state, to := range reach {
		for name, move := range boardMoves {
			t.Run(state+"/"+name, func(t *testing.T) {
				b := boardBench(t, twoZones())
				f := to(b)
				if last := states(b.events); state != "none" && (len(last) == 0 || string(last[len(last)-1]) != state) {
					t.Fatalf("it is %v", last)
				}
				before, n := b.l.View().Accounts(), len(b.events)
				code := b.try(b.now(), move(b, f))[0]
				got := string(code)
				if code == "" {
					got = string(states(b.events[n:])[0])
				} else {
					for i, a := range b.l.View().Accounts() {
						if a != before[i] {
							t.Errorf("refused, and %s moved", a.Account)
						}
					}
				}
				if want := table[state][name]; got != want {
					t.Errorf("%s, want %s", got, want)
				}
				b.reload()
				b.block(b.at(7*48, 0))
				b.reload()
				for _, a := range b.l.View().Accounts() {
					if a.Reserved.Sign() != 0 || a.Escrowed.Sign() != 0 {
						t.Errorf("a week later %s has %s reserved and %s in escrow", a.Account, a.Reserved, a.Escrowed)
					}
				}
			})
		}
	}
}

// offers: what comes of them.
func TestOffers(t *testing.T) {
	b := boardBench(t, twoZones())
	p := b.steps(4, 4, 10*kWh, "3")
	o := b.offer(1, "shop", torg.Sell, p)
	take := func(n int, buyer string, p torg.Profile) torg.Forward {
		f := b.forward(n, buyer, "shop", p)
		f.Offer = o.ID()
		return f
	}
	b.block(b.at(0, 0.1), ledger.Post{Offer: o})
	f1, f2 := take(1, "factory", b.steps(4, 2, 6*kWh, "3")), take(1, "mill", b.steps(4, 4, 6*kWh, "3"))
	if codes := b.try(b.at(0, 0.2), b.conclude(f1, torg.Buy), b.conclude(f2, torg.Buy)); codes[0] != "" || codes[1] != torg.ErrOfferTaken {
		t.Fatalf("two takers of the same energy: %v", codes)
	}
	left := func(want torg.Profile) {
		t.Helper()
		if got, there := b.l.View().Offer(o.ID()); !there || !got.Left.Equal(want) {
			t.Errorf("left %+v, want %+v", got.Left, want)
		}
	}
	left(b.steps(4, 2, 4*kWh, "3", 2, 10*kWh, "3"))
	b.block(b.at(0, 0.3), ledger.Decline{Contract: f1.ID(), Side: torg.Sell})
	left(p)
	f3 := take(2, "factory", p)
	b.block(b.at(0, 0.4), b.conclude(f3, torg.Buy))
	left(torg.Profile{})
	b.reload()
	events := b.block(b.at(0, 0.45), b.conclude(f3, torg.Sell))
	if u := only(events, unpostedOf); len(u) != 1 || u[0].Why != ledger.OfferTaken {
		t.Errorf("all of it is signed: %+v", u)
	}

	// One that nobody takes loses its slots one by one and then expires.
	o = b.offer(2, "shop", torg.Sell, b.steps(6, 2, 10*kWh, "3"))
	whole := b.offer(3, "shop", torg.Sell, b.steps(6, 2, 10*kWh, "3"))
	whole.Whole = true
	b.block(b.at(1, 0.1), ledger.Post{Offer: o}, ledger.Post{Offer: whole})
	part := take(3, "factory", b.steps(6, 1, 10*kWh, "3"))
	part.Offer = whole.ID()
	if code := b.try(b.at(1, 0.2), b.conclude(part, torg.Buy))[0]; code != torg.ErrMalformed {
		t.Errorf("part of what is offered whole: %s", code)
	}
	if u := only(b.block(b.at(6, 0)), unpostedOf); len(u) != 1 || u[0].Offer != whole.ID() || u[0].Why != ledger.OfferExpired {
		t.Errorf("its first session is open: %+v", u)
	}
	left(b.steps(7, 1, 10*kWh, "3"))
	b.reload()
	if u := only(b.block(b.at(7, 0)), unpostedOf); len(u) != 1 || u[0].Why != ledger.OfferExpired {
		t.Errorf("its last session is open: %+v", u)
	}
	if n := len(b.l.View().Offers()); n != 0 {
		t.Errorf("%d offers are left", n)
	}
}

// What the board refuses, and with which word.
func TestBoardRefusals(t *testing.T) {
	base := func(b *bench) torg.Forward { return b.forward(1, "factory", "wind", b.steps(2, 2, 10*kWh, "3")) }
	for name, c := range map[string]struct {
		change func(b *bench, f *torg.Forward)
		want   torg.Refusal
	}{
		"as it is":               {func(*bench, *torg.Forward) {}, ""},
		"no proposer":            {func(_ *bench, f *torg.Forward) { f.Proposer = 3 }, torg.ErrMalformed},
		"an unknown site":        {func(_ *bench, f *torg.Forward) { f.SellerSite = "nobody" }, torg.ErrUnknown},
		"another's site":         {func(_ *bench, f *torg.Forward) { f.SellerSite = "mill" }, torg.ErrNotYours},
		"with itself":            {func(_ *bench, f *torg.Forward) { f.Seller, f.SellerSite = "factory", "factory" }, torg.ErrBothSides},
		"no profile":             {func(_ *bench, f *torg.Forward) { f.Profile = torg.Profile{} }, torg.ErrMalformed},
		"its session is open":    {func(b *bench, f *torg.Forward) { f.Profile.First = b.slot(0) }, torg.ErrGateClosed},
		"too far ahead":          {func(b *bench, f *torg.Forward) { f.Profile.First = b.slot(torg.MaxForwardSlots) }, torg.ErrTooLarge},
		"a negative fee":         {func(_ *bench, f *torg.Forward) { f.MaxFee = -1 }, torg.ErrMalformed},
		"less than the fee":      {func(_ *bench, f *torg.Forward) { f.MaxFee = price("0.19") }, torg.ErrFeeTooHigh},
		"number 0":               {func(_ *bench, f *torg.Forward) { f.Number = 0 }, torg.ErrDuplicate},
		"the last number":        {func(_ *bench, f *torg.Forward) { f.Number = 1<<64 - 1 }, torg.ErrTooLarge},
		"a number too far":       {func(_ *bench, f *torg.Forward) { f.Number = 1<<32 + 1 }, torg.ErrTooLarge},
		"a number just in reach": {func(_ *bench, f *torg.Forward) { f.Number = 1 << 32 }, ""},
		"signed too late":        {func(b *bench, f *torg.Forward) { f.SignBy = b.now() }, torg.ErrExpired},
		"two days to sign":       {func(b *bench, f *torg.Forward) { f.SignBy = b.now().Add(25 * time.Hour) }, torg.ErrTooLarge},
		"a long source":          {func(_ *bench, f *torg.Forward) { f.Source = strings.Repeat("x", 65) }, torg.ErrMalformed},
		"no such offer":          {func(_ *bench, f *torg.Forward) { f.Offer = "wind.o1" }, torg.ErrUnknown},
		"half a line":            {func(b *bench, f *torg.Forward) { f.Profile = b.steps(2, 1, 15*kWh, "3") }, ""},
		"more than half":         {func(b *bench, f *torg.Forward) { f.Profile = b.steps(2, 1, 15*kWh+1, "3") }, torg.ErrNoCapacity},
		"more than it can buy":   {func(b *bench, f *torg.Forward) { f.Profile = b.steps(2, 4, 15*kWh, "20") }, torg.ErrFunds},
		"more than connected": {func(b *bench, f *torg.Forward) {
			f.Seller, f.SellerSite, f.Profile = "shop", "shop", b.steps(2, 1, 1000*kWh+1, "0.1")
		}, torg.ErrConnection},
	} {
		b := boardBench(t, twoZones())
		f := base(b)
		c.change(b, &f)
		_, _, err := b.l.View().Quote(f)
		if code := b.try(b.at(0, 0.1), b.conclude(f, torg.Buy, torg.Sell))[0]; code != c.want || torg.RefusalOf(err) != c.want {
			t.Errorf("%s: %q, quoted %v, want %q", name, code, err, c.want)
		}
		b.reload()
	}
}
