package decide

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"torg"
	"torg/forecast"
)

func rub(s string) torg.Price {
	p, err := torg.ParsePrice(s)
	if err != nil {
		panic(err)
	}
	return p
}

// consumer needs 100 to 700 Wh, the median being 400; what is missing costs 7.20 and
// what is too much earns 1.10.
func consumer() Situation {
	return Situation{
		Site: "foundry-1", Participant: "foundry", Role: torg.Plant, Goal: "cheapest",
		Quantiles: [7]torg.Energy{100, 200, 300, 400, 500, 600, 700},
		Short:     rub("7.2"), Long: rub("1.1"),
		Limits: torg.Limits{Buy: true, Sell: true, MaxEnergy: 10_000, MaxBuy: rub("21.6")},
	}
}

// producer makes 100 to 700 Wh.
func producer() Situation {
	s := consumer()
	s.Quantiles = [7]torg.Energy{-700, -600, -500, -400, -300, -200, -100}
	return s
}

func expecting(s Situation, price string) Situation {
	s.Expected, s.HasExpected = rub(price), true
	return s
}

func with(s Situation, change func(*Situation)) Situation {
	change(&s)
	return s
}

func decideOne(t rapid.TB, discovery int, s Situation) Decision {
	t.Helper()
	d, err := Local{}.Decide(context.Background(), Request{Discovery: discovery, Situations: []Situation{s}})
	if err != nil || len(d) != 1 || d[0].Site != s.Site {
		t.Fatalf("%d decisions, %v", len(d), err)
	}
	return d[0]
}

// The numbers are worked by hand: the quantile is (short - p) / (short - long), with
// short - long = 6.10.
func TestSealedOrders(t *testing.T) {
	for name, c := range map[string]struct {
		strategy string
		s        Situation
		side     torg.Side
		energy   torg.Energy
		limit    string
		why      string
	}{
		"without a price it is the middle":        {"", consumer(), torg.Buy, 400, "7.2", WhyNewsvendor},
		"p 4.15 is the median":                    {"", expecting(consumer(), "4.15"), torg.Buy, 400, "7.2", WhyNewsvendor},
		"p 2.625 is the quantile 0.75":            {"", expecting(consumer(), "2.625"), torg.Buy, 500, "7.2", WhyNewsvendor},
		"p 5.675 is the quantile 0.25":            {"", expecting(consumer(), "5.675"), torg.Buy, 300, "7.2", WhyNewsvendor},
		"p 4.76 is the quantile 0.4":              {"", expecting(consumer(), "4.76"), torg.Buy, 360, "7.2", WhyNewsvendor},
		"the supplier's price is the lowest one":  {"", expecting(consumer(), "7.2"), torg.Buy, 100, "7.2", WhyNewsvendor},
		"a price below long counts as long":       {"", expecting(consumer(), "-3"), torg.Buy, 700, "7.2", WhyNewsvendor},
		"a producer sells the quantile 0.75":      {"", expecting(producer(), "5.675"), torg.Sell, 500, "1.1", WhyNewsvendor},
		"a producer sells the quantile 0.25":      {"", expecting(producer(), "2.625"), torg.Sell, 300, "1.1", WhyNewsvendor},
		"equal prices leave the median":           {"", with(consumer(), func(s *Situation) { s.Long = s.Short }), torg.Buy, 400, "7.2", WhyNewsvendor},
		"what is open is added":                   {"", with(consumer(), func(s *Situation) { s.Carry = 50 }), torg.Buy, 450, "7.2", WhyNewsvendor},
		"what is too much is sold":                {"", with(consumer(), func(s *Situation) { s.Carry = -1000 }), torg.Sell, 600, "1.1", WhyNewsvendor},
		"what the rest balances is not bought":    {"", with(consumer(), func(s *Situation) { s.Rest = -300 }), torg.Buy, 100, "7.2", WhyNewsvendor},
		"what the rest balances is not sold":      {"", with(producer(), func(s *Situation) { s.Rest = 300 }), torg.Sell, 100, "1.1", WhyNewsvendor},
		"the rest is not bought in advance":       {"", with(consumer(), func(s *Situation) { s.Rest = 900 }), torg.Buy, 400, "7.2", WhyNewsvendor},
		"reliable covers three of four":           {"", with(consumer(), func(s *Situation) { s.Goal = "reliable" }), torg.Buy, 500, "7.2", WhyReliable},
		"reliable sells what is there":            {"", with(producer(), func(s *Situation) { s.Goal = "reliable" }), torg.Sell, 300, "1.1", WhyReliable},
		"reliable is never less than optimal":     {"", with(expecting(consumer(), "1.1"), func(s *Situation) { s.Goal = "reliable" }), torg.Buy, 700, "7.2", WhyNewsvendor},
		"the median":                              {"median", expecting(consumer(), "7.2"), torg.Buy, 400, "7.2", WhyMedian},
		"cautious asks for a quarter, buying":     {"cautious", consumer(), torg.Buy, 400, "5.675", WhyMargin},
		"cautious asks for a quarter, selling":    {"cautious", producer(), torg.Sell, 400, "2.625", WhyMargin},
		"cautious, below the mandate's limit":     {"cautious", with(consumer(), func(s *Situation) { s.Limits.MaxBuy = rub("3.1") }), torg.Buy, 400, "2.6", WhyMargin},
		"cautious, never against itself, buying":  {"cautious", with(consumer(), func(s *Situation) { s.Limits.MaxBuy = rub("1") }), torg.Buy, 400, "1", WhyMargin},
		"cautious, never against itself, selling": {"cautious", with(producer(), func(s *Situation) { s.Limits.MinSell = rub("9") }), torg.Sell, 400, "9", WhyMargin},
		"the mandate's energy":                    {"", with(consumer(), func(s *Situation) { s.Limits.MaxEnergy = 150 }), torg.Buy, 150, "7.2", WhyNewsvendor},
		"the mandate's highest price":             {"", with(consumer(), func(s *Situation) { s.Limits.MaxBuy = rub("5") }), torg.Buy, 400, "5", WhyNewsvendor},
		"the mandate's lowest price":              {"", with(producer(), func(s *Situation) { s.Limits.MinSell = rub("2") }), torg.Sell, 400, "2", WhyNewsvendor},
	} {
		c.s.Strategy = c.strategy
		d := decideOne(t, 1, c.s)
		if !d.Order || d.Side != c.side || d.Energy != c.energy || d.Limit != rub(c.limit) || d.Reason != c.why {
			t.Errorf("%s: %s %d Wh at %s because %s, want %s %d Wh at %s because %s",
				name, d.Side, d.Energy, d.Limit, d.Reason, c.side, c.energy, c.limit, c.why)
		}
	}
}

func TestNothingIsOrdered(t *testing.T) {
	for name, c := range map[string]struct {
		s   Situation
		why string
		arg string
	}{
		"nothing is needed":         {with(consumer(), func(s *Situation) { s.Carry = -400 }), WhyNoNeed, ""},
		"the rest balances it":      {with(consumer(), func(s *Situation) { s.Rest = -400 }), WhyBalanced, ""},
		"the rest more than that":   {with(producer(), func(s *Situation) { s.Rest = 5000 }), WhyBalanced, ""},
		"the mandate only sells":    {with(consumer(), func(s *Situation) { s.Limits.Buy = false }), WhyMandate, "mandate_side"},
		"the mandate only buys":     {with(producer(), func(s *Situation) { s.Limits.Sell = false }), WhyMandate, "mandate_side"},
		"the mandate has no energy": {with(consumer(), func(s *Situation) { s.Limits.MaxEnergy = 0 }), WhyMandate, "mandate_energy"},
		"its price is no price":     {with(consumer(), func(s *Situation) { s.Limits.MaxBuy = torg.MinPrice - 1 }), WhyMandate, "mandate_price"},
	} {
		for _, name := range Names() {
			c.s.Strategy = name
			d := decideOne(t, 1, c.s)
			if d.Order || d.Side != 0 || d.Energy != 0 || d.Limit != 0 || d.Reason != c.why || d.Args["why"] != c.arg {
				t.Errorf("%s, %s: %+v, want nothing because %s %s", name, d.Strategy, d, c.why, c.arg)
			}
		}
		if d := Safe(1, c.s); d.Order || d.Strategy != "safe" {
			t.Errorf("%s: the safe default is %+v", name, d)
		}
	}
}

func TestRevisionConcedesToTheAlternative(t *testing.T) {
	refused := func(s Situation, side torg.Side, limit string) Situation {
		s.Refused = &Refused{Side: side, Left: 120, Limit: rub(limit), Reason: torg.ReasonPrice}
		return s
	}
	for name, c := range map[string]struct {
		s     Situation
		limit string // empty: no order
		why   string
	}{
		"a buyer pays the tariff":        {refused(consumer(), torg.Buy, "5.675"), "7.2", WhyConcede},
		"a seller takes the buy-back":    {refused(producer(), torg.Sell, "2.625"), "1.1", WhyConcede},
		"up to the mandate":              {refused(with(consumer(), func(s *Situation) { s.Limits.MaxBuy = rub("6") }), torg.Buy, "5.675"), "6", WhyConcede},
		"there is nothing to give":       {refused(consumer(), torg.Buy, "7.2"), "", WhyStands},
		"there is nothing to give, sold": {refused(producer(), torg.Sell, "1.1"), "", WhyStands},
		"the tariff has fallen":          {refused(consumer(), torg.Buy, "8"), "", WhyStands},
		"the mandate has changed":        {refused(with(consumer(), func(s *Situation) { s.Limits.Buy = false }), torg.Buy, "5.675"), "", WhyMandate},
		"nothing was refused":            {consumer(), "", WhyNoNeed},
	} {
		for _, strategy := range Names() {
			c.s.Strategy = strategy
			d := decideOne(t, 2, c.s)
			if d.Order != (c.limit != "") || d.Reason != c.why || d.Order && (d.Energy != 120 || d.Limit != rub(c.limit) || d.Side != c.s.Refused.Side) {
				t.Errorf("%s, %s: %+v, want limit %q because %s", name, strategy, d, c.limit, c.why)
			}
		}
	}
	small := refused(consumer(), torg.Buy, "5.675")
	small.Limits.MaxEnergy = 70
	if d := decideOne(t, 2, small); d.Energy != 70 {
		t.Errorf("%d Wh are revised, the mandate allows 70", d.Energy)
	}
}

func TestStrategiesAreKnownByName(t *testing.T) {
	for asked, want := range map[string]string{"": "newsvendor", "default": "newsvendor", "newsvendor": "newsvendor", "cautious": "cautious", "median": "median"} {
		s := consumer()
		s.Strategy = asked
		if d := decideOne(t, 1, s); d.Strategy != want || d.Args["unknown"] != "" {
			t.Errorf("%q is answered by %s, unknown %q", asked, d.Strategy, d.Args["unknown"])
		}
	}
	for _, discovery := range []int{1, 2} {
		s := consumer()
		s.Strategy = "martingale"
		if d := decideOne(t, discovery, s); d.Strategy != "newsvendor" || d.Args["unknown"] != "martingale" {
			t.Errorf("an unknown strategy is answered by %s, unknown %q", d.Strategy, d.Args["unknown"])
		}
	}
	for i, name := range Names() {
		if got, _ := strategy(name); got != name || i == 0 && name != "newsvendor" {
			t.Errorf("Names has %s, which is %s", name, got)
		}
	}
}

func TestGreenerPrefersSunAndWind(t *testing.T) {
	s := consumer()
	if d := decideOne(t, 1, s); d.Prefer != nil {
		t.Errorf("the cheapest prefers %v", d.Prefer)
	}
	s.Goal = "greener"
	if d := decideOne(t, 1, s); !slices.Equal(d.Prefer, []string{"solar", "wind"}) {
		t.Errorf("greener prefers %v", d.Prefer)
	}
	s.Strategy, s.Refused = "cautious", &Refused{Side: torg.Buy, Left: 10, Limit: rub("3")}
	if d := decideOne(t, 2, s); !slices.Equal(d.Prefer, []string{"solar", "wind"}) {
		t.Errorf("a revision prefers %v", d.Prefer)
	}
}

func TestSafeDefault(t *testing.T) {
	for name, c := range map[string]struct {
		s      Situation
		side   torg.Side
		energy torg.Energy
	}{
		"a buyer's lower quartile":              {consumer(), torg.Buy, 300},
		"a seller's lower quartile":             {producer(), torg.Sell, 300},
		"they disagree about the side":          {with(consumer(), func(s *Situation) { s.Carry = -400 }), 0, 0},
		"one of them sees nothing to do":        {with(consumer(), func(s *Situation) { s.Carry = -300 }), 0, 0},
		"the rest balances the lower one":       {with(consumer(), func(s *Situation) { s.Rest = -300 }), 0, 0},
		"no more than the rest leaves, bought":  {with(consumer(), func(s *Situation) { s.Rest = -250 }), torg.Buy, 50},
		"the mandate holds":                     {with(consumer(), func(s *Situation) { s.Limits.MaxEnergy = 7 }), torg.Buy, 7},
		"a goal and expected prices are no use": {with(expecting(consumer(), "1.1"), func(s *Situation) { s.Goal = "reliable" }), torg.Buy, 300},
	} {
		d := Safe(1, c.s)
		if d.Order != (c.energy > 0) || d.Side != c.side || d.Energy != c.energy || d.Strategy != "safe" || d.Site != c.s.Site {
			t.Errorf("%s: %+v, want %s %d Wh", name, d, c.side, c.energy)
		}
	}
	s := consumer()
	s.Refused = &Refused{Side: torg.Buy, Left: 10, Limit: rub("3")}
	if d := Safe(2, s); d.Order || d.Reason != WhySafe || d.Site != s.Site {
		t.Errorf("the safe default revises: %+v", d)
	}
}

// A decision program and a forecaster read the same quantiles.
func TestQuantilesAreTheForecasts(t *testing.T) {
	if Levels != forecast.Levels {
		t.Fatalf("levels %v, the forecast's are %v", Levels, forecast.Levels)
	}
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuantiles(t)
		p := rapid.Float64Range(0, 1).Draw(t, "p")
		if got, want := quantile(q, p), forecast.Quantiles(q).At(p); got != want {
			t.Fatalf("quantile %v of %v is %d, the forecast's is %d", p, q, got, want)
		}
	})
}

func TestEveryReasonIsListedOnce(t *testing.T) {
	whys := Whys()
	slices.Sort(whys)
	if n := len(slices.Compact(whys)); n != len(Whys()) || n < 14 {
		t.Errorf("%d reasons, %d of them different", len(Whys()), n)
	}
}
