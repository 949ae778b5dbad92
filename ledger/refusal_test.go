package ledger_test

import (
	"crypto/rsa"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"torg"
	"torg/ledger"
	"torg/sign"
)

// pool is the keys of all tests: making them takes longer than the tests.
var pool = sync.OnceValue(func() sign.Keyring { return sign.NewPooledKeys(4) })

// signedBench is a signed chain with a mandated foundry and factory, and a school
// without a mandate, in the session for slot 0.
func signedBench(t testing.TB, keys sign.Keyring) *bench {
	g := genesis()
	g.Unsigned = false
	operator, err := keys.Operator()
	if err != nil {
		t.Fatal(err)
	}
	if g.Operator, err = sign.PublicDER(operator.Public()); err != nil {
		t.Fatal(err)
	}
	b := newBench(t, g)
	b.keys = keys
	for _, name := range []string{"foundry", "factory", "school"} {
		bodies := admit(name, 1000, "base")
		a := bodies[0].(ledger.Admit)
		a.OwnerKey = b.ownerKey(name)
		b.block(b.at(0, 0), a, bodies[1])
	}
	b.block(b.at(0, 0), b.grant("foundry"), b.grant("factory"))
	return b
}

func (b *bench) ownerKey(name string) []byte {
	b.t.Helper()
	key, err := b.keys.Owner(torg.ParticipantID(name))
	if err != nil {
		b.t.Fatal(err)
	}
	der, err := sign.PublicDER(key.Public())
	if err != nil {
		b.t.Fatal(err)
	}
	return der
}

// grant is a mandate for both sides, 100 kWh an order, 7.20 and 1.00 at most and
// least, and 700 a day.
func (b *bench) grant(name string) ledger.Grant {
	b.t.Helper()
	g := ledger.Grant{Mandate: torg.Mandate{
		Participant: torg.ParticipantID(name), Site: torg.SiteID(name), Expires: start.Add(24 * time.Hour),
		Limits: torg.Limits{Buy: true, Sell: true, MaxEnergy: 100 * kWh, MaxBuy: price("7.2"), MinSell: price("1"), DailySpend: 700_00},
	}}
	if b.keys != nil {
		key, err := b.keys.Agent(torg.SiteID(name))
		if err != nil {
			b.t.Fatal(err)
		}
		if g.AgentKey, err = sign.PublicDER(key.Public()); err != nil {
			b.t.Fatal(err)
		}
		g.Mandate.AgentKey = sign.Fingerprint(g.AgentKey)
	}
	return g
}

// Everything that the ledger refuses, and the word for it. None of it changes the
// state, and what the ledger refuses for its form or signature, Check refuses too.
func TestRefusals(t *testing.T) {
	keys := pool()
	b := signedBench(t, keys)
	good := func(change func(*torg.Order)) ledger.Body {
		o := b.order(0, 1, "factory", torg.Buy, 10*kWh, "5")
		change(&o)
		return b.orders(o)
	}
	admission := func(change func(*ledger.Admit)) ledger.Body {
		a := admit("newcomer", 0, "base")[0].(ledger.Admit)
		a.OwnerKey = b.ownerKey("newcomer")
		change(&a)
		return a
	}
	mandate := func(change func(*ledger.Grant)) ledger.Body {
		g := b.grant("factory")
		change(&g)
		return g
	}
	longName := torg.ParticipantID(strings.Repeat("x", 65))
	forged := b.orders(b.order(0, 1, "factory", torg.Buy, 10*kWh, "5"))
	forged.Orders[0].Order.Limit++
	half := time.Duration(0)
	b.block(b.at(0, 0.01), b.orders(b.order(0, 1, "foundry", torg.Sell, kWh, "5")))
	b.block(b.at(0, 0.01), ledger.Bands{Slot: b.slot(0), Bands: []ledger.Band{{Site: "school"}}})
	before := dump(b)

	for _, c := range []struct {
		name  string
		body  ledger.Body
		want  torg.Refusal
		check bool // Check refuses it too
	}{
		{"participant's id", admission(func(a *ledger.Admit) { a.Participant = "@bank" }), torg.ErrMalformed, true},
		{"long id", admission(func(a *ledger.Admit) { a.Participant = longName }), torg.ErrMalformed, true},
		{"the supplier", admission(func(a *ledger.Admit) { a.Participant = "supplier" }), torg.ErrExists, true},
		{"no key", admission(func(a *ledger.Admit) { a.OwnerKey = nil }), torg.ErrBadKey, true},
		{"admitted already", admission(func(a *ledger.Admit) { a.Participant, a.Sites, a.OwnerKey = "school", nil, b.ownerKey("school") }), torg.ErrExists, true},
		{"another key", admission(func(a *ledger.Admit) { a.Participant = "school"; a.Sites[0].Participant = "school" }), torg.ErrExists, true},
		{"site's id", admission(func(a *ledger.Admit) { a.Sites[0].ID = "a b" }), torg.ErrMalformed, true},
		{"site of another", admission(func(a *ledger.Admit) { a.Sites[0].Participant = "school" }), torg.ErrNotYours, true},
		{"site there already", admission(func(a *ledger.Admit) { a.Sites[0].ID = "school" }), torg.ErrExists, true},
		{"site twice", admission(func(a *ledger.Admit) { a.Sites = append(a.Sites, a.Sites[0]) }), torg.ErrMalformed, true},
		{"unknown zone", admission(func(a *ledger.Admit) { a.Sites[0].Zone = "z9" }), torg.ErrUnknown, true},
		{"unknown tariff", admission(func(a *ledger.Admit) { a.Sites[0].Tariff = "t9" }), torg.ErrUnknown, true},
		{"unknown role", admission(func(a *ledger.Admit) { a.Sites[0].Role = "bank" }), torg.ErrMalformed, true},
		{"no capacity", admission(func(a *ledger.Admit) { a.Sites[0].CapacityW = 0 }), torg.ErrMalformed, true},
		{"too much capacity", admission(func(a *ledger.Admit) { a.Sites[0].CapacityW = 2_000_000_000_000 }), torg.ErrMalformed, true},

		{"deposit for nobody", ledger.Deposit{Participant: "nobody", Amount: 1, Reference: "r"}, torg.ErrUnknown, true},
		{"deposit of nothing", ledger.Deposit{Participant: "school", Reference: "r"}, torg.ErrMalformed, true},
		{"negative deposit", ledger.Deposit{Participant: "school", Amount: -1, Reference: "r"}, torg.ErrMalformed, true},
		{"huge deposit", ledger.Deposit{Participant: "school", Amount: 1 << 62, Reference: "r"}, torg.ErrMalformed, true},
		{"deposit without reference", ledger.Deposit{Participant: "school", Amount: 1}, torg.ErrMalformed, true},
		{"deposit twice", ledger.Deposit{Participant: "factory", Amount: 1000_00, Reference: "opening school"}, torg.ErrDuplicate, true},

		{"mandate again", b.grant("factory"), torg.ErrDuplicate, true},
		{"mandate that has expired", mandate(func(g *ledger.Grant) { g.Mandate.Expires = start.Add(-time.Hour) }), torg.ErrMandateExpired, true},
		{"mandate for no site", mandate(func(g *ledger.Grant) { g.Mandate.Site = "nowhere" }), torg.ErrUnknown, true},
		{"mandate for another's site", mandate(func(g *ledger.Grant) { g.Mandate.Site = "school" }), torg.ErrNotYours, true},
		{"mandate with a strange key", mandate(func(g *ledger.Grant) { g.AgentKey = b.ownerKey("school"); g.Mandate.Limits.Buy = false }), torg.ErrBadKey, true},
		{"mandate below nothing", mandate(func(g *ledger.Grant) { g.Mandate.Limits.DailySpend = -1 }), torg.ErrMalformed, true},
		{"revocation for no site", ledger.Revoke{Participant: "factory", Site: "nowhere"}, torg.ErrUnknown, true},
		{"revocation of another's", ledger.Revoke{Participant: "factory", Site: "school"}, torg.ErrNotYours, true},
		{"revocation of a key without a mandate", ledger.Revoke{Participant: "factory", Site: "factory", AgentKey: torg.Fingerprint{1}}, torg.ErrUnknown, true},
		{"revocation by nobody", ledger.Revoke{Participant: "factory", Site: "foundry"}, torg.ErrNotYours, true},

		{"order without an id", good(func(o *torg.Order) { o.ID = "" }), torg.ErrMalformed, true},
		{"order of nothing", good(func(o *torg.Order) { o.Energy = 0 }), torg.ErrMalformed, true},
		{"order of another slot", ledger.Orders{Slot: b.slot(0), Discovery: 1, Orders: b.orders(b.order(1, 1, "factory", torg.Buy, kWh, "5")).Orders}, torg.ErrMalformed, true},
		{"forged order", forged, torg.ErrBadSignature, true},
		{"order of another's site", good(func(o *torg.Order) { o.Participant = "foundry" }), torg.ErrNotYours, true},
		{"order of no site", good(func(o *torg.Order) { o.Site = "nowhere" }), torg.ErrUnknown, true},
		{"order without mandate", b.orders(b.order(0, 1, "school", torg.Buy, kWh, "5")), torg.ErrNoMandate, true},
		{"order in another zone", good(func(o *torg.Order) { o.Zone = "z9" }), torg.ErrMalformed, false},
		{"order of a later session", b.orders(b.order(1, 1, "factory", torg.Buy, kWh, "5")), torg.ErrNotOpen, false},
		{"order of a far session", b.orders(b.order(2, 1, "factory", torg.Buy, kWh, "5")), torg.ErrNotOpen, true},
		{"order of an earlier session", b.orders(b.order(-1, 1, "factory", torg.Buy, kWh, "5")), torg.ErrGateClosed, true},
		{"revision before its time", b.orders(b.order(0, 2, "factory", torg.Buy, kWh, "5")), torg.ErrNotOpen, false},
		{"order a second time", b.orders(b.order(0, 1, "foundry", torg.Sell, kWh, "5")), torg.ErrDuplicate, true},
		{"order with another's id", good(func(o *torg.Order) { o.ID = b.order(0, 1, "foundry", torg.Buy, kWh, "5").ID }), torg.ErrMalformed, true},
		{"order with the id of a revision", good(func(o *torg.Order) { o.ID = b.order(0, 2, "factory", torg.Buy, kWh, "5").ID }), torg.ErrMalformed, true},
		{"order with the id of another session", good(func(o *torg.Order) { o.ID = b.order(1, 1, "factory", torg.Buy, kWh, "5").ID }), torg.ErrMalformed, true},
		{"order beyond the mandate's energy", good(func(o *torg.Order) { o.Energy = 101 * kWh }), torg.ErrMandateEnergy, false},
		{"order beyond the connection", good(func(o *torg.Order) { o.Energy = 1001 * kWh }), torg.ErrTooLarge, false},
		{"order beyond the mandate's price", good(func(o *torg.Order) { o.Limit = price("7.3") }), torg.ErrMandatePrice, false},
		{"order beyond the day's money", good(func(o *torg.Order) { o.Energy, o.Limit = 100*kWh, price("7.1") }), torg.ErrMandateMoney, false},

		{"tick of another time", ledger.Tick{Slot: b.slot(100)}, torg.ErrMalformed, true},
		{"bands of a past session", ledger.Bands{Slot: b.slot(-1), Bands: []ledger.Band{{Site: "factory"}}}, torg.ErrGateClosed, true},
		{"bands of a later session", ledger.Bands{Slot: b.slot(1), Bands: []ledger.Band{{Site: "factory"}}}, torg.ErrNotOpen, false},
		{"band of no site", ledger.Bands{Slot: b.slot(0), Bands: []ledger.Band{{Site: "nowhere"}}}, torg.ErrUnknown, true},
		{"band the wrong way", ledger.Bands{Slot: b.slot(0), Bands: []ledger.Band{{Site: "factory", Low: 1}}}, torg.ErrMalformed, true},
		{"band again", ledger.Bands{Slot: b.slot(0), Bands: []ledger.Band{{Site: "school", High: 1}}}, torg.ErrDuplicate, true},
		{"statement before the end", ledger.Statements{Slot: b.slot(0), Statements: []ledger.SignedStatement{{Site: "factory"}}}, torg.ErrNotOpen, true},
		{"statement of no site", ledger.Statements{Slot: b.slot(0), Statements: []ledger.SignedStatement{{Site: "nowhere"}}}, torg.ErrUnknown, true},
		{"reading before the slot's end", b.readings(0, "factory", kWh), torg.ErrTooEarly, false},
		{"reading of no time at all", ledger.Readings{Slot: 1 << 62, Readings: []torg.Reading{{Site: "factory", Slot: 1 << 62, Quality: torg.Measured}}}, torg.ErrTooEarly, true},
		{"close of no time at all", ledger.Close{Slot: 1 << 62}, torg.ErrTooEarly, true},
		{"reading long before", b.readings(9, "factory", kWh), torg.ErrTooEarly, true},
		{"reading before the market", b.readings(-2, "factory", kWh), torg.ErrUnknown, true},
		{"close before the end", ledger.Close{Slot: b.slot(0)}, torg.ErrTooEarly, false},
	} {
		half += time.Millisecond
		tx := b.encode(c.body)
		if got := torg.RefusalOf(b.l.Check(tx)); (got != "") != c.check || c.check && got != c.want {
			t.Errorf("%s: checked %q", c.name, got)
		}
		r := b.raw(b.at(0, 0.1).Add(half), tx)
		if r.Codes[0] != c.want {
			t.Errorf("%s: %q, want %q", c.name, r.Codes[0], c.want)
		}
		for _, e := range r.Events {
			if e.Order == nil || e.Order.Refused != c.want {
				t.Errorf("%s: event %+v", c.name, e)
			}
		}
		if after := dump(b); after != before {
			t.Errorf("%s: the state changed", c.name)
			before = after
		}
	}
}

// dump is everything in the KV but height and time, which each block moves.
func dump(b *bench) string {
	var s strings.Builder
	b.kv.Ascend(nil, func(k, v []byte) bool {
		if string(k) == "H" {
			v = v[16:]
		}
		s.Write(k)
		s.WriteByte('=')
		s.Write(v)
		s.WriteByte('\n')
		return true
	})
	return s.String()
}

// What comes with a wrong signature is refused whoever it claims to be from, and
// leaves no event, so that strangers cannot write in anybody's name.
func TestWrongSignatures(t *testing.T) {
	b := signedBench(t, pool())
	stranger, err := b.keys.Owner("school")
	if err != nil {
		t.Fatal(err)
	}
	newcomer := admit("newcomer", 0, "")[0].(ledger.Admit)
	newcomer.OwnerKey = b.ownerKey("school")
	mandate := b.grant("factory")
	mandate.Mandate.Limits.DailySpend++
	for _, c := range []struct {
		body ledger.Body
		want torg.Refusal
	}{
		{newcomer, torg.ErrNotOperator},
		{ledger.Deposit{Participant: "school", Amount: 1, Reference: "x"}, torg.ErrNotOperator},
		{ledger.Bands{Slot: b.slot(0)}, torg.ErrNotOperator},
		{ledger.Readings{Slot: b.slot(0)}, torg.ErrNotOperator},
		{ledger.Close{Slot: b.slot(0)}, torg.ErrNotOperator},
		{mandate, torg.ErrBadSignature},
		{ledger.Revoke{Participant: "factory", Site: "factory", AgentKey: mandate.Mandate.AgentKey}, torg.ErrBadSignature},
	} {
		signed, err := ledger.Encode(chainID, c.body, stranger)
		if err != nil {
			t.Fatal(err)
		}
		unsigned, err := ledger.Encode(chainID, c.body, nil)
		if err != nil {
			t.Fatal(err)
		}
		elsewhere, err := ledger.Encode("another", c.body, b.signer(c.body))
		if err != nil {
			t.Fatal(err)
		}
		for _, tx := range [][]byte{signed, unsigned, elsewhere} {
			if got := torg.RefusalOf(b.l.Check(tx)); got != c.want {
				t.Errorf("%T checked: %q, want %q", c.body, got, c.want)
			}
			if r := b.raw(b.at(0, 0.1), tx); r.Codes[0] != c.want || len(r.Events) != 0 {
				t.Errorf("%T: %q and %d events, want %q and none", c.body, r.Codes[0], len(r.Events), c.want)
			}
		}
	}
}

// A revoked key is dead: neither the old mandate nor a new one brings it back.
func TestRevokedKeyStaysDead(t *testing.T) {
	b := signedBench(t, pool())
	again := b.grant("factory")
	again.Mandate.Limits.DailySpend++
	revoke := ledger.Revoke{Participant: "factory", Site: "factory", AgentKey: again.Mandate.AgentKey}
	b.block(b.at(0, 0.1), revoke)
	if got := b.try(b.at(0, 0.1), b.grant("factory"), again, revoke); got[0] != torg.ErrDuplicate || got[1] != torg.ErrBadKey || got[2] != torg.ErrDuplicate {
		t.Errorf("after the revocation: %q", got)
	}
	if got := b.try(b.at(0, 0.1), b.orders(b.order(0, 1, "factory", torg.Buy, kWh, "5")))[0]; got != torg.ErrNoMandate {
		t.Errorf("an order by a dead key: %q", got)
	}
}

// Only the key in force can be revoked, and a site's dead keys are bounded: then it
// takes no more mandates.
func TestDeadKeysAreBounded(t *testing.T) {
	b := signedBench(t, pool())
	strange := ledger.Revoke{Participant: "factory", Site: "factory", AgentKey: torg.Fingerprint{1}}
	keys := b.kv.Len()
	if got := b.try(b.at(0, 0.1), strange)[0]; got != torg.ErrUnknown || b.kv.Len() != keys {
		t.Errorf("a key that never was: %q, %d keys more", got, b.kv.Len()-keys)
	}
	modulus := new(big.Int).Lsh(big.NewInt(1), 2047)
	n := 0
	for ; n < 1000; n++ {
		der, err := sign.PublicDER(&rsa.PublicKey{N: new(big.Int).Add(modulus, big.NewInt(int64(2*n+1))), E: 65537})
		if err != nil {
			t.Fatal(err)
		}
		g := b.grant("school")
		g.AgentKey, g.Mandate.AgentKey = der, sign.Fingerprint(der)
		got := b.try(b.at(0, 0.1), g, ledger.Revoke{Participant: "school", Site: "school", AgentKey: g.Mandate.AgentKey})
		if got[0] == torg.ErrTooLarge && got[1] == torg.ErrUnknown {
			break
		}
		if got[0] != "" || got[1] != "" {
			t.Fatalf("key %d: %q", n, got)
		}
	}
	if n != 256 {
		t.Errorf("%d keys of a site are revoked", n)
	}
	b.block(b.at(0, 0.2), ledger.Revoke{Participant: "factory", Site: "factory", AgentKey: b.grant("factory").Mandate.AgentKey})
}

// An older mandate of the same key cannot replace the one that replaced it.
func TestOldMandateStaysReplaced(t *testing.T) {
	b := signedBench(t, pool())
	narrow := b.grant("factory")
	narrow.Mandate.Limits.MaxEnergy = kWh
	b.block(b.at(0, 0.1), narrow)
	if got := b.try(b.at(0, 0.1), b.grant("factory"))[0]; got != torg.ErrDuplicate {
		t.Errorf("the first mandate again: %q", got)
	}
	if m, _ := b.l.View().Mandate("factory"); m.Limits.MaxEnergy != kWh {
		t.Errorf("mandate %+v", m)
	}
}

// An order that was signed and bound, a statement and a dispute, on a signed chain.
func TestSignedSession(t *testing.T) {
	b := signedBench(t, pool())
	b.trade(0)
	b.block(b.at(0, 0.75))
	statement := func(site torg.SiteID, root [32]byte, key torg.SiteID) ledger.SignedStatement {
		signer, err := b.keys.Agent(key)
		if err != nil {
			t.Fatal(err)
		}
		sig, err := sign.Sign(signer, ledger.StatementMessage(chainID, b.slot(0), site, root))
		if err != nil {
			t.Fatal(err)
		}
		return ledger.SignedStatement{Site: site, Root: root, Signature: sig}
	}
	root, ok := b.l.View().StatementRoot("factory", b.slot(0))
	if !ok {
		t.Fatal("no root")
	}
	send := func(s ledger.SignedStatement) (torg.Refusal, []ledger.Event) {
		n := len(b.events)
		code := b.try(b.at(0, 0.8), ledger.Statements{Slot: b.slot(0), Statements: []ledger.SignedStatement{s}})[0]
		return code, b.events[n:]
	}
	if code, _ := send(statement("factory", root, "foundry")); code != torg.ErrBadSignature {
		t.Errorf("another's signature: %q", code)
	}
	code, events := send(statement("factory", root, "factory"))
	if code != "" || len(events) != 1 || events[0].Statement == nil || events[0].Statement.Differs {
		t.Errorf("statement: %q, %+v", code, events)
	}
	if code, _ := send(statement("factory", root, "factory")); code != torg.ErrDuplicate {
		t.Errorf("again: %q", code)
	}
	code, events = send(statement("foundry", [32]byte{1}, "foundry"))
	if code != "" || len(events) != 1 || !events[0].Statement.Differs {
		t.Errorf("a differing statement: %q, %+v", code, events)
	}
	if got := len(b.l.View().Contracts(b.slot(0))); got != 1 {
		t.Errorf("a dispute left %d contracts", got)
	}
	if code, _ := send(statement("school", root, "school")); code != torg.ErrUnknown {
		t.Errorf("a statement without contracts: %q", code)
	}
	if size, _ := b.l.View().SessionLog(); size != 1 {
		t.Errorf("%d sessions in the log", size)
	}
}

// Orders of one participant's sites are all on one side.
func TestBothSides(t *testing.T) {
	b := newBench(t, genesis())
	a := admit("works", 1000, "")
	first := a[0].(ledger.Admit)
	second := first.Sites[0]
	second.ID = "works-2"
	first.Sites = append(first.Sites, second)
	b.block(b.at(0, 0), first, a[1])
	b.block(b.at(0, 0.1), b.orders(b.order(0, 1, "works", torg.Buy, kWh, "5")))
	other := b.order(0, 1, "works", torg.Sell, kWh, "5")
	other.ID, other.Site = b.order(0, 1, "works-2", torg.Buy, kWh, "5").ID, "works-2"
	if got := b.try(b.at(0, 0.1), b.orders(other))[0]; got != torg.ErrBothSides {
		t.Errorf("a sale beside a purchase: %q", got)
	}
	other.Side = torg.Buy
	b.block(b.at(0, 0.1), b.orders(other))
}

// A genesis that no market can run by is refused by name.
func TestBadGenesis(t *testing.T) {
	for _, c := range []struct {
		want   string
		change func(*ledger.Genesis)
	}{
		{"chain id", func(g *ledger.Genesis) { g.ChainID = "" }},
		{"interval", func(g *ledger.Genesis) { g.Calendar.Interval = time.Second }},
		{"settlement 15m0s", func(g *ledger.Genesis) { g.Settlement = 15 * time.Minute }},
		{"settlement 7h0m0s", func(g *ledger.Genesis) { g.Settlement = 7 * time.Hour }},
		{"deadline", func(g *ledger.Genesis) { g.Deadline = -1 }},
		{"price cap", func(g *ledger.Genesis) { g.PriceCap = torg.MinPrice - 1 }},
		{"tariffs[0]: id", func(g *ledger.Genesis) { g.Tariffs[0].ID = "@" }},
		{"tariffs[1]: prices", func(g *ledger.Genesis) { g.Tariffs[1].Buy = g.Tariffs[1].Sell + 1 }},
		{"timezone", func(g *ledger.Genesis) { g.Timezone = "Europe/Nowhere" }},
		{"differs from machine", func(g *ledger.Genesis) { g.Timezone = "Local" }},
		{"zones", func(g *ledger.Genesis) { g.Complex.Zones = nil }},
		{"lines[0]: unknown zone", func(g *ledger.Genesis) { g.Complex.Lines = []torg.Line{{From: "z1", To: "z2"}} }},
		{"lines[0]: fee", func(g *ledger.Genesis) {
			*g = twoZones()
			g.Complex.Lines[0].Fee = -1
		}},
		{"operator", func(g *ledger.Genesis) { g.Unsigned = false }},
	} {
		g := genesis()
		c.change(&g)
		if err := ledger.New(nil).Init(g); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.want, err)
		}
	}
}
