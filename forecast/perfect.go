package forecast

import (
	"fmt"
	"sync"

	"torg"
)

// Perfect forecasts what comes true, without doubt: for simulations that must show
// what the market does when forecasts are not to blame.
type Perfect struct {
	cal   torg.Calendar
	truth func(torg.SiteID, torg.Slot) (torg.Energy, bool)
	mu    sync.Mutex
	sites map[torg.SiteID]*watched
}

// watched is a site of a perfect forecaster, for its score.
type watched struct {
	scorer
	latest torg.Reading
}

var _ Forecaster = (*Perfect)(nil)

// NewPerfect returns a forecaster that looks the truth up; truth returns false for
// what it does not know. It must be safe for concurrent use.
func NewPerfect(cal torg.Calendar, truth func(torg.SiteID, torg.Slot) (torg.Energy, bool)) (*Perfect, error) {
	if err := cal.Valid(); err != nil {
		return nil, fmt.Errorf("forecast: %w", err)
	}
	return &Perfect{cal: cal, truth: truth, sites: map[torg.SiteID]*watched{}}, nil
}

// Name is "perfect".
func (p *Perfect) Name() string { return "perfect" }

// Observe takes a reading, for the score.
func (p *Perfect) Observe(r torg.Reading) {
	if r.Quality == torg.Estimated || !believable(r.Slot, r.Energy) {
		return
	}
	if _, known := p.truth(r.Site, r.Slot); !known {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.sites[r.Site]
	if w == nil {
		t := newTimescale(p.cal, nil)
		w = &watched{newScorer(t.day), r}
		p.sites[r.Site] = w
	}
	w.observe(int64(r.Slot), r.Energy)
	if r.Slot >= w.latest.Slot {
		w.latest = r
	}
}

// Forecast returns the truth of n slots, from one on; torg.ErrUnknown where one of
// them is not known.
func (p *Perfect) Forecast(id torg.SiteID, from torg.Slot, n int) ([]Quantiles, error) {
	if err := askable(id, true, from, n); err != nil {
		return nil, err
	}
	out := make([]Quantiles, n)
	for i := range out {
		e, known := p.truth(id, from+torg.Slot(i))
		if !known {
			return nil, fmt.Errorf("forecast of slot %d for site %s: %w", from+torg.Slot(i), id, torg.ErrUnknown)
		}
		out[i] = Certain(e)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if w := p.sites[id]; w != nil {
		w.serve(int64(from), int64(w.latest.Slot), out[0], w.latest.Energy)
	}
	return out, nil
}

// Score says how good the forecasts were: perfect, where there are any.
func (p *Perfect) Score(id torg.SiteID) Score {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w := p.sites[id]; w != nil {
		return w.score()
	}
	return Score{}
}
