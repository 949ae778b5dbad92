package ledger

import (
	"fmt"
	"slices"

	"torg"
)

// SessionState is where a session is.
type SessionState uint8

// The states of a session, in their order.
const (
	SessionNone     SessionState = iota // not open yet, or never
	SessionOpen                         // takes sealed orders
	SessionCleared1                     // the first discovery is cleared, revised orders are taken
	SessionCleared2                     // trading is over
	SessionMissed                       // no block came in time: everybody is served by the supplier
	SessionSettled                      // its interval is settled
)

// maxMissed is how many missed sessions one block reports after an outage: a day's at
// 30 seconds.
const maxMissed = 2880

// open begins a block: what its time has passed is closed before its transactions.
func (s *state) open(b Block) {
	cal := s.Calendar
	s.now = b.Time.UTC()
	s.head.height, s.head.time = b.Height, b.Time.UnixNano()
	running := cal.At(s.now) + 1
	if s.head.session.state == SessionNone {
		s.head.first, s.head.next, s.head.session.slot = running, running, running
		return
	}
	s.sweepBoard()
	if s.head.session.slot < running {
		s.endSession(running)
	}
	s.passGates()
}

// begin opens the market's first session, in the block that admits the first site:
// before it nobody could trade, and no slot has anything to settle.
func (s *state) begin() {
	first := s.Calendar.At(s.now) + 1
	s.head.first, s.head.next = first, first
	s.head.month = s.monthOf(first)
	s.head.session = session{slot: first, state: SessionOpen}
	s.passGates()
}

// passGates clears what discoveries' gates the block's time has passed.
func (s *state) passGates() {
	cal, slot := s.Calendar, s.head.session.slot
	if s.head.session.state == SessionOpen && !s.now.Before(cal.GateClosure(slot, 1)) {
		s.clear(1)
	}
	if s.head.session.state == SessionCleared1 && !s.now.Before(cal.GateClosure(slot, 2)) {
		s.clear(2)
	}
}

// endSession leaves a session whose slot has started, reports those that no block
// came for, and opens the one that runs now.
func (s *state) endSession(running torg.Slot) {
	switch s.head.session.state {
	case SessionOpen:
		s.miss(1)
	case SessionCleared1:
		s.miss(2)
	}
	s.rollBoard()
	s.openForwards(s.head.session.slot+1, running)
	for k := max(s.head.session.slot+1, running-maxMissed); k < running; k++ {
		s.slot(k).state = SessionMissed
		s.event(Event{Missed: &Missed{Slot: k, Discovery: 1}})
	}
	s.head.session = session{slot: running, state: SessionOpen}
}

// miss ends the session without clearing a discovery: its orders lapse.
func (s *state) miss(discovery int) {
	for _, p := range s.book.places(discovery) {
		s.release(s.book.get(p))
	}
	s.event(Event{Missed: &Missed{Slot: s.head.session.slot, Discovery: discovery}})
	if discovery == 1 {
		s.closeSession(SessionMissed)
	} else {
		s.closeSession(SessionCleared2)
	}
}

// closeSession ends trading in the session: its contracts are all there, and so are
// the roots that statements must have.
func (s *state) closeSession(end SessionState) {
	ses := &s.head.session
	ses.state = end
	s.slot(ses.slot).state = end
	s.rootSession(ses.slot)
	s.book.drop()
	s.bands.del(ses.slot)
}

// takeTick lets a block be made, and nothing else.
func (s *state) takeTick(b Tick) error {
	if s.head.height > 0 && (b.Slot < s.head.session.slot-2 || b.Slot > s.head.session.slot+2) {
		return fmt.Errorf("tick for slot %d while %d trades: %w", b.Slot, s.head.session.slot, torg.ErrMalformed)
	}
	return nil
}

// takeBands publishes forecast bands before the first gate, one per site.
func (s *state) takeBands(b Bands) error {
	ses := s.head.session
	switch {
	case b.Slot < ses.slot || b.Slot == ses.slot && ses.state > SessionOpen:
		return fmt.Errorf("bands for slot %d: %w", b.Slot, torg.ErrGateClosed)
	case (b.Slot > ses.slot || ses.state == SessionNone) && !(s.check && b.Slot == ses.slot+1):
		return fmt.Errorf("bands for slot %d: %w", b.Slot, torg.ErrNotOpen)
	}
	have, _ := s.bands.get(b.Slot)
	bands := slices.Clone(have)
	var first error
	for _, band := range b.Bands {
		i, there := bandIndex(have, band.Site)
		_, known := s.sites.get(band.Site)
		switch {
		case !known:
			first = keep(first, fmt.Errorf("band of site %q: %w", band.Site, torg.ErrUnknown))
		case band.Low > band.High || band.Low < -torg.MaxSessionEnergy || band.High > torg.MaxSessionEnergy:
			first = keep(first, fmt.Errorf("band of site %s: %d to %d Wh: %w", band.Site, band.Low, band.High, torg.ErrMalformed))
		case there && have[i].Site == band.Site:
			first = keep(first, fmt.Errorf("band of site %s: %w", band.Site, torg.ErrDuplicate))
		default:
			bands = append(bands, band)
		}
	}
	slices.SortStableFunc(bands, func(a, b Band) int { return compareSites(a.Site, b.Site) })
	bands = slices.CompactFunc(bands, func(a, b Band) bool { return a.Site == b.Site })
	if len(bands) == len(have) {
		return first
	}
	s.bands.put(b.Slot, bands)
	return nil
}

func bandIndex(bands []Band, site torg.SiteID) (int, bool) {
	return slices.BinarySearchFunc(bands, site, func(b Band, s torg.SiteID) int { return compareSites(b.Site, s) })
}

func compareSites(a, b torg.SiteID) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// inBand says whether an order lies within its site's published band.
func (s *state) inBand(o torg.Order) bool {
	bands, _ := s.bands.get(o.Slot)
	i, ok := bandIndex(bands, o.Site)
	if !ok {
		return false
	}
	if o.Side == torg.Buy {
		return o.Energy <= max(bands[i].High, 0)
	}
	return o.Energy <= max(-bands[i].Low, 0)
}

// monthOf returns the month, such as 2026-11, in which a slot starts.
func (s *state) monthOf(k torg.Slot) string {
	return s.Calendar.Start(k).In(s.location).Format("2006-01")
}
