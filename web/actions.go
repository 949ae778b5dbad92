package web

import (
	"fmt"

	"torg"
)

// stop stops all that is the viewer's: an owner's agents, or the whole complex. It
// asks nothing; start undoes it.
func (s *site) stop(p *page) error { return s.run(p, false) }

// start is the opposite of stop.
func (s *site) start(p *page) error { return s.run(p, true) }

func (s *site) run(p *page, on bool) error {
	if s.Control == nil || !p.Viewer.Chosen {
		return torg.ErrNotOperator
	}
	if !p.Viewer.Operator && len(p.Viewer.Sites) == 0 {
		return torg.ErrNotYours
	}
	ctx := p.r.Context()
	if p.Viewer.Operator {
		if err := s.Control.Halt(ctx, !on); err != nil {
			return err
		}
	}
	for _, at := range p.Viewer.Sites {
		do := s.Control.StopAgent
		if on {
			do = s.Control.StartAgent
		}
		if on && at.Mode != torg.Auto {
			continue
		}
		if err := do(ctx, at.ID); err != nil {
			return fmt.Errorf("site %s: %w", at.ID, err)
		}
	}
	return p.redirect(p.r.PostFormValue("back"))
}

func (s *site) stopSite(p *page) error { return s.runSite(p, false) }

func (s *site) startSite(p *page) error { return s.runSite(p, true) }

func (s *site) runSite(p *page, on bool) error {
	at, err := p.own()
	if err != nil {
		return err
	}
	if s.Control == nil {
		return torg.ErrNotOperator
	}
	do := s.Control.StopAgent
	if on {
		do = s.Control.StartAgent
	}
	if err := do(p.r.Context(), at.ID); err != nil {
		return err
	}
	return p.redirect(p.r.PostFormValue("back"))
}

// State of what the viewer can stop.
type running int

// Nothing to stop; all stopped; trading.
const (
	nothing running = iota
	stopped
	trading
)

func (p *page) running() running {
	if p.site.Control == nil || !p.Viewer.Chosen {
		return nothing
	}
	if p.Viewer.Operator {
		if p.Now.Halted {
			return stopped
		}
		return trading
	}
	state := nothing
	for _, at := range p.Viewer.Sites {
		switch {
		case at.Mode == torg.Auto && at.Running: // also while the operator halts: it would go on after
			return trading
		case at.Mode == torg.Auto:
			state = stopped
		}
	}
	return state
}
