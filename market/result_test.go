package market_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"

	"torg"
	"torg/market"
)

// aSheet is a book over three zones with a full line, imports, rounds 1 to 3, a margin
// that is shared and orders that are left.
func aSheet(t testing.TB, wishes bool) *market.Sheet {
	b := twoZones(5, order("b1", "b1", torg.Buy, 9, 20), order("b2", "b2", torg.Buy, 8, 20), order("b3", "b3", torg.Buy, 4, 2),
		order("s1", "s1", torg.Sell, 6, 1), order("s2", "s2", torg.Sell, 2, 1),
		inZ2(order("s3", "s3", torg.Sell, 4, 1)), inZ2(order("s4", "s4", torg.Sell, 5, 1)), inZ2(order("s5", "s5", torg.Sell, 5, 19)))
	b.Complex.Zones = append(b.Complex.Zones, "z3")
	b.Complex.Lines = append(b.Complex.Lines, torg.Line{From: "z2", To: "z3", Capacity: 3})
	b.Complex.Supplier = &torg.Supplier{Participant: "supplier", Zone: "z1", Sell: 9, Buy: 0, Import: 3, Export: 10}
	if wishes {
		b.Orders[0].Avoid, b.Orders[0].Prefer = []string{"s1", "supplier"}, []string{"s4"}
	}
	s, err := market.NewSheet(b)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Whatever is changed in what a result publishes, wherever, the verifier notices.
func TestAnyDamagedResultIsFound(t *testing.T) {
	for _, wishes := range []bool{false, true} {
		s := aSheet(t, wishes)
		n := 0
		for i := 0; ; i++ {
			r := s.Clear()
			if err := s.Verify(r); err != nil {
				t.Fatal(err)
			}
			at, name := i, ""
			if !damageLeaf(reflect.ValueOf(r).Elem(), &at, &name) {
				break
			}
			n++
			if err := s.Verify(r); err == nil {
				t.Errorf("not found: %s", name)
			}
		}
		if n < 60 {
			t.Errorf("only %d places were damaged", n)
		}
	}
}

// damageLeaf changes the at-th exported number, word or yes and no under v.
func damageLeaf(v reflect.Value, at *int, name *string) bool {
	switch v.Kind() {
	case reflect.Struct:
		if c, is := v.Addr().Interface().(*torg.Cost); is {
			if *at--; *at < 0 {
				*c = c.Add(torg.Energy(1).At(1))
			}
			return *at < 0
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				was := *name
				*name = was + "." + f.Name
				if damageLeaf(v.Field(i), at, name) {
					return true
				}
				*name = was
			}
		}
		return false
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			was := *name
			*name = fmt.Sprintf("%s[%d]", was, i)
			if damageLeaf(v.Index(i), at, name) {
				return true
			}
			*name = was
		}
		return false
	}
	if *at--; *at >= 0 {
		return false
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Uint8:
		v.SetUint(3 - v.Uint())
	default:
		v.SetInt(v.Int() + 1)
	}
	return true
}

func TestAResultOfAnotherBookIsRefused(t *testing.T) {
	s := aSheet(t, false)
	empty, err := market.NewSheet(oneZone())
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]*market.Result{"none": nil, "zero": {}, "empty book's": empty.Clear()} {
		if err := s.Verify(r); !errors.Is(err, torg.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := empty.Verify(&market.Result{}); !errors.Is(err, torg.ErrMalformed) {
		t.Errorf("zero result of an empty book: %v", err)
	}
	if err := empty.Verify(empty.Clear()); err != nil {
		t.Errorf("an empty book's own: %v", err)
	}
	other, err := market.NewSheet(oneZone(order("b2", "b2", torg.Buy, 1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	mine, err := market.NewSheet(oneZone(order("b1", "b1", torg.Buy, 1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if err := mine.Verify(other.Clear()); !errors.Is(err, torg.ErrMalformed) {
		t.Errorf("other ids: %v", err)
	}
}

// A sheet is only read: it clears for several at once, and always the same.
func TestASheetClearsForSeveralAtOnce(t *testing.T) {
	for _, wishes := range []bool{false, true} {
		s := aSheet(t, wishes)
		want := s.Clear().Outcome()
		outcomes := make([]market.Outcome, 8)
		var group sync.WaitGroup
		for i := range outcomes {
			group.Go(func() { outcomes[i] = s.Clear().Outcome() })
		}
		group.Wait()
		if i := slices.IndexFunc(outcomes, func(o market.Outcome) bool { return !reflect.DeepEqual(o, want) }); i >= 0 {
			t.Errorf("%+v\nand %+v", outcomes[i], want)
		}
	}
}

func TestABuilderThatHandedOutItsSheetTakesNothing(t *testing.T) {
	b, err := market.NewBuilder(oneZone().Complex, market.Usage{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	row := market.Row{ID: []byte("a"), Participant: []byte("p"), Zone: []byte("z1"), Side: torg.Buy, Energy: 1}
	if err := b.Add(row); err != nil {
		t.Fatal(err)
	}
	s, err := b.Sheet()
	if err != nil {
		t.Fatal(err)
	}
	row.ID = []byte("b")
	if err := b.Add(row); err == nil {
		t.Error("it takes another order")
	}
	if again, err := b.Sheet(); err == nil || again != nil {
		t.Error("it hands out another sheet")
	}
	if s.Len() != 1 || string(s.ID(0)) != "a" {
		t.Errorf("the sheet has changed: %d orders", s.Len())
	}
}
