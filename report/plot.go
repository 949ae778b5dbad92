package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
	"time"
)

// plot is a chart over time. A page holds each twice, wide and narrow, so that it can
// be read on a phone.
type plot struct {
	title, unit both
	note        both // the conclusion in words
	stacks      []layer
	lines       []layer
	starts      []time.Time // of the buckets, in local time
	length      time.Duration
	percent     bool // from 0 to 100
}

// layer is one series of a plot; NaN is nothing.
type layer struct {
	name   both
	class  string // its colour, in the page's style
	values []float64
}

// frame is a plot's area inside its margins.
type frame struct {
	w, h, left, right, top, bottom float64
	lo, hi                         float64
	n                              int
}

func (f frame) x(i float64) float64 { return f.left + (f.w-f.left-f.right)*i/float64(f.n) }

func (f frame) y(v float64) float64 {
	return f.top + (f.h-f.top-f.bottom)*(f.hi-v)/(f.hi-f.lo)
}

// SVG draws the plot wide and narrow.
func (p plot) SVG() template.HTML {
	return template.HTML(`<div class="wide">` + p.draw(960, 260) + `</div><div class="narrow">` + p.draw(360, 220) + `</div>`)
}

// Title, Unit, Note and Legend are for the page.
func (p plot) Title() template.HTML { return p.title.HTML() }

// Unit returns the unit of the plot's values.
func (p plot) Unit() template.HTML { return p.unit.HTML() }

// Note returns what the plot shows, in words.
func (p plot) Note() template.HTML { return p.note.HTML() }

// Legend names the layers.
func (p plot) Legend() template.HTML {
	var b strings.Builder
	for _, l := range append(append([]layer{}, p.stacks...), p.lines...) {
		fmt.Fprintf(&b, `<span class="key"><i class="%s"></i>%s</span> `, l.class, l.name.span("span"))
	}
	return template.HTML(b.String())
}

func (p plot) draw(w, h float64) string {
	f := frame{w: w, h: h, left: 52, right: 8, top: 10, bottom: 24, n: max(len(p.starts), 1)}
	f.lo, f.hi = p.bounds()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, w, h, html.EscapeString(p.title.ru+" / "+p.title.en))
	p.grid(&b, f)
	p.days(&b, f)
	p.bars(&b, f)
	for _, l := range p.lines {
		line(&b, f, l)
	}
	b.WriteString("</svg>")
	return b.String()
}

// bounds returns the ends of the vertical axis. Zero is always on it.
func (p plot) bounds() (lo, hi float64) {
	if p.percent {
		return 0, 100
	}
	for _, l := range p.lines {
		for _, v := range l.values {
			if !math.IsNaN(v) {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
	}
	for i := range p.starts {
		sum := 0.0
		for _, l := range p.stacks {
			sum += l.values[i]
		}
		hi = max(hi, sum)
	}
	step := tick(hi - lo)
	return math.Floor(lo/step) * step, max(math.Ceil(hi/step), math.Floor(lo/step)+1) * step
}

// tick returns a distance of lines that people can read: 1, 2 or 5 of a power of 10,
// for about four of them.
func tick(span float64) float64 {
	if span <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(span/4)))
	for _, m := range []float64{1, 2, 5} {
		if span/(m*power) <= 5 {
			return m * power
		}
	}
	return 10 * power
}

func (p plot) grid(b *strings.Builder, f frame) {
	step := tick(f.hi - f.lo)
	decimals := max(0, int(-math.Floor(math.Log10(step))))
	for i := 0; ; i++ {
		v := f.lo + float64(i)*step
		if v > f.hi+step/2 {
			return
		}
		y := f.y(v)
		class := "grid"
		if math.Abs(v) < step/1000 {
			class, v = "zero", 0
		}
		fmt.Fprintf(b, `<line class="%s" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, class, f.left, f.w-f.right, y, y)
		axisText(b, f.left-6, y+4, "end", fixed(v, decimals))
	}
}

func axisText(b *strings.Builder, x, y float64, anchor string, t both) {
	one := func(lang, s string) {
		fmt.Fprintf(b, `<text%s x="%.1f" y="%.1f" text-anchor="%s">%s</text>`, lang, x, y, anchor, html.EscapeString(s))
	}
	if t.ru == t.en {
		one("", t.ru)
		return
	}
	one(` lang="ru"`, t.ru)
	one(` lang="en"`, t.en)
}

// days labels local midnights, as many as there is room for.
func (p plot) days(b *strings.Builder, f frame) {
	var midnights []int
	for i, t := range p.starts {
		if i == 0 || t.YearDay() != p.starts[i-1].YearDay() {
			midnights = append(midnights, i)
		}
	}
	every := 1 + len(midnights)*52/int(f.w-f.left)
	for k, i := range midnights {
		if k%every == 0 {
			x := f.x(float64(i))
			fmt.Fprintf(b, `<line class="grid" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, x, x, f.top, f.h-f.bottom)
			axisText(b, x+2, f.h-8, "start", day(p.starts[i]))
		}
	}
}

// bars draws the stacks as one path a layer.
func (p plot) bars(b *strings.Builder, f frame) {
	base := make([]float64, len(p.starts))
	for _, l := range p.stacks {
		fmt.Fprintf(b, `<path class="fill %s" d="`, l.class)
		for i, v := range l.values {
			if v > 0 {
				fmt.Fprintf(b, "M%.1f %.1fH%.1fV%.1fH%.1fZ", f.x(float64(i)), f.y(base[i]), f.x(float64(i)+1), f.y(base[i]+v), f.x(float64(i)))
				base[i] += v
			}
		}
		b.WriteString(`"/>`)
	}
}

// line draws steps: a bucket is one value from its start to its end.
func line(b *strings.Builder, f frame, l layer) {
	fmt.Fprintf(b, `<path class="line %s" d="`, l.class)
	drawn := false
	for i, v := range l.values {
		if math.IsNaN(v) {
			drawn = false
			continue
		}
		if drawn {
			fmt.Fprintf(b, "V%.1f", f.y(v))
		} else {
			fmt.Fprintf(b, "M%.1f %.1f", f.x(float64(i)), f.y(v))
		}
		fmt.Fprintf(b, "H%.1f", f.x(float64(i)+1))
		drawn = true
	}
	b.WriteString(`"/>`)
}

// bar is a row of a bar chart: a name, a bar to the right or the left of zero, and
// its figures.
type bar struct {
	name, value, more both
	part, most        float64
	mark              float64 // a second value to compare with; NaN: none
}

// Name, Value and More are the words and figures of the row.
func (b bar) Name() template.HTML { return b.name.HTML() }

// Value returns the row's figure.
func (b bar) Value() template.HTML { return b.value.HTML() }

// More returns what stands under the figure.
func (b bar) More() template.HTML { return b.more.HTML() }

// SVG draws the bar.
func (b bar) SVG() template.HTML {
	most := b.most
	if most == 0 {
		most = 1
	}
	var s strings.Builder
	s.WriteString(`<svg class="bar" viewBox="0 0 1000 20" preserveAspectRatio="none" aria-hidden="true">`)
	if class, v := "c1", b.part/most*1000; v >= 0 {
		fmt.Fprintf(&s, `<rect class="fill %s" x="0" y="3" width="%.0f" height="14"/>`, class, min(v, 1000))
	} else {
		fmt.Fprintf(&s, `<rect class="fill bad" x="0" y="3" width="%.0f" height="14"/>`, min(-v, 1000))
	}
	if !math.IsNaN(b.mark) {
		x := min(max(b.mark/most*1000, 0), 997)
		fmt.Fprintf(&s, `<rect class="mark" x="%.0f" y="0" width="3" height="20"/>`, x)
	}
	s.WriteString("</svg>")
	return template.HTML(s.String())
}
