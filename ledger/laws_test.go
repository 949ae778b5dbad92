package ledger_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"torg"
	"torg/ledger"
	"torg/ledger/kvmem"
)

// traders are the sites of random worlds: two of one participant, one that never
// trades, one poor.
var traders = []string{"a", "b", "c", "d", "idle"}

// draw makes a random world's blocks: orders good and bad, revisions, ticks, late
// and missing readings, mandates and revocations, outages.
func draw(t *rapid.T) (ledger.Genesis, []ledger.Block) {
	g := genesis()
	g.Calendar.Interval = 15 * time.Minute
	g.Deadline = time.Hour
	g.Complex.Supplier.Import = rapid.SampledFrom([]torg.Energy{torg.Unlimited, 0, 30 * kWh}).Draw(t, "import")
	g.Complex.Supplier.Export = rapid.SampledFrom([]torg.Energy{torg.Unlimited, 0, 30 * kWh}).Draw(t, "export")
	if rapid.Bool().Draw(t, "negative") {
		g.Complex.Supplier.Buy = price("-2")
	}
	zonesOf(t, &g)
	w := &world{t: t, g: g, first: g.Calendar.At(start)}
	w.at = g.Calendar.Opens(w.first)
	w.admitAll()
	for range rapid.IntRange(3, 14).Draw(t, "slots") {
		w.session()
		if rapid.IntRange(0, 9).Draw(t, "outage") == 0 {
			w.at = w.at.Add(time.Duration(rapid.IntRange(1, 200).Draw(t, "for")) * time.Minute)
			w.block()
		}
	}
	w.block(ledger.Close{Slot: g.Calendar.At(w.at) - 1})
	w.at = w.at.Add(3 * time.Hour)
	w.block()
	w.late()
	w.block(ledger.Close{Slot: g.Calendar.At(w.at) - 2})
	return g, w.blocks
}

// zonesOf draws a grid of one zone, or of three in a ring, the supplier in the first.
func zonesOf(t *rapid.T, g *ledger.Genesis) {
	if rapid.Bool().Draw(t, "one zone") {
		return
	}
	g.Complex.Zones = []torg.ZoneID{"z1", "z2", "z3"}
	for i, z := range g.Complex.Zones {
		g.Complex.Lines = append(g.Complex.Lines, torg.Line{From: z, To: g.Complex.Zones[(i+1)%3],
			Capacity: rapid.SampledFrom([]torg.Energy{torg.Unlimited, 0, 20 * kWh}).Draw(t, "capacity"),
			Fee:      torg.Price(rapid.Int64Range(0, 3).Draw(t, "fee")) * 10_000})
	}
}

type world struct {
	t      *rapid.T
	g      ledger.Genesis
	first  torg.Slot
	at     time.Time
	blocks []ledger.Block
}

func (w *world) block(bodies ...ledger.Body) {
	b := ledger.Block{Height: int64(len(w.blocks)) + 1, Time: w.at}
	for _, body := range bodies {
		tx, err := ledger.Encode(chainID, body, nil)
		if err != nil {
			w.t.Fatal(err)
		}
		b.Txs = append(b.Txs, tx)
	}
	w.blocks = append(w.blocks, b)
}

func (w *world) admitAll() {
	var bodies []ledger.Body
	for i, name := range traders {
		a := admit(name, 0, []torg.TariffID{"base", "", "night"}[i%3])[0].(ledger.Admit)
		if name == "b" { // a second site of a's owner
			a.Participant, a.Sites[0].Participant = "a", "a"
		}
		a.Sites[0].Zone = w.zone(i)
		bodies = append(bodies, a, ledger.Deposit{Participant: a.Participant, Reference: name,
			Amount: torg.Money(rapid.SampledFrom([]int{1, 50_00, 5000_00}).Draw(w.t, "money"))})
	}
	w.block(bodies...)
}

// zone is where the i-th trader is.
func (w *world) zone(i int) torg.ZoneID { return w.g.Complex.Zones[i%len(w.g.Complex.Zones)] }

func (w *world) session() {
	cal := w.g.Calendar
	slot := cal.At(w.at) + 1
	w.block(w.bands(slot))
	w.at = w.at.Add(cal.Interval / 8)
	for range rapid.IntRange(1, 3).Draw(w.t, "blocks") {
		w.block(w.orders(slot, 1), w.mandates())
	}
	if rapid.IntRange(0, 9).Draw(w.t, "gate 1") > 0 {
		w.at = cal.GateClosure(slot, 1)
		w.block(ledger.Tick{Slot: slot}, w.orders(slot, 1))
		w.block(w.orders(slot, 2))
	}
	if rapid.IntRange(0, 9).Draw(w.t, "gate 2") > 0 {
		w.at = cal.GateClosure(slot, 2)
		w.block(w.orders(slot, 2))
	}
	w.at = cal.Start(slot)
	w.block(w.readings(slot-2), w.readings(slot-1-torg.Slot(rapid.IntRange(0, 4).Draw(w.t, "late by"))))
}

func (w *world) orders(slot torg.Slot, discovery int) ledger.Orders {
	body := ledger.Orders{Slot: slot, Discovery: discovery}
	for i, name := range traders[:4] {
		if rapid.IntRange(0, 3).Draw(w.t, "orders") == 0 {
			continue
		}
		p := torg.ParticipantID(name)
		if name == "b" {
			p = "a"
		}
		id := torg.NewOrderID(torg.SiteID(name), w.g.Calendar.Session(slot), discovery)
		if rapid.IntRange(0, 4).Draw(w.t, "common id") == 0 {
			id = "common"
		}
		body.Orders = append(body.Orders, ledger.SignedOrder{Order: torg.Order{
			ID: id, Participant: p, Site: torg.SiteID(name), Zone: w.zone(i),
			Slot: slot, Discovery: discovery, Sequence: rapid.Uint32Range(0, 3).Draw(w.t, "sequence"),
			Side:   rapid.SampledFrom([]torg.Side{torg.Buy, torg.Sell}).Draw(w.t, "side"),
			Energy: torg.Energy(rapid.Int64Range(1, 60_000).Draw(w.t, "energy")),
			Limit:  torg.Price(rapid.Int64Range(-3, 9).Draw(w.t, "limit"))*100_000 + torg.Price(rapid.Int64Range(0, 9).Draw(w.t, "and")),
		}})
	}
	return body
}

func (w *world) mandates() ledger.Body {
	name := torg.SiteID(rapid.SampledFrom([]string{"c", "d"}).Draw(w.t, "of"))
	switch rapid.IntRange(0, 4).Draw(w.t, "mandate") {
	case 0:
		return ledger.Revoke{Participant: torg.ParticipantID(name), Site: name}
	case 1:
		return ledger.Grant{Mandate: torg.Mandate{Participant: torg.ParticipantID(name), Site: name,
			Expires: w.at.Add(time.Duration(rapid.IntRange(1, 9).Draw(w.t, "hours")) * time.Hour).Truncate(time.Second),
			Limits:  torg.Limits{Buy: true, Sell: true, MaxEnergy: 40 * kWh, MaxBuy: price("8"), MinSell: price("-2"), DailySpend: 500_00}}}
	}
	return ledger.Tick{Slot: w.g.Calendar.At(w.at), Attempt: uint32(len(w.blocks))}
}

func (w *world) bands(slot torg.Slot) ledger.Body {
	body := ledger.Bands{Slot: slot}
	for _, name := range traders {
		body.Bands = append(body.Bands, ledger.Band{Site: torg.SiteID(name), Low: -30 * kWh, High: 30 * kWh})
	}
	return body
}

func (w *world) readings(slot torg.Slot) ledger.Body {
	body := ledger.Readings{Slot: slot}
	for _, name := range traders {
		if rapid.IntRange(0, 5).Draw(w.t, "reads") > 0 {
			body.Readings = append(body.Readings, torg.Reading{Site: torg.SiteID(name), Slot: slot, Quality: torg.Measured,
				Energy: torg.Energy(rapid.Int64Range(-60_000, 60_000).Draw(w.t, "metered"))})
		}
	}
	if rapid.IntRange(0, 3).Draw(w.t, "connection") == 0 {
		e := torg.Energy(rapid.Int64Range(-100_000, 100_000).Draw(w.t, "carried"))
		body.Connection = &e
	}
	return body
}

// late brings readings of all slots again; those that were estimated count.
func (w *world) late() {
	for slot := w.first; slot < w.g.Calendar.At(w.at); slot++ {
		w.block(w.readings(slot))
	}
}

// books checks everything that must hold after every block.
func books(t *rapid.T, v ledger.View) {
	var sum, escrowed, escrow torg.Cost
	for _, a := range v.Accounts() {
		sum = sum.Add(a.Balance)
		escrowed = escrowed.Add(a.Escrowed)
		if a.Account == torg.AccountEscrow {
			escrow = a.Balance
		}
		if a.Reserved.Sign() < 0 {
			t.Fatalf("block %d: %s has %s reserved", v.Height(), a.Account, a.Reserved)
		}
		if (a.Account == torg.AccountImbalance || a.Account == torg.AccountNoWorse) && a.Balance != (torg.Cost{}) {
			t.Fatalf("block %d: %s has %s left", v.Height(), a.Account, a.Balance)
		}
	}
	if sum != (torg.Cost{}) || escrow != escrowed {
		t.Fatalf("block %d: all accounts sum to %s; escrow holds %s of %s", v.Height(), sum, escrow, escrowed)
	}
}

// run applies blocks and returns everything that can be seen of each.
func run(t *rapid.T, g ledger.Genesis, blocks []ledger.Block, before func(*rapid.T, *ledger.Ledger, *kvmem.KV, ledger.Block) *ledger.Ledger) []string {
	kv := &kvmem.KV{}
	l := ledger.New(kv)
	if err := l.Init(g); err != nil {
		t.Fatal(err)
	}
	var seen []string
	for _, b := range blocks {
		l = before(t, l, kv, b)
		r := l.Apply(b)
		var changes strings.Builder
		for k, v := range l.Changes() {
			fmt.Fprintf(&changes, "%q=%t %s\n", k, v == nil, v)
		}
		l.Commit()
		books(t, l.View())
		events, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, string(events)+changes.String())
	}
	return seen
}

// between are ways to interfere with a ledger before a block that must not matter.
var between = map[string]func(t *rapid.T, l *ledger.Ledger, kv *kvmem.KV, b ledger.Block) *ledger.Ledger{
	"nothing": func(_ *rapid.T, l *ledger.Ledger, _ *kvmem.KV, _ ledger.Block) *ledger.Ledger { return l },
	"discarded attempts": func(_ *rapid.T, l *ledger.Ledger, _ *kvmem.KV, b ledger.Block) *ledger.Ledger {
		l.Apply(ledger.Block{Height: b.Height, Time: b.Time.Add(time.Hour)})
		l.Discard()
		l.Apply(b)
		return l
	},
	"a restart": func(t *rapid.T, l *ledger.Ledger, kv *kvmem.KV, b ledger.Block) *ledger.Ledger {
		if b.Height == 1 {
			return l
		}
		l = ledger.New(kv)
		if err := l.Load(); err != nil {
			t.Fatal(err)
		}
		return l
	},
	"checks": func(t *rapid.T, l *ledger.Ledger, _ *kvmem.KV, b ledger.Block) *ledger.Ledger {
		for _, tx := range b.Txs {
			if err := l.Check(tx); err != nil && torg.RefusalOf(err) == "" {
				t.Fatalf("checked: %v", err)
			}
		}
		return l
	},
}

// The same blocks give the same results, events and bytes: again, after discarded
// attempts, after a restart before each block, and with checks in between.
func TestReplayIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, blocks := draw(t)
		want := run(t, g, blocks, between["nothing"])
		what := rapid.SampledFrom([]string{"nothing", "discarded attempts", "a restart", "checks"}).Draw(t, "between")
		for i, got := range run(t, g, blocks, between[what]) {
			if got != want[i] {
				t.Fatalf("with %s: block %d differs:\n%s\n%s", what, i+1, got, want[i])
			}
		}
	})
}

// follow collects what the events of a chain say.
type follow struct {
	contracts map[torg.ContractID]torg.Contract
	paidIn    map[torg.ContractID]torg.Cost
	paidOut   map[torg.ContractID]torg.Cost
	traded    map[torg.ParticipantID]bool
	paid      map[torg.ParticipantID]torg.Cost
	baseline  map[torg.ParticipantID]torg.Cost
	settled   int
	fees      torg.Cost // owed to lines' owners: settled, and corrected
}

func (f *follow) see(t *rapid.T, e ledger.Event) {
	switch {
	case e.Cleared != nil:
		for _, c := range e.Cleared.Contracts {
			if _, twice := f.contracts[c.ID]; twice {
				t.Fatalf("contract %s is there twice", c.ID)
			}
			f.contracts[c.ID] = c
			f.traded[c.Buyer], f.traded[c.Seller] = true, true
		}
	case e.Posting != nil && e.Posting.Kind == torg.PostEscrow:
		f.paidIn[e.Posting.Contract] = f.paidIn[e.Posting.Contract].Add(e.Posting.Amount)
	case e.Posting != nil && (e.Posting.Kind == torg.PostPayout || e.Posting.Kind == torg.PostNetwork):
		f.paidOut[e.Posting.Contract] = f.paidOut[e.Posting.Contract].Add(e.Posting.Amount)
	case e.Posting != nil && e.Posting.Kind == torg.PostCorrection && e.Posting.To == torg.AccountNetwork:
		f.fees = f.fees.Add(e.Posting.Amount)
	case e.Posting != nil && e.Posting.Kind == torg.PostCorrection && e.Posting.From == torg.AccountNetwork:
		f.fees = f.fees.Sub(e.Posting.Amount)
	case e.Settled != nil:
		f.settled++
		f.fees = f.fees.Add(e.Settled.Fees)
		for _, p := range e.Settled.Parties {
			f.paid[p.Participant] = f.paid[p.Participant].Add(p.Paid)
			f.baseline[p.Participant] = f.baseline[p.Participant].Add(p.Baseline)
		}
	}
}

// No contract is lost or paid twice, whoever did not trade pays the supplier-only
// bill to the unit, what was paid is what left the accounts, and what lines are owed is
// what the network account keeps.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, blocks := draw(t)
		f := &follow{
			contracts: map[torg.ContractID]torg.Contract{}, paidIn: map[torg.ContractID]torg.Cost{}, paidOut: map[torg.ContractID]torg.Cost{},
			traded: map[torg.ParticipantID]bool{}, paid: map[torg.ParticipantID]torg.Cost{}, baseline: map[torg.ParticipantID]torg.Cost{},
		}
		moved := map[torg.ParticipantID]torg.Cost{} // by postings of what Paid covers
		l := ledger.New(&kvmem.KV{})
		if err := l.Init(g); err != nil {
			t.Fatal(err)
		}
		for _, b := range blocks {
			r := l.Apply(b)
			l.Commit()
			for _, e := range r.Events {
				f.see(t, e)
				if p := e.Posting; p != nil && p.Kind != torg.PostDeposit && p.Kind != torg.PostCorrection && p.Kind != torg.PostNoWorse {
					moved[torg.ParticipantID(p.From)] = moved[torg.ParticipantID(p.From)].Add(p.Amount)
					moved[torg.ParticipantID(p.To)] = moved[torg.ParticipantID(p.To)].Sub(p.Amount)
				}
			}
		}
		if f.settled == 0 {
			t.Fatal("nothing was settled")
		}
		open := map[torg.ContractID]bool{}
		v := l.View()
		for k := v.NextToSettle(); k <= g.Calendar.At(v.Time())+1; k++ {
			for _, c := range v.Contracts(k) {
				open[c.ID] = true
			}
		}
		for id, c := range f.contracts {
			if want := c.Energy.At(c.BuyerPrice); !open[id] && c.BuyerPrice >= 0 && c.SellerPrice >= 0 && (f.paidIn[id] != want || f.paidOut[id] != want) {
				t.Fatalf("contract %s costs %s: %s paid in, %s paid out", id, want, f.paidIn[id], f.paidOut[id])
			}
			if !open[id] && f.paidIn[id] != f.paidOut[id] {
				t.Fatalf("contract %s: %s paid in, %s paid out", id, f.paidIn[id], f.paidOut[id])
			}
		}
		for _, p := range v.Participants() {
			if !f.traded[p] && f.paid[p] != f.baseline[p] {
				t.Fatalf("%s did not trade and pays %s, not %s", p, f.paid[p], f.baseline[p])
			}
			if len(open) == 0 && moved[p] != f.paid[p] {
				t.Fatalf("%s is said to have paid %s, and paid %s", p, f.paid[p], moved[p])
			}
		}
		if left := account(l, torg.AccountNetwork); len(open) == 0 && left != f.fees {
			t.Fatalf("the network account is left with %s, lines are owed %s", left, f.fees)
		}
		if f.traded["idle"] {
			t.Fatal("a site without orders traded")
		}
	})
}

// State stays flat: what is settled is forgotten.
func TestStateStaysFlat(t *testing.T) {
	b := newBench(t, genesis())
	b.block(b.at(0, 0), all(admit("foundry", 1_000_000, ""), admit("factory", 1_000_000, ""))...)
	size := 0
	for n := 0; n < 200; n++ {
		b.trade(n)
		b.block(b.at(n, 0.75))
		if n > 0 {
			b.block(b.at(n+1, 0), b.readings(n-1, "foundry", -50*kWh, "factory", 50*kWh))
		}
		if n == 100 {
			size = b.kv.Len()
		}
	}
	if b.kv.Len() > size+5 {
		t.Errorf("%d keys after 100 sessions, %d after 200", size, b.kv.Len())
	}
}

// A state that is not what this program writes is refused, with the key.
func TestDamagedState(t *testing.T) {
	b := threeSites(t)
	b.trade(0)
	if err := ledger.New(&kvmem.KV{}).Load(); torg.RefusalOf(err) != torg.ErrUnknown {
		t.Errorf("an empty store: %v", err)
	}
	b.kv.Ascend(nil, func(k, v []byte) bool {
		damaged := b.kv.Clone()
		damaged.Set(k, append(v[:len(v):len(v)], 0))
		if err := ledger.New(damaged).Load(); torg.RefusalOf(err) != torg.ErrMalformed {
			t.Errorf("key %q damaged: %v", k, err)
		}
		return true
	})
}

// What a view shows of those who trade.
func TestView(t *testing.T) {
	b := signedBench(t, pool())
	b.block(b.at(2, 0), b.readings(0, "school", kWh))
	v := b.l.View()
	if v.Height() != b.height || !v.Time().Equal(b.at(2, 0)) || v.Genesis().ChainID != chainID || v.LastMetered() != b.slot(0) || v.NextToSettle() != b.slot(0) {
		t.Errorf("height %d, time %s, last metered %d, next %d", v.Height(), v.Time(), v.LastMetered(), v.NextToSettle())
	}
	if s := v.Sites(); len(s) != 3 || s[0].ID != "factory" || s[2].ID != "school" || s[2].CapacityW != 2_000_000 {
		t.Errorf("sites %+v", s)
	}
	if p := v.Participants(); len(p) != 3 || p[1] != "foundry" {
		t.Errorf("participants %v", p)
	}
	if !bytes.Equal(v.OwnerKey("school"), b.ownerKey("school")) || !bytes.Equal(v.AgentKey("factory"), b.grant("factory").AgentKey) || v.AgentKey("school") != nil {
		t.Error("keys are not what was admitted and granted")
	}
}
