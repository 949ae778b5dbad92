package forecast

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"torg"
)

// Naive is the baseline: of a few simple experts, the one that erred least lately
// for that site at that distance, with quantiles from the errors this would have
// made at that time of day. The experts are the latest reading, the same slot a day
// and a week before, the mean day with what is left of the present deviation from
// it, and the role's usual day, which is all there is for a site without history:
// then the band reaches to the bounds.
type Naive struct {
	time  timescale
	mu    sync.RWMutex // guards the map, not the sites
	sites map[torg.SiteID]*site
}

var _ Forecaster = (*Naive)(nil)

// Site is what a forecaster has to be told of a site.
type Site struct {
	ID     torg.SiteID
	Role   torg.Role
	Bounds Bounds // of its net energy per slot
}

// maxReading is the largest energy of one slot that is believed, either way.
const maxReading = torg.MaxOrderEnergy

// Slots beyond this, either way, are nobody's: a million years of the shortest.
const farthest = 1 << 40

// NewNaive returns a naive forecaster of the given sites for slots of the calendar;
// weekends and hours are those of zone, UTC where it is nil.
func NewNaive(cal torg.Calendar, zone *time.Location, sites ...Site) (*Naive, error) {
	if err := cal.Valid(); err != nil {
		return nil, fmt.Errorf("forecast: %w", err)
	}
	n := &Naive{time: newTimescale(cal, zone), sites: map[torg.SiteID]*site{}}
	for _, s := range sites {
		if err := n.Add(s); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// Add makes a site known. A second time is refused with torg.ErrExists.
func (n *Naive) Add(s Site) error {
	if err := s.Bounds.Valid(); err != nil {
		return fmt.Errorf("forecast: site %s: %w", s.ID, err)
	}
	if !slices.Contains(torg.Roles, s.Role) {
		return fmt.Errorf("forecast: site %s: role %q: %w", s.ID, s.Role, torg.ErrMalformed)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.sites[s.ID] != nil {
		return fmt.Errorf("forecast: site %s: %w", s.ID, torg.ErrExists)
	}
	n.sites[s.ID] = newSite(s, &n.time)
	return nil
}

func (n *Naive) site(id torg.SiteID) *site {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.sites[id]
}

// Name is "naive".
func (n *Naive) Name() string { return "naive" }

// Observe takes a reading. A late one is learnt from as if it had come in time; a
// correction replaces the value but not what was learnt from it. The caller keeps
// out readings of the future: they would push out what is remembered.
func (n *Naive) Observe(r torg.Reading) {
	x := n.site(r.Site)
	if x == nil || r.Quality == torg.Estimated || !believable(r.Slot, r.Energy) {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.scorer.observe(int64(r.Slot), r.Energy)
	x.observe(int64(r.Slot), r.Energy, 1, true)
}

// believable keeps sums and differences of slots and energies far from overflow.
func believable(s torg.Slot, e torg.Energy) bool {
	return s > -farthest && s < farthest && e >= -maxReading && e <= maxReading
}

// Seed learns from a site's past, recorded in intervals of the given length, which
// is that of the slots, a multiple or a part. Longer intervals are shared out
// evenly; what they cannot show, errors at shorter distances than their own length,
// is taken to be as large as at that length until readings show better.
// Nothing older than keepDays before the end of the series is kept.
func (n *Naive) Seed(id torg.SiteID, interval time.Duration, past Series) error {
	x := n.site(id)
	if x == nil {
		return fmt.Errorf("forecast: seeding site %s: %w", id, torg.ErrUnknown)
	}
	if interval <= 0 || past.Start <= -farthest/100 || past.Start >= farthest/100 {
		return fmt.Errorf("forecast: seeding site %s: slot %d of %s: %w", id, past.Start, interval, torg.ErrMalformed)
	}
	if most := int(2 * keepDays * 24 * time.Hour / interval); len(past.Energy) > most {
		past.Start += torg.Slot(len(past.Energy) - most)
		past.Energy = past.Energy[len(past.Energy)-most:]
	}
	past, err := past.Resample(interval, n.time.cal.Interval)
	if err != nil {
		return fmt.Errorf("forecast: seeding site %s: %w", id, err)
	}
	parts := max(1, int64(interval/n.time.cal.Interval))
	x.mu.Lock()
	defer x.mu.Unlock()
	for i, e := range past.Energy {
		s := past.Start + torg.Slot(i)
		if e != Missing && believable(s, e) {
			// One part of each interval is tested, not always the same one.
			block, part := floorDiv(int64(s), parts), floorMod(int64(s), parts)
			x.observe(int64(s), e, parts, part == int64(scatter(block)%uint64(parts)))
		}
	}
	return nil
}

// Forecast returns the quantiles of n slots, from one on.
func (n *Naive) Forecast(id torg.SiteID, from torg.Slot, slots int) ([]Quantiles, error) {
	x := n.site(id)
	if err := askable(id, x != nil, from, slots); err != nil {
		return nil, err
	}
	out := make([]Quantiles, slots)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.forecast(int64(from), out)
	return out, nil
}

func askable(id torg.SiteID, known bool, from torg.Slot, slots int) error {
	var refusal torg.Refusal
	switch {
	case !known:
		refusal = torg.ErrUnknown
	case slots > MaxSlots:
		refusal = torg.ErrTooLarge
	case slots < 1 || from <= -farthest || from >= farthest:
		refusal = torg.ErrMalformed
	default:
		return nil
	}
	return fmt.Errorf("forecast of %d slots from %d for site %s: %w", slots, from, id, refusal)
}

// Expert names the expert that is believed for the slot that lies so many slots
// after the latest reading, for pages that answer "why?"; "" for an unknown site.
func (n *Naive) Expert(id torg.SiteID, ahead int) string {
	x := n.site(id)
	if x == nil {
		return ""
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return expertNames[x.evidence(n.time.bucket(int64(ahead))).ranking()[0]]
}

// Score says how good the forecasts served in the last week were.
func (n *Naive) Score(id torg.SiteID) Score {
	x := n.site(id)
	if x == nil {
		return Score{}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.scorer.score()
}
