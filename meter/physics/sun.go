package physics

import (
	"math"
	"time"
)

// Sun is where the sun stands.
type Sun struct {
	Elevation float64 // degrees above the horizon, without refraction
	Azimuth   float64 // degrees from north, clockwise
}

// SunAt returns the sun's position at a place (degrees, north and east positive), to a
// few hundredths of a degree between 1950 and 2050.
func SunAt(t time.Time, latitude, longitude float64) Sun {
	unix := float64(t.UnixMilli()) / 1000
	declination, equation := ecliptic(unix)
	hours := math.Mod(unix, day)/hour + 24 // positive, for moments before 1970 too
	return sun(declination, radians(latitude), hours+longitude/15+equation/60)
}

// j2000 is noon of 1 January 2000 in Unix seconds.
const j2000 = 946_728_000

// ecliptic returns the sun's declination in radians and the equation of time in
// minutes, by the low-precision formulas of the Astronomical Almanac.
func ecliptic(unix float64) (declination, equation float64) {
	n := (unix - j2000) / day
	mean := math.Mod(280.460+0.9856474*n, 360)
	anomaly := radians(357.528 + 0.9856003*n)
	longitude := radians(mean + 1.915*math.Sin(anomaly) + 0.020*math.Sin(2*anomaly))
	obliquity := radians(23.439 - 4e-7*n)
	declination = math.Asin(math.Sin(obliquity) * math.Sin(longitude))
	ascension := degrees(math.Atan2(math.Cos(obliquity)*math.Sin(longitude), math.Cos(longitude)))
	return declination, 4 * math.Remainder(mean-ascension, 360)
}

// sun returns the position at a true solar hour.
func sun(declination, latitude, solarHour float64) Sun {
	sinD, cosD := math.Sincos(declination)
	sinL, cosL := math.Sincos(latitude)
	sinH, cosH := math.Sincos(radians(15 * (solarHour - 12)))
	return Sun{
		Elevation: degrees(math.Asin(sinL*sinD + cosL*cosD*cosH)),
		Azimuth:   180 + degrees(math.Atan2(sinH*cosD, cosH*cosD*sinL-sinD*cosL)),
	}
}

func radians(d float64) float64 { return d * math.Pi / 180 }
func degrees(r float64) float64 { return r * 180 / math.Pi }
