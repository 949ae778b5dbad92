package market_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"torg"
	"torg/market"
)

func TestBooksThatAreRefused(t *testing.T) {
	ok := func() market.Book {
		b := oneZone(order("b", "buyer", torg.Buy, 10, 500_000), order("s", "seller", torg.Sell, 10, 300_000))
		b.Complex.Supplier = &torg.Supplier{Participant: "supplier", Zone: "z1", Sell: 720_000, Buy: 110_000, Import: 5, Export: 5}
		return b
	}
	if _, err := market.Clear(ok()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		spoil func(*market.Book)
		want  torg.Refusal
		says  string
	}{
		"no zone": {func(b *market.Book) { b.Complex.Zones = nil }, torg.ErrMalformed, "zones"},
		"a fee above all": {func(b *market.Book) {
			b.Complex.Zones = []torg.ZoneID{"z1", "z2"}
			b.Complex.Lines = []torg.Line{{From: "z1", To: "z2", Fee: torg.MaxPrice + 1}}
		}, torg.ErrMalformed, "lines[0]: fee"},
		"used more than any order": {func(b *market.Book) {
			b.Complex.Zones = []torg.ZoneID{"z1", "z2"}
			b.Complex.Lines = []torg.Line{{From: "z1", To: "z2", Capacity: 5}}
			b.Used.Lines = []torg.Energy{-1 << 63}
		}, torg.ErrTooLarge, "used: lines[0]"},
		"no pricing":            {func(b *market.Book) { b.Complex.Pricing = "" }, torg.ErrMalformed, "pricing"},
		"discovery 3":           {func(b *market.Book) { b.Discovery = 3 }, torg.ErrMalformed, "discovery 3"},
		"other discovery":       {func(b *market.Book) { b.Discovery = 2 }, torg.ErrMalformed, "order b: of discovery 1"},
		"quotes crossed":        {func(b *market.Book) { b.Complex.Supplier.Buy = 800_000 }, torg.ErrMalformed, "sell_price"},
		"quote too high":        {func(b *market.Book) { b.Complex.Supplier.Sell = torg.MaxPrice + 1 }, torg.ErrMalformed, "quotes"},
		"used both ways":        {func(b *market.Book) { b.Used = market.Usage{Import: 1, Export: 1} }, torg.ErrMalformed, "used"},
		"used less than none":   {func(b *market.Book) { b.Used.Import = -1 }, torg.ErrMalformed, "used"},
		"used too much":         {func(b *market.Book) { b.Used.Import = torg.MaxSessionEnergy + 1 }, torg.ErrTooLarge, "used"},
		"used no supplier":      {func(b *market.Book) { b.Used.Import, b.Complex.Supplier = 1, nil }, torg.ErrMalformed, "used"},
		"used lines":            {func(b *market.Book) { b.Used.Lines = []torg.Energy{1} }, torg.ErrMalformed, "lines"},
		"energy 0":              {func(b *market.Book) { b.Orders[0].Energy = 0 }, torg.ErrMalformed, "order b"},
		"energy too large":      {func(b *market.Book) { b.Orders[0].Energy = torg.MaxOrderEnergy + 1 }, torg.ErrMalformed, "order b"},
		"limit too high":        {func(b *market.Book) { b.Orders[0].Limit = torg.MaxPrice + 1 }, torg.ErrMalformed, "order b"},
		"no side":               {func(b *market.Book) { b.Orders[0].Side = 0 }, torg.ErrMalformed, "order b"},
		"same id":               {func(b *market.Book) { b.Orders[0].ID = "s" }, torg.ErrDuplicate, "order s"},
		"unknown zone":          {func(b *market.Book) { b.Orders[0].Zone = "z2" }, torg.ErrUnknown, `order b: unknown zone "z2"`},
		"another slot":          {func(b *market.Book) { b.Orders[1].Slot = 7 }, torg.ErrMalformed, "another slot"},
		"both sides":            {func(b *market.Book) { b.Orders[0].Participant = "seller" }, torg.ErrBothSides, "participant seller"},
		"order of the supplier": {func(b *market.Book) { b.Orders[0].Participant = "supplier" }, torg.ErrBothSides, "supplier"},
	} {
		t.Run(name, func(t *testing.T) {
			b := ok()
			c.spoil(&b)
			o, err := market.Clear(b)
			if torg.RefusalOf(err) != c.want || !strings.Contains(fmt.Sprint(err), c.says) {
				t.Fatalf("%v, want %s with %q", err, c.want, c.says)
			}
			if len(o.Trades) != 0 {
				t.Fatal("trades beside an error")
			}
			if market.Verify(b, o) == nil {
				t.Fatal("Verify accepts what Clear refuses")
			}
		})
	}
}

// A thousand of the largest orders at the most extreme limits: sums and products
// stay exact.
func TestTheLargestOrders(t *testing.T) {
	b := oneZone()
	b.Complex.Supplier = &torg.Supplier{Participant: "supplier", Zone: "z1", Sell: torg.MaxPrice, Buy: torg.MinPrice, Import: torg.Unlimited, Export: 1<<63 - 1}
	for i := range 1000 {
		party := fmt.Sprintf("p%d", i)
		b.Orders = append(b.Orders, order(party, party, torg.Buy, torg.MaxOrderEnergy, torg.MaxPrice))
	}
	b.Orders = append(b.Orders, order("s", "s", torg.Sell, torg.MaxOrderEnergy, torg.MinPrice))
	o := clear(t, b)
	if err := broken(b, o); err != nil {
		t.Fatal(err)
	}
	// 10^13 RUB of buyers and 10^10 of the seller, less 9.99 * 10^12 for the import
	if len(o.Trades) != 2000 || o.Import != 999*torg.MaxOrderEnergy || o.Welfare.String() != "20000000000" {
		t.Fatalf("%d trades, import %d, welfare %s", len(o.Trades), o.Import, o.Welfare)
	}
}

// FuzzClear reads a book from bytes: whatever it is, Clear refuses it with a reason
// or keeps every rule.
func FuzzClear(f *testing.F) {
	f.Add([]byte{1, 200, 50, 20, 10, 0, 1, 5, 1, 9, 0, 2, 4, 2, 3, 0})
	f.Add([]byte("the quick brown fox jumps over the lazy dog, then does it again"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		b := bookOf(data)
		o, err := market.Clear(b)
		if err != nil {
			if torg.RefusalOf(err) == "" {
				t.Fatalf("refused without a word: %v", err)
			}
			return
		}
		if err := broken(b, o); err != nil {
			t.Fatalf("%v\n%+v\n%+v", err, b, o)
		}
	})
}

func bookOf(data []byte) market.Book {
	next := func() int64 {
		if len(data) == 0 {
			return 0
		}
		v := int64(int8(data[0]))
		data = data[1:]
		return v
	}
	b := oneZone()
	if next()%2 == 1 {
		b.Complex.Supplier = &torg.Supplier{Participant: "supplier", Zone: "z1",
			Buy: torg.Price(next()), Sell: torg.Price(next()), Import: torg.Energy(next()), Export: torg.Energy(next())}
		b.Used.Import = torg.Energy(next())
	}
	words := []string{"", "sun", "coal", "p1", "p2", "supplier"}
	word := func() string { return words[uint8(next())%6] }
	for len(data) > 0 && len(b.Orders) < 40 {
		o := order(fmt.Sprintf("o%d", len(b.Orders)), fmt.Sprintf("p%d", next()), torg.Side(next()&3), torg.Energy(next()), torg.Price(next()))
		if len(data) >= 8 && next() == 77 {
			o.Energy = torg.Energy(binary.LittleEndian.Uint64(data[:8]))
		}
		o.Source = word()
		if w := word(); w != "" {
			o.Avoid = []string{w}
		}
		if w := word(); w != "" {
			o.Prefer = []string{w}
		}
		b.Orders = append(b.Orders, o)
	}
	return b
}
