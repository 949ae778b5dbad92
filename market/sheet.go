package market

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"torg"
)

// entry is an order on its way through clearing.
type entry struct {
	*torg.Order
	open     torg.Energy // takes part: the order's energy without what its avoid took out
	accepted torg.Energy // by discovery
	inside   torg.Energy // of the accepted, for trades with participants
	avoided  bool        // its avoid took something out
}

// sheet is a valid book, sorted.
type sheet struct {
	complex    torg.Complex
	discovery  int
	used       Usage
	entries    []entry // by order id
	buys       []int32 // entries by merit: the best limit first, ties by id
	sells      []int32
	importLeft torg.Energy // what the connection has left for this discovery
	exportLeft torg.Energy
	avoids     bool // some order avoids something
	prefers    bool // some order prefers something
}

// newSheet checks a book and sorts it. Errors wrap a torg.Refusal.
func newSheet(b Book) (*sheet, error) {
	if err := validGrid(b); err != nil {
		return nil, err
	}
	s := &sheet{complex: b.Complex, discovery: b.Discovery, used: b.Used}
	if err := s.enter(b.Orders); err != nil {
		return nil, err
	}
	s.importLeft, s.exportLeft = connectionLeft(b.Complex.Supplier, b.Used)
	s.buys, s.sells = byMerit(s.entries)
	return s, nil
}

func validGrid(b Book) error {
	if err := b.Complex.Valid(); err != nil {
		return fmt.Errorf("complex: %w: %w", err, torg.ErrMalformed)
	}
	if len(b.Complex.Zones) != 1 {
		return fmt.Errorf("zones: this market clears one zone: %w", torg.ErrMalformed)
	}
	if b.Discovery != 1 && b.Discovery != 2 {
		return fmt.Errorf("discovery %d is neither 1 nor 2: %w", b.Discovery, torg.ErrMalformed)
	}
	u := b.Used
	switch s := b.Complex.Supplier; {
	case s != nil && (s.Buy < torg.MinPrice || s.Sell > torg.MaxPrice):
		return fmt.Errorf("supplier: quotes %s and %s are outside -1000 to 1000 RUB/kWh: %w", s.Buy, s.Sell, torg.ErrMalformed)
	case u.Import < 0 || u.Export < 0 || u.Import > 0 && u.Export > 0:
		return fmt.Errorf("used: import %d and export %d Wh cannot be: %w", u.Import, u.Export, torg.ErrMalformed)
	case u.Import > torg.MaxSessionEnergy || u.Export > torg.MaxSessionEnergy:
		return fmt.Errorf("used: import %d or export %d Wh: %w", u.Import, u.Export, torg.ErrTooLarge)
	case s == nil && (u.Import > 0 || u.Export > 0):
		return fmt.Errorf("used: import or export without a supplier: %w", torg.ErrMalformed)
	case len(u.Lines) != 0 && len(u.Lines) != len(b.Complex.Lines):
		return fmt.Errorf("used: %d lines of %d: %w", len(u.Lines), len(b.Complex.Lines), torg.ErrMalformed)
	}
	return nil
}

// enter checks the orders, each and together, and sorts them by id.
func (s *sheet) enter(orders []torg.Order) error {
	s.entries = make([]entry, len(orders))
	sides := make(map[torg.ParticipantID]torg.Side, len(orders))
	var sum torg.Energy
	for i, k := range byID(orders) {
		o := &orders[k]
		if err := o.Valid(); err != nil {
			return err
		}
		sum += o.Energy // no overflow: at most MaxSessionEnergy and one more order
		known := sides[o.Participant]
		switch {
		case i > 0 && s.entries[i-1].ID == o.ID:
			return fmt.Errorf("order %s is there twice: %w", o.ID, torg.ErrDuplicate)
		case !slices.Contains(s.complex.Zones, o.Zone):
			return fmt.Errorf("order %s: unknown zone %q: %w", o.ID, o.Zone, torg.ErrUnknown)
		case o.Slot != orders[0].Slot:
			return fmt.Errorf("order %s: of another slot: %w", o.ID, torg.ErrMalformed)
		case o.Discovery != s.discovery:
			return fmt.Errorf("order %s: of discovery %d in a book of discovery %d: %w", o.ID, o.Discovery, s.discovery, torg.ErrMalformed)
		case s.complex.Supplier != nil && o.Participant == s.complex.Supplier.Participant:
			return fmt.Errorf("order %s: participant %s is the supplier, who quotes both sides: %w", o.ID, o.Participant, torg.ErrBothSides)
		case known != 0 && known != o.Side:
			return fmt.Errorf("order %s: participant %s has orders on both sides: %w", o.ID, o.Participant, torg.ErrBothSides)
		case sum > torg.MaxSessionEnergy:
			return fmt.Errorf("orders: more than %d Wh in all: %w", torg.MaxSessionEnergy, torg.ErrTooLarge)
		}
		if known == 0 {
			sides[o.Participant] = o.Side
		}
		s.avoids = s.avoids || len(o.Avoid) > 0
		s.prefers = s.prefers || len(o.Prefer) > 0
		s.entries[i] = entry{Order: o, open: o.Energy}
	}
	return nil
}

// connectionLeft returns what earlier discoveries left of the connection's two
// capacities; an unlimited one is more than all orders together.
func connectionLeft(s *torg.Supplier, used Usage) (imports, exports torg.Energy) {
	if s == nil {
		return 0, 0
	}
	left := func(capacity, used, otherWay torg.Energy) torg.Energy {
		switch {
		case otherWay > 0:
			return 0
		case capacity == torg.Unlimited:
			return torg.MaxSessionEnergy + 1
		}
		return min(max(capacity-used, 0), torg.MaxSessionEnergy+1)
	}
	return left(s.Import, used.Import, used.Export), left(s.Export, used.Export, used.Import)
}

// byID returns the places of the orders, sorted bytewise by id. What all ids share
// at their start is skipped, and the eight bytes after it decide most comparisons.
func byID(orders []torg.Order) []int32 {
	type key struct {
		head uint64
		at   int32
	}
	keys, skip, sorted := make([]key, len(orders)), 0, true
	if len(orders) > 0 {
		skip = len(orders[0].ID)
	}
	for i := range orders {
		id := orders[i].ID
		if i > 0 {
			sorted = sorted && orders[i-1].ID <= id
		}
		skip = min(skip, len(id))
		for id[:skip] != orders[0].ID[:skip] {
			skip--
		}
	}
	for i := range orders {
		var head [8]byte
		copy(head[:], orders[i].ID[skip:])
		keys[i] = key{binary.BigEndian.Uint64(head[:]), int32(i)}
	}
	if !sorted {
		slices.SortFunc(keys, func(a, b key) int {
			if a.head != b.head {
				return cmp.Compare(a.head, b.head)
			}
			return strings.Compare(string(orders[a.at].ID), string(orders[b.at].ID))
		})
	}
	places := make([]int32, len(keys))
	for i, k := range keys {
		places[i] = k.at
	}
	return places
}

// byMerit returns the buyers from the highest limit down and the sellers from the
// lowest up, ties by id.
func byMerit(entries []entry) (buys, sells []int32) {
	var b, s []ranked
	for i := range entries {
		switch e := &entries[i]; e.Side {
		case torg.Buy:
			b = append(b, ranked{-int64(e.Limit), int32(i)})
		case torg.Sell:
			s = append(s, ranked{int64(e.Limit), int32(i)})
		}
	}
	return places(b), places(s)
}

// ranked is an entry's place with what it is sorted by, the smallest first.
type ranked struct {
	by int64
	at int32
}

// places sorts by rank, ties by place, and returns the places.
func places(r []ranked) []int32 {
	slices.SortFunc(r, func(a, b ranked) int {
		if a.by != b.by {
			return cmp.Compare(a.by, b.by)
		}
		return cmp.Compare(a.at, b.at)
	})
	out := make([]int32, len(r))
	for i, x := range r {
		out[i] = x.at
	}
	return out
}
