package scenario

import (
	"bytes"
	"strconv"
	"time"

	"gopkg.in/yaml.v3"

	"torg"
	"torg/meter/physics"
)

// Resolved returns the scenario as a file with every default written out. Parse reads
// it to the same scenario, in the same folder; equal scenarios give equal bytes.
func (s *Scenario) Resolved() []byte {
	f := block()
	f.text("name", s.Name).text("name_en", s.NameEN)
	s.writeGrid(f)
	s.writeZoneNames(f)
	f.text("start", s.Start.In(s.Timezone).Format(time.RFC3339)).
		plain("days", strconv.Itoa(s.Days)).plain("seed", strconv.FormatUint(s.Seed, 10)).
		text("no_worse", string(s.NoWorse)).text("price_cap", s.PriceCap.String()).
		plain("forward_share", strconv.Itoa(s.ForwardShare)).plain("escrow_days", strconv.Itoa(s.EscrowDays)).
		text("settlement_interval", shortest(s.SettlementInterval)).
		add("weather", writeSpec(flow(), s.Weather))
	if len(s.Holidays) > 0 {
		days := list()
		days.Style = yaml.FlowStyle
		for _, h := range s.Holidays {
			days.Content = append(days.Content, scalar(h.In(s.Timezone).Format(time.DateOnly), yaml.DoubleQuotedStyle))
		}
		f.add("holidays", days)
	}
	tariffs := list()
	for _, t := range s.Tariffs {
		tariffs.Content = append(tariffs.Content, flow().text("id", string(t.ID)).text("from", s.moment(t.From)).
			text("sell_price", t.Sell.String()).text("buy_price", t.Buy.String()).Node)
	}
	f.add("tariffs", tariffs)
	participants := list()
	for _, p := range s.Participants {
		participants.Content = append(participants.Content, flow().text("id", string(p.ID)).text("name", p.Name).
			text("name_en", p.NameEN).text("balance", p.Balance.String()).Node)
	}
	f.add("participants", participants)
	sites := list()
	for _, site := range s.Sites {
		sites.Content = append(sites.Content, writeSite(site))
	}
	f.add("sites", sites)
	if len(s.Connection) > 0 {
		f.add("connection", block().add("meters", writeMeters(s.Connection)).Node)
	}
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(f.Node); err != nil {
		panic(err) // a tree of strings into memory
	}
	return out.Bytes()
}

func (s *Scenario) writeGrid(f mapping) {
	f.text("interval", shortest(s.Calendar.Interval)).text("currency", s.Currency).
		text("timezone", s.Timezone.String()).text("pricing", string(s.Complex.Pricing))
	zones, lines := list(), list()
	zones.Style = yaml.FlowStyle
	for _, z := range s.Complex.Zones {
		zones.Content = append(zones.Content, scalar(string(z), yaml.DoubleQuotedStyle))
	}
	for _, l := range s.Complex.Lines {
		lines.Content = append(lines.Content, flow().text("from", string(l.From)).text("to", string(l.To)).
			plain("capacity_wh", capacity(l.Capacity)).text("fee", l.Fee.String()).Node)
	}
	f.add("zones", zones).add("lines", lines)
	if p := s.Complex.Supplier; p != nil {
		f.add("supplier", block().text("participant", string(p.Participant)).text("zone", string(p.Zone)).
			text("sell_price", p.Sell.String()).text("buy_price", p.Buy.String()).
			plain("import_capacity_wh", capacity(p.Import)).plain("export_capacity_wh", capacity(p.Export)).Node)
	}
}

func (s *Scenario) writeZoneNames(f mapping) {
	if len(s.ZoneNames) == 0 {
		return
	}
	names := list()
	for _, z := range s.ZoneNames {
		names.Content = append(names.Content, flow().text("zone", string(z.Zone)).text("name", z.Name).text("name_en", z.NameEN).Node)
	}
	f.add("zone_names", names)
}

func writeSite(s Site) *yaml.Node {
	f := block().text("id", string(s.ID)).text("participant", string(s.Participant)).
		text("name", s.Name).text("name_en", s.NameEN).text("zone", string(s.Zone)).
		text("role", string(s.Role)).text("mode", string(s.Mode))
	if s.Tariff != "" {
		f.text("tariff", string(s.Tariff))
	}
	f.plain("capacity_kw", number(float64(s.CapacityW)/1000))
	if s.Source != "" {
		f.text("source", s.Source)
	}
	l := s.Agent.Limits
	f.add("agent", block().text("goal", string(s.Agent.Goal)).text("strategy", s.Agent.Strategy).
		plain("buy", strconv.FormatBool(l.Buy)).plain("sell", strconv.FormatBool(l.Sell)).
		plain("max_energy_wh", strconv.FormatInt(int64(l.MaxEnergy), 10)).
		text("max_buy_price", l.MaxBuy.String()).text("min_sell_price", l.MinSell.String()).
		text("daily_spend", l.DailySpend.String()).Node)
	return f.add("meters", writeMeters(s.Meters)).Node
}

func writeMeters(meters []Meter) *yaml.Node {
	all := list()
	for _, m := range meters {
		f := flow().text("flow", string(m.Flow))
		if m.Model != nil {
			f.add("model", writeSpec(flow().text("kind", string(m.Model.Kind)), *m.Model))
		} else {
			f.text("csv", m.CSV.Path).text("value", m.CSV.Value).text("unit", string(m.CSV.Unit)).plain("factor", number(m.CSV.Factor))
			if m.CSV.Timezone != nil {
				f.text("timezone", m.CSV.Timezone.String())
			}
			if m.CSV.Shifted != "" {
				f.text("shift", m.CSV.Shifted)
			}
		}
		all.Content = append(all.Content, f.Node)
	}
	return all
}

// writeSpec adds a model's parameters in their own order.
func writeSpec(f mapping, s physics.Spec) *yaml.Node {
	for _, p := range physics.Params(s.Kind) {
		f.plain(p.Name, number(s.Values[p.Name]))
	}
	return f.Node
}

// moment prints a local midnight as a date and other times with their offset.
func (s *Scenario) moment(t time.Time) string {
	local := t.In(s.Timezone)
	if day := local.Format(time.DateOnly); s.sameMoment(day, t) {
		return day
	}
	return local.Format(time.RFC3339)
}

func (s *Scenario) sameMoment(text string, t time.Time) bool {
	u, err := moment(s.Timezone)(text)
	return err == nil && u.Equal(t)
}

func capacity(e torg.Energy) string {
	if e == torg.Unlimited {
		return "null"
	}
	return strconv.FormatInt(int64(e), 10)
}

// mapping is a YAML mapping that is being written.
type mapping struct{ *yaml.Node }

func block() mapping { return mapping{&yaml.Node{Kind: yaml.MappingNode}} }

func flow() mapping { return mapping{&yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}} }

func list() *yaml.Node { return &yaml.Node{Kind: yaml.SequenceNode} }

func scalar(value string, style yaml.Style) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Value: value, Style: style}
	if style == yaml.DoubleQuotedStyle {
		n.Tag = "!!str"
	}
	return n
}

func (m mapping) add(key string, value *yaml.Node) mapping {
	m.Content = append(m.Content, scalar(key, 0), value)
	return m
}

// text adds a string, in quotes so that none is taken for a number or a date.
func (m mapping) text(key, value string) mapping {
	return m.add(key, scalar(value, yaml.DoubleQuotedStyle))
}

// plain adds a number, a truth value or null.
func (m mapping) plain(key, value string) mapping { return m.add(key, scalar(value, 0)) }
