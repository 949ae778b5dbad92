package report

import (
	"fmt"
	"html"
	"html/template"
	"strings"
	"time"
)

// drawing is a chart that the page shows with its words.
type drawing interface {
	Title() template.HTML
	Unit() template.HTML
	Legend() template.HTML
	SVG() template.HTML
	Note() template.HTML
}

// strips are rows over time, each filled where something holds: the height of the
// filling is the share of the step for which it does.
type strips struct {
	title, unit, note both
	rows              []layer // values from 0 to 1
	starts            []time.Time
}

// Title, Unit, Note and Legend are for the page; rows carry their own names.
func (s strips) Title() template.HTML { return s.title.HTML() }

// Unit says what is filled.
func (s strips) Unit() template.HTML { return s.unit.HTML() }

// Note returns what the strips show, in words.
func (s strips) Note() template.HTML { return s.note.HTML() }

// Legend is empty.
func (s strips) Legend() template.HTML { return "" }

// SVG draws the strips wide and narrow.
func (s strips) SVG() template.HTML {
	return template.HTML(`<div class="wide">` + s.draw(960) + `</div><div class="narrow">` + s.draw(360) + `</div>`)
}

// rowHeight is a row's with its name above, thick the strip's.
const rowHeight, thick = 38, 16

func (s strips) draw(w float64) string {
	f := frame{w: w, h: 4 + rowHeight*float64(len(s.rows)) + 24, left: 52, right: 8, top: 4, bottom: 24, n: max(len(s.starts), 1)}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, f.w, f.h, html.EscapeString(s.title.ru+" / "+s.title.en))
	for i, r := range s.rows {
		bottom := f.top + rowHeight*float64(i+1) - 4
		axisText(&b, f.left, bottom-thick-5, "start", r.name)
		fmt.Fprintf(&b, `<rect class="track" x="%.1f" y="%.1f" width="%.1f" height="%d"/>`, f.left, bottom-thick, f.w-f.left-f.right, thick)
		fmt.Fprintf(&b, `<path class="fill %s" d="`, r.class)
		for k, v := range r.values {
			if v > 0 {
				fmt.Fprintf(&b, "M%.1f %.1fH%.1fV%.1fH%.1fZ", f.x(float64(k)), bottom, f.x(float64(k)+1), bottom-thick*v, f.x(float64(k)))
			}
		}
		b.WriteString(`"/>`)
	}
	plot{starts: s.starts}.days(&b, f)
	b.WriteString("</svg>")
	return b.String()
}
