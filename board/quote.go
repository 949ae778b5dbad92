package board

import (
	"context"
	"slices"
	"time"

	"torg"
	"torg/ledger"
	"torg/record"
)

// Quote says what a contract would cost and hold, or why the ledger would refuse it
// now.
type Quote struct {
	Refused   torg.Refusal // empty: it would be proposed
	Why       string       // the refusal's story
	Fee       torg.Price   // for lines, per kWh
	Path      []torg.ZoneID
	Energy    torg.Energy
	Price     torg.Cost // what the seller gets for all of it
	Fees      torg.Cost // what the buyer pays for lines on top
	Escrow    torg.Cost // held of the buyer's balance, for the slots covered
	Guarantee torg.Cost // held of the seller's
	Covered   torg.Slot // slots before this one are covered
	Supplier  torg.Cost // what the buyer would pay the supplier for the same energy
	Feeding   torg.Cost // what the seller would get from the supplier for it
}

// Total is what the buyer pays for all of it.
func (q Quote) Total() torg.Cost { return q.Price.Add(q.Fees) }

// Saving is what a side gains against the supplier alone.
func (q Quote) Saving(side torg.Side) torg.Cost {
	if side == torg.Buy {
		return q.Supplier.Sub(q.Total())
	}
	return q.Price.Sub(q.Feeding)
}

// Against returns what a site would pay the supplier for a profile's energy, and what
// it would get for feeding it in, at the tariffs of each day.
func (d *Desk) Against(site torg.Site, p torg.Profile) (pay, get torg.Cost) {
	cal, list := d.Calendar(), d.cfg.Genesis.PriceList()
	day := torg.Slot(24 * time.Hour / cal.Interval)
	end := p.Last() + 1
	for from := p.First; from < end; {
		to := min(end, from-from%day+day)
		sell, buy := list.Class(site, from)
		e := p.Energy(from, to)
		pay, get = pay.Add(e.At(sell)), get.Add(e.At(buy))
		from = to
	}
	return pay, get
}

// Quote says what concluding a contract now, or signing one that is proposed, would cost
// and hold, and whether the party on a side could sign it.
func (d *Desk) Quote(ctx context.Context, c torg.Forward, signs torg.Side) (Quote, error) {
	var q Quote
	var refused error
	d.cfg.Chain.View(func(v ledger.View) {
		var k ledger.BoardQuote
		k, refused = v.QuoteBoard(c, signs)
		q = Quote{Fee: k.Fee, Path: k.Path, Escrow: k.Buyer, Guarantee: k.Seller, Covered: k.Covered}
	})
	if refused != nil {
		q.Refused, q.Why = torg.RefusalOf(refused), refused.Error()
	}
	return q, d.compare(ctx, c, &q)
}

// compare fills in a quote's energy, price and what the supplier would take and give.
func (d *Desk) compare(ctx context.Context, c torg.Forward, q *Quote) error {
	sites, err := d.cfg.Book.Sites(ctx)
	if err != nil {
		return err
	}
	find := func(id torg.SiteID) torg.Site {
		i := slices.IndexFunc(sites, func(s record.Site) bool { return s.ID == id })
		if i < 0 {
			return torg.Site{ID: id}
		}
		return sites[i].Site
	}
	q.Energy, q.Price = Total(c.Profile)
	q.Fees = q.Energy.At(q.Fee)
	q.Supplier, _ = d.Against(find(c.BuyerSite), c.Profile)
	_, q.Feeding = d.Against(find(c.SellerSite), c.Profile)
	return nil
}

// next returns the next numbers of a site's offers and of the contracts it proposes.
func (d *Desk) next(site torg.SiteID) (offer, forward uint64) {
	d.cfg.Chain.View(func(v ledger.View) { offer, forward = v.BoardNumbers(site) })
	return offer + 1, forward + 1
}

// stateOf is a contract's state on the ledger after a block had its signatures.
func (d *Desk) stateOf(id torg.ContractID) (state string) {
	d.cfg.Chain.View(func(v ledger.View) {
		if f, ok := v.Forward(id); ok {
			state = string(f.State)
		}
	})
	return state
}
