package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"torg"
)

// control registers what changes the running market.
func (a *api) control(h huma.API) {
	post := func(id, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: http.MethodPost, Path: path, Summary: summary, DefaultStatus: http.StatusNoContent}
	}
	huma.Register(h, post("start-agent", "/api/v1/agents/{site}/start", "Let a site's agent trade"), a.agent(true))
	huma.Register(h, post("stop-agent", "/api/v1/agents/{site}/stop", "Stop a site's agent; the supplier serves it as always"), a.agent(false))
	huma.Register(h, post("halt", "/api/v1/halt", "Stop all agents, or let them trade again"), a.halt)
}

var notRunning = Problem{Status: http.StatusServiceUnavailable, Code: "not_running", Detail: "no market runs in this process"}

type siteIn struct {
	Site string `path:"site" minLength:"1" maxLength:"64"`
}

func (a *api) agent(run bool) func(context.Context, *siteIn) (*struct{}, error) {
	return func(ctx context.Context, in *siteIn) (*struct{}, error) {
		if a.Control == nil {
			return nil, notRunning
		}
		do := a.Control.StopAgent
		if run {
			do = a.Control.StartAgent
		}
		if err := do(ctx, torg.SiteID(in.Site)); err != nil {
			return nil, a.problem(err)
		}
		return nil, nil
	}
}

func (a *api) halt(ctx context.Context, in *struct {
	Body struct {
		Halted bool `json:"halted" doc:"true: stop, false: trade again"`
	}
}) (*struct{}, error) {
	if a.Control == nil {
		return nil, notRunning
	}
	if err := a.Control.Halt(ctx, in.Body.Halted); err != nil {
		return nil, a.problem(err)
	}
	return nil, nil
}
