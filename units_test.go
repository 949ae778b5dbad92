package torg

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPricesAreRead(t *testing.T) {
	for text, want := range map[string]Price{
		"7.2": 720000, "7,2": 720000, "0.00001": 1, "-0.00001": -1, "1000": MaxPrice, "-1000": MinPrice,
		"+1": 100000, "0": 0, "00.50000": 50000,
	} {
		if got, err := ParsePrice(text); err != nil || got != want {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", ".", "-", "1.", ".5", "1.000001", "1e3", "1 000", "0x1", "1000.00001", "-1000.00001", "NaN", "Inf",
		"1.2.3", "--1", "1-", "99999999999999999999", "７",
	} {
		if got, err := ParsePrice(text); err == nil {
			t.Errorf("%q is read as %d", text, got)
		}
	}
}

func TestNumbersArePrinted(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Price(455000).String(), "4.55"}, {Price(-1).String(), "-0.00001"}, {Price(0).String(), "0"},
		{MinPrice.String(), "-1000"}, {Energy(1500).String(), "1.5 kWh"}, {Energy(-1).String(), "-0.001 kWh"},
		{Money(-5).String(), "-0.05"}, {Money(123456).String(), "1234.56"},
		{Energy(1).At(1).String(), "0.00000001"}, {Energy(1000).At(-720000).String(), "-7.2"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestTextComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Price(rapid.Int64Range(int64(MinPrice), int64(MaxPrice)).Draw(t, "price"))
		if back, err := ParsePrice(p.String()); err != nil || back != p {
			t.Fatalf("price %d became %d, %v", p, back, err)
		}
		c := anyCost(t, "cost")
		if back, err := ParseCost(c.String()); err != nil || back != c {
			t.Fatalf("cost %s became %s, %v", c, back, err)
		}
		m := Money(rapid.Int64Range(-1<<55, 1<<55).Draw(t, "money"))
		if back, err := ParseMoney(m.String()); err != nil || back != m {
			t.Fatalf("money %d became %d, %v", m, back, err)
		}
	})
}

func anyCost(t *rapid.T, name string) Cost {
	e := Energy(rapid.Int64Range(-int64(MaxSessionEnergy), int64(MaxSessionEnergy)).Draw(t, name+" energy"))
	p := Price(rapid.Int64Range(int64(MinPrice), int64(MaxPrice)).Draw(t, name+" price"))
	return e.At(p)
}

// Costs are held against big integers.
func TestCostIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e, p := rapid.Int64().Draw(t, "e"), rapid.Int64().Draw(t, "p")
		c := Energy(e).At(Price(p))
		if want := new(big.Int).Mul(big.NewInt(e), big.NewInt(p)); c.Big().Cmp(want) != 0 {
			t.Fatalf("%d x %d = %s, want %s", e, p, c.Big(), want)
		}
		a, b := anyCost(t, "a"), anyCost(t, "b")
		if want := new(big.Int).Sub(a.Big(), b.Big()); a.Sub(b).Big().Cmp(want) != 0 {
			t.Fatalf("%s - %s = %s", a, b, a.Sub(b))
		}
		if a.Cmp(b) != a.Big().Cmp(b.Big()) || a.Sign() != a.Big().Sign() {
			t.Fatalf("%s and %s compare wrongly", a, b)
		}
		hi, lo := a.Bits()
		if CostFromBig(a.Big()) != a || CostFromBits(hi, lo) != a {
			t.Fatalf("%s does not come back", a)
		}
		if smaller := MinCost(a, b); smaller.Cmp(a) > 0 || smaller.Cmp(b) > 0 {
			t.Fatalf("min(%s, %s) = %s", a, b, smaller)
		}
	})
}

func TestOverflowPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an overflow went unnoticed")
		}
	}()
	c := CostFromBits(1<<63-1, 0)
	c.Add(c)
}

func TestRoundingIsHalfAwayFromZero(t *testing.T) {
	for text, want := range map[string]Money{
		"0.005": 1, "-0.005": -1, "0.00499999": 0, "-0.00499999": 0, "1.995": 200, "2": 200,
	} {
		c, err := ParseCost(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Round(); got != want {
			t.Errorf("%s rounds to %d, want %d", text, got, want)
		}
	}
}

func TestBadAmounts(t *testing.T) {
	for _, text := range []string{"", "-", "1.123456789", "a", "1.-5", "1e5", ".5", strings.Repeat("9", 31)} {
		if c, err := ParseCost(text); err == nil {
			t.Errorf("cost %q is read as %s", text, c)
		}
	}
	for _, text := range []string{"", "1.234", "1,2,3", "99999999999999999999"} {
		if m, err := ParseMoney(text); err == nil {
			t.Errorf("money %q is read as %s", text, m)
		}
	}
}

func TestMidpointRoundsDown(t *testing.T) {
	for _, c := range [][3]Price{{1, 2, 1}, {-1, -2, -2}, {-3, 2, -1}, {4, 4, 4}} {
		if got := Midpoint(c[0], c[1]); got != c[2] {
			t.Errorf("midpoint of %d and %d is %d, want %d", c[0], c[1], got, c[2])
		}
	}
}

func TestSharesAreProRata(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Map(rapid.Int64Range(0, 1e10), func(v int64) Energy { return Energy(v) }), 1, 9).Draw(t, "weights")
		var sum Energy
		for _, w := range weights {
			sum += w
		}
		total := Energy(rapid.Int64Range(0, int64(sum)).Draw(t, "total"))
		var given Energy
		costs := make([]Cost, len(weights))
		for i, s := range ApportionEnergy(total, weights) {
			given += s
			costs[i] = weights[i].At(1)
			exact := new(big.Int).Mul(big.NewInt(int64(total)), big.NewInt(int64(weights[i])))
			if sum > 0 {
				exact.Quo(exact, big.NewInt(int64(sum)))
			}
			if d := int64(s) - exact.Int64(); d < 0 || d > 1 || s > weights[i] {
				t.Fatalf("share %d of weight %d is off by %d", s, weights[i], d)
			}
		}
		if given != total {
			t.Fatalf("%d of %d given", given, total)
		}
		for i, c := range ApportionCost(total.At(1), costs) {
			if c != ApportionEnergy(total, weights)[i].At(1) {
				t.Fatalf("cost and energy are shared differently at %d", i)
			}
		}
	})
}

func TestLargestRemainderThenFirst(t *testing.T) {
	got := ApportionEnergy(2, []Energy{1, 1, 1})
	if got[0] != 1 || got[1] != 1 || got[2] != 0 {
		t.Errorf("equal weights: %v", got)
	}
	got = ApportionEnergy(10, []Energy{3, 6, 6})
	if got[0] != 2 || got[1] != 4 || got[2] != 4 {
		t.Errorf("weights 3, 6, 6: %v", got)
	}
}
