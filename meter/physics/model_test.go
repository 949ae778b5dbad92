package physics

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"torg"
)

var monday = time.Date(2026, 4, 13, 0, 0, 0, 0, time.UTC)

// examples has one model of each kind, and the most that it can draw or give.
var examples = []struct {
	spec Spec
	most float64 // kW
}{
	{Spec{Plant, map[string]float64{"base_kw": 20, "machines": 10, "machine_kw": 30, "shifts": 2, "shift_start_h": 16}}, 20 + 1.1*10*30*1.3},
	{Spec{CHP, map[string]float64{"capacity_kw": 500, "maintenance_weekday": 3}}, 500},
	{Spec{PV, map[string]float64{"peak_kw": 100}}, 100},
	{Spec{Wind, map[string]float64{"rated_kw": 2000}}, 2000},
	{Spec{Sharing, map[string]float64{"posts": 8, "post_kw": 22, "session_kwh": 20, "sessions_per_day": 40}}, 8 * 22},
	{Spec{Heating, map[string]float64{"heat_kw": 900, "water_kw": 100, "pumps_kw": 5}}, 1200},
}

func build(t testing.TB, seedNumber uint64, name string, spec Spec) *Model {
	t.Helper()
	climate, err := NewClimate(seedNumber, Spec{Kind: Weather})
	if err != nil {
		t.Fatal(err)
	}
	zone := time.FixedZone("MSK", 3*3600)
	m, err := New(Env{seedNumber, climate, zone, []time.Time{time.Date(2026, 5, 1, 0, 0, 0, 0, zone)}}, name, spec)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// mean returns the mean power in kW from a moment on.
func mean(m *Model, from time.Time, length time.Duration) float64 {
	return m.Energy(from, length).KWh() / length.Hours()
}

func TestLongerSlotsAreTheSumOfShorterOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		example := rapid.SampledFrom(examples).Draw(t, "model")
		climate, err := NewClimate(3, Spec{Kind: Weather})
		if err != nil {
			t.Fatal(err)
		}
		m, err := New(Env{3, climate, time.UTC, nil}, "m", example.spec)
		if err != nil {
			t.Fatal(err)
		}
		from := monday.Add(time.Duration(rapid.IntRange(-3e6, 3e6).Draw(t, "steps")) * stepTime)
		length := rapid.SampledFrom(torg.Intervals).Draw(t, "slot")
		sum := torg.Energy(0)
		for at := from; at.Before(from.Add(length)); at = at.Add(stepTime) {
			e := m.Energy(at, stepTime)
			if e < 0 || e.KWh()*120 > example.most+0.2 {
				t.Fatalf("%s at %s: %s in 30 s, of at most %g kW", example.spec.Kind, at, e, example.most)
			}
			sum += e
		}
		if whole := m.Energy(from, length); whole != sum {
			t.Fatalf("%s from %s: %s in %s, %s in its parts", example.spec.Kind, from, whole, length, sum)
		}
	})
}

func TestTimeIsReadInAnyOrderAndAgain(t *testing.T) {
	for _, example := range examples {
		forward, backward := build(t, 5, "a", example.spec), build(t, 5, "a", example.spec)
		other, reseeded := build(t, 5, "b", example.spec), build(t, 6, "a", example.spec)
		const n = 4 * 96
		var seen [n]torg.Energy
		for i := range n {
			seen[i] = forward.Energy(monday.Add(time.Duration(i)*15*time.Minute), 15*time.Minute)
		}
		same, sameSeed := 0, 0
		for i := n - 1; i >= 0; i-- {
			at := monday.Add(time.Duration(i) * 15 * time.Minute)
			if e := backward.Energy(at, 15*time.Minute); e != seen[i] {
				t.Fatalf("%s at %s: %s read forwards, %s backwards", example.spec.Kind, at, seen[i], e)
			}
			if other.Energy(at, 15*time.Minute) == seen[i] {
				same++
			}
			if reseeded.Energy(at, 15*time.Minute) == seen[i] {
				sameSeed++
			}
		}
		if same > n*2/3 || sameSeed > n*2/3 {
			t.Errorf("%s: of %d readings %d are the same for another meter, %d under another seed", example.spec.Kind, n, same, sameSeed)
		}
	}
}

func TestSpecificationsThatAreRefused(t *testing.T) {
	for want, spec := range map[string]Spec{
		"there is no such kind":            {Kind: "nuclear"},
		"machine_kw is missing":            {Kind: Plant},
		"unknown parameter machine_mw":     {Plant, map[string]float64{"machine_kw": 1, "machine_mw": 1}},
		"machines: -1 is outside 0 to 500": {Plant, map[string]float64{"machine_kw": 1, "machines": -1}},
		"machines: 1.5 is not a whole":     {Plant, map[string]float64{"machine_kw": 1, "machines": 1.5}},
		"peak_kw: NaN is outside":          {PV, map[string]float64{"peak_kw": math.NaN()}},
		"27, more than a day":              {Plant, map[string]float64{"machine_kw": 1, "shifts": 3, "shift_h": 9}},
		"must ascend":                      {Wind, map[string]float64{"rated_kw": 1, "cut_in_ms": 8, "rated_ms": 8}},
		"design_c must be below":           {Heating, map[string]float64{"heat_kw": 1, "design_c": 20, "balance_c": 20}},
		"supply_c must be at least":        {Heating, map[string]float64{"heat_kw": 1, "supply_c": 25, "balance_c": 30}},
		"more than 48 hours":               {Sharing, map[string]float64{"posts": 1, "post_kw": 1, "session_kwh": 49, "sessions_per_day": 1}},
	} {
		if _, err := spec.Complete(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want %q", spec, err, want)
		}
	}
	if _, err := New(Env{Zone: time.UTC}, "m", Spec{Kind: Weather}); err == nil {
		t.Error("the weather is no meter")
	}
	if _, err := NewClimate(1, Spec{Kind: PV}); err == nil {
		t.Error("a PV plant is no weather")
	}
}

func TestDefaultsAreLegal(t *testing.T) {
	for _, kind := range append([]Kind{Weather}, Kinds...) {
		for _, p := range Params(kind) {
			if err := p.Check(p.Default); err != nil && !p.Required {
				t.Errorf("%s: %s: %v", kind, p.Name, err)
			}
		}
	}
}

func BenchmarkFourteenDaysOfTwentySites(b *testing.B) {
	var models []*Model
	for i := range 20 {
		models = append(models, build(b, 1, string(rune('a'+i)), examples[i%len(examples)].spec))
	}
	for b.Loop() {
		for _, m := range models {
			for i := range 14 * 96 {
				m.Energy(monday.Add(time.Duration(i)*15*time.Minute), 15*time.Minute)
			}
		}
	}
}
