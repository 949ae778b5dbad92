package recordtest

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"

	"torg"
	"torg/record"
)

// place is one line of the fixture's list of sites. kw is what it draws on
// average, minus what it feeds out; swing is how far it moves from that.
type place struct {
	site, who, ru, en string
	role              torg.Role
	mode              torg.Mode
	kw, swing         float64
}

var places = []place{
	{"foundry-1", "foundry", "Литейный завод", "Foundry", torg.Plant, torg.Auto, -520, 130},
	{"factory-1", "factory", "Механический завод", "Machine works", torg.Plant, torg.Auto, 640, 120},
	{"chp-1", "chp", "ТЭЦ «Заречная»", "Zarechnaya CHP", torg.Stable, torg.Auto, -350, 30},
	{"ev-1", "ev", "Зарядный парк «Искра»", "Iskra charging park", torg.Sharing, torg.Semi, 120, 60},
	{"gas-1", "gas", "Газопоршневая станция", "Gas engine station", torg.Stable, torg.Auto, -180, 15},
	{"heat-1", "heat", "Котельная № 3", "Boiler house No. 3", torg.Heating, torg.Auto, 260, 40},
	{"heat-2", "teplo", "Тепловые насосы «Юг»", "South heat pumps", torg.Heating, torg.Manual, 140, 30},
	{"press-1", "press", "Прессовый цех", "Press shop", torg.Plant, torg.Auto, 230, 90},
	{"scooter-1", "scooter", "Самокаты «Шаг»", "Shag scooters", torg.Sharing, torg.Auto, 60, 25},
	{"solar-1", "solar", "Солнечная станция", "Solar farm", torg.Renewable, torg.Auto, -90, 60},
	{"wind-1", "wind", "Ветропарк «Мыс»", "Mys wind park", torg.Renewable, torg.Auto, -240, 140},
}

func (m *Market) people() {
	for i, p := range places {
		print := torg.Fingerprint{byte(i + 1), 0xa3, 0x5f, 0x11}
		m.People = append(m.People, record.Participant{ID: torg.ParticipantID(p.who), Name: p.ru, NameEN: p.en, KeyFingerprint: &print})
		m.Places = append(m.Places, record.Site{
			Site: torg.Site{ID: torg.SiteID(p.site), Participant: torg.ParticipantID(p.who), Zone: "z1", Role: p.role, Tariff: "base", CapacityW: 2_000_000},
			Name: p.ru, NameEN: p.en, Mode: p.mode, Goal: "cheapest", Strategy: "newsvendor", Running: p.mode == torg.Auto,
		})
		m.Funds[torg.Account(p.who)] = rub("184250.375")
	}
	m.People = append(m.People, record.Participant{ID: "supplier", Name: "Гарантирующий поставщик", NameEN: "Central supplier"})
	slices.SortFunc(m.People, func(a, b record.Participant) int { return cmp.Compare(a.ID, b.ID) })
}

// power is what a place draws at t, in kW: a smooth made-up day.
func (p place) power(t time.Time) float64 {
	h := float64(t.UnixMilli())/3.6e6 + float64(len(p.ru))
	wave := 0.6*math.Sin(h/24*2*math.Pi) + 0.3*math.Sin(h*2.1) + 0.1*math.Sin(h*31)
	return p.kw + p.swing*wave
}

func wattHours(kw float64, d time.Duration) torg.Energy {
	return torg.Energy(math.Round(kw * 1000 * d.Hours()))
}

// reading is what the meter says, beside the forecast that was a little wrong.
func (p place) reading(t time.Time, d time.Duration, s torg.Slot, o record.Origin, metered bool) record.Reading {
	e := wattHours(p.power(t), d)
	off := wattHours(p.swing*0.12*math.Sin(float64(t.Unix())/4000), d)
	wide := wattHours(p.swing*0.35, d)
	q10, q50, q90 := e+off-wide, e+off, e+off+wide
	r := record.Reading{Site: torg.SiteID(p.site), Slot: s, Start: t, Q10: &q10, Q50: &q50, Q90: &q90, Contracted: q50, Origin: o}
	if p.mode != torg.Auto {
		r.Contracted = 0
	}
	if metered {
		r.Energy, r.Quality = &e, torg.Measured
	}
	return r
}

// history is the day before the market started, in steps of History.
func (m *Market) history() {
	cal := torg.Calendar{Interval: Interval}
	end := Noon.Add(-time.Hour).Truncate(History)
	for t := end.Add(-6 * 24 * time.Hour); t.Before(end); t = t.Add(History) {
		for _, p := range places {
			r := p.reading(t, History, cal.At(t), record.Simulated, true)
			r.Quality = torg.Simulated
			m.Meter = append(m.Meter, r)
			if t.Minute() == 0 {
				m.settle(p, t, t.Add(time.Hour), record.Simulated, false)
			}
		}
	}
	for t := end; t.Before(Noon); t = t.Add(History) {
		for _, p := range places {
			m.settle(p, t, t.Add(History), record.OnLedger, true)
		}
	}
}

// settle books a stretch at 17 % less than the supplier asks, 2.9 times what it
// pays; a site that does not trade pays what it always did.
func (m *Market) settle(p place, from, to time.Time, o record.Origin, provisional bool) {
	cal := torg.Calendar{Interval: Interval}
	e := wattHours(p.power(from), to.Sub(from))
	quote, inside := m.Quotes.Sell, price("5.97")
	if e < 0 {
		quote, inside = m.Quotes.Buy, price("3.2")
	}
	if p.mode != torg.Auto {
		inside = quote
	}
	m.Settled = append(m.Settled, record.Settlement{
		First: cal.At(from), Last: cal.At(to) - 1, Start: from, End: to, Participant: torg.ParticipantID(p.who), Zone: "z1", Tariff: "base",
		Metered: e, Contracted: e, Paid: e.At(inside), Baseline: e.At(quote), InsideEnergy: e.Abs() * 81 / 100,
		Provisional: provisional, Origin: o, ForecastError: e.Abs() * 6 / 100, MeteredAbs: e.Abs(),
	})
}

// trade fills one session: orders, three rounds, journal, messages and readings.
func (m *Market) trade(cal torg.Calendar, s torg.Slot, open bool) {
	start, id := cal.Start(s), cal.Session(s)
	height := 48_211 - int64(cal.At(Noon)+1-s)
	row := record.Session{ID: id, Slot: s, SlotStart: start, State: record.Settled, Origin: record.OnLedger, LedgerHeight: height, ActiveAfter: 310 * time.Millisecond}
	switch {
	case open:
		row.State, row.LedgerHeight, row.ActiveAfter = record.Open, 0, 0
	case s == cal.At(Noon)-40:
		row.State, row.LedgerHeight, row.ActiveAfter = record.Missed, 0, 0
	case s > cal.At(Noon)-6:
		row.State = record.Active
	}
	traded := row.State == record.Active || row.State == record.Settled
	p := price("4.82") + torg.Price(40_000*math.Sin(float64(s)/9))
	if traded {
		row.Prices = []record.Price{{Discovery: 1, Zone: "z1", Price: p}, {Discovery: 2, Zone: "z1", Price: p + 1200}}
		m.pair(&row, p)
	}
	m.SessionRows = append(m.SessionRows, row)
	for _, pl := range places {
		metered := !open && s <= cal.At(Noon)-1 && !(pl.site == "press-1" && s == cal.At(Noon)-12)
		r := pl.reading(start, Interval, s, record.OnLedger, metered)
		if metered && pl.site == "press-1" && s%9 == 0 {
			r.Quality = torg.Estimated
		}
		m.Meter = append(m.Meter, r)
		m.decide(pl, row, p)
	}
	m.say(row)
}

// decide writes the order of a place's agent and why.
func (m *Market) decide(pl place, row record.Session, p torg.Price) {
	if pl.mode != torg.Auto || row.State == record.Missed {
		return
	}
	r := pl.reading(row.SlotStart, Interval, row.Slot, record.OnLedger, false)
	side, limit := torg.Buy, m.Quotes.Sell
	if *r.Q50 < 0 {
		side, limit = torg.Sell, price("2.4")
	}
	oid := torg.OrderID(row.ID + "-" + pl.site + "-1")
	o := record.Order{Order: torg.Order{ID: oid, Participant: torg.ParticipantID(pl.who), Site: torg.SiteID(pl.site), Zone: "z1", Slot: row.Slot,
		Discovery: 1, Sequence: 1, Side: side, Energy: r.Q50.Abs(), Limit: limit}, Session: row.ID, Origin: record.OnLedger, Height: row.LedgerHeight,
		Signature: []byte{1}, Best: p, WouldTrade: p}
	if row.State != record.Open && pl.site == "scooter-1" && row.Slot%3 == 0 {
		o.Unmatched, o.Reason, o.Limit = o.Energy, torg.ReasonPrice, p-price("0.4")
	}
	m.OrderRows = append(m.OrderRows, o)
	m.Journal = append(m.Journal, record.Decision{
		ID: int64(len(m.Journal) + 1), Time: row.SlotStart.Add(-28 * time.Second), Session: row.ID, Site: o.Site, Discovery: 1, Strategy: "newsvendor",
		Fallback: pl.site == "wind-1" && row.Slot%40 == 0, Ordered: true, Side: side, Energy: o.Energy, Limit: o.Limit, Quantile: 0.62, Reason: "newsvendor",
		Args:   map[string]string{"quantile": "0.62", "short": "7.2", "long": "1.1", "expected": p.String(), "need": strconv.FormatInt(int64(*r.Q50), 10)},
		Origin: record.OnLedger,
	})
}
