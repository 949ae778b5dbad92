package ledger_test

import (
	"crypto"
	"slices"
	"testing"
	"time"

	"torg"
	"torg/ledger"
	"torg/ledger/kvmem"
	"torg/sign"
)

const chainID = "test"

// rub reads an amount in rubles.
func rub(s string) torg.Cost {
	c, err := torg.ParseCost(s)
	if err != nil {
		panic(err)
	}
	return c
}

// price reads a price in RUB/kWh.
func price(s string) torg.Price {
	p, err := torg.ParsePrice(s)
	if err != nil {
		panic(err)
	}
	return p
}

const kWh torg.Energy = 1000

// start is when the tests' first slot starts: an hour of a Monday in the middle of a
// month.
var start = time.Date(2026, 1, 12, 9, 0, 0, 0, time.UTC)

// genesis is an unsigned chain with half-hour slots and hourly settlement behind a
// supplier that sells at 7.20 and buys at 1.10.
func genesis() ledger.Genesis {
	return ledger.Genesis{
		ChainID: chainID,
		Complex: torg.Complex{
			Zones: []torg.ZoneID{"z1"}, Pricing: torg.Split,
			Supplier: &torg.Supplier{
				Participant: "supplier", Zone: "z1", Sell: price("7.2"), Buy: price("1.1"),
				Import: torg.Unlimited, Export: torg.Unlimited,
			},
		},
		Calendar:   torg.Calendar{Interval: 30 * time.Minute},
		Settlement: time.Hour,
		Deadline:   2 * time.Hour,
		Tariffs: []torg.Tariff{
			{ID: "base", From: start.AddDate(-1, 0, 0), Sell: price("7.2"), Buy: price("1.1")},
			{ID: "night", From: start.AddDate(-1, 0, 0), Sell: price("7.2"), Buy: price("1.1")},
			{ID: "night", From: start.Add(time.Hour), Sell: price("4"), Buy: price("1")},
		},
		NoWorse:  true,
		PriceCap: price("21.6"),
		Timezone: "Europe/Moscow",
		Unsigned: true,
	}
}

// bench is a ledger on a KV in memory, fed with blocks.
type bench struct {
	t      testing.TB
	g      ledger.Genesis
	kv     *kvmem.KV
	l      *ledger.Ledger
	height int64
	keys   sign.Keyring // nil: unsigned
	blocks []ledger.Block
	events []ledger.Event
	first  torg.Slot // the slot of start
}

func newBench(t testing.TB, g ledger.Genesis) *bench {
	t.Helper()
	b := &bench{t: t, g: g, kv: &kvmem.KV{}, first: g.Calendar.At(start)}
	b.l = ledger.New(b.kv)
	if err := b.l.Init(g); err != nil {
		t.Fatal(err)
	}
	return b
}

// at is a moment in the session for the n-th slot after start: how much of the slot
// before it has passed.
func (b *bench) at(n int, share float64) time.Time {
	open := b.g.Calendar.Opens(b.slot(n))
	return open.Add(time.Duration(share * float64(b.g.Calendar.Interval)))
}

func (b *bench) slot(n int) torg.Slot { return b.first + torg.Slot(n) }

// encode makes a transaction, signed by whoever has to.
func (b *bench) encode(body ledger.Body) []byte {
	b.t.Helper()
	tx, err := ledger.Encode(b.g.ChainID, body, b.signer(body))
	if err != nil {
		b.t.Fatal(err)
	}
	return tx
}

func (b *bench) signer(body ledger.Body) crypto.Signer {
	if b.keys == nil {
		return nil
	}
	var s crypto.Signer
	var err error
	switch body := body.(type) {
	case ledger.Orders, ledger.Tick, ledger.Statements, ledger.Conclude:
		return nil
	case ledger.Grant:
		s, err = b.keys.Owner(body.Mandate.Participant)
	case ledger.Revoke:
		s, err = b.keys.Owner(body.Participant)
	case ledger.Keys:
		s, err = b.keys.Owner(body.Participant)
	case ledger.Withdraw:
		s, err = b.keys.Owner(body.Participant)
	case ledger.Cancel:
		s, err = b.keys.Owner(body.Participant)
	case ledger.Approve:
		s, err = b.keys.Owner("approver")
	default:
		s, err = b.keys.Operator()
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

// raw applies and commits a block of these transactions.
func (b *bench) raw(at time.Time, txs ...[]byte) ledger.Result {
	b.height++
	block := ledger.Block{Height: b.height, Time: at, Txs: txs}
	r := b.l.Apply(block)
	b.l.Commit()
	b.blocks = append(b.blocks, block)
	b.events = append(b.events, r.Events...)
	return r
}

// try applies and commits a block and returns the codes.
func (b *bench) try(at time.Time, bodies ...ledger.Body) []torg.Refusal {
	b.t.Helper()
	var txs [][]byte
	for _, body := range bodies {
		txs = append(txs, b.encode(body))
	}
	return b.raw(at, txs...).Codes
}

// block applies and commits a block in which everything must be accepted, and
// returns its events.
func (b *bench) block(at time.Time, bodies ...ledger.Body) []ledger.Event {
	b.t.Helper()
	n := len(b.events)
	for i, code := range b.try(at, bodies...) {
		if code != "" {
			b.t.Fatalf("block %d: transaction %d, %T: refused %s", b.height, i, bodies[i], code)
		}
	}
	return b.events[n:]
}

// admit brings in a participant with one site of its name and a balance in rubles.
func admit(name string, rubles int, tariff torg.TariffID) []ledger.Body {
	p := torg.ParticipantID(name)
	bodies := []ledger.Body{ledger.Admit{Participant: p, Sites: []torg.Site{{
		ID: torg.SiteID(name), Participant: p, Zone: "z1", Role: torg.Plant, Tariff: tariff, CapacityW: 2_000_000,
	}}}}
	if rubles > 0 {
		bodies = append(bodies, ledger.Deposit{Participant: p, Amount: torg.Money(rubles) * 100, Reference: "opening " + name})
	}
	return bodies
}

// order is an order of a participant's only site.
func (b *bench) order(n, discovery int, name string, side torg.Side, e torg.Energy, limit string) torg.Order {
	return torg.Order{
		ID:          torg.NewOrderID(torg.SiteID(name), b.g.Calendar.Session(b.slot(n)), discovery),
		Participant: torg.ParticipantID(name), Site: torg.SiteID(name), Zone: "z1",
		Slot: b.slot(n), Discovery: discovery, Sequence: 1, Side: side, Energy: e, Limit: price(limit),
	}
}

// orders carries orders of one session and discovery, signed on a signed chain.
func (b *bench) orders(list ...torg.Order) ledger.Orders {
	b.t.Helper()
	body := ledger.Orders{Slot: list[0].Slot, Discovery: list[0].Discovery}
	for _, o := range list {
		so := ledger.SignedOrder{Order: o}
		if b.keys != nil {
			key, err := b.keys.Agent(o.Site)
			if err != nil {
				b.t.Fatal(err)
			}
			if so.Signature, err = sign.Sign(key, ledger.OrderMessage(b.g.ChainID, o)); err != nil {
				b.t.Fatal(err)
			}
		}
		body.Orders = append(body.Orders, so)
	}
	return body
}

// readings are measured readings of a slot: name, watt-hours, and so on.
func (b *bench) readings(n int, pairs ...any) ledger.Readings {
	body := ledger.Readings{Slot: b.slot(n)}
	for i := 0; i < len(pairs); i += 2 {
		body.Readings = append(body.Readings, torg.Reading{
			Site: torg.SiteID(pairs[i].(string)), Slot: b.slot(n), Energy: pairs[i+1].(torg.Energy), Quality: torg.Measured,
		})
	}
	return body
}

// balance checks a participant's available, reserved and escrowed rubles.
func (b *bench) balance(name, available, reserved, escrowed string) {
	b.t.Helper()
	a, r, e := b.l.View().Balance(torg.ParticipantID(name))
	if a != rub(available) || r != rub(reserved) || e != rub(escrowed) {
		b.t.Errorf("block %d: %s has %s available, %s reserved, %s in escrow; want %s, %s, %s",
			b.height, name, a, r, e, available, reserved, escrowed)
	}
}

// account checks the balance of any account.
func (b *bench) account(name torg.Account, want string) {
	b.t.Helper()
	if got := account(b.l, name); got != rub(want) {
		b.t.Errorf("block %d: account %s has %s, want %s", b.height, name, got, want)
	}
}

func account(l *ledger.Ledger, name torg.Account) torg.Cost {
	for _, a := range l.View().Accounts() {
		if a.Account == name {
			return a.Balance
		}
	}
	return torg.Cost{}
}

// only returns the events for which pick gives something.
func only[T any](events []ledger.Event, pick func(ledger.Event) *T) []*T {
	var list []*T
	for _, e := range events {
		if v := pick(e); v != nil {
			list = append(list, v)
		}
	}
	return list
}

func taken(e ledger.Event) *ledger.OrderTaken    { return e.Order }
func cleared(e ledger.Event) *ledger.Cleared     { return e.Cleared }
func missed(e ledger.Event) *ledger.Missed       { return e.Missed }
func settledOf(e ledger.Event) *ledger.Settled   { return e.Settled }
func monthOf(e ledger.Event) *ledger.MonthClosed { return e.Month }
func readingOf(e ledger.Event) *ledger.ReadingTaken {
	return e.Reading
}
func postingOf(e ledger.Event) *torg.Posting { return e.Posting }

func all(bodies ...[]ledger.Body) []ledger.Body { return slices.Concat(bodies...) }
