package market_test

import "math"

// A claim is a sentence of docs/market.md about gaming, in other words, and what has
// to be measured for it to be true.
type claim struct {
	says  string
	holds func(l *lab) bool
}

// gain is what an attack brings in percent of the attackers' honest gain: by the rule
// and for who knows all orders.
func (l *lab) gain(experiment, attack string) (rule, best float64) {
	m, ok := l.attacked[experiment+": "+attack]
	if !ok {
		return math.NaN(), math.NaN()
	}
	return 100 * m.rule.gain.RUB() / m.rule.honest.RUB(), 100 * m.best.gain.RUB() / m.best.honest.RUB()
}

func (l *lab) between(experiment string, attacks []attack, least, most float64) bool {
	for _, a := range attacks {
		if rule, best := l.gain(experiment, a.name); !(rule >= least && best <= most) {
			return false
		}
	}
	return true
}

var claims = []claim{
	{"uniform, one zone: alone, shading brings less than 1 % by rule and less than 3 % with full knowledge", func(l *lab) bool {
		for _, a := range []attack{sellerShades, buyerShades} {
			if rule, best := l.gain("one zone, uniform", a.name); !(rule < 1 && best < 3) {
				return false
			}
		}
		return true
	}},
	{"uniform, three zones: less than 2 % by rule and less than 4 % with full knowledge", func(l *lab) bool {
		for _, a := range []attack{sellerShades, buyerShades} {
			if rule, best := l.gain("three zones, uniform", a.name); !(rule < 2 && best < 4) {
				return false
			}
		}
		return true
	}},
	{"three sellers together: 3 to 13 % by rule, around 50 % (split) and 10 % (uniform) with full knowledge", func(l *lab) bool {
		for _, grid := range []string{"one zone", "three zones"} {
			splitRule, split := l.gain(grid+", split", "three sellers raise limits")
			uniformRule, uniform := l.gain(grid+", uniform", "three sellers raise limits")
			if !(splitRule < 13 && uniformRule > 2.9 && splitRule > uniformRule && split > 45 && split < 55 && uniform > 9 && uniform < 11) {
				return false
			}
		}
		return true
	}},
	{"split, one zone: alone, shading brings more than a third by rule", func(l *lab) bool {
		seller, _ := l.gain("one zone, split", sellerShades.name)
		buyer, _ := l.gain("one zone, split", buyerShades.name)
		return seller > 33 && buyer > 33
	}},
	{"uniform: nobody gains by exaggerating, splitting an order, ordering too much or picking partners", func(l *lab) bool {
		return l.between("one zone, uniform", alone[5:], -0.1, 0.1) && l.between("one zone, uniform", local, -0.1, 0.1)
	}},
	{"split: ordering too much brings nothing by rule and less than 2 % with full knowledge", func(l *lab) bool {
		return l.between("one zone, split", local[2:], -0.1, 2)
	}},
	{"withholding alone among many brings nothing by rule and up to 6 % with full knowledge", func(l *lab) bool {
		for _, e := range []string{"one zone, split", "one zone, uniform", "three zones, split", "three zones, uniform"} {
			if !l.between(e, alone[:3], -0.1, 6.05) {
				return false
			}
		}
		return true
	}},
	{"picking partners and splitting orders moves gains and never welfare", func(l *lab) bool {
		for _, a := range local[:2] {
			m := l.attacked["one zone, split: "+a.name]
			if m.rule.welfare.Sign() != 0 || m.best.welfare.Sign() != 0 {
				return false
			}
		}
		return true
	}},
	{"two sellers alone more than treble their gain under uniform and add half to it under split, at the same price in welfare", func(l *lab) bool {
		split, _ := l.gain("two sellers, split", "both of two sellers raise limits")
		uniform, _ := l.gain("two sellers, uniform", "both of two sellers raise limits")
		a, b := l.attacked["two sellers, split: both of two sellers raise limits"], l.attacked["two sellers, uniform: both of two sellers raise limits"]
		return split > 45 && split < 55 && uniform > 200 && a.rule.welfare == b.rule.welfare
	}},
	{"honest and split, the two sides share evenly; uniform, the side that is not scarce gains nothing", func(l *lab) bool {
		split, uniform := l.situations["split"], l.situations["uniform"]
		for _, k := range split {
			if gap := k.buyers.Sub(k.sellers).RUB() / k.buyers.RUB(); gap > 0.001 || gap < -0.001 {
				return false
			}
		}
		return uniform[0].buyers.RUB() < 1 && uniform[2].sellers.RUB() < 1
	}},
	{"when everybody shades up to 95 %, split shares as uniform does and loses less than 0.5 % of welfare; at 100 % it loses more", func(l *lab) bool {
		s, u, all := l.customs["split 95"], l.customs["uniform 95"], l.customs["split 100"]
		near := (s.sellers.RUB() - u.sellers.RUB()) / u.sellers.RUB()
		lost := func(c custom) float64 { return 1 - c.welfare.RUB()/c.optimum.RUB() }
		return near < 0.02 && near > -0.02 && lost(s) < 0.005 && lost(all) > 0.02
	}},
	{"split: whatever the others do, shading by 90 to 95 % is the best reply", func(l *lab) bool {
		for key, c := range l.customs {
			if key[:5] == "split" && (c.replySeller < 90 || c.replyBuyer < 90) {
				return false
			}
		}
		return true
	}},
}
