package audit

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"torg"
	"torg/market"
	"torg/scenario"
)

// drawComplex draws a small grid in which everything occurs: circles, parts apart,
// lines of no capacity and without limit, and free ones.
func drawComplex(t *rapid.T) torg.Complex {
	c := torg.Complex{Pricing: rapid.SampledFrom([]torg.Pricing{torg.Split, torg.Uniform}).Draw(t, "pricing")}
	n := rapid.IntRange(1, 5).Draw(t, "zones")
	for i := range n {
		c.Zones = append(c.Zones, torg.ZoneID(fmt.Sprintf("z%d", i)))
	}
	for i := range n {
		for j := range i {
			if rapid.IntRange(0, 2).Draw(t, "joined") > 0 {
				l := torg.Line{
					From: c.Zones[i], To: c.Zones[j], Fee: torg.Price(rapid.IntRange(0, 3).Draw(t, "fee")),
					Capacity: torg.Energy(rapid.SampledFrom([]int{-1, 0, 1, 2, 5, 9, 14, 20}).Draw(t, "capacity")),
				}
				if rapid.Bool().Draw(t, "turned") {
					l.From, l.To = l.To, l.From
				}
				c.Lines = append(c.Lines, l)
			}
		}
	}
	if rapid.IntRange(0, 4).Draw(t, "supplied") > 0 {
		sell := rapid.IntRange(-2, 12).Draw(t, "sell")
		c.Supplier = &torg.Supplier{
			Participant: "supplier", Zone: rapid.SampledFrom(c.Zones).Draw(t, "home"),
			Sell: torg.Price(sell), Buy: torg.Price(sell - rapid.IntRange(0, 9).Draw(t, "spread")),
			Import: torg.Energy(rapid.SampledFrom([]int{-1, 0, 1, 7, 20}).Draw(t, "import")),
			Export: torg.Energy(rapid.SampledFrom([]int{-1, 0, 1, 7, 20}).Draw(t, "export")),
		}
	}
	return c
}

func drawOrders(t *rapid.T, c torg.Complex, wishes bool) []torg.Order {
	list := make([]torg.Order, rapid.IntRange(1, 14).Draw(t, "orders"))
	words := rapid.SliceOfN(rapid.SampledFrom([]string{"p0", "p1", "p2", "p3", "wind", "supplier"}), 0, 2)
	for i := range list {
		o := &list[i]
		*o = torg.Order{
			ID: torg.OrderID(fmt.Sprintf("o%02d", i)), Participant: torg.ParticipantID(fmt.Sprintf("p%d", i)), Site: torg.SiteID(fmt.Sprintf("s%d", i)),
			Zone: rapid.SampledFrom(c.Zones).Draw(t, "zone"), Discovery: 1, Side: torg.Side(rapid.IntRange(1, 2).Draw(t, "side")),
			Energy: torg.Energy(rapid.IntRange(1, 12).Draw(t, "energy")), Limit: torg.Price(rapid.IntRange(-4, 14).Draw(t, "limit")),
			Source: rapid.SampledFrom([]string{"", "wind", "chp"}).Draw(t, "source"),
		}
		if wishes {
			o.Avoid, o.Prefer = words.Draw(t, "avoid"), words.Draw(t, "prefer")
		}
	}
	return list
}

// revised are the orders of a second discovery: some of what the first left, at better
// limits.
func revised(t *rapid.T, orders []torg.Order, o market.Outcome) (list []torg.Order) {
	for _, u := range o.Unmatched {
		at := slices.IndexFunc(orders, func(x torg.Order) bool { return x.ID == u.Order })
		if u.Reason == torg.ReasonAvoided || !rapid.Bool().Draw(t, "revises") {
			continue
		}
		x := orders[at]
		better := torg.Price(rapid.IntRange(0, 6).Draw(t, "better"))
		if x.Side == torg.Sell {
			better = -better
		}
		x.ID, x.Discovery, x.Limit = x.ID+".2", 2, x.Limit+better
		x.Energy = torg.Energy(rapid.Int64Range(1, int64(u.Energy)).Draw(t, "energy"))
		list = append(list, x)
	}
	return list
}

// session is a scenario of one slot with what the market made of its books.
type session struct {
	*run
	tell strings.Builder
}

func newSession(c torg.Complex, orders []torg.Order) *session {
	sc := &scenario.Scenario{Grid: scenario.Grid{Complex: c, Calendar: torg.Calendar{Interval: time.Hour}}, Start: time.Unix(0, 0).UTC(), Days: 1}
	for _, o := range orders {
		s := scenario.Site{Site: torg.Site{ID: o.Site, Participant: o.Participant, Zone: o.Zone, CapacityW: 1 << 40}}
		sc.Sites = append(sc.Sites, s)
	}
	s := &session{run: newRun(sc)}
	fmt.Fprintf(&s.tell, "zones %v, %s\n", c.Zones, c.Pricing)
	for _, l := range c.Lines {
		fmt.Fprintf(&s.tell, "line %+v\n", l)
	}
	if c.Supplier != nil {
		fmt.Fprintf(&s.tell, "supplier %+v\n", *c.Supplier)
	}
	return s
}

// enter puts a book and its outcome into the tables.
func (s *session) enter(orders []torg.Order, o market.Outcome) {
	const slot = 0
	b := &book{session: s.sc.Calendar.Session(slot), slot: slot, discovery: o.Discovery}
	for i, x := range orders {
		fmt.Fprintf(&s.tell, "%d: %s %s of %s in %s: %d at %d, %q avoids %q prefers %q\n", o.Discovery, x.Side, x.ID, x.Participant, x.Zone, x.Energy, x.Limit, x.Source, x.Avoid, x.Prefer)
		b.orders = append(b.orders, &order{at: place{"orders.csv", i + 2}, id: x.ID, party: x.Participant, site: x.Site, zone: x.Zone,
			side: x.Side, energy: x.Energy, limit: x.Limit, source: x.Source, avoid: x.Avoid, prefer: len(x.Prefer) > 0})
	}
	for i, x := range o.Trades {
		fmt.Fprintf(&s.tell, "%d: round %d, %s from %s: %d at %d and %d\n", o.Discovery, x.Round, x.BuyOrder, x.SellOrder, x.Energy, x.BuyerPrice, x.SellerPrice)
		b.contracts = append(b.contracts, contract{at: place{"contracts.csv", i + 2}, id: torg.NewContractID(b.session, b.discovery, i+1), round: x.Round,
			buyOrder: x.BuyOrder, sellOrder: x.SellOrder, buyer: x.Buyer, seller: x.Seller, buyerSite: x.BuyerSite, sellerSite: x.SellerSite,
			energy: x.Energy, buyerPrice: x.BuyerPrice, sellerPrice: x.SellerPrice})
	}
	for i, u := range o.Unmatched {
		fmt.Fprintf(&s.tell, "%d: %s keeps %d: %s\n", o.Discovery, u.Order, u.Energy, u.Reason)
		b.left = append(b.left, unmatched{place{"unmatched.csv", i + 2}, u.Order, u.Energy, u.Reason})
	}
	for i, p := range o.Prices {
		fmt.Fprintf(&s.tell, "%d: price %+v\n", o.Discovery, p)
		b.prices = append(b.prices, price{place{"prices.csv", i + 2}, p.Zone, p.Price})
	}
	for i, f := range o.Flows {
		fmt.Fprintf(&s.tell, "%d: flow %+v\n", o.Discovery, f)
		b.flows = append(b.flows, flow{place{"flows.csv", i + 2}, f.From, f.To, f.Energy})
	}
	if s.books[slot] == nil {
		s.books[slot] = &[3]*book{}
	}
	s.books[slot][o.Discovery] = b
}

// TestWhatTheMarketClearsHolds audits random sessions of both discoveries, which the
// market cleared by ways of its own.
func TestWhatTheMarketClearsHolds(t *testing.T) {
	for _, wishes := range []bool{false, true} {
		t.Run(fmt.Sprintf("wishes=%t", wishes), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				c := drawComplex(t)
				s, outcome := drawSession(t, c, drawOrders(t, c, wishes))
				a := &audit{run: s.run}
				a.link()
				a.trading()
				if bad := broken(a); bad != nil {
					t.Fatalf("%s\n%s", strings.Join(bad, "\n"), s.tell.String())
				}
				full := a.grid.fullZones(outcome.Used.Import, outcome.Used.Export, pad(outcome.Used.Lines, len(c.Lines)))
				for z, name := range c.Zones {
					if told := slices.ContainsFunc(outcome.FullZones, func(f market.FullZone) bool { return f.Zone == name }); told != full[z] {
						t.Fatalf("zone %s is full: %t, the market says %+v\n%s", name, full[z], outcome.FullZones, s.tell.String())
					}
				}
			})
		})
	}
}

func drawSession(t *rapid.T, c torg.Complex, orders []torg.Order) (*session, market.Outcome) {
	s := newSession(c, orders)
	b := market.Book{Complex: c, Orders: orders, Discovery: 1}
	o, err := market.Clear(b)
	if err != nil {
		t.Fatal(err)
	}
	s.enter(orders, o)
	if second := revised(t, orders, o); len(second) > 0 {
		if o, err = market.Clear(market.Book{Complex: c, Orders: second, Used: o.Used, Discovery: 2}); err != nil {
			t.Fatal(err)
		}
		s.enter(second, o)
	}
	return s, o
}

func pad(list []torg.Energy, n int) []torg.Energy {
	return append(slices.Clone(list), make([]torg.Energy, n-len(list))...)
}

// TestDrawnSessionsHaveEverything keeps the law above from missing its aim.
func TestDrawnSessionsHaveEverything(t *testing.T) {
	seen := map[string]int{}
	drawn := rapid.Custom(func(t *rapid.T) *session {
		c := drawComplex(t)
		s, _ := drawSession(t, c, drawOrders(t, c, false))
		return s
	})
	for seed := range 500 {
		s := drawn.Example(seed)
		for _, b := range s.books[0] {
			if b == nil {
				continue
			}
			for _, u := range b.left {
				seen[fmt.Sprint(u.reason, " in discovery ", b.discovery)]++
			}
			if len(b.flows) > 0 {
				seen[fmt.Sprint("flow in discovery ", b.discovery)]++
			}
			for _, c := range b.contracts {
				seen[fmt.Sprint("round ", c.round, " in discovery ", b.discovery)]++
			}
		}
	}
	for _, d := range []string{" in discovery 1", " in discovery 2"} {
		for _, what := range []string{"rationed", "line_capacity", "connection_capacity", "no_counterparty", "price", "flow", "round 2", "round 3"} {
			if seen[what+d] == 0 {
				t.Errorf("never %s%s: %v", what, d, seen)
			}
		}
	}
}
