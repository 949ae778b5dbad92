package physics

import (
	"math"
	"time"
)

// zone is the local clock and calendar that people at the sites live by.
type zone struct {
	location *time.Location
	holidays map[int64]bool // by the day's number
}

// date is a local day.
type date struct {
	number  int64 // days since the epoch
	weekday time.Weekday
	holiday bool
}

func newZone(location *time.Location, holidays []time.Time) *zone {
	z := &zone{location, map[int64]bool{}}
	for _, h := range holidays {
		z.holidays[dayNumber(h.In(location))] = true
	}
	return z
}

// off says whether the day is a Saturday, a Sunday or a holiday.
func (d date) off() bool {
	return d.holiday || d.weekday == time.Saturday || d.weekday == time.Sunday
}

// clock returns the local hour, 0 to 24, and the day of a moment in Unix seconds.
func (z *zone) clock(unix float64) (h float64, d date) {
	second := math.Floor(unix)
	local := time.Unix(int64(second), 0).In(z.location)
	h = float64(local.Hour()) + float64(local.Minute())/60 + (float64(local.Second())+unix-second)/hour
	return min(h, 24-1e-9), z.date(dayNumber(local)) // rounding never makes it the next day
}

// date returns the day with a number; the first was a Thursday.
func (z *zone) date(number int64) date {
	return date{number, time.Weekday(mod(number+int64(time.Thursday), 7)), z.holidays[number]}
}

// dayNumber counts the days since the epoch on t's own calendar.
func dayNumber(t time.Time) int64 {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
}

// mod is the remainder that is never negative.
func mod(a, b int64) int64 { return (a%b + b) % b }
