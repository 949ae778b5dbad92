package web

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"torg"
	"torg/board"
	"torg/record"
	"torg/record/export"
)

// boardView is the board as somebody sees it.
type boardView struct {
	Offers []record.Offer // the viewer's first
	Next   string
	Deals  []record.Forward // the viewer's
	Form   offerForm
}

// offerForm is what an owner wrote, or what stands there before.
type offerForm struct {
	Site             torg.SiteID
	Side             string
	From, To         string
	Power, Price     string
	Whole            bool
	MaxFee, Source   string
	Earliest, Latest string
}

// onBoard says whether the viewer may act for a participant on the board: its owner only.
// Whoever is there sees all offers, and their own contracts; the operator sees all.
func (p *page) onBoard(id torg.ParticipantID) bool {
	return p.site.Board != nil && p.Viewer.Chosen && !p.Viewer.Operator && p.Viewer.ID == id && p.acts(id)
}

// trades says that the viewer may offer and take.
func (p *page) trades() bool { return p.onBoard(p.Viewer.ID) && len(p.Viewer.Sites) > 0 }

// boardRoutes are the board's pages and what their buttons do.
func (s *site) boardRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /board", s.page(s.board))
	mux.HandleFunc("GET /board/offers/{id}", s.page(s.offer))
	mux.HandleFunc("GET /board/contracts", s.page(s.deals))
	mux.HandleFunc("GET /board/contracts/{id}", s.page(s.forward))
	mux.HandleFunc("POST /board/offers", s.page(s.postOffer))
	mux.HandleFunc("POST /board/offers/{id}/take", s.page(s.takeOffer))
	mux.HandleFunc("POST /board/offers/{id}/withdraw", s.page(s.withdrawOffer))
	mux.HandleFunc("POST /board/contracts/{id}/sign", s.page(s.signForward))
	mux.HandleFunc("POST /board/contracts/{id}/decline", s.page(s.declineForward))
}

func (s *site) board(p *page) error {
	ctx := p.r.Context()
	p.Nav, p.Title = "board", p.T("board.title")
	f := record.BoardFilter{State: string(record.OfferOpen)}
	if p.wantsCSV() {
		rows, _, err := s.Reader.Offers(ctx, f, p.asked())
		if err != nil {
			return err
		}
		return csv(p, "board", rows, export.Offers(s.Calendar))
	}
	var v boardView
	var err error
	if v.Form, err = p.emptyForm(); err != nil {
		return err
	}
	if v.Offers, v.Next, err = s.Reader.Offers(ctx, f, p.asked()); err != nil {
		return err
	}
	slices.SortStableFunc(v.Offers, func(a, b record.Offer) int { return rank(p, b) - rank(p, a) })
	if v.Deals, _, err = s.Reader.Forwards(ctx, record.BoardFilter{Participant: p.Viewer.ID}, record.Page{Limit: perPage}); err != nil {
		return err
	}
	return p.show(http.StatusOK, boardPage(p, v))
}

// rank puts the viewer's own offers first.
func rank(p *page, o record.Offer) int {
	if p.onBoard(o.Participant) {
		return 1
	}
	return 0
}

// deals is the list of all forward contracts of the viewer.
func (s *site) deals(p *page) error {
	p.Nav, p.Title = "board", p.T("board.deals")
	rows, next, err := s.Reader.Forwards(p.r.Context(), record.BoardFilter{Participant: p.Viewer.ID}, p.asked())
	if err != nil {
		return err
	}
	if p.wantsCSV() {
		return csv(p, "board-contracts", rows, export.Forwards(s.Calendar))
	}
	return p.show(http.StatusOK, dealsPage(p, rows, next))
}

const inputTime = "2006-01-02T15:04"

// emptyForm offers tomorrow's working day, for the side that the first site is mostly on.
func (p *page) emptyForm() (offerForm, error) {
	local := p.Now.Time.In(p.site.Location)
	day := time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, p.site.Location)
	f := offerForm{Side: torg.Buy.String(), From: day.Add(8 * time.Hour).Format(inputTime), To: day.Add(20 * time.Hour).Format(inputTime)}
	if len(p.Viewer.Sites) > 0 {
		at := p.Viewer.Sites[0]
		f.Site = at.ID
		now, err := p.spot(p.r.Context(), at, p.span())
		if err != nil {
			return f, err
		}
		if now.sells() {
			f.Side = torg.Sell.String()
		}
	}
	return f, nil
}

// offerView is one offer with what the viewer may do about it.
type offerView struct {
	record.Offer
	From, To, Power string // of what is left, as the form says it
}

func (s *site) offer(p *page) error {
	o, err := s.Reader.Offer(p.r.Context(), torg.OfferID(p.r.PathValue("id")))
	if err != nil {
		return err
	}
	p.Nav, p.Title = "board", p.T("board.offer", "ID", string(o.ID()))
	from, to := p.ahead(p.shown(o))
	v := offerView{Offer: o, From: from.In(s.Location).Format(inputTime), To: to.In(s.Location).Format(inputTime)}
	if !o.Whole {
		v.Power = p.Number(p.most(o.Left), 0)
	}
	return p.show(http.StatusOK, offerPage(p, v))
}

// ahead is when a profile's slots begin whose session has not opened, and when they end.
func (p *page) ahead(x torg.Profile) (from, to time.Time) {
	cal := p.site.Calendar
	return cal.Start(max(x.First, cal.At(p.Now.Time)+2)), cal.Start(x.First + x.Slots())
}

// most is the largest power of a profile in kW.
func (p *page) most(x torg.Profile) float64 { return kW(x.Most(), p.site.Calendar.Interval) }

// When says from when to when a profile lasts.
func (p *page) When(x torg.Profile) string {
	from, to := p.site.Calendar.Start(x.First), p.site.Calendar.Start(x.First+x.Slots())
	if p.Day(from) == p.Day(to) {
		return p.Day(from) + ", " + p.brief(from) + "–" + p.brief(to)
	}
	return p.Day(from) + " " + p.brief(from) + " – " + p.Day(to) + " " + p.brief(to)
}

// brief is a time of day, with seconds only where it has some.
func (p *page) brief(t time.Time) string {
	if t.Second() == 0 {
		return p.Minute(t)
	}
	return p.Clock(t)
}

// DayMinute is a date with a brief time of day.
func (p *page) DayMinute(t time.Time) string { return p.Day(t) + " " + p.brief(t) }

// SlotTime is the moment when a slot starts.
func (p *page) SlotTime(s torg.Slot) string { return p.DayMinute(p.site.Calendar.Start(s)) }

// Rate is the mean price of a profile.
func (p *page) Rate(x torg.Profile) torg.Price {
	energy, cost := board.Total(x)
	return cost.Per(energy)
}

// shown is what is left of an offer, or all of it where nothing is.
func (p *page) shown(o record.Offer) torg.Profile {
	if len(o.Left.Steps) == 0 {
		return o.Profile
	}
	return o.Left
}

// Beside says what the supplier's price makes of an offer for who takes it.
func (p *page) Beside(o record.Offer) string {
	if len(o.Left.Steps) == 0 {
		return ""
	}
	side := torg.Buy + torg.Sell - o.Side
	text, _ := p.better(side, p.Rate(o.Left), p.zone())
	return text
}

// mySide is the viewer's side of a forward contract; the operator reads it as the buyer.
func (p *page) mySide(f record.Forward) torg.Side {
	if !p.Viewer.Operator && f.Seller == p.Viewer.ID {
		return torg.Sell
	}
	return torg.Buy
}

// other is the site across.
func (p *page) otherName(f record.Forward) string {
	who, site := f.Party(torg.Buy + torg.Sell - p.mySide(f))
	return p.PlaceOf(site, who)
}

// signs says that the contract waits for the viewer's signature.
func (p *page) signs(f record.Forward) bool {
	party, _ := f.Party(p.mySide(f))
	return f.State == "proposed" && p.onBoard(party) && !f.Signed(p.mySide(f))
}

// declines says that the viewer may end it.
func (p *page) declines(f record.Forward) bool {
	return f.State == "proposed" && (p.onBoard(f.Buyer) || p.onBoard(f.Seller))
}

// NextStep says in words what happens next with a contract, and by when.
func (p *page) NextStep(f record.Forward) string {
	cal := p.site.Calendar
	switch f.State {
	case "proposed":
		if p.signs(f) {
			return p.T("board.next.you", "Time", p.DayMinute(f.SignBy))
		}
		who, waits := f.Party(torg.Buy + torg.Sell - f.Proposer)
		return p.T("board.next.other", "Site", p.PlaceOf(waits, who), "Time", p.DayMinute(f.SignBy))
	case "active":
		if start := cal.Start(f.Open.First); p.Now.Time.Before(start) {
			return p.T("board.next.starts", "Time", p.DayMinute(start))
		}
		return p.T("board.next.runs", "Time", p.SlotTime(f.Open.First+f.Open.Slots()))
	}
	return p.T("board.next." + f.State)
}

func (s *site) forward(p *page) error {
	f, err := s.Reader.Forward(p.r.Context(), torg.ContractID(p.r.PathValue("id")))
	if err != nil {
		return err
	}
	if !p.Viewer.Owns(f.Buyer, f.Seller) {
		return fmt.Errorf("contract %s: %w", f.ID(), torg.ErrNotYours)
	}
	p.Nav, p.Title = "board", p.T("board.contract", "ID", string(f.ID()))
	return p.show(http.StatusOK, forwardPage(p, f))
}
