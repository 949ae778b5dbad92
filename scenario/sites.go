package scenario

import (
	"cmp"
	"slices"
	"time"

	"torg"
	"torg/meter/physics"
)

func (s *Scenario) sites(o object) {
	seen := map[torg.SiteID]bool{}
	owners := map[torg.ParticipantID]Participant{}
	for _, p := range s.Participants {
		owners[p.ID] = p
	}
	routes := s.Complex.Routes()
	for _, n := range o.list("sites", MaxSites) {
		f := o.r.object(n, "sites", "id", "participant", "name", "name_en", "zone", "role", "mode", "tariff",
			"capacity_kw", "source", "agent", "meters")
		f.require("id", "participant", "zone", "role", "capacity_kw", "meters")
		site := s.site(f, owners, routes)
		switch {
		case site.ID == "":
		case seen[site.ID]:
			f.fail("id", "site %q is there twice", site.ID)
		case s.Complex.Supplier != nil && string(site.ID) == string(s.Complex.Supplier.Participant):
			f.fail("id", "%q is the supplier", site.ID)
		}
		seen[site.ID] = true
		s.Sites = append(s.Sites, site)
	}
	if o.has("sites") && len(s.Sites) == 0 {
		o.fail("sites", "at least one is needed")
	}
}

func (s *Scenario) site(f object, owners map[torg.ParticipantID]Participant, routes torg.Routes) Site {
	site := Site{
		Site: torg.Site{
			ID:          torg.SiteID(f.id("id")),
			Participant: torg.ParticipantID(f.id("participant")),
			Zone:        f.zone("zone", s.Complex),
			Role:        choice(f, "role", torg.Roles...),
			Tariff:      torg.TariffID(f.id("tariff")),
			CapacityW:   parse(f, "capacity_kw", 1, watts),
		},
		Mode: choice(f, "mode", torg.Auto, torg.Semi, torg.Manual),
	}
	owner, known := owners[site.Participant]
	if site.Participant != "" && !known {
		f.fail("participant", "unknown participant %q", site.Participant)
	}
	site.Name = parse(f, "name", cmp.Or(owner.Name, string(site.ID)), label)
	site.NameEN = parse(f, "name_en", site.Name, label)
	if !f.has("name") && !f.has("name_en") {
		site.NameEN = cmp.Or(owner.NameEN, site.NameEN)
	}
	s.checkTariff(f, site)
	site.Meters = f.meters()
	site.Source = parse(f, "source", source(site), func(text string) (string, error) { return text, torg.ValidID(text) })
	site.Agent = s.agent(f, site, routes)
	return site
}

// checkTariff sees that a site has prices from the scenario's start on.
func (s *Scenario) checkTariff(f object, site Site) {
	if f.has("tariff") && site.Tariff == "" {
		return // the id is wrong, which was said
	}
	if _, ok := s.TariffAt(site.Tariff, s.Start); ok {
		return
	}
	switch known := slices.ContainsFunc(s.Tariffs, func(t torg.Tariff) bool { return t.ID == site.Tariff }); {
	case site.Tariff == "":
		f.fail("tariff", "needed for a site of a complex without a supplier")
	case !known:
		f.fail("tariff", "unknown tariff %q", site.Tariff)
	default:
		f.fail("tariff", "tariff %q is not valid yet at the start, %s", site.Tariff, s.Start.In(s.Timezone).Format(time.RFC3339))
	}
}

// source says what a site sells, as far as its meters and role tell.
func source(site Site) string {
	words := map[physics.Kind]string{physics.PV: "solar", physics.Wind: "wind", physics.CHP: "chp"}
	for _, m := range site.Meters {
		if m.Model != nil && m.Flow == FlowGeneration {
			return words[m.Model.Kind]
		}
	}
	if site.Role == torg.Renewable {
		return "renewable"
	}
	return ""
}

// agent reads an agent and its mandate's limits. By default a mandate allows the
// sides that the site has meters for, as much as the connected capacity carries, up
// to the price cap and not below 0 (or below what the supplier pays at the site, where
// that is negative).
func (s *Scenario) agent(f object, site Site, routes torg.Routes) Agent {
	o := object{r: f.r, node: f.node, path: "agent"}
	if f.has("agent") {
		o = f.r.object(f.at("agent"), "agent", "goal", "strategy", "buy", "sell", "max_energy_wh", "max_buy_price", "min_sell_price", "daily_spend")
	}
	perSlot := torg.Energy(site.CapacityW * int64(s.Calendar.Interval/time.Second) / 3600)
	a := Agent{Goal: choice(o, "goal", Cheapest, Greener, Reliable), Strategy: cmp.Or(o.id("strategy"), DefaultStrategy)}
	a.Limits = torg.Limits{
		Buy:       parse(o, "buy", site.has(FlowLoad), boolean),
		Sell:      parse(o, "sell", site.has(FlowGeneration), boolean),
		MaxEnergy: parse(o, "max_energy_wh", min(max(perSlot, 1), torg.MaxOrderEnergy), energy(torg.MaxOrderEnergy)),
		MaxBuy:    parse(o, "max_buy_price", s.PriceCap, torg.ParsePrice),
		MinSell:   parse(o, "min_sell_price", min(0, s.lowestQuote(site, routes)), torg.ParsePrice),
	}
	perDay := a.Limits.MaxEnergy * torg.Energy(24*time.Hour/s.Calendar.Interval)
	worth := float64(perDay) * float64(max(a.Limits.MaxBuy, 0)) / 1e6 // kopecks
	a.Limits.DailySpend = parse(o, "daily_spend", torg.Money(min(worth, float64(maxMoney))), amount)
	return a
}

// has says whether a site has a meter of a flow.
func (s Site) has(flow Flow) bool {
	return slices.ContainsFunc(s.Meters, func(m Meter) bool { return m.Flow == flow })
}

// lowestQuote is the price at which the supplier takes what a site feeds out, less the
// fees on the way to the supplier's zone.
func (s *Scenario) lowestQuote(site Site, routes torg.Routes) torg.Price {
	t, _ := s.TariffAt(site.Tariff, s.Start)
	return max(t.Buy-routes.Fee(site.Zone), torg.MinPrice)
}
