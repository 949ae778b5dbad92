package access

import (
	"context"
	"slices"

	"torg"
	"torg/account"
	"torg/record"
)

// Control changes in the name of the viewer.
type Control struct {
	all   record.Control
	sites func(context.Context) ([]record.Site, error)
}

var _ record.Control = Control{}

// NewControl returns what viewers may do of all; nil where all is. Whose a site is
// comes from the reader.
func NewControl(all record.Control, r Reader) record.Control {
	if all == nil {
		return nil
	}
	return Control{all, r.Sites}
}

// trades refuses who may not change a site's settings: its owner may, with the scope.
// A site of somebody else is not found.
func (c Control) trades(ctx context.Context, site torg.SiteID) error {
	v, s, err := c.find(ctx, site)
	switch {
	case err != nil:
		return err
	case !v.ActsFor(s.Participant):
		return torg.ErrNotYours
	case !v.May(account.Trade):
		return account.ErrScope
	}
	return nil
}

func (c Control) find(ctx context.Context, site torg.SiteID) (account.Viewer, record.Site, error) {
	v := account.From(ctx)
	rows, err := c.sites(ctx)
	if err != nil {
		return v, record.Site{}, err
	}
	i := slices.IndexFunc(rows, func(s record.Site) bool { return s.ID == site })
	if i < 0 {
		return v, record.Site{}, hidden("site", site)
	}
	return v, rows[i], nil
}

// StartAgent lets an own site's agent trade.
func (c Control) StartAgent(ctx context.Context, site torg.SiteID) error {
	if err := c.trades(ctx, site); err != nil {
		return err
	}
	return c.all.StartAgent(ctx, site)
}

// StopAgent stops an own site's agent. The operator may stop any: the supplier serves
// the site then as it always did, and its owner may start it again.
func (c Control) StopAgent(ctx context.Context, site torg.SiteID) error {
	v, _, err := c.find(ctx, site)
	if err != nil {
		return err
	}
	if !v.May(account.Operate) {
		if err := c.trades(ctx, site); err != nil {
			return err
		}
	}
	return c.all.StopAgent(ctx, site)
}

// Configure changes an own site's settings.
func (c Control) Configure(ctx context.Context, site torg.SiteID, mode torg.Mode, goal, strategy string) error {
	if err := c.trades(ctx, site); err != nil {
		return err
	}
	return c.all.Configure(ctx, site, mode, goal, strategy)
}

// Halt stops all agents, or lets them trade again: the operator may.
func (c Control) Halt(ctx context.Context, halted bool) error {
	v := account.From(ctx)
	switch {
	case v.Role() != account.Operator:
		return torg.ErrNotOperator
	case !v.May(account.Operate):
		return account.ErrScope
	}
	return c.all.Halt(ctx, halted)
}

// Now narrows the present to the viewer: of agents, those of the sites that the viewer
// sees.
func Now(v account.Viewer, n record.Now, mine []record.Site) record.Now {
	if v.Operator() {
		return n
	}
	n.Agents = slices.DeleteFunc(slices.Clone(n.Agents), func(a record.AgentNow) bool { return !has(mine, a.Site) })
	n.LastReason = ""
	return n
}
