package web

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"torg"
	"torg/record"
)

// span is how much of the past a chart shows.
type span struct {
	Key    string
	length time.Duration
	bucket time.Duration // that a point averages
	tick   time.Duration // between marks on the axis of time
}

var spanList = []span{
	{"30m", 30 * time.Minute, 30 * time.Second, 5 * time.Minute},
	{"6h", 6 * time.Hour, 5 * time.Minute, time.Hour},
	{"24h", 24 * time.Hour, 15 * time.Minute, 4 * time.Hour},
	{"7d", 7 * 24 * time.Hour, time.Hour, 24 * time.Hour},
}

// span is the one that the address asks for; six hours where it does not.
func (p *page) span() span {
	want := p.r.URL.Query().Get("span")
	for _, s := range spanList {
		if s.Key == want {
			return s
		}
	}
	return spanList[1]
}

// mark is a labelled place on an axis, in percent from the left or the top.
type mark struct {
	At   float64
	Text string
}

// point is one bucket: what was, what was forecast, what was contracted, in kW.
type point struct {
	from, to                         time.Time
	Fact, Low, Mid, High, Contracted *float64
	Model, Estimated, Derived        bool
	X, Width                         float64 // percent
	When, Tip                        string
}

// chart is a drawing in a square of 1000 by 1000, stretched to the page.
type chart struct {
	Values, Times              []mark
	Fact, Model, Estimated     string // paths
	Band, Mid, Contracted      string
	Now                        float64 // percent; negative: not on the chart
	Lines                      []mark  // named levels across
	Zones                      []zoneLine
	Points                     []point
	HasModel, HasEstimate, Any bool
	Out, HasDeals              bool // feeding out is drawn upwards; something was contracted
}

// scale maps time and value to the square.
type scale struct {
	from, to  time.Time
	low, high float64
}

func (s scale) x(t time.Time) float64 {
	return 1000 * float64(t.Sub(s.from)) / float64(s.to.Sub(s.from))
}

func (s scale) y(v float64) float64 { return 1000 * (s.high - v) / (s.high - s.low) }

// series draws a site's readings beside forecast and contracts.
func (p *page) series(rows []record.Reading, sp span) chart {
	end := p.site.Calendar.End(p.site.Calendar.At(p.Now.Time) + 1)
	s := scale{from: end.Add(-sp.length), to: end}
	var c chart
	c.Points = p.buckets(rows, sp, s.from)
	c.Out = flip(c.Points)
	low, high := 0.0, 0.0
	for _, pt := range c.Points {
		for _, v := range []*float64{pt.Fact, pt.Low, pt.High, pt.Contracted} {
			if v != nil {
				low, high, c.Any = min(low, *v), max(high, *v), true
			}
		}
		c.HasDeals = c.HasDeals || pt.Contracted != nil && *pt.Contracted != 0
		c.HasModel = c.HasModel || pt.Model
		c.HasEstimate = c.HasEstimate || pt.Estimated
	}
	s.low, s.high, c.Values = p.axis(low, high, p.powerMark)
	c.Times = p.times(s, sp.tick)
	fact := func(keep func(point) bool) string {
		return steps(c.Points, s, func(pt point) *float64 {
			if !keep(pt) {
				return nil
			}
			return pt.Fact
		})
	}
	c.Fact = fact(func(pt point) bool { return !pt.Model && !pt.Estimated })
	c.Model = fact(func(pt point) bool { return pt.Model })
	c.Estimated = fact(func(pt point) bool { return pt.Estimated })
	c.Mid = steps(c.Points, s, func(pt point) *float64 { return pt.Mid })
	if c.HasDeals {
		c.Contracted = steps(c.Points, s, func(pt point) *float64 { return pt.Contracted })
	}
	c.Band = band(c.Points, s)
	c.Now = s.x(p.Now.Time) / 10
	for i := range c.Points {
		pt := &c.Points[i]
		pt.X = s.x(pt.from) / 10
		pt.Width = s.x(pt.to)/10 - pt.X
		pt.When, pt.Tip = p.Minute(pt.from), p.tip(*pt)
		if sp.bucket < time.Minute {
			pt.When = p.Clock(pt.from)
		}
		if sp.length > 24*time.Hour {
			pt.When = p.Day(pt.from) + " " + pt.When
		}
	}
	return c
}

// buckets averages readings to points, oldest first. A point of generated history
// is never shorter than the history's step.
func (p *page) buckets(rows []record.Reading, sp span, from time.Time) []point {
	type sum struct {
		fact, low, mid, high, contracted torg.Energy
		tFact, tForecast, tAll           time.Duration
		model, estimated, derived        bool
	}
	sums := map[time.Time]*sum{}
	width := map[time.Time]time.Duration{}
	for _, r := range rows {
		if r.Start.Before(from) {
			continue
		}
		d := p.length(r)
		key := r.Start.Truncate(max(sp.bucket, d))
		b := sums[key]
		if b == nil {
			b = &sum{}
			sums[key], width[key] = b, max(sp.bucket, d)
		}
		b.tAll += d
		b.contracted += r.Contracted
		b.model = b.model || r.Origin == record.Simulated
		if r.Energy != nil {
			b.fact, b.tFact = b.fact+*r.Energy, b.tFact+d
			b.estimated = b.estimated || r.Quality == torg.Estimated
			b.derived = b.derived || r.Quality == torg.Derived
		}
		if r.Q10 != nil && r.Q50 != nil && r.Q90 != nil {
			b.low, b.mid, b.high, b.tForecast = b.low+*r.Q10, b.mid+*r.Q50, b.high+*r.Q90, b.tForecast+d
		}
	}
	mean := func(e torg.Energy, d time.Duration) *float64 {
		if d == 0 {
			return nil
		}
		v := kW(e, d)
		return &v
	}
	var out []point
	for at, b := range sums {
		out = append(out, point{from: at, to: at.Add(width[at]), Fact: mean(b.fact, b.tFact), Low: mean(b.low, b.tForecast), Mid: mean(b.mid, b.tForecast),
			High: mean(b.high, b.tForecast), Contracted: mean(b.contracted, b.tAll), Model: b.model, Estimated: b.estimated, Derived: b.derived})
	}
	slices.SortFunc(out, func(a, b point) int { return a.from.Compare(b.from) })
	return out
}

// flip draws a site that mostly feeds out the other way up, and says whether it did.
func flip(points []point) bool {
	sum := 0.0
	for _, pt := range points {
		for _, v := range []*float64{pt.Fact, pt.Mid} {
			if v != nil {
				sum += *v
			}
		}
	}
	if sum >= 0 {
		return false
	}
	for i := range points {
		pt := &points[i]
		for _, v := range []*float64{pt.Fact, pt.Low, pt.Mid, pt.High, pt.Contracted} {
			if v != nil && *v != 0 {
				*v = -*v
			}
		}
		pt.Low, pt.High = pt.High, pt.Low
	}
	return true
}

// tip says a point in words.
func (p *page) tip(pt point) string {
	parts := []string{}
	add := func(key string, v *float64) {
		if v != nil {
			parts = append(parts, p.T(key)+" "+p.Power(*v))
		}
	}
	add("chart.fact", pt.Fact)
	if pt.Fact == nil {
		parts = append(parts, p.T("chart.missing"))
	}
	if pt.Mid != nil {
		parts = append(parts, fmt.Sprintf("%s %s (%s … %s)", p.T("chart.forecast"), p.Power(*pt.Mid), p.Power(*pt.Low), p.Power(*pt.High)))
	}
	add("chart.contracted", pt.Contracted)
	for _, q := range []struct {
		is  bool
		key string
	}{{pt.Model, "quality.simulated"}, {pt.Estimated, "quality.estimated"}, {pt.Derived, "quality.derived"}} {
		if q.is {
			parts = append(parts, p.T(q.key))
		}
	}
	return strings.Join(parts, " · ")
}

// axis chooses round marks that hold low and high, and says how far they reach.
func (p *page) axis(low, high float64, text func(float64) string) (float64, float64, []mark) {
	if high-low < 1e-9 {
		high = low + 1
	}
	step := math.Pow10(int(math.Floor(math.Log10((high - low) / 3))))
	for _, k := range []float64{1, 2, 2.5, 5, 10} {
		if (high-low)/(step*k) <= 4.5 {
			step *= k
			break
		}
	}
	from, to := math.Floor(low/step)*step, math.Ceil(high/step)*step
	var marks []mark
	for i := 0; from+float64(i)*step <= to+step/2; i++ {
		v := from + float64(i)*step
		if math.Abs(v) < step/1e6 {
			v = 0
		}
		marks = append(marks, mark{100 * (to - v) / (to - from), text(v)})
	}
	return from, to, marks
}

// times marks the axis of time at whole local steps.
func (p *page) times(s scale, tick time.Duration) []mark {
	var marks []mark
	at := s.from.In(p.site.Location)
	day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, p.site.Location)
	for t := day; !t.After(s.to); t = t.Add(tick) {
		x := s.x(t) / 10
		if x < 3 || x > 97 {
			continue
		}
		text := p.Minute(t)
		if tick >= 24*time.Hour {
			text = t.In(p.site.Location).Format("02.01")
		}
		marks = append(marks, mark{x, text})
	}
	return marks
}

// steps draws a line that stays level over each point and breaks where there is
// nothing.
func steps(points []point, s scale, value func(point) *float64) string {
	var d strings.Builder
	var end time.Time
	for _, pt := range points {
		v := value(pt)
		if v == nil {
			end = time.Time{}
			continue
		}
		if pt.from.Equal(end) {
			fmt.Fprintf(&d, "V%.1fH%.1f", s.y(*v), s.x(pt.to))
		} else {
			fmt.Fprintf(&d, "M%.1f %.1fH%.1f", s.x(pt.from), s.y(*v), s.x(pt.to))
		}
		end = pt.to
	}
	return d.String()
}

// band draws the space between the forecast's two outer quantiles.
func band(points []point, s scale) string {
	var d strings.Builder
	for _, pt := range points {
		if pt.Low != nil {
			fmt.Fprintf(&d, "M%.1f %.1fH%.1fV%.1fH%.1fZ", s.x(pt.from), s.y(*pt.High), s.x(pt.to), s.y(*pt.Low), s.x(pt.from))
		}
	}
	return d.String()
}
