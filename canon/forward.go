package canon

import (
	"torg"
)

// The version bytes of the board's forms.
const (
	offerV1   = 1
	forwardV1 = 1
)

// AppendProfile writes energy over slots ahead.
func AppendProfile(w *Writer, p torg.Profile) {
	w.Slot(p.First)
	AppendList(w, p.Steps, func(w *Writer, s torg.Step) {
		w.U32(s.Slots)
		w.Energy(s.Energy)
		w.Price(s.Price)
	})
}

// ReadProfile reads a profile's form; whether it is one is for its Valid.
func ReadProfile(r *Reader) torg.Profile {
	return torg.Profile{First: r.Slot(), Steps: ReadList(r, torg.MaxSteps, func(r *Reader) torg.Step {
		return torg.Step{Slots: r.U32(), Energy: r.Energy(), Price: r.Price()}
	})}
}

// AppendOffer writes an offer, the bytes that its site's owner or agent signs.
func AppendOffer(w *Writer, o torg.Offer) {
	w.U8(offerV1)
	w.String(string(o.Site))
	w.U64(o.Number)
	w.String(string(o.Participant))
	w.U8(uint8(o.Side))
	AppendProfile(w, o.Profile)
	w.Bool(o.Whole)
	w.Price(o.MaxFee)
	w.String(o.Source)
	w.Time(o.Expires)
}

// ReadOffer reads an offer. Its expiry must be in whole seconds.
func ReadOffer(r *Reader) torg.Offer {
	r.version("offer", offerV1)
	o := torg.Offer{
		Site:        ID[torg.SiteID](r),
		Number:      r.U64(),
		Participant: ID[torg.ParticipantID](r),
		Side:        torg.Side(r.U8()),
		Profile:     ReadProfile(r),
		Whole:       r.Bool(),
		MaxFee:      r.Price(),
		Source:      r.String(MaxID),
		Expires:     r.Time(),
	}
	r.wholeSeconds("expiry", o.Expires.Nanosecond())
	return o
}

// AppendForward writes a forward contract, the bytes that both parties sign.
func AppendForward(w *Writer, f torg.Forward) {
	w.U8(forwardV1)
	w.U8(uint8(f.Proposer))
	w.U64(f.Number)
	w.String(string(f.Offer))
	w.String(string(f.Buyer))
	w.String(string(f.Seller))
	w.String(string(f.BuyerSite))
	w.String(string(f.SellerSite))
	AppendProfile(w, f.Profile)
	w.Price(f.MaxFee)
	w.String(f.Source)
	w.Time(f.SignBy)
}

// ReadForward reads a forward contract. The time to sign by must be in whole seconds.
func ReadForward(r *Reader) torg.Forward {
	r.version("forward contract", forwardV1)
	f := torg.Forward{
		Proposer:   torg.Side(r.U8()),
		Number:     r.U64(),
		Offer:      torg.OfferID(r.String(MaxOrderID)),
		Buyer:      ID[torg.ParticipantID](r),
		Seller:     ID[torg.ParticipantID](r),
		BuyerSite:  ID[torg.SiteID](r),
		SellerSite: ID[torg.SiteID](r),
		Profile:    ReadProfile(r),
		MaxFee:     r.Price(),
		Source:     r.String(MaxID),
		SignBy:     r.Time(),
	}
	r.wholeSeconds("time to sign by", f.SignBy.Nanosecond())
	return f
}

func (r *Reader) wholeSeconds(what string, nanoseconds int) {
	if nanoseconds != 0 {
		r.Failf("%s is not in whole seconds", what)
	}
}
