package scenario

import (
	"slices"
	"time"

	"gopkg.in/yaml.v3"

	"torg"
)

// The keys of a complex file, which a scenario file extends.
var gridKeys = []string{"interval", "currency", "timezone", "pricing", "zones", "lines", "supplier"}

// grid reads the part of a file that is a complex file.
func (o object) grid() Grid {
	o.require("zones")
	g := Grid{
		Calendar: torg.Calendar{Interval: parse(o, "interval", 30*time.Second, interval)},
		Currency: parse(o, "currency", "RUB", currency),
		Timezone: parse(o, "timezone", time.UTC, zone),
	}
	g.Complex.Pricing = choice(o, "pricing", torg.Split, torg.Uniform)
	g.Complex.Zones = o.zones()
	for _, n := range o.list("lines", MaxLines) {
		g.Complex.Lines = append(g.Complex.Lines, o.r.line(n, g.Complex))
	}
	if o.has("supplier") {
		g.Complex.Supplier = o.r.supplier(o.at("supplier"), g.Complex)
	}
	return g
}

func (o object) zones() []torg.ZoneID {
	var zones []torg.ZoneID
	for _, n := range o.list("zones", MaxZones) {
		n = target(n)
		id := torg.ZoneID(n.Value)
		if err := torg.ValidID(n.Value); err != nil {
			o.r.fail(n, "zones: %v", err)
		} else if slices.Contains(zones, id) {
			o.r.fail(n, "zones: %q is there twice", id)
		}
		zones = append(zones, id)
	}
	if o.has("zones") && len(zones) == 0 {
		o.fail("zones", "at least one is needed")
	}
	return zones
}

func (r *reader) line(n *yaml.Node, c torg.Complex) torg.Line {
	o := r.object(n, "lines", "from", "to", "capacity_wh", "fee")
	o.require("from", "to")
	l := torg.Line{
		From: o.zone("from", c), To: o.zone("to", c),
		Capacity: parse(o, "capacity_wh", torg.Unlimited, energy(torg.MaxSessionEnergy)),
		Fee:      parse(o, "fee", 0, fee),
	}
	switch {
	case l.From == "" || l.To == "":
	case l.From == l.To:
		o.fail("to", "the line joins zone %q to itself", l.From)
	case slices.ContainsFunc(c.Lines, func(k torg.Line) bool {
		return k.From == l.From && k.To == l.To || k.From == l.To && k.To == l.From
	}):
		o.fail("to", "a second line between %q and %q", l.From, l.To)
	}
	return l
}

func (r *reader) supplier(n *yaml.Node, c torg.Complex) *torg.Supplier {
	o := r.object(n, "supplier", "participant", "zone", "sell_price", "buy_price", "import_capacity_wh", "export_capacity_wh")
	o.require("participant", "zone", "sell_price", "buy_price")
	s := &torg.Supplier{
		Participant: torg.ParticipantID(o.id("participant")),
		Zone:        o.zone("zone", c),
		Import:      parse(o, "import_capacity_wh", torg.Unlimited, energy(torg.MaxSessionEnergy)),
		Export:      parse(o, "export_capacity_wh", 0, energy(torg.MaxSessionEnergy)),
	}
	s.Sell, s.Buy = o.quotes()
	return s
}

// quotes reads a supplier's two prices.
func (o object) quotes() (sell, buy torg.Price) {
	sell = parse(o, "sell_price", 0, torg.ParsePrice)
	buy = parse(o, "buy_price", 0, torg.ParsePrice)
	if o.has("sell_price") && o.has("buy_price") && sell < buy {
		o.fail("sell_price", "%s is below buy_price %s", sell, buy)
	}
	return sell, buy
}

// id reads an id.
func (o object) id(key string) string {
	return parse(o, key, "", func(s string) (string, error) { return s, torg.ValidID(s) })
}

// zone reads the id of one of the complex's zones.
func (o object) zone(key string, c torg.Complex) torg.ZoneID {
	z := torg.ZoneID(o.id(key))
	if z != "" && !slices.Contains(c.Zones, z) {
		o.fail(key, "unknown zone %q", z)
	}
	return z
}
