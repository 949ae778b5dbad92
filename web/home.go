package web

import (
	"context"
	"net/http"
	"time"

	"torg"
	"torg/record"
)

// home is the welcome where nobody chose yet, the operator's overview, or an
// owner's first screen.
func (s *site) home(p *page) error {
	p.Nav = "home"
	switch {
	case !p.Viewer.Chosen:
		p.Title = p.T("welcome.title")
		return p.show(http.StatusOK, welcome(p, p.cards()))
	case p.Viewer.Operator:
		return s.overview(p)
	case p.approves():
		return s.money(p)
	case p.Viewer.ID == "": // an owner of nothing sees what is published
		return s.sessions(p)
	}
	return s.owner(p)
}

// card is one way to look at the demonstration.
type card struct {
	Key    string // of its title and text
	As     torg.ParticipantID
	Role   torg.Role
	Others []torg.ParticipantID
}

// cards are the two owners that Torg was thought of for, the five roles, and the
// operator.
func (p *page) cards() []card {
	var out []card
	if len(p.sitesOf(p.site.Surplus)) > 0 {
		out = append(out, card{Key: "surplus", As: p.site.Surplus})
	}
	if len(p.sitesOf(p.site.Buyer)) > 0 {
		out = append(out, card{Key: "buyer", As: p.site.Buyer})
	}
	for _, role := range torg.Roles {
		c := card{Key: string(role), Role: role}
		seen := map[torg.ParticipantID]bool{p.site.Surplus: true, p.site.Buyer: true}
		for _, s := range p.places {
			if s.Role == role && !seen[s.Participant] {
				seen[s.Participant] = true
				c.Others = append(c.Others, s.Participant)
			}
		}
		if len(c.Others) > 0 {
			out = append(out, c)
		}
	}
	return append(out, card{Key: "operator", As: "operator"})
}

// spot is one of the owner's sites as the first screen shows it.
type spot struct {
	record.Site
	Agent  record.AgentNow
	Last   *record.Reading // the newest with energy
	Next   *record.Reading // the newest with a forecast
	Stale  bool            // Last is older than a few slots
	Inside *float64        // share of the last reading that was contracted inside
	Chart  chart
}

// ownerView is what an owner's first screen shows.
type ownerView struct {
	Spots     []spot
	Savings   spans
	Accuracy  *float64
	Modelled  bool // the accuracy is of generated history
	Deal      deal // of the last session in which the owner has contracts
	Balance   torg.Cost
	Journal   []entry
	Contracts []record.Contract
	Span      span
	Auto      bool // some site is in the hands of an agent
	Board     boarding
}

func (s *site) owner(p *page) error {
	ctx := p.r.Context()
	p.Title = p.Who(p.Viewer.ID)
	v := ownerView{Span: p.span()}
	var err error
	if v.Savings, err = p.savings(ctx); err != nil {
		return err
	}
	if share, model, ok, err := p.accuracy(ctx); err != nil {
		return err
	} else if ok {
		v.Accuracy, v.Modelled = &share, model
	}
	for _, site := range p.Viewer.Sites {
		sp, err := p.spot(ctx, site, v.Span)
		if err != nil {
			return err
		}
		v.Spots = append(v.Spots, sp)
		v.Auto = v.Auto || site.Mode == torg.Auto
	}
	if v.Balance, err = s.Reader.Balance(ctx, p.Viewer.ID.Account()); err != nil {
		return err
	}
	if v.Journal, _, err = p.journal(ctx, record.Filter{Participant: p.Viewer.ID}, record.Page{Limit: 6}); err != nil {
		return err
	}
	if v.Contracts, _, err = s.Reader.Contracts(ctx, record.Filter{Participant: p.Viewer.ID}, record.Page{Limit: 8}); err != nil {
		return err
	}
	if v.Deal, err = p.deal(ctx, v); err != nil {
		return err
	}
	if v.Board, err = p.boarding(); err != nil {
		return err
	}
	return p.show(http.StatusOK, ownerPage(p, v))
}

// sells says whether the site mostly feeds out, by its newest reading or forecast.
func (s spot) sells() bool {
	switch {
	case s.Last != nil:
		return *s.Last.Energy < 0
	case s.Next != nil:
		return *s.Next.Q50 < 0
	}
	return s.Role == torg.Renewable || s.Role == torg.Stable
}

// staleAfter is how many slots may pass without a reading before the last one
// counts as old.
const staleAfter = 4

func (p *page) spot(ctx context.Context, at record.Site, sp span) (spot, error) {
	out := spot{Site: at, Agent: p.agent(at.ID)}
	cal := p.site.Calendar
	end := cal.At(p.Now.Time) + 3
	rows, err := p.site.Reader.Readings(ctx, at.ID, end-torg.Slot(sp.length/cal.Interval), end)
	if err != nil {
		return out, err
	}
	for i := range rows {
		r := &rows[i]
		if r.Energy != nil && (out.Last == nil || r.Slot > out.Last.Slot) {
			out.Last = r
		}
		if r.Q50 != nil && r.Origin == record.OnLedger && (out.Next == nil || r.Slot > out.Next.Slot) {
			out.Next = r
		}
	}
	if out.Last != nil {
		out.Stale = p.Now.Time.Sub(out.Last.Start) > time.Duration(staleAfter)*p.length(*out.Last)
		if *out.Last.Energy != 0 {
			share := min(1, out.Last.Contracted.Abs().KWh()/out.Last.Energy.Abs().KWh())
			out.Inside = &share
		}
	}
	out.Chart = p.series(rows, sp)
	return out, nil
}

// length is the time that a reading covers.
func (p *page) length(r record.Reading) time.Duration {
	if r.Origin == record.Simulated {
		return p.site.HistoryStep
	}
	return p.site.Calendar.Interval
}

// agent is a site's agent now; the zero value where none was ever started.
func (p *page) agent(id torg.SiteID) record.AgentNow {
	for _, a := range p.Now.Agents {
		if a.Site == id {
			return a
		}
	}
	return record.AgentNow{Site: id}
}

// deal is what an owner pays or gets now: the mean price of all own contracts of
// the last session that has any, the supplier's among them. Without contracts it is
// the zone's price.
type deal struct {
	Side      torg.Side
	Price     torg.Price
	Contracts int
	Session   string
	OK        bool
}

func (p *page) deal(ctx context.Context, v ownerView) (deal, error) {
	d := deal{Side: torg.Buy, Session: p.Now.PriceOf}
	if len(v.Spots) > 0 && v.Spots[0].sells() {
		d.Side = torg.Sell
	}
	d.Price, d.OK = p.insidePrice()
	if len(v.Contracts) == 0 || !v.Auto {
		return d, nil
	}
	last := v.Contracts[0].Session
	rows, _, err := p.site.Reader.Contracts(ctx, record.Filter{Session: last, Participant: p.Viewer.ID}, record.Page{Limit: exported})
	if err != nil {
		return d, err
	}
	var energy [3]torg.Energy
	var cost [3]torg.Cost
	for _, c := range rows {
		side := p.sideOf(c)
		energy[side] += c.Energy
		cost[side] = cost[side].Add(c.Energy.At(p.priceFor(c)))
	}
	d.Side = torg.Buy
	if energy[torg.Sell] > energy[torg.Buy] {
		d.Side = torg.Sell
	}
	if e := energy[d.Side]; e > 0 {
		d.Price = cost[d.Side].Per(e)
		d.Contracts, d.Session, d.OK = len(rows), last, true
	}
	return d, nil
}

// averaged says that the inside price is an average of contracts. With several zones
// an owner's own zone says more than the average of all.
func (p *page) averaged() bool {
	return p.Now.InsideEnergy > 0 && (p.zone() == "" || !p.Zoned())
}

// priceOf is the key that says where insidePrice comes from.
func (p *page) priceOf() string {
	if p.averaged() {
		return "price.of"
	}
	return "price.of_zone"
}

// insidePrice is what a kWh cost on average in the last session's contracts between
// participants; without any, and for an owner among several zones, the price of the
// viewer's zone or the supplier's, newest discovery.
func (p *page) insidePrice() (torg.Price, bool) {
	if p.averaged() {
		return p.Now.InsidePrice, true
	}
	zone := p.zone()
	if q := p.Now.Supplier; zone == "" && q != nil && p.Zoned() {
		zone = q.Zone
	}
	for i := len(p.Now.Prices) - 1; i >= 0; i-- {
		if x := p.Now.Prices[i]; zone == "" || x.Zone == zone {
			return x.Price, true
		}
	}
	return 0, false
}
