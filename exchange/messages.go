package exchange

import (
	"encoding/hex"
	"strconv"
	"time"

	"torg"
	"torg/agent"
	"torg/ledger"
	"torg/record"
)

// message makes a logged message; args are keys and values in turn.
func message(at time.Time, session string, kind record.MessageKind, performative, from, to, text string, args ...string) record.Message {
	m := record.Message{
		Time: at, Session: session, Kind: kind, Performative: performative, From: from, To: to, Text: text,
		Args: make(map[string]string, len(args)/2),
	}
	for i := 0; i+1 < len(args); i += 2 {
		m.Args[args[i]] = args[i+1]
	}
	return m
}

// Problems that every page shows while they last.
const (
	ProblemDecide = "problem.decide" // agents order by the safe default: the decision program is late or wrong
	ProblemLedger = "problem.ledger" // the last session failed: the chain does not answer
	ProblemStore  = "problem.store"  // the tables are behind the ledger
)

func wh(e torg.Energy) string { return strconv.FormatInt(int64(e), 10) }

func (x *Exchange) say(m ...record.Message) {
	if len(m) > 0 {
		x.cfg.Recorder.Said(m)
	}
}

// forecasts publishes the forecast of every site before the gate.
func (x *Exchange) forecasts(slot torg.Slot, published []agent.Published) {
	cal, now := x.cfg.Genesis.Calendar, x.cfg.Clock.Now()
	session := cal.Session(slot)
	rows := make([]record.Reading, 0, len(published))
	said := make([]record.Message, 0, len(published))
	for _, p := range published {
		low, high := p.Forecast.Band80()
		mid, site := p.Forecast.Median(), p.Band.Site
		rows = append(rows, record.Reading{
			Site: site, Slot: slot, Start: cal.Start(slot), Q10: &low, Q50: &mid, Q90: &high, Origin: record.OnLedger,
		})
		said = append(said, message(now, session, record.Information, "inform", "forecast", string(site),
			record.SaidForecast, "low", wh(low), "median", wh(mid), "high", wh(high)))
	}
	x.cfg.Recorder.Forecasts(session, slot, rows)
	x.say(said...)
}

func (x *Exchange) decided(slot torg.Slot, discovery int, journal []record.Decision) {
	if len(journal) == 0 {
		return
	}
	x.cfg.Recorder.Decided(journal)
	now, session := x.cfg.Clock.Now(), x.cfg.Genesis.Calendar.Session(slot)
	orders, fallbacks := 0, 0
	for _, d := range journal {
		if d.Ordered {
			orders++
		}
		if d.Fallback {
			fallbacks++
		}
	}
	d := strconv.Itoa(discovery)
	x.say(
		message(now, session, record.Information, "request", "agents", "decide", record.SaidAsked,
			"sites", strconv.Itoa(len(journal)), "discovery", d),
		message(now, session, record.Information, "inform", "decide", "agents", record.SaidDecided,
			"orders", strconv.Itoa(orders), "discovery", d))
	if fallbacks > 0 {
		x.say(message(now, session, record.Information, "failure", "decide", "agents", record.SaidFallback,
			"sites", strconv.Itoa(fallbacks)))
	}
	x.Problem(ProblemDecide, fallbacks > 0)
}

func (x *Exchange) objected(slot torg.Slot, objections []agent.Objection) {
	now, session := x.cfg.Clock.Now(), x.cfg.Genesis.Calendar.Session(slot)
	for _, o := range objections {
		x.say(message(now, session, record.EnergyMsg, "failure", string(o.Site), "ledger", record.SaidObjected, "why", o.Why))
	}
}

// messages tells what a block did in the words of the protocol.
func (x *Exchange) messages(c ledger.Committed) []record.Message {
	var said []record.Message
	cal := x.cfg.Genesis.Calendar
	for _, e := range c.Events {
		switch {
		case e.Order != nil:
			said = append(said, orderMessages(c.Time, cal, e.Order)...)
		case e.Cleared != nil:
			said = append(said, clearingMessages(c.Time, cal, e.Cleared)...)
		case e.Missed != nil:
			said = append(said, message(c.Time, cal.Session(e.Missed.Slot), record.EnergyMsg, "failure", "ledger",
				"agents", record.SaidMissed, "discovery", strconv.Itoa(e.Missed.Discovery)))
		case e.Statement != nil:
			text := record.SaidStatement
			if e.Statement.Differs {
				text = record.SaidStatementDiffer
			}
			said = append(said, message(c.Time, cal.Session(e.Statement.Slot), record.EnergyMsg, "inform",
				string(e.Statement.Site), "ledger", text, "root", hex.EncodeToString(e.Statement.Root[:6])))
		case e.Reading != nil:
			said = append(said, message(c.Time, cal.Session(e.Reading.Slot), record.Information, "inform",
				string(e.Reading.Site), "ledger", record.SaidReading,
				"energy", wh(e.Reading.Energy), "quality", string(e.Reading.Quality)))
		case e.Posting != nil:
			said = append(said, postingMessage(c.Time, cal, e.Posting))
		default:
			said = append(said, moneyMessages(c.Time, cal, e)...)
			said = append(said, boardMessages(c.Time, e)...)
		}
	}
	for i := range said {
		said[i].Height = c.Height
	}
	return said
}

func orderMessages(at time.Time, cal torg.Calendar, t *ledger.OrderTaken) []record.Message {
	o, session := t.Order, cal.Session(t.Order.Slot)
	if t.Refused != "" {
		m := message(at, session, record.EnergyMsg, "refuse", "ledger", string(o.Site), record.SaidRefused, "code", string(t.Refused))
		m.Ref = string(o.ID)
		return []record.Message{m}
	}
	m := message(at, session, record.EnergyMsg, "propose", string(o.Site), "ledger", record.SaidOrder,
		"side", o.Side.String(), "energy", wh(o.Energy), "limit", o.Limit.String(), "discovery", strconv.Itoa(o.Discovery))
	m.Ref = string(o.ID)
	said := []record.Message{m}
	if t.Cut > 0 {
		cut := message(at, session, record.EnergyMsg, "refuse", "ledger", string(o.Site), record.SaidCut, "energy", wh(t.Cut))
		cut.Ref = string(o.ID)
		said = append(said, cut)
	}
	return said
}

// clearingMessages accepts and rejects orders: one message for each order that
// traded and one for each that did not wholly.
func clearingMessages(at time.Time, cal torg.Calendar, c *ledger.Cleared) []record.Message {
	session := cal.Session(c.Slot)
	type sum struct {
		site      torg.SiteID
		energy    torg.Energy
		contracts int
	}
	sums := map[torg.OrderID]*sum{}
	var ids []torg.OrderID
	add := func(id torg.OrderID, site torg.SiteID, e torg.Energy) {
		if id == "" {
			return
		}
		if sums[id] == nil {
			sums[id] = &sum{site: site}
			ids = append(ids, id)
		}
		sums[id].energy += e
		sums[id].contracts++
	}
	for _, k := range c.Contracts {
		add(k.BuyOrder, k.BuyerSite, k.Energy)
		add(k.SellOrder, k.SellerSite, k.Energy)
	}
	var said []record.Message
	for _, id := range ids {
		s := sums[id]
		m := message(at, session, record.EnergyMsg, "accept-proposal", "ledger", string(s.site), record.SaidAccepted,
			"energy", wh(s.energy), "contracts", strconv.Itoa(s.contracts))
		m.Ref = string(id)
		said = append(said, m)
	}
	for _, u := range c.Outcome.Unmatched {
		m := message(at, session, record.EnergyMsg, "reject-proposal", "ledger", string(u.Order), record.SaidRejected,
			"energy", wh(u.Energy), "reason", string(u.Reason), "would_trade", u.WouldTrade.String())
		m.Ref = string(u.Order)
		said = append(said, m)
	}
	return said
}

func postingMessage(at time.Time, cal torg.Calendar, p *torg.Posting) record.Message {
	m := message(at, cal.Session(p.Slot), record.Financial, "inform", string(p.From), string(p.To),
		"said."+string(p.Kind), "amount", p.Amount.String())
	m.Ref = string(p.Contract)
	return m
}
