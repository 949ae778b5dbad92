package ledger_test

import (
	"testing"

	"torg"
	"torg/ledger"
)

// Contracts of many steps over years cost nothing before their days are near. A change of
// capacity that cuts them in two slots must not cost a block the product of contracts and
// steps: all of them stay as they are but for those slots.
func TestCutAmongManySteps(t *testing.T) {
	g := twoZones()
	b := boardBench(t, g)
	var parts []any
	for k := range torg.MaxSteps {
		parts = append(parts, 1, torg.Energy(1000+k%2), "3")
	}
	const contracts = 100
	for i := range contracts {
		f := b.forward(i+1, "factory", "wind", b.steps(400+i*torg.MaxSteps, parts...))
		b.block(b.at(0, 0.1), b.conclude(f, torg.Buy, torg.Sell))
	}
	smaller := func(a *ledger.Amend) { a.Complex.Lines[0].Capacity = 1000 }
	b.block(b.at(0, 0.2), b.amendment(1, 401, smaller), b.amendment(2, 403, nil))
	b.block(b.at(400, 0.5))
	events := only(b.block(b.at(401, 0)), forwardOf)
	events = append(events, only(b.block(b.at(403, 0)), forwardOf)...)
	cut := map[torg.ContractID]bool{}
	for _, e := range events {
		if e.ClosedOut == torg.ReasonLine {
			cut[e.Contract.ID()] = true
			one, _ := e.Open.At(b.slot(401))
			two, _ := e.Open.At(b.slot(402))
			three, _ := e.Open.At(b.slot(403))
			if one != 500 || two != 500 || three != 1001 || len(e.Open.Steps) != torg.MaxSteps-1 {
				t.Errorf("cut to %d, %d, %d Wh", one, two, three)
			}
		}
	}
	if len(cut) != 1 {
		t.Errorf("%d contracts are cut, want 1", len(cut))
	}
	b.reload()
}
