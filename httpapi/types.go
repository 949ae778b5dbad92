package httpapi

import (
	"encoding/hex"
	"time"

	"torg"
	"torg/record"
)

// Session is a trading session.
type Session struct {
	ID           string    `json:"id" example:"20261122T143030Z"`
	SlotStart    time.Time `json:"slot_start"`
	State        string    `json:"state" enum:"open,round1,round2,round3,active,settled,missed"`
	Rounds       []Round   `json:"rounds" nullable:"false"`
	Prices       []Price   `json:"prices" nullable:"false"`
	Flows        []Flow    `json:"flows" nullable:"false" doc:"of lines that carry any"`
	Network      string    `json:"network" doc:"RUB, what buyers pay minus what sellers get: fees and congestion rent"`
	LedgerHeight int64     `json:"ledger_height" doc:"block of its first contracts; 0: none yet"`
	Origin       string    `json:"origin" enum:"ledger,simulated" doc:"simulated: generated history, on no ledger"`
}

// Round sums a round over both discoveries.
type Round struct {
	Round     int   `json:"round"`
	Contracts int   `json:"contracts"`
	EnergyWh  int64 `json:"energy_wh"`
}

// Price is a zone's equilibrium price.
type Price struct {
	Discovery int    `json:"discovery"`
	Zone      string `json:"zone"`
	Price     string `json:"price" doc:"RUB/kWh"`
}

// Flow is the net energy that a discovery sends over a line.
type Flow struct {
	Discovery int    `json:"discovery"`
	From      string `json:"from"`
	To        string `json:"to"`
	EnergyWh  int64  `json:"energy_wh" doc:"positive, in the direction from from to to"`
}

// Line joins two zones.
type Line struct {
	From       string `json:"from"`
	To         string `json:"to"`
	CapacityWh *int64 `json:"capacity_wh" doc:"per slot, either way; null: unlimited; 0: no line"`
	Fee        string `json:"fee" doc:"RUB/kWh"`
}

func session(s record.Session) Session {
	return Session{ID: s.ID, SlotStart: s.SlotStart.UTC(), State: string(s.State), Rounds: rounds(s.Rounds), Prices: prices(s.Prices),
		Flows: flows(s.Flows), Network: s.Network.String(), LedgerHeight: s.LedgerHeight, Origin: string(s.Origin)}
}

func rounds(rows []record.Round) []Round {
	out := make([]Round, 0, len(rows))
	for _, r := range rows {
		out = append(out, Round{r.Round, r.Contracts, int64(r.Energy)})
	}
	return out
}

func prices(rows []record.Price) []Price {
	out := make([]Price, 0, len(rows))
	for _, p := range rows {
		out = append(out, Price{p.Discovery, string(p.Zone), p.Price.String()})
	}
	return out
}

func flows(rows []record.Flow) []Flow {
	out := make([]Flow, 0, len(rows))
	for _, f := range rows {
		out = append(out, Flow{f.Discovery, string(f.From), string(f.To), int64(f.Energy)})
	}
	return out
}

func lines(rows []torg.Line) []Line {
	out := make([]Line, 0, len(rows))
	for _, l := range rows {
		out = append(out, Line{string(l.From), string(l.To), limit(l.Capacity), l.Fee.String()})
	}
	return out
}

func zones(rows []torg.ZoneID) []string {
	out := make([]string, 0, len(rows))
	for _, z := range rows {
		out = append(out, string(z))
	}
	return out
}

// Contract is a binding trade.
type Contract struct {
	ID           string `json:"id" example:"20261122T143030Z-1-00007"`
	Session      string `json:"session"`
	Discovery    int    `json:"discovery"`
	Round        int    `json:"round"`
	Buyer        string `json:"buyer"`
	Seller       string `json:"seller"`
	BuyerZone    string `json:"buyer_zone"`
	SellerZone   string `json:"seller_zone"`
	EnergyWh     int64  `json:"energy_wh"`
	BuyerPrice   string `json:"buyer_price" doc:"RUB/kWh, what the buyer pays"`
	SellerPrice  string `json:"seller_price" doc:"RUB/kWh, what the seller gets"`
	State        string `json:"state"`
	BuyerOrder   string `json:"buyer_order,omitempty"`
	SellerOrder  string `json:"seller_order,omitempty"`
	LedgerHeight int64  `json:"ledger_height"`
	Origin       string `json:"origin" enum:"ledger,simulated"`
}

func contract(c record.Contract) Contract {
	return Contract{ID: string(c.ID), Session: c.Session, Discovery: c.Discovery, Round: c.Round, Buyer: string(c.Buyer), Seller: string(c.Seller),
		BuyerZone: string(c.BuyerZone), SellerZone: string(c.SellerZone), EnergyWh: int64(c.Energy), BuyerPrice: c.BuyerPrice.String(), SellerPrice: c.SellerPrice.String(), State: c.State,
		BuyerOrder: string(c.BuyOrder), SellerOrder: string(c.SellOrder), LedgerHeight: c.Height, Origin: string(c.Origin)}
}

// Order is a signed intent and what became of it.
type Order struct {
	ID          string `json:"id"`
	Session     string `json:"session"`
	Discovery   int    `json:"discovery"`
	Participant string `json:"participant"`
	Site        string `json:"site"`
	Zone        string `json:"zone"`
	Side        string `json:"side" enum:"buy,sell"`
	EnergyWh    int64  `json:"energy_wh"`
	Limit       string `json:"limit" doc:"RUB/kWh"`
	Refused     string `json:"refused,omitempty" doc:"why it never reached the gate"`
	CutWh       int64  `json:"cut_wh" doc:"not covered by the balance"`
	UnmatchedWh int64  `json:"unmatched_wh"`
	Reason      string `json:"reason,omitempty" doc:"why that did not trade"`
	BestPrice   string `json:"best_price,omitempty" doc:"the price that was to be had"`
	WouldTrade  string `json:"would_trade,omitempty" doc:"the limit that would have traded"`
	Origin      string `json:"origin" enum:"ledger,simulated"`
}

func order(o record.Order) Order {
	out := Order{ID: string(o.ID), Session: o.Session, Discovery: o.Discovery, Participant: string(o.Participant), Site: string(o.Site),
		Zone: string(o.Zone), Side: o.Side.String(), EnergyWh: int64(o.Energy), Limit: o.Limit.String(), Refused: string(o.Refused),
		CutWh: int64(o.Cut), UnmatchedWh: int64(o.Unmatched), Reason: string(o.Reason), Origin: string(o.Origin)}
	if o.Reason != "" {
		out.BestPrice, out.WouldTrade = o.Best.String(), o.WouldTrade.String()
	}
	return out
}

// Participant is who holds a key. Role and mode are those of its first site.
type Participant struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	NameEN      string `json:"name_en,omitempty"`
	Role        string `json:"role,omitempty" enum:"plant,sharing,heating,renewable,stable" doc:"absent for who has no site"`
	Mode        string `json:"mode,omitempty" enum:"manual,semi,auto"`
	Fingerprint string `json:"public_key_fingerprint,omitempty" doc:"SHA-256 of the key's PKIX DER bytes, hex; absent on an unsigned chain"`
}

func participant(sites []record.Site) func(record.Participant) Participant {
	first := map[torg.ParticipantID]record.Site{}
	for _, s := range sites {
		if _, ok := first[s.Participant]; !ok {
			first[s.Participant] = s
		}
	}
	return func(p record.Participant) Participant {
		s := first[p.ID]
		out := Participant{ID: string(p.ID), Name: p.Name, NameEN: p.NameEN, Role: string(s.Role), Mode: string(s.Mode)}
		if p.KeyFingerprint != nil {
			out.Fingerprint = hex.EncodeToString(p.KeyFingerprint[:])
		}
		return out
	}
}

// Site is a metered place with its settings.
type Site struct {
	ID          string `json:"id"`
	Participant string `json:"participant"`
	Name        string `json:"name"`
	NameEN      string `json:"name_en,omitempty"`
	Zone        string `json:"zone"`
	Role        string `json:"role" enum:"plant,sharing,heating,renewable,stable"`
	Mode        string `json:"mode" enum:"manual,semi,auto"`
	Goal        string `json:"goal"`
	Strategy    string `json:"strategy"`
	Tariff      string `json:"tariff"`
	CapacityW   int64  `json:"capacity_w"`
	Running     bool   `json:"running" doc:"its agent trades"`
}

func site(s record.Site) Site {
	return Site{ID: string(s.ID), Participant: string(s.Participant), Name: s.Name, NameEN: s.NameEN, Zone: string(s.Zone), Role: string(s.Role),
		Mode: string(s.Mode), Goal: s.Goal, Strategy: s.Strategy, Tariff: string(s.Tariff), CapacityW: s.CapacityW, Running: s.Running && s.Mode == torg.Auto}
}

// Reading is a slot's metered energy beside its forecast. Consumption is plus.
type Reading struct {
	Site         string    `json:"site"`
	Start        time.Time `json:"start"`
	EnergyWh     *int64    `json:"energy_wh" doc:"null: none came"`
	Quality      string    `json:"quality,omitempty" enum:"measured,derived,estimated,simulated"`
	Q10Wh        *int64    `json:"q10_wh" doc:"forecast made before the gate, 10 % quantile"`
	Q50Wh        *int64    `json:"q50_wh"`
	Q90Wh        *int64    `json:"q90_wh"`
	ContractedWh int64     `json:"contracted_wh" doc:"net bought; minus: sold"`
	Origin       string    `json:"origin" enum:"ledger,simulated"`
}

func reading(r record.Reading) Reading {
	return Reading{Site: string(r.Site), Start: r.Start.UTC(), EnergyWh: wh(r.Energy), Quality: string(r.Quality),
		Q10Wh: wh(r.Q10), Q50Wh: wh(r.Q50), Q90Wh: wh(r.Q90), ContractedWh: int64(r.Contracted), Origin: string(r.Origin)}
}

func wh(e *torg.Energy) *int64 { return (*int64)(e) }

// Decision is an entry of an agent's journal.
type Decision struct {
	Time      time.Time         `json:"time"`
	Session   string            `json:"session"`
	Site      string            `json:"site"`
	Discovery int               `json:"discovery"`
	Strategy  string            `json:"strategy"`
	Fallback  bool              `json:"fallback" doc:"the decision program was late or wrong"`
	Side      string            `json:"side,omitempty" enum:"buy,sell" doc:"absent: it ordered nothing"`
	EnergyWh  int64             `json:"energy_wh"`
	Limit     string            `json:"limit,omitempty" doc:"RUB/kWh"`
	Quantile  float64           `json:"quantile" doc:"of the forecast that was ordered"`
	Reason    string            `json:"reason" doc:"key of the message catalogue"`
	Args      map[string]string `json:"args,omitempty"`
}

func decision(d record.Decision) Decision {
	out := Decision{Time: d.Time.UTC(), Session: d.Session, Site: string(d.Site), Discovery: d.Discovery, Strategy: d.Strategy,
		Fallback: d.Fallback, Quantile: d.Quantile, Reason: d.Reason, Args: d.Args}
	if d.Ordered {
		out.Side, out.EnergyWh, out.Limit = d.Side.String(), int64(d.Energy), d.Limit.String()
	}
	return out
}

// Message is one logged message between the parts of the market.
type Message struct {
	Time         time.Time         `json:"time"`
	Session      string            `json:"session,omitempty"`
	Kind         string            `json:"kind" enum:"information,energy,financial"`
	Performative string            `json:"performative" doc:"FIPA Contract Net's word"`
	From         string            `json:"from"`
	To           string            `json:"to"`
	Text         string            `json:"text" doc:"key of the message catalogue"`
	Args         map[string]string `json:"args,omitempty"`
	Ref          string            `json:"ref,omitempty" doc:"id of an order or contract"`
	LedgerHeight int64             `json:"ledger_height"`
}

func message(m record.Message) Message {
	return Message{Time: m.Time.UTC(), Session: m.Session, Kind: string(m.Kind), Performative: m.Performative, From: m.From, To: m.To,
		Text: m.Text, Args: m.Args, Ref: m.Ref, LedgerHeight: m.Height}
}
