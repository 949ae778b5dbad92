package torg_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"torg"
)

// slotwise is a profile slot by slot: the naive form that the sweeps are held against.
type slotwise map[torg.Slot]torg.Step

func spread(p torg.Profile) slotwise {
	m := slotwise{}
	at := p.First
	for _, s := range p.Steps {
		for range s.Slots {
			if s.Energy > 0 {
				m[at] = torg.Step{Slots: 1, Energy: s.Energy, Price: s.Price}
			}
			at++
		}
	}
	return m
}

const (
	lowest  = torg.Slot(95)
	highest = torg.Slot(145)
)

// drawProfile makes a profile in its one form, sometimes empty; of price(slot), so that
// two have the same price in the same slot.
func drawProfile(t *rapid.T, name string) torg.Profile {
	var p torg.Profile
	at := torg.Slot(rapid.IntRange(100, 110).Draw(t, name+" first"))
	for range rapid.IntRange(0, 6).Draw(t, name+" steps") {
		n := torg.Slot(rapid.IntRange(1, 5).Draw(t, "slots"))
		e := torg.Energy(rapid.IntRange(0, 3).Draw(t, "energy"))
		for k := at; k < at+n && e > 0; k++ {
			p = p.Add(torg.Profile{First: k, Steps: []torg.Step{{Slots: 1, Energy: e, Price: priceOf(k)}}})
		}
		at += n
	}
	return p
}

func priceOf(k torg.Slot) torg.Price { return torg.Price(k/7%3) - 1 }

func valid(t *rapid.T, p torg.Profile) {
	if len(p.Steps) > 0 {
		if err := p.Valid(); err != nil {
			t.Fatalf("%+v: %v", p, err)
		}
	}
}

// Every sweep does what doing it slot by slot does, and leaves the one form.
func TestProfileLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, q := drawProfile(t, "p"), drawProfile(t, "q")
		a, b := spread(p), spread(q)
		from := torg.Slot(rapid.IntRange(95, 140).Draw(t, "from"))
		to := from + torg.Slot(rapid.IntRange(0, 30).Draw(t, "for"))
		within, sum, energy, cost, most := true, p.Add(q), torg.Energy(0), torg.Cost{}, torg.Energy(0)
		cut, both := p.Cut(from, to), spread(p.Add(q))
		valid(t, sum)
		valid(t, cut)
		for k := lowest; k < highest; k++ {
			if e, price := p.At(k); e != a[k].Energy || e > 0 && price != a[k].Price {
				t.Fatalf("slot %d: %d at %d, want %+v", k, e, price, a[k])
			}
			within = within && a[k].Energy <= b[k].Energy
			if both[k].Energy != a[k].Energy+b[k].Energy {
				t.Fatalf("slot %d: %d and %d make %d", k, a[k].Energy, b[k].Energy, both[k].Energy)
			}
			want := torg.Energy(0)
			if k >= from && k < to {
				want = a[k].Energy
				energy += want
				cost = cost.Add(want.At(a[k].Price + 5))
			}
			if e, _ := cut.At(k); e != want {
				t.Fatalf("slot %d: cut to %d..%d it has %d", k, from, to, e)
			}
			most = max(most, a[k].Energy)
		}
		if p.Within(q) != within {
			t.Fatalf("within %t, want %t: %+v in %+v", !within, within, p, q)
		}
		if back := sum.Sub(q); !back.Equal(p) {
			t.Fatalf("together less the second: %+v, want %+v", back, p)
		}
		if e := p.Energy(from, to); e != energy {
			t.Fatalf("energy %d, want %d", e, energy)
		}
		if c := p.Cost(from, to, func(p torg.Price) torg.Price { return p + 5 }); c != cost {
			t.Fatalf("cost %s, want %s", c, cost)
		}
		if p.Most() != most {
			t.Fatalf("most %d, want %d", p.Most(), most)
		}
		if !p.Cut(math.MinInt64, math.MaxInt64).Equal(p) {
			t.Fatal("cut to everything it is another one")
		}
	})
}

// A load is the sum of its profiles in every slot, in whichever way it was made.
func TestLoadLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []torg.Profile
		var l torg.Load
		naive := map[torg.Slot]torg.Energy{}
		for range rapid.IntRange(0, 6).Draw(t, "profiles") {
			p := drawProfile(t, "p")
			all, l = append(all, p), l.Add(p)
			for k, s := range spread(p) {
				naive[k] += s.Energy
			}
		}
		p := drawProfile(t, "one more")
		from := torg.Slot(rapid.IntRange(95, 145).Draw(t, "from"))
		sum, tail, most := torg.SumLoad(all...), l.From(from), torg.Energy(0)
		for k := lowest; k < highest; k++ {
			if l.At(k) != naive[k] || sum.At(k) != naive[k] || k >= from && tail.At(k) != naive[k] {
				t.Fatalf("slot %d: %d, %d, from %d on %d, want %d", k, l.At(k), sum.At(k), from, tail.At(k), naive[k])
			}
			if s := spread(p)[k]; s.Energy > 0 {
				most = max(most, s.Energy+naive[k])
			}
		}
		if got := l.MostWith(p); got != most {
			t.Fatalf("with %+v at most %d, want %d", p, got, most)
		}
		for _, p := range all {
			l = l.Sub(p)
		}
		if !l.Empty() {
			t.Fatalf("something is left when all is taken off: %+v", l)
		}
	})
}

// What is not within a profile cannot be taken off it, and what has another price not
// be added.
func TestProfilesThatDoNotFit(t *testing.T) {
	p := torg.Profile{First: 5, Steps: []torg.Step{{Slots: 2, Energy: 3, Price: 1}}}
	for name, f := range map[string]func(){
		"more energy":     func() { p.Sub(torg.Profile{First: 5, Steps: []torg.Step{{Slots: 1, Energy: 4, Price: 1}}}) },
		"another price":   func() { p.Sub(torg.Profile{First: 5, Steps: []torg.Step{{Slots: 1, Energy: 3, Price: 2}}}) },
		"later":           func() { p.Sub(torg.Profile{First: 7, Steps: []torg.Step{{Slots: 1, Energy: 1, Price: 1}}}) },
		"added otherwise": func() { p.Add(torg.Profile{First: 6, Steps: []torg.Step{{Slots: 1, Energy: 3, Price: 2}}}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

func TestProfileRefused(t *testing.T) {
	step := func(n uint32, e torg.Energy, p torg.Price) torg.Step { return torg.Step{Slots: n, Energy: e, Price: p} }
	long := make([]torg.Step, torg.MaxSteps+1)
	for i := range long {
		long[i] = step(1, torg.Energy(1+i%2), 0)
	}
	for name, p := range map[string]torg.Profile{
		"empty":               {First: 1},
		"no slots":            {Steps: []torg.Step{step(0, 1, 0)}},
		"negative":            {Steps: []torg.Step{step(1, -1, 0)}},
		"too much":            {Steps: []torg.Step{step(1, torg.MaxOrderEnergy+1, 0)}},
		"too dear":            {Steps: []torg.Step{step(1, 1, torg.MaxPrice+1)}},
		"empty at the front":  {Steps: []torg.Step{step(1, 0, 0), step(1, 1, 0)}},
		"empty at the end":    {Steps: []torg.Step{step(1, 1, 0), step(1, 0, 0)}},
		"a price of nothing":  {Steps: []torg.Step{step(1, 1, 0), step(1, 0, 1), step(1, 1, 0)}},
		"alike":               {Steps: []torg.Step{step(1, 1, 0), step(1, 1, 0)}},
		"too many steps":      {Steps: long},
		"too many slots":      {Steps: []torg.Step{step(torg.MaxForwardSlots+1, 1, 0)}},
		"before the epoch":    {First: -1, Steps: []torg.Step{step(1, 1, 0)}},
		"at the end of times": {First: math.MaxInt64, Steps: []torg.Step{step(1, 1, 0)}},
	} {
		if err := p.Valid(); torg.RefusalOf(err) != torg.ErrMalformed {
			t.Errorf("%s: %v", name, err)
		}
	}
}
