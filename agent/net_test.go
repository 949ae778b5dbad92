package agent

import (
	"testing"

	"pgregory.net/rapid"

	"torg"
	"torg/decide"
)

// needs are sites of one owner in one zone, named a, b, c, ... with these needs.
func needs(t rapid.TB, energies []torg.Energy, tariffs []torg.TariffID) (*Host, []torg.Site) {
	t.Helper()
	m := truth{}
	var sites []torg.Site
	for i, e := range energies {
		s := site(torg.SiteID(rune('a'+i)), "owner", torg.Plant)
		if tariffs != nil {
			s.Tariff = tariffs[i]
		}
		sites = append(sites, s)
		m[s.ID] = map[torg.Slot]torg.Energy{first + 3: e, first: 0, first + 1: 0, first + 2: 0}
	}
	return newHost(t, Config{Forecast: perfect(t, m)}, first+3, sites...), sites
}

func TestOwnSitesAreNetted(t *testing.T) {
	for name, c := range map[string]struct {
		needs   []torg.Energy
		tariffs []torg.TariffID
		orders  map[torg.SiteID]torg.Energy // net
		handed  map[torg.SiteID]torg.Energy
	}{
		"one side is left alone":        {[]torg.Energy{10, 20}, nil, map[torg.SiteID]torg.Energy{"a": 10, "b": 20}, nil},
		"the smaller side goes":         {[]torg.Energy{10, -4}, nil, map[torg.SiteID]torg.Energy{"a": 6}, map[torg.SiteID]torg.Energy{"a": 4, "b": -4}},
		"the larger side may sell":      {[]torg.Energy{4, -10}, nil, map[torg.SiteID]torg.Energy{"b": -6}, map[torg.SiteID]torg.Energy{"a": 4, "b": -4}},
		"pro rata":                      {[]torg.Energy{30, 10, -20}, nil, map[torg.SiteID]torg.Energy{"a": 15, "b": 5}, map[torg.SiteID]torg.Energy{"a": 15, "b": 5, "c": -20}},
		"equal sides leave nothing":     {[]torg.Energy{10, -10}, nil, map[torg.SiteID]torg.Energy{}, map[torg.SiteID]torg.Energy{"a": 10, "b": -10}},
		"other classes are not settled": {[]torg.Energy{10, -4}, []torg.TariffID{"", "night"}, map[torg.SiteID]torg.Energy{"a": 10}, nil},
		"each class by itself": {
			[]torg.Energy{10, -4, -3, 2}, []torg.TariffID{"", "", "night", "night"},
			map[torg.SiteID]torg.Energy{"a": 6}, map[torg.SiteID]torg.Energy{"a": 4, "b": -4, "c": -2, "d": 2},
		},
	} {
		h, sites := needs(t, c.needs, c.tariffs)
		orders, journal := sealed(t, h, first+3)
		if len(orders) != len(c.orders) {
			t.Errorf("%s: orders %+v", name, orders)
		}
		for _, o := range orders {
			net := o.Energy
			if o.Side == torg.Sell {
				net = -net
			}
			if net != c.orders[o.Site] || h.agents[o.Site].orders[1].Energy != o.Energy {
				t.Errorf("%s: %s orders %d, want %d", name, o.Site, net, c.orders[o.Site])
			}
		}
		for i, s := range sites {
			if got := h.agents[s.ID].position.contracted[first+3]; got != c.handed[s.ID] {
				t.Errorf("%s: %s is handed %d, want %d", name, s.ID, got, c.handed[s.ID])
			}
			d := find(t, journal, s.ID)
			_, ordered := c.orders[s.ID]
			touched := !ordered || c.handed[s.ID] != 0
			if d.Ordered != ordered || (d.Reason == decide.WhyNetted) != touched || d.Energy != c.orders[s.ID].Abs() || d.Fallback {
				t.Errorf("%s: journal %s, entry %d", name, said(d), i)
			}
		}
	}
}

// Whatever a participant's sites need: its orders are on one side, within each class
// orders and what is handed over make up the needs, and nothing is handed to nobody.
func TestNettingLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		energies := rapid.SliceOfN(rapid.Map(rapid.Int64Range(-50, 50), func(e int64) torg.Energy { return torg.Energy(e) }), 1, 6).Draw(t, "needs")
		tariffs := rapid.SliceOfN(rapid.SampledFrom([]torg.TariffID{"", "night"}), len(energies), len(energies)).Draw(t, "tariffs")
		h, sites := needs(t, energies, tariffs)
		signed, _, err := h.Decide(t.Context(), first+3, 1, cal.Opens(first+3))
		if err != nil {
			t.Fatal(err)
		}
		ordered := map[torg.SiteID]torg.Energy{}
		sides := map[torg.Side]bool{}
		for _, o := range bare(signed) {
			sides[o.Side], ordered[o.Site] = true, o.Energy
			if o.Side == torg.Sell {
				ordered[o.Site] = -o.Energy
			}
		}
		if len(sides) > 1 {
			t.Fatalf("orders %v on both sides", ordered)
		}
		sum := map[torg.TariffID]torg.Energy{}
		for i, s := range sites {
			handed := h.agents[s.ID].position.contracted[first+3]
			sum[s.Tariff] += handed
			if o := ordered[s.ID]; o != 0 && o+handed != energies[i] {
				t.Fatalf("%s needs %d, orders %d and is handed %d", s.ID, energies[i], o, handed)
			}
		}
		if sum[""] != 0 || sum["night"] != 0 {
			t.Fatalf("handed over in all: %v", sum)
		}
	})
}
