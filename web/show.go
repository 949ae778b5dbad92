package web

import (
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"torg"
	"torg/account"
	"torg/record"
)

// glossary lists the words that the help page explains.
var glossary = []string{"complex", "connection", "supplier", "slot", "session", "round", "order", "limit", "equilibrium", "contract", "statement", "mandate", "deviation", "settlement", "escrow", "quantile", "ledger"}

// gridWords are those of a complex with several zones.
var gridWords = []string{"zone", "line", "congestion", "network"}

// Glossary lists the words that matter in this complex.
func (p *page) Glossary() []string {
	if p.Zoned() {
		return append(slices.Clone(glossary), gridWords...)
	}
	return glossary
}

// pct prints a share of the drawing's width or height.
func pct(v float64) string { return fmt.Sprintf("%.2f%%", v) }

// px prints a length in pixels.
func px(v float64) string { return fmt.Sprintf("%.1f", v) }

func clamp(v float64) float64 { return min(100, max(0, v)) }

func abs(v float64) float64 { return max(v, -v) }

func other(theme string) string {
	if theme == "dark" {
		return "light"
	}
	return "dark"
}

func as(who string) templ.SafeURL { return templ.SafeURL("/?as=" + url.QueryEscape(who)) }

// signKey says which way is up.
func signKey(out bool) string {
	if out {
		return "chart.sign_out"
	}
	return "chart.sign"
}

func tieKey(out bool) string {
	if out {
		return "tie.export"
	}
	return "tie.import"
}

// flowKey says whether a net position draws or feeds.
func flowKey(e torg.Energy) string {
	if e < 0 {
		return "now.feeds"
	}
	return "now.draws"
}

// inside says whether the market is shown: everywhere but on the welcome. Who came
// by a link and chose nobody reads like the operator, without buttons.
// A stranger is never inside.
func (p *page) inside() bool {
	return p.who().May(account.Read) && (p.Viewer.Chosen || p.r.URL.Path != "/")
}

// stopKey is a key about stopping, in the words for an owner or for the operator.
func stopKey(p *page, what string) string {
	if p.Viewer.Operator {
		return "halt." + what
	}
	return "stop." + what
}

// stage says how a step of a session looks when the session is at state.
func stage(at, step record.State) string {
	order := []record.State{record.Open, record.Round1, record.Round2, record.Round3, record.Active, record.Settled}
	pos := func(s record.State) int {
		for i, x := range order {
			if x == s {
				return i
			}
		}
		return -1
	}
	switch a, b := pos(at), pos(step); {
	case a == b && step != record.Settled:
		return "on"
	case a >= b:
		return "done"
	}
	return "later"
}

func roundState(n int) record.State {
	return []record.State{record.Open, record.Round1, record.Round2, record.Round3}[n]
}

// live names the value of a round in frames, for the open session only.
func live(now bool, round int, what string) string {
	if !now {
		return ""
	}
	return fmt.Sprintf("round%d.%s", round, what)
}

func fingerprint(f torg.Fingerprint) string {
	s := hex.EncodeToString(f[:])
	return s[:16] + "…" + s[len(s)-8:]
}

// elapsed is how much of the open session is over.
func (p *page) elapsed() float64 {
	n := p.Now
	whole := n.SlotStart.Sub(n.Opened)
	if whole <= 0 {
		return 0
	}
	return min(1, max(0, float64(n.Time.Sub(n.Opened))/float64(whole)))
}

// coming is the next thing that the clock counts down to.
func (p *page) coming() string {
	switch n := p.Now; {
	case n.Time.Before(n.Gate1):
		return "gate1"
	case n.Time.Before(n.Gate2):
		return "gate2"
	}
	return "start"
}

func (p *page) comingAt() time.Time {
	return map[string]time.Time{"gate1": p.Now.Gate1, "gate2": p.Now.Gate2, "start": p.Now.SlotStart}[p.coming()]
}

// sessionTime is the local start of a session's slot, from its id.
func (p *page) sessionTime(id string) string {
	slot, err := p.site.Calendar.SlotOf(id)
	if err != nil {
		return id
	}
	return p.Moment(p.site.Calendar.Start(slot))
}

// bound is one end of the forecast's band as power without a sign; for a site that
// feeds out the ends change places.
func (p *page) bound(r *record.Reading, high bool) string {
	low, top := abs(kW(*r.Q10, p.length(*r))), abs(kW(*r.Q90, p.length(*r)))
	if *r.Q10 < 0 && *r.Q90 > 0 {
		low, top = kW(*r.Q10, p.length(*r)), kW(*r.Q90, p.length(*r))
	} else if low > top {
		low, top = top, low
	}
	if high {
		return p.Power(top)
	}
	return p.Power(low)
}

// whySaved says in one sentence where the saving comes from.
func (p *page) whySaved(d deal) string {
	if !d.OK {
		return p.T("saved.why")
	}
	better, ok := p.better(d.Side, d.Price, p.zone())
	if !ok {
		return p.T("saved.why")
	}
	return p.T("saved.why."+d.Side.String(), "Better", better)
}

// whyPrice explains a contract's price from the limits, the prices of its zones, what
// lies between them, and the supplier's quotes. A partner's limit is shown to the
// operator only.
func (p *page) whyPrice(v contractView) []string {
	var lines []string
	say := func(key string, args ...any) { lines = append(lines, p.T(key, args...)) }
	if v.Round == 3 {
		if p.Now.Supplier != nil && v.Buyer == p.Now.Supplier.ID {
			say("why.supplier", "Price", p.PriceExact(v.BuyerPrice))
		} else {
			say("why.supplier", "Price", p.PriceExact(v.SellerPrice))
		}
		if v.Across != nil {
			lines = append(lines, p.whyApart(v.Across)...)
		}
		return lines
	}
	if v.BuyOrder != nil && p.Viewer.Owns(v.Buyer) {
		say("why.buyer_limit", "Limit", p.PriceUnit(v.BuyOrder.Limit))
	}
	if v.SellOrder != nil && p.Viewer.Owns(v.Seller) {
		say("why.seller_limit", "Limit", p.PriceUnit(v.SellOrder.Limit))
	}
	if v.From != nil && v.Across != nil {
		say("why.zones", "From", p.ZoneName(v.From.Zone), "FromPrice", p.PriceExact(v.From.Price), "To", p.ZoneName(v.BuyerZone), "ToPrice", p.PriceExact(v.Zone.Price))
		lines = append(lines, p.whyApart(v.Across)...)
	} else if v.Zone != nil {
		say("why.zone", "Price", p.PriceExact(v.Zone.Price))
	}
	if v.Zone != nil {
		switch {
		case v.BuyerPrice > v.Zone.Price:
			say("why.split_up", "Shift", p.PriceExact(v.BuyerPrice-v.Zone.Price))
		case v.BuyerPrice < v.Zone.Price:
			say("why.split_down", "Shift", p.PriceExact(v.Zone.Price-v.BuyerPrice))
		}
	}
	if q := p.quotes(v.BuyerZone); q != nil && p.Viewer.Owns(v.Buyer) && v.BuyerPrice < q.Sell {
		say(p.delivered("why.instead_buy", q), "Price", p.PriceUnit(q.Sell), "Saved", p.Money(v.Energy.At(q.Sell).Sub(v.Cost)))
	}
	if q := p.quotes(v.SellerZone); q != nil && p.Viewer.Owns(v.Seller) && v.SellerPrice > q.Buy {
		say(p.delivered("why.instead_sell", q), "Price", p.PriceUnit(q.Buy), "Saved", p.Money(v.Income.Sub(v.Energy.At(q.Buy))))
	}
	return lines
}

// logLink is the address of the log with a filter.
func (p *page) logLink(kind record.MessageKind, at torg.SiteID) templ.SafeURL {
	q := url.Values{}
	if kind != "" {
		q.Set("kind", string(kind))
	}
	if at != "" {
		q.Set("site", string(at))
	}
	return templ.SafeURL(strings.TrimSuffix("/log?"+q.Encode(), "?"))
}
