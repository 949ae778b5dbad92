package web

import (
	"fmt"
	"net/http"
	"slices"

	"torg"
	"torg/record"
	"torg/record/export"
)

// Goals are what an owner may ask of an agent.
var Goals = []string{"cheapest", "greener", "reliable"}

// placeView is one site in full.
type placeView struct {
	spot
	Span       span
	Journal    []entry
	Next       string // cursor of the journal's next page
	Strategies []string
}

// Chosen is the site's strategy, by the name of what the default stands for.
func (v placeView) Chosen() string {
	if (v.Strategy == "" || v.Strategy == defaultStrategy) && len(v.Strategies) > 0 {
		return v.Strategies[0]
	}
	return v.Strategy
}

// defaultStrategy leaves the choice to the decision program.
const defaultStrategy = "default"

// own finds the site that the address names, if it is the viewer's business.
func (p *page) own() (record.Site, error) {
	at, ok := p.place(torg.SiteID(p.r.PathValue("id")))
	switch {
	case !ok:
		return at, fmt.Errorf("site %q: %w", p.r.PathValue("id"), record.ErrNotFound)
	case !p.Viewer.Owns(at.Participant):
		return at, fmt.Errorf("site %s: %w", at.ID, torg.ErrNotYours)
	}
	return at, nil
}

func (s *site) place(p *page) error {
	ctx := p.r.Context()
	p.Nav = "home"
	at, err := p.own()
	if err != nil {
		return err
	}
	p.Title = p.Place(at.ID)
	v := placeView{Span: p.span(), Strategies: s.Strategies}
	if p.wantsCSV() {
		end := s.Calendar.At(p.Now.Time) + 2
		rows, err := s.Reader.Readings(ctx, at.ID, end-torg.Slot(v.Span.length/s.Calendar.Interval), end)
		if err != nil {
			return err
		}
		return csv(p, string(at.ID), rows, export.Readings)
	}
	if v.spot, err = p.spot(ctx, at, v.Span); err != nil {
		return err
	}
	pg := p.asked()
	pg.Limit = 20
	if v.Journal, v.Next, err = p.journal(ctx, record.Filter{Site: at.ID}, pg); err != nil {
		return err
	}
	return p.show(http.StatusOK, placePage(p, v))
}

// hires says that a mode hands a site to an agent that does not have it yet.
func hires(was record.Site, mode torg.Mode) bool { return was.Mode != torg.Auto && mode == torg.Auto }

// settings changes a site's mode, goal and strategy: first it says in words what
// will happen, and does it when the owner says yes.
func (s *site) settings(p *page) error {
	at, err := p.own()
	if err != nil {
		return err
	}
	if !p.acts(at.Participant) {
		return fmt.Errorf("settings of %s: %w", at.ID, torg.ErrNotYours)
	}
	mode, goal, strategy := torg.Mode(p.r.PostFormValue("mode")), p.r.PostFormValue("goal"), p.r.PostFormValue("strategy")
	if !slices.Contains([]torg.Mode{torg.Manual, torg.Semi, torg.Auto}, mode) || !slices.Contains(Goals, goal) || !slices.Contains(s.Strategies, strategy) {
		return fmt.Errorf("settings %q %q %q: %w", mode, goal, strategy, torg.ErrMalformed)
	}
	if p.r.PostFormValue("sure") != "yes" {
		p.Nav, p.Title = "home", p.T("settings.title")
		next := at
		next.Mode, next.Goal, next.Strategy = mode, goal, strategy
		return p.show(http.StatusOK, settingsPage(p, at, next))
	}
	if s.Control == nil {
		return torg.ErrNotOperator
	}
	if err := s.Control.Configure(p.r.Context(), at.ID, mode, goal, strategy); err != nil {
		return err
	}
	if hires(at, mode) { // to hire an agent is to let it trade
		if err := s.Control.StartAgent(p.r.Context(), at.ID); err != nil {
			return err
		}
	}
	return p.redirect("/sites/" + string(at.ID))
}
