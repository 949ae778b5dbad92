package report

import (
	"time"

	"torg"
	"torg/ledger"
	"torg/scenario"
)

// series keeps what plots show over time, in at most maxBuckets steps of equal
// length, however long the run is.
type series struct {
	from    torg.Slot
	step    torg.Slot // slots in a bucket
	length  time.Duration
	buckets []bucket
}

const maxBuckets = 400

// bucket is one step of the plots.
type bucket struct {
	start       time.Time
	price       torg.Price // sum over sessions with a price; of the first zone that has one, where there are several
	priced      int
	rounds      [4]torg.Energy
	inside      torg.Cost // what buyers pay for contracts of rounds 1 and 2
	consumption torg.Energy
	covered     torg.Energy
	coverable   torg.Energy
	saved       map[torg.ParticipantID]torg.Cost
}

// steps are the lengths that people can read.
var steps = []time.Duration{
	30 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour,
	2 * time.Hour, 4 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 28 * 24 * time.Hour,
}

func newSeries(sc *scenario.Scenario) *series {
	from, to := sc.Slots()
	s := &series{from: from}
	for _, s.length = range steps {
		if s.length >= sc.Calendar.Interval && s.length%sc.Calendar.Interval == 0 && time.Duration(to-from)*sc.Calendar.Interval <= maxBuckets*s.length {
			break
		}
	}
	s.step = torg.Slot(s.length / sc.Calendar.Interval)
	for slot := from; slot < to; slot += s.step {
		s.buckets = append(s.buckets, bucket{start: sc.Calendar.Start(slot), saved: map[torg.ParticipantID]torg.Cost{}})
	}
	return s
}

// index is the bucket that a slot belongs to.
func (s *series) index(slot torg.Slot) int { return int((slot - s.from) / s.step) }

func (s *series) at(slot torg.Slot) *bucket { return &s.buckets[s.index(slot)] }

func (s *series) cleared(e *ledger.Cleared) {
	b := s.at(e.Slot)
	if e.Discovery == 1 && len(e.Outcome.Prices) > 0 {
		b.price += e.Outcome.Prices[0].Price
		b.priced++
	}
	for _, k := range e.Contracts {
		b.rounds[k.Round] += k.Energy
		if k.Round < 3 {
			b.inside = b.inside.Add(k.Energy.At(k.BuyerPrice))
		}
	}
}

func (s *series) metered(slot torg.Slot, t *slotTally, covered, coverable torg.Energy) {
	b := s.at(slot)
	b.consumption += t.consumption
	b.covered += covered
	b.coverable += coverable
}

func (s *series) saved(slot torg.Slot, p torg.ParticipantID, saving torg.Cost) {
	b := s.at(slot)
	b.saved[p] = b.saved[p].Add(saving)
}
