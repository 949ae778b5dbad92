package web

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"torg"
)

// nbsp keeps a number and its unit on one line.
const nbsp = "\u00a0"

// writer writes numbers in one language. It is not for several goroutines at once.
type writer struct{ printer *message.Printer }

func newWriter(lang string) writer {
	if lang == "en" {
		return writer{message.NewPrinter(language.English)}
	}
	return writer{message.NewPrinter(language.Russian)}
}

// Number prints v with a fixed number of decimals as people of the language write
// it, halves away from zero. The script does the same with Intl; a test holds them
// against each other.
func (w writer) Number(v float64, decimals int) string {
	scale := math.Pow10(decimals)
	v = math.Round(v*scale) / scale
	text := w.printer.Sprint(number.Decimal(math.Abs(v), number.Scale(decimals)))
	if v < 0 {
		return "−" + text
	}
	return text
}

// Int prints a whole number.
func (p *page) Int(n int64) string { return p.Number(float64(n), 0) }

// Percent prints a share; 0.17 is 17 %.
func (p *page) Percent(share float64) string {
	if p.Lang == "en" {
		return p.Number(share*100, 0) + "%"
	}
	return p.Number(share*100, 0) + nbsp + "%"
}

// Money prints an amount to the kopeck.
func (p *page) Money(c torg.Cost) string {
	return p.Number(float64(c.Round())/100, 2) + nbsp + "₽"
}

// MoneyShort prints an amount in rubles, from a million on in millions.
func (p *page) MoneyShort(c torg.Cost) string {
	v := c.RUB()
	if math.Abs(v) >= 1e6 {
		return p.Number(v/1e6, 2) + nbsp + p.T("unit.million") + nbsp + "₽"
	}
	return p.Number(v, 0) + nbsp + "₽"
}

// Price prints a price in RUB/kWh without its unit.
func (p *page) Price(x torg.Price) string { return p.Number(x.RUBkWh(), 2) }

// PriceUnit prints a price with its unit.
func (p *page) PriceUnit(x torg.Price) string { return p.Price(x) + nbsp + p.T("unit.price") }

// PriceExact prints every decimal a price has.
func (p *page) PriceExact(x torg.Price) string {
	s := x.String()
	_, frac, _ := strings.Cut(s, ".")
	return p.Number(x.RUBkWh(), max(2, len(frac))) + nbsp + p.T("unit.price")
}

// Energy prints energy with the unit that suits its size.
func (p *page) Energy(e torg.Energy) string {
	k := e.KWh()
	switch a := math.Abs(k); {
	case a > 0 && a < 0.1:
		return p.Int(int64(e)) + nbsp + p.T("unit.wh")
	case a >= 10_000:
		return p.Number(k/1000, 1) + nbsp + p.T("unit.mwh")
	case a >= 100:
		return p.Number(k, 0) + nbsp + p.T("unit.kwh")
	case a >= 10:
		return p.Number(k, 1) + nbsp + p.T("unit.kwh")
	}
	return p.Number(k, 2) + nbsp + p.T("unit.kwh")
}

// kW is the mean power of energy over d.
func kW(e torg.Energy, d time.Duration) float64 { return e.KWh() / d.Hours() }

// Power prints power in kW, from ten megawatts on in MW.
func (p *page) Power(kw float64) string {
	switch a := math.Abs(kw); {
	case a >= 10_000:
		return p.Number(kw/1000, 1) + nbsp + p.T("unit.mw")
	case a >= 100 || a < 0.05:
		return p.Number(kw, 0) + nbsp + p.T("unit.kw")
	}
	return p.Number(kw, 1) + nbsp + p.T("unit.kw")
}

// powerMark prints a round power on an axis, without needless decimals.
func (p *page) powerMark(kw float64) string {
	if math.Abs(kw) < 10_000 && kw == math.Trunc(kw) {
		return p.Number(kw, 0) + nbsp + p.T("unit.kw")
	}
	return p.Power(kw)
}

// Clock prints the local time of day to the second.
func (p *page) Clock(t time.Time) string { return t.In(p.site.Location).Format("15:04:05") }

// Minute prints the local time of day to the minute.
func (p *page) Minute(t time.Time) string { return t.In(p.site.Location).Format("15:04") }

// Day prints the local date.
func (p *page) Day(t time.Time) string {
	if p.Lang == "en" {
		return t.In(p.site.Location).Format("2 Jan 2006")
	}
	return t.In(p.site.Location).Format("02.01.2006")
}

// DayTime prints the local date and time of day.
func (p *page) DayTime(t time.Time) string { return p.Day(t) + " " + p.Clock(t) }

// Moment prints the time of day, and the date too where it is another day than
// the market's.
func (p *page) Moment(t time.Time) string {
	if p.Day(t) == p.Day(p.Now.Time) {
		return p.Clock(t)
	}
	return p.DayTime(t)
}

// UTC prints t for machines.
func UTC(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
