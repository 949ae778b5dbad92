package settle_test

import (
	"slices"
	"strings"
	"testing"

	"torg"
	"torg/settle"

	"pgregory.net/rapid"
)

func TestNoWorseByHand(t *testing.T) {
	for name, c := range map[string]struct {
		months []string // participant paid baseline eligible
		want   string
	}{
		"nobody":                     {nil, ""},
		"all gained":                 {[]string{"a 90 100 0", "b -20 -10 0"}, "0 0"},
		"loss covered pro rata":      {[]string{"a 120 100 50", "b 70 100 0", "c -70 -60 0"}, "20 -15 -5"},
		"loss not eligible":          {[]string{"a 120 100 0", "b 70 100 0"}, "0 0"},
		"eligible in part":           {[]string{"a 120 100 8", "b 70 100 0"}, "8 -8"},
		"never above supplier-only":  {[]string{"a 120 100 500", "b 0 100 0"}, "20 -20"},
		"eligible but a good month":  {[]string{"a 99 100 30", "b 70 100 0"}, "0 0"},
		"negative eligible":          {[]string{"a 120 100 -5", "b 70 100 0"}, "0 0"},
		"gains do not suffice":       {[]string{"a 130 100 30", "b 110 100 10", "c 80 100 0"}, "15 5 -20"},
		"nobody gained":              {[]string{"a 130 100 30", "b 110 100 10"}, "0 0"},
		"income lost":                {[]string{"a -10 -25 15", "b 40 100 0"}, "15 -15"},
		"exactly the baseline":       {[]string{"a 100 100 30", "b 40 100 0"}, "0 0"},
		"odd unit to the smaller id": {[]string{"b 0.00000001 0 1", "a 0.00000001 0 1", "c -0.00000001 0 0"}, "0 0.00000001 -0.00000001"},
		"odd unit from the smaller":  {[]string{"c -0.00000001 0 1", "b -0.00000001 0 1", "d 0.00000001 0 1"}, "0 -0.00000001 0.00000001"},
	} {
		t.Run(name, func(t *testing.T) {
			var months []settle.Month
			for _, line := range c.months {
				f := strings.Fields(line)
				var m [3]torg.Cost
				for i := range m {
					var err error
					if m[i], err = torg.ParseCost(f[i+1]); err != nil {
						t.Fatal(err)
					}
				}
				months = append(months, settle.Month{Participant: torg.ParticipantID(f[0]), Paid: m[0], Baseline: m[1], Eligible: m[2]})
			}
			var got []string
			for _, c := range settle.NoWorse(months) {
				got = append(got, c.String())
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("top-ups %q, want %q", s, c.want)
			}
		})
	}
}

func someMonths(t *rapid.T) []settle.Month {
	months := make([]settle.Month, rapid.IntRange(0, 8).Draw(t, "participants"))
	for i := range months {
		m := &months[i]
		m.Participant = torg.ParticipantID(rune('a' + i))
		m.Paid, m.Baseline = someCost.Draw(t, "paid"), someCost.Draw(t, "baseline")
		m.Eligible = someCost.Draw(t, "eligible")
		if rapid.Bool().Draw(t, "close") { // make ties, rounding and small sums frequent
			m.Baseline = m.Paid.Add(cost(torg.Energy(rapid.Int64Range(-3, 3).Draw(t, "gain")), 1))
			m.Eligible = cost(torg.Energy(rapid.Int64Range(-1, 4).Draw(t, "eligible")), 1)
		}
	}
	return months
}

func TestNoWorseLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		months := someMonths(t)
		topUps := settle.NoWorse(months)
		var sum, moved, claimed, gained torg.Cost
		for i, m := range months {
			up := topUps[i]
			sum = sum.Add(up)
			loss := m.Paid.Sub(m.Baseline)
			if loss.Sign() <= 0 {
				gained = gained.Sub(loss)
				if up.Sign() > 0 || up.Cmp(loss) < 0 {
					t.Fatalf("%s gained %s and gets %s", m.Participant, loss.Neg(), up)
				}
				continue
			}
			claim := torg.MinCost(loss, m.Eligible)
			if claim.Sign() < 0 {
				claim = torg.Cost{}
			}
			claimed, moved = claimed.Add(claim), moved.Add(up)
			if up.Sign() < 0 || up.Cmp(claim) > 0 {
				t.Fatalf("%s lost %s, %s of it eligible, and gets %s", m.Participant, loss, m.Eligible, up)
			}
		}
		if len(topUps) != len(months) || sum.Sign() != 0 {
			t.Fatalf("%d top-ups for %d months sum to %s", len(topUps), len(months), sum)
		}
		if moved != torg.MinCost(claimed, gained) {
			t.Fatalf("claims %s, gains %s, but %s moved", claimed, gained, moved)
		}
	})
}

func TestNoWorseIsIndependentOfOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		months := someMonths(t)
		want := settle.NoWorse(months)
		order := rapid.Permutation(indices(len(months))).Draw(t, "order")
		shuffled, expected := []settle.Month{}, []torg.Cost{}
		for _, i := range order {
			shuffled, expected = append(shuffled, months[i]), append(expected, want[i])
		}
		if got := settle.NoWorse(shuffled); !slices.Equal(got, expected) {
			t.Fatalf("%v, want %v", got, expected)
		}
	})
}
