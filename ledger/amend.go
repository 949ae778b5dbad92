package ledger

import (
	"fmt"
	"slices"

	"torg"
	"torg/canon"
)

// maxAnnounced bounds the amendments whose first slot is still to come.
const maxAnnounced = 16

// Amend changes the rules from the session for slot From on, which must be later than
// the one that runs. The operator signs it. It states the whole grid: new capacities and
// fees of the same lines, new quotes and limits of the same supplier. Prices (fees,
// quotes, PriceCap) change at the start of a settlement interval only, capacities at any
// slot. Tariffs are added and begin at From or later, so that no price of a slot before
// it changes. An amendment for the same From takes an earlier one's place. Sequence is
// one more than that of the Amend before it, so that none comes back.
type Amend struct {
	Sequence uint32
	From     torg.Slot
	Complex  torg.Complex
	PriceCap torg.Price
	Tariffs  []torg.Tariff
}

func (Amend) kind() kind { return kindAmend }

func (b Amend) append(w *canon.Writer) {
	w.U32(b.Sequence)
	w.Slot(b.From)
	appendComplex(w, b.Complex)
	w.Price(b.PriceCap)
	canon.AppendList(w, b.Tariffs, func(w *canon.Writer, t torg.Tariff) {
		w.String(string(t.ID))
		w.Time(t.From)
		w.Price(t.Sell)
		w.Price(t.Buy)
	})
}

func readAmend(r *canon.Reader) Body { return readAmendment(r) }

func readAmendment(r *canon.Reader) Amend {
	return Amend{
		Sequence: r.U32(), From: r.Slot(), Complex: readComplex(r), PriceCap: r.Price(),
		Tariffs: canon.ReadList(r, maxTariffs, func(r *canon.Reader) torg.Tariff {
			return torg.Tariff{ID: canon.ID[torg.TariffID](r), From: r.Time(), Sell: r.Price(), Buy: r.Price()}
		}),
	}
}

// maxGrid bounds zones and lines in a transaction.
const maxGrid = 1 << 15

func appendComplex(w *canon.Writer, c torg.Complex) {
	canon.AppendList(w, c.Zones, appendID)
	canon.AppendList(w, c.Lines, func(w *canon.Writer, l torg.Line) {
		w.String(string(l.From))
		w.String(string(l.To))
		w.Energy(l.Capacity)
		w.Price(l.Fee)
	})
	w.String(string(c.Pricing))
	w.Bool(c.Supplier != nil)
	if q := c.Supplier; q != nil {
		w.String(string(q.Participant))
		w.String(string(q.Zone))
		w.Price(q.Sell)
		w.Price(q.Buy)
		w.Energy(q.Import)
		w.Energy(q.Export)
	}
}

func readComplex(r *canon.Reader) torg.Complex {
	c := torg.Complex{
		Zones: canon.ReadList(r, maxGrid, canon.ID[torg.ZoneID]),
		Lines: canon.ReadList(r, maxGrid, func(r *canon.Reader) torg.Line {
			return torg.Line{From: canon.ID[torg.ZoneID](r), To: canon.ID[torg.ZoneID](r), Capacity: r.Energy(), Fee: r.Price()}
		}),
		Pricing: torg.Pricing(r.String(canon.MaxID)),
	}
	if r.Bool() {
		c.Supplier = &torg.Supplier{
			Participant: canon.ID[torg.ParticipantID](r), Zone: canon.ID[torg.ZoneID](r),
			Sell: r.Price(), Buy: r.Price(), Import: r.Energy(), Export: r.Energy(),
		}
	}
	return c
}

// amend announces a change of the rules.
func (s *state) amend(b Amend) error {
	o, _ := s.operated.get("")
	running := s.head.session.slot
	switch {
	case b.Sequence != o.amendments+1:
		return fmt.Errorf("amendment %d, the next one is %d: %w", b.Sequence, o.amendments+1, torg.ErrDuplicate)
	case b.From <= running:
		return fmt.Errorf("amendment %d from slot %d while %d trades: %w", b.Sequence, b.From, running, torg.ErrGateClosed)
	}
	if err := s.amendable(b); err != nil {
		return fmt.Errorf("amendment %d: %w: %w", b.Sequence, err, torg.ErrMalformed)
	}
	announced, tariffs := 0, len(s.Tariffs)+len(b.Tariffs)
	for _, from := range s.amended.keys() {
		if a, _ := s.amended.get(from); from != b.From {
			tariffs += len(a.Tariffs)
			if from > running {
				announced++
			}
		}
	}
	if announced >= maxAnnounced || tariffs > maxTariffs {
		return fmt.Errorf("amendment %d: %d are announced and %d tariffs known: %w", b.Sequence, announced, tariffs, torg.ErrTooLarge)
	}
	before, replaces := s.amended.get(b.From)
	s.setAmendment(b.From, b, true)
	if err := s.pricesTurn(running); err != nil {
		s.setAmendment(b.From, before, replaces)
		return fmt.Errorf("amendment %d: %w: %w", b.Sequence, err, torg.ErrMalformed)
	}
	o.amendments = b.Sequence
	s.operated.put("", o)
	s.event(Event{Amended: &b})
	return nil
}

func (s *state) setAmendment(from torg.Slot, a Amend, there bool) {
	if there {
		s.amended.put(from, a)
	} else {
		s.amended.del(from)
	}
	s.known = nil
}

// amendable refuses what an amendment may not be, whatever else is announced.
func (s *state) amendable(b Amend) error {
	g := s.Genesis
	g.Complex, g.PriceCap, g.Tariffs = b.Complex, b.PriceCap, b.Tariffs
	if err := g.Valid(); err != nil {
		return err
	}
	if err := sameGrid(s.Complex, b.Complex); err != nil {
		return err
	}
	for i, t := range b.Tariffs {
		if t.From.Before(s.Calendar.Start(b.From)) {
			return fmt.Errorf("tariffs[%d]: %s begins before slot %d", i, t.ID, b.From)
		}
	}
	return nil
}

// sameGrid refuses another grid than the one with other capacities, fees and quotes.
func sameGrid(old, now torg.Complex) error {
	switch {
	case !slices.Equal(old.Zones, now.Zones):
		return fmt.Errorf("zones: not those of the chain")
	case !slices.EqualFunc(old.Lines, now.Lines, func(a, b torg.Line) bool { return a.From == b.From && a.To == b.To }):
		return fmt.Errorf("lines: not those of the chain")
	case old.Pricing != now.Pricing:
		return fmt.Errorf("pricing: not the chain's")
	case (old.Supplier == nil) != (now.Supplier == nil):
		return fmt.Errorf("supplier: not the chain's")
	}
	if a, b := old.Supplier, now.Supplier; a != nil && (a.Participant != b.Participant || a.Zone != b.Zone) {
		return fmt.Errorf("supplier: not the chain's participant or zone")
	}
	return nil
}

// pricesTurn refuses rules by which a price would change inside a settlement interval,
// after the slot that trades.
func (s *state) pricesTurn(running torg.Slot) error {
	for _, from := range s.amended.keys() {
		first, _ := s.Calendar.Settlement(from, s.Settlement)
		if from <= running || from == first {
			continue
		}
		if before, after := s.rulesAt(from-1), s.rulesAt(from); !samePrices(before, after) {
			return fmt.Errorf("prices would change at slot %d, inside the settlement interval that begins at %d", from, first)
		}
	}
	return nil
}

func samePrices(a, b *Rules) bool {
	if p, q := a.Complex.Supplier, b.Complex.Supplier; p != nil && (p.Sell != q.Sell || p.Buy != q.Buy) {
		return false
	}
	return a.PriceCap == b.PriceCap &&
		slices.EqualFunc(a.Complex.Lines, b.Complex.Lines, func(k, l torg.Line) bool { return k.Fee == l.Fee && (k.Capacity == 0) == (l.Capacity == 0) })
}
