package report

import (
	"math"
	"time"

	"torg"
)

// plots are the charts over time.
func (c *Collector) plots(s *Summary) []drawing {
	n := len(c.series.buckets)
	blank := func() []float64 { return make([]float64, n) }
	price, paid, sell, buy := blank(), blank(), blank(), blank()
	rounds := [4][]float64{nil, blank(), blank(), blank()}
	covered, possible, saved := blank(), blank(), blank()
	starts := make([]time.Time, n)
	var total torg.Cost
	for i, b := range c.series.buckets {
		starts[i] = b.start.In(c.sc.Timezone)
		price[i], paid[i], covered[i], possible[i] = math.NaN(), math.NaN(), math.NaN(), math.NaN()
		if e := b.rounds[1] + b.rounds[2]; e > 0 {
			paid[i] = b.inside.Per(e).RUBkWh()
		}
		if b.priced > 0 {
			price[i] = b.price.RUBkWh() / float64(b.priced)
		}
		if q := c.sc.Complex.Supplier; q != nil {
			sell[i], buy[i] = q.Sell.RUBkWh(), q.Buy.RUBkWh()
		}
		for r := 1; r <= 3; r++ {
			rounds[r][i] = b.rounds[r].KWh() / c.series.length.Hours()
		}
		if b.consumption > 0 {
			covered[i] = 100 * float64(b.covered) / float64(b.consumption)
			possible[i] = 100 * float64(b.coverable) / float64(b.consumption)
		}
		for _, v := range b.saved { // sums do not depend on the order
			total = total.Add(v)
		}
		saved[i] = total.RUB() / 1000
	}
	prices := plot{
		title: both{"Цена внутри комплекса", "Price inside the complex"}, unit: both{"₽/кВт·ч", "₽/kWh"},
		lines: []layer{
			{both{"договоры между участниками, в среднем", "contracts between participants, on average"}, "c1", paid},
			{both{"цена равновесия", "equilibrium price"}, "c6", price},
		},
		starts: starts, length: c.series.length,
	}
	var zones []drawing
	if c.grid != nil { // no zone's price is the complex's
		prices.lines = prices.lines[:1]
		zones = c.grid.plots(starts, c.series.length, c.sc.Calendar.Interval)
	}
	if c.sc.Complex.Supplier != nil {
		prices.lines = append(prices.lines, layer{both{"поставщик продаёт", "supplier sells"}, "c4", sell}, layer{both{"поставщик покупает", "supplier buys"}, "c5", buy})
	}
	return append(append([]drawing{prices}, zones...),
		plot{
			title: both{"Объём по раундам", "Volume by round"}, unit: both{"кВт в среднем", "kW on average"},
			stacks: []layer{
				{both{"раунд 1: пары", "round 1: pairs"}, "c1", rounds[1]},
				{both{"раунд 2: один ко многим", "round 2: one to many"}, "c2", rounds[2]},
				{both{"раунд 3: поставщик", "round 3: supplier"}, "c3", rounds[3]},
			},
			starts: starts, length: c.series.length,
		},
		plot{
			title: both{"Сколько нагрузки покрыто изнутри", "Load covered from inside"}, unit: both{"% потребления", "% of consumption"},
			note: both{"За всё время ", "Over the run "}.then(percent(s.Complex.Coverage)).
				then(both{"; выработки внутри хватило бы на ", "; generation inside would have sufficed for "}).then(percent(s.Complex.CoveragePossible)),
			lines: []layer{
				{both{"законтрактовано внутри", "contracted inside"}, "c1", covered},
				{both{"выработано внутри в тот же интервал", "generated inside in the same slot"}, "c4", possible},
			},
			starts: starts, length: c.series.length, percent: true,
		},
		plot{
			title: both{"Экономия нарастающим итогом", "Saving so far"}, unit: both{"тыс. ₽", "thousand ₽"},
			note:  both{"Против счёта одного поставщика, всех участников вместе, с ценой отклонений", "Against the supplier-only bill, all participants together, deviations included"},
			lines: []layer{{both{"экономия", "saving"}, "c1", saved}}, starts: starts, length: c.series.length,
		},
	)
}

// savings are bars of what each participant saved, after no_worse.
func savings(s *Summary) []bar {
	most := 0.0
	for _, p := range s.Participants {
		most = max(most, math.Abs(p.SavingAfter.RUB()))
	}
	var bars []bar
	for _, p := range s.Participants {
		more := both{"поставщик взял бы ", "the supplier would take "}
		base := p.SupplierOnly
		if base.Sign() < 0 {
			more, base = both{"поставщик заплатил бы ", "the supplier would pay "}, base.Neg()
		}
		bars = append(bars, bar{
			name: both{p.Name, p.NameEN}, value: wholeRubles(p.SavingAfter), part: p.SavingAfter.RUB(), most: most, mark: math.NaN(),
			more: more.then(wholeRubles(base)).then(comparison(p.SavingAfter, base)),
		})
	}
	return bars
}

// comparison is a saving in percent of a bill, where that says anything.
func comparison(saving, bill torg.Cost) both {
	if bill.Sign() == 0 || math.Abs(saving.RUB()) >= 10*bill.RUB() {
		return both{}
	}
	return same(" · ").then(costShare(saving, bill))
}

// accuracies are bars of forecast accuracy by site, with persistence as a mark.
func (c *Collector) accuracies(s *Summary) []bar {
	var bars []bar
	for i, site := range s.Sites {
		f, p := site.Forecast.Accuracy, site.Persistence.Accuracy
		b := bar{
			name: both{c.sc.Sites[i].Name, c.sc.Sites[i].NameEN}, value: percent(f), most: 1, mark: math.NaN(),
			more: roles[site.Role].then(both{" · повтор последнего показания ", " · repeating the last reading "}).then(percent(p)),
		}
		if f.whole > 0 {
			b.part = max(f.value(), 0)
		}
		if p.whole > 0 {
			b.mark = p.value()
		}
		bars = append(bars, b)
	}
	return bars
}
