package market

import (
	"fmt"
	"slices"
	"strings"

	"torg"
)

// classWork bounds the steps that a book's avoids may cost, in comparisons. Where
// they cost more, every order with an avoid leaves, as after three passes.
const classWork = 1 << 26

// dealWork is what it costs to look for deals between two cells, in comparisons.
const dealWork = 8

// class is what an avoid can tell an order by, beside its zone and side: its own
// avoids and, where somebody on the other side avoids it, its participant and source.
type class struct {
	zone, side    int32
	avoids, only  string
	party, source string
}

// makeClasses makes a cell of each class, so that books with many orders and few
// names are quick. It returns false where there are more than classWork allows.
func (p *pairing) makeClasses() bool {
	s := p.r.sheet
	var named [2]map[string]bool // by the side that is avoided
	for side := range named {
		named[side] = make(map[string]bool)
	}
	for i := range s.wishes {
		w := &s.wishes[i]
		if p.inside[w.order] > 0 {
			for _, n := range w.avoid {
				named[1-(s.key[w.order]&3)>>1][n] = true
			}
			for _, n := range w.only {
				named[1-(s.key[w.order]&3)>>1][string(n)] = true
			}
		}
	}
	p.class = make([]int32, s.Len())
	p.cellAt = make([][]int32, 2*len(p.r.zones))
	known := make(map[class]int32)
	var first []int32 // an order of each class
	for i, e := range p.inside {
		if e == 0 {
			continue
		}
		c := class{zone: int32(s.zone[i]), side: (s.key[i] & 3) >> 1}
		if w := s.wish(int32(i)); w != nil {
			c.avoids, c.only = listKey(w.avoid), listKey(w.only)
		}
		if n := string(s.Participant(int32(i))); named[c.side][n] {
			c.party = n
		}
		if n := s.Source(int32(i)); named[c.side][n] {
			c.source = n
		}
		k, has := known[c]
		if !has {
			k = int32(len(first))
			known[c] = k
			first = append(first, int32(i))
			p.cells = append(p.cells, cell{zone: c.zone, side: c.side, head: -1, tail: -1})
			p.cellAt[2*c.zone+c.side] = append(p.cellAt[2*c.zone+c.side], k)
		}
		p.class[i] = k
	}
	for i, t := range p.routes {
		for _, b := range p.cellsOf(t.to, 0) {
			for _, l := range p.cellsOf(t.from, 1) {
				if p.work += torg.MaxPreferences; p.spent() {
					return false
				}
				if !s.avoid(first[b], first[l]) && !s.avoid(first[l], first[b]) {
					p.join(b, l, int32(i))
				}
			}
		}
	}
	return true
}

// spent says whether the avoids have cost more than they may.
func (p *pairing) spent() bool { return p.work > classWork }

// avoid says whether the i-th order must not be contracted with the j-th.
func (s *Sheet) avoid(i, j int32) bool {
	w := s.wish(i)
	return w != nil && (s.named(w.avoid, j) || len(w.only) > 0 && !slices.Contains(w.only, s.Participant(j)))
}

// named says whether a list has the i-th order's participant or source.
func (s *Sheet) named(list []string, i int32) bool {
	return names(list, string(s.Participant(i)), s.Source(i))
}

// names says whether a list has a participant or its source; a source that is not
// said is in no list.
func names(list []string, participant, source string) bool {
	return slices.Contains(list, participant) || source != "" && slices.Contains(list, source)
}

// listKey is the same for lists with the same names.
func listKey[T ~string](list []T) string {
	sorted := slices.Compact(slices.Sorted(slices.Values(list)))
	var b strings.Builder
	for _, n := range sorted {
		fmt.Fprintf(&b, "%d:%s", len(n), n)
	}
	return b.String()
}
