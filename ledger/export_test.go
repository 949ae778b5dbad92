package ledger

import "torg"

// CutForwards carries out what a fall of a line's capacity does to forward contracts, as
// a block of its own.
func (l *Ledger) CutForwards(line int, capacity torg.Energy, from torg.Slot) []Event {
	s := l.committed.fork()
	s.cutForwards(line, capacity, from)
	s.heads.put("", s.head)
	s.audit()
	l.block = s
	l.Commit()
	return s.events
}
