package physics

import (
	"math"
	"testing"
	"time"
)

func within(t *testing.T, what string, got, low, high float64) {
	t.Helper()
	if !(got >= low && got <= high) {
		t.Errorf("%s is %.3f, want %g to %g", what, got, low, high)
	}
}

func TestNoiseIsStandardNormal(t *testing.T) {
	sum, squares := 0.0, 0.0
	const n = 200_000
	for i := range n {
		// An odd stride meets the lattice at every phase.
		x := seed(9).smooth(float64(i)*137, 900, 300, 60)
		sum += x
		squares += x * x
	}
	within(t, "mean", sum/n, -0.03, 0.03)
	within(t, "variance", squares/n, 0.97, 1.03)
	within(t, "quantile of share", quantile(share(1.25)), 1.2499999, 1.2500001)
}

func TestTemperatureFollowsSeasonAndHour(t *testing.T) {
	c, err := NewClimate(2, Spec{Kind: Weather})
	if err != nil {
		t.Fatal(err)
	}
	average := func(month time.Month, hour int) float64 {
		sum, n := 0.0, 0
		for year := 2010; year < 2040; year++ {
			for day := 1; day <= 28; day++ {
				sum += c.Temperature(float64(time.Date(year, month, day, hour, 0, 0, 0, time.UTC).Unix()))
				n++
			}
		}
		return sum / float64(n)
	}
	within(t, "July at noon", average(time.July, 12), 21.5, 25)
	within(t, "July at night", average(time.July, 0), 14.5, 18)
	within(t, "January at noon", average(time.January, 12), -7, -3)
}

func TestPVIsDarkAtNightAndShinesAtNoon(t *testing.T) {
	m := build(t, 1, "pv", Spec{PV, map[string]float64{"peak_kw": 100}})
	year := 0.0
	for at := monday; at.Before(monday.AddDate(1, 0, 0)); at = at.Add(15 * time.Minute) {
		e := m.Energy(at, 15*time.Minute)
		year += e.KWh()
		down := SunAt(at, 55.75, 37.62).Elevation < -0.5 && SunAt(at.Add(15*time.Minute), 55.75, 37.62).Elevation < -0.5
		if down && e != 0 {
			t.Fatalf("%s by night, at %s", e, at)
		}
		if noon := at.UTC().Hour() == 9 && at.Minute() == 30; noon && e == 0 {
			t.Fatalf("nothing at noon of %s", at)
		}
	}
	within(t, "full-load hours of a year in Moscow", year/100, 700, 1250)
}

func TestPlantsOfOnePlaceShareTheSky(t *testing.T) {
	a := build(t, 1, "a", Spec{PV, map[string]float64{"peak_kw": 100}})
	b := build(t, 1, "b", Spec{PV, map[string]float64{"peak_kw": 100}})
	var xs, ys []float64
	for d := range 120 {
		noon := monday.AddDate(0, 0, d).Add(9 * time.Hour)
		xs, ys = append(xs, mean(a, noon, time.Hour)), append(ys, mean(b, noon, time.Hour))
	}
	within(t, "correlation of two PV plants at noon", correlation(xs, ys), 0.7, 0.999)
}

func correlation(xs, ys []float64) float64 {
	var mx, my, xy, xx, yy float64
	for i := range xs {
		mx, my = mx+xs[i]/float64(len(xs)), my+ys[i]/float64(len(ys))
	}
	for i := range xs {
		xy += (xs[i] - mx) * (ys[i] - my)
		xx += (xs[i] - mx) * (xs[i] - mx)
		yy += (ys[i] - my) * (ys[i] - my)
	}
	return xy / math.Sqrt(xx*yy)
}

func TestWindHasItsMeanSpeedAndASaneCapacityFactor(t *testing.T) {
	m := build(t, 4, "wind", Spec{Wind, map[string]float64{"rated_kw": 1000, "mean_speed_ms": 7}})
	w := m.power.(*wind)
	speed, squares, output := 0.0, 0.0, 0.0
	const n = 40_000 // 19 years
	for i := range n {
		at := float64(monday.Unix() + int64(i)*15013)
		v := w.speed(w.climate.front(at), at)
		speed += v / n
		squares += v * v / n
		output += w.curve(v) / n
	}
	within(t, "mean speed", speed, 6.8, 7.2)
	// A Weibull distribution with k = 2 has a mean square of 4/pi times the squared mean.
	within(t, "mean square", squares/(speed*speed), 1.23, 1.32)
	within(t, "capacity factor", output/1000, 0.22, 0.38)
	for v, want := range map[float64]float64{2.9: 0, 12: 1000, 24.9: 1000, 25: 0, 8: 1000 * (512 - 27) / (1728. - 27)} {
		within(t, "power curve", w.curve(v), want-1e-9, want+1e-9)
	}
}

func TestPlantKeepsItsShifts(t *testing.T) {
	zone := time.FixedZone("MSK", 3*3600)
	at := func(day, hour int) time.Time { return time.Date(2026, 4, day, hour, 0, 0, 0, zone) }
	m := build(t, 1, "p", Spec{Plant, map[string]float64{"base_kw": 20, "machines": 20, "machine_kw": 10, "shifts": 2, "shift_start_h": 16}})
	within(t, "Monday before the shift", mean(m, at(13, 8), 7*time.Hour), 20, 20)
	within(t, "Monday evening", mean(m, at(13, 17), 2*time.Hour), 20+80, 20+200)
	within(t, "Tuesday night, Monday's second shift", mean(m, at(14, 4), 2*time.Hour), 20+80, 20+200)
	within(t, "Saturday night, Friday's second shift", mean(m, at(18, 4), 2*time.Hour), 20+80, 20+200)
	within(t, "Sunday", mean(m, at(19, 9), 10*time.Hour), 20, 20)
	within(t, "Monday night, Sunday has no shift", mean(m, at(20, 1), 6*time.Hour), 20, 20)
	within(t, "1 May, a holiday", mean(m, time.Date(2026, 5, 1, 16, 0, 0, 0, zone), 8*time.Hour), 20, 20)
	week := 0.0
	for d := range 5 {
		week += mean(m, at(13+d, 17), 15*time.Hour) / 5
	}
	within(t, "machines in shifts", week-20, 0.8*140*0.85, 140*1.1)
}

func TestCHPStandsStillForMaintenance(t *testing.T) {
	m := build(t, 1, "c", Spec{CHP, map[string]float64{"capacity_kw": 500, "maintenance_weekday": 7, "maintenance_start_h": 22, "maintenance_h": 6}})
	sunday := time.Date(2026, 4, 19, 22, 0, 0, 0, time.FixedZone("MSK", 3*3600))
	within(t, "six hours from Sunday 22 h", mean(m, sunday, 6*time.Hour), 0, 0)
	within(t, "the hour before", mean(m, sunday.Add(-time.Hour), time.Hour), 200, 500)
	within(t, "the hour after", mean(m, sunday.Add(6*time.Hour), time.Hour), 200, 500)
	winter := mean(m, time.Date(2026, 1, 12, 0, 0, 0, 0, time.UTC), 96*time.Hour)
	summer := mean(m, time.Date(2026, 7, 13, 0, 0, 0, 0, time.UTC), 96*time.Hour)
	within(t, "winter over summer, heat-led", winter/summer, 1.15, 2)
}

func TestSharingDeliversItsSessions(t *testing.T) {
	m := build(t, 1, "s", Spec{Sharing, map[string]float64{
		"posts": 20, "post_kw": 22, "session_kwh": 20, "sessions_per_day": 60, "weekend_share": 0.5, "base_kw": 2}})
	weekdays, weekends := 0.0, 0.0
	const weeks = 40
	for w := range weeks {
		start := monday.Add(-3*time.Hour).AddDate(0, 0, 7*w) // local midnight
		weekdays += mean(m, start, 120*time.Hour) / weeks
		weekends += mean(m, start.AddDate(0, 0, 5), 48*time.Hour) / weeks
	}
	within(t, "working days, kWh a day", (weekdays-2)*24, 1200*0.94, 1200*1.06)
	within(t, "weekends, kWh a day", (weekends-2)*24, 600*0.9, 600*1.15)
	night, evening := 0.0, 0.0
	for d := range 60 {
		night += mean(m, monday.AddDate(0, 0, d), time.Hour) / 60 // 3 h local
		evening += mean(m, monday.AddDate(0, 0, d).Add(15*time.Hour), time.Hour) / 60
	}
	if night > evening/2 {
		t.Errorf("%.1f kW at night, %.1f in the evening", night, evening)
	}
}

func TestHeatingFollowsTheCold(t *testing.T) {
	m := build(t, 1, "h", Spec{Heating, map[string]float64{"heat_kw": 1000, "units": 5}})
	st := m.power.(*heating)
	within(t, "COP at 0 C", st.cop(0), 2.90, 2.92)
	within(t, "COP at -25 C", st.cop(-25), 1.93, 1.95)
	// Staging turns whole heat pumps on and off, and keeps the mean.
	for _, cold := range []float64{-40, -28, -10, 3, 16, 30} {
		sum := 0.0
		for i := range 400 {
			b := block{unix: monday.Unix() + int64(i)*blockS, tempC: ramp{cold, cold}}
			var kw [steps]float64
			st.fill(&b, &kw)
			for _, p := range kw {
				sum += p / steps / 400
			}
		}
		demand := 1000 * max(0, (16-cold)/44)
		want := min(demand, 1000)/st.cop(cold) + max(0, demand-1000)
		within(t, "mean at constant cold", sum, want*0.98-1e-9, want*1.02+1e-9)
	}
}
