package agent

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"time"

	"torg"
	"torg/decide"
	"torg/forecast"
	"torg/ledger"
	"torg/record"
)

// Decide asks the decision program for the orders of a session's discovery and
// signs them. The journal has an entry for every agent that trades; in discovery 2,
// for every one whose order was not wholly accepted. An agent that is stopped
// meanwhile sends nothing. The error says why some of them fell back or did not sign.
func (h *Host) Decide(ctx context.Context, slot torg.Slot, discovery int, now time.Time) ([]ledger.SignedOrder, []record.Decision, error) {
	asked, request := h.ask(slot, discovery, now)
	answers, late := h.answers(ctx, request)
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	h.conclude(asked, request, answers, now)
	netOwn(asked)
	unsigned := h.signOrders(asked)
	orders, journal := h.send(asked, slot, discovery)
	return orders, journal, errors.Join(late, unsigned)
}

// asked is an agent on its way from a question to an order.
type asked struct {
	agent     *agent
	situation *decide.Situation // nil: there was no question to ask
	order     *torg.Order       // nil: none
	handed    torg.Energy       // net, from the same participant's other sites
	signature []byte
	entry     record.Decision
}

// ask describes the situation of every agent that has something to decide.
func (h *Host) ask(slot torg.Slot, discovery int, now time.Time) ([]*asked, decide.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	cal := h.cfg.Genesis.Calendar
	r := decide.Request{
		Session: cal.Session(slot), Slot: slot, SlotStart: cal.Start(slot),
		Interval: cal.Interval, Discovery: discovery, Deadline: cal.GateClosure(slot, discovery),
	}
	if h.halted {
		return nil, r
	}
	var all []*asked
	for _, id := range h.sites {
		a := h.agents[id]
		refused := a.refused()
		if !a.settings.Trades() || discovery == 2 && refused == nil {
			continue
		}
		q := &asked{agent: a, entry: record.Decision{
			Time: now, Session: r.Session, Site: id, Discovery: discovery, Origin: record.OnLedger,
		}}
		all = append(all, q)
		if why := a.unable(now); why != "" {
			q.entry.Reason, q.entry.Args = decide.WhyMandate, map[string]string{"why": string(why)}
			continue
		}
		s, err := h.situation(a, slot)
		if err != nil {
			q.entry.Reason, q.entry.Args = decide.WhyNoForecast, map[string]string{"why": string(torg.RefusalOf(err))}
			continue
		}
		s.Refused = refused
		q.situation = &s
		r.Situations = append(r.Situations, s)
	}
	return all, r
}

// answers returns the decision program's answers by site: none for a site that it
// contradicts itself about, and only what came in time. The error is nobody's but the
// log's.
func (h *Host) answers(ctx context.Context, r decide.Request) (map[torg.SiteID]decide.Decision, error) {
	if len(r.Situations) == 0 {
		return nil, nil
	}
	if h.cfg.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, h.cfg.Timeout)
		defer cancel()
	}
	decisions, err := h.cfg.Decider.Decide(ctx, r)
	answers := make(map[torg.SiteID]decide.Decision, len(decisions))
	twice := map[torg.SiteID]bool{}
	for _, d := range decisions {
		_, there := answers[d.Site]
		twice[d.Site] = twice[d.Site] || there
		answers[d.Site] = d
	}
	maps.DeleteFunc(answers, func(s torg.SiteID, _ decide.Decision) bool { return twice[s] })
	if err != nil {
		return answers, fmt.Errorf("decisions for %s: %w", r.Session, err)
	}
	return answers, nil
}

// conclude turns answers into orders that mandates allow, or falls back to the safe
// default.
func (h *Host) conclude(all []*asked, r decide.Request, answers map[torg.SiteID]decide.Decision, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, q := range all {
		if q.situation == nil {
			continue
		}
		d, answered := answers[q.agent.site.ID]
		if answered {
			order, err := q.agent.order(r, q.situation, d, now)
			if err == nil {
				q.settle(d, order)
				continue
			}
			safe := decide.Safe(r.Discovery, *q.situation)
			safe.Reason, safe.Args = decide.WhyOutside, map[string]string{
				"why": string(torg.RefusalOf(err)), "energy": fmt.Sprint(int64(d.Energy)), "limit": d.Limit.String(),
			}
			d = safe
		} else {
			d = decide.Safe(r.Discovery, *q.situation)
		}
		q.entry.Fallback = true
		order, err := q.agent.order(r, q.situation, d, now)
		if err != nil { // the mandate has changed since the question
			d = decide.Decision{Strategy: d.Strategy, Reason: decide.WhyMandate, Args: map[string]string{"why": string(torg.RefusalOf(err))}}
		}
		q.settle(d, order)
	}
}

// settle notes the last word.
func (q *asked) settle(d decide.Decision, order *torg.Order) {
	e := &q.entry
	e.Strategy, e.Quantile, e.Reason, e.Args = d.Strategy, d.Quantile, d.Reason, d.Args
	q.order = order
	if order != nil {
		e.Ordered, e.Side, e.Energy, e.Limit = true, order.Side, order.Energy, order.Limit
	}
}

// sequence numbers a site's orders of a session by the milliseconds since it opened,
// so that an order sent again after a restart replaces the one before.
func sequence(r decide.Request, now time.Time) uint32 {
	opened := r.SlotStart.Add(-r.Interval)
	return uint32(min(max(now.Sub(opened).Milliseconds(), 0), math.MaxUint32-1)) + 1
}

// order makes the order that a decision asks for and holds it against the mandate,
// the site's connection and, in a revision, against what was refused. No order is no
// error.
func (a *agent) order(r decide.Request, s *decide.Situation, d decide.Decision, now time.Time) (*torg.Order, error) {
	if !d.Order {
		return nil, nil
	}
	o := torg.Order{
		ID:          torg.NewOrderID(a.site.ID, r.Session, r.Discovery),
		Participant: a.site.Participant, Site: a.site.ID, Zone: a.site.Zone, Slot: r.Slot,
		Discovery: r.Discovery, Sequence: sequence(r, now), Side: d.Side, Energy: d.Energy, Limit: d.Limit, Prefer: d.Prefer,
	}
	if d.Side == torg.Sell {
		o.Source = a.settings.Source
	}
	if err := o.Valid(); err != nil {
		return nil, err
	}
	if f := s.Refused; f != nil && (o.Side != f.Side || o.Energy > f.Left ||
		o.Side == torg.Buy && o.Limit < f.Limit || o.Side == torg.Sell && o.Limit > f.Limit) {
		return nil, fmt.Errorf("order %s: %w", o.ID, torg.ErrRevision)
	}
	if why := a.unable(now); why != "" {
		return nil, fmt.Errorf("order %s: %w", o.ID, why)
	}
	m := a.mandate
	m.Limits = a.limits(r.Interval, r.Slot, d.Side)
	if err := m.Allows(o, now); err != nil {
		return nil, fmt.Errorf("order %s: %w", o.ID, err)
	}
	return &o, nil
}

// send hands over the signed orders and the journal of the agents that still trade,
// and lets them remember both.
func (h *Host) send(all []*asked, slot torg.Slot, discovery int) ([]ledger.SignedOrder, []record.Decision) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var orders []ledger.SignedOrder
	var journal []record.Decision
	for _, q := range all {
		a := q.agent
		if h.halted || h.agents[a.site.ID] != a || !a.settings.Trades() {
			continue
		}
		if q.order != nil {
			a.orders[discovery] = sent{Order: *q.order}
			orders = append(orders, ledger.SignedOrder{Order: *q.order, Signature: q.signature})
		}
		a.position.contract(slot, q.handed)
		a.fallback, a.last = q.entry.Fallback, &q.entry
		journal = append(journal, q.entry)
	}
	return orders, journal
}

// situation describes a slot to the decision program.
func (h *Host) situation(a *agent, slot torg.Slot) (decide.Situation, error) {
	g := h.cfg.Genesis
	first, last := g.Calendar.Settlement(slot, g.Settlement)
	first = min(max(first, h.since), slot)
	from := a.position.unmetered(first, slot)
	path, err := h.cfg.Forecast.Forecast(a.site.ID, from, int(last-from)+1)
	if err != nil {
		return decide.Situation{}, fmt.Errorf("forecast of site %s: %w", a.site.ID, err)
	}
	median := func(s torg.Slot) torg.Energy { return path[s-from].Median() }
	short, long := h.prices.Class(a.site, slot)
	short, long = min(short, torg.MaxPrice), max(long, torg.MinPrice) // fees may lead beyond what an order may say
	s := decide.Situation{
		Site: a.site.ID, Participant: a.site.Participant, Role: a.site.Role,
		Goal: a.settings.Goal, Strategy: a.settings.Strategy,
		Quantiles: path[slot-from], Short: short, Long: long,
		Carry: a.position.open(first, slot, median),
	}
	for later := slot + 1; later <= last; later++ {
		s.Rest += median(later) - a.position.forwards[later]
	}
	side := torg.Buy
	if s.Carry+median(slot) < 0 {
		side = torg.Sell
	}
	s.Limits = a.limits(g.Calendar.Interval, slot, side)
	s.Expected, s.HasExpected = a.expected[side], a.has[side]
	return s, nil
}

// Published is what is made known of a site before a session's gate: the forecast
// of its net energy in the slot, and the band of what it still has to trade.
type Published struct {
	Band     ledger.Band
	Forecast forecast.Quantiles
}

// Publish returns the forecasts of all sites that have one for a session. The band
// is what is open up to the end of the slot between the 5 % and the 95 % quantile.
func (h *Host) Publish(slot torg.Slot) []Published {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []Published
	for _, id := range h.sites {
		s, err := h.situation(h.agents[id], slot)
		if err != nil {
			continue
		}
		q := s.Quantiles
		out = append(out, Published{
			Band:     ledger.Band{Site: id, Low: s.Carry + q[0], High: s.Carry + q[len(q)-1]},
			Forecast: q,
		})
	}
	return out
}
