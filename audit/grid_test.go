package audit

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"torg"
	"torg/settle"
)

// ring is three zones, each joined to both others, and one that no line leads to. The
// supplier is in a; over b it is cheaper to c than straight on.
func ring() *topology {
	return newTopology(torg.Complex{
		Zones: []torg.ZoneID{"a", "b", "c", "d"},
		Lines: []torg.Line{{From: "a", To: "c", Capacity: 50, Fee: 9}, {From: "b", To: "a", Capacity: 30, Fee: 2}, {From: "b", To: "c", Capacity: torg.Unlimited, Fee: 3},
			{From: "c", To: "d", Capacity: 0}},
		Supplier: &torg.Supplier{Participant: "s", Zone: "a", Import: 100, Export: 10},
	})
}

func TestTheCheapestWayIsTaken(t *testing.T) {
	r := ring()
	for z, want := range map[torg.ZoneID]torg.Price{"a": 0, "b": 2, "c": 5, "d": 0, "unknown": 0} {
		if got := r.delivery(z); got != want {
			t.Errorf("zone %s: %d, want %d", z, got, want)
		}
	}
	if got := r.feesFrom(r.zone("c")); !slices.Equal(got, []torg.Price{5, 3, 0, unreachable}) {
		t.Errorf("from c: %d", got)
	}
}

// Deviations of 10 in c and -4 in b cost 5 and 2 each; those of the supplier's own zone
// and of one that no line leads to, nothing. Once corrected c's parties net to 1.
func TestZonesDeviationsPayTheWay(t *testing.T) {
	a := &audit{grid: ring()}
	parties := []partyInterval{
		{party: party{zone: "c"}, settled: 15, contracted: -3, final: 9}, {party: party{zone: "c"}, settled: -12, contracted: -4, final: -15},
		{party: party{zone: "b"}, settled: -4, final: -4}, {party: party{zone: "a"}, settled: 7}, {party: party{zone: "d"}, settled: 7},
	}
	settled, final := a.deviationFees(parties)
	if settled != torg.Energy(1).At(10*5+4*2) || final != torg.Energy(1).At(1*5+4*2) {
		t.Errorf("%s and %s", settled.Big(), final.Big())
	}
}

// TestFeesAsSettled compares with settlement.
func TestFeesAsSettled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawComplex(t)
		var parties []partyInterval
		var told []settle.Party
		for range rapid.IntRange(0, 9).Draw(t, "parties") {
			z := rapid.SampledFrom(c.Zones).Draw(t, "zone")
			metered, contracted := torg.Energy(rapid.IntRange(-20, 20).Draw(t, "metered")), torg.Energy(rapid.IntRange(-20, 20).Draw(t, "contracted"))
			parties = append(parties, partyInterval{party: party{zone: z}, settled: metered, contracted: contracted})
			told = append(told, settle.Party{Zone: z, Metered: metered, Contracted: contracted})
		}
		a := &audit{grid: newTopology(c)}
		if got, _ := a.deviationFees(parties); got != settle.DeviationFees(c.Routes(), told) {
			t.Fatalf("%+v: %s, settlement says %s", c, got, settle.DeviationFees(c.Routes(), told))
		}
	})
}

func TestZonesThatLinesCutOff(t *testing.T) {
	for _, c := range []struct {
		imports, exports torg.Energy
		flows            []torg.Energy
		want             string
	}{
		{0, 0, []torg.Energy{0, 0, 0, 0}, ""},
		{99, 0, []torg.Energy{50, 0, 0, 0}, ""},     // over b there is room
		{0, 0, []torg.Energy{50, -30, 0, 0}, "bc"},  // nothing more gets in
		{0, 0, []torg.Energy{-50, 30, 0, 0}, "bc"},  // nothing more gets out
		{0, 0, []torg.Energy{50, 30, 0, 0}, ""},     // through, and back over b
		{100, 0, []torg.Energy{0, 0, 0, 0}, "abc"},  // the connection is full
		{0, 10, []torg.Energy{0, 0, 0, 0}, "abc"},   //
		{100, 0, []torg.Energy{50, 0, 0, 0}, "abc"}, //
	} {
		got := ""
		for z, full := range ring().fullZones(c.imports, c.exports, c.flows) {
			if full {
				got += string(ring().zones[z])
			}
		}
		if got != c.want {
			t.Errorf("import %d, export %d, flows %d: full are %q, want %q", c.imports, c.exports, c.flows, got, c.want)
		}
	}
}

// TestOriginsAreMixed: 30 from a and 10 imported there reach b with 10 of its own;
// three quarters and a quarter of 50 go on to c, the rest of 20 stays.
func TestOriginsAreMixed(t *testing.T) {
	r := ring()
	g := &grid{topology: r, imports: 40, lines: make([]lineUse, 4)}
	g.lines[1].flow, g.lines[2].flow = -60, 50
	b := &book{orders: []*order{
		{zone: "a", side: torg.Sell, traded: 25}, {zone: "a", side: torg.Buy, traded: 5}, // 20 of its own and 40 imported go on
		{zone: "b", side: torg.Sell, traded: 10}, {zone: "b", side: torg.Buy, traded: 20}, // lacks 10
		{zone: "c", side: torg.Buy, traded: 50},
	}}
	a, bz, c, s := 0, 1, 2, 4
	want := map[route]torg.Energy{{a, a}: 5, {bz, bz}: 10, {a, c}: 17, {s, c}: 33, {a, bz}: 3, {s, bz}: 7}
	got, ok := g.routes(b)
	if !ok || len(got) != len(want) {
		t.Errorf("%v, want %v", got, want)
	}
	for r, e := range want {
		if got[r] != e {
			t.Errorf("%v: %d, want %d", r, got[r], e)
		}
	}
	g.lines[0].flow = -1
	if _, ok := g.routes(b); ok {
		t.Error("a circle is traced")
	}
}

// TestALineUsedOneWay: the second discovery has what the first left, and only one way.
func TestALineUsedOneWay(t *testing.T) {
	second := func(from, to, price string) []string {
		return []string{
			"20260112T030000Z,1,w,wind,sell,a,60000,2,wind,,,wind-1,0\n", "20260112T030000Z,1,w,wind,sell,a,60000,2,wind,,,wind-1,0\n" +
				"20260112T030000Z,2,t2,thrift,buy,b,5000,3.5,,,,thrift-1,0\n",
			"t,5000,price\n", "t,5000,price\n20260112T030000Z,2,t2,5000,no_counterparty\n",
			"c,9\n", "c,9\n20260112T030000Z,2,a,3.3\n20260112T030000Z,2,b,3.5\n20260112T030000Z,2,c,3.8\n",
			"b,c,40000\n", "b,c,40000\n20260112T030000Z,2," + from + "," + to + ",1\n",
		}
	}
	for flow, room := range map[string]string{"a b": "40000", "b a": "0", "b c": "0", "c b": "0"} {
		from, to, _ := strings.Cut(flow, " ")
		tables := map[string]string{}
		for name, text := range congested {
			tables[name] = strings.NewReplacer(second(from, to, "")...).Replace(text)
		}
		bad := strings.Join(broken(held(t, chainOf(t), tables)), "\n")
		if told := strings.Contains(bad, "1 Wh from "+from+" to "+to+", room for "+room); told != (room == "0") {
			t.Errorf("%s with room for %s: %s", flow, room, bad)
		}
	}
}
