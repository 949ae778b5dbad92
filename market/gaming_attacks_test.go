package market_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"torg"
)

// An attack is a way to order something else than what one has at what it is worth.
type attack struct {
	name string
	who  func(g *scene, r *rand.Rand) []int // the attackers, who share their gain
	// order is what attacker i sends at this strength; at 0 it is honest. sees is the
	// price of its zone that the attacker reckons with.
	order     func(g *scene, i int, strength int, sees torg.Price) []torg.Order
	strengths []int
	word      string // what a strength # means, in the table
}

var (
	fewer    = []int{0, 10, 25, 50, 75}
	enlarged = []int{0, 10, 25, 100}
	towards  = []int{0, 25, 50, 75, 95, 100}
	shading  = []int{0, 25, 50, 75, 90, 95, 100, 110, 125}
)

var (
	anySeller, anyBuyer     = anyOf(torg.Sell), anyOf(torg.Buy)
	topSeller, threeSellers = largestOf(torg.Sell, 1), largestOf(torg.Sell, 3)
)

// alone and together are tried on every grid, local in one zone only, where what was
// ordered and not used has one price; twoSellers where there are no more.
var (
	sellerShades = attack{"a seller shades its limit", anySeller, shadeLimit, shading, "# %"}
	buyerShades  = attack{"a buyer shades its limit", anyBuyer, shadeLimit, shading, "# %"}

	alone = []attack{
		{"a seller offers less", anySeller, offerLess, fewer, "# % less"},
		{"the largest seller offers less", topSeller, offerLess, fewer, "# % less"},
		{"a buyer orders less", anyBuyer, offerLess, fewer, "# % less"},
		sellerShades,
		buyerShades,
		{"a seller exaggerates", anySeller, exaggerateLimit, towards, "# %"},
		{"a buyer exaggerates", anyBuyer, exaggerateLimit, towards, "# %"},
	}
	together = []attack{
		{"three sellers raise limits", threeSellers, raiseLimit, towards, "# %"},
		{"three sellers offer less", threeSellers, offerLess, fewer, "# % less"},
		{"buyer and seller of one owner", ownerOfBoth, shadeLimit, shading, "# %"},
	}
	local = []attack{
		{"a buyer picks partners", anyBuyer, pickPartner, []int{0, pickSun}, "sun"},
		{"an order is split", anyBuyer, splitUp, []int{0, 2, 5}, "# parts"},
		{"a seller offers too much", anySeller, offerMore, enlarged, "# % more"},
		{"a buyer orders too much", anyBuyer, offerMore, enlarged, "# % more"},
		{"the same, avoiding the supplier", anyBuyer, orderInside, enlarged, "# % more"},
	}
	twoSellers = []attack{
		{"one of two sellers offers less", topSeller, offerLess, fewer, "# % less"},
		{"one of two sellers raises its limit", topSeller, raiseLimit, towards, "# %"},
		{"both of two sellers raise limits", largestOf(torg.Sell, 2), raiseLimit, towards, "# %"},
	}
)

func anyOf(side torg.Side) func(*scene, *rand.Rand) []int {
	return func(g *scene, r *rand.Rand) []int {
		of := g.of(side)
		r.Shuffle(len(of), func(i, j int) { of[i], of[j] = of[j], of[i] })
		return of[:min(1, len(of))]
	}
}

func largestOf(side torg.Side, n int) func(*scene, *rand.Rand) []int {
	return func(g *scene, _ *rand.Rand) []int {
		of := g.of(side)
		slices.SortStableFunc(of, func(i, j int) int { return cmp.Compare(g.gamers[j].energy, g.gamers[i].energy) })
		return of[:min(n, len(of))]
	}
}

func ownerOfBoth(g *scene, r *rand.Rand) []int {
	return append(anyBuyer(g, r), anySeller(g, r)...)
}

func (g *scene) of(side torg.Side) (of []int) {
	for i, p := range g.gamers {
		if p.side == side {
			of = append(of, i)
		}
	}
	return of
}

func offerLess(g *scene, i, strength int, _ torg.Price) []torg.Order {
	o := g.honest(i)
	o.Energy -= o.Energy * torg.Energy(strength) / 100
	return []torg.Order{o}
}

func offerMore(g *scene, i, strength int, _ torg.Price) []torg.Order {
	return offerLess(g, i, -strength, 0)
}

// orderInside orders too much and lets no part of it go to the supplier.
func orderInside(g *scene, i, strength int, _ torg.Price) []torg.Order {
	orders := offerMore(g, i, strength, 0)
	if strength > 0 {
		orders[0].Avoid = []string{string(g.complex.Supplier.Participant)}
	}
	return orders
}

// shadeLimit moves the limit that much of the way to the price that is expected,
// where that is better for the party, and above 100 on from there to the supplier's
// quote.
func shadeLimit(g *scene, i, strength int, sees torg.Price) []torg.Order {
	o, quote := g.honest(i), tariff
	if o.Side == torg.Buy {
		quote = buyBack
	}
	if strength > 0 {
		o.Limit = towardsPrice(o, o.Limit, sees, min(strength, 100))
	}
	if strength > 100 {
		o.Limit = towardsPrice(o, o.Limit, quote, strength-100)
	}
	return []torg.Order{o}
}

// towardsPrice goes from a limit to a price, if that is the way a shading party goes.
func towardsPrice(o torg.Order, limit, price torg.Price, percent int) torg.Price {
	if gap := price - limit; o.Side == torg.Sell && gap > 0 || o.Side == torg.Buy && gap < 0 {
		return limit + gap*torg.Price(percent)/100
	}
	return limit
}

// raiseLimit moves the limit towards the supplier's price, which buyers do not exceed.
func raiseLimit(g *scene, i, strength int, _ torg.Price) []torg.Order {
	return shadeLimit(g, i, strength, tariff)
}

// exaggerateLimit moves the limit the other way: to the supplier's price for a buyer who
// would rather wait, to the buy-back for a seller whose fuel costs more.
func exaggerateLimit(g *scene, i, strength int, _ torg.Price) []torg.Order {
	o, far := g.honest(i), tariff
	if o.Side == torg.Sell {
		far = buyBack
	}
	if gap := far - o.Limit; o.Side == torg.Buy && gap > 0 || o.Side == torg.Sell && gap < 0 {
		o.Limit += gap * torg.Price(strength) / 100
	}
	return []torg.Order{o}
}

func splitUp(g *scene, i, n int, _ torg.Price) []torg.Order {
	o := g.honest(i)
	if n == 0 {
		return []torg.Order{o}
	}
	var orders []torg.Order
	for k := range n {
		p := o
		p.ID = torg.OrderID(fmt.Sprintf("%s-%02d", o.ID, k))
		p.Energy = o.Energy*torg.Energy(k+1)/torg.Energy(n) - o.Energy*torg.Energy(k)/torg.Energy(n)
		orders = append(orders, p)
	}
	return orders
}

// pickSun is the strength at which pickPartner prefers sun, whose limits are known
// to be low; others name a party.
const pickSun = -1

func pickPartner(g *scene, i, n int, _ torg.Price) []torg.Order {
	o := g.honest(i)
	switch {
	case n == pickSun:
		o.Prefer = []string{"sun"}
	case n > 0 && n <= len(g.gamers):
		o.Prefer = []string{g.gamers[n-1].id(n - 1)}
	}
	return []torg.Order{o}
}
