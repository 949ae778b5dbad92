package market_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"torg"
	"torg/market"
)

// rows puts a book into columns.
func rows(t rapid.TB, b market.Book) *market.Sheet {
	t.Helper()
	w, err := market.NewBuilder(b.Complex, b.Used, b.Discovery)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range b.Orders {
		if err := w.Add(row(x)); err != nil {
			t.Fatal(err)
		}
	}
	s, err := w.Sheet()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func row(x torg.Order) market.Row {
	return market.Row{ID: []byte(x.ID), Participant: []byte(x.Participant), Zone: []byte(x.Zone), Source: []byte(x.Source),
		Side: x.Side, Energy: x.Energy, Limit: x.Limit, Prefer: x.Prefer, Avoid: x.Avoid}
}

// A book in columns clears as the same book in orders does, to the last contract.
func TestColumnsClearAsOrdersDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawZones(t, rapid.Bool().Draw(t, "wishes"))
		o, s := clear(t, b), rows(t, b)
		r := s.Clear()
		if err := s.Verify(r); err != nil {
			t.Fatalf("%v\n%s", err, tellBook(b, o))
		}
		if !reflect.DeepEqual(r.Prices, o.Prices) || !reflect.DeepEqual(r.Shares, o.Shares) || !reflect.DeepEqual(r.Flows, o.Flows) ||
			r.Import != o.Import || r.Export != o.Export || r.Welfare != o.Welfare || r.Network != o.Network {
			t.Fatalf("%+v\n%s", r, tellBook(b, o))
		}
		if got, want := columns(s, r), contracts(o); !slices.Equal(got, want) {
			t.Fatalf("%v\nas orders %v\n%s", got, want, tellBook(b, o))
		}
		for i := range int32(s.Len()) {
			var want market.Unmatched
			for _, u := range o.Unmatched {
				if string(u.Order) == string(s.ID(i)) {
					want = u
				}
			}
			if rest, why := r.Left(i); rest != want.Energy || why != want.Reason {
				t.Fatalf("%s: %d left, %q; as orders %+v", s.ID(i), rest, why, want)
			}
		}
	})
}

func columns(s *market.Sheet, r *market.Result) (all []string) {
	id := func(i int32) string {
		if i < 0 {
			return ""
		}
		return string(s.ID(i))
	}
	for k, deals := range r.Rounds {
		for _, d := range deals {
			buyer, seller := r.DealPrices(k+1, d)
			all = append(all, fmt.Sprint(k+1, id(d.Buy), id(d.Sell), d.Energy, buyer, seller))
		}
	}
	return all
}

func contracts(o market.Outcome) (all []string) {
	for _, t := range o.Trades {
		all = append(all, fmt.Sprint(t.Round, string(t.BuyOrder), string(t.SellOrder), t.Energy, t.BuyerPrice, t.SellerPrice))
	}
	return all
}

// The rows of a sheet stand by id and say what was put in.
func TestSheetKeepsWhatWasPutIn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawZones(t, true)
		s := rows(t, b)
		if s.Len() != len(b.Orders) {
			t.Fatalf("%d rows of %d", s.Len(), len(b.Orders))
		}
		slices.SortFunc(b.Orders, func(x, y torg.Order) int { return slices.Compare([]byte(x.ID), []byte(y.ID)) })
		for k, x := range b.Orders {
			i := int32(k)
			if string(s.ID(i)) != string(x.ID) || s.Participant(i) != x.Participant || s.Side(i) != x.Side || s.Zone(i) != x.Zone ||
				s.Energy(i) != x.Energy || s.Limit(i) != x.Limit {
				t.Fatalf("row %d is not %+v", i, x)
			}
		}
	})
}

func TestRowsThatAreRefused(t *testing.T) {
	b := twoZones(10, order("a", "a", torg.Buy, 10, 5), order("s", "s", torg.Sell, 10, 3))
	b.Complex.Supplier = &torg.Supplier{Participant: "supplier", Zone: "z1", Sell: 7, Buy: 1, Import: torg.Unlimited}
	for name, c := range map[string]struct {
		field string
		spoil func(*market.Row)
		want  torg.Refusal
	}{
		"no id":            {"id", func(r *market.Row) { r.ID = nil }, torg.ErrMalformed},
		"a long id":        {"id", func(r *market.Row) { r.ID = make([]byte, 129) }, torg.ErrMalformed},
		"no side":          {"side", func(r *market.Row) { r.Side = 0 }, torg.ErrMalformed},
		"no energy":        {"energy", func(r *market.Row) { r.Energy = 0 }, torg.ErrMalformed},
		"less than none":   {"energy", func(r *market.Row) { r.Energy = -1 }, torg.ErrMalformed},
		"much energy":      {"energy", func(r *market.Row) { r.Energy = torg.MaxOrderEnergy + 1 }, torg.ErrMalformed},
		"a high limit":     {"limit", func(r *market.Row) { r.Limit = torg.MaxPrice + 1 }, torg.ErrMalformed},
		"a low limit":      {"limit", func(r *market.Row) { r.Limit = torg.MinPrice - 1 }, torg.ErrMalformed},
		"another zone":     {"zone", func(r *market.Row) { r.Zone = []byte("z3") }, torg.ErrUnknown},
		"both sides":       {"participant", func(r *market.Row) { r.Participant = []byte("s") }, torg.ErrBothSides},
		"the supplier":     {"participant", func(r *market.Row) { r.Participant = []byte("supplier") }, torg.ErrBothSides},
		"a long source":    {"source", func(r *market.Row) { r.Source = make([]byte, torg.MaxWord+1) }, torg.ErrMalformed},
		"many preferences": {"prefer", func(r *market.Row) { r.Prefer = make([]string, torg.MaxPreferences+1) }, torg.ErrMalformed},
		"many avoids":      {"avoid", func(r *market.Row) { r.Avoid = make([]string, torg.MaxPreferences+1) }, torg.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			w, err := market.NewBuilder(b.Complex, b.Used, 1)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range b.Orders {
				if err := w.Add(row(x)); err != nil {
					t.Fatal(err)
				}
			}
			bad := row(order("b", "b", torg.Buy, 10, 5))
			if c.spoil(&bad); true {
				err = w.Add(bad)
			}
			var field *market.FieldError
			if !errors.As(err, &field) || field.Field != c.field || torg.RefusalOf(err) != c.want {
				t.Fatalf("%v, want %s of %s", err, c.want, c.field)
			}
		})
	}
}

func TestTheSameIDTwiceNamesBothRows(t *testing.T) {
	w, err := market.NewBuilder(oneZone().Complex, market.Usage{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"c", "b", "a", "b", "c"} {
		if err := w.Add(row(order(id, id, torg.Buy, 1, 1))); err != nil {
			t.Fatal(err)
		}
	}
	var twice *market.DuplicateError
	if _, err := w.Sheet(); !errors.As(err, &twice) || torg.RefusalOf(err) != torg.ErrDuplicate ||
		!(twice.ID == "b" && twice.First == 1 && twice.Again == 3 || twice.ID == "c" && twice.First == 0 && twice.Again == 4) {
		t.Fatal(err)
	}
}
