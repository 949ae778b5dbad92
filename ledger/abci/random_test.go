package abci

import (
	"crypto"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"torg"
	"torg/ledger"
	"torg/ledger/kvmem"
	"torg/sign"
)

// randomKeys are keys for random worlds: two for everybody, made once.
var randomKeys = sync.OnceValue(func() sign.Keyring { return sign.NewPooledKeys(2) })

// randomWorld makes blocks of good and bad transactions of every kind, the same for
// the same seed but for signatures. It follows them with a ledger in memory, so that
// enough of them are good.
type randomWorld struct {
	t      testing.TB
	rng    *rand.Rand
	g      ledger.Genesis
	keys   sign.Keyring // nil: an unsigned chain
	kv     *kvmem.KV
	l      *ledger.Ledger
	at     time.Time
	height int64
	n      int      // of what must be distinct
	past   [][]byte // transactions of earlier blocks
}

// randomSites are who trades: two sites of the foundry, and a school that often has
// no mandate.
var randomSites = []torg.Site{
	{ID: "foundry-1", Participant: "foundry", Zone: "z1", Role: torg.Plant, Tariff: "base", CapacityW: 2_000_000},
	{ID: "foundry-2", Participant: "foundry", Zone: "z2", Role: torg.Stable, CapacityW: 1_000_000},
	{ID: "factory-1", Participant: "factory", Zone: "z1", Role: torg.Plant, CapacityW: 3_000_000},
	{ID: "solar-1", Participant: "solar", Zone: "z2", Role: torg.Renewable, CapacityW: 500_000},
	{ID: "school-1", Participant: "school", Zone: "z2", Role: torg.Heating, Tariff: "base", CapacityW: 100_000},
}

func newRandomWorld(t testing.TB, seed uint64, keys sign.Keyring) *randomWorld {
	g := testGenesis()
	g.Calendar.Interval, g.Settlement, g.Deadline = 15*time.Minute, 30*time.Minute, time.Hour
	g.Complex.Zones = []torg.ZoneID{"z1", "z2"}
	g.Complex.Lines = []torg.Line{{From: "z1", To: "z2", Capacity: 40_000, Fee: 20000}}
	g.Complex.Supplier.Import = 60_000
	g.Timezone, g.NoWorse = "Europe/Moscow", true
	w := &randomWorld{
		t: t, rng: rand.New(rand.NewPCG(seed, 1)), keys: keys, kv: &kvmem.KV{},
		at: time.Date(2026, 1, 31, 19, 0, 0, 0, time.UTC), // a month ends two hours later
	}
	g.Tariffs = []torg.Tariff{{ID: "base", From: w.at.AddDate(-1, 0, 0), Sell: 6_00000, Buy: 1_00000}}
	if keys != nil {
		g.Unsigned, g.Operator = false, w.der(keys.Operator())
	}
	w.g, w.l = g, ledger.New(w.kv)
	if err := w.l.Init(g); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *randomWorld) der(s crypto.Signer, err error) []byte {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	der, err := sign.PublicDER(s.Public())
	if err != nil {
		w.t.Fatal(err)
	}
	return der
}

// one in n.
func (w *randomWorld) one(n int) bool { return w.rng.IntN(n) == 0 }

// block makes the next block and what it does.
func (w *randomWorld) block() (ledger.Block, ledger.Result) {
	var txs [][]byte
	if w.height == 0 {
		txs = w.opening()
	} else {
		w.pass()
		for range w.rng.IntN(6) {
			txs = append(txs, w.tx())
		}
	}
	w.height++
	b := ledger.Block{Height: w.height, Time: w.at, Txs: txs}
	r := w.l.Apply(b)
	w.l.Commit()
	for i, tx := range txs {
		if r.Codes[i] == "" && len(w.past) < 64 {
			w.past = append(w.past, tx)
		}
	}
	return b, r
}

// pass moves on: a little, exactly to the next gate or opening, or after an outage.
func (w *randomWorld) pass() {
	cal := w.g.Calendar
	slot := cal.At(w.at) + 1
	next := cal.GateClosure(slot, 1)
	for _, t := range []time.Time{cal.GateClosure(slot, 2), cal.Start(slot)} {
		if !next.After(w.at) {
			next = t
		}
	}
	switch {
	case w.one(60):
		w.at = w.at.Add(time.Duration(w.rng.IntN(200)) * time.Minute)
	case w.one(4):
		w.at = next
	default:
		w.at = w.at.Add(time.Duration(w.rng.IntN(120)) * time.Second)
	}
}

func (w *randomWorld) opening() [][]byte {
	var txs [][]byte
	sites := map[torg.ParticipantID][]torg.Site{}
	for _, s := range randomSites {
		sites[s.Participant] = append(sites[s.Participant], s)
	}
	for _, p := range []torg.ParticipantID{"foundry", "factory", "solar", "school"} {
		a := ledger.Admit{Participant: p, Sites: sites[p]}
		if w.keys != nil {
			a.OwnerKey = w.der(w.keys.Owner(p))
		}
		txs = append(txs, w.encode(a), w.encode(ledger.Deposit{Participant: p, Amount: 5000_00, Reference: "opening " + string(p)}))
	}
	for _, s := range randomSites[:4] {
		txs = append(txs, w.encode(w.grant(s)))
	}
	return txs
}

// tx is a transaction: mostly a good one, sometimes an old or a broken one.
func (w *randomWorld) tx() []byte {
	switch {
	case w.one(12) && len(w.past) > 0:
		return w.past[w.rng.IntN(len(w.past))]
	case w.one(20):
		junk := make([]byte, w.rng.IntN(40))
		for i := range junk {
			junk[i] = byte(w.rng.Uint32())
		}
		return junk
	}
	tx := w.encode(w.body())
	switch {
	case w.one(15):
		tx[w.rng.IntN(len(tx))] ^= 1 << w.rng.IntN(8)
	case w.one(40):
		tx = tx[:w.rng.IntN(len(tx))]
	case w.one(40):
		tx = append(tx, byte(w.rng.Uint32()))
	}
	return tx
}

func (w *randomWorld) body() ledger.Body {
	cal := w.g.Calendar
	w.n++
	s := randomSites[w.rng.IntN(len(randomSites))]
	slot := cal.At(w.at) + 1
	switch w.rng.IntN(16) {
	case 0:
		return ledger.Deposit{Participant: s.Participant, Amount: torg.Money(w.rng.IntN(3) * 50_00), Reference: string(rune('a' + w.n%26))}
	case 1:
		return w.grant(s)
	case 2:
		var key torg.Fingerprint
		if w.keys != nil {
			key = sign.Fingerprint(w.der(w.keys.Agent(s.ID)))
		}
		if s.ID == "school-1" || w.keys == nil { // a revoked key is dead for ever, and then nobody would trade
			return ledger.Revoke{Participant: s.Participant, Site: s.ID, AgentKey: key}
		}
		return ledger.Tick{Slot: slot, Attempt: uint32(w.n)}
	case 3:
		return ledger.Bands{Slot: slot, Bands: []ledger.Band{{Site: s.ID, Low: -torg.Energy(w.rng.IntN(50_000)), High: torg.Energy(w.rng.IntN(50_000))}}}
	case 4:
		return w.statements(slot - torg.Slot(w.rng.IntN(2)))
	case 5, 6, 7:
		return w.readings(slot - 2 - torg.Slot(w.rng.IntN(3)))
	case 8:
		return ledger.Close{Slot: slot - 2 - torg.Slot(w.rng.IntN(2))}
	}
	return w.orders(slot)
}

func (w *randomWorld) grant(s torg.Site) ledger.Grant {
	w.n++
	g := ledger.Grant{Mandate: torg.Mandate{
		Participant: s.Participant, Site: s.ID, Expires: w.at.Add(time.Duration(2+w.rng.IntN(9)) * time.Hour).Truncate(time.Second),
		Limits: torg.Limits{Buy: true, Sell: !w.one(8), MaxEnergy: 90_000, MaxBuy: 8_00000, MinSell: -1_00000, DailySpend: torg.Money(10_000_00 + w.n)},
	}}
	if w.keys != nil {
		g.AgentKey = w.der(w.keys.Agent(s.ID))
		g.Mandate.AgentKey = sign.Fingerprint(g.AgentKey)
	}
	return g
}

func (w *randomWorld) orders(slot torg.Slot) ledger.Body {
	discovery := 1
	switch cal := w.g.Calendar; {
	case w.one(10):
		discovery = 2
	case w.at.Before(cal.GateClosure(slot, 1)) || w.one(10):
	case w.at.Before(cal.GateClosure(slot, 2)):
		discovery = 2
	default: // all orders would be late
		return w.statements(slot)
	}
	body := ledger.Orders{Slot: slot, Discovery: discovery}
	for _, s := range randomSites {
		if w.one(3) {
			continue
		}
		side, limit := torg.Buy, torg.Price(3+w.rng.IntN(6))*1_00000
		if w.one(2) {
			side, limit = torg.Sell, torg.Price(w.rng.IntN(8)-1)*1_00000
		}
		o := torg.Order{
			ID: torg.NewOrderID(s.ID, w.g.Calendar.Session(slot), discovery), Participant: s.Participant, Site: s.ID, Zone: s.Zone,
			Slot: slot, Discovery: discovery, Sequence: uint32(w.rng.IntN(5)), Side: side,
			Energy: torg.Energy(1 + w.rng.IntN(100_000)), Limit: limit + torg.Price(w.rng.IntN(3)),
		}
		so := ledger.SignedOrder{Order: o}
		if w.keys != nil {
			key, err := w.keys.Agent(s.ID)
			so.Signature = w.sign(key, err, ledger.OrderMessage(w.g.ChainID, o))
		}
		body.Orders = append(body.Orders, so)
	}
	return body
}

func (w *randomWorld) statements(slot torg.Slot) ledger.Body {
	body := ledger.Statements{Slot: slot}
	for _, s := range randomSites {
		root, ok := w.l.View().StatementRoot(s.ID, slot)
		if !ok || w.one(3) {
			continue
		}
		if w.one(4) {
			root[0] ^= 1
		}
		st := ledger.SignedStatement{Site: s.ID, Root: root}
		if w.keys != nil {
			key, err := w.keys.Agent(s.ID)
			st.Signature = w.sign(key, err, ledger.StatementMessage(w.g.ChainID, slot, s.ID, root))
		}
		body.Statements = append(body.Statements, st)
	}
	return body
}

func (w *randomWorld) readings(slot torg.Slot) ledger.Body {
	body := ledger.Readings{Slot: slot}
	for _, s := range randomSites {
		if !w.one(5) {
			body.Readings = append(body.Readings, torg.Reading{Site: s.ID, Slot: slot, Quality: torg.Measured, Energy: torg.Energy(w.rng.IntN(120_000) - 60_000)})
		}
	}
	if w.one(3) {
		e := torg.Energy(w.rng.IntN(200_000) - 100_000)
		body.Connection = &e
	}
	return body
}

func (w *randomWorld) sign(s crypto.Signer, err error, msg []byte) []byte {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	signature, err := sign.Sign(s, msg)
	if err != nil {
		w.t.Fatal(err)
	}
	return signature
}

// encode signs a transaction by whoever has to, or now and then by somebody else.
func (w *randomWorld) encode(b ledger.Body) []byte {
	w.t.Helper()
	var s crypto.Signer
	var err error
	if w.keys != nil {
		switch b := b.(type) {
		case ledger.Orders, ledger.Tick, ledger.Statements:
		case ledger.Grant:
			s, err = w.keys.Owner(b.Mandate.Participant)
		case ledger.Revoke:
			s, err = w.keys.Owner(b.Participant)
		default:
			s, err = w.keys.Operator()
		}
		if s != nil && w.height > 0 && w.one(25) {
			s, err = w.keys.Agent("solar-1")
		}
	}
	if err != nil {
		w.t.Fatal(err)
	}
	tx, err := ledger.Encode(w.g.ChainID, b, s)
	if err != nil {
		w.t.Fatal(err)
	}
	return tx
}

// shuffled returns transactions in another order.
func (w *randomWorld) shuffled(txs [][]byte) [][]byte {
	other := slices.Clone(txs)
	w.rng.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
	return other
}

// kinds counts what random blocks did, so that a test can see that they did enough.
type kinds struct {
	blocks, accepted, refused, contracts, settled, disputes, months int
}

func (k *kinds) add(r ledger.Result) {
	k.blocks++
	for _, code := range r.Codes {
		if code == "" {
			k.accepted++
		} else {
			k.refused++
		}
	}
	for _, e := range r.Events {
		switch {
		case e.Cleared != nil:
			k.contracts += len(e.Cleared.Contracts)
		case e.Settled != nil:
			k.settled++
		case e.Month != nil:
			k.months++
		case e.Statement != nil && e.Statement.Differs:
			k.disputes++
		}
	}
}

// enough fails where random blocks left a part of the ledger alone.
func (k *kinds) enough(t testing.TB) {
	t.Helper()
	if k.accepted < k.blocks/2 || k.refused < k.blocks/4 || k.contracts < 10 || k.settled < 3 || k.disputes == 0 || k.months == 0 {
		t.Errorf("random blocks did too little: %+v", *k)
	}
}
