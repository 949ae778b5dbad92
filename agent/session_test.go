package agent

import (
	"strings"
	"testing"

	"torg"
	"torg/decide"
	"torg/forecast"
	"torg/ledger"
	"torg/market"
)

// The foundry needs 10 kWh and the sun gives 4. The rest comes from the supplier, so
// the zone's price is 7.20, and the pair shares its gain evenly at 4.15.
func TestSignedSession(t *testing.T) {
	m := newMarket(t, nil, foundry, solar)
	m.open(first)
	orders := m.order(first, 1)
	if len(orders) != 2 || orders[0].Order.Energy != 10_000 || orders[0].Order.Limit != rub("7.2") || orders[1].Order.Side != torg.Sell {
		t.Fatalf("orders %+v", orders)
	}
	for _, o := range orders {
		m.verify(o.Order.Site, ledger.OrderMessage(m.genesis.ChainID, o.Order), o.Signature)
	}
	m.pass(cal.GateClosure(first, 1))
	if more := m.order(first, 2); len(more) != 0 {
		t.Errorf("nothing was refused, and %d orders are revised", len(more))
	}
	m.pass(cal.GateClosure(first, 2))

	statements, objections, err := m.host.Statements(first)
	m.must(err)
	if len(statements) != 2 || len(objections) != 0 {
		t.Fatalf("%d statements, objections %v", len(statements), objections)
	}
	for _, s := range statements {
		m.verify(s.Site, ledger.StatementMessage(m.genesis.ChainID, first, s.Site, s.Root), s.Signature)
		m.chain.View(func(v ledger.View) {
			if root, ok := v.StatementRoot(s.Site, first); !ok || root != s.Root {
				t.Errorf("the ledger has another root for %s", s.Site)
			}
		})
	}
	m.submit(ledger.Statements{Slot: first, Statements: statements}, nil)
	taken := 0
	for _, e := range m.blocks[len(m.blocks)-1].Events {
		if e.Statement != nil && !e.Statement.Differs {
			taken++
		}
	}
	if taken != 2 {
		t.Errorf("%d statements are taken", taken)
	}

	buyer, seller := m.host.agents["foundry-1"], m.host.agents["solar-1"]
	if buyer.position.contracted[first] != 10_000 || seller.position.contracted[first] != -4_000 {
		t.Errorf("positions %v and %v", buyer.position.contracted, seller.position.contracted)
	}
	// 4 kWh at 4.15 and 6 kWh at 7.20.
	if buyer.expected[torg.Buy] != rub("5.98") || seller.expected[torg.Sell] != rub("4.15") || buyer.has[torg.Sell] {
		t.Errorf("expected prices %s and %s", buyer.expected[torg.Buy], seller.expected[torg.Sell])
	}
	for _, d := range m.journal {
		if !d.Ordered || d.Fallback || d.Strategy != "newsvendor" || d.Session != cal.Session(first) || d.Discovery != 1 {
			t.Errorf("journal %+v", d)
		}
	}
	now := m.host.Now()
	if len(now) != 2 || now[0].Site != "foundry-1" || !now[0].Running || now[0].Fallback || now[0].Last == nil || now[0].Last.Energy != 10_000 {
		t.Errorf("now %+v", now)
	}
	if again, _, _ := m.host.Statements(first + 1); len(again) != 0 {
		t.Error("a session that has not been is stated")
	}
}

// Sessions go on with a forecaster that learns: what was not contracted is carried
// within the hour, and every session is signed.
func TestSessionsWithNaiveForecasts(t *testing.T) {
	naive, err := forecast.NewNaive(cal, nil,
		forecast.Site{ID: "foundry-1", Role: torg.Plant, Bounds: forecast.Bounds{Max: 100_000}},
		forecast.Site{ID: "solar-1", Role: torg.Renewable, Bounds: forecast.Bounds{Min: -100_000}})
	if err != nil {
		t.Fatal(err)
	}
	m := newMarket(t, func(c *Config) { c.Forecast = naive }, foundry, solar)
	contracts := 0
	for k := first; k < first+8; k++ {
		m.open(k)
		if k > first+1 {
			m.submit(ledger.Readings{Slot: k - 2, Readings: []torg.Reading{
				{Site: "foundry-1", Slot: k - 2, Energy: 10_000 + torg.Energy(k%3)*500, Quality: torg.Measured},
				{Site: "solar-1", Slot: k - 2, Energy: -4_000 + torg.Energy(k%2)*300, Quality: torg.Measured},
			}}, m.operator)
		}
		for _, p := range m.host.Publish(k) {
			if p.Band.Low > p.Band.High || p.Band.High-p.Band.Low != p.Forecast[6]-p.Forecast[0] {
				t.Errorf("slot %d: band %+v of %v", k, p.Band, p.Forecast)
			}
		}
		for discovery := 1; discovery <= 2; discovery++ {
			m.order(k, discovery)
			m.pass(cal.GateClosure(k, discovery))
		}
		statements, objections, err := m.host.Statements(k)
		m.must(err)
		if len(objections) > 0 {
			t.Fatalf("slot %d: %v", k, objections)
		}
		if len(statements) > 0 {
			m.submit(ledger.Statements{Slot: k, Statements: statements}, nil)
		}
		m.chain.View(func(v ledger.View) {
			contracts += len(v.Contracts(k))
			for _, s := range []torg.SiteID{"foundry-1", "solar-1"} {
				if got, want := m.host.agents[s].position.contracted[k], v.Position(s, k); got != want {
					t.Errorf("slot %d: %s has contracted %d, the ledger says %d", k, s, got, want)
				}
			}
		})
	}
	if contracts < 8 {
		t.Errorf("%d contracts in 8 sessions", contracts)
	}
}

// Two buyers share the margin, and the cautious seller concedes in the revision.
func TestRevisionAfterARefusal(t *testing.T) {
	m := newMarket(t, func(c *Config) {
		c.Genesis.Complex.Supplier.Import, c.Genesis.Complex.Supplier.Export = 0, 0
		c.Decider = answers(func(r decide.Request, d []decide.Decision) []decide.Decision {
			for i := range d {
				if r.Discovery == 1 && d[i].Side == torg.Buy {
					d[i].Limit = rub("2") // below what the cautious seller asks at first
				}
			}
			return d
		})
	}, foundry, solar)
	m.must(m.host.Configure("solar-1", torg.Auto, "cheapest", "cautious"))
	m.session(first)
	if c := m.cleared(1); len(c.Contracts) != 0 || len(c.Outcome.Unmatched) != 2 {
		t.Fatalf("first discovery: %+v", c)
	}
	c := m.cleared(2)
	var got torg.Energy
	for _, k := range c.Contracts {
		if k.SellOrder != "" && k.BuyOrder != "" {
			got += k.Energy
		}
	}
	if got != 4_000 {
		t.Errorf("%d Wh are contracted inside after the revision", got)
	}
	last := m.journal[len(m.journal)-1]
	if len(m.journal) != 4 || last.Reason != decide.WhyConcede || last.Discovery != 2 || last.Args["from"] != "2.625" || last.Limit != rub("1.1") {
		t.Errorf("journal %+v", m.journal)
	}
	if _, objections, _ := m.host.Statements(first); len(objections) != 0 {
		t.Errorf("objections %v", objections)
	}
}

// What the ledger publishes wrongly is neither signed nor passed over.
func TestWrongOutcomesAreObjectedTo(t *testing.T) {
	bought := func(c *ledger.Cleared) *torg.Contract {
		for i := range c.Contracts {
			if c.Contracts[i].BuyerSite == "foundry-1" && c.Contracts[i].SellOrder != "" {
				return &c.Contracts[i]
			}
		}
		panic("the foundry bought nothing inside")
	}
	share := func(c *ledger.Cleared) *market.Share {
		for i, s := range c.Outcome.Shares {
			if s.Side == torg.Buy {
				return &c.Outcome.Shares[i]
			}
		}
		panic("no share")
	}
	for name, tamper := range map[string]struct {
		change func(*ledger.Cleared)
		why    string
	}{
		"a price above the limit":         {func(c *ledger.Cleared) { bought(c).BuyerPrice = rub("7.3") }, "beyond the limit"},
		"a price that takes all the gain": {func(c *ledger.Cleared) { c.Outcome.Prices[0].Price = rub("3"); bought(c).BuyerPrice = rub("6") }, "less than half"},
		"more than was ordered":           {func(c *ledger.Cleared) { bought(c).Energy = 11_000 }, "more than its 10000 Wh"},
		"less than was due":               {func(c *ledger.Cleared) { bought(c).Energy = 3_000 }, "though its limit is better"},
		"a smaller share inside":          {func(c *ledger.Cleared) { share(c).Inside = 9_000 }, "inside"},
		"another zone's price":            {func(c *ledger.Cleared) { c.Outcome.Prices[0].Zone = "z2" }, "another zone's"},
		"no share at all":                 {func(c *ledger.Cleared) { c.Outcome.Shares = nil }, "another zone's"},
		"somebody else's order": {func(c *ledger.Cleared) {
			k := *bought(c)
			k.BuyOrder = "another"
			c.Contracts = append(c.Contracts, k)
		}, "not a trade of this order"},
	} {
		m := newMarket(t, nil, foundry, solar)
		m.tamper = func(c *ledger.Cleared) {
			if c.Discovery == 1 {
				// The events are the ledger's too: what is changed here must be a copy.
				*c = ledger.Cleared{Slot: c.Slot, Discovery: c.Discovery, Outcome: c.Outcome, Contracts: append([]torg.Contract(nil), c.Contracts...)}
				c.Outcome.Prices = append([]market.ZonePrice(nil), c.Outcome.Prices...)
				c.Outcome.Shares = append([]market.Share(nil), c.Outcome.Shares...)
				tamper.change(c)
			}
		}
		m.session(first)
		statements, objections, err := m.host.Statements(first)
		m.must(err)
		found := false
		for _, o := range objections {
			found = found || o.Site == "foundry-1" && strings.Contains(o.Why, tamper.why)
		}
		for _, s := range statements {
			if s.Site == "foundry-1" {
				t.Errorf("%s: the foundry signs", name)
			}
		}
		if !found {
			t.Errorf("%s: objections %v, want %q", name, objections, tamper.why)
		}
	}
}

// An order that was sent and is not in the session is objected to, although there is
// nothing to sign.
func TestLostOrdersAreObjectedTo(t *testing.T) {
	m := newMarket(t, nil, foundry, solar)
	m.open(first)
	orders, _, err := m.host.Decide(t.Context(), first, 1, m.now)
	m.must(err)
	m.submit(ledger.Orders{Slot: first, Discovery: 1, Orders: orders[1:]}, nil)
	m.pass(cal.GateClosure(first, 1))
	m.pass(cal.GateClosure(first, 2))
	statements, objections, err := m.host.Statements(first)
	m.must(err)
	if len(statements) != 1 || statements[0].Site != "solar-1" {
		t.Errorf("statements of %v", statements)
	}
	if len(objections) != 1 || objections[0].Site != "foundry-1" || !strings.Contains(objections[0].Why, "not in the session") {
		t.Errorf("objections %v", objections)
	}
}

// An agent that does not know an order does not sign for it: two hosts, one of them
// silent.
func TestContractsOfUnknownOrdersAreObjectedTo(t *testing.T) {
	m := newMarket(t, nil, foundry, solar)
	other := newHost(t, Config{Genesis: m.genesis, Keys: m.keys}, first, foundry)
	m.chain.Watch(other.Observe)
	m.session(first)
	statements, objections, err := other.Statements(first)
	m.must(err)
	if len(statements) != 0 || len(objections) != 1 || !strings.Contains(objections[0].Why, "has not sent") {
		t.Errorf("statements %v, objections %v", statements, objections)
	}
}

// A repeated order changes nothing, however often its refusal comes.
func TestRepeatedOrdersChangeNothing(t *testing.T) {
	m := newMarket(t, nil, foundry, solar)
	m.open(first)
	orders := m.order(first, 1)
	repeat, err := ledger.Encode(m.genesis.ChainID, ledger.Orders{Slot: first, Discovery: 1, Orders: orders}, nil)
	m.must(err)
	if err := m.chain.Submit(t.Context(), repeat); torg.RefusalOf(err) != torg.ErrDuplicate {
		t.Errorf("repeated: %v", err)
	}
	m.host.Observe(block(ledger.Event{Order: &ledger.OrderTaken{Order: orders[0].Order, Refused: torg.ErrDuplicate}}))
	m.pass(cal.GateClosure(first, 1))
	m.host.Observe(block(ledger.Event{Order: &ledger.OrderTaken{Order: orders[0].Order, Refused: torg.ErrGateClosed}}))
	m.pass(cal.GateClosure(first, 2))
	statements, objections, err := m.host.Statements(first)
	m.must(err)
	if len(statements) != 2 || len(objections) != 0 {
		t.Errorf("%d statements, objections %v", len(statements), objections)
	}
}

// An order too late is refused, and nobody objects to its absence.
func TestLateOrdersAreForgotten(t *testing.T) {
	m := newMarket(t, nil, foundry, solar)
	m.open(first)
	orders, _, err := m.host.Decide(t.Context(), first, 1, m.now)
	m.must(err)
	m.submit(ledger.Orders{Slot: first, Discovery: 1, Orders: orders[1:]}, nil)
	m.pass(cal.GateClosure(first, 1))
	m.host.Observe(block(ledger.Event{Order: &ledger.OrderTaken{Order: orders[0].Order, Refused: torg.ErrGateClosed}}))
	if m.host.agents["foundry-1"].refused() != nil {
		t.Error("a late order is to be revised")
	}
	if _, objections, _ := m.host.Statements(first); len(objections) != 0 {
		t.Errorf("objections %v", objections)
	}
}

// A thousand rubles cover 138.888 kWh at 7.20: an order is cut to what is covered, and
// the agent checks the smaller one.
func TestFundsCutOrders(t *testing.T) {
	big := foundry
	big.CapacityW = 4_000_000
	m := newMarket(t, func(c *Config) {
		c.Forecast = perfect(t, truth{"foundry-1": {first: 300_000}})
	}, big, solar)
	m.session(first)
	if got := m.host.agents["foundry-1"].position.contracted[first]; got != 138_888 {
		t.Errorf("%d Wh are contracted", got)
	}
	if o := m.host.agents["foundry-1"].orders[1]; !o.in || o.Energy != 138_888 {
		t.Errorf("the agent remembers %+v", o)
	}
	statements, objections, err := m.host.Statements(first)
	m.must(err)
	if len(statements) != 2 || len(objections) != 0 {
		t.Errorf("%d statements, objections %v", len(statements), objections)
	}
}

// A revoked mandate withdraws orders: the agent neither trades on nor objects.
func TestRevokedMandate(t *testing.T) {
	mill := site("mill-1", "mill", torg.Plant) // buys all the same, so that the foundry's order would be missed
	m := newMarket(t, func(c *Config) {
		c.Forecast = perfect(t, truth{"mill-1": {first: 5_000}})
	}, foundry, mill, solar)
	m.open(first)
	m.order(first, 1)
	key := m.host.agents["foundry-1"].mandate.AgentKey
	m.submit(ledger.Revoke{Participant: "foundry", Site: "foundry-1", AgentKey: key}, m.owner("foundry"))
	m.pass(cal.GateClosure(first, 1))
	m.order(first, 2)
	m.pass(cal.GateClosure(first, 2))
	if statements, objections, _ := m.host.Statements(first); len(objections) != 0 || len(statements) != 2 {
		t.Errorf("%d statements, objections %v", len(statements), objections)
	}
	m.journal = nil
	m.session(first + 1)
	if len(m.journal) == 0 || m.journal[0].Site != "foundry-1" || m.journal[0].Ordered || m.journal[0].Fallback ||
		m.journal[0].Reason != decide.WhyMandate || m.journal[0].Args["why"] != "no_mandate" {
		t.Errorf("journal %+v", m.journal)
	}
}

// One lost key harms nobody else, and its owner reads why nothing was sent.
func TestUnsignedOrdersAreNotSent(t *testing.T) {
	m := newMarket(t, func(c *Config) { c.Keys = failing{c.Keys, "foundry-1"} }, foundry, solar)
	m.open(first)
	orders, journal, err := m.host.Decide(t.Context(), first, 1, m.now)
	if err == nil || !strings.Contains(err.Error(), "foundry-1") || len(orders) != 1 || orders[0].Order.Site != "solar-1" {
		t.Errorf("orders %+v, %v", orders, err)
	}
	if len(journal) != 2 || journal[0].Ordered || journal[0].Reason != decide.WhyUnsigned || !journal[1].Ordered {
		t.Errorf("journal %v", journal)
	}
	m.submit(ledger.Orders{Slot: first, Discovery: 1, Orders: orders}, nil)
	m.pass(cal.GateClosure(first, 1))
	m.pass(cal.GateClosure(first, 2))
	if statements, objections, err := m.host.Statements(first); err != nil || len(statements) != 1 || len(objections) != 0 {
		t.Errorf("statements %v, objections %v, %v", statements, objections, err)
	}
}

func TestUnsignedStatementsAreLeftOut(t *testing.T) {
	m := newMarket(t, nil, foundry, solar)
	m.session(first)
	m.host.cfg.Keys = failing{m.keys, "foundry-1"}
	statements, objections, err := m.host.Statements(first)
	if err == nil || len(statements) != 1 || statements[0].Site != "solar-1" || statements[0].Signature == nil || len(objections) != 0 {
		t.Errorf("statements %v, objections %v, %v", statements, objections, err)
	}
}
