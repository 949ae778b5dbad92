package main

import (
	"context"

	"torg"
	"torg/agent"
	"torg/exchange"
	"torg/store"
)

// control carries out what owners and the operator ask of the running market.
type control struct {
	host     *agent.Host
	exchange *exchange.Exchange
	store    *store.Store
}

// StartAgent lets a site's agent trade.
func (c control) StartAgent(ctx context.Context, site torg.SiteID) error {
	if err := c.host.Start(site); err != nil {
		return err
	}
	return c.keep(ctx, site)
}

// StopAgent makes a site's agent send no more orders.
func (c control) StopAgent(ctx context.Context, site torg.SiteID) error {
	if err := c.host.Stop(site); err != nil {
		return err
	}
	return c.keep(ctx, site)
}

// Configure changes a site's mode, goal and strategy.
func (c control) Configure(ctx context.Context, site torg.SiteID, mode torg.Mode, goal, strategy string) error {
	if err := c.host.Configure(site, mode, goal, strategy); err != nil {
		return err
	}
	return c.keep(ctx, site)
}

// Halt stops all agents, or lets them trade again.
func (c control) Halt(ctx context.Context, halted bool) error {
	c.host.Halt(halted)
	c.exchange.Touch()
	value := ""
	if halted {
		value = "yes"
	}
	return c.store.SetMeta(ctx, metaHalted, value)
}

// metaHalted remembers a halt across restarts.
const metaHalted = "halted"

// keep remembers a site's settings. The change already holds when this fails.
func (c control) keep(ctx context.Context, site torg.SiteID) error {
	c.exchange.Touch()
	s, ok := c.host.Settings(site)
	if !ok {
		return nil
	}
	return c.store.SetSite(ctx, site, s.Mode, s.Goal, s.Strategy, s.Running)
}
