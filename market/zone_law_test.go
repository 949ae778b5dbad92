package market_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"torg"
	"torg/market"
)

// Over any grid every outcome keeps the rules, passes the verifier, and so does the
// second discovery on what the first left.
func TestZonesKeepTheRules(t *testing.T) {
	for name, wishes := range map[string]bool{"plain": false, "with avoids and preferences": true} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				b := drawZones(t, wishes)
				for range 2 {
					o := clear(t, b)
					if err := faults(b, o); err != nil {
						t.Fatalf("%v\n%s", err, tellBook(b, o))
					}
					if err := verify(b, o); err != nil {
						t.Fatalf("the verifier refuses a good outcome: %v\n%s", err, tellBook(b, o))
					}
					b = revise(t, b, o)
				}
			})
		})
	}
}

func TestManyOrdersInZonesKeepTheRules(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	books := 2000
	if testing.Short() {
		books = 200
	}
	for range books {
		b := randomZones(r)
		o := clear(t, b)
		if err := faults(b, o); err != nil {
			t.Fatalf("%v\n%s", err, tellBook(b, o))
		}
		if err := verify(b, o); err != nil {
			t.Fatalf("the verifier refuses a good outcome: %v\n%s", err, tellBook(b, o))
		}
	}
}

// tellBook prints a book and its outcome for people.
func tellBook(b market.Book, o market.Outcome) string {
	s := fmt.Sprintf("book of discovery %d, %s\n", b.Discovery, b.Complex.Pricing)
	for i, l := range b.Complex.Lines {
		there, back := lineRoom(b, i)
		s += fmt.Sprintf("  %s-%s capacity %d, left %d there and %d back, fee %d\n", l.From, l.To, l.Capacity, there, back, l.Fee)
	}
	if q := b.Complex.Supplier; q != nil {
		s += fmt.Sprintf("  supplier in %s sells %d buys %d import %d export %d used %d %d\n", q.Zone, q.Sell, q.Buy, q.Import, q.Export, b.Used.Import, b.Used.Export)
	}
	for _, x := range b.Orders {
		s += fmt.Sprintf("  %s %s %s in %s %d at %d %s avoid %v prefer %v\n", x.Side, x.ID, x.Participant, x.Zone, x.Energy, x.Limit, x.Source, x.Avoid, x.Prefer)
	}
	s += fmt.Sprintf("prices %v\nflows %v import %d export %d\n", o.Prices, o.Flows, o.Import, o.Export)
	for _, x := range o.Trades {
		s += fmt.Sprintf("  round %d %s(%s) from %s(%s) %d at %d and %d\n", x.Round, x.BuyOrder, x.BuyerZone, x.SellOrder, x.SellerZone, x.Energy, x.BuyerPrice, x.SellerPrice)
	}
	for _, u := range o.Unmatched {
		s += fmt.Sprintf("  left %+v\n", u)
	}
	return s + fmt.Sprintf("shares %v\nfull %v", o.Shares, o.FullZones)
}

// What the laws speak of does occur among the books they are tried on.
func TestDrawnBooksHaveEverything(t *testing.T) {
	seen := map[string]int{}
	books := rapid.Custom(func(t *rapid.T) market.Book { return drawZones(t, false) })
	for seed := range 600 {
		b := books.Example(seed)
		o := clear(t, b)
		a, err := newAudit(b, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range o.Unmatched {
			seen[string(u.Reason)]++
		}
		for i, f := range a.flow {
			there, back := lineRoom(b, i)
			seen["a flow"] += btoi(f != 0)
			seen["a full line"] += btoi(f > 0 && f == there || f < 0 && -f == back)
			seen["fees paid"] += btoi(f != 0 && b.Complex.Lines[i].Fee > 0)
		}
		traced, err := a.trace()
		if err != nil {
			t.Fatal(err)
		}
		for d := range traced {
			from := 0
			for o := range traced {
				from += btoi(o != d && traced[o][d] > 0)
			}
			seen["a mix of two origins"] += btoi(from > 1)
		}
		for _, x := range a.exchanges(a.levels()) {
			seen["a margin over zones"] += btoi(a.levels()[x.to].zone != a.levels()[x.from].zone)
		}
		for _, f := range o.FullZones {
			seen["a zone cut off"] += btoi(f.In != o.ImportFull || f.Out != o.ExportFull)
		}
		for _, p := range o.Prices {
			seen["a negative price"] += btoi(p.Price < 0)
			seen["one end"] += btoi(p.HasLowest != p.HasHighest)
		}
		seen["import"] += btoi(o.Import > 0)
		seen["export"] += btoi(o.Export > 0)
	}
	for _, what := range []string{"rationed", "line_capacity", "connection_capacity", "no_counterparty", "price", "a flow", "a full line", "fees paid",
		"a mix of two origins", "a margin over zones", "a zone cut off", "a negative price", "one end", "import", "export"} {
		if seen[what] == 0 {
			t.Errorf("never %s: %v", what, seen)
		}
	}
}

// The outcome is a function of the set of orders.
func TestArrivalOverZonesChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawZones(t, true)
		want := clear(t, b)
		b.Orders = rapid.Permutation(b.Orders).Draw(t, "arrival")
		if got := clear(t, b); !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v\nin another order %+v", want, got)
		}
	})
}

// More supply anywhere never raises either end of a price, more demand never lowers
// one.
func TestPricesFollowSupplyAndDemand(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawZones(t, false)
		more := drawOrder(t, b, 99, 9, false)
		more.Participant = "more"
		before := clear(t, b)
		after := b
		after.Orders = append(slices.Clone(b.Orders), more)
		o := clear(t, after)
		for _, p := range before.Prices {
			i := slices.IndexFunc(o.Prices, func(x market.ZonePrice) bool { return x.Zone == p.Zone })
			if i < 0 {
				t.Fatalf("zone %s lost its price", p.Zone)
			}
			low, high := p, o.Prices[i]
			if more.Side == torg.Sell {
				low, high = high, low
			}
			// An end that is missing is at infinity: the lowest below, the highest above.
			if low.HasLowest && (!high.HasLowest || low.Lowest > high.Lowest) || high.HasHighest && (!low.HasHighest || low.Highest > high.Highest) {
				t.Fatalf("%+v moved %+v to %+v\n%s", more, p, o.Prices[i], tellBook(b, before))
			}
		}
	})
}

// Where the rules say which limit would have traded, it would have: one price step
// beyond it something is accepted, and one step before it nothing. Where they say that
// none would, none does.
func TestWouldTradeTellsTheTruthOverZones(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawZones(t, false)
		for _, u := range clear(t, b).Unmatched {
			i := slices.IndexFunc(b.Orders, func(x torg.Order) bool { return x.ID == u.Order })
			x := b.Orders[i]
			accepted := func(limit torg.Price) torg.Energy {
				again := b
				again.Orders = slices.Clone(b.Orders)
				again.Orders[i].Limit = limit
				for _, left := range clear(t, again).Unmatched {
					if left.Order == u.Order {
						return x.Energy - left.Energy
					}
				}
				return x.Energy
			}
			towards, most := torg.Price(1), torg.MaxPrice
			if x.Side == torg.Sell {
				towards, most = -1, torg.MinPrice
			}
			if !u.HasBest || u.WouldTrade*towards > most*towards { // far away, fees make it more than any limit may be
				if accepted(most) > 0 {
					t.Fatalf("%+v trades at %s", u, most)
				}
				continue
			}
			if u.WouldTrade != most && accepted(u.WouldTrade+towards) == 0 {
				t.Fatalf("%+v does not trade at %d either\n%s", u, u.WouldTrade+towards, tellBook(b, clear(t, b)))
			}
			before := u.WouldTrade - towards
			if u.Reason != torg.ReasonRationed && (before-x.Limit)*towards >= 0 && accepted(before) > 0 {
				t.Fatalf("%+v trades at %d already\n%s", u, before, tellBook(b, clear(t, b)))
			}
		}
	})
}

// Preferences change who trades with whom, never how much anyone gets inside; avoids
// that are in nobody's way change nothing.
func TestWishesOverZonesLeaveEnergyAsItIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawZones(t, true)
		with := clear(t, b)
		for i := range b.Orders {
			b.Orders[i].Prefer = nil
		}
		without := clear(t, b)
		if !reflect.DeepEqual(energies(with), energies(without)) || !reflect.DeepEqual(with.Unmatched, without.Unmatched) ||
			!reflect.DeepEqual(with.Prices, without.Prices) || !reflect.DeepEqual(with.Flows, without.Flows) {
			t.Fatalf("%s\nwithout preferences %s", tellBook(b, with), tellBook(b, without))
		}
		for i := range b.Orders {
			b.Orders[i].Avoid = nil
		}
		plain := clear(t, b)
		for i := range b.Orders {
			b.Orders[i].Avoid = []string{"nobody", ""}
		}
		if got := clear(t, b); !reflect.DeepEqual(got, plain) {
			t.Fatalf("%s\nwith avoids %s", tellBook(b, plain), tellBook(b, got))
		}
	})
}

// energies is what each order got, inside and from the supplier.
func energies(o market.Outcome) map[torg.OrderID][2]torg.Energy {
	got := map[torg.OrderID][2]torg.Energy{}
	for _, t := range o.Trades {
		for _, id := range []torg.OrderID{t.BuyOrder, t.SellOrder} {
			e := got[id]
			e[t.Round/3] += t.Energy
			got[id] = e
		}
	}
	delete(got, "")
	return got
}

// The small check that a party makes before it signs finds its part right.
func TestEveryPartyInItsZoneFindsItsPartRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawZones(t, rapid.Bool().Draw(t, "wishes"))
		o := clear(t, b)
		for _, x := range b.Orders {
			var z market.ZonePrice
			var h market.Share
			for _, p := range o.Prices {
				if p.Zone == x.Zone {
					z = p
				}
			}
			for _, s := range o.Shares {
				if s.Zone == x.Zone && s.Side == x.Side {
					h = s
				}
			}
			_, _, trades := own(o, x)
			if err := market.OwnPart(b.Complex, x, z, h, trades); err != nil {
				t.Fatalf("%v\n%s", err, tellBook(b, o))
			}
		}
	})
}
