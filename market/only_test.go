package market_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"torg"
	"torg/market"
)

// pickyBook is a book in one zone of orders of which some may meet some only.
func pickyBook(t *rapid.T) market.Book {
	b := market.Book{
		Complex: torg.Complex{Zones: []torg.ZoneID{"z1"}, Pricing: torg.Split, Supplier: &torg.Supplier{
			Participant: "supplier", Zone: "z1", Sell: 720_000, Buy: 110_000, Import: torg.Unlimited, Export: torg.Unlimited,
		}},
		Discovery: 1,
	}
	if rapid.Bool().Draw(t, "islanded") {
		b.Complex.Supplier = nil
	}
	names := []torg.ParticipantID{"a", "b", "c", "d", "e", "f"}
	for i, name := range names {
		side := torg.Buy
		if i%2 == 1 {
			side = torg.Sell
		}
		o := torg.Order{
			ID: torg.OrderID(name), Participant: name, Site: torg.SiteID(name), Zone: "z1", Discovery: 1, Side: side,
			Energy: torg.Energy(rapid.IntRange(1, 5).Draw(t, "energy")) * 1000,
			Limit:  torg.Price(rapid.IntRange(1, 8).Draw(t, "limit")) * 100_000,
		}
		if rapid.Bool().Draw(t, "picks") {
			o.Only = rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, 3, rapid.ID).Draw(t, "only")
		}
		b.Orders = append(b.Orders, o)
	}
	return b
}

// Nobody is contracted inside with anyone whom its order does not name, whatever the
// order of the book; and whoever recomputes the outcome from the orders finds it right.
func TestNobodyMeetsOthersThanItMay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := pickyBook(t)
		out, err := market.Clear(b)
		if err != nil {
			t.Fatal(err)
		}
		byID := map[torg.OrderID]torg.Order{}
		for _, o := range b.Orders {
			byID[o.ID] = o
		}
		for _, d := range out.Trades {
			if d.Round < 3 && (!byID[d.BuyOrder].May(d.Seller) || !byID[d.SellOrder].May(d.Buyer)) {
				t.Fatalf("%s buys from %s", d.Buyer, d.Seller)
			}
		}
		if err := market.Verify(b, out); err != nil {
			t.Fatal(err)
		}
		slices.Reverse(b.Orders)
		if again, err := market.Clear(b); err != nil || !reflect.DeepEqual(again, out) {
			t.Fatalf("the order of the book counts: %v", err)
		}
	})
}

// An order that may meet one only gets what that one has, and the supplier the rest.
func TestOnlyKeepsTheSupplier(t *testing.T) {
	order := func(name string, side torg.Side, e torg.Energy, limit torg.Price, only ...torg.ParticipantID) torg.Order {
		return torg.Order{ID: torg.OrderID(name), Participant: torg.ParticipantID(name), Site: torg.SiteID(name), Zone: "z1",
			Discovery: 1, Side: side, Energy: e, Limit: limit, Only: only}
	}
	b := market.Book{
		Complex: torg.Complex{Zones: []torg.ZoneID{"z1"}, Pricing: torg.Split, Supplier: &torg.Supplier{
			Participant: "supplier", Zone: "z1", Sell: 720_000, Buy: 110_000, Import: torg.Unlimited, Export: torg.Unlimited,
		}},
		Discovery: 1,
		Orders: []torg.Order{
			order("foundry", torg.Buy, 60_000, 800_000, "solar"),
			order("solar", torg.Sell, 40_000, 200_000),
			order("chp", torg.Sell, 20_000, 790_000),
		},
	}
	got := func() map[torg.ParticipantID]torg.Energy {
		out, err := market.Clear(b)
		if err != nil {
			t.Fatal(err)
		}
		from := map[torg.ParticipantID]torg.Energy{}
		for _, d := range out.Trades {
			if d.Buyer == "foundry" {
				from[d.Seller] += d.Energy
			}
		}
		return from
	}
	if from := got(); from["solar"] != 40_000 || from["supplier"] != 20_000 || len(from) != 2 {
		t.Errorf("foundry bought %v", from)
	}
	b.Orders[0].Only = []torg.ParticipantID{"chp"}
	if from := got(); from["solar"] != 0 {
		t.Errorf("foundry bought %v, it may meet chp only", from)
	}
	trade := torg.Trade{
		Round: 1, BuyOrder: "foundry", SellOrder: "solar", Buyer: "foundry", Seller: "solar",
		BuyerZone: "z1", SellerZone: "z1", Energy: 20_000, BuyerPrice: 700_000, SellerPrice: 700_000,
	}
	z := market.ZonePrice{Zone: "z1", Price: 720_000}
	h := market.Share{Zone: "z1", Side: torg.Buy, Accepted: 20_000, Inside: 20_000, Last: 800_000, LastAccepted: 20_000, LastOffered: 60_000}
	err := market.OwnPart(b.Complex, b.Orders[0], z, h, []torg.Trade{trade})
	if err == nil || !strings.Contains(err.Error(), "none of those that the order may meet") {
		t.Errorf("a trade with another passes: %v", err)
	}
	b.Orders[0].Only = []torg.ParticipantID{"solar"}
	if err := market.OwnPart(b.Complex, b.Orders[0], z, h, []torg.Trade{trade}); err != nil {
		t.Errorf("a trade with the one that it names: %v", err)
	}
}

// A list of partners that no order may have is refused.
func TestBadOnly(t *testing.T) {
	long := make([]torg.ParticipantID, torg.MaxPartners+1)
	for i := range long {
		long[i] = torg.ParticipantID(rune('a' + i))
	}
	for what, only := range map[string][]torg.ParticipantID{"twice": {"a", "a"}, "no id": {"@bank"}, "too many": long} {
		o := torg.Order{ID: "o", Participant: "p", Site: "s", Zone: "z1", Discovery: 1, Side: torg.Buy, Energy: 1, Only: only}
		_, err := market.Clear(market.Book{Complex: torg.Complex{Zones: []torg.ZoneID{"z1"}, Pricing: torg.Split}, Discovery: 1, Orders: []torg.Order{o}})
		if torg.RefusalOf(err) == "" || torg.RefusalOf(o.Valid()) == "" {
			t.Errorf("%s: %v, %v", what, err, o.Valid())
		}
	}
}
