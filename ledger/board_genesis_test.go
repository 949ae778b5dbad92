package ledger_test

import (
	"encoding/json"
	"strings"
	"testing"

	"torg"
	"torg/ledger"
)

// A genesis that was written without a word of forward contracts means the defaults, is
// written again as it was, and one that allows them no line at all says so.
func TestGenesisOfForwards(t *testing.T) {
	text, err := json.Marshal(twoZones())
	if err != nil || strings.Contains(string(text), "Forward") || strings.Contains(string(text), "Escrow") {
		t.Fatalf("%s, %v", text, err)
	}
	half := func(g ledger.Genesis) torg.Refusal {
		b := boardBench(t, g)
		return b.try(b.at(0, 0.1), b.conclude(b.forward(1, "factory", "wind", b.steps(2, 1, 15*kWh, "3")), torg.Buy))[0]
	}
	none, all := 0, 100
	g := twoZones()
	if code := half(g); code != "" {
		t.Errorf("half a line by default: %q", code)
	}
	if g.ForwardShare = &none; half(g) != torg.ErrNoCapacity {
		t.Error("a share of nothing has room")
	}
	if g.ForwardShare = &all; half(g) != "" {
		t.Error("a share of everything has none")
	}
	for _, bad := range []func(*ledger.Genesis){
		func(g *ledger.Genesis) { g.EscrowDays = 32 },
		func(g *ledger.Genesis) { g.EscrowDays = -1 },
		func(g *ledger.Genesis) { n := 101; g.ForwardShare = &n },
		func(g *ledger.Genesis) { n := -1; g.ForwardShare = &n },
	} {
		g := twoZones()
		bad(&g)
		if err := g.Valid(); err == nil || !strings.Contains(err.Error(), "forwards") {
			t.Errorf("%v, %d days: %v", g.ForwardShare, g.EscrowDays, err)
		}
	}
}
