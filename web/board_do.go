package web

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"torg"
	"torg/board"
	"torg/record"
)

// sureView says in words what a button will do and what it costs, before it does it.
type sureView struct {
	Title, Button string
	Lines         []string
	Refused       string      // the ledger would refuse it now
	Command       string      // of torg, where the key is not here
	Hidden        [][2]string // what is sent again
	Back          string
}

// ask drafts what somebody asks for and refuses whoever may not.
func (p *page) ask(a board.Ask) (board.Draft, error) {
	if p.site.Board == nil {
		return board.Draft{}, torg.ErrNotOperator
	}
	d, err := p.site.Board.Draft(p.r.Context(), a, p.site.Location, p.acts)
	if err == nil && !p.onBoard(d.Party) {
		err = fmt.Errorf("%s %s: %w", a.Kind, d.ID, torg.ErrNotYours)
	}
	return d, err
}

// field is what a form says.
func (p *page) field(name string) string { return p.r.PostFormValue(name) }

// confirmed says that the reader has seen what will happen.
func (p *page) confirmed() bool { return p.field("sure") == "yes" }

// done goes on to where the result is seen; a wait for the block is no error.
func (p *page) done(_ board.Receipt, err error, to string) error {
	if err != nil {
		return err
	}
	return p.redirect(to)
}

func (s *site) postOffer(p *page) error {
	number, _ := strconv.ParseUint(p.field("number"), 10, 64)
	a := board.Ask{Kind: board.KindOffer, Site: p.field("site"), Side: p.field("side"), From: p.field("from"), To: p.field("to"), Power: p.field("power"),
		Price: p.field("price"), Whole: p.field("whole") != "", MaxFee: p.field("max_fee"), Source: p.field("source"), Until: p.field("until"), Number: number}
	d, err := p.ask(a)
	if err != nil {
		return err
	}
	o := *d.Offer
	if p.confirmed() {
		r, err := s.Board.Post(p.r.Context(), o, nil)
		return p.done(r, err, "/board")
	}
	p.Nav, p.Title = "board", p.T("board.sure.offer")
	v := sureView{Title: p.Title, Button: p.T("board.do.offer"), Back: "/board", Hidden: [][2]string{{"site", a.Site}, {"side", a.Side}, {"from", a.From}, {"to", a.To},
		{"power", a.Power}, {"price", a.Price}, {"max_fee", a.MaxFee}, {"source", a.Source}, {"until", o.Expires.Format(time.RFC3339)}, {"number", strconv.FormatUint(o.Number, 10)}}}
	if a.Whole {
		v.Hidden = append(v.Hidden, [2]string{"whole", "yes"})
	}
	v.Lines = p.offerLines(o, d.Rounding)
	if !s.Board.Holds(d.Party) {
		whole := ""
		if a.Whole {
			whole = " --whole"
		}
		v.Command = commandLine("torg board post"+whole, [][2]string{{"site", a.Site}, {"side", a.Side}, {"from", a.From}, {"to", a.To}, {"power", a.Power}, {"price", a.Price},
			{"max-fee", a.MaxFee}, {"source", a.Source}, {"until", o.Expires.Format(time.RFC3339)}, {"number", strconv.FormatUint(o.Number, 10)}}...)
	}
	return p.show(http.StatusOK, surePage(p, v))
}

// offerLines say what an offer is and what it binds to.
func (p *page) offerLines(o torg.Offer, r *board.Rounding) []string {
	energy, cost := board.Total(o.Profile)
	lines := []string{p.T("board.sure.offer."+o.Side.String(), "Site", p.Place(o.Site), "Energy", p.Energy(energy), "Power", p.Power(p.most(o.Profile)),
		"When", p.When(o.Profile), "Price", p.PriceUnit(p.Rate(o.Profile)), "Sum", p.Money(cost))}
	if r != nil && !r.Exact() {
		lines = append(lines, p.rounded(*r))
	}
	if at, ok := p.place(o.Site); ok {
		pay, get := p.site.Board.Against(at.Site, o.Profile)
		if o.Side == torg.Buy {
			lines = append(lines, p.gain("board.sure.supplier.buy", pay, pay.Sub(cost)))
		} else {
			lines = append(lines, p.gain("board.sure.supplier.sell", get, cost.Sub(get)))
		}
	}
	if o.Whole {
		lines = append(lines, p.T("board.sure.whole"))
	}
	return append(lines, p.T("board.sure.free"), p.T("board.sure.until", "Time", p.DayMinute(o.Expires)))
}

// rounded says how power became whole watt-hours.
func (p *page) rounded(r board.Rounding) string {
	key := "board.rounded"
	if r.Lost {
		key = "board.rounded.lost"
	}
	return p.T(key, "Each", p.Int(int64(r.Each)), "More", p.Int(int64(r.More)), "Slots", p.Int(int64(r.Slots)))
}

// gain compares with the supplier, to the ruble and in the right direction.
func (p *page) gain(key string, supplier, gain torg.Cost) string {
	if gain.Sign() < 0 {
		key, gain = key+".worse", gain.Neg()
	}
	return p.T(key, "Supplier", p.Money(supplier), "Gain", p.Money(gain))
}

func (s *site) takeOffer(p *page) error {
	number, _ := strconv.ParseUint(p.field("number"), 10, 64)
	id := p.r.PathValue("id")
	a := board.Ask{Kind: board.KindTake, Offer: id, Site: p.field("site"), From: p.field("from"), To: p.field("to"), Power: p.field("power"),
		MaxFee: p.field("max_fee"), Until: p.field("until"), Number: number}
	d, err := p.ask(a)
	if err != nil {
		return err
	}
	c := *d.Contract
	if p.confirmed() {
		r, err := s.Board.Conclude(p.r.Context(), c, d.Side, nil, nil)
		return p.done(r, err, "/board/contracts/"+d.ID)
	}
	p.Nav, p.Title = "board", p.T("board.sure.take")
	who, across := c.Party(torg.Buy + torg.Sell - d.Side)
	v := sureView{Title: p.Title, Button: p.T("board.do.take"), Back: "/board/offers/" + id, Hidden: [][2]string{{"site", a.Site}, {"from", a.From}, {"to", a.To},
		{"power", a.Power}, {"max_fee", c.MaxFee.String()}, {"until", c.SignBy.Format(time.RFC3339)}, {"number", strconv.FormatUint(c.Number, 10)}}}
	v.Lines = append(p.dealLines(c, d.Side, *d.Quote), p.T("board.sure.half", "Site", p.PlaceOf(across, who), "Time", p.DayMinute(c.SignBy)))
	if r := d.Rounding; r != nil && !r.Exact() {
		v.Lines = append(v.Lines, p.rounded(*r))
	}
	v.Refused = p.refusedNow(*d.Quote)
	if !s.Board.Holds(d.Party) {
		v.Command = commandLine("torg board take "+shell(id), [][2]string{{"site", a.Site}, {"from", a.From}, {"to", a.To}, {"power", a.Power}, {"max-fee", c.MaxFee.String()},
			{"until", c.SignBy.Format(time.RFC3339)}, {"number", strconv.FormatUint(c.Number, 10)}}...)
	}
	return p.show(http.StatusOK, surePage(p, v))
}

func (p *page) refusedNow(q board.Quote) string {
	if q.Refused == "" {
		return ""
	}
	return p.known("refusal.", string(q.Refused))
}

// dealLines say what a contract is, what it costs and why it is worth it.
func (p *page) dealLines(c torg.Forward, side torg.Side, q board.Quote) []string {
	who, across := c.Party(torg.Buy + torg.Sell - side)
	lines := []string{p.T("board.sure.deal."+side.String(), "Site", p.PlaceOf(across, who), "Energy", p.Energy(q.Energy), "Power", p.Power(p.most(c.Profile)),
		"When", p.When(c.Profile), "Price", p.PriceUnit(p.Rate(c.Profile)), "Sum", p.Money(q.Price))}
	switch {
	case side == torg.Sell && q.Fee > 0:
		lines = append(lines, p.T("board.sure.fee.sell"))
	case len(q.Path) > 1:
		lines = append(lines, p.T("board.sure.fee.buy", "Fees", p.Money(q.Fees), "Fee", p.PriceUnit(q.Fee), "Path", p.pathWords(q.Path)))
	case len(q.Path) == 1:
		lines = append(lines, p.T("board.sure.no_fee"))
	}
	held := q.Escrow
	if side == torg.Sell {
		held = q.Guarantee
	}
	if q.Covered > c.Profile.First {
		lines = append(lines, p.T("board.sure.held."+side.String(), "Sum", p.Money(held), "Time", p.SlotTime(min(q.Covered, c.Profile.Last()+1))))
	} else {
		lines = append(lines, p.T("board.sure.held.later"))
	}
	if q.Covered <= c.Profile.Last() {
		lines = append(lines, p.T("board.sure.rolls"))
	}
	supplier := q.Supplier
	if side == torg.Sell {
		supplier = q.Feeding
	}
	return append(lines, p.gain("board.sure.supplier."+side.String(), supplier, q.Saving(side)))
}

// pathWords names the zones on a path.
func (p *page) pathWords(zones []torg.ZoneID) string {
	text := ""
	for i, z := range zones {
		if i > 0 {
			text += " → "
		}
		text += p.ZoneName(z)
	}
	return text
}

func (s *site) signForward(p *page) error    { return s.answer(p, board.KindSign) }
func (s *site) declineForward(p *page) error { return s.answer(p, board.KindDecline) }

// answer signs a proposed contract or ends it.
func (s *site) answer(p *page, kind string) error {
	id := p.r.PathValue("id")
	f, err := s.Reader.Forward(p.r.Context(), torg.ContractID(id))
	if err != nil {
		return err
	}
	side := p.mySide(f)
	d, err := p.ask(board.Ask{Kind: kind, Contract: id, Side: side.String()})
	if err != nil {
		return err
	}
	to := "/board/contracts/" + id
	what := kind
	if kind == board.KindDecline && side == f.Proposer {
		what = "withdraw"
	}
	if p.confirmed() {
		if kind == board.KindSign {
			r, err := s.Board.Conclude(p.r.Context(), *d.Contract, side, nil, nil)
			return p.done(r, err, to)
		}
		r, err := s.Board.Decline(p.r.Context(), f.ID(), side, nil)
		return p.done(r, err, to)
	}
	p.Nav, p.Title = "board", p.T("board.sure."+what)
	v := sureView{Title: p.Title, Button: p.T("board.do." + what), Back: to}
	if kind == board.KindSign {
		v.Lines = append(p.dealLines(*d.Contract, side, *d.Quote), p.T("board.sure.second"))
		v.Refused = p.refusedNow(*d.Quote)
	} else {
		v.Lines = []string{p.T("board.sure.none"), p.T("board.sure.back")}
	}
	if !s.Board.Holds(d.Party) {
		v.Command = commandLine("torg board "+kind+" "+shell(id), [2]string{"side", side.String()})
	}
	return p.show(http.StatusOK, surePage(p, v))
}

func (s *site) withdrawOffer(p *page) error {
	id := p.r.PathValue("id")
	d, err := p.ask(board.Ask{Kind: board.KindUnpost, Offer: id})
	if err != nil {
		return err
	}
	if p.confirmed() {
		r, err := s.Board.Unpost(p.r.Context(), torg.OfferID(id), nil)
		return p.done(r, err, "/board")
	}
	p.Nav, p.Title = "board", p.T("board.sure.unpost")
	v := sureView{Title: p.Title, Button: p.T("board.do.unpost"), Back: "/board/offers/" + id, Lines: []string{p.T("board.sure.unpost.text"), p.T("board.sure.unpost.stay")}}
	if !s.Board.Holds(d.Party) {
		v.Command = commandLine("torg board withdraw " + shell(id))
	}
	return p.show(http.StatusOK, surePage(p, v))
}

// waiting are the contracts that wait for the viewer's signature.
func (p *page) waiting() ([]record.Forward, error) {
	if !p.trades() {
		return nil, nil
	}
	rows, _, err := p.site.Reader.Forwards(p.r.Context(), record.BoardFilter{Participant: p.Viewer.ID, State: "proposed"}, record.Page{Limit: perPage})
	var out []record.Forward
	for _, f := range rows {
		if p.signs(f) {
			out = append(out, f)
		}
	}
	return out, err
}

// boarding is what an owner's first screen says of the board.
type boarding struct {
	Waiting []record.Forward
	Others  int // offers that the viewer could take
}

func (p *page) boarding() (b boarding, err error) {
	if b.Waiting, err = p.waiting(); err != nil {
		return b, err
	}
	rows, _, err := p.site.Reader.Offers(p.r.Context(), record.BoardFilter{State: string(record.OfferOpen)}, record.Page{Limit: exported})
	for _, o := range rows {
		if o.Participant != p.Viewer.ID {
			b.Others++
		}
	}
	return b, err
}

// stateWord is a contract's state in words.
func (p *page) stateWord(f record.Forward) string {
	return p.known("board.state.", cmp.Or(f.State, "proposed"))
}
