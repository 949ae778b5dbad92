package market_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"torg"
)

// An experiment is a kind of books and a pricing.
type experiment struct {
	name    string
	pricing torg.Pricing
	draw    func(*rand.Rand) *scene
	habit   int // how much everybody shades anyway; 0: all are honest
}

// Rules are chosen on the books of one seed and measured on those of another. Both
// seeds were fixed before anything was looked at.
const (
	chosenSeed, chosenBooks     = 1, 100
	measuredSeed, measuredBooks = 2, 200
)

// A trial is one book with its attackers.
type trial struct {
	*scene
	who    []int
	honest [][]torg.Order
	before tally
	sees   map[torg.ZoneID]torg.Price // yesterday's prices
}

// newTrial draws the n-th book of a seed; the pricing does not change what is drawn.
func newTrial(t testing.TB, e experiment, a attack, seed, n uint64) *trial {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, n))
	x := &trial{scene: e.draw(r)}
	x.complex.Pricing = e.pricing
	x.who = a.who(x.scene, r)
	x.sees = x.yesterday(t, r)
	x.honest = x.shaded(e.habit, x.sees)
	x.before = mustClear(t, x.scene, x.honest)
	return x
}

func mustClear(t testing.TB, g *scene, orders [][]torg.Order) tally {
	t.Helper()
	r, err := g.clears(orders)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// shaded is everybody's order where all shade by as much; honest at 0.
func (g *scene) shaded(strength int, sees map[torg.ZoneID]torg.Price) [][]torg.Order {
	orders := make([][]torg.Order, len(g.gamers))
	for i := range orders {
		orders[i] = shadeLimit(g, i, strength, sees[g.gamers[i].zone])
	}
	return orders
}

// An effect is what an attack of some strength changed: for the attackers, for all other
// participants, and for everybody together.
type effect struct {
	strength              int
	gain, others, welfare torg.Cost
	honest, optimum       torg.Cost // the attackers' gain and the welfare without the attack
}

func (m effect) add(n effect) effect {
	return effect{n.strength, m.gain.Add(n.gain), m.others.Add(n.others), m.welfare.Add(n.welfare), m.honest.Add(n.honest), m.optimum.Add(n.optimum)}
}

// play sends the attackers' orders in place of their honest ones.
func (x *trial) play(t testing.TB, a attack, strength int, sees map[torg.ZoneID]torg.Price) effect {
	t.Helper()
	m := effect{strength: strength, honest: x.before.sum(x.who), optimum: x.before.all()}
	orders, differs := slices.Clone(x.honest), false
	for _, i := range x.who {
		orders[i] = a.order(x.scene, i, strength, sees[x.gamers[i].zone])
		differs = differs || !slices.EqualFunc(orders[i], x.honest[i], sameOrder)
	}
	if !differs {
		return m
	}
	after := mustClear(t, x.scene, orders)
	m.gain = after.sum(x.who).Sub(m.honest)
	m.welfare = after.all().Sub(m.optimum)
	m.others = m.welfare.Sub(m.gain).Sub(after.loss.Sub(x.before.loss))
	return m
}

func sameOrder(a, b torg.Order) bool {
	return a.Energy == b.Energy && a.Limit == b.Limit && len(a.Prefer)+len(a.Avoid) == len(b.Prefer)+len(b.Avoid)
}

// measured is an attack by a rule that was chosen on other books, and by who knows
// everybody's orders and takes the best for each book.
type measured struct {
	attack     attack
	rule, best effect
}

func (e experiment) measure(t testing.TB, a attack) measured {
	t.Helper()
	rule := e.choose(t, a)
	m := measured{attack: a}
	for n := range uint64(measuredBooks) {
		x := newTrial(t, e, a, measuredSeed, n)
		m.rule = m.rule.add(x.play(t, a, rule, x.sees))
		m.best = m.best.add(x.best(t, a))
	}
	return m
}

// choose returns the strength that pays best on average for who sees only yesterday's
// prices.
func (e experiment) choose(t testing.TB, a attack) int {
	t.Helper()
	sums := make([]effect, len(a.strengths))
	for n := range uint64(chosenBooks) {
		x := newTrial(t, e, a, chosenSeed, n)
		for k, s := range a.strengths {
			sums[k] = sums[k].add(x.play(t, a, s, x.sees))
		}
	}
	return slices.MaxFunc(sums, func(a, b effect) int { return a.gain.Cmp(b.gain) }).strength
}

// best is what an attack does for who knows all orders.
func (x *trial) best(t testing.TB, a attack) effect {
	t.Helper()
	strengths := a.strengths
	if slices.Contains(strengths, pickSun) {
		strengths = slices.Clone(strengths)
		for _, i := range x.of(torg.Sell) {
			strengths = append(strengths, i+1)
		}
	}
	var best effect
	for k, s := range strengths {
		if y := x.play(t, a, s, x.before.price); k == 0 || y.gain.Cmp(best.gain) > 0 {
			best = y
		}
	}
	return best
}

// row writes a measured attack as the page has it.
func (m measured) row(e experiment) string {
	rule := "honest"
	if m.rule.strength != 0 {
		rule = strings.ReplaceAll(m.attack.word, "#", fmt.Sprint(m.rule.strength))
	}
	cells := []string{m.attack.name, string(e.pricing), rubles(m.rule.honest), rule}
	for k, f := range []effect{m.rule, m.best} {
		if k == 0 && f.strength == 0 {
			cells = append(cells, "-", "-", "-")
			continue
		}
		cells = append(cells,
			rubles(f.gain)+" ("+percentOf(f.gain, f.honest)+")",
			rubles(f.others),
			rubles(f.welfare)+" ("+percentOf(f.welfare, f.optimum)+")")
	}
	return "| " + strings.Join(cells, " | ") + " |"
}

// rubles is the mean of a session.
func rubles(c torg.Cost) string { return decimals(c.RUB()/measuredBooks, 2) }

func percentOf(part, of torg.Cost) string { return decimals(100*part.RUB()/of.RUB(), 1) + " %" }

func decimals(v float64, n int) string {
	s := fmt.Sprintf("%.*f", n, v)
	if digits, minus := strings.CutPrefix(s, "-"); minus && strings.Trim(digits, "0.") == "" {
		return digits
	}
	return s
}

// A custom is what happens when everybody shades alike.
type custom struct {
	buyers, sellers, welfare, optimum torg.Cost
	replySeller, replyBuyer           int // what pays best for one who may do otherwise
}

func (e experiment) custom(t testing.TB) (c custom) {
	t.Helper()
	honest := e
	honest.habit = 0
	for n := range uint64(measuredBooks) {
		x := newTrial(t, e, alone[0], measuredSeed, n)
		c.buyers = c.buyers.Add(x.before.sum(x.of(torg.Buy)))
		c.sellers = c.sellers.Add(x.before.sum(x.of(torg.Sell)))
		c.welfare = c.welfare.Add(x.before.all())
		c.optimum = c.optimum.Add(newTrial(t, honest, alone[0], measuredSeed, n).before.all())
	}
	c.replySeller, c.replyBuyer = e.choose(t, sellerShades), e.choose(t, buyerShades)
	return c
}

func (c custom) row(e experiment) string {
	reply := func(s int) string {
		if s == 0 {
			return "honest"
		}
		return fmt.Sprintf("%d %%", s)
	}
	return fmt.Sprintf("| %d %% | %s | %s | %s | %s | %s | %s |", e.habit, e.pricing, rubles(c.buyers), rubles(c.sellers),
		percentOf(c.optimum.Sub(c.welfare), c.optimum), reply(c.replySeller), reply(c.replyBuyer))
}

// A situation is what honest sessions of one kind give to the two sides.
type situation struct {
	sessions        int
	buyers, sellers torg.Cost
}

// situations sorts sessions by what the supplier does in them: imports, neither,
// exports.
func (e experiment) situations(t testing.TB) (kinds [3]situation) {
	t.Helper()
	for n := range uint64(measuredBooks) {
		x := newTrial(t, e, alone[0], measuredSeed, n)
		k := &kinds[1]
		switch {
		case x.before.net > 0:
			k = &kinds[0]
		case x.before.net < 0:
			k = &kinds[2]
		}
		k.sessions++
		k.buyers = k.buyers.Add(x.before.sum(x.of(torg.Buy)))
		k.sellers = k.sellers.Add(x.before.sum(x.of(torg.Sell)))
	}
	return kinds
}

func (s situation) row(kind string, e experiment) string {
	mean := func(c torg.Cost) string { return decimals(c.RUB()/float64(max(s.sessions, 1)), 2) }
	return fmt.Sprintf("| %s | %s | %d | %s | %s |", kind, e.pricing, s.sessions, mean(s.buyers), mean(s.sellers))
}

// A lab keeps what was measured, by experiment and attack.
type lab struct {
	mu         sync.Mutex
	attacked   map[string]measured
	customs    map[string]custom
	situations map[string][3]situation
	rows       map[string][]string // by the page's table
}

func (l *lab) keep(table string, rows []string, store func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	store()
	l.rows[table] = append(l.rows[table], rows...)
}

// measureAll runs every experiment, those of one pricing and grid beside the others.
func measureAll(t *testing.T) *lab {
	l := &lab{attacked: map[string]measured{}, customs: map[string]custom{}, situations: map[string][3]situation{}, rows: map[string][]string{}}
	t.Run("measure", func(t *testing.T) {
		for _, pricing := range []torg.Pricing{torg.Split, torg.Uniform} {
			l.attack(t, experiment{"one zone", pricing, drawOneZone, 0}, slices.Concat(alone, together, local))
			l.attack(t, experiment{"three zones", pricing, drawThreeZones, 0}, slices.Concat(alone, together))
			l.attack(t, experiment{"two sellers", pricing, drawDuopoly, 0}, twoSellers)
			l.rest(t, pricing)
		}
	})
	return l
}

func (l *lab) attack(t *testing.T, e experiment, attacks []attack) {
	t.Run(e.name+" "+string(e.pricing), func(t *testing.T) {
		t.Parallel()
		for _, a := range attacks {
			m := e.measure(t, a)
			l.keep(e.name, []string{m.row(e)}, func() { l.attacked[e.name+", "+string(e.pricing)+": "+a.name] = m })
		}
	})
}

func (l *lab) rest(t *testing.T, pricing torg.Pricing) {
	t.Run("customs "+string(pricing), func(t *testing.T) {
		t.Parallel()
		for _, habit := range []int{0, 50, 90, 95, 100} {
			e := experiment{"one zone", pricing, drawOneZone, habit}
			c := e.custom(t)
			l.keep("everybody shades", []string{c.row(e)}, func() { l.customs[fmt.Sprintf("%s %d", pricing, habit)] = c })
		}
		e := experiment{"one zone", pricing, drawOneZone, 0}
		k := e.situations(t)
		l.keep("who gains", []string{
			k[0].row("the complex imports", e), k[1].row("neither", e), k[2].row("the complex exports", e),
		}, func() { l.situations[string(pricing)] = k })
	})
}

// Every figure of docs/market.md comes from here: go test ./market -run Gaming -v
// prints the rows.
func TestGaming(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds of experiments")
	}
	l := measureAll(t)
	if t.Failed() {
		return
	}
	page := marketPage(t, "market.md")
	for table, rows := range l.rows {
		slices.Sort(rows)
		t.Logf("%s\n%s", table, strings.Join(rows, "\n"))
		for _, row := range rows {
			if !strings.Contains(page, row) {
				t.Errorf("docs/market.md does not have, for %s: %s", table, row)
			}
		}
	}
	for _, c := range claims {
		if !c.holds(l) {
			t.Errorf("not so: %s", c.says)
		}
	}
}
