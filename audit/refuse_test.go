package audit

import (
	"slices"
	"strings"
	"testing"

	"torg"
	"torg/market"
)

// trade is a contract of one seller and one buyer, whose orders, sites and names are one word each.
func trade(round int, buyer, seller torg.OrderID, e torg.Energy, pays, gets torg.Price) torg.Trade {
	t := torg.Trade{Round: round, Energy: e, BuyerPrice: pays, SellerPrice: gets, Buyer: "supplier", Seller: "supplier"}
	if buyer != "" {
		t.BuyOrder, t.Buyer, t.BuyerSite = buyer, torg.ParticipantID(buyer), torg.SiteID(buyer)
	}
	if seller != "" {
		t.SellOrder, t.Seller, t.SellerSite = seller, torg.ParticipantID(seller), torg.SiteID(seller)
	}
	return t
}

func offer(id torg.OrderID, z torg.ZoneID, side torg.Side, e torg.Energy, limit torg.Price, avoid ...string) torg.Order {
	return torg.Order{ID: id, Participant: torg.ParticipantID(id), Site: torg.SiteID(id), Zone: z, Side: side, Energy: e, Limit: limit, Discovery: 1, Avoid: avoid}
}

// at makes prices by zone: "a 2, b 3".
func at(t *testing.T, text string) (list []market.ZonePrice) {
	for _, p := range strings.Split(text, ", ") {
		zone, value, _ := strings.Cut(p, " ")
		v, err := torg.ParsePrice("0.0000" + value)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, market.ZonePrice{Zone: torg.ZoneID(zone), Price: v})
	}
	return list
}

// TestWhatOneRuleRefuses: outcomes that look right but for the rules that are named.
// Prices are in the smallest unit.
func TestWhatOneRuleRefuses(t *testing.T) {
	const buy, sell = torg.Buy, torg.Sell
	free := torg.Line{Capacity: torg.Unlimited}
	line := func(from, to torg.ZoneID, fee torg.Price) torg.Line {
		l := free
		l.From, l.To, l.Fee = from, to, fee
		return l
	}
	quote := &torg.Supplier{Participant: "supplier", Zone: "a", Sell: 7, Buy: 3, Import: torg.Unlimited, Export: torg.Unlimited}
	hub := []torg.Line{line("a", "h", 0), line("b", "h", 0), line("h", "c", 0), line("h", "d", 0)}
	for _, c := range []struct {
		name    string
		zones   string
		lines   []torg.Line
		q       *torg.Supplier
		orders  []torg.Order
		outcome market.Outcome
		prices  string
		want    string // the checks that fail, by their beginnings
	}{
		{"imports what a participant offers at the same price", "a", nil, quote, []torg.Order{offer("s", "a", sell, 5, 7), offer("b", "a", buy, 5, 7)},
			market.Outcome{Trades: []torg.Trade{trade(3, "b", "", 5, 7, 7)}, Unmatched: []market.Unmatched{{Order: "s", Energy: 5, Reason: torg.ReasonRationed}}}, "a 7", "nothing better"},
		{"takes two free lines where one would do", "a b c", []torg.Line{line("a", "b", 0), line("a", "c", 0), line("c", "b", 0)}, nil,
			[]torg.Order{offer("s", "a", sell, 5, 1), offer("b", "b", buy, 5, 3)},
			market.Outcome{Trades: []torg.Trade{trade(1, "b", "s", 5, 2, 2)}, Flows: []market.Flow{{From: "a", To: "c", Energy: 5}, {From: "c", To: "b", Energy: 5}}}, "a 2, b 2, c 2", "nothing better"},
		{"gives one zone's margin all", "a b c", []torg.Line{line("a", "c", 0), line("b", "c", 0)}, nil,
			[]torg.Order{offer("s", "a", sell, 10, 2), offer("r", "b", sell, 10, 2), offer("b", "c", buy, 10, 2)},
			market.Outcome{Trades: []torg.Trade{trade(1, "b", "s", 10, 2, 2)}, Flows: []market.Flow{{From: "a", To: "c", Energy: 10}},
				Unmatched: []market.Unmatched{{Order: "r", Energy: 10, Reason: torg.ReasonRationed}}}, "a 2, b 2, c 2", "margins"},
		{"gives one zone's buyers all", "a b c", []torg.Line{line("a", "c", 0), line("b", "c", 0)}, nil,
			[]torg.Order{offer("b", "a", buy, 10, 2), offer("d", "b", buy, 10, 2), offer("s", "c", sell, 10, 2)},
			market.Outcome{Trades: []torg.Trade{trade(1, "b", "s", 10, 2, 2)}, Flows: []market.Flow{{From: "c", To: "a", Energy: 10}},
				Unmatched: []market.Unmatched{{Order: "d", Energy: 10, Reason: torg.ReasonRationed}}}, "a 2, b 2, c 2", "margins"},
		{"mixes origins unevenly", "a b c d h", hub, nil,
			[]torg.Order{offer("p", "a", sell, 10, 2), offer("q", "b", sell, 10, 2), offer("x", "c", buy, 10, 2), offer("y", "d", buy, 10, 2)},
			market.Outcome{Trades: []torg.Trade{trade(1, "x", "p", 6, 2, 2), trade(1, "y", "q", 6, 2, 2), trade(2, "x", "q", 4, 2, 2), trade(2, "y", "p", 4, 2, 2)},
				Flows: []market.Flow{{From: "a", To: "h", Energy: 10}, {From: "b", To: "h", Energy: 10}, {From: "h", To: "c", Energy: 10}, {From: "h", To: "d", Energy: 10}}},
			"a 2, b 2, c 2, d 2, h 2", "own buyers"},
		{"lets neighbours wait", "a b", []torg.Line{line("a", "b", 0)}, nil,
			[]torg.Order{offer("p", "a", sell, 10, 2), offer("q", "b", sell, 10, 2), offer("x", "a", buy, 10, 2), offer("y", "b", buy, 10, 2)},
			market.Outcome{Trades: []torg.Trade{trade(1, "x", "q", 10, 2, 2), trade(1, "y", "p", 10, 2, 2)}}, "a 2, b 2", "own buyers"},
		{"splits a pair in two contracts", "a b", nil, nil, []torg.Order{offer("s", "a", sell, 10, 1), offer("b", "a", buy, 10, 3)},
			market.Outcome{Trades: []torg.Trade{trade(1, "b", "s", 6, 2, 2), trade(2, "b", "s", 4, 2, 2)}}, "a 2", "round 1 is"},
		{"pairs small with large", "a", nil, nil, []torg.Order{offer("p", "a", sell, 10, 2), offer("q", "a", sell, 8, 2), offer("x", "a", buy, 10, 2), offer("y", "a", buy, 8, 2)},
			market.Outcome{Trades: []torg.Trade{trade(1, "x", "q", 8, 2, 2), trade(1, "y", "p", 8, 2, 2), trade(2, "x", "p", 2, 2, 2)}}, "a 2", "round 1 is"},
		{"takes less from a line than it costs", "a b", []torg.Line{line("a", "b", 1)}, nil, []torg.Order{offer("s", "a", sell, 5, 1), offer("b", "b", buy, 5, 3)},
			market.Outcome{Trades: []torg.Trade{trade(1, "b", "s", 5, 2, 2)}, Flows: []market.Flow{{From: "a", To: "b", Energy: 5}}}, "a 2, b 2", "each zone's price|buyers pay"},
		{"parts zones that nothing parts, beside an avoid", "a b", []torg.Line{line("a", "b", 0)}, nil,
			[]torg.Order{offer("s", "a", sell, 5, 1), offer("b", "b", buy, 5, 3), offer("x", "b", buy, 5, 3, "s")},
			market.Outcome{Trades: []torg.Trade{trade(1, "b", "s", 5, 3, 1)}, Flows: []market.Flow{{From: "a", To: "b", Energy: 5}},
				Unmatched: []market.Unmatched{{Order: "x", Energy: 5, Reason: torg.ReasonAvoided}}}, "a 1, b 3", "each zone's price"},
		{"sells to the supplier for less", "a", nil, quote, []torg.Order{offer("s", "a", sell, 5, 1)},
			market.Outcome{Trades: []torg.Trade{trade(3, "", "s", 5, 3, 2)}}, "a 2", "each zone's price|no price worse"},
		{"has the supplier in a complex without one", "a", nil, nil, []torg.Order{offer("s", "a", sell, 5, 1)},
			market.Outcome{Trades: []torg.Trade{trade(3, "", "s", 5, 1, 1)}}, "a 1", "rows name|in every zone|own buyers"},
	} {
		cx := torg.Complex{Lines: c.lines, Supplier: c.q, Pricing: torg.Uniform}
		for _, z := range strings.Fields(c.zones) {
			cx.Zones = append(cx.Zones, torg.ZoneID(z))
		}
		s := newSession(cx, c.orders)
		c.outcome.Discovery, c.outcome.Prices = 1, at(t, c.prices)
		s.enter(c.orders, c.outcome)
		a := &audit{run: s.run}
		a.link()
		a.trading()
		bad, want := broken(a), strings.Split(c.want, "|")
		ok := len(bad) == len(want)
		for _, w := range want {
			ok = ok && slices.ContainsFunc(bad, func(b string) bool { return strings.HasPrefix(b, w) })
		}
		if !ok {
			t.Errorf("%s: found\n%s\nwant %q", c.name, strings.Join(bad, "\n"), want)
		}
	}
}
