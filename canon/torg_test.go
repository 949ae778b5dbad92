package canon

import (
	"bytes"
	"encoding/hex"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"torg"
)

var (
	order = torg.Order{
		ID: "o-1", Participant: "foundry", Site: "foundry-1", Zone: "z1",
		Slot: 59_000_001, Discovery: 1, Sequence: 2, Side: torg.Sell,
		Energy: 40_000, Limit: -310_000, Source: "solar", Prefer: []string{"solar", "chp"}, Avoid: []string{"north"},
	}
	contract = torg.Contract{
		ID: "20261122T143030Z-1-00007", Slot: 59_000_001, Discovery: 1,
		Trade: torg.Trade{
			Round: 3, BuyOrder: "o-1", Buyer: "foundry", Seller: "supplier", BuyerSite: "foundry-1",
			BuyerZone: "z1", SellerZone: "z2", Energy: 1, BuyerPrice: 720_000, SellerPrice: -1,
		},
	}
	mandate = torg.Mandate{
		Participant: "foundry", Site: "foundry-1", AgentKey: torg.Fingerprint{1, 2, 31: 3},
		Limits:  torg.Limits{Buy: true, MaxEnergy: 500_000, MaxBuy: 720_000, MinSell: torg.MinPrice, DailySpend: 10_000_00},
		Expires: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	reading = torg.Reading{Site: "foundry-1", Slot: 59_000_001, Energy: -40_000, Quality: torg.Derived}
)

func comesBack[T any](t *testing.T, v T, write func(*Writer, T), read func(*Reader) T) {
	t.Helper()
	b := Encode(write, v)
	got, err := Decode(b, read)
	if err != nil || !reflect.DeepEqual(got, v) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, v)
	}
	for n := range b {
		if got, err := Decode(b[:n], read); err == nil || !reflect.ValueOf(got).IsZero() {
			t.Errorf("%T: the first %d of %d bytes were read as %+v, %v", v, n, len(b), got, err)
		}
	}
	if _, err := Decode(append(bytes.Clone(b), 0), read); err == nil {
		t.Errorf("%T: a byte too many was read", v)
	}
	b[0] = 9
	if _, err := Decode(b, read); err == nil || !strings.Contains(err.Error(), "version") {
		t.Errorf("%T: another version was read: %v", v, err)
	}
}

func TestTorgValuesComeBack(t *testing.T) {
	comesBack(t, order, AppendOrder, ReadOrder)
	comesBack(t, contract, AppendContract, ReadContract)
	comesBack(t, mandate, AppendMandate, ReadMandate)
	comesBack(t, reading, AppendReading, ReadReading)
	comesBack(t, picky(), AppendOrder, ReadOrder)
	comesBack(t, limited(), AppendMandate, ReadMandate)
}

// picky is an order that names whom alone it may meet, limited a mandate that does.
func picky() torg.Order {
	o := order
	o.Only = []torg.ParticipantID{"chp", "solar"}
	return o
}

func limited() torg.Mandate {
	m := mandate
	m.Limits.Partners = []torg.ParticipantID{"chp", "solar"}
	return m
}

// A value without a list of partners has the form it had before there were any, and no
// other.
func TestPartnersHaveOneForm(t *testing.T) {
	for what, b := range map[string][]byte{"order": Encode(AppendOrder, order), "mandate": Encode(AppendMandate, mandate)} {
		if b[0] != 1 {
			t.Errorf("%s without partners of version %d", what, b[0])
		}
		second := append([]byte{2}, append(bytes.Clone(b[1:]), 0, 0, 0, 0)...)
		var err error
		if what == "order" {
			_, err = Decode(second, ReadOrder)
		} else {
			_, err = Decode(second, ReadMandate)
		}
		if err == nil || !strings.Contains(err.Error(), "without a list") {
			t.Errorf("%s with an empty list was read: %v", what, err)
		}
	}
	if b := Encode(AppendOrder, picky()); b[0] != 2 {
		t.Errorf("order with partners of version %d", b[0])
	}
	if b := Encode(AppendMandate, limited()); b[0] != 2 {
		t.Errorf("mandate with partners of version %d", b[0])
	}
}

// Every field of the four values is in the bytes: a changed field changes them.
func TestEveryFieldCounts(t *testing.T) {
	everyFieldCounts(t, order, AppendOrder)
	everyFieldCounts(t, contract, AppendContract)
	everyFieldCounts(t, mandate, AppendMandate)
	everyFieldCounts(t, reading, AppendReading)
}

func everyFieldCounts[T any](t *testing.T, v T, write func(*Writer, T)) {
	t.Helper()
	before := Encode(write, v)
	var walk func(path string, f reflect.Value)
	walk = func(path string, f reflect.Value) {
		old := reflect.New(f.Type()).Elem()
		old.Set(f)
		switch {
		case f.Type() == reflect.TypeFor[time.Time]():
			f.Set(reflect.ValueOf(f.Interface().(time.Time).Add(time.Second)))
		case f.Kind() == reflect.Struct:
			for i := range f.NumField() {
				walk(path+"."+f.Type().Field(i).Name, f.Field(i))
			}
			return
		case f.Kind() == reflect.Array:
			f.Index(f.Len() - 1).SetUint(f.Index(f.Len()-1).Uint() + 1)
		case f.Kind() == reflect.Slice:
			f.Set(reflect.Append(f, reflect.ValueOf("x").Convert(f.Type().Elem())))
		case f.Kind() == reflect.String:
			f.SetString(f.String() + "x")
		case f.Kind() == reflect.Bool:
			f.SetBool(!f.Bool())
		case f.CanInt():
			f.SetInt(f.Int() + math.MaxUint32 + 1) // past any narrower encoding
		case f.CanUint():
			f.SetUint(f.Uint() + 1)
		default:
			t.Fatalf("%s: a field of kind %s, which this test does not change", path, f.Kind())
		}
		if bytes.Equal(Encode(write, v), before) {
			t.Errorf("%s is not in the encoding", path)
		}
		f.Set(old)
	}
	walk(reflect.TypeFor[T]().Name(), reflect.ValueOf(&v).Elem())
}

// The form of a signed order is published: other programs write it byte by byte.
func TestOrderBytes(t *testing.T) {
	want := "01" + // version
		"00000003" + "6f2d31" + // o-1
		"00000007" + "666f756e647279" + // foundry
		"00000009" + "666f756e6472792d31" + // foundry-1
		"00000002" + "7a31" + // z1
		"00000000038444c1" + // slot 59000001
		"0000000000000001" + // discovery 1
		"00000002" + // sequence 2
		"02" + // sell
		"0000000000009c40" + // 40000 Wh
		"fffffffffffb4510" + // -3.1 RUB/kWh
		"00000005" + "736f6c6172" + // solar
		"00000002" + "00000005" + "736f6c6172" + "00000003" + "636870" + // solar, chp
		"00000001" + "00000005" + "6e6f727468" // north
	if got := hex.EncodeToString(Encode(AppendOrder, order)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTorgValuesRefused(t *testing.T) {
	long := strings.Repeat("x", MaxID+1)
	o := order
	o.Site = torg.SiteID(long)
	many := order
	many.Avoid = make([]string, torg.MaxPreferences+1)
	m := mandate
	m.Expires = m.Expires.Add(500 * time.Millisecond)
	v := reading
	v.Quality = "guessed"
	for _, c := range []struct {
		name, want string
		err        error
	}{
		{"a long site", "length 65 is over 64", refusal(Encode(AppendOrder, o), ReadOrder)},
		{"many preferences", "length 17 is over 16", refusal(Encode(AppendOrder, many), ReadOrder)},
		{"half a second", "2027-01-01T00:00:00.500Z is not in whole seconds", refusal(Encode(AppendMandate, m), ReadMandate)},
		{"a strange quality", `unknown quality "guessed"`, refusal(Encode(AppendReading, v), ReadReading)},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) || torg.RefusalOf(c.err) != torg.ErrMalformed {
			t.Errorf("%s: got %v, want %q", c.name, c.err, c.want)
		}
	}
}

func refusal[T any](b []byte, read func(*Reader) T) error {
	_, err := Decode(b, read)
	return err
}

// What can be read has one encoding: writing it again gives the same bytes.
func oneEncoding[T any](t *testing.T, b []byte, write func(*Writer, T), read func(*Reader) T) {
	v, err := Decode(b, read)
	if err != nil {
		if torg.RefusalOf(err) != torg.ErrMalformed {
			t.Fatalf("%v is no refusal", err)
		}
		return
	}
	if again := Encode(write, v); !bytes.Equal(again, b) {
		t.Fatalf("%T has two encodings:\n%x\n%x", v, b, again)
	}
}

func FuzzTorgValues(f *testing.F) {
	f.Add(Encode(AppendOrder, order))
	f.Add(Encode(AppendContract, contract))
	f.Add(Encode(AppendMandate, mandate))
	f.Add(Encode(AppendReading, reading))
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		oneEncoding(t, b, AppendOrder, ReadOrder)
		oneEncoding(t, b, AppendContract, ReadContract)
		oneEncoding(t, b, AppendMandate, ReadMandate)
		oneEncoding(t, b, AppendReading, ReadReading)
	})
}

func FuzzOrderComesBack(f *testing.F) {
	f.Add("o-1", "foundry", int64(59_000_001), 1, uint32(2), byte(2), int64(40_000), int64(-1), "solar")
	f.Add("", "\xff", int64(math.MinInt64), math.MaxInt, uint32(0), byte(255), int64(0), int64(math.MaxInt64), "")
	f.Fuzz(func(t *testing.T, id, party string, slot int64, discovery int, sequence uint32, side byte, energy, limit int64, word string) {
		o := torg.Order{
			ID: torg.OrderID(id), Participant: torg.ParticipantID(party), Slot: torg.Slot(slot), Discovery: discovery,
			Sequence: sequence, Side: torg.Side(side), Energy: torg.Energy(energy), Limit: torg.Price(limit),
			Prefer: []string{word}, Avoid: []string{party, word},
		}
		got, err := Decode(Encode(AppendOrder, o), ReadOrder)
		fits := len(id) <= MaxOrderID && len(party) <= MaxID && len(word) <= MaxID &&
			strings.ToValidUTF8(id+"|"+party+"|"+word, "?") == id+"|"+party+"|"+word
		if fits != (err == nil) {
			t.Fatalf("%+v: %v", o, err)
		}
		if err == nil && !reflect.DeepEqual(got, o) {
			t.Fatalf("got %+v, want %+v", got, o)
		}
	})
}

func BenchmarkOrder(b *testing.B) {
	buf := Encode(AppendOrder, order)
	b.Run("append", func(b *testing.B) {
		for b.Loop() {
			Encode(AppendOrder, order)
		}
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if _, err := Decode(buf, ReadOrder); err != nil {
				b.Fatal(err)
			}
		}
	})
}
