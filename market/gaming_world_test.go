package market_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"torg"
	"torg/market"
)

// The supplier's two prices in all experiments, and the fee of a line.
const (
	tariff  torg.Price = 720_000
	buyBack torg.Price = 110_000
	lineFee torg.Price = 27_000
)

// A gamer is a party of an experiment with what only it knows.
type gamer struct {
	side   torg.Side
	zone   torg.ZoneID
	energy torg.Energy // what it needs or can make
	// worth of a kWh without the market: for load that runs anyway the supplier's
	// price, less for load that can wait; for sun the buy-back, for an engine its fuel.
	worth  torg.Price
	runs   bool // consumes or makes its energy, contracted or not
	source string
}

// A scene is who could trade in one session.
type scene struct {
	complex torg.Complex
	gamers  []gamer
}

func (g gamer) id(i int) string { return fmt.Sprintf("%s-%02d", g.side, i) }

// honest is an order of all that a party has, at what it is worth to it.
func (g *scene) honest(i int) torg.Order {
	p := g.gamers[i]
	return torg.Order{
		ID: torg.OrderID(p.id(i)), Participant: torg.ParticipantID(p.id(i)), Zone: p.zone, Discovery: 1,
		Side: p.side, Energy: p.energy, Limit: p.worth, Source: p.source,
	}
}

// drawOneZone draws 12 to 40 parties of 0.5 to 10 kWh a slot: from many buyers to many
// sellers, half of the load able to wait, half of the generation by fuel.
func drawOneZone(r *rand.Rand) *scene {
	g := &scene{complex: torg.Complex{
		Zones: []torg.ZoneID{"z1"},
		Supplier: &torg.Supplier{
			Participant: "supplier", Zone: "z1", Sell: tariff, Buy: buyBack, Import: torg.Unlimited, Export: torg.Unlimited,
		},
	}}
	n, sellers := 12+r.IntN(29), 30+r.IntN(41)
	for range n {
		g.gamers = append(g.gamers, drawGamer(r, r.IntN(100) < sellers))
	}
	return g
}

// drawThreeZones draws the same parties, generation mostly behind two narrow lines in
// z2, load mostly in z3; all lines have a fee.
func drawThreeZones(r *rand.Rand) *scene {
	g := drawOneZone(r)
	g.complex.Zones = []torg.ZoneID{"z1", "z2", "z3"}
	g.complex.Lines = []torg.Line{
		{From: "z1", To: "z2", Capacity: 12_000, Fee: lineFee},
		{From: "z2", To: "z3", Capacity: 8_000, Fee: lineFee},
		{From: "z1", To: "z3", Capacity: torg.Unlimited, Fee: lineFee},
	}
	for i := range g.gamers {
		p := &g.gamers[i]
		at := r.IntN(10)
		home, away := torg.ZoneID("z3"), torg.ZoneID("z2")
		if p.side == torg.Sell {
			home, away = away, home
		}
		switch {
		case at < 6:
			p.zone = home
		case at < 9:
			p.zone = "z1"
		default:
			p.zone = away
		}
		if p.zone != "z1" && p.runs {
			p.worth += map[torg.Side]torg.Price{torg.Buy: lineFee, torg.Sell: -lineFee}[p.side]
		}
		p.runs = false // what is not contracted costs its worth; deviations behind full lines are not modelled
	}
	return g
}

// drawDuopoly draws one zone where two engines are all the generation there is.
func drawDuopoly(r *rand.Rand) *scene {
	g := drawOneZone(r)
	var load torg.Energy
	g.gamers = slices.DeleteFunc(g.gamers, func(p gamer) bool { return p.side == torg.Sell })
	for len(g.gamers) < 6 {
		g.gamers = append(g.gamers, drawGamer(r, false))
	}
	for _, p := range g.gamers {
		load += p.energy
	}
	for range 2 {
		p := gamer{side: torg.Sell, zone: "z1", source: "gas", worth: 250_000 + 25_000*torg.Price(r.IntN(9))}
		p.energy = load * torg.Energy(25+r.IntN(51)) / 100
		g.gamers = append(g.gamers, p)
	}
	return g
}

func drawGamer(r *rand.Rand, sells bool) gamer {
	p := gamer{side: torg.Buy, zone: "z1", energy: 500 + torg.Energy(r.IntN(9501)), runs: r.IntN(2) == 0}
	steps := torg.Price(r.IntN(18))
	p.worth = 250_000 + 25_000*steps // 2.50 to 6.75
	if p.runs {
		p.worth = tariff
	}
	if sells {
		p.side, p.source = torg.Sell, "gas"
		if p.runs {
			p.worth, p.source = buyBack, "sun"
		}
	}
	return p
}

// yesterday is what a party can know before the gate: the prices of a session of the
// same parties, all honest, with energies up to 30 % off.
func (g *scene) yesterday(t testing.TB, r *rand.Rand) map[torg.ZoneID]torg.Price {
	y := &scene{g.complex, slices.Clone(g.gamers)}
	for i := range y.gamers {
		y.gamers[i].energy = y.gamers[i].energy * torg.Energy(70+r.IntN(61)) / 100
	}
	return mustClear(t, y, y.shaded(0, nil)).price
}

// A tally says who gains how much against the supplier alone.
type tally struct {
	gains []torg.Cost // per party, with its part of the residual
	loss  torg.Cost   // what nobody gets or has to bear, the loss account's
	price map[torg.ZoneID]torg.Price
	net   torg.Energy // contracted with the supplier, import is plus
}

func (r tally) sum(of []int) (c torg.Cost) {
	for _, i := range of {
		c = c.Add(r.gains[i])
	}
	return c
}

func (r tally) all() torg.Cost {
	c := r.loss
	for _, g := range r.gains {
		c = c.Add(g)
	}
	return c
}

// clears trades a session in which party i sends orders[i] and is then settled on
// what it really needs and makes, as an interval of its own: firm contracts,
// deviations at the supplier's two prices, the residual back by inside energy.
func (g *scene) clears(orders [][]torg.Order) (tally, error) {
	b := market.Book{Complex: g.complex, Discovery: 1, Orders: slices.Concat(orders...)}
	o, err := market.Clear(b)
	if err != nil {
		return tally{}, err
	}
	res := tally{gains: make([]torg.Cost, len(g.gamers)), price: map[torg.ZoneID]torg.Price{}, net: o.Import - o.Export}
	for _, z := range o.Prices {
		res.price[z.Zone] = z.Price
	}
	of := make(map[torg.ParticipantID]int)
	for i, p := range g.gamers {
		of[torg.ParticipantID(p.id(i))] = i
	}
	got, inside := make([]torg.Energy, len(g.gamers)), make([]torg.Energy, len(g.gamers))
	for _, t := range o.Trades {
		if i, ok := of[t.Buyer]; ok {
			got[i] += t.Energy
			res.gains[i] = res.gains[i].Sub(t.Energy.At(t.BuyerPrice))
		}
		if i, ok := of[t.Seller]; ok {
			got[i] += t.Energy
			res.gains[i] = res.gains[i].Add(t.Energy.At(t.SellerPrice))
		}
		if t.Round < 3 {
			inside[of[t.Buyer]] += t.Energy
			inside[of[t.Seller]] += t.Energy
		}
	}
	short, surplus := g.deliver(got, &res)
	g.residual(o, short, surplus, inside, &res)
	if real := g.physical(o, got); res.all() != real {
		return tally{}, fmt.Errorf("parties gain %s, the energy that flowed is worth %s", res.all(), real)
	}
	return res, nil
}

// physical is what the session is worth, by what was really consumed and made: the
// sum of all gains, or money appeared or vanished.
func (g *scene) physical(o market.Outcome, got []torg.Energy) (worth torg.Cost) {
	var net torg.Energy
	for i, p := range g.gamers {
		e := min(got[i], p.energy)
		if p.runs {
			e = p.energy
		}
		if p.side == torg.Sell {
			e = -e
		}
		net += e
		worth = worth.Add(e.At(p.worth))
	}
	return worth.Sub(invoice(net)).Sub(fees(o))
}

// invoice is the supplier's for a net import.
func invoice(net torg.Energy) torg.Cost {
	if net > 0 {
		return net.At(tariff)
	}
	return net.At(buyBack)
}

func fees(o market.Outcome) (c torg.Cost) {
	for _, f := range o.Flows {
		c = c.Add(f.Energy.At(lineFee))
	}
	return c
}

// deliver adds what contracted energy is worth to each party and takes off what its
// deviation costs. It returns the deviations that the supplier sees.
func (g *scene) deliver(got []torg.Energy, res *tally) (short, surplus torg.Energy) {
	for i, p := range g.gamers {
		used := min(got[i], p.energy)
		beyond, open := got[i]-used, p.energy-used
		if !p.runs {
			open = 0
		}
		if p.side == torg.Buy {
			res.gains[i] = res.gains[i].Add(used.At(p.worth)).Add(beyond.At(buyBack))
			short, surplus = short+open, surplus+beyond
		} else {
			res.gains[i] = res.gains[i].Sub(used.At(p.worth)).Sub(beyond.At(tariff))
			short, surplus = short+beyond, surplus+open
		}
	}
	return short, surplus
}

// residual gives back what the market's accounts hold beyond fees and the
// supplier's invoice; what is missing is the loss account's.
func (g *scene) residual(o market.Outcome, short, surplus torg.Energy, inside []torg.Energy, res *tally) {
	contracted := o.Import - o.Export
	left := o.Network.Add(short.At(tariff)).Sub(surplus.At(buyBack))
	left = left.Add(invoice(contracted)).Sub(invoice(contracted + short - surplus)).Sub(fees(o))
	weights := make([]torg.Cost, len(inside))
	var traded torg.Energy
	for i, e := range inside {
		weights[i] = e.At(1)
		traded += e
	}
	if left.Sign() <= 0 || traded == 0 {
		res.loss = left
		return
	}
	for i, c := range torg.ApportionCost(left, weights) {
		res.gains[i] = res.gains[i].Add(c)
	}
}
