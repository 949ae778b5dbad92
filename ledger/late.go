package ledger

import (
	"torg"
	"torg/canon"
	"torg/settle"
)

// lateInterval is a settled interval with estimates in it, kept for as long as true
// readings may still replace them.
type lateInterval struct {
	last    torg.Slot
	monthNo uint32      // the month that it went into
	metered torg.Energy // of the connection, as settled
	parties []lateParty
}

// lateParty is a settled party, whose Metered moves with every correction.
type lateParty struct {
	settle.Party
	paid    torg.Cost
	outside bool
}

// estimates are a slot's readings that are not true ones yet.
type estimates struct {
	interval  torg.Slot // first slot of the interval, its key
	connected bool      // the connection has a meter of its own in this slot
	sites     []estimate
}

type estimate struct {
	site   torg.SiteID
	energy torg.Energy
}

func appendLate(w *canon.Writer, l lateInterval) {
	w.Slot(l.last)
	w.U32(l.monthNo)
	w.Energy(l.metered)
	canon.AppendList(w, l.parties, func(w *canon.Writer, p lateParty) {
		w.String(string(p.Participant))
		w.String(string(p.Zone))
		w.String(string(p.Tariff))
		w.Energy(p.Metered)
		w.Energy(p.Contracted)
		w.Energy(p.Bought)
		w.Energy(p.Sold)
		canon.AppendList(w, p.Tight, func(w *canon.Writer, t settle.Tight) {
			w.Energy(t.Inside)
			w.Price(t.Price)
		})
		w.Price(p.Sell)
		w.Price(p.Buy)
		w.Cost(p.paid)
		w.Bool(p.outside)
	})
}

func readLate(r *canon.Reader) lateInterval {
	return lateInterval{
		last: r.Slot(), monthNo: r.U32(), metered: r.Energy(),
		parties: canon.ReadList(r, stateLimit, func(r *canon.Reader) lateParty {
			return lateParty{
				Party: settle.Party{
					Participant: canon.ID[torg.ParticipantID](r), Zone: canon.ID[torg.ZoneID](r), Tariff: canon.ID[torg.TariffID](r),
					Metered: r.Energy(), Contracted: r.Energy(), Bought: r.Energy(), Sold: r.Energy(),
					Tight: canon.ReadList(r, stateLimit, func(r *canon.Reader) settle.Tight {
						return settle.Tight{Inside: r.Energy(), Price: r.Price()}
					}),
					Sell: r.Price(), Buy: r.Price(),
				},
				paid: r.Cost(), outside: r.Bool(),
			}
		}),
	}
}

func appendEstimates(w *canon.Writer, e estimates) {
	w.Slot(e.interval)
	w.Bool(e.connected)
	canon.AppendList(w, e.sites, func(w *canon.Writer, s estimate) {
		w.String(string(s.site))
		w.Energy(s.energy)
	})
}

func readEstimates(r *canon.Reader) estimates {
	return estimates{interval: r.Slot(), connected: r.Bool(), sites: canon.ReadList(r, stateLimit, func(r *canon.Reader) estimate {
		return estimate{site: canon.ID[torg.SiteID](r), energy: r.Energy()}
	})}
}

// month is one participant's running month.
type month struct{ paid, baseline, eligible torg.Cost }

func appendMonth(w *canon.Writer, m month) {
	w.Cost(m.paid)
	w.Cost(m.baseline)
	w.Cost(m.eligible)
}

func readMonth(r *canon.Reader) month {
	return month{paid: r.Cost(), baseline: r.Cost(), eligible: r.Cost()}
}
