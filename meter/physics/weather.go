package physics

import "math"

const (
	minute = 60.0
	hour   = 3600.0
	day    = 86400.0
)

// Climate is the weather that all models of one complex share.
type Climate struct {
	seed                           seed
	latitude, longitude            float64 // degrees
	mean, seasonal, diurnal, noise float64 // degrees Celsius
	cloudShift                     float64 // of the cloud cover, for its mean
}

// cloudSpread makes the sky mostly clear or mostly covered, seldom between.
const cloudSpread = 1.5

// NewClimate returns the weather of a place, from the specification of the kind
// Weather. Different seeds have different weather.
func NewClimate(seedNumber uint64, spec Spec) (*Climate, error) {
	v, err := spec.complete(Weather)
	if err != nil {
		return nil, err
	}
	return &Climate{
		seed:     seed(seedNumber).named("weather"),
		latitude: v["latitude_deg"], longitude: v["longitude_deg"],
		mean: v["mean_c"], seasonal: v["seasonal_c"], diurnal: v["diurnal_c"], noise: v["noise_c"],
		// With this shift the mean of share(spread*normal + shift) is the wanted cover.
		cloudShift: math.Sqrt(1+cloudSpread*cloudSpread) * quantile(v["cloud_share"]),
	}, nil
}

// Temperature returns the outdoor temperature in degrees Celsius at a moment in Unix
// seconds: the season, the hour and the weather of the week.
func (c *Climate) Temperature(unix float64) float64 {
	year := 2 * math.Pi * (unix/day/365.2425 - 0.55) // warmest in late July
	if c.latitude < 0 {
		year += math.Pi
	}
	return c.mean + c.seasonal*math.Cos(year) +
		c.diurnal*math.Cos(2*math.Pi*(c.solarHour(unix)-15)/24) +
		c.noise*c.seed.named("temperature").smooth(unix, 9*day, 4*day, 30*hour)
}

// sky is the region's part of a site's clouds, a standard normal that changes over
// hours; cover adds the site's own passing clouds.
func (c *Climate) sky(unix float64) float64 {
	return c.seed.named("cloud").smooth(unix, 3*day, 18*hour, 4*hour)
}

// cover returns the share of the sky that is covered, 0 to 1.
func (c *Climate) cover(sky float64, local seed, unix float64) float64 {
	passing := local.smooth(unix, 25*minute, 7*minute, 2*minute)
	return share(cloudSpread*(math.Sqrt(0.8)*sky+math.Sqrt(0.2)*passing) + c.cloudShift)
}

// front is the region's part of a site's wind, a standard normal that changes over
// hours.
func (c *Climate) front(unix float64) float64 {
	return c.seed.named("wind").smooth(unix, 5*day, 40*hour, 14*hour, 5*hour)
}

// gusty adds a site's own gusts to the front; the sum is standard normal again.
func gusty(front float64, local seed, unix float64) float64 {
	return math.Sqrt(0.92)*front + math.Sqrt(0.08)*local.smooth(unix, 50*minute, 12*minute, 3*minute)
}

// solarHour returns the mean solar time at the place, 0 to 24.
func (c *Climate) solarHour(unix float64) float64 {
	h := math.Mod(unix/hour+c.longitude/15, 24)
	if h < 0 {
		h += 24
	}
	return h
}
