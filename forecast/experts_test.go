package forecast

import "testing"

func TestRanking(t *testing.T) {
	var r record
	if got := r.ranking(); got[0] != roleDay || got[1] != persistence {
		t.Errorf("untested: %v", got)
	}
	say := func(values map[int]float64) *opinion {
		o := opinion{}
		for e, v := range values {
			o.value[e], o.said[e] = v, true
		}
		return &o
	}
	for range 20 {
		r.learn(say(map[int]float64{persistence: 90, meanDay: 95, roleDay: 50}), 100, 0.999)
	}
	if got := r.ranking(); got != [experts]int{meanDay, persistence, roleDay, seasonalDay, seasonalWeek} {
		t.Errorf("after 20 tests: %v", got)
	}
	// One lucky guess does not make an expert; as many tests as it takes do.
	r.learn(say(map[int]float64{seasonalWeek: 100}), 100, 0.999)
	if got := r.ranking(); got[0] != meanDay {
		t.Errorf("after one lucky guess: %v", got)
	}
	for range 9 {
		r.learn(say(map[int]float64{seasonalWeek: 100}), 100, 0.999)
	}
	if got := r.ranking(); got[0] != seasonalWeek {
		t.Errorf("after ten good guesses: %v", got)
	}
	// Who has nothing to say of this slot is passed over.
	if got := say(map[int]float64{persistence: 7, roleDay: 9}); got.best(r.ranking()) != 7 {
		t.Errorf("best of %+v is %v", got, got.best(r.ranking()))
	}
}

func TestPersisting(t *testing.T) {
	var r record
	if r.persisting() != 0 {
		t.Error("a deviation is said to last that was never seen")
	}
	for _, d := range []float64{10, -20, 5, 40} {
		r.learnDeviation(d, d/2, 0.99)
	}
	if got := r.persisting(); got < 0.4999 || got > 0.5001 {
		t.Errorf("half of each deviation was left: %v", got)
	}
	for range 1000 {
		r.learnDeviation(10, -10, 0.99)
	}
	if got := r.persisting(); got != 0 {
		t.Errorf("deviations that turn round: %v", got)
	}
}

func TestResiduals(t *testing.T) {
	var r residuals
	for i := range leastErrors {
		if _, ok := r.offsets(12); ok {
			t.Fatalf("quantiles of %d errors", i)
		}
		r.add(0, float64(i))
	}
	if o, ok := r.offsets(12); !ok || o[median] != 3.5 || o[0] != 0 || o[6] != 7 {
		t.Errorf("0 to 7 at the far end of the day: %v, %v", o, ok)
	}
	// An hour with plenty of its own still looks at its neighbours, and no further.
	for i := range 100 {
		r.add(11, -100)
		r.add(12, float64(i%3-1))
		r.add(13, 100)
		r.add(15, 1e6)
	}
	if o, _ := r.offsets(12); o[0] != -100 || o[median] != 0 || o[6] != 100 {
		t.Errorf("among its neighbours: %v", o)
	}
	// The latest count: what was is pushed out.
	for range 24 {
		r.add(11, 5)
		r.add(12, 5)
		r.add(13, 5)
	}
	if o, _ := r.offsets(12); o[0] != 5 || o[6] != 5 {
		t.Errorf("after 24 new errors an hour: %v", o)
	}
	// Midnight's neighbours are on both sides of it.
	var m residuals
	for range 24 {
		m.add(23, 7)
		m.add(1, 7)
	}
	if o, ok := m.offsets(0); !ok || o[median] != 7 || m.memo[0].reach != 1 {
		t.Errorf("at midnight: %v, reach %d", o, m.memo[0].reach)
	}
}
