package web

import (
	"context"
	"strings"
	"time"

	"torg"
	"torg/record"
)

// saved is what Torg saved over a span, and how much of it is generated history.
type saved struct {
	record.Saving
	Model torg.Cost // the part that is generated history
	Bill  torg.Cost // what the supplier alone would have charged those who pay it
}

// against says how the viewer stands against trade with the supplier alone: a
// buyer paid less, a seller earned a multiple.
func (p *page) against(s saved) string {
	base, gain := s.Baseline.RUB(), s.Saved().RUB()
	share := gain / base
	switch {
	case p.Viewer.Operator && s.Bill.Sign() > 0: // buyers and sellers cancel out in base
		return p.T("saved.bill", "Share", p.Percent(gain/s.Bill.RUB()))
	case base > -0.01 && base < 0.01, abs(share) < 0.0005:
		return p.T("saved.none")
	case base < 0 && gain > 0:
		return p.T("saved.times", "Times", p.Number(1-share, 1))
	case base > 0 && gain > 0:
		return p.T("saved.less", "Share", p.share(share))
	}
	return p.T("saved.extra", "Share", p.share(abs(share)))
}

// share prints a share, with a decimal where it would be 0 % without.
func (p *page) share(x float64) string {
	if x >= 0.005 {
		return p.Percent(x)
	}
	return strings.Replace(p.Percent(0), "0", p.Number(x*100, 1), 1)
}

// originOf says whether any of a sum is generated history.
func originOf(s saved) record.Origin {
	if s.Simulated {
		return record.Simulated
	}
	return record.OnLedger
}

// spans are the local day, the last 7 and the last 30 days, each up to the market's
// time. A day that is still young says little: then Today is the last 24 hours.
type spans struct {
	Today, Week, Month saved
	Young              bool
}

// young is how long after midnight a day says too little.
const young = 6 * time.Hour

func (p *page) savings(ctx context.Context) (spans, error) {
	now := p.Now.Time.In(p.site.Location)
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, p.site.Location)
	out := spans{Young: now.Sub(day) < young}
	if out.Young {
		day = now.AddDate(0, 0, -1)
	}
	week, month := now.AddDate(0, 0, -7), now.AddDate(0, 0, -30)
	for _, s := range []struct {
		from time.Time
		into *saved
	}{{day, &out.Today}, {week, &out.Week}, {month, &out.Month}} {
		got, err := p.saved(ctx, s.from, p.Now.Time)
		if err != nil {
			return out, err
		}
		*s.into = got
	}
	return out, nil
}

// saved sums over the viewer: an owner's own, the operator's whole complex.
func (p *page) saved(ctx context.Context, from, to time.Time) (saved, error) {
	sum := saved{Saving: record.Saving{From: from, To: to}}
	rows, err := p.site.Reader.Savings(ctx, from.UTC(), to.UTC())
	if err != nil {
		return sum, err
	}
	for _, s := range rows {
		if !p.Viewer.Owns(s.Participant) {
			continue
		}
		sum.Paid, sum.Baseline = sum.Paid.Add(s.Paid), sum.Baseline.Add(s.Baseline)
		if s.Baseline.Sign() > 0 {
			sum.Bill = sum.Bill.Add(s.Baseline)
		}
		sum.Metered, sum.Inside = sum.Metered+s.Metered, sum.Inside+s.Inside
		sum.Provisional = sum.Provisional || s.Provisional
		sum.Simulated = sum.Simulated || s.Simulated
	}
	if sum.Simulated {
		model, err := p.site.Reader.Settlements(ctx, record.Filter{Participant: p.Viewer.ID, Origin: record.Simulated}, from.UTC(), to.UTC())
		if err != nil {
			return sum, err
		}
		for _, s := range model {
			sum.Model = sum.Model.Add(s.Baseline).Sub(s.Paid)
		}
	}
	return sum, nil
}

// accuracy is 1 - sum|error| / sum|reading| of the median forecast for the next
// slot over the last week. A week that is partly generated history counts whole and
// is marked: a few minutes on the ledger are not yet a week's accuracy.
func (p *page) accuracy(ctx context.Context) (share float64, model, ok bool, err error) {
	rows, err := p.site.Reader.Settlements(ctx, record.Filter{Participant: p.Viewer.ID}, p.Now.Time.AddDate(0, 0, -7), p.Now.Time)
	if err != nil {
		return 0, false, false, err
	}
	var wrong, metered torg.Energy
	for _, s := range rows {
		wrong, metered = wrong+s.ForecastError, metered+s.MeteredAbs
		model = model || s.Origin == record.Simulated
	}
	if metered == 0 || wrong > metered {
		return 0, false, false, nil
	}
	return 1 - float64(wrong)/float64(metered), model, true, nil
}
