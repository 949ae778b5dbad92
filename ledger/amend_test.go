package ledger_test

import (
	"slices"
	"testing"
	"time"

	"torg"
	"torg/ledger"
)

func amendedOf(e ledger.Event) *ledger.Amend { return e.Amended }

// amendment is the n-th one, from slot k, with what change makes of the genesis' rules.
func (b *bench) amendment(sequence uint32, k int, change func(*ledger.Amend)) ledger.Amend {
	supplier := *b.g.Complex.Supplier
	a := ledger.Amend{Sequence: sequence, From: b.slot(k), Complex: b.g.Complex, PriceCap: b.g.PriceCap}
	a.Complex.Supplier = &supplier
	a.Complex.Lines = slices.Clone(a.Complex.Lines)
	if change != nil {
		change(&a)
	}
	return a
}

func dearer(a *ledger.Amend) { a.Complex.Supplier.Sell = price("9") }

// Rules that change while a session runs are the next session's: what is ordered after
// the amendment, and what is revised, is cleared by the rules that the session began by.
func TestAmendmentInTheMiddleOfASession(t *testing.T) {
	b := newBench(t, genesis())
	b.block(b.at(0, 0), append(admit("foundry", 10_000, "base"), admit("factory", 10_000, "base")...)...)
	b.block(b.at(0, 0.05), b.orders(b.order(0, 1, "factory", torg.Buy, 10*kWh, "7.1")))
	closed := func(a *ledger.Amend) { a.Complex.Supplier.Import = 0; a.Complex.Supplier.Sell = price("9") }
	if e := only(b.block(b.at(0, 0.1), b.amendment(1, 2, closed)), amendedOf); len(e) != 1 || e[0].From != b.slot(2) {
		t.Fatalf("told %+v", e)
	}
	if code := b.try(b.at(0, 0.15), b.amendment(2, 0, closed))[0]; code != torg.ErrGateClosed {
		t.Fatalf("rules for the session that trades: %q", code)
	}
	b.reloaded()
	// Ordered and revised after the amendment, cleared by the rules before it.
	b.block(b.at(0, 0.2), b.orders(b.order(0, 1, "foundry", torg.Buy, 10*kWh, "7.3")))
	e := only(b.block(b.at(0, 0.5)), cleared)
	if len(e) != 1 || len(e[0].Contracts) != 1 || e[0].Contracts[0].Buyer != "foundry" || e[0].Contracts[0].BuyerPrice != price("7.2") {
		t.Fatalf("first discovery %+v", e)
	}
	b.block(b.at(0, 0.6), b.orders(b.order(0, 2, "factory", torg.Buy, 10*kWh, "7.2")))
	e = only(b.block(b.at(0, 0.75)), cleared)
	if len(e) != 1 || len(e[0].Contracts) != 1 || e[0].Contracts[0].Seller != "supplier" || e[0].Contracts[0].SellerPrice != price("7.2") {
		t.Fatalf("second discovery %+v", e)
	}
	// The session between still has the old rules, the one for slot 2 the new ones.
	for n, want := range []int{1: 1, 2: 0} {
		if n == 0 {
			continue
		}
		b.block(b.at(n, 0.1), b.orders(b.order(n, 1, "foundry", torg.Buy, 10*kWh, "9.5")))
		if v := b.l.View(); v.Complex().Supplier.Sell != []torg.Price{0, price("7.2"), price("9")}[n] || v.Rules(b.slot(n)).Complex.Supplier.Sell != v.Complex().Supplier.Sell {
			t.Errorf("session %d runs by %+v", n, v.Complex().Supplier)
		}
		e = only(b.block(b.at(n, 0.5)), cleared)
		if len(e) != 1 || len(e[0].Contracts) != want {
			t.Errorf("session %d has %+v", n, e)
		}
		b.reloaded()
	}
	if _, problems := checked(t, b, b.slot(0), b.slot(5), nil, nil); len(problems) > 0 {
		t.Errorf("a replay finds %v", problems)
	}
}

// An interval is settled, and corrected later, by the rules of its slots, whatever was
// announced since.
func TestSettledByTheRulesOfItsSlots(t *testing.T) {
	g := genesis()
	g.NoWorse = false
	g.Tariffs = nil
	b := newBench(t, g)
	b.block(b.at(0, 0), append(admit("foundry", 1000, ""), admit("factory", 1000, "")...)...)
	b.block(b.at(0, 0.1), b.amendment(1, 2, dearer))
	b.block(b.at(3, 0), b.readings(0, "foundry", 10*kWh, "factory", 0*kWh), b.readings(1, "foundry", 0*kWh))
	b.balance("foundry", "1000", "0", "0") // factory's last reading is missing
	b.block(b.at(7, 0.1))                  // past the deadline of the first interval
	b.balance("foundry", "928", "0", "0")
	b.block(b.at(7, 0.2), b.readings(2, "foundry", 10*kWh, "factory", 0*kWh), b.readings(3, "foundry", 0*kWh, "factory", 0*kWh))
	b.balance("foundry", "838", "0", "0")
	b.reloaded()
	b.block(b.at(7, 0.3), b.readings(1, "factory", 10*kWh)) // late: by the rules of slot 1
	b.balance("factory", "928", "0", "0")
	if v := b.l.View(); v.Rules(b.slot(1)).Complex.Supplier.Sell != price("7.2") || v.Rules(b.slot(2)).Complex.Supplier.Sell != price("9") {
		t.Error("rules of a slot that can be corrected are gone")
	}
}

// Tariffs are added for slots to come, and a class that begins later admits later.
func TestAddedTariff(t *testing.T) {
	g := genesis()
	g.NoWorse = false
	b := newBench(t, g)
	b.block(b.at(0, 0), admit("foundry", 1000, "base")...)
	cheap := torg.Tariff{ID: "cheap", From: b.g.Calendar.Start(b.slot(2)), Sell: price("3"), Buy: price("1")}
	base := torg.Tariff{ID: "base", From: b.g.Calendar.Start(b.slot(2)), Sell: price("8"), Buy: price("1")}
	b.block(b.at(0, 0.1), b.amendment(1, 2, func(a *ledger.Amend) { a.Tariffs = []torg.Tariff{cheap, base} }))
	if c := b.try(b.at(0, 0.2), admit("factory", 0, "cheap")[0])[0]; c != torg.ErrUnknown {
		t.Errorf("a class to come: %q", c)
	}
	b.block(b.at(3, 0), b.readings(0, "foundry", 10*kWh), b.readings(1, "foundry", 0*kWh))
	b.balance("foundry", "928", "0", "0")
	b.block(b.at(3, 0.1), admit("factory", 0, "cheap")[0])
	b.block(b.at(5, 0), b.readings(2, "foundry", 10*kWh), b.readings(3, "foundry", 0*kWh))
	b.block(b.at(5, 0), b.readings(3, "factory", 0*kWh))
	b.balance("foundry", "848", "0", "0")
	b.reloaded()
}

// Everything that is refused about amendments, one by one; nothing of it changes the
// state.
func TestAmendmentRefusals(t *testing.T) {
	g := twoZones()
	keys := manyKeys()
	g.Unsigned = false
	b := newBench(t, genesis())
	b.keys = keys
	g.Operator = b.operatorKey()
	b = newBench(t, g)
	b.keys = keys
	a := admit("foundry", 1000, "base")
	first := a[0].(ledger.Admit)
	first.OwnerKey = b.ownerKey("foundry")
	b.block(b.at(0, 0), first, a[1])
	b.block(b.at(0, 0.1), b.amendment(1, 4, dearer))
	before := dump(b)
	for _, c := range []struct {
		name   string
		signer string
		body   ledger.Amend
		want   torg.Refusal
	}{
		{"by an owner", "foundry", b.amendment(2, 4, nil), torg.ErrNotOperator},
		{"repeated", "", b.amendment(1, 4, dearer), torg.ErrDuplicate},
		{"left out", "", b.amendment(3, 4, nil), torg.ErrDuplicate},
		{"of the running session", "", b.amendment(2, 0, nil), torg.ErrGateClosed},
		{"of a past session", "", b.amendment(2, -3, nil), torg.ErrGateClosed},
		{"price inside an interval", "", b.amendment(2, 3, dearer), torg.ErrMalformed},
		{"price back inside an interval", "", b.amendment(2, 5, nil), torg.ErrMalformed},
		{"fee inside an interval", "", b.amendment(2, 3, func(a *ledger.Amend) { a.Complex.Lines[0].Fee++ }), torg.ErrMalformed},
		{"line gone inside an interval", "", b.amendment(2, 3, func(a *ledger.Amend) { a.Complex.Lines[0].Capacity = 0 }), torg.ErrMalformed},
		{"price cap inside an interval", "", b.amendment(2, 3, func(a *ledger.Amend) { a.PriceCap++ }), torg.ErrMalformed},
		{"another zone", "", b.amendment(2, 4, func(a *ledger.Amend) { a.Complex.Zones = []torg.ZoneID{"z1", "z2", "z3"} }), torg.ErrMalformed},
		{"no line", "", b.amendment(2, 4, func(a *ledger.Amend) { a.Complex.Lines = nil }), torg.ErrMalformed},
		{"line the other way", "", b.amendment(2, 4, func(a *ledger.Amend) {
			a.Complex.Lines[0].From, a.Complex.Lines[0].To = a.Complex.Lines[0].To, a.Complex.Lines[0].From
		}), torg.ErrMalformed},
		{"pricing", "", b.amendment(2, 4, func(a *ledger.Amend) { a.Complex.Pricing = torg.Uniform }), torg.ErrMalformed},
		{"no supplier", "", b.amendment(2, 4, func(a *ledger.Amend) { a.Complex.Supplier = nil }), torg.ErrMalformed},
		{"another supplier", "", b.amendment(2, 4, func(a *ledger.Amend) { a.Complex.Supplier.Participant = "other" }), torg.ErrMalformed},
		{"supplier elsewhere", "", b.amendment(2, 4, func(a *ledger.Amend) { a.Complex.Supplier.Zone = "z2" }), torg.ErrMalformed},
		{"quotes crossed", "", b.amendment(2, 4, func(a *ledger.Amend) { a.Complex.Supplier.Sell = price("1") }), torg.ErrMalformed},
		{"negative fee", "", b.amendment(2, 4, func(a *ledger.Amend) { a.Complex.Lines[0].Fee = -1 }), torg.ErrMalformed},
		{"price cap out of range", "", b.amendment(2, 4, func(a *ledger.Amend) { a.PriceCap = torg.MaxPrice * 11 }), torg.ErrMalformed},
		{"tariff before it", "", b.amendment(2, 4, func(a *ledger.Amend) {
			a.Tariffs = []torg.Tariff{{ID: "base", From: g.Calendar.Start(b.slot(4)).Add(-time.Second), Sell: 1}}
		}), torg.ErrMalformed},
		{"tariff crossed", "", b.amendment(2, 4, func(a *ledger.Amend) {
			a.Tariffs = []torg.Tariff{{ID: "base", From: g.Calendar.Start(b.slot(4)), Sell: 1, Buy: 2}}
		}), torg.ErrMalformed},
	} {
		tx := b.signedAs(c.signer, c.body)
		if err := b.l.Check(tx); torg.RefusalOf(err) != c.want {
			t.Errorf("%s: Check: %v, want %s", c.name, err, c.want)
		}
		if got := b.code(b.at(0, 0.2), tx); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if dump(b) != before {
		t.Error("what was refused changed the state")
	}
	if got := b.l.View().Announced(); len(got) != 1 || got[0].Complex.Supplier.Sell != price("9") || b.l.View().Amendments() != 1 {
		t.Errorf("announced %+v", got)
	}
}

// An announcement can be taken back by another one for the same slot, and what was
// replaced does not come back; a capacity may change inside an interval.
func TestAmendmentsReplaceEachOther(t *testing.T) {
	b := newBench(t, genesis())
	at := b.at(0, 0.1)
	b.block(b.at(0, 0), admit("foundry", 1000, "base")...)
	mistake := b.encode(b.amendment(1, 4, dearer))
	back := b.encode(b.amendment(2, 4, nil))
	if codes := b.raw(at, mistake, back, mistake, back).Codes; !slices.Equal(codes, []torg.Refusal{"", "", torg.ErrDuplicate, torg.ErrDuplicate}) {
		t.Errorf("codes %q", codes)
	}
	if got := b.l.View().Rules(b.slot(4)).Complex.Supplier.Sell; got != price("7.2") {
		t.Errorf("quote %s after it was taken back", got)
	}
	b.block(at, b.amendment(3, 5, func(a *ledger.Amend) { a.Complex.Supplier.Import = 5 * kWh }))
	if v := b.l.View(); v.Rules(b.slot(5)).Complex.Supplier.Import != 5*kWh || v.Rules(b.slot(4)).Complex.Supplier.Import != torg.Unlimited {
		t.Error("a capacity does not change inside an interval")
	}
	for n := uint32(4); n < 18; n++ {
		b.block(at, b.amendment(n, int(n)*2, nil))
	}
	if c := b.try(at, b.amendment(18, 100, nil))[0]; c != torg.ErrTooLarge {
		t.Errorf("a seventeenth announcement: %q", c)
	}
	b.reloaded()
}

// Amendments that no slot needs any more are forgotten, but for their tariffs.
func TestAmendmentsAreForgotten(t *testing.T) {
	g := genesis()
	b := newBench(t, g)
	b.block(b.at(0, 0), admit("foundry", 1000, "base")...)
	tariff := torg.Tariff{ID: "late", From: g.Calendar.Start(b.slot(2)), Sell: price("3"), Buy: price("1")}
	b.block(b.at(0, 0.1), b.amendment(1, 2, func(a *ledger.Amend) { a.Tariffs = []torg.Tariff{tariff} }), b.amendment(2, 4, dearer))
	records := func() (n int) {
		b.kv.Ascend([]byte("R"), func([]byte, []byte) bool { n++; return true })
		return n
	}
	if records() != 2 {
		t.Fatalf("%d amendments are kept", records())
	}
	for n := range 6 {
		b.block(b.at(n+2, 0), b.readings(n, "foundry", kWh))
	}
	if records() != 1 {
		t.Errorf("%d amendments are kept, the last one is in force in every slot", records())
	}
	v := b.l.View()
	if v.Complex().Supplier.Sell != price("9") || !slices.Contains(v.Rules(b.slot(9)).Tariffs, tariff) {
		t.Errorf("in force: %+v", v.Rules(b.slot(9)))
	}
	b.reloaded()
}

// Rules announced before the market begins are those that it begins by.
func TestAmendmentBeforeTheFirstSite(t *testing.T) {
	b := newBench(t, genesis())
	b.block(b.at(0, 0.1), b.amendment(1, 2, dearer))
	b.block(b.at(3, 0.1), admit("foundry", 1000, "base")...)
	if got := b.l.View().Complex().Supplier.Sell; got != price("9") {
		t.Errorf("the market begins by a quote of %s", got)
	}
}
