package torg_test

import (
	"reflect"
	"testing"

	"torg"
)

func profile(first torg.Slot, steps ...torg.Step) torg.Profile {
	return torg.Profile{First: first, Steps: steps}
}

func step(slots uint32, energy torg.Energy, price torg.Price) torg.Step {
	return torg.Step{Slots: slots, Energy: energy, Price: price}
}

func TestProfileHasOneForm(t *testing.T) {
	got := torg.NewProfile(10, []torg.Step{step(2, 0, 7), step(1, 5, 1), step(0, 9, 9), step(2, 5, 1), step(3, 0, 4), step(1, 6, 1), step(4, 0, 0)})
	want := profile(12, step(3, 5, 1), step(3, 0, 0), step(1, 6, 1))
	if !reflect.DeepEqual(got, want) || got.Valid() != nil {
		t.Errorf("%+v (%v), want %+v", got, got.Valid(), want)
	}
	if nothing := torg.NewProfile(10, []torg.Step{step(2, 0, 7)}); len(nothing.Steps) != 0 {
		t.Errorf("no energy is %+v", nothing)
	}
	if energy, cost := got.Total(); energy != 21 || cost != torg.Energy(21).At(1) {
		t.Errorf("%d Wh for %s", energy, cost)
	}
}

func TestPartOfProfile(t *testing.T) {
	whole := profile(100, step(4, 50, 1), step(2, 0, 0), step(4, 80, 2))
	for _, c := range []struct {
		name     string
		from, to torg.Slot
		most     torg.Energy
		want     torg.Profile
	}{
		{"all", 0, 1000, 0, whole},
		{"one slot", 103, 103, 0, profile(103, step(1, 50, 1))},
		{"a gap at the end goes", 102, 105, 0, profile(102, step(2, 50, 1))},
		{"a gap at the start goes", 104, 107, 0, profile(106, step(2, 80, 2))},
		{"at most 60", 100, 109, 60, profile(100, step(4, 50, 1), step(2, 0, 0), step(4, 60, 2))},
		{"outside", 200, 300, 0, profile(200)},
	} {
		got := whole.Part(c.from, c.to, c.most)
		if len(c.want.Steps) == 0 && len(got.Steps) == 0 {
			continue
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	for slot, want := range map[torg.Slot]torg.Energy{99: 0, 100: 50, 103: 50, 104: 0, 106: 80, 109: 80, 110: 0} {
		if got, _ := whole.At(slot); got != want {
			t.Errorf("slot %d has %d Wh, want %d", slot, got, want)
		}
	}
}
