package forecast

// The experts, in the order that breaks ties.
const (
	persistence = iota
	seasonalDay
	seasonalWeek
	meanDay
	roleDay
	experts
)

// expertNames are what pages and reports call the experts.
var expertNames = [experts]string{
	persistence:  "persistence",
	seasonalDay:  "seasonal_naive_day",
	seasonalWeek: "seasonal_naive_week",
	meanDay:      "mean_day_and_deviation",
	roleDay:      "role_profile",
}

// opinion is what each expert says of one slot; said where it says anything.
type opinion struct {
	value [experts]float64
	said  [experts]bool
}

// best returns the value of the first in the ranking that has one. The role's
// profile always has.
func (o *opinion) best(ranking [experts]int) float64 {
	for _, e := range ranking {
		if o.said[e] {
			return o.value[e]
		}
	}
	return o.value[roleDay]
}

// record is how the experts have done lately at one horizon: mean absolute errors
// with exponentially fading weights, and how much of a deviation from the mean day
// is left after that distance (a regression of deviations on earlier ones).
type record struct {
	loss, weight [experts]float64
	cross, power float64
	residuals    residuals
}

// provenAfter is how many tests an expert must have stood to be preferred, where
// others have stood as many.
const provenAfter = 8

func (r *record) learn(o *opinion, y, keep float64) {
	for e := range experts {
		if o.said[e] {
			d := y - o.value[e]
			r.loss[e] = float64(keep*r.loss[e]) + max(d, -d)
			r.weight[e] = float64(keep*r.weight[e]) + 1
		}
	}
}

func (r *record) learnDeviation(before, now, keep float64) {
	r.cross = float64(keep*r.cross) + float64(before*now)
	r.power = float64(keep*r.power) + float64(before*before)
}

// persisting is the share of a deviation that is left, 0 to 1.
func (r *record) persisting() float64 {
	if r.power == 0 {
		return 0
	}
	return min(max(r.cross/r.power, 0), 1)
}

// ranking lists the experts from the least recent error to the largest, then those
// who have not been tested enough, the role's profile first: it needs no test.
func (r *record) ranking() [experts]int {
	most := 0.0
	for _, w := range r.weight {
		most = max(most, w)
	}
	proven := func(e int) bool { return r.weight[e] > 0 && r.weight[e] >= min(most, provenAfter) }
	better := func(a, b int) bool {
		switch pa, pb := proven(a), proven(b); {
		case pa != pb:
			return pa
		case !pa:
			return a == roleDay
		}
		return float64(r.loss[a]*r.weight[b]) < float64(r.loss[b]*r.weight[a])
	}
	var order [experts]int
	for e := range order {
		i := e
		for ; i > 0 && better(e, order[i-1]); i-- {
			order[i] = order[i-1]
		}
		order[i] = e
	}
	return order
}
