package canon

import (
	"torg"
)

// The largest sizes of names, in bytes.
const (
	MaxID      = 64  // of participants, sites, zones, tariffs and sources
	MaxOrderID = 128 // of orders and of contracts
)

// The version bytes of the forms below. A changed form gets a new number and keeps
// the reader of the old one.
const (
	orderV1    = 1
	contractV1 = 1
	mandateV1  = 1
	readingV1  = 1

	orderV2   = 2 // an order that names whom alone it may meet; one that does not is V1
	mandateV2 = 2 // a mandate with partners; one without is V1
)

// versions reads the version byte of what, of which there are the forms 1 and 2.
func (r *Reader) versions(what string) (v uint8) {
	if v = r.U8(); v != 1 && v != 2 {
		r.Failf("%s of version %d, not 1 or 2", what, v)
	}
	return v
}

func appendIDs[T ~string](w *Writer, ids []T) {
	AppendList(w, ids, func(w *Writer, id T) { w.String(string(id)) })
}

// readIDs reads a list that a form of version 2 has, and form 1 has not: an empty one
// would make two forms of one value.
func readIDs[T ~string](r *Reader, what string, max int) []T {
	list := ReadList(r, max, ID[T])
	if len(list) == 0 {
		r.Failf("%s of version 2 without a list", what)
	}
	return list
}

// version reads the version byte of what, of which there is one form yet.
func (r *Reader) version(what string, want uint8) {
	if v := r.U8(); v != want {
		r.Failf("%s of version %d, not %d", what, v, want)
	}
}

// ID reads one of torg's ids, of at most MaxID bytes; it may be empty.
func ID[T ~string](r *Reader) T { return T(r.String(MaxID)) }

// AppendOrder writes an order, the bytes that its party signs.
func AppendOrder(w *Writer, o torg.Order) {
	if len(o.Only) > 0 {
		w.U8(orderV2)
	} else {
		w.U8(orderV1)
	}
	w.String(string(o.ID))
	w.String(string(o.Participant))
	w.String(string(o.Site))
	w.String(string(o.Zone))
	w.Slot(o.Slot)
	w.Int(o.Discovery)
	w.U32(o.Sequence)
	w.U8(uint8(o.Side))
	w.Energy(o.Energy)
	w.Price(o.Limit)
	w.String(o.Source)
	w.Strings(o.Prefer)
	w.Strings(o.Avoid)
	if len(o.Only) > 0 {
		appendIDs(w, o.Only)
	}
}

// ReadOrder reads an order's form; whether a market may take it is for its Valid.
func ReadOrder(r *Reader) torg.Order {
	v := r.versions("order")
	o := torg.Order{
		ID:          torg.OrderID(r.String(MaxOrderID)),
		Participant: ID[torg.ParticipantID](r),
		Site:        ID[torg.SiteID](r),
		Zone:        ID[torg.ZoneID](r),
		Slot:        r.Slot(),
		Discovery:   r.Int(),
		Sequence:    r.U32(),
		Side:        torg.Side(r.U8()),
		Energy:      r.Energy(),
		Limit:       r.Price(),
		Source:      r.String(MaxID),
		Prefer:      r.Strings(torg.MaxPreferences, MaxID),
		Avoid:       r.Strings(torg.MaxPreferences, MaxID),
	}
	if v == orderV2 {
		o.Only = readIDs[torg.ParticipantID](r, "order", torg.MaxPartners)
	}
	return o
}

// AppendContract writes a contract: a leaf of its parties' statements, and on the
// board what both of them sign.
func AppendContract(w *Writer, c torg.Contract) {
	w.U8(contractV1)
	w.String(string(c.ID))
	w.Slot(c.Slot)
	w.Int(c.Discovery)
	w.Int(c.Round)
	w.String(string(c.BuyOrder))
	w.String(string(c.SellOrder))
	w.String(string(c.Buyer))
	w.String(string(c.Seller))
	w.String(string(c.BuyerSite))
	w.String(string(c.SellerSite))
	w.String(string(c.BuyerZone))
	w.String(string(c.SellerZone))
	w.Energy(c.Energy)
	w.Price(c.BuyerPrice)
	w.Price(c.SellerPrice)
}

// ReadContract reads a contract.
func ReadContract(r *Reader) torg.Contract {
	r.version("contract", contractV1)
	return torg.Contract{
		ID:        torg.ContractID(r.String(MaxOrderID)),
		Slot:      r.Slot(),
		Discovery: r.Int(),
		Trade: torg.Trade{
			Round:       r.Int(),
			BuyOrder:    torg.OrderID(r.String(MaxOrderID)),
			SellOrder:   torg.OrderID(r.String(MaxOrderID)),
			Buyer:       ID[torg.ParticipantID](r),
			Seller:      ID[torg.ParticipantID](r),
			BuyerSite:   ID[torg.SiteID](r),
			SellerSite:  ID[torg.SiteID](r),
			BuyerZone:   ID[torg.ZoneID](r),
			SellerZone:  ID[torg.ZoneID](r),
			Energy:      r.Energy(),
			BuyerPrice:  r.Price(),
			SellerPrice: r.Price(),
		},
	}
}

// AppendMandate writes a mandate, the bytes that the owner signs.
func AppendMandate(w *Writer, m torg.Mandate) {
	if len(m.Limits.Partners) > 0 {
		w.U8(mandateV2)
	} else {
		w.U8(mandateV1)
	}
	w.String(string(m.Participant))
	w.String(string(m.Site))
	w.Fixed(m.AgentKey[:])
	w.Bool(m.Limits.Buy)
	w.Bool(m.Limits.Sell)
	w.Energy(m.Limits.MaxEnergy)
	w.Price(m.Limits.MaxBuy)
	w.Price(m.Limits.MinSell)
	w.Money(m.Limits.DailySpend)
	w.Time(m.Expires)
	if len(m.Limits.Partners) > 0 {
		appendIDs(w, m.Limits.Partners)
	}
}

// ReadMandate reads a mandate. Its expiry must be in whole seconds.
func ReadMandate(r *Reader) torg.Mandate {
	v := r.versions("mandate")
	m := torg.Mandate{
		Participant: ID[torg.ParticipantID](r),
		Site:        ID[torg.SiteID](r),
	}
	r.Fixed(m.AgentKey[:])
	m.Limits = torg.Limits{
		Buy:        r.Bool(),
		Sell:       r.Bool(),
		MaxEnergy:  r.Energy(),
		MaxBuy:     r.Price(),
		MinSell:    r.Price(),
		DailySpend: r.Money(),
	}
	m.Expires = r.Time()
	if m.Expires.Nanosecond() != 0 {
		r.Failf("expiry %s is not in whole seconds", m.Expires.Format("2006-01-02T15:04:05.000Z"))
	}
	if v == mandateV2 {
		m.Limits.Partners = readIDs[torg.ParticipantID](r, "mandate", torg.MaxPartners)
	}
	return m
}

// AppendReading writes a site's reading.
func AppendReading(w *Writer, v torg.Reading) {
	w.U8(readingV1)
	w.String(string(v.Site))
	w.Slot(v.Slot)
	w.Energy(v.Energy)
	w.String(string(v.Quality))
}

// ReadReading reads a site's reading. Its quality must be one of torg's.
func ReadReading(r *Reader) torg.Reading {
	r.version("reading", readingV1)
	v := torg.Reading{
		Site:    ID[torg.SiteID](r),
		Slot:    r.Slot(),
		Energy:  r.Energy(),
		Quality: ID[torg.Quality](r),
	}
	switch v.Quality {
	case torg.Measured, torg.Derived, torg.Estimated, torg.Simulated:
	default:
		r.Failf("unknown quality %q", v.Quality)
	}
	return v
}
