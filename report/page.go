package report

import (
	"bytes"
	_ "embed" // the page's template
	"fmt"
	"html/template"
	"time"

	"torg"
)

//go:embed page.html
var pageText string

// page renders report.html: one file with everything in it, and no script.
func (c *Collector) page(s *Summary) ([]byte, error) {
	t, err := template.New("report").Funcs(template.FuncMap{
		"t":      func(ru, en string) template.HTML { return both{ru, en}.HTML() },
		"rub":    func(c torg.Cost) template.HTML { return rubles(c).HTML() },
		"mwh":    func(e torg.Energy) template.HTML { return megawattHours(e).HTML() },
		"num":    func(n int) template.HTML { return count(n).HTML() },
		"length": func(d string) template.HTML { return length(d).HTML() },
		"forecaster": func(name string) template.HTML {
			if b, ok := forecasters[name]; ok {
				return b.HTML()
			}
			return same(name).HTML()
		},
		"why": func(r torg.Reason) template.HTML { return whys[r].HTML() },
	}).Parse(pageText)
	if err != nil {
		return nil, fmt.Errorf("report.html: %w", err)
	}
	var b bytes.Buffer
	err = t.Execute(&b, c.view(s))
	return b.Bytes(), err
}

// view is what the page shows.
type view struct {
	*Summary
	Period, Saved, SavedShare, Covered, Possible, MeanPrice template.HTML
	RunTime                                                 string
	Plots                                                   []drawing
	Savings, Accuracies                                     []bar
	Rows                                                    []participantRow
	NoWorse                                                 bool
	Grid                                                    *gridView // nil: one zone
}

// participantRow is a participant's row in figures.
type participantRow struct {
	Name                                           template.HTML
	Bought, Sold, FromSupplier                     template.HTML
	Only, Cost, Before, TopUp, After, Errors, Left template.HTML
}

func (c *Collector) view(s *Summary) view {
	tz := c.sc.Timezone
	v := view{
		Summary: s, Saved: wholeRubles(s.Complex.Saving).HTML(), SavedShare: costShare(s.Complex.Saving, s.Complex.SupplierOnly).HTML(),
		Covered: percent(s.Complex.Coverage).HTML(), Possible: percent(s.Complex.CoveragePossible).HTML(),
		Period: date(s.Start.In(tz)).then(same(" – ")).then(date(s.End.In(tz))).then(same(", " + tz.String())).HTML(),
		Plots:  c.plots(s), Savings: savings(s), Accuracies: c.accuracies(s), NoWorse: c.genesis.NoWorse,
		MeanPrice: c.meanPrice(), Grid: c.grid.view(s.Network, c.sc.Calendar.Interval),
	}
	if c.opts.Now != nil {
		v.RunTime = c.opts.Now().Sub(c.began).Round(time.Millisecond).String()
	}
	for _, p := range s.Participants {
		inside := p.Rounds[0].Bought + p.Rounds[1].Bought
		sold := p.Rounds[0].Sold + p.Rounds[1].Sold
		v.Rows = append(v.Rows, participantRow{
			Name: both{p.Name, p.NameEN}.HTML(), Bought: megawattHours(inside).HTML(), Sold: megawattHours(sold).HTML(),
			FromSupplier: megawattHours(p.Metered - inside + sold).HTML(),
			Only:         rubles(p.SupplierOnly).HTML(), Cost: rubles(p.Cost).HTML(), Before: rubles(p.SavingBefore).HTML(),
			TopUp: rubles(p.NoWorse).HTML(), After: rubles(p.SavingAfter).HTML(), Errors: rubles(p.ForecastErrorCost).HTML(),
			Left: rubles(p.ForecastErrorCostAfterwards).HTML(),
		})
	}
	return v
}

// meanPrice is what a kWh contracted between participants cost on average.
func (c *Collector) meanPrice() template.HTML {
	var cost torg.Cost
	var energy torg.Energy
	for _, b := range c.series.buckets {
		cost, energy = cost.Add(b.inside), energy+b.rounds[1]+b.rounds[2]
	}
	if energy == 0 {
		return "—"
	}
	return fixed(cost.Per(energy).RUBkWh(), 2).HTML()
}
