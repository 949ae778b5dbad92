package ledger

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"torg"
	"torg/canon"
)

// standing is a site's order of the running session, as it counts.
type standing struct {
	order    torg.Order  // as it was signed
	cut      torg.Energy // not covered by the balance
	reserved torg.Cost
	cleared  bool        // its discovery is over
	left     torg.Energy // then: of the signed energy, what was not contracted
}

// place is where an order stands: one for each site and discovery.
type place struct {
	discovery int
	site      torg.SiteID
}

func byPlace(a, b place) int {
	return cmp.Or(cmp.Compare(a.discovery, b.discovery), cmp.Compare(a.site, b.site))
}

// book holds the orders of the running session. In the KV it is one record for each
// block that changed it, so that an order is written once and not once per block.
type book struct {
	*committedBook
	over    map[place]*standing // nil: withdrawn
	dropped bool
}

// committedBook is what all forks of a book share.
type committedBook struct {
	orders map[place]*standing
	chunks [][]byte // keys of its records
}

func newBook() book {
	return book{committedBook: &committedBook{orders: map[place]*standing{}}}
}

func (b *book) fork() book { return book{committedBook: b.committedBook} }

// get returns the order at a place, or nil. It must not be changed.
func (b *book) get(p place) *standing {
	if o, ok := b.over[p]; ok || b.dropped {
		return o
	}
	return b.orders[p]
}

func (b *book) put(p place, o *standing) {
	if b.over == nil {
		b.over = map[place]*standing{}
	}
	b.over[p] = o
}

func (b *book) drop() { b.over, b.dropped = nil, true }

// places returns where orders of a discovery stand, by site; 0: of both.
func (b *book) places(discovery int) []place {
	var list []place
	for p, o := range b.over {
		if o != nil && (discovery == 0 || p.discovery == discovery) {
			list = append(list, p)
		}
	}
	if !b.dropped {
		for p := range b.orders {
			if _, ok := b.over[p]; !ok && (discovery == 0 || p.discovery == discovery) {
				list = append(list, p)
			}
		}
	}
	slices.SortFunc(list, byPlace)
	return list
}

// changes appends what this fork, at the end of a block, changes in the KV.
func (b *book) changes(to []write, height int64) []write {
	if b.dropped {
		for _, key := range b.chunks {
			to = append(to, write{key: key})
		}
	}
	if len(b.over) > 0 {
		to = append(to, write{chunkKey(height), b.chunk()})
	}
	return to
}

func chunkKey(height int64) []byte {
	return binary.BigEndian.AppendUint64([]byte{prefixBook}, uint64(height))
}

func (b *book) chunk() []byte {
	var places []place
	for p := range b.over {
		places = append(places, p)
	}
	slices.SortFunc(places, byPlace)
	var w canon.Writer
	canon.AppendList(&w, places, func(w *canon.Writer, p place) {
		w.Int(p.discovery)
		w.String(string(p.site))
		o := b.over[p]
		w.Bool(o != nil)
		if o != nil {
			appendStanding(w, o)
		}
	})
	return w.Bytes()
}

func appendStanding(w *canon.Writer, o *standing) {
	canon.AppendOrder(w, o.order)
	w.Energy(o.cut)
	w.Cost(o.reserved)
	w.Bool(o.cleared)
	w.Energy(o.left)
}

func readStanding(r *canon.Reader) *standing {
	return &standing{order: canon.ReadOrder(r), cut: r.Energy(), reserved: r.Cost(), cleared: r.Bool(), left: r.Energy()}
}

func (b *book) commit(height int64) {
	c := b.committedBook
	if b.dropped {
		clear(c.orders)
		c.chunks = nil
	}
	for p, o := range b.over {
		if o == nil {
			delete(c.orders, p)
		} else {
			c.orders[p] = o
		}
	}
	if len(b.over) > 0 {
		c.chunks = append(c.chunks, chunkKey(height))
	}
	b.over, b.dropped = nil, false
}

func (b *book) load(kv KV) error {
	*b = newBook()
	var err error
	kv.Ascend([]byte{prefixBook}, func(key, value []byte) bool {
		r := canon.NewReader(value)
		for n := r.Count(stateLimit); n > 0; n-- {
			p := place{discovery: r.Int(), site: canon.ID[torg.SiteID](r)}
			if !r.Bool() {
				delete(b.orders, p)
				continue
			}
			b.orders[p] = readStanding(r)
		}
		if err = r.Done(); err != nil {
			err = fmt.Errorf("damaged order book under key %x: %w", key, err)
			return false
		}
		b.chunks = append(b.chunks, slices.Clone(key))
		return true
	})
	return err
}
