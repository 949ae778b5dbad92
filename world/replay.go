package world

import (
	"torg"
	"torg/exchange"
)

// Replay plays recorded meters later than they were read, from From to To over and
// over. What was read before From is there as history.
type Replay struct {
	Offset   torg.Slot // slots by which readings come later
	From, To torg.Slot // as recorded; To is not played
}

// replayed is a meter under a replay.
type replayed struct {
	meter  exchange.Meter
	replay Replay
}

// Net returns what the meter read Offset slots earlier, in the part that is
// repeated.
func (r replayed) Net(slot torg.Slot) (torg.Energy, torg.Quality, bool) {
	s, n := slot-r.replay.Offset, r.replay.To-r.replay.From
	if s >= r.replay.From {
		s = r.replay.From + (s-r.replay.From)%n
	}
	return r.meter.Net(s)
}

// NewReplay returns the replay that starts a scenario's span at the same time of the
// week as now, within its first week. A span that now is in is played as it is.
func NewReplay(cal torg.Calendar, from, to, now torg.Slot) Replay {
	if now >= from && now < to {
		return Replay{From: from, To: to}
	}
	week := cal.At(cal.Start(0).AddDate(0, 0, 7))
	offset := (now - from) / week * week
	if now < from {
		offset -= week
	}
	return Replay{Offset: offset, From: from, To: to}
}
