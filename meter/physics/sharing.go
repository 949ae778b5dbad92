package physics

import "math"

// sharing is a station of posts for shared cars or scooters. Each post's time is cut
// into windows longer than any session, and a window holds one session or none, so
// posts never serve two at once and no window depends on another.
type sharing struct {
	seed             seed
	posts            int
	postKW, duration float64 // kW; seconds on average
	window           float64 // seconds
	weekend, base    float64
	arrivals         [24]float64 // sessions begun per local hour of a working day, whole station
}

// A session takes 0.5 to 1.5 of the mean duration at 70 to 100 % of the post's power,
// which falls to 40 % over the last fifth, as batteries do: 0.799 of duration x power.
const sessionShare = 0.85 * (1 - 0.2*0.3)

func newSharing(s seed, v map[string]float64) *sharing {
	duration := v["session_kwh"] / v["post_kw"] / sessionShare * hour
	st := &sharing{
		seed: s, posts: int(v["posts"]), postKW: v["post_kw"], duration: duration,
		window: 2 * duration, weekend: v["weekend_share"], base: v["base_kw"],
	}
	sum := 0.0
	for h := range st.arrivals {
		st.arrivals[h] = 0.2 + bell(float64(h)+0.5, v["morning_h"], 2) + 1.2*bell(float64(h)+0.5, v["evening_h"], 3)
		sum += st.arrivals[h]
	}
	for h := range st.arrivals {
		st.arrivals[h] *= v["sessions_per_day"] / sum
	}
	return st
}

func (s *sharing) fill(b *block, kw *[steps]float64) {
	for i := range kw {
		kw[i] = s.base
	}
	for j := range s.posts {
		own := s.seed.sub(int64(j))
		phase := own.uniform(-1)
		first := int64(math.Floor(float64(b.unix)/s.window + phase))
		last := int64(math.Floor(float64(b.unix+blockS)/s.window + phase))
		for n := first; n <= last; n++ {
			s.session(own.sub(n), b, (float64(n)-phase)*s.window, kw)
		}
	}
}

// session adds the session of the window that opens at a moment, if it has one.
func (s *sharing) session(draw seed, b *block, opens float64, kw *[steps]float64) {
	length := s.duration * (0.5 + draw.uniform(0))
	start := opens + (s.window-length)*draw.uniform(1)
	if start+length < float64(b.unix) || start > float64(b.unix+blockS) || draw.uniform(2) >= s.chance(b.zone, start) {
		return
	}
	power := s.postKW * (0.7 + 0.3*draw.uniform(3))
	for i := range kw {
		done := (b.mid(i) - start) / length
		if done >= 0 && done < 1 {
			kw[i] += power * (1 - 0.6*max(0, done-0.8)/0.2)
		}
	}
}

// chance returns the probability that a window with a session at start has one.
func (s *sharing) chance(z *zone, start float64) float64 {
	h, d := z.clock(start)
	rate := s.arrivals[int(h)]
	if d.off() {
		rate *= s.weekend
	}
	return rate * s.window / hour / float64(s.posts)
}

// bell is a peak of the day around an hour, over midnight too.
func bell(h, peak, width float64) float64 {
	d := math.Abs(h - peak)
	d = min(d, 24-d) / width
	return math.Exp(-d * d / 2)
}
