package market_test

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"torg"
	"torg/market"
)

func clear(t rapid.TB, b market.Book) market.Outcome {
	t.Helper()
	o, err := market.Clear(b)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// Every book's outcome keeps the rules, and so does the second discovery on what the
// first left.
func TestOutcomesKeepTheRules(t *testing.T) {
	for name, wishes := range map[string]bool{"plain": false, "with avoids and preferences": true} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				b := drawBook(t, wishes)
				o := clear(t, b)
				if err := broken(b, o); err != nil {
					t.Fatalf("%v\n%+v", err, o)
				}
				second := revise(t, b, o)
				if err := broken(second, clear(t, second)); err != nil {
					t.Fatalf("discovery 2: %v\n%+v", err, o)
				}
			})
		})
	}
}

// The outcome is a function of the set of orders.
func TestArrivalChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBook(t, true)
		want := clear(t, b)
		b.Orders = rapid.Permutation(b.Orders).Draw(t, "arrival")
		if got := clear(t, b); !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v\nin another order %+v", want, got)
		}
	})
}

// bestPossible tries every amount bought and sold, watt-hour by watt-hour: the
// largest welfare, then the most energy of participants.
func bestPossible(b market.Book) (welfare int64, bought, sold torg.Energy) {
	var buys, sells []int64
	for _, o := range b.Orders {
		for range o.Energy {
			if o.Side == torg.Buy {
				buys = append(buys, int64(o.Limit))
			} else {
				sells = append(sells, int64(o.Limit))
			}
		}
	}
	slices.Sort(buys)
	slices.Reverse(buys)
	slices.Sort(sells)
	imports, exports := room(b)
	var value int64
	for i := range len(buys) + 1 {
		if i > 0 {
			value += buys[i-1]
		}
		w := value
		for j := range len(sells) + 1 {
			if j > 0 {
				w -= sells[j-1]
			}
			net, total := torg.Energy(i-j), w
			if net > imports || -net > exports {
				continue
			}
			if net > 0 {
				total -= int64(net) * int64(b.Complex.Supplier.Sell)
			} else if net < 0 {
				total += int64(-net) * int64(b.Complex.Supplier.Buy)
			}
			if total > welfare || total == welfare && torg.Energy(i+j) > bought+sold {
				welfare, bought, sold = total, torg.Energy(i), torg.Energy(j)
			}
		}
	}
	return welfare, bought, sold
}

func TestWelfareIsTheOptimum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBook(t, false)
		for range 2 {
			o := clear(t, b)
			welfare, bought, sold := bestPossible(b)
			var gotBought, gotSold torg.Energy
			for _, h := range o.Shares {
				if h.Side == torg.Buy {
					gotBought = h.Accepted
				} else {
					gotSold = h.Accepted
				}
			}
			if o.Welfare.Big().Int64() != welfare || gotBought != bought || gotSold != sold {
				t.Fatalf("discovery %d: welfare %s with %d bought and %d sold, best is %d with %d and %d",
					b.Discovery, o.Welfare.Big(), gotBought, gotSold, welfare, bought, sold)
			}
			b = revise(t, b, o)
		}
	})
}

// Where the rules say which limit would have traded, it would have: one price step
// beyond it something is accepted, and one step before it nothing.
func TestWouldTradeTellsTheTruth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBook(t, false)
		o := clear(t, b)
		for _, u := range o.Unmatched {
			if !u.HasBest || u.Reason == torg.ReasonRationed {
				continue
			}
			i := slices.IndexFunc(b.Orders, func(x torg.Order) bool { return x.ID == u.Order })
			towards := torg.Price(1)
			if b.Orders[i].Side == torg.Sell {
				towards = -1
			}
			accepted := func(limit torg.Price) torg.Energy {
				again := b
				again.Orders = slices.Clone(b.Orders)
				again.Orders[i].Limit = limit
				for _, left := range clear(t, again).Unmatched {
					if left.Order == u.Order {
						return again.Orders[i].Energy - left.Energy
					}
				}
				return again.Orders[i].Energy
			}
			if accepted(u.WouldTrade+towards) == 0 {
				t.Fatalf("%+v: does not trade at %d either", u, u.WouldTrade+towards)
			}
			if before := u.WouldTrade - towards; (before-b.Orders[i].Limit)*towards >= 0 && accepted(before) > 0 && b.Orders[i].Limit != u.WouldTrade {
				t.Fatalf("%+v: trades at %d already", u, before)
			}
		}
	})
}

// Avoids that cannot be in each other's way leave everybody's energy as it is.
func TestAvoidingNobodyChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBook(t, false)
		want := clear(t, b)
		for i := range b.Orders {
			b.Orders[i].Avoid = []string{"nobody", ""}
		}
		if got := clear(t, b); !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v\nwith avoids %+v", want, got)
		}
	})
}

// Preferences change who trades with whom, never how much anyone gets inside.
func TestPreferencesLeaveEnergyAsItIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBook(t, true)
		with := clear(t, b)
		for i := range b.Orders {
			b.Orders[i].Prefer = nil
		}
		without := clear(t, b)
		if !reflect.DeepEqual(with.Shares, without.Shares) || !reflect.DeepEqual(with.Unmatched, without.Unmatched) ||
			!reflect.DeepEqual(with.Prices, without.Prices) {
			t.Fatalf("%+v\nwithout preferences %+v", with, without)
		}
	})
}
