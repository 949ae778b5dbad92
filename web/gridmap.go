package web

import (
	"math"
	"strings"

	"torg"
)

// mostNodes is how many zones the picture of the grid can show so that it is read.
const mostNodes = 8

// gridMap is a picture of the grid: zones on a ring, lines between them. Across is in
// percent, down in pixels of mapHeight.
type gridMap struct {
	Nodes []mapNode
	Wires []mapWire
}

const mapHeight = 230

// mapNode is a zone with its price.
type mapNode struct {
	X, Y        float64
	Zone, Price string
	Own, Tie    bool
}

// mapWire is a line, drawn from where its energy comes to where it goes.
type mapWire struct {
	X1, Y1, X2, Y2 float64
	Text           string
	Width          float64 // by its load
	Full, Idle     bool
}

// Mid is the middle of the wire, where its arrow and its text are.
func (w mapWire) Mid() (x, y float64) { return (w.X1 + w.X2) / 2, (w.Y1 + w.Y2) / 2 }

// Map places zones and lines; nil where there are too many to read.
func (p *page) Map(v *gridView) *gridMap {
	if len(v.Zones) > mostNodes {
		return nil
	}
	m := &gridMap{}
	at := map[torg.ZoneID]mapNode{}
	right := -1.0 // how far the ring reaches; its left end is -1
	for i := range v.Zones {
		right = max(right, math.Cos(turn(i, len(v.Zones))))
	}
	for i, z := range v.Zones {
		x, y := math.Cos(turn(i, len(v.Zones))), math.Sin(turn(i, len(v.Zones)))
		n := mapNode{X: 16 + 68*(x+1)/(right+1), Y: mapHeight/2 - 78*y, Zone: short(p.ZoneName(z.Zone)), Price: "—", Own: z.Own,
			Tie: p.Now.Supplier != nil && p.Now.Supplier.Zone == z.Zone}
		if x := z.Prices[0]; x != nil {
			n.Price = p.Price(*x)
		}
		m.Nodes, at[z.Zone] = append(m.Nodes, n), n
	}
	for _, l := range v.Lines {
		from, to := at[l.From], at[l.To]
		w := mapWire{X1: from.X, Y1: from.Y, X2: to.X, Y2: to.Y, Width: 2, Full: l.Full(), Idle: l.Energy == 0}
		var text []string
		if !w.Idle {
			text = append(text, p.Energy(l.Energy))
		}
		if share, ok := l.Load(); ok && !w.Idle {
			text = append(text, p.Percent(share))
			w.Width += 4 * min(1, share)
		}
		w.Text = strings.Join(text, " · ")
		m.Wires = append(m.Wires, w)
	}
	return m
}

// mostLetters is how long a name can be that stands in its box on the picture; the
// table has it whole.
const mostLetters = 14

func short(name string) string {
	if r := []rune(name); len(r) > mostLetters {
		return string(r[:mostLetters-1]) + "…"
	}
	return name
}

// turn is the angle of the i-th of n zones, the first on the left.
func turn(i, n int) float64 { return math.Pi - 2*math.Pi*float64(i)/float64(n) }
