package ledger_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"torg"
	"torg/ledger"
	"torg/sign"
)

// bodies is one transaction of every kind, each with something in every field.
func bodies() []ledger.Body {
	connection := torg.Energy(-5)
	o := torg.Order{ID: "o", Participant: "p", Site: "s", Zone: "z1", Slot: 3, Discovery: 1, Sequence: 9, Side: torg.Sell,
		Energy: 7, Limit: -8, Source: "solar", Prefer: []string{"a"}, Avoid: []string{"b", "c"}}
	return []ledger.Body{
		ledger.Admit{Participant: "p", OwnerKey: []byte{1}, Sites: []torg.Site{{ID: "s", Participant: "p", Zone: "z1", Role: torg.Plant, Tariff: "t", CapacityW: 5}}},
		ledger.Deposit{Participant: "p", Amount: 100, Reference: "№ 1"},
		ledger.Grant{Mandate: torg.Mandate{Participant: "p", Site: "s", AgentKey: torg.Fingerprint{1}, Expires: time.Unix(5, 0).UTC(),
			Limits: torg.Limits{Buy: true, MaxEnergy: 1, MaxBuy: 2, MinSell: -3, DailySpend: 4}}, AgentKey: []byte{2}},
		ledger.Revoke{Participant: "p", Site: "s", AgentKey: torg.Fingerprint{31: 1}},
		ledger.Orders{Slot: 3, Discovery: 1, Orders: []ledger.SignedOrder{{Order: o, Signature: []byte{9}}}},
		ledger.Tick{Slot: -1, Attempt: 7},
		ledger.Bands{Slot: 1, Bands: []ledger.Band{{Site: "s", Low: -1, High: 2}}},
		ledger.Statements{Slot: 1, Statements: []ledger.SignedStatement{{Site: "s", Root: [32]byte{4}, Signature: []byte{1}}}},
		ledger.Readings{Slot: 1, Readings: []torg.Reading{{Site: "s", Slot: 1, Energy: -1, Quality: torg.Derived}}, Connection: &connection},
		ledger.Close{Slot: 8},
		ledger.Keys{Participant: "p", Sequence: 1, Add: []ledger.NewKey{{Key: []byte{1}, Proof: []byte{2}}}, Remove: []torg.Fingerprint{{3}}},
		ledger.Withdraw{Participant: "p", Amount: 5, Reference: "r"},
		ledger.Cancel{Participant: "p", Reference: "r"},
		ledger.Pay{Participant: "p", Reference: "r", BankReference: "№ 2"},
		ledger.Return{Participant: "p", Reference: "r"},
		ledger.Approve{Participant: "p", Reference: "r"},
		ledger.Amend{Sequence: 1, From: 9, PriceCap: 4, Tariffs: []torg.Tariff{{ID: "t", From: time.Unix(5, 0).UTC(), Sell: 2, Buy: 1}},
			Complex: torg.Complex{Zones: []torg.ZoneID{"z1", "z2"}, Pricing: torg.Split, Lines: []torg.Line{{From: "z1", To: "z2", Capacity: -1, Fee: 3}},
				Supplier: &torg.Supplier{Participant: "s", Zone: "z1", Sell: 5, Buy: 4, Import: -1, Export: 6}}},
	}
}

func TestTransactionsComeBack(t *testing.T) {
	for _, body := range bodies() {
		tx, err := ledger.Encode(chainID, body, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ledger.Decode(tx)
		if err != nil || !reflect.DeepEqual(got.Body, body) {
			t.Errorf("%T: got %+v, %v", body, got.Body, err)
		}
		for n := range tx {
			if _, err := ledger.Decode(tx[:n]); torg.RefusalOf(err) != torg.ErrMalformed {
				t.Errorf("%T: the first %d of %d bytes: %v", body, n, len(tx), err)
			}
		}
		if _, err := ledger.Decode(append(tx, 0)); torg.RefusalOf(err) != torg.ErrMalformed {
			t.Errorf("%T: a byte too many: %v", body, err)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	tick, err := ledger.Encode(chainID, ledger.Tick{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	version, kind := bytes.Clone(tick), bytes.Clone(tick)
	version[0], kind[1] = 2, 99
	for _, c := range []struct {
		name, says string
		tx         []byte
		want       torg.Refusal
	}{
		{"nothing", "1 bytes needed", nil, torg.ErrMalformed},
		{"another version", "version 2", version, torg.ErrMalformed},
		{"another kind", "unknown kind 99", kind, torg.ErrMalformed},
		{"too large", "more than", make([]byte, ledger.MaxTxBytes+1), torg.ErrTooLarge},
	} {
		if _, err := ledger.Decode(c.tx); torg.RefusalOf(err) != c.want || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	many := ledger.Orders{Orders: make([]ledger.SignedOrder, ledger.MaxOrders+1)}
	if _, err := ledger.Encode(chainID, many, nil); torg.RefusalOf(err) != torg.ErrTooLarge || !strings.Contains(err.Error(), "5001 orders, more than 5000") {
		t.Errorf("%d orders: %v", len(many.Orders), err)
	}
	sites := ledger.Admit{Sites: make([]torg.Site, ledger.MaxSites+1)}
	if _, err := ledger.Encode(chainID, sites, nil); torg.RefusalOf(err) != torg.ErrTooLarge || !strings.Contains(err.Error(), "65 sites, more than 64") {
		t.Errorf("%d sites: %v", len(sites.Sites), err)
	}
	huge := ledger.Orders{Orders: []ledger.SignedOrder{{Signature: make([]byte, ledger.MaxTxBytes)}}}
	if _, err := ledger.Encode(chainID, huge, nil); torg.RefusalOf(err) != torg.ErrTooLarge {
		t.Errorf("a transaction beyond all size: %v", err)
	}
}

// What is signed depends on what it says, on the chain and on what it is for.
func TestSignedMessagesDiffer(t *testing.T) {
	seen := map[string]string{}
	add := func(name string, msg []byte) {
		if other, ok := seen[string(msg)]; ok {
			t.Errorf("%s and %s have the same bytes", name, other)
		}
		seen[string(msg)] = name
	}
	for _, chain := range []string{"a", "b"} {
		for i, body := range bodies() {
			add(chain+reflect.TypeOf(body).String(), ledger.TxMessage(chain, body))
			if i == 4 {
				add(chain+" order", ledger.OrderMessage(chain, body.(ledger.Orders).Orders[0].Order))
			}
		}
		add(chain+" statement", ledger.StatementMessage(chain, 1, "s", [32]byte{4}))
		add(chain+" other slot", ledger.StatementMessage(chain, 2, "s", [32]byte{4}))
		add(chain+" other site", ledger.StatementMessage(chain, 1, "t", [32]byte{4}))
		add(chain+" other root", ledger.StatementMessage(chain, 1, "s", [32]byte{5}))
	}
	for want, msg := range map[sign.Domain][]byte{
		sign.DomainOrder: ledger.OrderMessage("a", torg.Order{ID: "o"}), sign.DomainStatement: ledger.StatementMessage("a", 1, "s", [32]byte{}),
		sign.DomainMandate: ledger.TxMessage("a", ledger.Grant{}), sign.DomainTx: ledger.TxMessage("a", ledger.Deposit{Participant: "p"}),
		sign.DomainOffer: ledger.TxMessage("a", ledger.Post{}), sign.DomainContract: ledger.ForwardMessage("a", torg.Forward{}),
	} {
		if domain, chain, _, err := sign.ParseMessage(msg); domain != want || chain != "a" || err != nil {
			t.Errorf("a message for %s begins with %q, %q, %v", want, domain, chain, err)
		}
	}
}

// Whatever decodes has one encoding, and no bytes make the ledger panic.
func FuzzTransaction(f *testing.F) {
	for _, body := range bodies() {
		tx, err := ledger.Encode(chainID, body, nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(tx)
	}
	b := newBench(f, genesis())
	b.block(b.at(0, 0), all(admit("p", 1000, "base"), admit("s", 1000, ""))...)
	for _, body := range []ledger.Body{
		b.orders(b.order(0, 1, "s", torg.Sell, kWh, "5")), b.readings(-1, "s", kWh), b.grant("s"), ledger.Tick{Slot: b.slot(0)},
		ledger.Bands{Slot: b.slot(0), Bands: []ledger.Band{{Site: "s", High: 1}}}, ledger.Close{Slot: b.slot(0)},
	} {
		f.Add(b.encode(body))
	}
	f.Fuzz(func(t *testing.T, tx []byte) {
		if got, err := ledger.Decode(tx); err == nil {
			again, err := ledger.Encode(chainID, got.Body, nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Signature) == 0 && !bytes.Equal(again, tx) {
				t.Fatalf("%T has two encodings", got.Body)
			}
		}
		checked := b.l.Check(tx)
		b.l.Apply(ledger.Block{Height: b.height + 1, Time: b.at(0, 0.1), Txs: [][]byte{tx, tx}})
		r := b.l.Apply(ledger.Block{Height: b.height + 1, Time: b.at(9, 0.8), Txs: [][]byte{tx}})
		b.l.Discard()
		if checked != nil && torg.RefusalOf(checked) == "" || len(r.Codes) != 1 {
			t.Fatalf("checked: %v, codes %q", checked, r.Codes)
		}
	})
}

// What others may build on is told by the kind alone.
func TestBuiltOn(t *testing.T) {
	for _, c := range []struct {
		body ledger.Body
		want bool
	}{
		{ledger.Admit{Participant: "p"}, true}, {ledger.Deposit{Participant: "p", Amount: 1, Reference: "r"}, true},
		{ledger.Grant{}, true}, {ledger.Revoke{}, true},
		{ledger.Tick{Slot: 1}, false}, {ledger.Orders{Slot: 1, Discovery: 1}, false}, {ledger.Statements{Slot: 1}, false},
		{ledger.Readings{Slot: 1}, false}, {ledger.Withdraw{Participant: "p", Amount: 1, Reference: "r"}, false},
	} {
		tx, err := ledger.Encode("chain", c.body, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := ledger.BuiltOn(tx); got != c.want {
			t.Errorf("%T: %v", c.body, got)
		}
	}
	for _, junk := range [][]byte{nil, {1}, {9, 1}} {
		if ledger.BuiltOn(junk) {
			t.Errorf("% x is built on", junk)
		}
	}
}
