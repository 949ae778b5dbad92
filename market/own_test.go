package market_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"torg"
	"torg/market"
)

// own is what the party of an order sees of an outcome.
func own(o market.Outcome, x torg.Order) (z market.ZonePrice, h market.Share, trades []torg.Trade) {
	if len(o.Prices) > 0 {
		z = o.Prices[0]
	}
	for _, s := range o.Shares {
		if s.Side == x.Side {
			h = s
		}
	}
	for _, t := range o.Trades {
		if t.BuyOrder == x.ID || t.SellOrder == x.ID {
			trades = append(trades, t)
		}
	}
	return z, h, trades
}

func TestEveryPartyFindsItsPartRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBook(t, rapid.Bool().Draw(t, "wishes"))
		o := clear(t, b)
		if err := market.Verify(b, o); err != nil {
			t.Fatal(err)
		}
		for _, x := range b.Orders {
			z, h, trades := own(o, x)
			if err := market.OwnPart(b.Complex, x, z, h, trades); err != nil {
				t.Fatalf("%v\n%+v", err, o)
			}
		}
	})
}

// wrongs are ways to cheat the foundry in the session of TestAPartyFindsWhatIsWrong.
var wrongs = map[string]struct {
	cheat func(z *market.ZonePrice, h *market.Share, trades *[]torg.Trade)
	says  string
}{
	"beyond the limit":  {func(_ *market.ZonePrice, _ *market.Share, x *[]torg.Trade) { (*x)[0].BuyerPrice = 950_001 }, "beyond the limit"},
	"unfair split":      {func(_ *market.ZonePrice, _ *market.Share, x *[]torg.Trade) { (*x)[0].BuyerPrice = 720_001 }, "half of the gain"},
	"supplier too dear": {func(_ *market.ZonePrice, _ *market.Share, x *[]torg.Trade) { (*x)[1].BuyerPrice = 730_000 }, "the zone's is 7.2"},
	"another quote":     {func(_ *market.ZonePrice, _ *market.Share, x *[]torg.Trade) { (*x)[1].SellerPrice = 710_000 }, "not the supplier's quote"},
	"another supplier":  {func(_ *market.ZonePrice, _ *market.Share, x *[]torg.Trade) { (*x)[1].Seller = "chp" }, "not the supplier"},
	"another's trade":   {func(_ *market.ZonePrice, _ *market.Share, x *[]torg.Trade) { (*x)[0].BuyOrder = "mill" }, "not a trade of this order"},
	"round 4":           {func(_ *market.ZonePrice, _ *market.Share, x *[]torg.Trade) { (*x)[0].Round = 4 }, "no round 4"},
	"too much":          {func(_ *market.ZonePrice, _ *market.Share, x *[]torg.Trade) { (*x)[0].Energy = 81 }, "more than its 80"},
	"trade twice":       {func(_ *market.ZonePrice, _ *market.Share, x *[]torg.Trade) { *x = append(*x, (*x)[0]) }, "more than its 80"},
	"too little":        {func(_ *market.ZonePrice, _ *market.Share, x *[]torg.Trade) { (*x)[1].Energy-- }, "79 of 80 Wh"},
	"left out":          {func(_ *market.ZonePrice, _ *market.Share, x *[]torg.Trade) { *x = nil }, "0 of 80 Wh"},
	"too little inside": {func(_ *market.ZonePrice, _ *market.Share, x *[]torg.Trade) { (*x)[0].Energy -= 5; (*x)[1].Energy += 5 }, "35 of 80 Wh inside"},
	"another zone":      {func(z *market.ZonePrice, _ *market.Share, _ *[]torg.Trade) { z.Zone = "z2" }, "another zone's"},
	"the other side":    {func(_ *market.ZonePrice, h *market.Share, _ *[]torg.Trade) { h.Side = torg.Sell }, "another zone's"},
	"not at the margin": {func(_ *market.ZonePrice, h *market.Share, _ *[]torg.Trade) { h.Last = 960_000 }, "beyond the margin"},
	"margin not shared": {func(_ *market.ZonePrice, h *market.Share, _ *[]torg.Trade) {
		h.Last, h.LastOffered, h.LastAccepted = 950_000, 100, 50
	}, "at the margin"},
	"margin and price":     {func(_ *market.ZonePrice, h *market.Share, _ *[]torg.Trade) { h.Last = 710_000 }, "accepted at price 7.2"},
	"shares without sense": {func(_ *market.ZonePrice, h *market.Share, _ *[]torg.Trade) { h.Inside = -1 << 62 }, "inside"},
}

func TestAPartyFindsWhatIsWrong(t *testing.T) {
	b := oneZone(order("foundry", "foundry", torg.Buy, 80, 950_000), order("mill", "mill", torg.Buy, 40, 720_000),
		order("chp", "chp", torg.Sell, 60, 420_000))
	b.Complex.Supplier = &torg.Supplier{Participant: "supplier", Zone: "z1", Sell: 720_000, Buy: 110_000, Import: torg.Unlimited}
	o := clear(t, b)
	z, h, trades := own(o, b.Orders[0])
	if err := market.OwnPart(b.Complex, b.Orders[0], z, h, trades); err != nil || len(trades) != 2 {
		t.Fatal(err, trades)
	}
	for name, w := range wrongs {
		t.Run(name, func(t *testing.T) {
			z, h, trades := z, h, slices.Clone(trades)
			w.cheat(&z, &h, &trades)
			if err := market.OwnPart(b.Complex, b.Orders[0], z, h, trades); err == nil || !strings.Contains(err.Error(), w.says) {
				t.Fatalf("%v, want %q", err, w.says)
			}
		})
	}
	shunning := b.Orders[0]
	shunning.Avoid = []string{"chp"}
	if err := market.OwnPart(b.Complex, shunning, z, h, trades); err == nil || !strings.Contains(err.Error(), "avoids") {
		t.Fatal(err)
	}
	uniform := b.Complex
	uniform.Pricing = torg.Uniform
	if err := market.OwnPart(uniform, b.Orders[0], z, h, trades); err == nil {
		t.Fatal("a split price passes where prices are uniform")
	}
}

func TestVerifyFindsEveryDifference(t *testing.T) {
	b := oneZone(order("b", "b", torg.Buy, 80, 950_000), order("b2", "b2", torg.Buy, 80, 20_000), order("s", "s", torg.Sell, 60, 420_000))
	b.Complex.Supplier = &torg.Supplier{Participant: "supplier", Zone: "z1", Sell: 720_000, Buy: 110_000, Import: 20}
	for name, change := range map[string]func(*market.Outcome){
		"discovery":        func(o *market.Outcome) { o.Discovery++ },
		"prices":           func(o *market.Outcome) { o.Prices[0].Lowest-- },
		"shares":           func(o *market.Outcome) { o.Shares[1].Inside-- },
		"flows":            func(o *market.Outcome) { o.Flows = []market.Flow{{From: "z1", To: "z1", Energy: 1}} },
		"does not balance": func(o *market.Outcome) { o.Import-- },
		"export of 1 Wh":   func(o *market.Outcome) { o.Export++ },
		"import full":      func(o *market.Outcome) { o.ImportFull = false },
		"export full":      func(o *market.Outcome) { o.ExportFull = true },
		"full zones":       func(o *market.Outcome) { o.FullZones = nil },
		"trades: [1]":      func(o *market.Outcome) { o.Trades[1].BuyerPrice++ },
		"trades: 3":        func(o *market.Outcome) { o.Trades = append(o.Trades, o.Trades[0]) },
		"unmatched":        func(o *market.Outcome) { o.Unmatched[0].Reason = torg.ReasonAvoided },
		"welfare":          func(o *market.Outcome) { o.Welfare = o.Network },
		"network":          func(o *market.Outcome) { o.Network = o.Welfare },
		"import used":      func(o *market.Outcome) { o.Used.Import = 0 },
		"export used":      func(o *market.Outcome) { o.Used.Export = 1 },
		"lines used":       func(o *market.Outcome) { o.Used.Lines = []torg.Energy{1} },
	} {
		o := clear(t, b)
		change(&o)
		if err := market.Verify(b, o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
