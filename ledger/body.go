package ledger

import (
	"torg"
	"torg/canon"
)

// readers read the bodies by kind. Each is the mirror of the kind's append.
var readers = map[kind]func(*canon.Reader) Body{
	kindAdmit:      readAdmit,
	kindDeposit:    readDeposit,
	kindGrant:      readGrant,
	kindRevoke:     readRevoke,
	kindOrders:     readOrders,
	kindTick:       readTick,
	kindBands:      readBands,
	kindStatements: readStatements,
	kindReadings:   readReadings,
	kindClose:      readClose,
	kindKeys:       readKeys,
	kindWithdraw:   readWithdraw,
	kindCancel:     readCancel,
	kindPay:        readPay,
	kindReturn:     readReturn,
	kindApprove:    readApprove,
	kindAmend:      readAmend,
	kindPost:       readPost,
	kindUnpost:     readUnpost,
	kindConclude:   readConclude,
	kindDecline:    readDecline,
}

func (b Admit) append(w *canon.Writer) {
	w.String(string(b.Participant))
	w.Blob(b.OwnerKey)
	canon.AppendList(w, b.Sites, appendSite)
}

func readAdmit(r *canon.Reader) Body {
	return Admit{
		Participant: canon.ID[torg.ParticipantID](r),
		OwnerKey:    r.Blob(maxKey),
		Sites:       canon.ReadList(r, MaxSites, readSite),
	}
}

func appendSite(w *canon.Writer, s torg.Site) {
	w.String(string(s.ID))
	w.String(string(s.Participant))
	w.String(string(s.Zone))
	w.String(string(s.Role))
	w.String(string(s.Tariff))
	w.I64(s.CapacityW)
}

func readSite(r *canon.Reader) torg.Site {
	return torg.Site{
		ID:          canon.ID[torg.SiteID](r),
		Participant: canon.ID[torg.ParticipantID](r),
		Zone:        canon.ID[torg.ZoneID](r),
		Role:        canon.ID[torg.Role](r),
		Tariff:      canon.ID[torg.TariffID](r),
		CapacityW:   r.I64(),
	}
}

func (b Deposit) append(w *canon.Writer) {
	w.String(string(b.Participant))
	w.Money(b.Amount)
	w.String(b.Reference)
}

func readDeposit(r *canon.Reader) Body {
	return Deposit{Participant: canon.ID[torg.ParticipantID](r), Amount: r.Money(), Reference: r.String(MaxReference)}
}

func (b Grant) append(w *canon.Writer) {
	canon.AppendMandate(w, b.Mandate)
	w.Blob(b.AgentKey)
}

func readGrant(r *canon.Reader) Body {
	return Grant{Mandate: canon.ReadMandate(r), AgentKey: r.Blob(maxKey)}
}

func (b Revoke) append(w *canon.Writer) {
	w.String(string(b.Participant))
	w.String(string(b.Site))
	w.Fixed(b.AgentKey[:])
}

func readRevoke(r *canon.Reader) Body {
	b := Revoke{Participant: canon.ID[torg.ParticipantID](r), Site: canon.ID[torg.SiteID](r)}
	r.Fixed(b.AgentKey[:])
	return b
}

func (b Orders) append(w *canon.Writer) {
	w.Slot(b.Slot)
	w.Int(b.Discovery)
	canon.AppendList(w, b.Orders, func(w *canon.Writer, o SignedOrder) {
		canon.AppendOrder(w, o.Order)
		w.Blob(o.Signature)
	})
}

func readOrders(r *canon.Reader) Body {
	return Orders{
		Slot:      r.Slot(),
		Discovery: r.Int(),
		Orders: canon.ReadList(r, MaxOrders, func(r *canon.Reader) SignedOrder {
			return SignedOrder{Order: canon.ReadOrder(r), Signature: r.Blob(maxSignature)}
		}),
	}
}

func (b Tick) append(w *canon.Writer) {
	w.Slot(b.Slot)
	w.U32(b.Attempt)
}

func readTick(r *canon.Reader) Body { return Tick{Slot: r.Slot(), Attempt: r.U32()} }

func (b Bands) append(w *canon.Writer) {
	w.Slot(b.Slot)
	canon.AppendList(w, b.Bands, appendBand)
}

func readBands(r *canon.Reader) Body {
	return Bands{Slot: r.Slot(), Bands: canon.ReadList(r, MaxReadings, readBand)}
}

func appendBand(w *canon.Writer, b Band) {
	w.String(string(b.Site))
	w.Energy(b.Low)
	w.Energy(b.High)
}

func readBand(r *canon.Reader) Band {
	return Band{Site: canon.ID[torg.SiteID](r), Low: r.Energy(), High: r.Energy()}
}

func (b Statements) append(w *canon.Writer) {
	w.Slot(b.Slot)
	canon.AppendList(w, b.Statements, func(w *canon.Writer, s SignedStatement) {
		w.String(string(s.Site))
		w.Fixed(s.Root[:])
		w.Blob(s.Signature)
	})
}

func readStatements(r *canon.Reader) Body {
	return Statements{Slot: r.Slot(), Statements: canon.ReadList(r, MaxOrders, func(r *canon.Reader) SignedStatement {
		s := SignedStatement{Site: canon.ID[torg.SiteID](r)}
		r.Fixed(s.Root[:])
		s.Signature = r.Blob(maxSignature)
		return s
	})}
}

func (b Readings) append(w *canon.Writer) {
	w.Slot(b.Slot)
	canon.AppendList(w, b.Readings, canon.AppendReading)
	w.Bool(b.Connection != nil)
	if b.Connection != nil {
		w.Energy(*b.Connection)
	}
}

func readReadings(r *canon.Reader) Body {
	b := Readings{Slot: r.Slot(), Readings: canon.ReadList(r, MaxReadings, canon.ReadReading)}
	if r.Bool() {
		e := r.Energy()
		b.Connection = &e
	}
	return b
}

func (b Close) append(w *canon.Writer) { w.Slot(b.Slot) }

func readClose(r *canon.Reader) Body { return Close{Slot: r.Slot()} }
