package board

import (
	"fmt"
	"time"

	"torg"
)

// Step is a number of slots, one after the other, of the same energy and price.
type Step struct {
	Slots    uint32 `json:"slots" yaml:"slots" minimum:"1"`
	EnergyWh int64  `json:"energy_wh" yaml:"energy_wh" minimum:"0" doc:"of each slot"`
	Price    string `json:"price" yaml:"price" doc:"RUB/kWh, as the seller gets it"`
}

// OfferTerms is an offer's JSON form. All of it is signed.
type OfferTerms struct {
	Site        string    `json:"site" doc:"whose offer it is"`
	Number      uint64    `json:"number" doc:"makes the id; above every number that the site used for offers"`
	Participant string    `json:"participant"`
	Side        string    `json:"side" enum:"buy,sell" doc:"what the site does"`
	First       time.Time `json:"first" doc:"start of the first slot"`
	Steps       []Step    `json:"steps" minItems:"1" maxItems:"3000" nullable:"false"`
	Whole       bool      `json:"whole" doc:"only all of it can be taken"`
	MaxFee      string    `json:"max_fee" doc:"RUB/kWh, most that a buyer pays for lines; 0 of a seller"`
	Source      string    `json:"source" maxLength:"64"`
	Expires     time.Time `json:"expires" doc:"whole seconds; it cannot be taken from then on"`
}

// ContractTerms is a forward contract's form in JSON and YAML. All of it is signed, by both
// parties.
type ContractTerms struct {
	Proposer   string    `json:"proposer" yaml:"proposer" enum:"buy,sell" doc:"whose site and number make the id"`
	Number     uint64    `json:"number" yaml:"number"`
	Offer      string    `json:"offer" yaml:"offer" doc:"that it takes; empty: agreed elsewhere"`
	Buyer      string    `json:"buyer" yaml:"buyer"`
	Seller     string    `json:"seller" yaml:"seller"`
	BuyerSite  string    `json:"buyer_site" yaml:"buyer_site"`
	SellerSite string    `json:"seller_site" yaml:"seller_site"`
	First      time.Time `json:"first" yaml:"first" doc:"start of the first slot"`
	Steps      []Step    `json:"steps" yaml:"steps" minItems:"1" maxItems:"3000" nullable:"false"`
	MaxFee     string    `json:"max_fee" yaml:"max_fee" doc:"RUB/kWh, most that the buyer pays for lines on top of the price"`
	Source     string    `json:"source" yaml:"source" maxLength:"64"`
	SignBy     time.Time `json:"sign_by" yaml:"sign_by" doc:"whole seconds; both signatures must be on the ledger before"`
}

// ParseSide reads buy or sell.
func ParseSide(s string) (torg.Side, error) {
	for _, side := range []torg.Side{torg.Buy, torg.Sell} {
		if s == side.String() {
			return side, nil
		}
	}
	return 0, fmt.Errorf("side %q: neither buy nor sell: %w", s, torg.ErrMalformed)
}

// Steps returns a profile's steps in their JSON form.
func Steps(p torg.Profile) []Step {
	out := make([]Step, len(p.Steps))
	for i, s := range p.Steps {
		out[i] = Step{s.Slots, int64(s.Energy), s.Price.String()}
	}
	return out
}

// readProfile reads a profile in its one form.
func readProfile(cal torg.Calendar, first time.Time, steps []Step) (torg.Profile, error) {
	at := cal.At(first)
	if !cal.Start(at).Equal(first) {
		return torg.Profile{}, fmt.Errorf("first %s: not the start of a slot of %s: %w", first.Format(time.RFC3339), cal.Interval, torg.ErrMalformed)
	}
	out := make([]torg.Step, len(steps))
	for i, s := range steps {
		price, err := readPrice(fmt.Sprintf("step %d", i+1), s.Price)
		if err != nil {
			return torg.Profile{}, err
		}
		out[i] = torg.Step{Slots: s.Slots, Energy: torg.Energy(s.EnergyWh), Price: price}
	}
	p := NewProfile(at, out)
	return p, p.Valid()
}

func readPrice(what, s string) (torg.Price, error) {
	if s == "" {
		return 0, nil
	}
	p, err := torg.ParsePrice(s)
	if err != nil {
		return 0, fmt.Errorf("%s: %w: %w", what, err, torg.ErrMalformed)
	}
	return p, nil
}

func wholeSeconds(what string, t time.Time) (time.Time, error) {
	if t.Nanosecond() != 0 {
		return t, fmt.Errorf("%s: not in whole seconds: %w", what, torg.ErrMalformed)
	}
	return t.UTC(), nil
}

// OfferForm returns an offer's form.
func OfferForm(cal torg.Calendar, o torg.Offer) OfferTerms {
	return OfferTerms{Site: string(o.Site), Number: o.Number, Participant: string(o.Participant), Side: o.Side.String(),
		First: cal.Start(o.Profile.First), Steps: Steps(o.Profile), Whole: o.Whole, MaxFee: o.MaxFee.String(), Source: o.Source, Expires: o.Expires.UTC()}
}

// Read returns the offer that a form says.
func (f OfferTerms) Read(cal torg.Calendar) (o torg.Offer, err error) {
	o = torg.Offer{Site: torg.SiteID(f.Site), Number: f.Number, Participant: torg.ParticipantID(f.Participant), Whole: f.Whole, Source: f.Source}
	if o.Side, err = ParseSide(f.Side); err != nil {
		return o, err
	}
	if o.Profile, err = readProfile(cal, f.First, f.Steps); err != nil {
		return o, err
	}
	if o.MaxFee, err = readPrice("max_fee", f.MaxFee); err != nil {
		return o, err
	}
	o.Expires, err = wholeSeconds("expires", f.Expires)
	return o, err
}

// ContractForm returns a contract's form.
func ContractForm(cal torg.Calendar, c torg.Forward) ContractTerms {
	return ContractTerms{Proposer: c.Proposer.String(), Number: c.Number, Offer: string(c.Offer), Buyer: string(c.Buyer), Seller: string(c.Seller),
		BuyerSite: string(c.BuyerSite), SellerSite: string(c.SellerSite), First: cal.Start(c.Profile.First), Steps: Steps(c.Profile),
		MaxFee: c.MaxFee.String(), Source: c.Source, SignBy: c.SignBy.UTC()}
}

// Read returns the contract that a form says.
func (f ContractTerms) Read(cal torg.Calendar) (c torg.Forward, err error) {
	c = torg.Forward{Number: f.Number, Offer: torg.OfferID(f.Offer), Buyer: torg.ParticipantID(f.Buyer), Seller: torg.ParticipantID(f.Seller),
		BuyerSite: torg.SiteID(f.BuyerSite), SellerSite: torg.SiteID(f.SellerSite), Source: f.Source}
	if c.Proposer, err = ParseSide(f.Proposer); err != nil {
		return c, fmt.Errorf("proposer: %w", err)
	}
	if c.Profile, err = readProfile(cal, f.First, f.Steps); err != nil {
		return c, err
	}
	if c.MaxFee, err = readPrice("max_fee", f.MaxFee); err != nil {
		return c, err
	}
	c.SignBy, err = wholeSeconds("sign_by", f.SignBy)
	return c, err
}
