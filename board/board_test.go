package board_test

import (
	"errors"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"torg"
	"torg/board"
)

var cal = torg.Calendar{Interval: 30 * time.Second}

func step(slots uint32, energy torg.Energy, price torg.Price) torg.Step {
	return torg.Step{Slots: slots, Energy: energy, Price: price}
}

func TestProfileHasOneForm(t *testing.T) {
	got := board.NewProfile(10, []torg.Step{step(2, 0, 7), step(1, 5, 1), step(0, 9, 9), step(2, 5, 1), step(3, 0, 4), step(1, 6, 1), step(4, 0, 0)})
	want := torg.Profile{First: 12, Steps: []torg.Step{step(3, 5, 1), step(3, 0, 0), step(1, 6, 1)}}
	if !reflect.DeepEqual(got, want) || got.Valid() != nil {
		t.Errorf("%+v (%v), want %+v", got, got.Valid(), want)
	}
	if nothing := board.NewProfile(10, []torg.Step{step(2, 0, 7)}); len(nothing.Steps) != 0 {
		t.Errorf("no energy is %+v", nothing)
	}
	if energy, cost := board.Total(got); energy != 21 || cost != torg.Energy(21).At(1) {
		t.Errorf("%d Wh for %s", energy, cost)
	}
	if part := board.Part(got, 14, 20, 4); !reflect.DeepEqual(part, torg.Profile{First: 14, Steps: []torg.Step{step(1, 4, 1), step(3, 0, 0), step(1, 4, 1)}}) {
		t.Errorf("at most 4 Wh from slot 14: %+v", part)
	}
}

func TestPower(t *testing.T) {
	for text, want := range map[string]int64{
		"400": 400_000, "400kW": 400_000, "400 квт": 400_000, "0,4 MW": 400_000, "1.5МВт": 1_500_000, "250W": 250, "0.001": 1, "10000 MW": 10_000_000_000,
		"": 0, "kW": 0, "-5kW": 0, "0": 0, "1,2345kW": 0, "1e3": 0, "1.": 0, ".5": 0, "10001MW": 0, "400 horses": 0, "12345678901234567890": 0,
	} {
		got, err := board.ParsePower(text)
		if got != want || (err != nil) != (want == 0) {
			t.Errorf("%q is %d W, %v", text, got, err)
		}
		if err != nil && !errors.Is(err, torg.ErrMalformed) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Power over slots keeps its energy to the watt-hour, in two steps at most, and what is
// said of the rounding is so.
func TestConstantKeepsEnergy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		watts := rapid.Int64Range(1, 10_000_000_000).Draw(t, "watts")
		slots := rapid.Int64Range(1, torg.MaxForwardSlots).Draw(t, "slots")
		interval := rapid.SampledFrom(torg.Intervals).Draw(t, "interval")
		p, r, err := board.Constant(interval, 100, 99+torg.Slot(slots), watts, 7)
		exact := new(big.Int).Mul(big.NewInt(watts), big.NewInt(slots*int64(interval/time.Second)))
		want, rest := new(big.Int).QuoRem(exact, big.NewInt(3600), new(big.Int))
		if err != nil {
			if want.Sign() > 0 && errors.Is(err, torg.ErrMalformed) {
				t.Fatal(err)
			}
			return
		}
		energy, _ := board.Total(p)
		if big.NewInt(int64(energy)).Cmp(want) != 0 || r.Lost != (rest.Sign() > 0) {
			t.Fatalf("%d Wh of %s, lost %t", energy, want, r.Lost)
		}
		if len(p.Steps) > 2 || p.Valid() != nil || r.Exact() != (r.More == 0 && rest.Sign() == 0) {
			t.Fatalf("%+v: %v", p, p.Valid())
		}
	})
}

func TestRoundingIsSaid(t *testing.T) {
	for watts, want := range map[int64]string{
		120_000: "1000 Wh in each of 3 slots, exactly",
		400_000: "3334 Wh in each of the first 1 slots and 3333 Wh in the other 2, which is the power exactly in all",
		400_050: "3334 Wh in each of the first 2 slots and 3333 Wh in the other 1, less than 1 Wh below the power in all",
	} {
		_, r, err := board.Constant(cal.Interval, 1, 3, watts, 0)
		if err != nil || r.String() != want {
			t.Errorf("%d W: %q, %v, want %q", watts, r, err, want)
		}
	}
}

func TestTimes(t *testing.T) {
	moscow, err := time.LoadLocation("Europe/Moscow")
	if err != nil {
		t.Fatal(err)
	}
	eight := time.Date(2026, 12, 1, 8, 0, 0, 0, moscow)
	for _, text := range []string{"2026-12-01T08:00", "2026-12-01 08:00", "2026-12-01T08:00:00+03:00", "2026-12-01T05:00:00Z", "20261201T050000Z", "01.12.2026 08:00"} {
		if got, err := board.ParseTime(text, moscow); err != nil || !got.Equal(eight) {
			t.Errorf("%q is %s, %v", text, got, err)
		}
	}
	first, last, err := board.Span(cal, "2026-12-01T08:00", "2026-12-01T08:01", moscow)
	if err != nil || first != cal.At(eight) || last != first+1 {
		t.Errorf("a minute is slots %d to %d, %v", first, last, err)
	}
	for _, bad := range [][2]string{{"", "2026-12-01T08:00"}, {"tomorrow", "2026-12-01T08:00"}, {"2026-12-01T08:00:10", "2026-12-01T09:00"}, {"2026-12-01T08:00", "2026-12-01T08:00"}, {"2026-12-01T09:00", "2026-12-01T08:00"}} {
		if _, _, err := board.Span(cal, bad[0], bad[1], moscow); !errors.Is(err, torg.ErrMalformed) {
			t.Errorf("from %q to %q: %v", bad[0], bad[1], err)
		}
	}
}

func TestCSV(t *testing.T) {
	const head = "slot_start,energy_wh,price,note\n"
	p, skipped, err := board.ReadCSV(strings.NewReader(head+"2026-12-01T08:00,500,\"4,8\",x\n2026-12-01T08:00:30,500,4.8,\n2026-12-01T08:02,7,5,\n"), cal, time.UTC)
	first := cal.At(time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC))
	want := torg.Profile{First: first, Steps: []torg.Step{step(2, 500, 480_000), step(2, 0, 0), step(1, 7, 500_000)}}
	if err != nil || !reflect.DeepEqual(p, want) || !reflect.DeepEqual(skipped, []string{"note"}) {
		t.Errorf("%+v, %v, %v", p, skipped, err)
	}
	for text, where := range map[string]string{
		"":                                   "line 1",
		"slot_start,energy_wh\n":             "no column price",
		"price,price,energy_wh,slot_start\n": "twice",
		head + "2026-12-01T08:00,x,1,\n":     "line 2, column energy_wh",
		head + "2026-12-01T08:00,-1,1,\n":    "line 2, column energy_wh",
		head + "2026-12-01T08:00,1,cheap,\n": "line 2, column price",
		head + "noon,1,1,\n":                 "line 2, column slot_start",
		head + "2026-12-01T08:00:07,1,1,\n":  "line 2, column slot_start",
		head + "2026-12-01T08:00,1,1,\n2026-12-01T08:00,1,1,\n": "line 3, column slot_start",
		head + "2026-12-01T08:00,1\n":                           "line 2",
		head:                                                    "0 steps",
	} {
		_, _, err := board.ReadCSV(strings.NewReader(text), cal, time.UTC)
		if err == nil || !strings.Contains(err.Error(), where) || strings.Contains(err.Error(), "\n") || !errors.Is(err, torg.ErrMalformed) {
			t.Errorf("%q: %v, want %q in it", text, err, where)
		}
	}
}

// What a form says is what it was made of.
func TestForms(t *testing.T) {
	p := torg.Profile{First: 1000, Steps: []torg.Step{step(2, 500, 480_001), step(1, 0, 0), step(1, 1, -7)}}
	at := time.Date(2026, 12, 1, 5, 0, 0, 0, time.UTC)
	o := torg.Offer{Site: "a-1", Number: 7, Participant: "a", Side: torg.Sell, Profile: p, Whole: true, Source: "chp", Expires: at}
	if got, err := board.OfferForm(cal, o).Read(cal); err != nil || !reflect.DeepEqual(got, o) {
		t.Errorf("%+v, %v", got, err)
	}
	c := torg.Forward{Proposer: torg.Buy, Number: 9, Offer: o.ID(), Buyer: "b", Seller: "a", BuyerSite: "b-1", SellerSite: "a-1", Profile: p, MaxFee: 27_000, Source: "chp", SignBy: at}
	if got, err := board.ContractForm(cal, c).Read(cal); err != nil || !reflect.DeepEqual(got, c) {
		t.Errorf("%+v, %v", got, err)
	}
	for what, spoil := range map[string]func(*board.ContractTerms){
		"proposer":    func(f *board.ContractTerms) { f.Proposer = "both" },
		"first":       func(f *board.ContractTerms) { f.First = f.First.Add(time.Second) },
		"price":       func(f *board.ContractTerms) { f.Steps[0].Price = "cheap" },
		"no steps":    func(f *board.ContractTerms) { f.Steps = nil },
		"max_fee":     func(f *board.ContractTerms) { f.MaxFee = "0.0000001" },
		"part second": func(f *board.ContractTerms) { f.SignBy = f.SignBy.Add(time.Millisecond) },
	} {
		f := board.ContractForm(cal, c)
		spoil(&f)
		if _, err := f.Read(cal); !errors.Is(err, torg.ErrMalformed) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
