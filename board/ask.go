package board

import (
	"context"
	"fmt"
	"time"

	"torg"
	"torg/ledger"
	"torg/record"
)

// The kinds of things that people sign on the board.
const (
	KindOffer    = "offer"    // put an offer on the board
	KindTake     = "take"     // take an offer, or part of it
	KindContract = "contract" // propose a contract that was agreed elsewhere
	KindSign     = "sign"     // sign a contract that the other party proposed
	KindUnpost   = "unpost"   // take an offer off the board
	KindDecline  = "decline"  // refuse a proposed contract, or take the proposal back
)

// Ask is what somebody wants on the board, as far as they say it. What is missing is
// filled in. Energy is either power from one time to another at one price, or steps.
type Ask struct {
	Kind     string    `json:"kind" enum:"offer,take,contract,sign,unpost,decline"`
	Site     string    `json:"site,omitempty" maxLength:"64" doc:"who acts: of an offer, a take or a contract"`
	Side     string    `json:"side,omitempty" enum:"buy,sell" doc:"what the site does, in an offer or contract; whose side signs or declines, where one owner has both"`
	Offer    string    `json:"offer,omitempty" maxLength:"128" doc:"the offer that is taken or taken off"`
	Contract string    `json:"contract,omitempty" maxLength:"128" doc:"the contract that is signed or declined"`
	Partner  string    `json:"partner,omitempty" maxLength:"64" doc:"the other site of a contract"`
	From     string    `json:"from,omitempty" maxLength:"40" doc:"start of the first slot: RFC 3339, a session's id, or local time of the complex"`
	To       string    `json:"to,omitempty" maxLength:"40" doc:"end of the last slot"`
	Power    string    `json:"power,omitempty" maxLength:"32" doc:"such as 400kW; of a take: the most of each slot"`
	Price    string    `json:"price,omitempty" maxLength:"16" doc:"RUB/kWh"`
	First    time.Time `json:"first,omitzero" doc:"start of the first slot, with steps"`
	Steps    []Step    `json:"steps,omitempty" maxItems:"3000" nullable:"false"`
	Whole    bool      `json:"whole,omitempty" doc:"only all of the offer can be taken"`
	MaxFee   string    `json:"max_fee,omitempty" maxLength:"16" doc:"RUB/kWh, most that the buyer pays for lines; absent: of a take, what the path costs now"`
	Source   string    `json:"source,omitempty" maxLength:"64"`
	Until    string    `json:"until,omitempty" maxLength:"40" doc:"when the offer expires, or the other party has to have signed"`
	Number   uint64    `json:"number,omitempty" doc:"makes the id; absent: the next one. With it the same request counts once"`
}

// Draft is what is to be signed: the body, the exact bytes, and what it would cost.
type Draft struct {
	Kind     string
	ID       string
	Party    torg.ParticipantID // who has to sign
	Side     torg.Side          // of a contract
	Message  []byte
	Offer    *torg.Offer
	Contract *torg.Forward
	Rounding *Rounding // where power became watt-hours
	Quote    *Quote    // of a contract
}

// Draft makes what an ask asks for. acts says for which participants whoever asks may
// act; it chooses the side where that is open. Local times are of in.
func (d *Desk) Draft(ctx context.Context, a Ask, in *time.Location, acts func(torg.ParticipantID) bool) (Draft, error) {
	var out Draft
	var err error
	switch a.Kind {
	case KindOffer:
		out, err = d.askOffer(ctx, a, in)
	case KindTake, KindContract:
		out, err = d.askContract(ctx, a, in)
	case KindSign, KindDecline:
		out, err = d.askContractID(ctx, a, acts)
	case KindUnpost:
		o, err := d.offer(ctx, torg.OfferID(a.Offer))
		if err != nil {
			return out, unknown("offer", a.Offer, err)
		}
		message := ledger.TxMessage(d.ChainID(), ledger.Unpost{Site: o.Site, Number: o.Number})
		return Draft{Kind: a.Kind, ID: a.Offer, Party: o.Participant, Message: message, Offer: &o.Offer}, nil
	default:
		return out, fmt.Errorf("kind %q: %w", a.Kind, torg.ErrMalformed)
	}
	if err != nil {
		return out, err
	}
	out.Kind = a.Kind
	if out.Contract != nil {
		q, err := d.Quote(ctx, *out.Contract, out.Side)
		if err != nil {
			return out, err
		}
		out.Quote = &q
	}
	return out, nil
}

// profile reads the energy of an ask.
func (d *Desk) profile(a Ask, in *time.Location) (torg.Profile, *Rounding, error) {
	if len(a.Steps) > 0 {
		p, err := readProfile(d.Calendar(), a.First, a.Steps)
		return p, nil, err
	}
	first, last, err := Span(d.Calendar(), a.From, a.To, in)
	if err != nil {
		return torg.Profile{}, nil, err
	}
	watts, err := ParsePower(a.Power)
	if err != nil {
		return torg.Profile{}, nil, err
	}
	if a.Price == "" {
		return torg.Profile{}, nil, fmt.Errorf("no price: %w", torg.ErrMalformed)
	}
	price, err := readPrice("price", a.Price)
	if err != nil {
		return torg.Profile{}, nil, err
	}
	p, r, err := Constant(d.Calendar().Interval, first, last, watts, price)
	if err == nil {
		err = p.Valid()
	}
	return p, &r, err
}

func (a Ask) until(in *time.Location) (time.Time, error) {
	if a.Until == "" {
		return time.Time{}, nil
	}
	t, err := ParseTime(a.Until, in)
	if err != nil {
		return t, err
	}
	return wholeSeconds("until", t)
}

func (d *Desk) askOffer(ctx context.Context, a Ask, in *time.Location) (out Draft, err error) {
	o := torg.Offer{Site: torg.SiteID(a.Site), Number: a.Number, Whole: a.Whole, Source: a.Source}
	if o.Side, err = ParseSide(a.Side); err != nil {
		return out, err
	}
	if o.Profile, out.Rounding, err = d.profile(a, in); err != nil {
		return out, err
	}
	if o.MaxFee, err = readPrice("max_fee", a.MaxFee); err != nil {
		return out, err
	}
	if o.Expires, err = a.until(in); err != nil {
		return out, err
	}
	if o, err = d.DraftOffer(ctx, o); err != nil {
		return out, err
	}
	out.Offer, out.ID, out.Party, out.Side = &o, string(o.ID()), o.Participant, o.Side
	out.Message = ledger.TxMessage(d.ChainID(), ledger.Post{Offer: o})
	return out, nil
}

func (d *Desk) askContract(ctx context.Context, a Ask, in *time.Location) (out Draft, err error) {
	var fee *torg.Price
	if a.MaxFee != "" {
		p, err := readPrice("max_fee", a.MaxFee)
		if err != nil {
			return out, err
		}
		fee = &p
	}
	by, err := a.until(in)
	if err != nil {
		return out, err
	}
	var c torg.Forward
	if a.Kind == KindTake {
		t := Take{Offer: torg.OfferID(a.Offer), Site: torg.SiteID(a.Site), MaxFee: fee, SignBy: by, Number: a.Number}
		if a.From != "" || a.To != "" {
			if t.From, t.To, err = Span(d.Calendar(), a.From, a.To, in); err != nil {
				return out, err
			}
		}
		if a.Power != "" {
			if t.Watts, err = ParsePower(a.Power); err != nil {
				return out, err
			}
		}
		c, err = d.DraftTake(ctx, t)
	} else {
		c = torg.Forward{Number: a.Number, Source: a.Source, SignBy: by, BuyerSite: torg.SiteID(a.Site), SellerSite: torg.SiteID(a.Partner)}
		if c.Proposer, err = ParseSide(a.Side); err != nil {
			return out, err
		}
		if c.Proposer == torg.Sell {
			c.BuyerSite, c.SellerSite = c.SellerSite, c.BuyerSite
		}
		if c.Profile, out.Rounding, err = d.profile(a, in); err != nil {
			return out, err
		}
		c, err = d.DraftContract(ctx, c, fee)
	}
	if err != nil {
		return out, err
	}
	return d.drafted(out, c, c.Proposer), nil
}

func (d *Desk) drafted(out Draft, c torg.Forward, side torg.Side) Draft {
	out.Contract, out.ID, out.Side = &c, string(c.ID()), side
	out.Party, _ = c.Party(side)
	out.Message = ledger.ForwardMessage(d.ChainID(), c)
	return out
}

// askContractID signs or declines a contract that is proposed.
func (d *Desk) askContractID(ctx context.Context, a Ask, acts func(torg.ParticipantID) bool) (out Draft, err error) {
	c, err := d.forward(ctx, torg.ContractID(a.Contract))
	if err != nil {
		return out, unknown("contract", a.Contract, err)
	}
	if !acts(c.Buyer) && !acts(c.Seller) { // as if it did not exist
		return out, unknown("contract", a.Contract, record.ErrNotFound)
	}
	side := torg.Buy
	switch {
	case a.Side != "":
		if side, err = ParseSide(a.Side); err != nil {
			return out, err
		}
	case a.Kind == KindSign: // whoever has not signed
		if c.Signed(torg.Buy) {
			side = torg.Sell
		}
	case !acts(c.Buyer):
		side = torg.Sell
	}
	out = d.drafted(out, c.Forward, side)
	if a.Kind == KindDecline {
		out.Message = ledger.TxMessage(d.ChainID(), ledger.Decline{Contract: c.ID(), Side: side})
	}
	return out, nil
}
