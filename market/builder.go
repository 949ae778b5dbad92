package market

import (
	"errors"
	"fmt"
	"math"
	"unicode/utf8"

	"torg"
)

// Builder takes in a book row by row and keeps it in columns.
type Builder struct {
	s       *Sheet // nil: it was handed out
	parties map[string]int32
	sides   []torg.Side // of parties
	words   map[string]int32
	sum     torg.Energy
	last    struct { // rows often name the zone of the row before
		zone torg.ZoneID
		at   uint16
	}
}

// Row is an order as a file has it. The bytes are only read until Add returns.
type Row struct {
	ID, Participant, Zone, Source []byte
	Side                          torg.Side
	Energy                        torg.Energy
	Limit                         torg.Price
	Prefer, Avoid                 []string
	Only                          []torg.ParticipantID
}

// FieldError says which part of an order is wrong: id, participant, side, zone,
// energy, limit, source, prefer or avoid. It wraps a torg.Refusal.
type FieldError struct {
	Field string
	Err   error
}

// Error tells what is wrong, without the field.
func (e *FieldError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong.
func (e *FieldError) Unwrap() error { return e.Err }

// DuplicateError says that two rows, counted from 0 as they were added, have the
// same id. It wraps torg.ErrDuplicate.
type DuplicateError struct {
	ID           torg.OrderID
	First, Again int
}

// Error names the order.
func (e *DuplicateError) Error() string {
	return fmt.Sprintf("order %s is there twice: %v", e.ID, torg.ErrDuplicate)
}

// Unwrap returns torg.ErrDuplicate.
func (e *DuplicateError) Unwrap() error { return torg.ErrDuplicate }

// maxOrders is how many orders a book can have: places are 32 bits, and pairing
// packs them beside an energy.
const maxOrders = 1 << 30

// NewBuilder returns a builder for one discovery on a complex, of which earlier
// discoveries of the slot used a part.
func NewBuilder(c torg.Complex, used Usage, discovery int) (*Builder, error) {
	if err := validGrid(c, used, discovery); err != nil {
		return nil, err
	}
	b := &Builder{
		s:       &Sheet{grid: newGrid(c, used), discovery: discovery, used: used, words: []string{""}},
		parties: make(map[string]int32),
	}
	b.last.zone = c.Zones[0]
	return b, nil
}

// grow makes room for n more rows with ids of so many bytes in all.
func (b *Builder) grow(n, text int) {
	s := b.s
	s.key = append(make([]int32, 0, len(s.key)+n), s.key...)
	s.energy = append(make([]torg.Energy, 0, len(s.energy)+n), s.energy...)
	s.zone = append(make([]uint16, 0, len(s.zone)+n), s.zone...)
	s.party = append(make([]int32, 0, len(s.party)+n), s.party...)
	s.source = append(make([]int32, 0, len(s.source)+n), s.source...)
	s.ids.end = append(make([]int64, 0, len(s.ids.end)+n), s.ids.end...)
	s.ids.text = append(make([]byte, 0, len(s.ids.text)+text), s.ids.text...)
}

// errHandedOut refuses what comes after Sheet.
var errHandedOut = errors.New("market: the builder has handed out its sheet")

// Add takes in an order, or returns a *FieldError and takes nothing. It must not be
// called after Sheet.
func (b *Builder) Add(r Row) error {
	if b.s == nil {
		return errHandedOut
	}
	if err := b.check(r); err != nil {
		return err
	}
	s := b.s
	if string(b.last.zone) != string(r.Zone) {
		z, known := s.grid.places[torg.ZoneID(r.Zone)]
		if !known {
			return wrong("zone", "unknown zone %q: %w", r.Zone, torg.ErrUnknown)
		}
		b.last.zone, b.last.at = s.grid.complex.Zones[z], uint16(z)
	}
	if q := s.grid.complex.Supplier; q != nil && string(r.Participant) == string(q.Participant) {
		return wrong("participant", "participant %s is the supplier, who quotes both sides: %w", r.Participant, torg.ErrBothSides)
	}
	party, known := b.parties[string(r.Participant)]
	if !known {
		name := torg.ParticipantID(r.Participant)
		party = int32(len(s.parties))
		s.parties = append(s.parties, name)
		b.parties[string(name)] = party
		b.sides = append(b.sides, r.Side)
	}
	if b.sides[party] != r.Side {
		return wrong("participant", "participant %s has orders on both sides: %w", r.Participant, torg.ErrBothSides)
	}
	if len(r.Prefer)+len(r.Avoid)+len(r.Only) > 0 {
		w := wish{order: int32(len(s.key)), prefer: r.Prefer, avoid: r.Avoid, only: r.Only}
		s.wishes = append(s.wishes, w)
		s.avoids, s.prefers = s.avoids || w.picks(), s.prefers || len(r.Prefer) > 0
	}
	b.sum += r.Energy
	s.key = append(s.key, keyOf(r.Side, r.Limit))
	s.energy = append(s.energy, r.Energy)
	s.zone = append(s.zone, b.last.at)
	s.party = append(s.party, party)
	s.source = append(s.source, b.word(r.Source))
	s.ids.append(r.ID)
	return nil
}

// word returns the number of a source.
func (b *Builder) word(source []byte) int32 {
	if len(source) == 0 {
		return 0
	}
	at, known := b.words[string(source)]
	if !known {
		if b.words == nil {
			b.words = make(map[string]int32)
		}
		at = int32(len(b.s.words))
		b.s.words = append(b.s.words, string(source))
		b.words[b.s.words[at]] = at
	}
	return at
}

func wrong(field, format string, args ...any) error {
	return &FieldError{field, fmt.Errorf(format, args...)}
}

// check refuses what no order may be.
func (b *Builder) check(r Row) error {
	switch {
	case len(r.ID) == 0 || len(r.ID) > 128 || !utf8.Valid(r.ID):
		return wrong("id", "order id %q: must have 1 to 128 bytes of UTF-8: %w", r.ID, torg.ErrMalformed)
	case len(r.Participant) == 0 || len(r.Participant) > 128 || !utf8.Valid(r.Participant):
		return wrong("participant", "%q is no participant of 1 to 128 bytes: %w", r.Participant, torg.ErrMalformed)
	case r.Side != torg.Buy && r.Side != torg.Sell:
		return wrong("side", "no side: %w", torg.ErrMalformed)
	case r.Energy < 1 || r.Energy > torg.MaxOrderEnergy:
		return wrong("energy", "energy %d Wh is outside 1 to %d: %w", r.Energy, torg.MaxOrderEnergy, torg.ErrMalformed)
	case r.Limit < torg.MinPrice || r.Limit > torg.MaxPrice:
		return wrong("limit", "limit %s is outside -1000 to 1000 RUB/kWh: %w", r.Limit, torg.ErrMalformed)
	case len(r.Source) > torg.MaxWord || !utf8.Valid(r.Source):
		return wrong("source", "%q is no name of at most %d bytes: %w", r.Source, torg.MaxWord, torg.ErrMalformed)
	case b.sum > torg.MaxSessionEnergy-r.Energy:
		return wrong("energy", "orders: more than %d Wh in all: %w", torg.MaxSessionEnergy, torg.ErrTooLarge)
	case len(b.s.key) == maxOrders:
		return wrong("id", "orders: more than %d: %w", maxOrders, torg.ErrTooLarge)
	}
	if err := checkNames("prefer", r.Prefer); err != nil {
		return err
	}
	if err := torg.ValidPartners(r.Only); err != nil {
		return wrong("only", "%w", err)
	}
	return checkNames("avoid", r.Avoid)
}

func checkNames(field string, list []string) error {
	if len(list) > torg.MaxPreferences {
		return wrong(field, "more than %d names: %w", torg.MaxPreferences, torg.ErrMalformed)
	}
	for _, name := range list {
		if len(name) > torg.MaxWord || !utf8.ValidString(name) {
			return wrong(field, "%q is no name of at most %d bytes: %w", name, torg.MaxWord, torg.ErrMalformed)
		}
	}
	return nil
}

// Sheet returns the book in columns, or a *DuplicateError. The builder is used up.
func (b *Builder) Sheet() (*Sheet, error) {
	s := b.s
	if s == nil {
		return nil, errHandedOut
	}
	b.s = nil
	s.row = s.ids.order()
	s.ids = s.ids.sorted(s.row)
	for i := 1; i < len(s.row); i++ {
		if string(s.ids.at(int32(i-1))) == string(s.ids.at(int32(i))) {
			return nil, &DuplicateError{ID: torg.OrderID(s.ids.at(int32(i))), First: int(s.row[i-1]), Again: int(s.row[i])}
		}
	}
	s.key = gather(s.key, s.row)
	s.energy = gather(s.energy, s.row)
	s.zone = gather(s.zone, s.row)
	s.party = gather(s.party, s.row)
	s.source = gather(s.source, s.row)
	s.open = s.energy
	if len(s.wishes) > 0 {
		of := make(map[int32]wish, len(s.wishes))
		for _, w := range s.wishes {
			of[w.order] = w
		}
		s.wishes = s.wishes[:0]
		for i, r := range s.row {
			if w, has := of[r]; has {
				w.order = int32(i)
				s.wishes = append(s.wishes, w)
			}
		}
	}
	return s, nil
}

// gather returns the column in another order.
func gather[T any](column []T, order []int32) []T {
	out := make([]T, len(order))
	for i, k := range order {
		out[i] = column[k]
	}
	return out
}

func validGrid(c torg.Complex, u Usage, discovery int) error {
	if err := c.Valid(); err != nil {
		return fmt.Errorf("complex: %w: %w", err, torg.ErrMalformed)
	}
	if len(c.Zones) > MaxZones || len(c.Lines) > MaxLines {
		return fmt.Errorf("complex: %d zones and %d lines, more than %d and %d: %w", len(c.Zones), len(c.Lines), MaxZones, MaxLines, torg.ErrTooLarge)
	}
	for i, l := range c.Lines {
		if l.Fee > torg.MaxPrice {
			return fmt.Errorf("complex: lines[%d]: fee %s is above 1000 RUB/kWh: %w", i, l.Fee, torg.ErrMalformed)
		}
	}
	if discovery != 1 && discovery != 2 {
		return fmt.Errorf("discovery %d is neither 1 nor 2: %w", discovery, torg.ErrMalformed)
	}
	return validUsage(c, u)
}

func validUsage(c torg.Complex, u Usage) error {
	switch s := c.Supplier; {
	case s != nil && (s.Buy < torg.MinPrice || s.Sell > torg.MaxPrice):
		return fmt.Errorf("supplier: quotes %s and %s are outside -1000 to 1000 RUB/kWh: %w", s.Buy, s.Sell, torg.ErrMalformed)
	case u.Import < 0 || u.Export < 0 || u.Import > 0 && u.Export > 0:
		return fmt.Errorf("used: import %d and export %d Wh cannot be: %w", u.Import, u.Export, torg.ErrMalformed)
	case u.Import > torg.MaxSessionEnergy || u.Export > torg.MaxSessionEnergy:
		return fmt.Errorf("used: import %d or export %d Wh: %w", u.Import, u.Export, torg.ErrTooLarge)
	case s == nil && (u.Import > 0 || u.Export > 0):
		return fmt.Errorf("used: import or export without a supplier: %w", torg.ErrMalformed)
	case len(u.Lines) != 0 && len(u.Lines) != len(c.Lines):
		return fmt.Errorf("used: %d lines of %d: %w", len(u.Lines), len(c.Lines), torg.ErrMalformed)
	}
	for i, e := range u.Lines {
		if e == math.MinInt64 || max(e, -e) > torg.MaxSessionEnergy {
			return fmt.Errorf("used: lines[%d]: %d Wh: %w", i, e, torg.ErrTooLarge)
		}
	}
	return nil
}
