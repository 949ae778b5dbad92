package market

import (
	"container/heap"

	"torg"
)

// routeHeap is routes by the energy that they had left when they came in, the largest
// first, ties in their own order.
type routeHeap struct{ list routeList }

type routeRank struct {
	energy torg.Energy
	route  int32
}

type routeList []routeRank

func newHeap(routes []route) *routeHeap {
	h := &routeHeap{make(routeList, 0, len(routes))}
	for i, t := range routes {
		h.list = append(h.list, routeRank{t.energy, int32(i)})
	}
	heap.Init(&h.list)
	return h
}

func (h *routeHeap) len() int                        { return len(h.list) }
func (h *routeHeap) top() torg.Energy                { return h.list[0].energy }
func (h *routeHeap) pop() int32                      { return heap.Pop(&h.list).(routeRank).route }
func (h *routeHeap) push(route int32, e torg.Energy) { heap.Push(&h.list, routeRank{e, route}) }
func (l routeList) Len() int                         { return len(l) }
func (l routeList) Swap(i, j int)                    { l[i], l[j] = l[j], l[i] }
func (l *routeList) Push(x any)                      { *l = append(*l, x.(routeRank)) }
func (l routeList) Less(i, j int) bool {
	return l[i].energy > l[j].energy || l[i].energy == l[j].energy && l[i].route < l[j].route
}

func (l *routeList) Pop() any {
	last := (*l)[len(*l)-1]
	*l = (*l)[:len(*l)-1]
	return last
}
