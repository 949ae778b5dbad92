package forecast

import (
	"math/bits"
	"time"

	"torg"
)

// timescale is how a site's slots lie in the day.
type timescale struct {
	cal      torg.Calendar
	zone     *time.Location
	day      int64 // slots in a day
	perGrain int64 // slots in a grain, the resolution of daily profiles
	horizons []horizon
}

// horizon is a bucket of distances, in slots, between the latest reading and the
// slot forecast; errors are counted by bucket.
type horizon struct{ from, to int64 }

const grainLength = 15 * time.Minute

func newTimescale(cal torg.Calendar, zone *time.Location) timescale {
	if zone == nil {
		zone = time.UTC
	}
	t := timescale{cal: cal, zone: zone, day: int64(24 * time.Hour / cal.Interval)}
	t.perGrain = max(1, int64(grainLength/cal.Interval))
	t.horizons = horizons(t.day)
	return t
}

// horizons are 1, 2, 3 to 4, 5 to 8 and so on to a day, and all that is beyond.
func horizons(day int64) []horizon {
	var hs []horizon
	for from, to := int64(1), int64(1); from <= day; from, to = to+1, 2*to {
		hs = append(hs, horizon{from, min(to, day)})
	}
	return append(hs, horizon{day + 1, 7 * day})
}

// bucket returns which horizon a distance of ahead slots falls in.
func (t *timescale) bucket(ahead int64) int {
	if ahead > t.day {
		return len(t.horizons) - 1
	}
	return bits.Len64(uint64(max(ahead, 1) - 1))
}

// sample picks the distance at which slot s tests horizon h: all of them in turn,
// scattered so that none keeps meeting the same time of day.
func (h horizon) sample(s int64) int64 {
	return h.from + int64(scatter(s)%uint64(h.to-h.from+1))
}

// scatter is the finalizer of the SplitMix64 generator (Steele, Lea, Flood 2014): a
// fixed hash, so the same slots are picked every time.
func scatter(s int64) uint64 {
	z := uint64(s) + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// moment is where a slot lies in the local day.
type moment struct {
	hour    int  // 0 to 23
	grain   int  // of the day
	weekend bool // Saturday or Sunday
}

func (t *timescale) moment(s int64) moment {
	start := t.cal.Start(torg.Slot(s))
	_, offset := start.In(t.zone).Zone()
	local := start.Unix() + int64(offset)
	second := floorMod(local, 86400)
	weekday := floorMod(floorDiv(local, 86400)+4, 7) // 1970-01-01 was a Thursday
	grainSeconds := int64(t.cal.Interval/time.Second) * t.perGrain
	return moment{
		hour:    int(second / 3600),
		grain:   int(second / grainSeconds),
		weekend: weekday == 0 || weekday == 6,
	}
}
