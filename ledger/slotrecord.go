package ledger

import (
	"slices"

	"torg"
	"torg/canon"
)

// slotRecord is a slot from its session until its interval is settled.
type slotRecord struct {
	state      SessionState
	imports    torg.Energy // round 3
	exports    torg.Energy
	network    torg.Cost // got from contracts
	fees       torg.Cost // owed to lines' owners for the session's flows
	metered    bool      // the connection's own meter was read
	connection torg.Energy
	delivered  bool
	tight      []tightZone
	entries    []entry // by site
}

// tightZone is a zone that the connection or a line left no more room to.
type tightZone struct {
	zone  torg.ZoneID
	price torg.Price
}

// entry is one site's open position in a slot.
type entry struct {
	site       torg.SiteID
	contracted torg.Energy // net, consumption plus
	bought     torg.Energy // of it inside
	sold       torg.Energy
	paid       torg.Cost // for contracts; minus: received
	guarantee  torg.Cost // kept reserved until the interval is settled
	outside    bool      // contracted from an order outside its published band
	quality    quality   // of metered
	metered    torg.Energy
	statement  statement
	root       [32]byte // of its contracts; where statement says there are any
}

type statement uint8

const (
	noContracts statement = iota
	unsigned
	stated
)

// quality is a torg.Quality in one byte.
type quality uint8

var qualities = []torg.Quality{"", torg.Measured, torg.Derived, torg.Simulated, torg.Estimated}

const estimated quality = 4

func qualityOf(q torg.Quality) quality { return quality(slices.Index(qualities, q)) }

func (r *slotRecord) clone() *slotRecord {
	c := *r
	c.entries = slices.Clone(r.entries)
	c.tight = slices.Clone(r.tight)
	return &c
}

// ensure makes entries for sites that have none. It keeps them in order in one pass.
func (r *slotRecord) ensure(sites []torg.SiteID) {
	missing := 0
	for _, s := range sites {
		if _, ok := r.index(s); !ok {
			missing++
		}
	}
	if missing == 0 {
		return
	}
	merged := append(make([]entry, 0, len(r.entries)+missing), r.entries...)
	for _, s := range sites {
		merged = append(merged, entry{site: s})
	}
	slices.SortStableFunc(merged, bySite)
	r.entries = slices.CompactFunc(merged, func(a, b entry) bool { return a.site == b.site })
}

func (r *slotRecord) index(s torg.SiteID) (int, bool) {
	return slices.BinarySearchFunc(r.entries, entry{site: s}, bySite)
}

// entry returns a site's entry, or nil.
func (r *slotRecord) entry(s torg.SiteID) *entry {
	if i, ok := r.index(s); ok {
		return &r.entries[i]
	}
	return nil
}

func bySite(a, b entry) int {
	switch {
	case a.site < b.site:
		return -1
	case a.site > b.site:
		return 1
	}
	return 0
}

func appendSlot(w *canon.Writer, r *slotRecord) {
	w.U8(uint8(r.state))
	w.Energy(r.imports)
	w.Energy(r.exports)
	w.Cost(r.network)
	w.Cost(r.fees)
	w.Bool(r.metered)
	w.Energy(r.connection)
	w.Bool(r.delivered)
	canon.AppendList(w, r.tight, func(w *canon.Writer, t tightZone) {
		w.String(string(t.zone))
		w.Price(t.price)
	})
	canon.AppendList(w, r.entries, appendEntry)
}

func readSlot(r *canon.Reader) *slotRecord {
	return &slotRecord{
		state: SessionState(r.U8()), imports: r.Energy(), exports: r.Energy(), network: r.Cost(), fees: r.Cost(),
		metered: r.Bool(), connection: r.Energy(), delivered: r.Bool(),
		tight: canon.ReadList(r, stateLimit, func(r *canon.Reader) tightZone {
			return tightZone{zone: canon.ID[torg.ZoneID](r), price: r.Price()}
		}),
		entries: canon.ReadList(r, stateLimit, readEntry),
	}
}

func appendEntry(w *canon.Writer, e entry) {
	w.String(string(e.site))
	w.Energy(e.contracted)
	w.Energy(e.bought)
	w.Energy(e.sold)
	w.Cost(e.paid)
	w.Cost(e.guarantee)
	w.Bool(e.outside)
	w.U8(uint8(e.quality))
	w.Energy(e.metered)
	w.U8(uint8(e.statement))
	if e.statement != noContracts {
		w.Fixed(e.root[:])
	}
}

func readEntry(r *canon.Reader) entry {
	e := entry{
		site: canon.ID[torg.SiteID](r), contracted: r.Energy(), bought: r.Energy(), sold: r.Energy(),
		paid: r.Cost(), guarantee: r.Cost(), outside: r.Bool(), quality: quality(r.U8()),
		metered: r.Energy(), statement: statement(r.U8()),
	}
	if e.statement != noContracts {
		r.Fixed(e.root[:])
	}
	return e
}
