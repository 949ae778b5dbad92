package audit

import (
	"testing"

	"torg"
	"torg/scenario"
)

func rub(s string) torg.Cost {
	c, err := torg.ParseCost(s)
	if err != nil {
		panic(err)
	}
	return c
}

func TestMidpointRoundsDown(t *testing.T) {
	for _, c := range []struct{ low, high, want torg.Price }{{1, 2, 1}, {-2, -1, -2}, {-1, 0, -1}, {4, 8, 6}} {
		if p, ok := (ends{c.low, c.high, true, true}).price(); !ok || p != c.want {
			t.Errorf("from %d to %d: %d, want %d", c.low, c.high, p, c.want)
		}
	}
	if p, ok := (ends{low: 3, hasLow: true}).price(); !ok || p != 3 {
		t.Error("one end is the price")
	}
	if _, ok := (ends{}).price(); ok {
		t.Error("no end, no price")
	}
}

// TestDeviationsWhileTheConnectionIsFull: 10 kWh contracted inside at a price of 12
// while the connection was full, at a class of 7.20 and 1.10.
func TestDeviationsWhileTheConnectionIsFull(t *testing.T) {
	for _, c := range []struct {
		metered, want string
		cap           torg.Price
		price         torg.Price
		buy           torg.Price
	}{
		{metered: "14", want: "48", cap: 21_60_000, price: 12_00_000, buy: 110_000},   // 4 short at 12
		{metered: "25", want: "156", cap: 21_60_000, price: 12_00_000, buy: 110_000},  // 10 at 12, 5 at 7.20
		{metered: "14", want: "36", cap: 9_00_000, price: 12_00_000, buy: 110_000},    // at most the cap
		{metered: "14", want: "28.8", cap: 21_60_000, price: 3_00_000, buy: 110_000},  // at least 7.20
		{metered: "7", want: "0", cap: 21_60_000, price: 12_00_000, buy: 110_000},     // 3 over earn nothing
		{metered: "-2", want: "-2.2", cap: 21_60_000, price: 12_00_000, buy: 110_000}, // 10 nothing, 2 at 1.10
		{metered: "7", want: "1.5", cap: 21_60_000, price: 12_00_000, buy: -50_000},   // a negative price is paid
		{metered: "10", want: "0", cap: 21_60_000, price: 12_00_000, buy: 110_000},    // on plan
	} {
		p := partyInterval{sell: 720_000, buy: c.buy, contracted: 10_000, tight: []tightSlot{{10_000, c.price}}}
		m := torg.Energy(rub(c.metered).RUB() * 1000)
		if got := p.imbalance(m, c.cap); got != rub(c.want) {
			t.Errorf("metered %s at %s: %s, want %s", c.metered, c.price, got, c.want)
		}
	}
}

func TestTopUpsStopAtWhatIsEligible(t *testing.T) {
	a := &audit{run: &run{sc: &scenario.Scenario{NoWorse: scenario.NoWorseMonth}}}
	m := monthly{"2026-05", map[torg.ParticipantID]*monthSum{
		"loser":  {paid: rub("110"), baseline: rub("100"), eligible: rub("4")},
		"winner": {paid: rub("50"), baseline: rub("80")},
		"small":  {paid: rub("0"), baseline: rub("10")},
		"idle":   {paid: rub("7"), baseline: rub("7")},
	}}
	got := a.topUps(m)
	for id, want := range map[torg.ParticipantID]string{"loser": "4", "winner": "-3", "small": "-1", "idle": "0"} {
		if got[id] != rub(want) {
			t.Errorf("%s gets %s, want %s", id, got[id], want)
		}
	}
	m.sums["loser"] = &monthSum{paid: rub("200"), baseline: rub("100"), eligible: rub("100")}
	if got := a.topUps(m); got["loser"] != rub("40") || got["winner"] != rub("-30") || got["small"] != rub("-10") {
		t.Errorf("all gains together give %v", got)
	}
}

func TestWhatIsUsedOneWayHasNoRoomTheOther(t *testing.T) {
	sc := &scenario.Scenario{}
	sc.Complex.Zones = []torg.ZoneID{"z"}
	sc.Complex.Supplier = &torg.Supplier{Participant: "s", Zone: "z", Import: 100, Export: torg.Unlimited}
	a := &audit{run: &run{sc: sc, books: map[torg.Slot]*[3]*book{}}, grid: newTopology(sc.Complex)}
	second := &book{slot: 5, discovery: 2}
	for _, c := range []struct {
		first            []contract
		imports, exports torg.Energy
	}{
		{nil, 100, torg.Unlimited},
		{[]contract{{energy: 30, buyOrder: "b"}}, 70, 0},
		{[]contract{{energy: 30, sellOrder: "s"}}, 0, torg.Unlimited},
		{[]contract{{energy: 30, buyOrder: "b", sellOrder: "s"}}, 100, torg.Unlimited},
	} {
		a.books[5] = &[3]*book{1: {slot: 5, discovery: 1, contracts: c.first}, 2: second}
		if g := a.gridFor(second); g.importLeft != c.imports || g.exportLeft != c.exports {
			t.Errorf("%+v leaves %+v, want %d and %d", c.first, g, c.imports, c.exports)
		}
	}
}
