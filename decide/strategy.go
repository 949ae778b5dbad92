package decide

import (
	"context"
	"math"
	"slices"
	"strconv"

	"torg"
)

// Names lists the strategies that Torg ships, the default first.
func Names() []string { return []string{"newsvendor", "cautious", "median"} }

// strategy returns the shipped strategy of a name and what it is really called:
// newsvendor where the name is none of ours.
func strategy(name string) (string, func(Situation) Decision) {
	switch name {
	case "cautious":
		return name, cautious
	case "median":
		return name, median
	}
	return "newsvendor", newsvendor
}

// Local decides in this process with the shipped strategies.
type Local struct{}

// Decide answers every situation. A strategy that it does not know is answered by
// newsvendor, and the argument unknown says what was asked for.
func (Local) Decide(_ context.Context, r Request) ([]Decision, error) {
	out := make([]Decision, len(r.Situations))
	for i, s := range r.Situations {
		name, decide := strategy(s.Strategy)
		if r.Discovery == 2 {
			decide = concede
		}
		d := decide(s)
		if s.Strategy != "" && s.Strategy != "default" && s.Strategy != name {
			if d.Args == nil {
				d.Args = map[string]string{}
			}
			d.Args["unknown"] = s.Strategy
		}
		d.Site, d.Strategy = s.Site, name
		out[i] = d
	}
	return out, nil
}

// newsvendor orders the quantile of the net need that the site's own two prices
// and the expected contract price make optimal. Limits are the site's own
// alternatives, so no contract can be worse than the supplier.
func newsvendor(s Situation) Decision {
	tau, why := aim(s)
	return order(s, tau, why)
}

func median(s Situation) Decision { return order(s, 0.5, WhyMedian) }

// cautious orders what newsvendor does, but first asks for a quarter of all that it
// could gain against the supplier, and gives that up in the revision.
func cautious(s Situation) Decision {
	tau, _ := aim(s)
	d := order(s, tau, WhyMargin)
	switch {
	case !d.Order:
	case d.Side == torg.Buy:
		d.Limit -= max(d.Limit-s.Long, 0) / 4
	default:
		d.Limit += max(s.Short-d.Limit, 0) / 4
	}
	return d
}

// concede moves an order that was not wholly accepted to the site's own
// alternative, if that is a step towards trade.
func concede(s Situation) Decision {
	r := s.Refused
	if r == nil {
		return Decision{Reason: WhyNoNeed}
	}
	limit := alternative(s, r.Side)
	if r.Side == torg.Buy && limit <= r.Limit || r.Side == torg.Sell && limit >= r.Limit {
		return Decision{Reason: WhyStands, Args: map[string]string{"limit": r.Limit.String()}}
	}
	d := Decision{
		Order: true, Side: r.Side, Energy: r.Left, Limit: limit, Reason: WhyConcede,
		Args: map[string]string{"from": r.Limit.String(), "to": limit.String()},
	}
	return allowed(s, d)
}

// reliableQuantile is what an owner who wants certainty orders at least: the need
// is then covered in three of four slots.
const reliableQuantile = 0.75

// aim returns the quantile of the net energy to order, inside the forecast's levels.
// With the expected contract price p it is (short - p) / (short - long): ordering one
// more kWh then costs in surplus what it saves in shortage (Arrow, Harris and
// Marschak 1951). A seller's optimal quantile of its output, (p - long) / (short -
// long), is the same quantile of its net energy.
func aim(s Situation) (tau float64, why string) {
	tau = 0.5
	if s.Short > s.Long {
		p := torg.Midpoint(s.Short, s.Long)
		if s.HasExpected {
			p = min(max(s.Expected, s.Long), s.Short)
		}
		tau = float64(s.Short-p) / float64(s.Short-s.Long)
	}
	tau = min(max(tau, Levels[0]), Levels[len(Levels)-1])
	if s.Goal == "reliable" && tau < reliableQuantile {
		return reliableQuantile, WhyReliable
	}
	return tau, WhyNewsvendor
}

// order turns a quantile into an order. What the interval's earlier slots left
// open is added, and nothing is ordered that the interval's later slots are
// expected to balance: deviations are settled per interval, not per slot.
func order(s Situation, tau float64, why string) Decision {
	now := s.Carry + quantile(s.Quantiles, tau)
	end := now + s.Rest
	d := Decision{Quantile: tau, Reason: why, Args: figures(s, tau, now)}
	switch {
	case now == 0:
		d.Reason = WhyNoNeed
		return d
	case now > 0:
		d.Side, d.Energy = torg.Buy, min(now, end)
	default:
		d.Side, d.Energy = torg.Sell, min(-now, -end)
	}
	if d.Energy <= 0 {
		return Decision{Quantile: tau, Reason: WhyBalanced, Args: d.Args}
	}
	d.Order, d.Limit = true, alternative(s, d.Side)
	return allowed(s, d)
}

// figures are what the journal says of an order beside the order itself.
func figures(s Situation, tau float64, now torg.Energy) map[string]string {
	args := map[string]string{
		"quantile": strconv.FormatFloat(tau, 'f', 2, 64),
		"need":     strconv.FormatInt(int64(now), 10),
		"carry":    strconv.FormatInt(int64(s.Carry), 10),
		"short":    s.Short.String(),
		"long":     s.Long.String(),
	}
	if s.HasExpected {
		args["expected"] = s.Expected.String()
	}
	return args
}

// alternative is the price at which the site is as well off with the supplier,
// inside its mandate.
func alternative(s Situation, side torg.Side) torg.Price {
	if side == torg.Buy {
		return min(s.Short, s.Limits.MaxBuy)
	}
	return max(s.Long, s.Limits.MinSell)
}

// allowed cuts an order to what the mandate lets through, adds the owner's
// preferences, and drops the order, saying why, where nothing is left of it.
func allowed(s Situation, d Decision) Decision {
	var why torg.Refusal
	switch l := s.Limits; {
	case d.Side == torg.Buy && !l.Buy || d.Side == torg.Sell && !l.Sell:
		why = torg.ErrMandateSide
	case l.MaxEnergy <= 0:
		why = torg.ErrMandateEnergy
	case d.Limit < torg.MinPrice || d.Limit > torg.MaxPrice:
		why = torg.ErrMandatePrice
	}
	if why != "" {
		d.Args["why"] = string(why)
		return Decision{Quantile: d.Quantile, Reason: WhyMandate, Args: d.Args}
	}
	d.Energy = min(d.Energy, s.Limits.MaxEnergy, torg.MaxOrderEnergy)
	if s.Goal == "greener" {
		d.Prefer = slices.Clone(green)
	}
	return d
}

// green are the sources that count as green.
var green = []string{"solar", "wind"}

// quantile interpolates linearly between the levels and rounds to the watt-hour.
func quantile(q [len(Levels)]torg.Energy, p float64) torg.Energy {
	if p <= Levels[0] {
		return q[0]
	}
	for i := 1; i < len(Levels); i++ {
		if p <= Levels[i] {
			w := (p - Levels[i-1]) / (Levels[i] - Levels[i-1])
			return q[i-1] + torg.Energy(math.Round(w*float64(q[i]-q[i-1])))
		}
	}
	return q[len(q)-1]
}

// Safe is what an agent orders when no decision program answers in time or the
// answer is wrong: the smaller of the two quartiles of what is open, nothing where
// they disagree about the side, and never a revision.
func Safe(discovery int, s Situation) Decision {
	safe := Decision{Site: s.Site, Strategy: "safe", Reason: WhySafe}
	if discovery == 2 {
		return safe
	}
	low, high := order(s, 0.25, WhySafe), order(s, 0.75, WhySafe)
	d := low
	if high.Side == torg.Sell {
		d = high
	}
	if low.Side != high.Side {
		safe.Args = low.Args
		return safe
	}
	d.Site, d.Strategy = safe.Site, safe.Strategy
	return d
}
