package report

import (
	"html"
	"html/template"
	"strconv"
	"strings"
	"time"

	"torg"
)

// both is a text in the two languages of a page.
type both struct{ ru, en string }

func same(s string) both { return both{s, s} }

// HTML prints both languages; the page shows one.
func (b both) HTML() template.HTML { return template.HTML(b.span("span")) }

// span wraps each language in an element; one that is the same in both needs none.
func (b both) span(element string) string {
	if b.ru == b.en {
		return html.EscapeString(b.ru)
	}
	return "<" + element + ` lang="ru">` + html.EscapeString(b.ru) + "</" + element + "><" +
		element + ` lang="en">` + html.EscapeString(b.en) + "</" + element + ">"
}

func (b both) then(more both) both { return both{b.ru + more.ru, b.en + more.en} }

// number writes a decimal number such as -1234.50 as people do.
func number(s string) both {
	sign := ""
	if s[0] == '-' {
		s = s[1:]
		if strings.Trim(s, "0.") != "" {
			sign = "−"
		}
	}
	whole, frac, has := strings.Cut(s, ".")
	group := func(by string) string {
		var b strings.Builder
		for i, d := range whole {
			if i > 0 && (len(whole)-i)%3 == 0 && len(whole) > 4 {
				b.WriteString(by)
			}
			b.WriteRune(d)
		}
		return b.String()
	}
	n := both{sign + group("\u00a0"), sign + group(",")}
	if has {
		n = n.then(both{"," + frac, "." + frac})
	}
	return n
}

func fixed(v float64, decimals int) both { return number(strconv.FormatFloat(v, 'f', decimals, 64)) }

func rubles(c torg.Cost) both { return number(c.Round().String()).then(same("\u00a0₽")) }

// wholeRubles is for headlines.
func wholeRubles(c torg.Cost) both { return fixed(c.RUB(), 0).then(same("\u00a0₽")) }

func megawattHours(e torg.Energy) both {
	return fixed(float64(e)/1e6, 2).then(both{"\u00a0МВт·ч", "\u00a0MWh"})
}

func percent(s share) both {
	if s.whole == 0 {
		return same("—")
	}
	return fixed(100*s.value(), 1).then(both{"\u00a0%", "%"})
}

// costShare is part/whole in percent.
func costShare(part, whole torg.Cost) both {
	if whole.Sign() == 0 {
		return same("—")
	}
	return fixed(100*part.RUB()/whole.RUB(), 1).then(both{"\u00a0%", "%"})
}

func count(n int) both { return number(strconv.Itoa(n)) }

func day(t time.Time) both { return both{t.Format("02.01"), t.Format("2 Jan")} }

func date(t time.Time) both { return both{t.Format("02.01.2006 15:04"), t.Format("2 Jan 2006 15:04")} }

// roles and reasons in words.
var roles = map[torg.Role]both{
	torg.Plant: {"производство", "plant"}, torg.Sharing: {"шеринговая станция", "sharing station"},
	torg.Heating: {"тепловая станция", "heating station"}, torg.Renewable: {"ВИЭ", "renewable"},
	torg.Stable: {"стабильный производитель", "stable producer"},
}

var whys = map[torg.Reason]both{
	torg.ReasonFunds:       {"не хватило средств на счёте", "not covered by the balance"},
	torg.ReasonAvoided:     {"остались только нежелательные партнёры", "only avoided partners were left"},
	torg.ReasonRationed:    {"предельная цена равна цене, остаток поделён", "the limit is the price, the margin is shared"},
	torg.ReasonLine:        {"по линиям больше не передать", "the lines carry no more this way"},
	torg.ReasonConnection:  {"соединение с сетью загружено полностью", "the connection is full"},
	torg.ReasonNoOtherSide: {"нет встречных заявок", "nobody on the other side"},
	torg.ReasonPrice:       {"предельная цена хуже рыночной", "the limit is worse than the price"},
	torg.ReasonMissed:      {"сессия пропущена", "the session was missed"},
}

// forecasters are the names of those that a simulation can choose.
var forecasters = map[string]both{
	"naive": {"наивный", "naive"}, "perfect": {"знает будущее", "knows the future"},
}

// length is a slot's length such as 30s, 15m or 1h in words.
func length(shortest string) both {
	units := map[string]both{"s": {"\u00a0с", "\u00a0s"}, "m": {"\u00a0мин", "\u00a0min"}, "h": {"\u00a0ч", "\u00a0h"}}
	n := len(shortest) - 1
	return same(shortest[:n]).then(units[shortest[n:]])
}
