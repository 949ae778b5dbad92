package ledger_test

import (
	"crypto/rsa"
	"crypto/x509"
	"math/big"
	"testing"
	"time"

	"torg"
	"torg/ledger"
	"torg/sign"
)

// An order at each of its limits is taken and one beyond it is not, with the limit's
// own word: neither an agent's mistake nor its stolen key can do more than the
// owner's mandate says.
func TestAttackBeyondEachLimit(t *testing.T) {
	narrow := func(change func(*torg.Limits)) func(*torg.Mandate) {
		return func(m *torg.Mandate) { change(&m.Limits) }
	}
	for name, c := range map[string]struct {
		mandate    func(*torg.Mandate)
		in, beyond func(*torg.Order)
		want       torg.Refusal
	}{
		"energy":    {nil, func(o *torg.Order) { o.Energy, o.Limit = 100*kWh, price("5") }, func(o *torg.Order) { o.Energy, o.Limit = 100*kWh+1, price("5") }, torg.ErrMandateEnergy},
		"buy price": {nil, func(o *torg.Order) { o.Limit = price("7.2") }, func(o *torg.Order) { o.Limit = price("7.2") + 1 }, torg.ErrMandatePrice},
		"sell price": {nil, func(o *torg.Order) { o.Side, o.Limit = torg.Sell, price("1") },
			func(o *torg.Order) { o.Side, o.Limit = torg.Sell, price("1")-1 }, torg.ErrMandatePrice},
		"no buying": {narrow(func(l *torg.Limits) { l.Buy = false }), func(o *torg.Order) { o.Side = torg.Sell }, func(*torg.Order) {}, torg.ErrMandateSide},
		"no selling": {narrow(func(l *torg.Limits) { l.Sell = false }), func(*torg.Order) {},
			func(o *torg.Order) { o.Side = torg.Sell }, torg.ErrMandateSide},
		"money a day": {narrow(func(l *torg.Limits) { l.DailySpend = 50_00 }), func(o *torg.Order) { o.Energy = 10 * kWh },
			func(o *torg.Order) { o.Energy = 10*kWh + 1 }, torg.ErrMandateMoney},
		"capacity": {narrow(func(l *torg.Limits) { l.MaxEnergy, l.DailySpend = torg.MaxOrderEnergy, 100_000_00 }),
			func(o *torg.Order) { o.Energy, o.Limit = 1000*kWh, price("1") }, func(o *torg.Order) { o.Energy, o.Limit = 1000*kWh+1, price("1") }, torg.ErrTooLarge},
		"zone":        {nil, func(*torg.Order) {}, func(o *torg.Order) { o.Zone = "z2" }, torg.ErrMalformed},
		"participant": {nil, func(*torg.Order) {}, func(o *torg.Order) { o.Participant = "foundry" }, torg.ErrNotYours},
		"no energy":   {nil, func(o *torg.Order) { o.Energy = 1 }, func(o *torg.Order) { o.Energy = 0 }, torg.ErrMalformed},
		"less than no energy": {nil, func(o *torg.Order) { o.Energy = 1 },
			func(o *torg.Order) { o.Energy = -5 * kWh }, torg.ErrMalformed},
		"no side": {nil, func(*torg.Order) {}, func(o *torg.Order) { o.Side = 7 }, torg.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			b := signedBench(t, pool())
			g := b.grant("factory")
			if c.mandate != nil {
				c.mandate(&g.Mandate)
				b.block(b.at(0, 0.05), g)
			}
			o := b.order(0, 1, "factory", torg.Buy, 10*kWh, "5")
			c.beyond(&o)
			if got := b.try(b.at(0, 0.1), b.orders(o))[0]; got != c.want {
				t.Errorf("beyond: %q, want %q", got, c.want)
			}
			o = b.order(0, 1, "factory", torg.Buy, 10*kWh, "5")
			c.in(&o)
			if got := b.try(b.at(0, 0.1), b.orders(o))[0]; got != "" {
				t.Errorf("at the limit: %q", got)
			}
		})
	}
}

// Many small orders of a day add up: the day's money is no limit for each by itself.
func TestAttackByManyOrders(t *testing.T) {
	b := signedBench(t, pool())
	g := b.grant("factory")
	g.Mandate.Limits.DailySpend = 100_00
	b.block(b.at(0, 0.05), g)
	for n := range 2 {
		b.block(b.at(n, 0.1), b.orders(b.order(n, 1, "foundry", torg.Sell, 20*kWh, "2"), b.order(n, 1, "factory", torg.Buy, 10*kWh, "4")))
		b.block(b.at(n, 0.5))
		b.block(b.at(n, 0.75))
	}
	if got := b.try(b.at(2, 0.1), b.orders(b.order(2, 1, "factory", torg.Buy, 10*kWh, "4")))[0]; got != torg.ErrMandateMoney {
		t.Errorf("the third 40 of 100 rubles: %q", got)
	}
	b.block(b.at(2, 0.1), b.orders(b.order(2, 1, "factory", torg.Buy, 5*kWh, "4")))
}

// A mandate is dead from its last second on, for orders of that very block too.
func TestAttackByExpiredMandate(t *testing.T) {
	b := signedBench(t, pool())
	g := b.grant("factory")
	g.Mandate.Expires = b.at(0, 0.25)
	b.block(b.at(0, 0.1), g)
	o := b.order(0, 1, "factory", torg.Buy, kWh, "5")
	b.block(g.Mandate.Expires.Add(-time.Nanosecond), b.orders(o))
	o.Sequence++
	if got := b.try(g.Mandate.Expires, b.orders(o))[0]; got != torg.ErrMandateExpired {
		t.Errorf("an order when the mandate ends: %q", got)
	}
}

// A revocation acts from its place in the block: what comes before it counts until
// it comes, what comes after it is refused, and what stood is withdrawn.
func TestAttackByRevokedMandate(t *testing.T) {
	b := signedBench(t, pool())
	o := b.order(0, 1, "factory", torg.Buy, kWh, "5")
	revoke := ledger.Revoke{Participant: "factory", Site: "factory", AgentKey: b.grant("factory").Mandate.AgentKey}
	later := o
	later.Sequence++
	if got := b.try(b.at(0, 0.1), b.orders(o), revoke, b.orders(later)); got[0] != "" || got[1] != "" || got[2] != torg.ErrNoMandate {
		t.Errorf("before, at and after the revocation: %q", got)
	}
	b.balance("factory", "1000", "0", "0")
	b.block(b.at(0, 0.1), b.orders(b.order(0, 1, "foundry", torg.Sell, kWh, "2")))
	if c := only(b.block(b.at(0, 0.5)), cleared)[0]; len(c.Contracts) != 0 {
		t.Errorf("contracts %+v of a withdrawn order", c.Contracts)
	}
}

// An agent cannot widen what it may do: a mandate counts as its owner signed it, to
// the bit, and the owner signs for its own sites only.
func TestAttackByWidenedMandate(t *testing.T) {
	b := signedBench(t, pool())
	agent, err := b.keys.Agent("factory")
	if err != nil {
		t.Fatal(err)
	}
	good := b.grant("factory")
	good.Mandate.Limits.MaxEnergy--
	signature := mustDecode(t, b.encode(good)).Signature
	for name, widen := range map[string]func(*ledger.Grant){
		"sides":       func(g *ledger.Grant) { g.Mandate.Limits.Sell = !g.Mandate.Limits.Sell },
		"energy":      func(g *ledger.Grant) { g.Mandate.Limits.MaxEnergy++ },
		"buy price":   func(g *ledger.Grant) { g.Mandate.Limits.MaxBuy++ },
		"sell price":  func(g *ledger.Grant) { g.Mandate.Limits.MinSell-- },
		"money":       func(g *ledger.Grant) { g.Mandate.Limits.DailySpend++ },
		"expiry":      func(g *ledger.Grant) { g.Mandate.Expires = g.Mandate.Expires.Add(time.Second) },
		"site":        func(g *ledger.Grant) { g.Mandate.Site = "foundry" },
		"participant": func(g *ledger.Grant) { g.Mandate.Participant = "foundry" },
		"key": func(g *ledger.Grant) {
			g.AgentKey = b.grant("foundry").AgentKey
			g.Mandate.AgentKey = sign.Fingerprint(g.AgentKey)
		},
	} {
		wide := good
		widen(&wide)
		own, err := ledger.Encode(chainID, wide, agent)
		if err != nil {
			t.Fatal(err)
		}
		b.refusedAll(name+", signed by the agent", [][]byte{own})
		b.refusedAll(name+", with the owner's signature of a narrower one", [][]byte{resigned(t, wide, signature)})
	}
	b.block(b.at(0, 0.1), good)
}

func mustDecode(t testing.TB, tx []byte) ledger.Tx {
	t.Helper()
	decoded, err := ledger.Decode(tx)
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

// resigned is a transaction with a signature that was made for another one: an
// unsigned encoding with the signature put in its place, after the version and kind.
func resigned(t testing.TB, body ledger.Body, signature []byte) []byte {
	t.Helper()
	tx, err := ledger.Encode(chainID, body, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := len(signature)
	head := append([]byte{tx[0], tx[1], byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, signature...)
	return append(head, tx[6:]...)
}

// Keys that are weak, that cost a node minutes, or that have two encodings come in
// neither as an owner's nor as an agent's.
func TestAttackByStrangeKeys(t *testing.T) {
	b := signedBench(t, pool())
	good := b.ownerKey("school")
	pkix := func(bits uint, low int64, e int) []byte {
		n := new(big.Int).Lsh(big.NewInt(1), bits-1)
		der, err := x509.MarshalPKIXPublicKey(&rsa.PublicKey{N: n.Add(n, big.NewInt(low)), E: e})
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	var txs [][]byte
	for _, der := range [][]byte{
		nil, pkix(16384, 12345, 65537), pkix(4096, 12345, 65537), pkix(1024, 12345, 65537), pkix(2048, 12346, 65537),
		pkix(2048, 12345, 3), pkix(2048, 12345, 1), append(good[:len(good):len(good)], 0), good[:len(good)-1], sign.PublicPEM(good),
		append([]byte{0x30, 0x83, 0}, good[2:]...), make([]byte, 1024),
	} {
		a := admit("newcomer", 0, "")[0].(ledger.Admit)
		a.OwnerKey = der
		g := b.grant("school")
		g.AgentKey, g.Mandate.AgentKey = der, sign.Fingerprint(der)
		txs = append(txs, b.encode(a), b.encode(g))
	}
	b.refusedAll("a strange key", txs)
}
