package audit

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"torg"
)

// checks puts every rule to the test.
func (r *run) checks() []Check {
	a := audit{run: r}
	a.link()
	a.trading()
	a.money()
	a.settlement()
	a.months()
	a.summaries()
	return a.list()
}

// list tells the checks in the order of a session.
func (a *audit) list() (list []Check) {
	for _, c := range []*Check{
		&a.known, &a.ordered, &a.limits, &a.energy, &a.over, &a.oneToOne, &a.connection, &a.price, &a.optimum, &a.supplier, &a.split,
		&a.rent, &a.shares, &a.follow, &a.leftovers, &a.ids, &a.metered, &a.pairs, &a.escrow, &a.deviations, &a.invoice, &a.residual,
		&a.idle, &a.corrections, &a.noWorse, &a.balances, &a.summed,
	} {
		list = append(list, *c)
	}
	return list
}

// audit is a run on its way through the checks.
type audit struct {
	*run
	grid    *topology
	sites   map[torg.SiteID]torg.Site
	parties []party // by participant, zone and tariff

	known, ordered, limits, energy, over, oneToOne, connection, supplier, price, optimum, split         Check
	rent, shares, follow, leftovers, ids                                                                Check
	metered, pairs, escrow, deviations, invoice, residual, idle, corrections, noWorse, balances, summed Check

	world   *world
	monthly []monthly
	settled map[torg.ParticipantID]*settledParty
}

// party names those of a participant's sites that are settled together.
type party struct {
	participant torg.ParticipantID
	zone        torg.ZoneID
	tariff      torg.TariffID
}

func (p party) compare(q party) int {
	return cmp.Or(cmp.Compare(p.participant, q.participant), cmp.Compare(p.zone, q.zone), cmp.Compare(p.tariff, q.tariff))
}

func partyOf(s torg.Site) party { return party{s.Participant, s.Zone, s.Tariff} }

// link names the checks, and holds rows against the scenario.
func (a *audit) link() {
	a.grid = newTopology(a.sc.Complex)
	for c, name := range map[*Check]string{
		&a.known:       "rows name the scenario's sites, participants and zones",
		&a.ordered:     "orders: once per site, one side per participant, towards trade",
		&a.limits:      "nobody trades beyond its limit or with whom it avoids",
		&a.energy:      "in every zone, energy bought = energy sold, flows included",
		&a.over:        "no order is contracted beyond its energy",
		&a.oneToOne:    "round 1 is one to one",
		&a.connection:  "limits of connection and lines hold, one way at a time",
		&a.supplier:    "no price worse than the supplier's while there is room",
		&a.price:       "each zone's price is the equilibrium's midpoint",
		&a.optimum:     "nothing better is left: welfare, energy, lines",
		&a.split:       "contract prices follow from it (split or uniform)",
		&a.rent:        "buyers pay sellers, fees and congestion rent",
		&a.shares:      "margins and inside energy are shared pro rata",
		&a.follow:      "own buyers first, then contracts follow the flows",
		&a.leftovers:   "what did not trade has a reason, and adds up",
		&a.ids:         "contracts are unique and none is missing",
		&a.metered:     "every site has one reading a slot",
		&a.pairs:       "every posting is two rows that sum to zero",
		&a.escrow:      "each contract is escrowed and paid out in full",
		&a.deviations:  "deviations cost the two prices of the interval",
		&a.invoice:     "the supplier gets its invoice for the connection",
		&a.residual:    "the residual goes back by inside energy",
		&a.idle:        "who did not trade pays exactly the supplier-only bill",
		&a.corrections: "corrections post the difference that a reading makes",
		&a.noWorse:     "no_worse sums to zero and lifts nobody above it",
		&a.balances:    "deposits are the scenario's, passing accounts end empty",
		&a.summed:      "summary.json says what the tables say",
	} {
		c.Name = name
	}
	a.sites = map[torg.SiteID]torg.Site{}
	seen := map[party]bool{}
	for _, s := range a.sc.Sites {
		a.sites[s.ID] = s.Site
		if p := partyOf(s.Site); !seen[p] {
			seen[p] = true
			a.parties = append(a.parties, p)
		}
	}
	slices.SortFunc(a.parties, party.compare)
	a.known.that(a.board == 0, place{file: "board.csv"}, "%d contracts of a board that is not there", a.board)
	a.eachBook(func(b *book) {
		for _, o := range b.orders {
			s, ok := a.sites[o.site]
			a.known.that(ok && s.Participant == o.party && s.Zone == o.zone, o.at, "order %s: site %q of %q in zone %q is not the scenario's", o.id, o.site, o.party, o.zone)
		}
	})
}

// eachBook calls f for every discovery in its order.
func (a *audit) eachBook(f func(*book)) {
	for _, s := range slices.Sorted(maps.Keys(a.books)) {
		for d := 1; d <= 2; d++ {
			if b := a.books[s][d]; b != nil {
				f(b)
			}
		}
	}
}

// prices returns the supplier's two prices for a party in a slot, delivered to its
// zone.
func (a *audit) prices(p party, slot torg.Slot) (sell, buy torg.Price) {
	t, _ := a.sc.TariffAt(p.tariff, a.sc.Calendar.Start(slot))
	fee := a.grid.delivery(p.zone)
	return t.Sell + fee, t.Buy - fee
}

// intervalOf returns the settlement interval of a slot.
func (a *audit) intervalOf(s torg.Slot) (first, last torg.Slot) {
	first, last = a.sc.Calendar.Settlement(s, a.sc.SettlementInterval)
	return max(first, a.from), min(last, a.to-1)
}

func (a *audit) month(s torg.Slot) string {
	return a.sc.Calendar.Start(s).In(a.sc.Timezone).Format("2006-01")
}

// capacity is the most energy that a site's connection carries in a slot.
func (a *audit) capacity(s torg.Site) torg.Energy {
	return torg.Energy(s.CapacityW * int64(a.sc.Calendar.Interval/time.Second) / 3600)
}
