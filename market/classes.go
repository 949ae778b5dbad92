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

// classes groups the lots of each side that no avoid tells apart, so that books
// with many orders and few names are quick. Lots of class b and s may trade where
// ok[b*sells+s].
type classes struct {
	buyer, seller []int32 // class of each lot
	buys, sells   int     // how many classes each side has
	ok            []bool
	work          int
}

// class is what an avoid can tell an order by: its own avoids and, where somebody
// on the other side avoids it, its participant and source.
type class struct {
	avoids        string
	party, source string
}

// classify returns nil where there are more classes than classWork allows.
func classify(buyers, sellers []lot) *classes {
	c := &classes{}
	var buy, sell []*torg.Order // one order of each class
	c.buyer, buy = classesOf(buyers, avoided(sellers))
	c.seller, sell = classesOf(sellers, avoided(buyers))
	c.buys, c.sells = len(buy), len(sell)
	if c.work = c.buys * c.sells * torg.MaxPreferences; c.spent() {
		return nil
	}
	c.ok = make([]bool, c.buys*c.sells)
	for b, x := range buy {
		for s, y := range sell {
			c.ok[b*c.sells+s] = !avoids(x, y) && !avoids(y, x)
		}
	}
	return c
}

// spent says whether the avoids have cost more than they may.
func (c *classes) spent() bool { return c.work > classWork }

// may says whether the i-th buyer and the j-th seller may trade.
func (c *classes) may(i, j int32) bool {
	return c == nil || c.ok[int(c.buyer[i])*c.sells+int(c.seller[j])]
}

// avoids says whether o must not be contracted with p.
func avoids(o, p *torg.Order) bool { return names(o.Avoid, p) }

// names says whether the list has p's participant or source.
func names(list []string, p *torg.Order) bool {
	return slices.Contains(list, string(p.Participant)) || p.Source != "" && slices.Contains(list, p.Source)
}

// avoided returns every name that one of the lots avoids.
func avoided(lots []lot) map[string]bool {
	named := make(map[string]bool)
	for _, l := range lots {
		for _, n := range l.Avoid {
			named[n] = true
		}
	}
	return named
}

func classesOf(lots []lot, named map[string]bool) (of []int32, first []*torg.Order) {
	of, known := make([]int32, len(lots)), make(map[class]int32)
	for i, l := range lots {
		var k class
		if len(l.Avoid) > 0 {
			k.avoids = listKey(l.Avoid)
		}
		if named[string(l.Participant)] {
			k.party = string(l.Participant)
		}
		if named[l.Source] {
			k.source = l.Source
		}
		c, ok := known[k]
		if !ok {
			c = int32(len(first))
			known[k] = c
			first = append(first, l.Order)
		}
		of[i] = c
	}
	return of, first
}

// listKey is the same for lists with the same names.
func listKey(list []string) string {
	sorted := slices.Compact(slices.Sorted(slices.Values(list)))
	var b strings.Builder
	for _, n := range sorted {
		fmt.Fprintf(&b, "%d:%s", len(n), n)
	}
	return b.String()
}

// queues holds the sellers that have something left, by class.
type queues struct {
	*classes
	of [][]int32 // by class, the largest first
}

func (c *classes) queues(sellers []lot) *queues {
	q := &queues{c, make([][]int32, c.sells)}
	for j := range sellers {
		if k := c.seller[j]; sellers[j].left > 0 {
			q.of[k] = append(q.of[k], int32(j))
		}
	}
	return q
}

// first returns the largest seller that the i-th buyer may trade with, or -1.
func (q *queues) first(i int) int32 {
	best := int32(-1)
	if q.work += q.sells; q.spent() {
		return best
	}
	ok := q.ok[int(q.buyer[i])*q.sells:][:q.sells]
	for k, list := range q.of {
		if len(list) > 0 && ok[k] && (best < 0 || list[0] < best) {
			best = list[0]
		}
	}
	return best
}

// drop takes a seller that first returned out of its queue.
func (q *queues) drop(j int32) {
	k := q.seller[j]
	q.of[k] = q.of[k][1:]
}
