package audit

import (
	"torg"
)

// topology is a complex with its zones by number.
type topology struct {
	zones    []torg.ZoneID
	number   map[torg.ZoneID]int
	lines    []line
	lineOf   map[[2]int]int       // the line between two zones, under both orders
	supplier *torg.Supplier       // nil: an island
	home     int                  // the supplier's zone; -1: an island
	parts    []int                // by zone, the part of the grid that lines with any capacity join it to
	cheapest map[int][]torg.Price // see feesFrom
}

// line joins two zones.
type line struct {
	from, to int
	capacity torg.Energy // torg.Unlimited: none is set; 0: no line
	fee      torg.Price
}

// unreachable stands for the fees to a zone that no lines lead to.
const unreachable torg.Price = -1

func newTopology(c torg.Complex) *topology {
	t := &topology{
		zones: c.Zones, number: map[torg.ZoneID]int{}, lineOf: map[[2]int]int{},
		supplier: c.Supplier, home: -1, cheapest: map[int][]torg.Price{},
	}
	for i, z := range c.Zones {
		t.number[z] = i
	}
	for i, l := range c.Lines {
		from, to := t.number[l.From], t.number[l.To]
		t.lines = append(t.lines, line{from, to, l.Capacity, l.Fee})
		t.lineOf[[2]int{from, to}], t.lineOf[[2]int{to, from}] = i, i
	}
	if c.Supplier != nil {
		t.home = t.number[c.Supplier.Zone]
	}
	t.join()
	return t
}

// join numbers the parts of the grid by the first zone in each.
func (t *topology) join() {
	t.parts = make([]int, len(t.zones))
	for z := range t.parts {
		t.parts[z] = z
	}
	for moved := true; moved; {
		moved = false
		for _, l := range t.lines {
			if low := min(t.parts[l.from], t.parts[l.to]); l.capacity != 0 && t.parts[l.from] != t.parts[l.to] {
				t.parts[l.from], t.parts[l.to], moved = low, low, true
			}
		}
	}
}

// zone returns the number of a zone; -1: there is none of that name.
func (t *topology) zone(z torg.ZoneID) int {
	if i, ok := t.number[z]; ok {
		return i
	}
	return -1
}

// feesFrom returns the cheapest fees per kWh from a zone to every other, over lines
// that have any capacity at all; unreachable where there is no way.
func (t *topology) feesFrom(z int) []torg.Price {
	if fees, ok := t.cheapest[z]; ok {
		return fees
	}
	var arcs []arc
	for _, l := range t.lines {
		if l.capacity != 0 {
			arcs = append(arcs, arc{l.from, l.to, l.fee, 1}, arc{l.to, l.from, l.fee, 1})
		}
	}
	fees := cheapest(len(t.zones), arcs, z)
	t.cheapest[z] = fees
	return fees
}

// delivery is what the supplier's price rises by on its way to a zone; 0 where there
// is no supplier or no way.
func (t *topology) delivery(z torg.ZoneID) torg.Price {
	if t.home < 0 || t.zone(z) < 0 {
		return 0
	}
	return max(t.feesFrom(t.home)[t.zone(z)], 0)
}

// arc is a way on which a line can carry one watt-hour more from one zone to another.
type arc struct {
	from, to int
	fee      torg.Price // what that costs per kWh; negative: it takes back what flows the other way
	step     torg.Price // what it adds to the energy over lines: 1 or -1
}

// cheapest returns the least sum of fees from a zone to every other (Bellman and
// Ford); fees are not negative.
func cheapest(zones int, arcs []arc, from int) []torg.Price {
	best := make([]torg.Price, zones)
	for i := range best {
		best[i] = unreachable
	}
	best[from] = 0
	for moved := true; moved; {
		moved = false
		for _, a := range arcs {
			if best[a.from] == unreachable {
				continue
			}
			if p := best[a.from] + a.fee; best[a.to] == unreachable || p < best[a.to] {
				best[a.to], moved = p, true
			}
		}
	}
	return best
}
