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

// verify is what a validator does with an outcome that it did not compute.
func verify(b market.Book, o market.Outcome) error { return market.Verify(b, o) }

// Whatever is changed in an outcome, wherever, the verifier notices.
func TestAnyDamageIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawZones(t, rapid.IntRange(0, 3).Draw(t, "wishes") == 0)
		good := fmt.Sprintf("%+v", clear(t, b))
		for range 8 {
			o := clear(t, b)
			what := damage(t, &o)
			if bad := fmt.Sprintf("%+v", o); bad == good {
				continue
			}
			if err := verify(b, o); err == nil {
				t.Fatalf("not found: %s\nwas %s\nnow %+v\n%s", what, good, o, tellBook(b, o))
			}
		}
	})
}

// The outcome of another book, however close, is not taken for this one's, unless it
// keeps all its rules (energy over lines may have two ways of one length): what is
// accepted may be possible and well paid, but somebody would do better, shares are
// unequal or energy takes a detour.
func TestAnotherBooksOutcomeIsFound(t *testing.T) {
	refused := 0
	rapid.Check(t, func(t *rapid.T) {
		b := randomZones(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "book"), 0)))
		want := fmt.Sprintf("%+v", clear(t, b))
		for range 4 {
			other := b
			other.Orders, other.Complex.Lines = slices.Clone(b.Orders), slices.Clone(b.Complex.Lines)
			x := &other.Orders[rapid.IntRange(0, len(b.Orders)-1).Draw(t, "order")]
			l := &other.Complex.Lines[rapid.IntRange(0, len(b.Complex.Lines)-1).Draw(t, "line")]
			switch rapid.IntRange(0, 4).Draw(t, "change") {
			case 0:
				x.Limit += torg.Price(rapid.IntRange(-2, 2).Draw(t, "limit"))
			case 1:
				x.Energy = torg.Energy(rapid.Int64Range(1, int64(x.Energy)+3).Draw(t, "energy"))
			case 2:
				l.Fee++
			case 3:
				l.Capacity = torg.Energy(rapid.IntRange(0, 9).Draw(t, "capacity"))
			case 4: // another place in the order of zones and lines: other remainders, other ways
				slices.Reverse(other.Complex.Lines)
			}
			o := clear(t, other)
			slices.SortFunc(o.Flows, func(f, g market.Flow) int { return lineOf(b, f) - lineOf(b, g) })
			for i := range o.Used.Lines {
				o.Used.Lines[i] = 0
			}
			for _, f := range o.Flows {
				if i := lineOf(b, f); b.Complex.Lines[i].From == f.From {
					o.Used.Lines[i] = f.Energy
				} else {
					o.Used.Lines[i] = -f.Energy
				}
			}
			if fmt.Sprintf("%+v", o) == want {
				continue
			}
			if verify(b, o) != nil {
				refused++
			} else if err := faults(b, o); err != nil {
				t.Fatalf("taken: %v\n%s\nthe right one is %s", err, tellBook(b, o), want)
			}
		}
	})
	if refused == 0 {
		t.Fatal("no other outcome")
	}
}

// Equal sellers on two sides of a line share the buyer pro rata where the line has
// room; what they would get if it had less is refused.
func TestUnequalSharesAreFound(t *testing.T) {
	narrow := twoZones(12, order("a", "a", torg.Sell, 30, 3), inZ2(order("b", "b", torg.Sell, 10, 3)), inZ2(order("mill", "mill", torg.Buy, 20, 6)))
	wide := narrow
	wide.Complex.Lines = []torg.Line{{From: "z1", To: "z2", Capacity: 20}}
	if err := verify(wide, clear(t, narrow)); err == nil {
		t.Fatal("12 and 8 of 20 Wh pass for 15 and 5")
	}
}

// Energy sent round in a circle balances everywhere, and is found, whatever it costs.
func TestFlowInACircleIsFound(t *testing.T) {
	for _, fee := range []torg.Price{0, 1} {
		b := twoZones(torg.Unlimited, order("b", "b", torg.Buy, 10, 5), order("s", "s", torg.Sell, 10, 3))
		b.Complex.Zones = append(b.Complex.Zones, "z3")
		b.Complex.Lines = append(b.Complex.Lines, torg.Line{From: "z2", To: "z3", Capacity: 10}, torg.Line{From: "z3", To: "z1", Capacity: 10})
		for i := range b.Complex.Lines {
			b.Complex.Lines[i].Fee = fee
		}
		o := clear(t, b)
		for i, l := range b.Complex.Lines {
			o.Flows = append(o.Flows, market.Flow{From: l.From, To: l.To, Energy: 3})
			o.Used.Lines[i] = 3
			o.Welfare = o.Welfare.Sub(torg.Energy(3).At(fee))
		}
		if err := verify(b, o); err == nil {
			t.Fatal("not found")
		}
	}
}

// spots are the places of a value that can be damaged: single values and lists.
type spots struct {
	leaves, lists []reflect.Value
	names         map[reflect.Value]string
}

func (s *spots) walk(v reflect.Value, name string) {
	s.names[v] = name
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[torg.Cost]() {
			s.leaves = append(s.leaves, v)
			return
		}
		for i := range v.NumField() {
			s.walk(v.Field(i), name+"."+v.Type().Field(i).Name)
		}
	case reflect.Slice:
		s.lists = append(s.lists, v)
		for i := range v.Len() {
			s.walk(v.Index(i), fmt.Sprintf("%s[%d]", name, i))
		}
	default:
		s.leaves = append(s.leaves, v)
	}
}

// damage does one wrong thing to an outcome and says what.
func damage(t *rapid.T, o *market.Outcome) string {
	s := spots{names: map[reflect.Value]string{}}
	s.walk(reflect.ValueOf(o).Elem(), "outcome")
	leaf := rapid.SampledFrom(s.leaves).Draw(t, "leaf")
	list := rapid.SampledFrom(s.lists).Draw(t, "list")
	kind := rapid.SampledFrom([]string{"change", "change", "copy", "swap", "delete", "duplicate", "swap rows", "empty"}).Draw(t, "kind")
	if list.Len() == 0 && slices.Contains([]string{"delete", "swap rows"}, kind) {
		kind = "change"
	}
	switch kind {
	case "change":
		change(t, leaf)
	case "copy", "swap": // with another value of its kind
		alike := slices.DeleteFunc(slices.Clone(s.leaves), func(v reflect.Value) bool { return v.Type() != leaf.Type() })
		other := rapid.SampledFrom(alike).Draw(t, "other")
		old := reflect.ValueOf(leaf.Interface())
		leaf.Set(other)
		if kind == "swap" {
			other.Set(old)
		}
	default:
		return kind + " " + s.names[list] + " " + damageList(t, list, kind)
	}
	return kind + " " + s.names[leaf]
}

func change(t *rapid.T, v reflect.Value) {
	by := rapid.SampledFrom([]int64{1, -1, 1000, -1 << 40, -1 << 63}).Draw(t, "by")
	switch {
	case v.Type() == reflect.TypeFor[torg.Cost]():
		v.Set(reflect.ValueOf(v.Interface().(torg.Cost).Add(torg.Energy(by).At(1))))
	case v.Kind() == reflect.Bool:
		v.SetBool(!v.Bool())
	case v.Kind() == reflect.String:
		v.SetString(rapid.SampledFrom([]string{"", "z1", "o00", "o01", "buy0", "price", "no such"}).Draw(t, "word"))
	case v.CanInt():
		v.SetInt(v.Int() + by)
	default:
		v.SetUint(v.Uint() ^ 3)
	}
}

func damageList(t *rapid.T, list reflect.Value, kind string) string {
	rows := reflect.MakeSlice(list.Type(), list.Len(), list.Len())
	reflect.Copy(rows, list)
	i, j := 0, 0
	if n := list.Len(); n > 0 {
		i, j = rapid.IntRange(0, n-1).Draw(t, "row"), rapid.IntRange(0, n-1).Draw(t, "to")
	}
	switch {
	case kind == "delete":
		rows = reflect.AppendSlice(rows.Slice(0, i), rows.Slice(i+1, rows.Len()))
	case kind == "duplicate" && rows.Len() > 0:
		rows = reflect.Append(rows, rows.Index(i))
	case kind == "duplicate": // of a row that never was
		rows = reflect.Append(rows, reflect.Zero(list.Type().Elem()))
	case kind == "swap rows":
		row := reflect.ValueOf(rows.Index(i).Interface())
		rows.Index(i).Set(rows.Index(j))
		rows.Index(j).Set(row)
	default:
		rows = rows.Slice(0, 0)
	}
	list.Set(rows)
	return fmt.Sprint(i, " ", j)
}
