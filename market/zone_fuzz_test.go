package market_test

import (
	"fmt"
	"testing"

	"torg"
	"torg/market"
)

// FuzzZones reads a book over a grid from bytes: whatever it is, Clear refuses it with a
// reason or keeps every rule, and the verifier agrees.
func FuzzZones(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x03\x00\x00\x01\x05\x01\x01\x02\xff\x00\x01\x05\x01\x0a\x09\x00\x01\x02\x04\x03\x00\x00\x00\x02\x01\x09\x08\x00\x00\x00"))
	f.Add([]byte("the quick brown fox jumps over the lazy dog, then does it again, and again, and once more in another zone"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b := zonesOf(data)
		o, err := market.Clear(b)
		if err != nil {
			if torg.RefusalOf(err) == "" {
				t.Fatalf("refused without a word: %v", err)
			}
			if verify(b, o) == nil {
				t.Fatal("the verifier takes what is refused")
			}
			return
		}
		if err := faults(b, o); err != nil {
			t.Fatalf("%v\n%s", err, tellBook(b, o))
		}
		if err := verify(b, o); err != nil {
			t.Fatalf("%v\n%s", err, tellBook(b, o))
		}
	})
}

// zonesOf takes one byte a value; what is left out is 0. Most books are legal.
func zonesOf(data []byte) market.Book {
	next := func() int64 {
		if len(data) == 0 {
			return 0
		}
		v := int64(int8(data[0]))
		data = data[1:]
		return v
	}
	pick := func(n int) int { return int(uint8(next())) % n }
	energy := func() torg.Energy { // -1: without limit, where that is legal
		v := next()
		if v < -1 {
			v = -v
		}
		return torg.Energy(v)
	}
	b := oneZone()
	c := &b.Complex
	c.Pricing = []torg.Pricing{torg.Split, torg.Uniform}[pick(2)]
	for k := range pick(6) {
		c.Zones = append(c.Zones, torg.ZoneID(fmt.Sprintf("z%d", k+2)))
	}
	zone := func() torg.ZoneID { return c.Zones[pick(len(c.Zones))] }
	b.Discovery = 1 + pick(2)
	joined := map[[2]torg.ZoneID]bool{}
	for range pick(10) {
		l := torg.Line{From: zone(), To: zone(), Capacity: energy(), Fee: torg.Price(pick(100))}
		if ends := [2]torg.ZoneID{min(l.From, l.To), max(l.From, l.To)}; l.From != l.To && !joined[ends] {
			joined[ends] = true
			c.Lines = append(c.Lines, l)
			if b.Discovery == 2 {
				b.Used.Lines = append(b.Used.Lines, torg.Energy(next()))
			}
		}
	}
	if pick(2) == 1 {
		c.Supplier = &torg.Supplier{Participant: "supplier", Zone: zone(), Buy: torg.Price(next()), Import: energy(), Export: energy()}
		c.Supplier.Sell = c.Supplier.Buy + torg.Price(pick(40))
		b.Used.Import = torg.Energy(pick(9))
	}
	words := []string{"", "", "", "sun", "coal", "buy1", "sell2", "supplier"}
	for len(data) > 0 && len(b.Orders) < 30 {
		side := torg.Side(1 + pick(2))
		o := order(fmt.Sprintf("o%02d", len(b.Orders)), fmt.Sprintf("%s%d", side, pick(40)), side, energy(), torg.Price(next()))
		o.Zone, o.Discovery, o.Source = zone(), b.Discovery, words[pick(5)]
		if w := words[pick(len(words))]; w != "" {
			o.Avoid = []string{w}
		}
		if w := words[pick(len(words))]; w != "" {
			o.Prefer = []string{w}
		}
		b.Orders = append(b.Orders, o)
	}
	return b
}
