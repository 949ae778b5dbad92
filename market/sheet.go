package market

import (
	"fmt"

	"torg"
)

// Sheet is a valid book of one discovery in columns: what Clear and Verify work on.
// Orders stand by id, bytewise, and go by their place in that order.
type Sheet struct {
	grid      *grid
	discovery int
	used      Usage

	key    []int32       // limit and side in one number that sorts by merit: see keyOf
	open   []torg.Energy // what takes part: the order's energy, less what its avoid took out
	energy []torg.Energy // the order's energy; the same slice as open while no avoid took anything
	zone   []uint16      // places in the complex's zones
	party  []int32       // places in parties
	source []int32       // places in words
	ids    idColumn
	row    []int32 // where each order stood in the book

	parties []torg.ParticipantID
	words   []string // sources; words[0] is the empty one
	wishes  []wish   // of the orders that have any, by place
	avoids  bool     // some order avoids something
	prefers bool     // some order prefers something
	sites   func(row int32) torg.SiteID
}

// wish is what an order prefers and avoids.
type wish struct {
	order         int32
	prefer, avoid []string
	only          []torg.ParticipantID // inside the complex; empty: anybody
	avoided       bool                 // its avoid took something out of the order
}

// keyOf puts limit and side into one number. It is four times the limit, one less
// for a seller and one more for a buyer, so that at equal limits trade comes before
// no trade, and the supplier, at four times its quote, comes last: among outcomes
// of equal welfare the one with the most energy of participants is then the one of
// largest welfare in keys. An improvement in welfare is at least 4 for one watt-hour
// and touches at most two orders, so keys never trade welfare for energy.
func keyOf(side torg.Side, limit torg.Price) int32 {
	if side == torg.Sell {
		return int32(4*limit - 1)
	}
	return int32(4*limit + 1)
}

// keyLimit is the limit in a key, or the quote in four times a quote.
func keyLimit(key int32) torg.Price { return torg.Price(key+1) >> 2 }

func keySide(key int32) torg.Side {
	switch key & 3 {
	case 3:
		return torg.Sell
	case 1:
		return torg.Buy
	}
	return 0
}

// Len returns how many orders the sheet has.
func (s *Sheet) Len() int { return len(s.key) }

// ID returns the id of the i-th order by id. It must not be written to.
func (s *Sheet) ID(i int32) []byte { return s.ids.at(i) }

// Participant returns whose the i-th order is.
func (s *Sheet) Participant(i int32) torg.ParticipantID { return s.parties[s.party[i]] }

// Side returns the side of the i-th order.
func (s *Sheet) Side(i int32) torg.Side { return keySide(s.key[i]) }

// Zone returns the zone of the i-th order.
func (s *Sheet) Zone(i int32) torg.ZoneID { return s.grid.complex.Zones[s.zone[i]] }

// Energy returns what the i-th order asks for or offers.
func (s *Sheet) Energy(i int32) torg.Energy { return s.energy[i] }

// Limit returns the limit of the i-th order.
func (s *Sheet) Limit(i int32) torg.Price { return keyLimit(s.key[i]) }

// Source returns the source that the i-th order names, or nothing.
func (s *Sheet) Source(i int32) string { return s.words[s.source[i]] }

// picks says whether there is anybody whom the order must not be contracted with. An
// order that may meet some only avoids all others.
func (w *wish) picks() bool { return len(w.avoid)+len(w.only) > 0 }

// wish returns what the i-th order prefers and avoids, or nil.
func (s *Sheet) wish(i int32) *wish {
	lo, hi := 0, len(s.wishes)
	for lo < hi {
		if m := (lo + hi) / 2; s.wishes[m].order < i {
			lo = m + 1
		} else {
			hi = m
		}
	}
	if lo < len(s.wishes) && s.wishes[lo].order == i {
		return &s.wishes[lo]
	}
	return nil
}

// NewSheet checks a book and puts it into columns. It refuses, with an error that
// wraps a torg.Refusal, a complex or used capacity that cannot be, and orders that
// are not valid, of another slot or discovery, of an unknown zone, of the supplier,
// twice there, of one participant on both sides, or of more than
// torg.MaxSessionEnergy in all.
func NewSheet(b Book) (*Sheet, error) {
	into, err := NewBuilder(b.Complex, b.Used, b.Discovery)
	if err != nil {
		return nil, err
	}
	text := 0
	for i := range b.Orders {
		text += len(b.Orders[i].ID)
	}
	into.grow(len(b.Orders), text)
	var row []byte // names of one order, one after the other
	field := func(name string) []byte {
		row = append(row, name...)
		return row[len(row)-len(name):]
	}
	for i := range b.Orders {
		o := &b.Orders[i]
		if err := o.Valid(); err != nil {
			return nil, err
		}
		switch {
		case o.Slot != b.Orders[0].Slot:
			return nil, fmt.Errorf("order %s: of another slot: %w", o.ID, torg.ErrMalformed)
		case o.Discovery != b.Discovery:
			return nil, fmt.Errorf("order %s: of discovery %d in a book of discovery %d: %w", o.ID, o.Discovery, b.Discovery, torg.ErrMalformed)
		}
		row = row[:0]
		err := into.Add(Row{
			ID: field(string(o.ID)), Participant: field(string(o.Participant)), Zone: field(string(o.Zone)), Source: field(o.Source),
			Side: o.Side, Energy: o.Energy, Limit: o.Limit, Prefer: o.Prefer, Avoid: o.Avoid, Only: o.Only,
		})
		if err != nil {
			return nil, fmt.Errorf("order %s: %w", o.ID, err)
		}
	}
	s, err := into.Sheet()
	if err != nil {
		return nil, err
	}
	s.sites = func(row int32) torg.SiteID { return b.Orders[row].Site }
	return s, nil
}
